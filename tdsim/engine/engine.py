"""The engine: a Program with a State under way, advanced stretch by stretch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..schedule.pack import Tables
from ..schedule.program import Program
from ..units import engineering
from .advance import advance
from .state import State, dark, fit
from .tape import Tapes

Fill = Callable[[int, int], np.ndarray]
"""fill(t0, t1) gives a wave's samples t0 <= t < t1 as an array that broadcasts to (carriers, runs, t1 - t0)."""

CACHE_NUMBERS = 1 << 15
"""Complex numbers that the waves of one chunk should fit in, to stay in the processor's cache, ..."""

WORTH, MOST_NUMBERS = 256, 1 << 25
"""... unless a chunk becomes too short to be worth its overhead (numbers a wave), or all of them too large to hold."""

BLOWN_UP = 1e150
"""Waves beyond this, sqrt(W), count as no longer finite: their power would not be a number."""

PAGE, STAGGER = 64, 8
"""Tapes begin this many numbers apart, modulo a page: tapes read together must not share lines of the cache."""


def chunk_length(program: Program) -> int:
    """Samples computed at once: short enough for the cache, long enough to be worth a pass over all islands."""
    numbers = max(1, program.waves * program.lanes)
    worth = max(64, min(WORTH // program.lanes, MOST_NUMBERS // numbers))
    return int(np.clip(CACHE_NUMBERS // numbers, worth, 1024))


class Engine:
    """Advances one program. `stretch` is the longest piece that `run` is asked for.

    fills   wave number to the function that gives its samples (sources, inputs, driven coefficients)
    probes  numbers of the waves whose samples `run` returns
    skip    repeat what stands still instead of computing it; the result is the same
    """

    def __init__(
        self,
        program: Program,
        fills: dict[int, Fill],
        probes: Sequence[int],
        stretch: int,
        state: State,
        skip: bool = True,
    ):
        self.program = program
        self.tables = program.tables
        self.chunk = chunk_length(program)
        self._fills = fills
        self._skip = skip
        self._probes = np.asarray(probes, dtype=np.int64)
        self._kept = np.zeros((len(probes), stretch * program.lanes), dtype=complex)
        self._filled = np.array(list(fills), dtype=np.int64)
        self._outside = np.zeros((len(fills), stretch * program.lanes), dtype=complex)
        self._allocate()
        self._restore(fit(state, program))
        self._starting = state.tick == 0 and program.start is not None

    def _allocate(self) -> None:
        depth, lanes = np.maximum(self.tables.depth, 1), self.program.lanes
        room = depth + np.maximum(depth, self.chunk)
        ends = np.cumsum(room * lanes + (STAGGER - room * lanes) % PAGE)
        self._tapes = Tapes(
            re=np.zeros(int(ends[-1]) if ends.size else 0),
            im=np.zeros(int(ends[-1]) if ends.size else 0),
            base=np.concatenate([[0], ends[:-1]]),
            origin=np.zeros(depth.size, dtype=np.int64),
            room=room,
            depth=depth,
            changed=np.zeros(depth.size, dtype=np.int64),
            even=np.zeros(depth.size, dtype=np.int64),
            reads=np.zeros(self.tables.term_wave.size, dtype=np.int64),
            writes=np.zeros(self.tables.output.size, dtype=np.int64),
            memory=np.zeros(self.program.memory * lanes, dtype=complex),
        )

    def _restore(self, state: State) -> None:
        self.tick = state.tick
        tapes, lanes = self._tapes, self.program.lanes
        tapes.origin[:] = self.tick - tapes.depth
        history, start = state.history.reshape(-1), 0
        for wave in np.flatnonzero(self.tables.depth):
            size = int(tapes.depth[wave]) * lanes
            first = tapes.base[wave]
            tapes.re[first : first + size] = history[start : start + size].real
            tapes.im[first : first + size] = history[start : start + size].imag
            start += size
        tapes.memory[:] = state.memory.reshape(-1)
        self._wake()

    def _wake(self) -> None:
        """Let every wave count as changed just now, so that all that read it are computed."""
        self._tapes.changed[:] = self.tick
        self._tapes.even[:] = 0

    def _place(self, wave: int | np.integer[Any], t: int) -> int:
        """Where sample t of a wave starts."""
        return int(self._tapes.base[wave] + (t - self._tapes.origin[wave]) * self.program.lanes)

    def _samples(self, wave: int | np.integer[Any], t: int) -> np.ndarray:
        """The samples of a wave from t until now, lanes side by side."""
        part = slice(self._place(wave, t), self._place(wave, self.tick))
        return self._tapes.re[part] + 1j * self._tapes.im[part]

    def state(self) -> State:
        """A snapshot, independent of the engine."""
        template = dark(self.program)
        pieces = []
        for wave in np.flatnonzero(self.tables.depth):
            pieces.append(self._samples(wave, self.tick - int(self.tables.depth[wave])))
        history = np.concatenate(pieces) if pieces else np.zeros(0, dtype=complex)
        return replace(
            template,
            tick=self.tick,
            history=history.reshape(template.history.shape).copy(),
            memory=self._tapes.memory.reshape(template.memory.shape).copy(),
        )

    def use(self, program: Program, fills: dict[int, Fill]) -> None:
        """Go on with other coefficients in the same structure: a parameter has changed."""
        self.program, self.tables, self._fills = program, program.tables, fills
        self._wake()

    def latest(self, name: str, count: int = 1) -> np.ndarray:
        """The last samples of a wave, (count, carriers, runs): at most those of the last chunk; zero before t = 0."""
        found = np.zeros((count, len(self.program.carriers), self.program.runs), dtype=complex)
        wave = self.program.index.get(name)
        if wave is not None:
            known = min(count, self.tick - int(self._tapes.origin[wave]))
            found[count - known :] = self._samples(wave, self.tick - known).reshape(known, *found.shape[1:])
        return found

    def bookmark(self) -> tuple[Any, ...]:
        """Where the engine is, to come back to by `go_back`."""
        return self.tick, self._starting, Tapes(*(array.copy() for array in self._tapes))

    def go_back(self, bookmark: tuple[Any, ...]) -> None:
        """Be again where the bookmark was made."""
        self.tick, self._starting, self._tapes = bookmark

    def run(self, count: int) -> np.ndarray:
        """Advance by `count` samples; returns the probes' samples as (probes, count, carriers, runs).

        The array is the engine's own buffer, valid until the next call. Samples that are no finite numbers are for the
        caller to find: see `finite`.
        """
        first = 0
        if self._starting:
            self._start()
            first = 1
        if count > first:
            self._advance(self.tables, count - first, first)
        found = self._kept[:, : count * self.program.lanes]
        return found.reshape(-1, count, len(self.program.carriers), self.program.runs)

    def _advance(self, tables: Tables, count: int, done: int = 0) -> None:
        """Advance by `count` samples; the probes' go behind the `done` ones that are kept already."""
        t0, t1 = self.tick, self.tick + count
        self._fill(t0, t1)
        kept = self._kept[:, done * self.program.lanes :]
        outside = self._outside.view(float)
        advance(
            tables,
            self._tapes,
            self._filled,
            outside,
            self._probes,
            kept.view(float),
            t0,
            t1,
            self.chunk,
            self._skip,
        )
        self.tick = t1

    def _fill(self, t0: int, t1: int) -> None:
        """Get the samples of all waves that come from outside."""
        lanes, shape = self.program.lanes, (len(self.program.carriers), self.program.runs)
        for target, fill in zip(self._outside, self._fills.values(), strict=True):
            samples, part = fill(t0, t1), target[: (t1 - t0) * lanes]
            if lanes == 1:
                part[:] = samples.reshape(-1)
            else:
                part.reshape(t1 - t0, *shape)[...] = np.broadcast_to(samples, (*shape, t1 - t0)).transpose(2, 0, 1)

    # -- the first sample -------------------------------------------------------------------------------------

    def _start(self) -> None:
        """The sample at t = 0, where states have their initial values whatever arrives."""
        assert self.program.start is not None
        self._starting = False
        self._advance(self.program.start, 1)
        self._settle_carries()

    def _settle_carries(self) -> None:
        """After the first sample: w = A - B1 s, so that the next step starts from the initial values."""
        lanes, t, tapes = self.program.lanes, self.tick - 1, self._tapes
        for recurrence in self.program.recurrences:
            if recurrence.ahead is None:
                continue
            for i, carry in enumerate(recurrence.outputs):
                part = slice(self._place(carry, t), self._place(carry, self.tick))
                for j, (wave, delay) in enumerate(recurrence.inputs):
                    times = t - (np.broadcast_to(np.asarray(delay), (lanes,)) - 1)
                    reads = [self._place(wave, int(time)) + lane for lane, time in enumerate(times)]
                    less = recurrence.ahead[i, j] * (tapes.re[reads] + 1j * tapes.im[reads])
                    tapes.re[part] -= less.real
                    tapes.im[part] -= less.imag
        self._wake()

    # -- blow-up ----------------------------------------------------------------------------------------------

    def finite(self, block: np.ndarray, tick: int) -> tuple[int, str]:
        """How many samples of a block that starts at `tick` are finite, and a sentence about the first that is not.

        A linear circuit blows up by growing, and stays so: a look at some samples and the last one tells.
        """
        if all(
            (np.abs(block[:, some].view(float)) < BLOWN_UP).all() for some in (slice(None, None, 256), slice(-1, None))
        ):
            return block.shape[1], ""
        bad = ~(np.abs(block.view(float)) < BLOWN_UP).all(axis=(2, 3))
        sample = int(np.argmax(bad.any(axis=0)))
        name = self.program.names[self._probes[int(np.argmax(bad[:, sample]))]]
        when = engineering((tick + sample) * self.program.step, "s")
        return sample, (
            f"the wave at {name} is no longer a finite number at t = {when}: a loop makes energy without limit, or an "
            "input is not finite"
        )
