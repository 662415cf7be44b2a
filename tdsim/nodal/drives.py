"""The waveforms of all sources as segments, a stretch of time after another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..shapes import Waveform, seeded
from ..shapes.segments import Segments
from .system import Source
from .words import Words

NEARBY = 1e-12
"""Times that differ by this part are one instant."""

FEWEST, MOST = 1000, 50_000
"""The breakpoints of a stretch: at least and at most about so many, so that neither time nor memory is wasted."""


class Drives:
    """The waveforms behind the sources of a circuit in a transient from 0 to `stop`.

    horizon  the end (s) that some defaults of shapes depend on; that of the transient itself if None
    """

    def __init__(self, sources: Sequence[Source], step: float, stop: float, seed: int, horizon: float | None = None):
        self.stop, horizon = stop, stop if horizon is None else horizon
        self.waveforms: list[Waveform | None] = [
            seeded(s.wave, seed, f"{s.instance.name}.wave").resolve(step, horizon) if s.follows_shape else None
            for s in sources
        ]
        self.length = min(stop, 1000 * step) if stop > 0 else step
        """How long a stretch the next `load` takes (s)."""

    def load(self, words: Words, start: float) -> float:
        """Load the segments from `start` on, and the breakpoints after it; returns the time that they reach to."""
        end = min(self.stop, start + self.length)
        if end > self.stop - 1e-3 * self.length:
            end = self.stop
        past = end + 0.01 * self.length  # so that the last segment has a length
        segments = [w.segments(start, past) if w is not None else _NONE for w in self.waveforms]
        breaks = np.unique(np.concatenate([np.zeros(0), *(s.times[1:] for s in segments)]))
        near = breaks[np.abs(breaks - end) <= NEARBY * end]
        end = float(near[-1]) if near.size and end < self.stop else end  # a stretch must not end just before a break
        self.length *= 2 if breaks.size < FEWEST else (0.5 if breaks.size > MOST else 1)
        _put(words, segments)
        words.put(BREAKS=breaks[breaks <= end])
        words.count(BREAKS_COUNT=int((breaks <= end).sum()))
        return end

    def at_zero(self) -> np.ndarray:
        """The value of every shape at t = 0; 0 for sources without one."""
        first = max(self.stop, 1e-300)
        return np.array(
            [float(w.segments(0.0, first)(np.zeros(1))[0]) if w is not None else 0.0 for w in self.waveforms]
        )


_NONE = Segments(np.zeros(0), np.zeros((0, 2)), np.zeros((0, 7)), np.zeros(1, dtype=np.int64))


def _put(words: Words, segments: Sequence[Segments]) -> None:
    """The segments of all sources in one table, each source on its first one."""
    begin = np.cumsum([0, *(s.times.size for s in segments)])
    terms = np.cumsum([0, *(len(s.terms) for s in segments)])
    firsts = [s.first[:-1] + t for s, t in zip(segments, terms, strict=False)]
    words.put(
        SEGMENT_TIMES=np.concatenate([np.zeros(0), *(s.times for s in segments)]),
        SEGMENT_LINES=np.concatenate([np.zeros((0, 2)), *(s.lines for s in segments)]),
        SEGMENT_TERMS=np.concatenate([np.zeros((0, 7)), *(s.terms for s in segments)]),
        SEGMENT_FIRST=np.concatenate([*firsts, terms[-1:]]).astype(np.int64),
        SEGMENT_BEGIN=begin.astype(np.int64),
    )
    words["CURSOR"][:] = np.where(begin[1:] > begin[:-1], begin[:-1], -1)
