"""The engine: a Program with a State under way, advanced stretch by stretch."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from ..schedule.pack import Tables
from ..schedule.program import Program
from ..schedule.system import Recurrence
from .advance import advance
from .feeds import Feed, Feeds
from .layout import empty_rings, plane_gap, ring_lengths
from .outlets import Outlets, Targets
from .products import Products, no_products
from .rings import NEVER
from .simd import WIDTH
from .state import State, dark, fit

CACHE_NUMBERS = 1 << 19
"""Complex numbers that the rings of all lanes should fit in, to stay in the processor's cache, ..."""

LEAST, MOST = 64, 1024
"""... as long as a chunk is worth the overhead of a pass over all islands. Samples, powers of two."""


def chunk_length(program: Program) -> int:
    """Samples computed at once: short enough for the cache, long enough to be worth a pass over all islands.

    A little less than a power of two, so that a ring of that length has room for samples before.
    """
    fitting = max(LEAST, min(MOST, CACHE_NUMBERS // max(1, program.waves * program.lanes)))
    return int(1 << fitting.bit_length() - 1) - WIDTH


def _shares(lanes: int, threads: int) -> list[tuple[int, int]]:
    """The lanes, from and to, that each thread computes."""
    cuts = [int(cut) for cut in np.linspace(0, lanes, min(threads, lanes) + 1)]
    return list(itertools.pairwise(cuts))


class Engine:
    """Advances one program.

    feeds   wave number to what gives its samples (sources, inputs, driven coefficients)
    probes  numbers of the waves that `run` is asked for
    skip    repeat what stands still instead of computing it; the result is the same
    watched  `latest` may be asked for the samples of the last chunk, and `go_back` for the start of it
    threads  over which runs and carriers are shared out; the result is the same
    """

    resumable = True
    """Whether its state can be taken, so that a run can go on where it was cut off."""

    def __init__(
        self,
        program: Program,
        feeds: dict[int, Feed],
        probes: Sequence[int],
        state: State,
        skip: bool = True,
        watched: bool = False,
        threads: int = 1,
    ):
        self.program = program
        self.tables = program.tables
        self.chunk = chunk_length(program)
        self._skip = skip
        self._shares = _shares(program.lanes, threads)
        self._pool = ThreadPoolExecutor(len(self._shares)) if len(self._shares) > 1 else None
        self._probes = np.asarray(probes, dtype=np.int64)
        self._connect(feeds)
        self._allocate(watched)
        self._set(state)

    def _connect(self, feeds: dict[int, Feed]) -> None:
        self._feeds = Feeds(feeds)

    def _allocate(self, watched: bool) -> None:
        lanes, waves = self.program.lanes, self.tables.depth.size
        outside = np.concatenate([self._feeds.waves, self._probes])
        length = ring_lengths(self.tables, self.chunk, np.arange(waves) if watched else outside)
        self._rings = empty_rings(length, lanes, self.program.memory)

    def _set(self, state: State) -> None:
        self._restore(fit(state, self.program))
        self._starting = state.fresh and self.program.start is not None

    def go_to(self, state: State) -> None:
        """Be where a state is: go on from there, whatever has been computed."""
        self._set(state)

    def _restore(self, state: State) -> None:
        self.tick = state.tick
        history = state.history.reshape(-1, self.program.lanes)
        self._rings.memory[:] = state.memory.reshape(-1, self.program.lanes).T
        if not history.any() and not state.memory.any():
            self._rings.numbers[:] = 0.0
            self._rings.changed[:] = self._rings.even[:] = NEVER  # nothing makes light out of darkness but what enters
            return
        self._write(*self._remembered(), history.T)
        self._wake()

    def _remembered(self) -> tuple[np.ndarray, np.ndarray]:
        """Which waves a state holds, sample by sample, and the times of these samples."""
        depth = self.tables.depth
        ends = np.cumsum(depth)
        return np.repeat(np.arange(depth.size), depth), self.tick + np.arange(depth.sum()) - np.repeat(ends, depth)

    def _write(self, wave: int | np.ndarray, times: np.ndarray, samples: np.ndarray) -> None:
        """Put samples (lanes, times) of a wave, or each of another one, into its ring."""
        numbers, mask = self._rings.numbers, self._rings.mask[wave]
        slots = times & mask
        places = self._rings.base[wave] + slots
        behind = places + np.where(slots < WIDTH, mask + 1, 0)
        for found in (places, behind):
            numbers[:, found], numbers[:, found + plane_gap(mask)] = samples.real, samples.imag

    def _wake(self) -> None:
        """Let every wave count as changed just now, so that all that read it are computed."""
        self._rings.changed[:] = self.tick
        self._rings.even[:] = self.tick

    def _samples(self, wave: int | np.ndarray, times: np.ndarray) -> np.ndarray:
        """Samples (times, lanes) of a wave, or each of another one."""
        numbers, mask = self._rings.numbers, self._rings.mask[wave]
        places = self._rings.base[wave] + (times & mask)
        found: np.ndarray = (numbers[:, places] + 1j * numbers[:, places + plane_gap(mask)]).T
        return found

    def state(self) -> State:
        """A snapshot, independent of the engine."""
        template = dark(self.program)
        return replace(
            template,
            fresh=self._starting,
            tick=self.tick,
            history=self._samples(*self._remembered()).reshape(template.history.shape),
            memory=self._rings.memory.T.reshape(template.memory.shape).copy(),
        )

    def use(self, program: Program, feeds: dict[int, Feed], again: bool = False) -> None:
        """Go on with other coefficients in the same structure: a parameter has changed, and no state with it.

        again  the parameter had changed before a run was cut off: what is carried on belongs to it already
        """
        if not (again or self._starting) and self.tick > 0:
            pairs = zip(self.program.recurrences, program.recurrences, strict=True)
            changed = [(a, b) for a, b in pairs if not np.array_equal(np.asarray(a.ahead), np.asarray(b.ahead))]
            self._carry_on([before for before, _ in changed], 1.0)
            self._carry_on([after for _, after in changed], -1.0)
        self.program, self.tables = program, program.tables
        self._connect(feeds)
        self._wake()

    def latest(self, name: str, count: int = 1) -> np.ndarray:
        """The last samples of a wave, (count, carriers, runs): at most those of the last chunk; zero before t = 0."""
        found = np.zeros((count, len(self.program.carriers), self.program.runs), dtype=complex)
        wave = self.program.index.get(name)
        if wave is not None:
            known = min(count, int(self._rings.mask[wave]) + 1)
            found[count - known :] = self._samples(wave, np.arange(self.tick - known, self.tick)).reshape(
                known, *found.shape[1:]
            )
        return found

    @property
    def memory(self) -> np.ndarray:
        """The numbers (lanes, numbers) that operations keep besides waves."""
        return self._rings.memory

    def bookmark(self) -> tuple[Any, ...]:
        """Where the engine is, to come back to by `go_back`, as often as need be, from up to a chunk later."""
        return self.tick, self._starting, self._rings.changed.copy(), self._rings.memory.copy()

    def go_back(self, bookmark: tuple[Any, ...]) -> None:
        """Be again where the bookmark was made. The rings of an engine that is `watched` still hold all that counts."""
        self.tick, self._starting, changed, memory = bookmark
        self._rings.changed[:], self._rings.memory[:] = changed, memory
        self._rings.even[:] = self.tick

    def forget(self, waves: Sequence[int]) -> None:
        """Ask the feeds of these waves again, also for times that they have told about."""
        self._feeds.forget(waves)

    def run(self, count: int, targets: Targets | None = None, place: int = 0, products: Products | None = None) -> bool:
        """Advance by `count` samples; write them to the targets, and sum up products, from `place` on.

        Returns whether the waves that are written are finite still.
        """
        outlets = (targets or Targets()).arranged(self.program.lanes)
        products = products or no_products(self.program.lanes)
        finite, done = True, 0
        if self._starting:
            finite, done = self._start(outlets, products, place), 1
        if count > done:
            finite &= self._advance(self.tables, outlets, products, count - done, place + done)
        return finite

    def _advance(self, tables: Tables, outlets: Outlets, products: Products, count: int, place: int) -> bool:
        """Advance by `count` samples; they go to the outlets' targets, and into products, from `place` on."""
        t0, t1 = self.tick, self.tick + count
        pieces, runs = self._feeds.pieces(t0, t1), self.program.runs

        def work(lanes: tuple[int, int]) -> bool:
            return advance(
                tables, self._rings, pieces, outlets, products, runs, lanes, t0, t1, place, self.chunk, self._skip
            )

        finite = all(list((self._pool.map if self._pool else map)(work, self._shares)))
        self.tick = t1
        return finite

    # -- the first sample -------------------------------------------------------------------------------------

    def _start(self, outlets: Outlets, products: Products, place: int) -> bool:
        """The sample at t = 0, where states have their initial values whatever arrives."""
        assert self.program.start is not None
        self._starting = False
        finite = self._advance(self.program.start, outlets, products, 1, place)
        self._settle_carries()
        return finite

    def _settle_carries(self) -> None:
        """After the first sample: w = A - B1 s, so that the next step starts from the initial values."""
        self._carry_on(self.program.recurrences, -1.0)
        self._wake()

    def _carry_on(self, recurrences: Sequence[Recurrence], sign: float) -> None:
        """Add B1 s (see schedule/states.py), or take it away, from what is carried on of every state."""
        lanes, now = np.arange(self.program.lanes), np.array([self.tick - 1])
        for recurrence in recurrences:
            if recurrence.ahead is None:
                continue
            for i, carry in enumerate(recurrence.outputs):
                value = self._samples(carry, now)[0]
                for j, (wave, delay) in enumerate(recurrence.inputs):
                    times = now - (np.broadcast_to(np.asarray(delay), lanes.shape) - 1)
                    value = value + sign * recurrence.ahead[i, j] * self._samples(wave, times)[lanes, lanes]
                self._write(carry, now, value[:, None])
