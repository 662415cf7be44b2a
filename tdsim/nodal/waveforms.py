"""Compiled evaluation of source shapes from their segments (`tdsim.shapes.segments` says what the numbers mean)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.kernel import compiled

Array = NDArray[Any]


@compiled
def find_segment(times: Array, t: float, start: int) -> int:
    """The last segment that begins at t or before; `start` is one that does (0, or that of an earlier time)."""
    k = start
    while k + 1 < len(times) and times[k + 1] <= t:
        k += 1
    return k


@compiled
def segment_value(times: Array, lines: Array, terms: Array, first: Array, k: int, t: float) -> Any:
    """Segment k of a waveform at t; at its end this is the left limit."""
    s = t - times[k]
    value = lines[k, 0] + lines[k, 1] * s
    for j in range(first[k], first[k + 1]):
        phase = terms[j, 2] * s + terms[j, 3]
        if terms[j, 4] != 0:
            phase += terms[j, 4] * np.sin(terms[j, 5] * s + terms[j, 6])
        value += terms[j, 0] * np.exp(-terms[j, 1] * s) * np.sin(phase)
    return value
