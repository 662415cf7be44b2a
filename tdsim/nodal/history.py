"""What has entered a delay line, and what comes out of it: stored points, read by an interpolant of order five.

Points are the accepted ones of the integrator. Where the circuit was not smooth (an edge, a switching instant, an echo)
the integrator stops, stores the limit from the left, and begins a new stretch with the one from the right. No
interpolant uses points from both sides: after a jump or a kink such an interpolant would lose its order (A. Bellen and
M. Zennaro, Numerical Methods for Delay Differential Equations (2003), chapter 4). Where such a place comes out of the
line the integrator has to stop again.

A line is four arrays:
    points  (capacity, 2) time and value, a ring
    breaks  (capacity, 2) time, and number of the first point after it, a ring
    counts  (4,) int64: points and breaks stored in all, breaks that have come out of the line, whether a ring is full
    facts   (5,) the delay (s), the value before the start (NaN: the first one), when the next break that matters went
            in, the relative tolerance that decides what matters, and the largest value so far
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.kernel import compiled

Array = NDArray[Any]

POINTS, BREAKS, PASSED, FULL = range(4)
DELAY, BEFORE, NEXT, TOLERANCE, LARGEST = range(5)

DEGREE = 5
"""Of the interpolant, where a smooth stretch has points enough."""

NEARBY = 1e-12
"""Times that differ by this part are the same instant."""


@compiled
def remember(points: Array, breaks: Array, counts: Array, facts: Array, t: float, value: float) -> None:
    """Store a point."""
    capacity, count = points.shape[0], counts[POINTS]
    if count == 0:
        begin_stretch(breaks, counts, t)
        facts[BEFORE] = value if facts[BEFORE] != facts[BEFORE] else facts[BEFORE]
    points[count % capacity, 0], points[count % capacity, 1] = t, value
    counts[POINTS] = count + 1
    facts[LARGEST] = max(facts[LARGEST], abs(value))
    if points[(count + DEGREE + 2) % capacity, 0] > t - facts[DELAY] and count + DEGREE + 2 > capacity:
        counts[FULL] = 1


@compiled
def begin_stretch(breaks: Array, counts: Array, t: float) -> None:
    """The points stored from now on belong to a new smooth stretch, which begins at t."""
    size, last = breaks.shape[0], counts[BREAKS] - 1
    if last >= 0 and int(breaks[last % size, 1]) == counts[POINTS]:
        return  # the stretch before is still empty
    place = counts[BREAKS] % size
    breaks[place, 0], breaks[place, 1] = t, counts[POINTS]
    counts[BREAKS] += 1
    if counts[BREAKS] - counts[PASSED] > size - 2:
        counts[FULL] = 1


@compiled
def pass_breaks(breaks: Array, counts: Array, facts: Array, t: float) -> None:
    """From now on read behind all breaks that have come out of the line at the time t."""
    size = breaks.shape[0]
    while counts[PASSED] < counts[BREAKS] and breaks[counts[PASSED] % size, 0] + facts[DELAY] <= t * (1 + NEARBY):
        counts[PASSED] += 1


def needed(points: Array, counts: Array, facts: Array) -> Array:
    """Numbers of the points that can still come out of the line, with those that the interpolant uses beside them."""
    capacity, count = len(points), int(counts[POINTS])
    every = np.arange(max(0, count - capacity + 1), count)
    if not every.size:
        return every
    times = points[every % capacity, 0]
    first = int(np.searchsorted(times, times[-1] - facts[DELAY])) - DEGREE - 2
    return every[max(0, first) :]


@compiled
def look_ahead(points: Array, breaks: Array, counts: Array, facts: Array) -> Any:
    """The next time at which the line's output is not smooth, or infinity."""
    facts[NEXT] = np.inf
    for k in range(counts[PASSED], counts[BREAKS]):
        if matters(points, breaks, counts, facts, k):
            facts[NEXT] = breaks[k % breaks.shape[0], 0]
            return facts[NEXT] + facts[DELAY]
    return np.inf


@compiled
def stretch(breaks: Array, counts: Array, k: int) -> Any:
    """First point, and the one behind the last, of the smooth stretch after break k; none before the first break."""
    if k < 0:
        return 0, 0
    last = counts[POINTS] if k + 1 >= counts[BREAKS] else int(breaks[(k + 1) % breaks.shape[0], 1])
    return int(breaks[k % breaks.shape[0], 1]), last


