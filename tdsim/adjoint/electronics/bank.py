"""Devices of one kind with a parameter moved four ways, evaluated in all stages of a segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...nodal import kinds
from ...nodal.laws import HISTORY_BREAKS, HISTORY_COUNTS, HISTORY_FACTS, HISTORY_POINTS
from ...nodal.system import System
from ...nodal.words import Words
from .behaviour import LawSlopes
from .differences import LARGE, WEIGHTS
from .nonlinear import ALWAYS, DeviceSlopes
from .sums import sum_changes

NEAR_WEIGHTS, LITTLE = {1: 0.5, -1: -0.5}, 1e-4
"""Of a difference of second order, whose numbers change by so little of themselves: it is exact to 2e-9."""

SMALLER, MOST = 8.0, 6
"""Where a number changes too much, steps become so much smaller, so often."""

MEMORY = (HISTORY_POINTS, HISTORY_BREAKS, HISTORY_COUNTS, HISTORY_FACTS)


@dataclass(frozen=True)
class Stages:
    """Stages of a segment: unknowns (stages, unknowns + 1), times (s), states of switches (stages, states) and
    multipliers u, v (stages, rows + 1).

    origins    (stages, wake) bases of walked charges, extra (stages, paths) what those count besides u; see `backward`
    of_points  the same of what delays remember: v stands at the rows of their equations
    """

    points: np.ndarray
    moments: np.ndarray
    states: np.ndarray
    u: np.ndarray
    v: np.ndarray
    origins: np.ndarray
    extra: np.ndarray
    of_points: Stages | None = None


class _Bank:
    """A row of one group for each way that its numbers are moved, with room of their own; `weights` of a difference."""

    weights: ClassVar[dict[int, float]] = WEIGHTS

    def __init__(self, system: System, words: Words, place: int):
        group = self.group = system.groups[place]
        count, paths, controls = group.count, group.paths.shape[1], group.controls.shape[1]
        ways = len(self.weights)
        self._unknowns, self._moment = np.zeros(system.size + 1), np.zeros(1)
        self._mode = np.array([0.0, 0.0, 0.0, ALWAYS])
        self.flows, self.charges = np.zeros((ways, count, paths)), np.zeros((ways, count, paths))
        self._slopes, self._before = np.zeros((2, count, paths, controls)), np.zeros((count, controls))
        self._latent = np.full((count, controls + 2 * paths), np.nan)
        self._first_state = sum(g.states.size for g in system.groups[:place])
        self._pieces = np.zeros((ways, group.states.size + 1), dtype=np.int64)
        self._rows = np.repeat(words["GROUP_ROWS"][place][None], ways, axis=0)
        self._start = np.zeros(words["BASE"].size)
        self._first_path = sum(g.count * g.paths.shape[1] for g in system.groups[:place])
        for b, row in enumerate(self._rows):
            own = {
                kinds.UNKNOWNS: self._unknowns,
                kinds.TIME: self._moment,
                kinds.MODE: self._mode,
                kinds.FLOWS: self.flows[b],
                kinds.CHARGES: self.charges[b],
                kinds.SLOPES: self._slopes[0],
                kinds.CAPACITANCES: self._slopes[1],
                kinds.BEFORE: self._before,
                kinds.LATENT: self._latent,
                kinds.STATES: self._pieces[b],
                kinds.BASE: self._start,
            }
            for word, array in own.items():
                row[word] = array.ctypes.data
        self._addresses = np.array([row.ctypes.data for row in self._rows])

    def _sum(self, stages: Stages, step: float) -> tuple[np.ndarray, float]:
        """What counts (instances,) for numbers that were moved by steps, and the largest change of a number."""
        total = np.zeros(self.group.count)
        states = stages.states[:, self._first_state : self._first_state + self.group.states.size]
        weights = np.array(list(self.weights.values())) / step
        worst = sum_changes(
            self.group.loops.evaluate,
            self._addresses,
            weights,
            self.flows,
            self.charges,
            self.group.paths,
            self._unknowns,
            self._moment,
            self._pieces,
            stages.points,
            stages.moments,
            np.ascontiguousarray(states),
            stages.u,
            stages.v,
            stages.origins,
            stages.extra,
            self._start,
            self._first_path,
            total,
        )
        return total, worst


class DeviceBank(_Bank):
    """Non-linear devices whose numbers are moved along their derivatives by a parameter, both ways, by very little."""

    weights = NEAR_WEIGHTS

    def __init__(self, system: System, words: Words, place: int, slopes: DeviceSlopes, run: int):
        super().__init__(system, words, place)
        self._slopes_of = slopes
        self._base, self._ways, self._steps = slopes.moves(run)
        self._numbers = np.zeros((len(self.weights), *self._base.shape))
        for b, row in enumerate(self._rows):
            row[kinds.NUMBERS] = self._numbers[b].ctypes.data
        self._part = LITTLE / LARGE

    def add(self, stages: Stages, total: np.ndarray) -> None:
        """Add what counts in some stages."""
        for _ in range(MOST):
            for b, way in enumerate(self.weights):
                self._numbers[b] = self._base + way * self._part * self._steps[:, None] * self._ways
            found, worst = self._sum(stages, self._part)
            if worst <= LITTLE:
                break
            self._part /= SMALLER
        slopes = self._slopes_of
        np.add.at(total, slopes.targets, (found / self._steps)[slopes.chosen])


class LawBank(_Bank):
    """A law made four times."""

    def __init__(self, system: System, words: Words, place: int, law: LawSlopes, run: int):
        super().__init__(system, words, place)
        self._law = law
        self._made = [law.memory(way * law.step) for way in WEIGHTS]
        steps = max(len(memory.rooms[0].code.steps) for memory in self._made)
        self._pieces = np.zeros((len(WEIGHTS), max(steps, self.group.states.size) + 1), dtype=np.int64)
        own = self.group.numbers.view(np.int64)[run % self.group.numbers.shape[0], 0]
        self._still = [memory.words[0, 0].copy() for memory in self._made]
        self._moving = [memory.words[0, 0].copy() for memory in self._made]
        for b, row in enumerate(self._rows):
            row[kinds.STATES] = self._pieces[b].ctypes.data
            for word in MEMORY:
                self._moving[b][word] = own[word]

    def add(self, stages: Stages, total: np.ndarray) -> None:
        """Add what counts in some stages, and in what its delays remember."""
        self._add(stages, self._moving, total)
        if stages.of_points is not None and len(self._made[0].rooms[0].code.delays):
            self._add(stages.of_points, self._still, total)

    def _add(self, stages: Stages, numbers: list[np.ndarray], total: np.ndarray) -> None:
        for row, words in zip(self._rows, numbers, strict=True):
            row[kinds.NUMBERS] = words.ctypes.data
        found, _ = self._sum(stages, self._law.step)
        np.add.at(total, self._law.targets, found)
