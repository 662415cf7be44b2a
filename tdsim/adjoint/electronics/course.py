"""One run of a transient: its steps recorded, taken again exactly, and gone through backwards segment by segment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ...analysis.electronics import Electronics
from ...analysis.request import Request
from ...errors import SimulationError
from ...nodal.integrator import Integrator
from ...nodal.stepping import DONE, FULL, STUCK, TURNING, WEAK_PIVOT
from ...nodal.words import ABSTOL, CHGTOL, CONTENT, RELTOL, VNTOL
from ...units import engineering
from .backward import add_operands, sweep
from .bank import Stages
from .changes import Changes
from .delays import Delays
from .replay import AFTER, END, FROM, KIND, MOMENT, ROLE, STEP, record, replay
from .rest import Rest
from .walks import Walks

EXACT = {RELTOL: 1e-10, VNTOL: 1e-13, ABSTOL: 1e-16, CHGTOL: 1e-21}
"""Tolerances of Newton's method in steps that are taken again: it ends at 1/50 of them, ..."""

ROUND_OFF = 1e3
"""... or where round-off lets it come no nearer than so many times them."""

ROWS = 6
"""Stages of a step, and a point between."""

SEGMENT_NUMBERS = 1 << 20
"""Numbers of stages that a segment of all runs may hold, whatever its length."""

SHORTEST = 64


class Transient(Protocol):
    """What a course is of."""

    @property
    def electronics(self) -> Electronics: ...

    @property
    def request(self) -> Request: ...

    @property
    def runs(self) -> int: ...

    def integrator(self, run: int) -> Integrator: ...