@compiled
def read(points: Array, breaks: Array, counts: Array, facts: Array, t: float) -> Any:
    """The value that leaves the line at the time t."""
    s, size = t - facts[DELAY], breaks.shape[0]
    k = counts[PASSED] - 1
    while k + 1 < counts[BREAKS] and breaks[(k + 1) % size, 0] <= s and breaks[(k + 1) % size, 0] < facts[NEXT]:
        k += 1
    first, last = stretch(breaks, counts, k)
    if first == last:
        return facts[BEFORE]
    first = max(first, counts[POINTS] - points.shape[0] + 1)
    begin, end = around(points, first, last, s)
    return interpolate(points, begin, end, s)


@compiled
def around(points: Array, first: int, last: int, s: float) -> Any:
    """The first and the last of the points to interpolate with at s, as even on both sides as the stretch allows."""
    low, high, capacity = first, last - 1, points.shape[0]
    while low < high:
        middle = (low + high + 1) // 2
        if points[middle % capacity, 0] <= s:
            low = middle
        else:
            high = middle - 1
    count = min(DEGREE + 1, last - first)
    begin = min(max(low - (count - 1) // 2, first), last - count)
    return begin, begin + count


@compiled
def interpolate(points: Array, first: int, last: int, s: float) -> float:
    """The polynomial through points [first, last) at s (Neville's scheme)."""
    capacity, count = points.shape[0], last - first
    work = np.empty(DEGREE + 1)
    for i in range(count):
        work[i] = points[(first + i) % capacity, 1]
    for level in range(1, count):
        for i in range(count - level):
            a, b = points[(first + i) % capacity, 0], points[(first + i + level) % capacity, 0]
            work[i] = work[i] + (s - a) * (work[i + 1] - work[i]) / (b - a)
    return float(work[0])


@compiled
def matters(points: Array, breaks: Array, counts: Array, facts: Array, k: int) -> bool:
    """Whether value, slope or curvature differ across break k by what one step of the integrator would notice.

    Two breaks at one time are the start, where only the value counts: it may differ from what was given for before.
    """
    t = breaks[k % breaks.shape[0], 0]
    before, after = stretch(breaks, counts, k - 1), stretch(breaks, counts, k)
    limit = facts[TOLERANCE] * facts[LARGEST] + 1e-15
    if k + 1 < counts[BREAKS] and breaks[(k + 1) % breaks.shape[0], 0] == t:
        return bool(abs(points[after[0] % points.shape[0], 1] - facts[BEFORE]) > limit)
    if after[1] - after[0] < 3:
        return True
    near = (max(before[0], before[1] - DEGREE - 1), min(after[1], after[0] + DEGREE + 1))
    left = derivatives(points, near[0], before[1], t)
    right = derivatives(points, after[0], near[1], t)
    if before[0] == before[1]:
        left = (facts[BEFORE], 0.0, 0.0)
    h = (points[(near[1] - 1) % points.shape[0], 0] - t) / (near[1] - after[0])
    if before[0] < before[1]:
        h = max(h, (t - points[near[0] % points.shape[0], 0]) / (before[1] - near[0]))
    return bool(
        abs(left[0] - right[0]) > limit
        or abs(left[1] - right[1]) * h > limit
        or abs(left[2] - right[2]) * h * h / 2 > limit
    )


@compiled
def derivatives(points: Array, first: int, last: int, t: float) -> Any:
    """Value, slope and curvature at t of the polynomial through points [first, last)."""
    capacity, count = points.shape[0], last - first
    if count == 0:
        return 0.0, 0.0, 0.0
    d = np.zeros(DEGREE + 1)
    for i in range(count):
        d[i] = points[(first + i) % capacity, 1]
    for level in range(1, count):
        for i in range(count - 1, level - 1, -1):
            a, b = points[(first + i - level) % capacity, 0], points[(first + i) % capacity, 0]
            d[i] = (d[i] - d[i - 1]) / (b - a)
    value, slope, curve = 0.0, 0.0, 0.0
    for i in range(count - 1, -1, -1):
        x = t - points[(first + i) % capacity, 0]
        curve = curve * x + 2 * slope
        slope = slope * x + value
        value = value * x + d[i]
    return value, slope, curve
