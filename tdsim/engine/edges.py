"""Where source shapes have their edges on the grid of samples, and where they stand still in between."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np

from ..shapes import Waveform

ON_GRID = 1e-6
"""A time within this many steps of a sample counts as at it."""

FLAT = 1024
"""A shape that stands still for fewer samples is evaluated sample by sample: that is quicker than to look."""


def edge_ticks(waveform: Waveform, step: float, t0: int, t1: int) -> np.ndarray:
    """The ticks t0 < t < t1 that are the first ones at or after a kink or a jump of a waveform, rising."""
    times = waveform.breakpoints((t0 + ON_GRID) * step, (t1 - 1 + 2 * ON_GRID) * step)
    ticks = np.unique(np.ceil(times / step - ON_GRID).astype(np.int64))
    return ticks[(ticks > t0) & (ticks < t1)]


def next_edge(waveforms: Sequence[Waveform], step: float, t0: int, stop: int) -> int:
    """The first tick after t0 at an edge of any of the waveforms; `stop` when there is none before it."""
    look = FLAT
    while t0 < stop:
        t1 = min(stop, t0 + look)
        ticks = [int(found[0]) for w in waveforms if (found := edge_ticks(w, step, t0, t1)).size]
        if ticks:
            return min(ticks)
        t0, look = t1 - 1 if t1 < stop else stop, 4 * look
    return stop


def stretches(
    waveforms: Sequence[Waveform], step: float, t0: int, t1: int, stop: int = 0
) -> list[tuple[int, int, bool]]:
    """Split t0 <= t < t1 into stretches (from, to, whether all the waveforms stand still in it).

    The last one, if all stand still in it, goes on beyond t1 to the next edge, at most to `stop`. NOTE: the sample at
    an edge is evaluated with those before it, because by rounding it may lie a little before.
    """
    ticks = np.unique(np.concatenate([[t0, t1], *(edge_ticks(w, step, t0, t1) for w in waveforms)]).astype(np.int64))
    found: list[tuple[int, int, bool]] = []
    done = t0
    for k in np.flatnonzero(np.diff(ticks) >= FLAT):
        start, end = int(ticks[k]) + 1, int(ticks[k + 1])
        if all(_is_flat(waveform, start * step, (end - 1) * step) for waveform in waveforms):
            found += [(done, start, False)] if start > done else []
            done = next_edge(waveforms, step, t1 - 1, stop) if end == t1 < stop else end
            found.append((start, done, True))
    return found + ([(done, t1, False)] if done < t1 else [])


def _is_flat(waveform: Waveform, start: float, stop: float) -> bool:
    """Whether a waveform without an edge between two times is the same all the way."""
    first, last = waveform(np.array([start, stop]))
    return bool(waveform.straight and first == last)


class Edges:
    """The edges of some waveforms as they come, each instant once, for the clock's queue.

    An edge that follows less than `least` samples after another instant is passed over: to end a stretch there would
    cost more than to compute it. A waveform whose edges are dense is asked less and less often.
    """

    def __init__(self, waveforms: Sequence[Waveform], step: float, start: int, stop: int, least: int):
        self._waveforms, self._step, self._stop, self._least = waveforms, step, stop, least
        self._patience = [1] * len(waveforms)
        self._heap = [(self._next(k, start), k) for k in range(len(waveforms))]
        heapq.heapify(self._heap)

    def _next(self, k: int, tick: int) -> int:
        return next_edge([self._waveforms[k]], self._step, tick, self._stop)

    def __iter__(self) -> Iterator[int]:
        while self._heap and self._heap[0][0] < self._stop:
            tick = self._heap[0][0]
            yield tick
            while self._heap[0][0] < min(tick + self._least, self._stop):
                k = self._heap[0][1]
                heapq.heapreplace(self._heap, (self._following(k, tick), k))

    def _following(self, k: int, tick: int) -> int:
        """The next edge of waveform k that is not passed over."""
        following = self._next(k, tick)
        if following >= tick + self._least:
            self._patience[k] = 1
            return following
        passed = self._least * self._patience[k]
        self._patience[k] *= 2
        return self._next(k, tick + passed - 1)