class Course:
    """One run: `outputs` (times, kept) at the times of the grid; `kept` are numbers of unknowns."""

    def __init__(self, transient: Transient, run: int, kept: np.ndarray | None = None):
        self._transient, self.run = transient, run
        self.system = transient.electronics.system
        self._grid = transient.request.grid()
        self._kept = transient.electronics.readings.kept if kept is None else kept
        self.turned: dict[int, np.ndarray] = {}
        """States of switches after the restarts at which some turned, by the number of the step."""
        self._loads: set[int] = set()
        self.steps = np.zeros((0, 4))
        self.outputs = np.zeros((self._grid.size, self._kept.size))

    # -- forward ----------------------------------------------------------------------------------------------------

    def record(self) -> None:
        """Let the integrator choose its steps."""
        integrator = self._transient.integrator(self.run)
        self._transient.electronics.begin(integrator, self.run, False)
        without_output(integrator)
        stop, steps, filled = self._transient.request.stop, np.zeros((1024, 4)), 0
        while True:
            code, filled = record(integrator.words.address, min(stop, integrator.reached), steps, filled)
            if filled and steps[filled - 1, KIND] == TURNING:
                self.turned.setdefault(filled - 1, integrator.words["SWITCHES"].copy())
            if code == DONE and integrator.reached >= stop:
                break
            if code == DONE:
                self._loads.add(filled)
                integrator.load()
            elif code == FULL:
                steps = np.concatenate([steps, np.zeros_like(steps)]) if filled == len(steps) else steps
            else:
                integrator.judge(code)
        self.steps = steps[:filled].copy()

    def follow(self, other: Course) -> None:
        """Take the steps that another run has chosen."""
        self.steps, self.turned, self._loads = other.steps, other.turned, other._loads

    def begin(self) -> None:
        """Start again from the equilibrium, exactly."""
        electronics = self._transient.electronics
        self._integrator = integrator = self._transient.integrator(self.run)
        self._words, solver = integrator.words, integrator.solver
        solver.find_rest(self._words["LEVEL"] + integrator.drives.at_zero(), electronics.held(), electronics.nudged())
        self.rest = Rest(solver)
        self._states = self._words["SWITCHES"].copy()
        integrator.begin_at(self.rest.unknowns)
        self._set_rules(0)
        self._ordered_for: set[int] = set()
        without_output(integrator)

    def run_through(self) -> None:
        """Take all steps again, and keep what is needed to come back to the start of each segment."""
        self.begin()
        self._delays = Delays(self.system, self._words, self.run, self.steps)
        self._walks = Walks(self.system, self._words)
        self._bookmarks = []
        for first, last, given in self.segments():
            self._bookmarks.append(self._integrator.save())
            self._noted = self._replay(first, last, given, last == len(self.steps))

    def segments(self) -> Iterator[tuple[int, int, int]]:
        """First step and the one behind the last of each segment, and the first point of the output in it."""
        count, width = len(self.steps), self.system.size + 1
        length = max(SHORTEST, int(4 * np.sqrt(count)), SEGMENT_NUMBERS // (ROWS * width * self._transient.runs))
        for first in range(0, count, length):
            last = min(first + length, count)
            yield first, last, self._points_before(first)

    def _points_before(self, step: int) -> int:
        """How many points of the output have been put out before a step, see `replay`."""
        if step == 0:
            return 0
        end, jumps = self.steps[step - 1, AFTER], self.steps[step, KIND] != 0
        return int(np.searchsorted(self._grid, end * (1 + (-1 if jumps else 1) * 1e-12), "left" if jumps else "right"))

    def _replay(self, first: int, last: int, given: int, noted: bool) -> tuple[np.ndarray, ...]:
        """Take steps again; returns what is known of the stages, their unknowns, what delays read, if wanted."""
        words, width = self._words, self.system.size + 1
        room = 0
        if noted:
            inside = np.searchsorted(self._grid, self.steps[last - 1, AFTER] * (1 + 1e-9), "right") - given
            room = (ROWS - 1) * (last - first) + int(inside) + 8
        info, points = np.zeros((room, 6)), np.zeros((room, width))
        reads = np.zeros((room, self._delays.count, 2), dtype=np.int64)
        origins = np.zeros((room, self._walks.count))
        filled, k = 0, first
        stops = sorted({last, *(s for s in (*self.turned, *self._loads) if first <= s < last)})
        for end in stops:
            while k < end:
                k, code, given, filled = self._take(
                    k, k + 1 if self._easier else end, given, info, points, reads, origins, filled
                )
                if code != DONE:
                    self._judge(k, code)
                elif self._easier:
                    self._set_rules(0)
            if k in self.turned and k < last:
                words["SWITCHES"][:], words["KEY"][0] = self.turned[k], np.nan
            if k in self._loads and k < last:
                self._integrator.load()
        return info[:filled], points[:filled], reads[:filled], origins[:filled]

    def _take(
        self,
        first: int,
        last: int,
        given: int,
        info: np.ndarray,
        points: np.ndarray,
        reads: np.ndarray,
        origins: np.ndarray,
        filled: int,
    ) -> tuple[int, int, int, int]:
        """See `replay`."""
        return replay(
            self._words.address, self.steps, first, last, self._grid, given, self._kept, self.outputs, info, points,
            reads, origins, filled,
        )  # fmt: skip

    def _judge(self, k: int, code: int) -> None:
        """Choose other pivots, be content with less where round-off is larger, or raise SimulationError."""
        solver = self._integrator.solver
        if (code == WEAK_PIVOT or (code == STUCK and k not in self._ordered_for)) and solver.reorder():
            self._ordered_for.add(k)
            return
        given = self._transient.electronics.tolerances.reltol
        if code != STUCK or EXACT[RELTOL] * 10.0**self._easier >= given:
            at = engineering(self.steps[k, FROM], "s")
            raise SimulationError(solver.failure(f"the step at t = {at} cannot be taken again exactly"))
        self._set_rules(self._easier + 1)

    def _set_rules(self, easier: int) -> None:
        """The tolerances of Newton's method, so many times ten times as large as they should be.

        Round-off may not let a step be exact; what the steps were chosen by always does.
        """
        self._easier = easier
        for rule, value in EXACT.items():
            self._words["RULES"][rule] = value * 10.0**easier
        self._words["RULES"][CONTENT] = ROUND_OFF

    # -- backward ---------------------------------------------------------------------------------------------------

    def run_back(self, seeds: np.ndarray, changes: Changes, sums: np.ndarray) -> None:
        """Add dL/dparameters to sums (parameters,), from dL/doutputs (times, kept)."""
        words = self._words
        adjoint = np.zeros((3, self.system.size + 1 + self._walks.count))
        banks = changes.banks(words, self.run)
        segments = list(self.segments())
        for (first, last, given), bookmark in zip(reversed(segments), reversed(self._bookmarks), strict=True):
            if last == len(self.steps):
                noted = self._noted
            else:
                self._integrator.restore(bookmark)
                self._words["KEY"][0] = np.nan  # pivots may be others by now
                noted = self._replay(first, last, given, True)
            stages = self._sweep(noted, first, last, seeds, adjoint)
            banks.add(stages, sums)
        self._end_at_rest(adjoint, changes, sums)

    def _end_at_rest(self, adjoint: np.ndarray, changes: Changes, sums: np.ndarray) -> None:
        """Add what counts at the start, from what has come back to it."""
        words, delays = self._words, self._delays
        self._words["Z"][:] = self.rest.unknowns
        first_point = np.zeros(self.system.size + 1)
        if delays.count:
            add_operands(
                words.address,
                0,
                0.0,
                delays.table,
                delays.laws,
                delays.ends,
                delays.slopes,
                delays.pending,
                first_point,
            )
        self._add_wake(first_point, adjoint[0])
        self._at_rest(first_point, adjoint[0, : self.system.size + 1], changes, sums)

    def _add_wake(self, by_unknowns: np.ndarray, by_charges: np.ndarray) -> None:
        """The unknowns of the wake begin as they are at the equilibrium."""
        unknowns = self._words["WAKE_UNKNOWN"]
        there = np.flatnonzero(unknowns >= 0)
        np.add.at(by_unknowns, unknowns[there], by_charges[self.system.size + 1 + there])

    def _at_rest(self, by_unknowns: np.ndarray, by_charges: np.ndarray, changes: Changes, sums: np.ndarray) -> None:
        """What counts at the equilibrium that the transient starts from."""
        for group in self.system.groups:
            if group.keep is not None:
                group.keep.rest(self.run, True)
        self._words["SWITCHES"][:] = self._states
        by_unknowns += self.rest.stored(by_charges)
        v = -self.rest.adjoint(by_unknowns)
        if self._delays.count:
            v[self._delays.table[:, 0]] -= self._delays.pending[:, 0]
        changes.add_rest(self.rest, self.run, by_charges, v, sums)

    def _sweep(
        self, noted: tuple[np.ndarray, ...], first: int, last: int, seeds: np.ndarray, adjoint: np.ndarray
    ) -> Stages:
        info, points, reads, origins = noted
        walks = self._walks
        extra = np.zeros((len(info) if walks.count else 1, walks.paths))
        delays, of_steps = self._delays, self._states_of(first, last)
        u, v = np.zeros_like(points), np.zeros_like(points)
        code = sweep(
            self._words.address, self.steps, info, points, reads, len(info), of_steps, first, self._kept, seeds,
            adjoint, delays.table, delays.laws, delays.ends, delays.slopes, delays.ages, delays.times, delays.pending,
            u, v, origins, extra, walks.groups, walks.tables, walks.offsets, walks.capacitances,
        )  # fmt: skip
        if code != 0:
            raise SimulationError("the transposed equations of a step have no unique solution")
        k = info[:, STEP].astype(np.int64)
        states = of_steps[k - first]
        of_points = None
        if delays.count:
            ends = np.flatnonzero(info[:, ROLE] == np.where(self.steps[k, KIND] != 0, 2, END))
            against = np.zeros((ends.size, points.shape[1]))
            against[:, delays.table[:, 0]] = -delays.pending[:, k[ends] + 1].T
            of_points = Stages(
                points[ends],
                info[ends, MOMENT].copy(),
                states[ends],
                np.zeros_like(against),
                against,
                origins[ends],
                extra[ends % len(extra)],
            )
        return Stages(points, info[:, MOMENT].copy(), states, u, v, origins, extra, of_points)

    def _states_of(self, first: int, last: int) -> np.ndarray:
        """The states of switches in each step of a segment (steps, states); no state where there are no switches."""
        if not any(group.switches for group in self.system.groups):
            return np.zeros((last - first, 0), dtype=np.int64)
        now = self._states
        found = np.zeros((last - first, now.size), dtype=np.int64)
        earlier = [k for k in self.turned if k < first]
        now = self.turned[max(earlier)] if earlier else now
        for k in range(first, last):
            now = self.turned.get(k, now)
            found[k - first] = now
        return found


def without_output(integrator: Integrator) -> None:
    integrator.words.put(KEPT=np.zeros(1, np.int64), OUT_TIMES=np.zeros(1), OUT_VALUES=np.zeros((1, 1)))
    integrator.words.put(FILLED=np.zeros(1, np.int64))
    integrator.words.count(KEPT_COUNT=0, ROOM=0, ON_GRID=1)
