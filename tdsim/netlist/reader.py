"""From the text of a netlist to its circuit."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..circuit import Circuit
from ..errors import DEFINED, Diagnostics, nearest
from ..outputs import check_requests
from ..units import milli_hertz
from .blocks import Block, build
from .context import Context
from .definitions import Parameters, read_definition
from .elaborate import Elaborator, Enough, TooLarge
from .final_checks import (
    check_initial,
    check_measures,
    check_parts,
    check_settles,
    check_spans,
    check_steps,
    settle_sweeps,
)
from .include import Reader
from .problems import Problem, report
from .scan import Card, Piece, fold, is_sound
from .scope import Scope
from .shadows import warn_shadows
from .source import Source

_MILLI_HERTZ = re.compile(r"(?<![a-z0-9_.])[\d.]+(?:[ed][+-]?\d+)?mhz(?![a-z0-9_])")


def read(source: Source, text: str, overrides: dict[str, str]) -> Circuit:
    """The circuit of a netlist.

    Raises NetlistError with everything that is wrong in it, UsageError when it is too large.
    """
    with _collector_paused():
        return _read(source, text, overrides)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector off: a large circuit is millions of objects that all stay, and looking through them
    again and again takes longer than making them (measured: 12 s instead of 4 s for 100,000 instances)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(source: Source, text: str, overrides: dict[str, str]) -> Circuit:
    found = Diagnostics()
    circuit = Circuit(source.lines[0].strip())
    circuit.text, circuit.source = text, source.name
    reader = Reader(found)
    cards = reader.read(source)
    circuit.included = reader.included
    _warn_milli_hertz(cards, found)
    block = build(cards, found)
    warn_shadows(block, found)
    context = Context(Scope(doubtful=partial(found.doubtful, DEFINED)), shared=_global_nets(cards))
    _override(context.scope, block, overrides, found)
    elaborator = Elaborator(circuit, found)
    try:
        elaborator.run(block, context)
        elaborator.links.settle()
        elaborator.evaluate_all(context)
    except TooLarge as error:
        found.error(error.message, error.position)
    except RecursionError:
        found.error("subcircuits, loops and conditionals are nested too deeply in each other")
    except Enough:
        pass  # the errors that will be shown are all there
    circuit.parameters = {n: v for n, v in context.scope.values.items() if isinstance(v, float)}
    _finish(circuit, found)
    return circuit


def _finish(circuit: Circuit, found: Diagnostics) -> None:
    """The checks that need the whole circuit. What may come from a card in error is not looked for in vain."""
    check_spans(circuit, found)
    check_initial(circuit, found)
    check_requests(circuit, found)
    check_measures(circuit, found)
    check_steps(circuit, found)
    check_parts(circuit, found)
    settle_sweeps(circuit, found)
    check_settles(circuit, found)
    circuit.finish(found)
    found.errors.sort(key=lambda e: (e.position.file, e.position.line, e.position.column) if e.position else ("", 0, 0))
    found.raise_if_errors()
    circuit.diagnostics.warnings += found.warnings


def _global_nets(cards: list[Card]) -> set[str]:
    """The nets of all .global cards: they keep their name inside of subcircuits."""
    return {w for card in cards if card.words[0] == ".global" for w in card.words[1:]}


def _warn_milli_hertz(cards: list[Card], found: Diagnostics) -> None:
    for card in cards:
        for match in _MILLI_HERTZ.finditer(card.text) if "mhz" in card.text else ():
            warning = milli_hertz(match[0])
            if warning:
                found.warn(warning, card.position_at(match.start()))


def _override(scope: Scope, block: Block, overrides: dict[str, str], found: Diagnostics) -> None:
    """Let `--set name=value` replace top-level parameters."""
    known = _parameter_names(block)
    for name, text in overrides.items():
        source = Source(f"--set {name}", text or " ", Path())
        card = Card(source, fold(text), (Piece(0, 0, 0),))
        key = name.lower()
        if key not in known and "." in key:
            found.error(_instance_parameter(name), source.position(0, 0))
        elif key not in known:
            found.error(f"the netlist has no parameter {name!r}{nearest(key, known)}", source.position(0, 0))
        elif not card.words:
            found.error("the value is missing: --set name=value", source.position(0, 0))
        elif is_sound(card, found):
            _fix(scope, key, card, found)


def _instance_parameter(name: str) -> str:
    key = name.rpartition(".")[2]
    return (
        f"{name!r} is a parameter of an instance, and only those of .param can be given here: write "
        f"{key}={{my_{key}}} on its line and .param my_{key}=... in the netlist, or use params= from Python"
    )


def _fix(scope: Scope, name: str, card: Card, found: Diagnostics) -> None:
    try:
        scope.define(name, read_definition(card, 0, len(card.words)))
        scope.fixed.add(name)
    except Problem as problem:
        report(problem, found)


def _parameter_names(block: Block) -> set[str]:
    """The names of the parameters that a block defines, those in its conditionals included."""
    cards = [d for d in block.definitions if isinstance(d, Parameters)]
    names = {name for card in cards for name, _ in card.given if isinstance(name, str)}
    for conditional in block.conditionals:
        names.update(*(_parameter_names(branch.body) for branch in conditional.branches))
    return names
