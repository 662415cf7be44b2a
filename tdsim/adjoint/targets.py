"""What a gradient is taken with respect to: parameters of instances, inputs, and initial values of states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np

from ..circuit import Circuit, Instance, is_shape
from ..device import State
from ..errors import UsageError, nearest
from ..outputs import resolve
from ..signals import parse_signal

_PLACE = re.compile(r"(.*)\[(\d+)\]$")


class Parameter(NamedTuple):
    """A number of an instance; `place` counts within a list."""

    instance: str
    name: str
    place: int | None = None

    @property
    def label(self) -> str:
        """As it is written: "xr.kappa[1]"."""
        return f"{self.instance}.{self.name}" + ("" if self.place is None else f"[{self.place}]")


class Targets(NamedTuple):
    """Parameters; names of inputs; waves of states by the name of their signal, with what they are."""

    parameters: list[Parameter]
    inputs: list[str]
    states: dict[str, tuple[str, State]]


def targets(circuit: Circuit, names: Sequence[str], inputs: Mapping[str, Any]) -> Targets:
    """What the names stand for (`*` for any text). Raises UsageError."""
    if not names:
        raise UsageError(
            "there is nothing to differentiate by: mark parameters by .train, or name some ('xps*.phase') or inputs"
        )
    found = Targets([], [], {})
    for name in names:
        if name in inputs:
            found.inputs.append(name)
        elif name.lower().startswith("x("):
            found.states[name] = _state(circuit, name)
        else:
            found.parameters.extend(p for p in _parameters(circuit, name, inputs) if p not in found.parameters)
    return found


def _parameters(circuit: Circuit, text: str, inputs: Mapping[str, Any]) -> list[Parameter]:
    pattern, _, parameter = text.lower().rpartition(".")
    place = _PLACE.match(parameter)
    parameter = place[1] if place else parameter
    here = [i for i in circuit.instances.values() if fnmatchcase(i.name, pattern) and parameter in i.device.params]
    if not here:
        known = [f"{i.name}.{p}" for i in circuit.instances.values() for p in i.device.params]
        raise UsageError(f"unknown parameter or input {text!r}{nearest(text, [*known, *inputs])}")
    return [one for i in here for one in _checked(circuit, i, parameter, int(place[2]) if place else None)]


def _checked(circuit: Circuit, instance: Instance, parameter: str, place: int | None) -> list[Parameter]:
    """The parameter of an instance, each number of it where it is a list and no place is given."""
    value, name = instance.settings[parameter], f"{instance.name}.{parameter}"
    kind = instance.device.params[parameter].kind
    if not instance.device.params[parameter].smooth:
        raise UsageError(f"{name} is a count or an instant, so there is no derivative with respect to it")
    if kind not in ("number", "list") or is_shape(value):
        raise UsageError(f"{name} is not a number, so there is no derivative with respect to it")
    if instance.device.emit is None and any(is_shape(v) for v in instance.values.values()):
        raise UsageError(
            f"{instance.name} follows a shape in time, and the derivative with respect to its other parameters is not "
            "available yet"
        )
    problem = instance.device.validate(_beside(instance, parameter))
    if problem:
        raise UsageError(f"{name} cannot be moved, so there is no derivative with respect to it: {problem}")
    if kind == "number":
        if place is not None:
            raise UsageError(f"{name} is one number, not a list")
        return [Parameter(instance.name, parameter)]
    if place is not None and place >= len(value):
        raise UsageError(f"{name} has {len(value)} numbers, counted from 0, not {place}")
    return [Parameter(instance.name, parameter, k) for k in (range(len(value)) if place is None else [place])]


def _beside(instance: Instance, parameter: str) -> dict[str, Any]:
    """The parameters of an instance, one of them moved a little within its bounds."""
    value, (low, high) = instance.settings[parameter], instance.device.params[parameter].bounds
    near = min(1e-6, (high - low) / 4)

    def moved(number: Any) -> Any:
        return number + np.where(np.asarray(number) + near <= high, near, -near)

    return {**instance.settings, parameter: tuple(map(moved, value)) if isinstance(value, tuple) else moved(value)}


def _state(circuit: Circuit, name: str) -> tuple[str, State]:
    """The wave of a state, and the state. Raises UsageError when there is no such state."""
    output = resolve(circuit, parse_signal(name.lower()))
    if output.state is None or not output.wave:
        raise UsageError(f"{name} is not the state of a device of light, so it has no initial value")
    return output.wave, output.state
