"""The engine: a Program with a State under way, advanced stretch by stretch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import SimulationError
from ..schedule.pack import Tables
from ..schedule.program import Program
from ..units import engineering
from .advance import advance, make_room
from .state import State, dark, fit

Fill = Callable[[int, int], np.ndarray]
"""fill(t0, t1) gives a wave's samples t0 <= t < t1 as an array that broadcasts to (carriers, runs, t1 - t0)."""

CACHE_NUMBERS = 1 << 16
"""Complex numbers that the waves of one chunk should fit in, to stay in the processor's cache."""


def chunk_length(program: Program) -> int:
    """Samples computed at once: short enough for the cache, long enough to be worth a pass over all islands."""
    fitting = CACHE_NUMBERS // max(1, program.waves * program.lanes)
    return int(np.clip(fitting, 64, 1024))


class Engine:
    """Advances one program. `stretch` is the longest piece that `run` is asked for.

    fills   wave number to the function that gives its samples (sources, inputs, driven coefficients)
    probes  numbers of the waves whose samples `run` returns
    """

    def __init__(
        self,
        program: Program,
        fills: dict[int, Fill],
        probes: Sequence[int],
        stretch: int,
        state: State,
    ):
        self.program = program
        self.tables = program.tables
        self.chunk = chunk_length(program)
        self._fills = fills
        self._probes = np.asarray(probes, dtype=np.int64)
        self._kept = np.zeros((len(probes), stretch * program.lanes), dtype=complex)
        self._allocate(stretch)
        self._restore(fit(state, program))
        self._starting = state.tick == 0 and program.start is not None

    def _allocate(self, stretch: int) -> None:
        depth, lanes = self.tables.depth, self.program.lanes
        ahead = np.full(depth.size, self.chunk)
        ahead[list(self._fills)] = stretch
        self._room = depth + np.maximum(depth, ahead)
        self._base = np.concatenate([[0], np.cumsum(self._room * lanes)])[:-1]
        self._tape = np.zeros(int((self._room * lanes).sum()), dtype=complex)

    def _restore(self, state: State) -> None:
        self.tick, lanes = state.tick, self.program.lanes
        depth = self.tables.depth
        self._origin = np.full(depth.size, self.tick) - depth
        history = state.history.reshape(-1)
        start = 0
        for wave in np.flatnonzero(depth):
            size = int(depth[wave]) * lanes
            self._tape[self._base[wave] : self._base[wave] + size] = history[start : start + size]
            start += size
        self._memory = state.memory.reshape(-1).copy()

    def state(self) -> State:
        """A snapshot, independent of the engine."""
        program, lanes = self.program, self.program.lanes
        template = dark(program)
        pieces = []
        for wave in np.flatnonzero(self.tables.depth):
            depth = int(self.tables.depth[wave])
            first = int(self._base[wave] + (self.tick - depth - self._origin[wave]) * lanes)
            pieces.append(self._tape[first : first + depth * lanes])
        history = np.concatenate(pieces) if pieces else np.zeros(0, dtype=complex)
        return replace(
            template,
            tick=self.tick,
            history=history.reshape(template.history.shape).copy(),
            memory=self._memory.reshape(template.memory.shape).copy(),
        )

    def use(self, program: Program, fills: dict[int, Fill]) -> None:
        """Go on with other coefficients in the same structure: a parameter has changed."""
        self.program, self.tables, self._fills = program, program.tables, fills

    def latest(self, name: str, count: int = 1) -> np.ndarray:
        """The last samples of a wave, (count, carriers, runs): at most those of the last chunk; zero before t = 0."""
        shape = (count, len(self.program.carriers), self.program.runs)
        wave = self.program.index.get(name)
        if wave is None:
            return np.zeros(shape, dtype=complex)
        lanes = self.program.lanes
        known = min(count, self.tick - int(self._origin[wave]))
        end = int(self._base[wave] + (self.tick - self._origin[wave]) * lanes)
        found = np.zeros(shape, dtype=complex)
        found[count - known :] = self._tape[end - known * lanes : end].reshape(known, *shape[1:])
        return found

    def bookmark(self) -> tuple[Any, ...]:
        """Where the engine is, to come back to by `go_back`."""
        return self.tick, self._starting, self._tape.copy(), self._origin.copy(), self._memory.copy()

    def go_back(self, bookmark: tuple[Any, ...]) -> None:
        """Be again where the bookmark was made."""
        self.tick, self._starting, self._tape, self._origin, self._memory = bookmark

    def run(self, count: int) -> np.ndarray:
        """Advance by `count` samples; returns the probes' samples as (probes, count, carriers, runs).

        The array is the engine's own buffer, valid until the next call. Raises SimulationError when a wave is no
        longer a finite number.
        """
        first = 0
        if self._starting:
            self._start()
            first = 1
        if count > first:
            self._advance(self.tables, count - first, first)
        lanes = self.program.lanes
        found = self._kept[:, : count * lanes]
        if not np.isfinite(found).all():
            self._explain(found.reshape(len(self._probes), count, lanes), self.tick - count)
        return found.reshape(-1, count, len(self.program.carriers), self.program.runs)

    def _advance(self, tables: Tables, count: int, skip: int = 0) -> None:
        t0, t1 = self.tick, self.tick + count
        lanes = self.program.lanes
        make_room(tables, self._tape, self._base, self._origin, self._room, t0, self.chunk)
        self._fill(t0, t1)
        advance(
            tables,
            self._tape,
            self._base,
            self._origin,
            self._room,
            self._memory,
            self._probes,
            self._kept[:, skip * lanes :],
            t0,
            t1,
            self.chunk,
        )
        self.tick = t1

    def _fill(self, t0: int, t1: int) -> None:
        """Write the samples of all waves that come from outside."""
        lanes, shape = self.program.lanes, (len(self.program.carriers), self.program.runs)
        for wave, fill in self._fills.items():
            if t1 - self._origin[wave] > self._room[wave]:
                self._shift(wave, t0)
            samples = fill(t0, t1)
            first = int(self._base[wave] + (t0 - self._origin[wave]) * lanes)
            target = self._tape[first : first + (t1 - t0) * lanes]
            if lanes == 1:
                target[:] = samples.reshape(-1)
            else:
                target.reshape(t1 - t0, *shape)[...] = np.broadcast_to(samples, (*shape, t1 - t0)).transpose(2, 0, 1)

    def _shift(self, wave: int, t: int) -> None:
        lanes, depth = self.program.lanes, int(self.tables.depth[wave])
        source = int(self._base[wave] + (t - depth - self._origin[wave]) * lanes)
        past = self._tape[source : source + depth * lanes].copy()
        self._tape[self._base[wave] : self._base[wave] + depth * lanes] = past
        self._origin[wave] = t - depth

    # -- the first sample -------------------------------------------------------------------------------------

    def _start(self) -> None:
        """The sample at t = 0, where states have their initial values whatever arrives."""
        assert self.program.start is not None
        self._starting = False
        self._advance(self.program.start, 1)
        self._settle_carries()

    def _settle_carries(self) -> None:
        """After the first sample: w = A - B1 s, so that the next step starts from the initial values."""
        lanes, t = self.program.lanes, self.tick - 1
        for recurrence in self.program.recurrences:
            if recurrence.ahead is None:
                continue
            for i, carry in enumerate(recurrence.outputs):
                first = int(self._base[carry] + (t - self._origin[carry]) * lanes)
                for j, (wave, delay) in enumerate(recurrence.inputs):
                    samples = np.broadcast_to(np.asarray(delay) - 1, (lanes,))
                    reads = self._base[wave] + (t - samples - self._origin[wave]) * lanes + np.arange(lanes)
                    self._tape[first : first + lanes] -= recurrence.ahead[i, j] * self._tape[reads]

    # -- blow-up ----------------------------------------------------------------------------------------------

    def _explain(self, found: np.ndarray, t0: int) -> None:
        bad = ~np.isfinite(found).all(axis=2)
        probe, sample = next(zip(*np.nonzero(bad), strict=True))
        sample = int(np.nonzero(bad.any(axis=0))[0][0])
        probe = int(np.nonzero(bad[:, sample])[0][0])
        name = self.program.names[self._probes[probe]]
        when = engineering((t0 + sample) * self.program.step, "s")
        raise SimulationError(
            f"the wave at {name} is no longer a finite number at t = {when}: a loop makes energy without limit, or an "
            "input is not finite"
        )
