"""How the currents and charges of non-linear devices change with a parameter, at given unknowns.

The numbers that a device makes of its parameters change along their derivative by the parameter, and the compiled loop
of its kind is evaluated at four places on that line: four evaluations of all devices of the kind for each parameter.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ...nodal import kinds
from ...nodal.groups import Group, numbers_of
from ...nodal.system import System
from ...nodal.words import Words
from .differences import LARGE, derivative
from .movable import Movable

ALWAYS = -1.0
"""In MODE[3]: no tangent does."""

_Loop = ctypes.CFUNCTYPE(None, ctypes.c_int64)


class Bench:
    """The loop of one group with room of its own: what its devices would have with other numbers."""

    def __init__(self, system: System, words: Words, place: int):
        """`place` counts among the groups; `words` are those of the run."""
        self.group: Group = system.groups[place]
        self._words = words
        count, paths, controls = self.group.count, self.group.paths.shape[1], self.group.controls.shape[1]
        self.flows, self.charges = np.zeros((count, paths)), np.zeros((count, paths))
        self.numbers = np.zeros(self.group.numbers.shape[1:])
        self._slopes = np.zeros((2, count, paths, controls))
        self._before, self._mode = np.zeros((count, controls)), np.array([0.0, 0.0, 0.0, ALWAYS])
        self._latent = np.full((count, controls + 2 * paths), np.nan)
        self.row = words["GROUP_ROWS"][place].copy()
        first = sum(g.states.size for g in system.groups[:place])
        self.pieces = words["SWITCHES"][first : first + self.group.states.size]
        own = {
            kinds.NUMBERS: self.numbers,
            kinds.FLOWS: self.flows,
            kinds.CHARGES: self.charges,
            kinds.SLOPES: self._slopes[0],
            kinds.CAPACITANCES: self._slopes[1],
            kinds.BEFORE: self._before,
            kinds.MODE: self._mode,
            kinds.LATENT: self._latent,
        }
        for word, array in own.items():
            self.row[word] = array.ctypes.data
        self._loop = _Loop(self.group.loops.evaluate)

    def evaluate(self, numbers: np.ndarray) -> np.ndarray:
        """Flows, then charges (instances, 2 paths) of devices with these numbers, at the run's unknowns."""
        self.numbers[...] = numbers
        self._latent[:, 0] = np.nan
        self._loop(self.row.ctypes.data)
        return np.concatenate([self.flows, self.charges], axis=1)


class DeviceSlopes:
    """The derivatives of the flows and charges of one kind of devices by one of their parameters."""

    def __init__(self, system: System, place: int, movable: Movable):
        self._place, self._group = place, system.groups[place]
        names = self._group.instances
        self.chosen = np.array([k for k, name in enumerate(names) if name in movable.numbers])
        self.targets = np.array([movable.numbers[names[k]] for k in self.chosen])
        device = movable.instances[0].device.variant(system.circuit.instances[names[0]].settings)
        gmin = float(system.circuit.options.get("gmin", 1e-12))
        step, longest = movable.step[self.targets], movable.longest[self.targets]

        def numbers(shift: np.ndarray) -> np.ndarray:
            moved = [movable.moved(int(t), d) for t, d in zip(self.targets, shift, strict=True)]
            found = numbers_of(device, moved, system.conditions, gmin)
            return np.broadcast_to(np.swapaxes(found, 0, 1), (*shift.shape, found.shape[-1]))

        self._ways = derivative(numbers, step, longest)
        """(instances, runs or 1, fields)"""

    def moves(self, run: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The numbers of all devices of the kind and their derivatives (instances, fields), and steps (instances,).

        With such a step no number moves by more than LARGE of itself.
        """
        base = self._group.numbers[run % self._group.numbers.shape[0]]
        ways = np.zeros_like(base)
        ways[self.chosen] = self._ways[:, run % self._ways.shape[1]]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where((ways != 0) & (base != 0) & np.isfinite(base), np.abs(base / ways), np.inf)
        near = LARGE * parts.min(axis=1)
        return base, ways, np.where(np.isfinite(near), near, 1.0)

    def at(self, bench: Bench, run: int) -> tuple[np.ndarray, np.ndarray]:
        """d flows, d charges (instances chosen, paths) at the unknowns of a run."""
        base, ways, step = self.moves(run)
        found = derivative(lambda shift: bench.evaluate(base + shift[:, None] * ways), step, step)[self.chosen]
        paths = self._group.paths.shape[1]
        return found[:, :paths], found[:, paths:]

    @property
    def ends(self) -> np.ndarray:
        """The rows (instances chosen, paths, 2) from which and to which its flows go."""
        return np.asarray(self._group.paths[self.chosen])


def device_slopes(system: System, movable: Movable) -> Iterator[tuple[int, DeviceSlopes]]:
    """The groups in which there are instances that the parameter belongs to, by their number."""
    for place, group in enumerate(system.groups):
        if not group.loops.follow and any(name in movable.numbers for name in group.instances):
            yield place, DeviceSlopes(system, place, movable)


class Slopes(Protocol):
    """The derivatives of flows and charges by parameters."""

    targets: np.ndarray

    @property
    def ends(self) -> np.ndarray: ...

    def at(self, bench: Bench, run: int) -> tuple[np.ndarray, np.ndarray]: ...


def sum_flows(slopes: Slopes, bench: Bench, u: np.ndarray, v: np.ndarray, run: int, total: np.ndarray) -> None:
    """Add to total (parameters,) what they change in charges, u (rows + 1,) times, and in currents, v times."""
    flows, charges = slopes.at(bench, run)
    a, b = slopes.ends[..., 0], slopes.ends[..., 1]
    np.add.at(total, slopes.targets, (flows * (v[a] - v[b]) + charges * (u[a] - u[b])).sum(axis=1))
