"""A parameter of several instances of one device, ready to be moved a little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from ...circuit import Circuit, Instance
from ...errors import UsageError
from ..targets import Parameter
from .differences import NEAR

FARTHEST = 1.0
"""How far a parameter that is zero may be moved."""


@dataclass(frozen=True)
class Movable:
    """A parameter of several instances: `numbers` by their names.

    step, longest  (instances, runs or 1) the first step of a difference, and how long it may become
    """

    instances: list[Instance]
    parameter: str
    place: int | None
    numbers: dict[str, int]
    step: np.ndarray
    longest: np.ndarray

    def moved(self, number: int, shift: np.ndarray) -> Instance:
        """One instance with its parameter moved by a step (runs or 1,)."""
        instance = self.instances[number]
        value = self.value_moved(instance.settings[self.parameter], float(shift[0]) if shift.size == 1 else shift)
        return replace(instance, values={**instance.values, self.parameter: value})

    def value_moved(self, value: Any, by: float | np.ndarray) -> Any:
        """A value of the parameter, moved."""
        if self.place is None:
            return value + by
        return tuple(v + by if k == self.place else v for k, v in enumerate(value))

    @property
    def labels(self) -> list[str]:
        """The parameters as they are written."""
        return [Parameter(i.name, self.parameter, self.place).label for i in self.instances]


def make_movables(circuit: Circuit, parameters: Sequence[Parameter]) -> list[Movable]:
    """The parameters, those of one device side by side. Raises UsageError for one that cannot be moved both ways."""

    def kind(p: Parameter) -> tuple[str, str, int]:
        return circuit.instances[p.instance].device.name, p.name, -1 if p.place is None else p.place

    found = []
    for _, some in groupby(sorted(parameters, key=kind), kind):
        same = list(some)
        instances = [circuit.instances[p.instance] for p in same]
        numbers = {i.name: k for k, i in enumerate(instances)}
        step, longest = _steps(instances, same)
        found.append(Movable(instances, same[0].name, same[0].place, numbers, step, longest))
    return found


def _steps(instances: Sequence[Instance], parameters: Sequence[Parameter]) -> tuple[np.ndarray, np.ndarray]:
    """The first steps (instances, runs or 1) of a parameter of one device, and the longest ones."""
    p, param = parameters[0], instances[0].device.params[parameters[0].name]
    settings = [i.values.get(p.name, param.default) for i in instances]
    value = _side_by_side([s if p.place is None else s[p.place] for s in settings])
    low, high = param.bounds
    far = np.minimum(value - low, high - value)
    for wrong, problem in (
        (~np.isfinite(value), "is not given, so there is no derivative with respect to it: give it a number"),
        (far <= 0, "stands at its bound, where it has no derivative; move it off"),
    ):
        if wrong.any():
            raise UsageError(f"{parameters[int(np.argmax(wrong.any(axis=1)))].label} {problem}")
    runs = max((np.size(v) for i in instances for v in i.values.values() if isinstance(v, np.ndarray)), default=1)
    size = np.where(value == 0, FARTHEST, np.abs(value))
    longest = np.minimum(np.where(value == 0, FARTHEST, NEAR * size), far / 2.5)
    shape = len(instances), runs
    return np.broadcast_to(np.minimum(NEAR * size, longest), shape), np.broadcast_to(longest, shape)


def _side_by_side(values: Sequence[Any]) -> np.ndarray:
    """Numbers, each one or (runs,), as (instances, runs or 1)."""
    parts = [np.atleast_1d(np.asarray(value, dtype=float)) for value in values]
    runs = max(p.size for p in parts)
    return np.stack([np.broadcast_to(p, (runs,)) for p in parts])
