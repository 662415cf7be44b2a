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
        by = float(shift[0]) if shift.size == 1 else shift
        value: Any = instance.settings[self.parameter]
        if self.place is None:
            value = value + by
        else:
            value = tuple(v + by if k == self.place else v for k, v in enumerate(value))
        return replace(instance, values={**instance.values, self.parameter: value})

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
        steps = [_steps(instance, p) for instance, p in zip(instances, same, strict=True)]
        step, longest = (_side_by_side([pair[k] for pair in steps]) for k in (0, 1))
        found.append(Movable(instances, same[0].name, same[0].place, numbers, step, longest))
    return found


def _steps(instance: Instance, p: Parameter) -> tuple[np.ndarray, np.ndarray]:
    """The first step (runs or 1,), and the longest one."""
    setting = instance.settings[p.name]
    value = np.atleast_1d(np.asarray(setting if p.place is None else setting[p.place], dtype=float))
    if not np.isfinite(value).all():
        raise UsageError(f"{p.label} is not given, so there is no derivative with respect to it: give it a number")
    low, high = instance.device.params[p.name].bounds
    far = np.minimum(value - low, high - value)
    if np.any(far <= 0):
        raise UsageError(f"{p.label} stands at its bound, where it has no derivative; move it off")
    runs = max((np.size(v) for v in instance.values.values() if isinstance(v, np.ndarray)), default=1)
    size = np.where(value == 0, FARTHEST, np.abs(value))
    longest = np.minimum(np.where(value == 0, FARTHEST, NEAR * size), far / 2.5)
    return tuple(np.broadcast_to(x, (runs,)) for x in (np.minimum(NEAR * size, longest), longest))  # type: ignore[return-value]


def _side_by_side(parts: Sequence[np.ndarray]) -> np.ndarray:
    runs = max(p.size for p in parts)
    return np.stack([np.broadcast_to(p, (runs,)) for p in parts])
