"""A transient of one run: from the initial values on, stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import SimulationError
from ..units import engineering
from .drives import Drives
from .equations import add_charges, follow_run, take_charges
from .laws import REMEMBER, Memory
from .methods import ESDIRK
from .solver import Solver
from .starts import given_starts
from .stepping import CHATTER, DONE, FULL, WEAK_PIVOT, advance
from .words import (
    ABSTOL,
    ALLOWED,
    BEGIN,
    BREAK,
    CHGTOL,
    EVENTS,
    ITERATIONS,
    LONGEST,
    MOST_ITERATIONS,
    NEXT,
    REJECTED,
    RELTOL,
    RESTART,
    SPACING,
    STEPS,
    STOP,
    TIME,
    VNTOL,
    XMU,
)

PART = 0.03
"""The error of a step, as part of the tolerance: many steps add up."""

NEAR = 0.1
"""Tangents stand for devices whose voltages have moved by no more than this times reltol (V).

The current of a diode is then off by half the square of what it moved in units of kT/q: 1e-5 of it at the default."""

LOADED = "LOADED"
"""In a saved state: from when and for how long sources were loaded last, and up to which time they are known (s)."""

Method = tuple[int, float]
PLAIN: Method = (ESDIRK, 0.5)

ROOM, MOST = 1 << 20, 8192
"""Numbers of output held at once, and points: between two such stretches a run can be cut off and resumed."""


Points = tuple[np.ndarray, np.ndarray]
"""Times (n,) and values of kept unknowns (n, kept)."""


def room_for(kept: np.ndarray) -> int:
    """How many points are put out at once, of so many unknowns."""
    return int(np.clip(ROOM // max(1, kept.size), 64, MOST))


class Integrator:
    """One run of a circuit on its way through time.

    longest  the longest step (s);  method  and its xmu, see `methods`
    spacing  how far apart (s) the points that are put out may be: within longer steps there are points between
    """

    def __init__(self, solver: Solver, drives: Drives, longest: float, method: Method = PLAIN, spacing: float = np.inf):
        self.solver, self.drives, self.words = solver, drives, solver.words
        tolerances, rules = solver.tolerances, self.words["RULES"]
        rules[[RELTOL, VNTOL, ABSTOL]] = tolerances.reltol, tolerances.vntol, tolerances.abstol
        rules[[CHGTOL, SPACING, XMU]] = tolerances.chgtol, spacing, method[1]
        rules[[LONGEST, MOST_ITERATIONS, ALLOWED, STOP]] = (
            longest,
            tolerances.iterations_in_time,
            PART * tolerances.trtol / 7.0,
            drives.stop,
        )
        self.words["CLOCK"][NEXT] = longest
        self.words["MODE"][3] = NEAR * tolerances.reltol
        self.words.count(METHOD=method[0])
        self._reached = 0.0
        self._loaded = (0.0, 0.0)

    @property
    def time(self) -> float:
        """The time that has been reached (s)."""
        return float(self.words["CLOCK"][TIME])

    def begin(self, held: dict[int, float], nudged: dict[int, float]) -> None:
        """Start from the operating point with the sources as they are at t = 0."""
        self.solver.find_rest(self.words["LEVEL"] + self.drives.at_zero(), held, nudged)
        take_charges(self.words.address)
        self.solver.start_delays(False)
        follow_run(self.words.address, REMEMBER)
        self._open()

    def begin_at(self, z: np.ndarray) -> None:
        """Start at rest, the unknowns (unknowns + 1,) being known."""
        self.words["Z"][:] = z
        self.words["MODE"][0] = 0.0
        take_charges(self.words.address)
        self.solver.start_delays(False)
        follow_run(self.words.address, REMEMBER)
        self._open()

    def begin_from(self, charge: np.ndarray, z: np.ndarray) -> None:
        """Start without an operating point: from the unknowns, and the charges (rows + 1,) of linear devices."""
        self.words["Z"][:] = z
        self.words["HELD_CHARGE"][: charge.size] = charge
        with given_starts(self.words, self.solver.system.groups, self.solver.run):
            add_charges(self.words.address)
        walked = np.flatnonzero(self.words["WAKE_PATH"] >= 0)
        self.words["HELD_CHARGE"][z.size + walked] = 0.0  # counted from the unknowns, not from what `ic` gives
        self.solver.start_delays(True)
        self._open()

    def _open(self) -> None:
        self.words["SCALE"][:] = np.abs(self.words["Z"][:-1])
        rows = self.words["CHARGE_SCALE"].size
        self.words["CHARGE_SCALE"][:] = np.abs(self.words["HELD_CHARGE"][:rows])
        self.words["COUNT"][RESTART] = 1
        self._load(0.0)

    # -- going on -------------------------------------------------------------------------------------------------

    def points(self, kept: np.ndarray, begin: float, until: float) -> Iterator[Points]:
        """Go on to `until`; yields the accepted points from `begin` on: times (n,), values of kept unknowns (n, m)."""
        room = room_for(kept)
        self.words["RULES"][BEGIN] = begin
        done = False
        while not done:
            times, values = np.empty(room), np.empty((room, kept.size))
            done = self._advance(kept, times, values, False, until)
            count = int(self.words["FILLED"][0])
            if count:
                yield times[:count], values[:count]

    def sampled(self, kept: np.ndarray, wanted: np.ndarray, until: float) -> Iterator[Points]:
        """Go on to `until`; yields the values at the times that are wanted, which rise: right limits at jumps."""
        room = room_for(kept)
        for first in range(0, max(1, wanted.size), room):
            times = wanted[first : first + room].astype(float)
            values = np.empty((times.size, kept.size))
            self._advance(kept, times, values, True, until)
            yield times, values

    def advance(self, until: float) -> None:
        """Go on to a time (s)."""
        self._advance(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 0)), True, until)

    def _advance(self, kept: np.ndarray, times: np.ndarray, values: np.ndarray, on_grid: bool, until: float) -> bool:
        """Go on until there or the output is full; returns whether it is there."""
        self.offer(kept, times, values, on_grid)
        while True:
            code = advance(self.words.address, self.next_stop(until))
            if self.has_ended(code, until):
                return code == DONE

    def offer(self, kept: np.ndarray, times: np.ndarray, values: np.ndarray, on_grid: bool) -> None:
        """Where the next points go: times (n,) (given `on_grid`), values (n, kept)."""
        words = self.words
        words.put(KEPT=kept.astype(np.int64), OUT_TIMES=times, OUT_VALUES=values, FILLED=np.zeros(1, np.int64))
        words.count(KEPT_COUNT=kept.size, ROOM=times.size, ON_GRID=int(on_grid))

    def next_stop(self, until: float) -> float:
        """How far compiled code can go on the way to `until` (s)."""
        return min(until, self._reached)

    def has_ended(self, code: int, until: float) -> bool:
        """Whether the run is at `until`, or its output is full, after compiled code came back with `code`."""
        if code == DONE and self._reached < until:
            self._load(self.time)
            return False
        if code in (DONE, FULL):
            return True
        self.judge(code)
        return False

    def _load(self, start: float) -> None:
        self._loaded = start, self.drives.length
        self._reached = self.drives.load(self.words, start)
        self.words["COUNT"][BREAK] = 0

    def _fail(self, code: int) -> None:
        at = f"at t = {engineering(self.time, 's')}"
        if code == CHATTER:
            raise SimulationError(f"{at} {self.solver.chatters()}")
        undefined = self.solver.undefined(tried=True)
        if undefined:
            raise SimulationError(f"{at} {undefined}")
        raise SimulationError(self.solver.failure(f"no step forward was found {at}"))

    @property
    def reached(self) -> float:
        """The time (s) up to which the sources are known; `load` goes on from here."""
        return self._reached

    def load(self) -> None:
        """Load what the sources do next."""
        self._load(self.time)

    def judge(self, code: int) -> None:
        """Go on after compiled code has stopped with `code`, or raise SimulationError."""
        if code != DONE and (code != WEAK_PIVOT or not self.solver.reorder()):
            self._fail(code)

    # -- its state ------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, np.ndarray]:
        """A copy of the whole state, what delays remember included."""
        found = self.words.save() | {LOADED: np.array([*self._loaded, self._reached])}
        for name, memory in self.memories().items():
            found |= {f"{name}/{k}": array for k, array in enumerate(memory.save(self.solver.run))}
        return found

    def restore(self, saved: dict[str, np.ndarray]) -> None:
        """Go back to a saved state."""
        start, length, reached = saved[LOADED]
        if (start, reached) != (self._loaded[0], self._reached):
            self.drives.length = length
            self._load(start)
        self.words.restore(saved)
        for name, memory in self.memories().items():
            count = sum(key.startswith(f"{name}/") for key in saved)
            memory.restore(self.solver.run, [saved[f"{name}/{k}"] for k in range(count)])

    def memories(self) -> dict[str, Memory]:
        """What the laws with delays remember, by a name of each law."""
        groups = [g for g in self.solver.system.groups if g.keep is not None]
        return {f"{g.instances[0]}.{g.number}": g.keep for g in groups if g.keep.rooms[0].code.delays}

    def effort(self) -> dict[str, int]:
        """What has been done: steps, rejected steps, iterations of Newton's method, changes of states of switches."""
        count = self.words["COUNT"]
        names = {"steps": STEPS, "rejected": REJECTED, "iterations": ITERATIONS, "events": EVENTS}
        return {name: int(count[place]) for name, place in names.items()}
