"""Whether a circuit has come to rest: its whole state, delay lines included, looked at again and again.

Between two looks lies a window at least as long as all loops together, filters included, so that whatever goes round
has come back. With D_k the largest change of the state over window k, the contraction is rho = (D_k / D_(k-3))^(1/3)
and what is still to come D rho / (1 - rho): at rest is what stays below the tolerance by that measure, look after
look, while windows of slightly different lengths keep an oscillation from hiding behind its period. "Ten samples that
hardly changed" would be wrong: it fires while a line is still filling.

Changes are measured in units of the largest value that quantities of the same unit have had so far. A state whose
waves all turn at one rate (a detuned laser, an oscillator) is at rest as soon as moduli, real quantities and that rate
are: its field is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..circuit import Circuit, is_shape
from ..engine.state import State
from ..schedule.program import Program

CONTRACTION = 0.999
"""What contracts more slowly than this from window to window is not judged: the window becomes longer."""

SLOW, PATIENCE = 0.9, 6
"""A contraction above this for that many looks makes the window twice as long."""

ROUNDING, ITERATED = 1e-13, 1e-10
"""Changes below this are rounding; or what iteration leaves, where equations of electronics are solved."""

UNSEEN = 1e-3
"""Where that leaves more: changes below this part of the tolerance, once windows are as long as they may be."""

SHORTEST, LONGEST = 64, 1 << 16
"""Windows, in samples; loops longer than that together are judged by shorter windows."""

LOOKS = 3
"""How many looks in a row must find rest."""

CYCLE = 4
"""After so many windows their lengths repeat."""

Quantities = list[list[np.ndarray]]
"""Arrays (rows, carriers or 1, runs), kind by kind."""

TURNING = 10.0
"""A state turns when it turns by more than so many times the error of that angle."""


@dataclass(frozen=True)
class Look:
    """What a look at the state found; every array is (runs,) or (carriers, runs).

    tick         number of the next sample
    settled      whether the state is at rest
    residual     what is still to come, in units of the largest value so far; inf while that cannot be said
    contraction  by how much the change shrinks from window to window; nan while unknown
    change       the change over the last window
    turned       (carriers, runs) angle by which each carrier's waves turned over the last window, rad, 0 where at rest
    """

    tick: int
    settled: np.ndarray
    residual: np.ndarray
    contraction: np.ndarray
    change: np.ndarray
    turned: np.ndarray


def last_change(circuit: Circuit, step: float, stop: float) -> float:
    """The last instant (s) at which a source shape has a kink or a jump before `stop`."""
    shapes = [v for i in circuit.instances.values() for v in i.values.values() if is_shape(v)]
    edges = [s.resolve(step, stop).breakpoints(0.0, stop)[-1:] for s in shapes]
    return float(max((e[0] for e in edges if e.size), default=0.0))


def loop_memory(program: Program) -> int:
    """Samples that all feedback loops of a program hold together, filters included."""
    tables = program.tables
    looped = np.zeros(program.waves, dtype=bool)
    for island in range(tables.island_window.size):
        if tables.island_window[island] > 0:
            operations = slice(tables.island_start[island], tables.island_start[island + 1])
            looped[tables.output[operations]] = True
            looped[tables.twin[operations][tables.twin[operations] >= 0]] = True
    return int(tables.depth[looped].sum()) + program.memory


class Stillness:
    """Looks at the states of one circuit under way; `runs` of them side by side, each judged by itself."""

    def __init__(
        self,
        circuit: Circuit,
        program: Program,
        tol: float,
        longest: int,
        from_tick: int = 0,
        memory: int | None = None,
        others: int = 0,
    ):
        """`longest` bounds the windows (samples); nothing is at rest before `from_tick`, when a source last changes.

        memory  samples that all loops together hold, where these are not those of light alone
        others  how many kinds of quantities are looked at besides the state of the light
        """
        self.tol, self._from = tol, from_tick
        self._longest = max(1, min(LONGEST, longest))
        memory = loop_memory(program) if memory is None else memory
        self._window = int(np.clip(max(SHORTEST, memory), 1, self._longest))
        self._classes = _classes(circuit, program)
        self._iterated = others > 0
        self._turns = [part.turns for part in self._classes] + [False] * others
        self._count = 0
        self._forget(program.runs, None)

    def _forget(self, runs: int, keep: Quantities | None) -> None:
        self._before = keep
        self._still: list[np.ndarray] = []
        self._turning: list[np.ndarray] = []
        self._angles: list[np.ndarray] = []
        self._calm = np.zeros((2, runs), dtype=int)
        if keep is None:
            self._peak = np.zeros((len(self._turns), runs))

    def restart(self) -> None:
        """Begin again: something has been changed from outside."""
        self._forget(self._peak.shape[1], None)

    def take(self, runs: np.ndarray) -> None:
        """Go on with these runs only."""
        assert self._before is not None
        self._before = [[values[..., runs] for values in part] for part in self._before]
        self._still, self._turning = [x[runs] for x in self._still], [x[runs] for x in self._turning]
        self._angles = [x[:, runs] for x in self._angles]
        self._calm, self._peak = self._calm[:, runs], self._peak[:, runs]

    @property
    def window(self) -> int:
        """Samples until the next look: never the same number twice in a row."""
        return self._window + (self._count % CYCLE) * (self._window // 64 + 1)

    @property
    def _noise(self) -> float:
        """Changes that tell nothing."""
        if not self._iterated:
            return ROUNDING
        return UNSEEN * self.tol if 2 * self._window > self._longest else min(ITERATED, self.tol)

    def look(self, state: State, others: Sequence[np.ndarray] = (), peaks: Sequence[np.ndarray] = ()) -> Look:
        """Compare a state, and real quantities besides, kind by kind (rows, 1, runs), with those of a window ago.

        peaks  the sizes (runs,) that these are measured by
        """
        self._count += 1
        if self._before is None:
            self._peak[:] = 0.0
        self._peak[len(self._classes) :] = np.maximum(
            self._peak[len(self._classes) :], np.reshape(peaks, (-1, state.runs))
        )
        now = [part.of(state) for part in self._classes] + [[values] for values in others]
        runs, carriers = state.runs, state.history.shape[1]
        unknown = np.full(runs, np.nan)
        if self._before is None or state.tick - self._window < self._from:
            self._forget(runs, None)
            self._raise_peaks(now)
            self._before = now
            none = np.zeros(runs, dtype=bool)
            return Look(state.tick, none, unknown + np.inf, unknown, unknown, np.zeros((carriers, runs)))
        still, turning, angle = self._compare(self._before, now, carriers)
        self._before = now
        if len(self._angles) >= CYCLE:
            swerve = np.angle(np.exp(1j * (angle - self._angles[-CYCLE])))
            turning = np.maximum(turning, np.abs(swerve).max(axis=0))
        else:
            turning = np.full(runs, np.pi)
        self._still.append(still)
        self._turning.append(turning)
        self._angles.append(angle)
        rest, rho = _rest(self._still, self._noise)
        rest_turning, rho_turning = _rest(self._turning, self._noise)
        self._calm[0] = np.where(rest < self.tol, self._calm[0] + 1, 0)
        turns = np.abs(angle).max(axis=0) > TURNING * (rest_turning + self._noise)
        self._calm[1] = np.where((rest_turning < self.tol) & turns, self._calm[1] + 1, 0)
        resting, rotating = self._calm >= LOOKS
        only = rotating & ~resting
        found = Look(
            state.tick,
            resting | rotating,
            np.where(only, rest_turning, rest),
            np.where(only, rho_turning, rho),
            np.where(only, turning, still),
            angle * only,
        )
        self._stretch(found)
        return found

    def _stretch(self, found: Look) -> None:
        """Make the window longer where all that moves is slow."""
        slow = [_rest(self._still, self._noise)[1], _rest(self._turning, self._noise)[1]]
        moving = ~found.settled & ~(self._calm > 0).any(axis=0)
        crawling = np.nanmin(np.where(np.isnan(slow), 1.0, slow), axis=0) > SLOW
        if len(self._still) >= PATIENCE and (moving & crawling).any() and 2 * self._window <= self._longest:
            self._window *= 2
            self._forget(found.settled.size, self._before)

    def _raise_peaks(self, now: Quantities) -> None:
        for k, part in enumerate(now):
            for values in part:
                if values.size:
                    self._peak[k] = np.maximum(self._peak[k], np.abs(values).max(axis=(0, 1)))

    def _compare(self, before: Quantities, now: Quantities, carriers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Largest change (runs,), the same but for a common turn of each carrier, and that turn (carriers, runs)."""
        self._raise_peaks(now)
        scale, runs = np.where(self._peak > 0, self._peak, 1.0), self._peak.shape[1]
        pairs = [(k, a, b) for k, part in enumerate(now) for a, b in zip(before[k], part, strict=True)]
        product = np.zeros((carriers, runs), dtype=complex)
        for k, a, b in pairs:
            if self._turns[k]:
                product += np.einsum("tcr,tcr->cr", a.conj(), b) / scale[k] ** 2
        angle = np.angle(product)
        still, turning = np.zeros(runs), np.zeros(runs)
        for k, a, b in pairs:
            if a.size:
                still = np.maximum(still, np.abs(b - a).max(axis=(0, 1)) / scale[k])
                turned = a * np.exp(1j * angle) if self._turns[k] else a
                turning = np.maximum(turning, np.abs(b - turned).max(axis=(0, 1)) / scale[k])
        return still, turning, angle


