"""Entering an instance of a subcircuit: its ports, its parameters, and the guard against recursion."""

from __future__ import annotations

import math

from ..errors import nearest
from .blocks import Subcircuit
from .context import Context
from .elements import Element
from .keywords import Keyword
from .nodes import Value
from .problems import Problem, Together
from .scan import Place
from .scope import Scope
from .values import Given, Word, real

MAX_DEPTH = 50


def enter(name: str, element: Element, subcircuit: Subcircuit, home: Scope, context: Context) -> Context:
    """The context of the subcircuit's body in this instance.

    The body sees the scope that defines the subcircuit (`home`); the values on the line are the caller's.
    Raises Problem for wrong ports and parameters, and for a subcircuit that contains itself.
    """
    here = (subcircuit.name, subcircuit.card.position)
    _guard(here, element, context)
    ports, values, multiplier = _fit(name, element, subcircuit, context)
    scope = Scope(home, values, path=name + ".")
    for key, given in subcircuit.defaults:
        scope.define(key, given)
    step = f"{name} of .subckt {subcircuit.name} at {here[1].file}:{here[1].line}"
    expansion, path = (*context.expansion, step), (*context.path, here)
    return Context(scope, name + ".", ports, context.shared, expansion, path, context.multiplier * multiplier)


def _guard(here: tuple[str, object], element: Element, context: Context) -> None:
    place = Place(element.card, element.target_word)
    if here in context.path:
        chain = " -> ".join(n for n, _ in (*context.path, here))
        raise Problem(f"subcircuit {here[0]!r} contains itself: {chain}", place)
    if len(context.path) >= MAX_DEPTH:
        raise Problem(f"subcircuits are nested more than {MAX_DEPTH} deep", place)


def _fit(
    name: str, element: Element, subcircuit: Subcircuit, context: Context
) -> tuple[dict[str, str], dict[str, Value], float]:
    """The nets at the ports of the subcircuit, the values of its parameters that the line gives, and m=."""
    nets = [context.net(node) for node in element.nodes]
    ports = dict(zip(subcircuit.ports, nets, strict=False))
    values: dict[str, Value] = {}
    defaults = dict(subcircuit.defaults)
    named, multiplier = False, 1.0
    together = Together()
    for keyword in element.keywords:
        key, place = keyword.key, Place(element.card, keyword.word)
        with together:
            if key in defaults:
                given = element.given(keyword)
                with context.scope.work.drawing(f"{name}.{key}"):
                    values[key] = _value(given, context.scope)
            elif key == "m" and key not in subcircuit.ports:
                multiplier = _multiplier(element, keyword, context)
            elif key in ports:
                raise Problem(f"{element.card.words[0]}: port {key} is wired twice", place)
            elif key in subcircuit.ports:
                ports[key] = context.net(element.node_of(keyword))
                named = True
            else:
                raise Problem(_unknown(element, subcircuit, key), place)
    with together:
        if len(nets) > len(subcircuit.ports) or (len(nets) < len(subcircuit.ports) and not named):
            raise Problem(_wrong_count(element, subcircuit), _place_of_count(element, subcircuit))
    together.check()
    return ports, values, multiplier


def _value(given: Given, scope: Scope) -> Value:
    return given.number(scope) if isinstance(given, Word) else given.resolve(scope)


def _multiplier(element: Element, keyword: Keyword, context: Context) -> float:
    """m=: the number of copies in parallel."""
    place = Place(element.card, keyword.first)
    multiplier = real(element.given(keyword), context.scope, place)
    if not 0 < multiplier < math.inf:
        raise Problem(f"{element.card.words[0]}: m = {multiplier:g} must be above zero", place)
    return multiplier


def _unknown(element: Element, subcircuit: Subcircuit, key: str) -> str:
    known = [k for k, _ in subcircuit.defaults] + list(subcircuit.ports)
    name = element.card.words[0]
    return f"{name}: subcircuit {subcircuit.name} has no parameter or port {key!r}{nearest(key, known)}"


def _wrong_count(element: Element, subcircuit: Subcircuit) -> str:
    ports = f"{len(subcircuit.ports)} ports ({' '.join(subcircuit.ports)})"
    return f"{element.card.words[0]}: subcircuit {subcircuit.name} has {ports}, not {len(element.nodes)}"


def _place_of_count(element: Element, subcircuit: Subcircuit) -> Place:
    extra = element.node_words[len(subcircuit.ports) :]
    return Place(element.card, extra[0] if extra else element.target_word)
