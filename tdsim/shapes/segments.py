"""A waveform as numbers: between two of its breakpoints every shape is a line plus a few sines.

    w(t) = level + slope s + sum of a exp(-d s) sin(f s + p + m sin(g s + q)),    s = t - from

Compiled code that holds these numbers evaluates any shape, and needs Python once per many breakpoints only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Term(NamedTuple):
    """One sine: amplitude, decay (1/s), angular frequency (rad/s), phase, and its modulation (depth, rad/s, phase)."""

    amplitude: float
    decay: float
    frequency: float
    phase: float
    depth: float = 0.0
    modulation: float = 0.0
    modulation_phase: float = 0.0


@dataclass(frozen=True)
class Segments:
    """The segments of a waveform in [start, stop].

    times   (segments,) where each begins (s); the first is `start`, the others are breakpoints
    lines   (segments, 2) level at its beginning, and slope (1/s)
    terms   (terms, 7) as in Term
    first   (segments + 1,) int64: segment k has the terms first[k] to first[k + 1]
    """

    times: Array
    lines: Array
    terms: Array
    first: Array

    def __call__(self, t: Array) -> Array:
        """Values at the times t (s), right limits at jumps: what compiled code computes, in plain NumPy."""
        found = np.empty(np.shape(t))
        which = np.maximum(np.searchsorted(self.times, t, side="right") - 1, 0)
        for k in np.unique(which):
            at = which == k
            found[at] = self.one(int(k), np.asarray(t)[at])
        return found

    def one(self, k: int, t: Array) -> Array:
        """Values of segment k, at its end also the left limit."""
        s = t - self.times[k]
        value: Array = self.lines[k, 0] + self.lines[k, 1] * s
        for a, d, f, p, m, g, q in self.terms[self.first[k] : self.first[k + 1]]:
            value = value + a * np.exp(-d * s) * np.sin(f * s + p + m * np.sin(g * s + q))
        return value


def straight(times: Array, levels: Array, slopes: Array) -> Segments:
    """Segments that are lines."""
    return Segments(
        times, np.column_stack([levels, slopes]), np.empty((0, 7)), np.zeros(len(times) + 1, dtype=np.int64)
    )


def waves(times: Array, levels: Sequence[float], terms: Sequence[Sequence[Term]]) -> Segments:
    """Segments that are a level plus sines."""
    first = np.cumsum([0, *(len(some) for some in terms)])
    lines = np.column_stack([levels, np.zeros(len(times))])
    every = np.array([term for some in terms for term in some], dtype=float).reshape(-1, 7)
    return Segments(np.asarray(times, dtype=float), lines, every, first.astype(np.int64))