@dataclass(frozen=True)
class _Class:
    """Quantities of one unit: rows of a State's history, and its memory where that belongs to them."""

    rows: slice | np.ndarray
    memory: bool
    turns: bool

    def of(self, state: State) -> list[np.ndarray]:
        parts = [state.history[self.rows]]
        return [*parts, state.memory] if self.memory else parts


def _classes(circuit: Circuit, program: Program) -> list[_Class]:
    """Waves first, then the states of devices by their units."""
    waves = np.flatnonzero(program.tables.depth)
    found: dict[tuple[str, bool], list[np.ndarray]] = {("sqrt(W)", True): []}
    row = 0
    for wave in waves:
        depth = int(program.tables.depth[wave])
        found.setdefault(_unit(circuit, program.names[wave]), []).append(np.arange(row, row + depth))
        row += depth
    classes = []
    for (unit, turns), rows in found.items():
        together = np.concatenate(rows) if rows else np.zeros(0, dtype=int)
        whole = together.size == row
        classes.append(_Class(slice(0, row) if whole else together, unit == "sqrt(W)" and turns, turns))
    return classes


def _unit(circuit: Circuit, wave: str) -> tuple[str, bool]:
    """The unit of a remembered wave, and whether it has a phase that turns."""
    name, _, inner = wave.rpartition(".")
    instance = circuit.instances.get(name)
    if instance is not None and inner.endswith("'"):
        state = instance.device.variant(instance.settings).states.get(inner[:-1])
        if state is not None:
            return state.unit, not state.real
    return "sqrt(W)", True


def _rest(changes: list[np.ndarray], noise: float) -> tuple[np.ndarray, np.ndarray]:
    """What is still to come (runs,), inf while that cannot be said, and the contraction a window, nan while unknown.

    noise  changes below this tell nothing of the contraction
    """
    last = changes[-1]
    if len(changes) < 4:
        return np.full(last.shape, np.inf), np.full(last.shape, np.nan)
    first = changes[-4]
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = np.cbrt(last / first)
        rest = np.where(rho < CONTRACTION, last * rho / (1 - rho), np.inf)
    quiet = np.max(changes[-4:], axis=0) < noise
    return np.where(quiet, last, rest), np.where(last == 0, 0.0, rho)
