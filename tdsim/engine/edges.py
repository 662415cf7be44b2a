"""Where source shapes have their edges on the grid of samples, and where they stand still in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..shapes import Waveform

ON_GRID = 1e-6
"""An edge within this many steps of a sample counts as at it."""

FLAT = 1024
"""A shape that stands still for fewer samples is evaluated sample by sample: that is quicker than to look."""


def edge_ticks(waveform: Waveform, step: float, t0: int, t1: int) -> np.ndarray:
    """The ticks t0 < t < t1 that are the first ones at or after a kink or a jump of a waveform, rising."""
    times = waveform.breakpoints((t0 + ON_GRID) * step, (t1 - 1 + 2 * ON_GRID) * step)
    ticks = np.unique(np.ceil(times / step - ON_GRID).astype(np.int64))
    return ticks[(ticks > t0) & (ticks < t1)]


def stretches(waveforms: Sequence[Waveform], step: float, t0: int, t1: int) -> list[tuple[int, int, bool]]:
    """Split t0 <= t < t1 into stretches (from, to, whether all the waveforms stand still in it).

    NOTE: the sample at an edge is evaluated with those before it, because by rounding it may lie a little before.
    """
    ticks = np.unique(np.concatenate([[t0, t1], *(edge_ticks(w, step, t0, t1) for w in waveforms)]).astype(np.int64))
    found: list[tuple[int, int, bool]] = []
    done = t0
    for k in np.flatnonzero(np.diff(ticks) >= FLAT):
        start, stop = int(ticks[k]) + 1, int(ticks[k + 1])
        if all(_is_flat(waveform, start * step, (stop - 1) * step) for waveform in waveforms):
            found += [(done, start, False)] if start > done else []
            found.append((start, stop, True))
            done = stop
    return found + ([(done, t1, False)] if done < t1 else [])


def _is_flat(waveform: Waveform, start: float, stop: float) -> bool:
    """Whether a waveform without an edge between two times is the same all the way."""
    segments = waveform.segments(start, stop)
    still = segments.terms.size == 0 and not segments.lines[:, 1].any()
    return bool(still and waveform(np.array([start])) == waveform(np.array([stop])))
