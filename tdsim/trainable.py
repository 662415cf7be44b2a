"""Which parameters of a circuit may be trained: those that `.train` marks, and within which bounds."""

from __future__ import annotations

from fnmatch import fnmatchcase
from math import inf

import numpy as np

from .cards import Train
from .circuit import Circuit, Instance, is_shape
from .errors import PLACED, Diagnostics, nearest


def trainable(circuit: Circuit) -> dict[str, tuple[float, float]]:
    """What is marked, "inst.parameter" or a parameter of the netlist, in the order of the cards, with bounds."""
    found: dict[str, tuple[float, float]] = {}
    for card in circuit.training:
        if _is_own(circuit, card):
            found[card.pattern] = _within((-inf, inf), card)
        for instance, parameter in marked(circuit, card):
            bounds = _within(instance.device.params[parameter].bounds, card)
            found[f"{instance.name}.{parameter}"] = bounds
    return found


def marked(circuit: Circuit, card: Train) -> list[tuple[Instance, str]]:
    """The instances that a card means, each with the parameter."""
    pattern, _, parameter = card.pattern.rpartition(".")
    return [
        (instance, parameter)
        for instance in circuit.instances.values()
        if parameter in instance.device.params and fnmatchcase(instance.name, pattern)
    ]


def check_training(circuit: Circuit, found: Diagnostics) -> None:
    """Every `.train` must name parameters that can be trained, with values within its bounds."""
    for card in circuit.training:
        here = marked(circuit, card)
        if _is_own(circuit, card):
            low, high = _within((-inf, inf), card)
            if not low <= circuit.parameters[card.pattern] <= high:
                found.error(_outside(card.pattern, circuit.parameters[card.pattern], low, high), card.position)
        elif not here and not found.doubtful(PLACED, card.pattern):
            found.error(_unknown(circuit, card.pattern), card.position)
        for instance, parameter in here:
            problem = _problem(instance, parameter, card)
            if problem:
                found.error(f"{instance.name}.{parameter} {problem}", card.position)
                break


def _unknown(circuit: Circuit, pattern: str) -> str:
    known = [f"{i.name}.{n}" for i in circuit.instances.values() for n, p in i.device.params.items() if p.trainable]
    known += circuit.parameters
    return f"no parameter matches {pattern}{nearest(pattern, known)}"


def _problem(instance: Instance, parameter: str, card: Train) -> str:
    """Why the parameter of an instance cannot be trained as the card wants; empty when it can."""
    param, value = instance.device.params[parameter], instance.settings[parameter]
    if not param.trainable:
        able = [name for name, other in instance.device.params.items() if other.trainable]
        return f"cannot be trained; of {instance.device.name} these can: {', '.join(able) or 'none'}"
    if is_shape(value):
        return "follows a shape: what is trained is a number"
    low, high = _within(param.bounds, card)
    if param.kind == "number" and not (low <= np.min(value) and np.max(value) <= high):
        return _outside("", np.ravel(value)[0], low, high).lstrip()
    return ""


def _outside(name: str, value: float, low: float, high: float) -> str:
    return f"{name} is {value:g}, outside of {low:g} to {high:g}, within which it is to be trained"


def _is_own(circuit: Circuit, card: Train) -> bool:
    """Whether a card means a parameter of the netlist (`.param`)."""
    return card.pattern in circuit.parameters


def _within(bounds: tuple[float, float], card: Train) -> tuple[float, float]:
    """The bounds of a parameter and of a card together."""
    low = bounds[0] if card.low is None else max(bounds[0], card.low)
    high = bounds[1] if card.high is None else min(bounds[1], card.high)
    return low, high
