"""Recording the steps between samples of light, and taking them again: compiled, see `electronics.replay`.

A step belongs to the sample at the end of its interval, or, where light jumps there, comes right behind it. Its mark
is twice the number of the sample, and one more behind a jump. Which light jumps is decided once, as `nodal.lit` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.kernel import compiled
from ...nodal import words as w
from ...nodal.lit import AFTER, JUMP, PART, SEEN, hold_light
from ...nodal.memory import floats, longs
from ...nodal.stepping import DONE
from ..electronics.replay import record, replay

Array = np.ndarray[Any, Any]


def jumps(light: np.ndarray) -> np.ndarray:
    """Whether light (sources, 2 + samples) jumps at each sample, (sources, samples)."""
    earlier, here, then = light[:, :-2], light[:, 1:-1], light[:, 2:]
    by = np.abs(then - here)
    found: np.ndarray = (by > JUMP * np.abs(here - earlier)) & (by > SEEN * np.maximum(np.abs(here), np.abs(then)))
    return found


@compiled
def shine(m: int, places: Array, light: Array, jumped: Array, n: int, step: float) -> None:
    """Light on its way to the sample n."""
    times, lines = floats(m, w.SEGMENT_TIMES), floats(m, w.SEGMENT_LINES)
    for k in range(places.size):
        here, then = light[k, n + 1], light[k, n + 2]
        times[places[k]] = n * step - step
        lines[2 * places[k]] = here
        lines[2 * places[k] + 1] = 0.0 if jumped[k, n] else (then - here) / step


@compiled
def record_light(
    m: int,
    places: Array,
    light: Array,
    jumped: Array,
    first: int,
    last: int,
    step: float,
    steps: Array,
    marks: Array,
    filled: int,
) -> tuple[int, int, int]:
    """Go on through the samples first <= n < last; returns where it stopped, why, and how many steps there are.

    light, jumped  (sources, 2 + samples) and (sources, samples): all of the run;  steps, marks are written
    """
    clock, count = floats(m, w.CLOCK), longs(m, w.COUNT)
    for n in range(first, last):
        t = n * step
        before = filled
        if clock[w.TIME] < t:
            shine(m, places, light, jumped, n, step)
            code, filled = record(m, t, steps, filled)
            marks[before:filled] = 2 * n
            if code != DONE:
                return n, code, filled
        if clock[w.TIME] <= t:
            jumping = count[w.RESTART] != 0
            for k in range(jumped.shape[0]):
                jumping = jumping or jumped[k, n]
            if not jumping:
                continue
            hold_light(m, places, light, n + 2, t)
            count[w.RESTART] = 1
        before = filled
        code, filled = record(m, t + AFTER * step + PART * t, steps, filled)
        marks[before:filled] = 2 * n + 1
        if code != DONE:
            return n, code, filled
    return last, DONE, filled


@compiled
def replay_light(
    m: int,
    places: Array,
    light: Array,
    jumped: Array,
    step: float,
    marks: Array,
    steps: Array,
    first: int,
    last: int,
    grid: Array,
    given: int,
    kept: Array,
    outputs: Array,
    info: Array,
    points: Array,
    reads: Array,
    origins: Array,
    filled: int,
) -> tuple[int, int, int, int]:
    """Take the steps first <= k < last again, as `replay`, in this light."""
    k = first
    while k < last:
        mark, end = marks[k], k + 1
        while end < last and marks[end] == mark:
            end += 1
        n = mark // 2
        if mark % 2 == 0:
            shine(m, places, light, jumped, n, step)
        else:
            hold_light(m, places, light, n + 2, n * step)
        k, code, given, filled = replay(
            m, steps, k, end, grid, given, kept, outputs, info, points, reads, origins, filled
        )
        if code != DONE:
            return k, code, given, filled
    return last, DONE, given, filled
