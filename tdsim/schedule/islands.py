"""Which waves depend on which within a window: islands in order, and how far each can look ahead.

A wave that passes D samples of delay cannot matter before D samples have gone by. Inside an island (a strongly
connected part) a window of W samples is computed wave by wave as long as the waves can be put in an order in which
every read that points backwards has a delay of at least W. Outside islands whole chunks are computed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .graph import strong_components, topological_order

Read = tuple[int, int, int]
"""(operation read from, operation that reads, shortest delay in samples)."""


EVEN = 8
"""Windows longer than this are cut to multiples of it: the engine computes so many samples at once."""


@dataclass(frozen=True)
class Island:
    """Operations in the order in which a window computes them; `window` samples at once, 0 for a whole chunk."""

    operations: tuple[int, ...]
    window: int


def find_islands(count: int, reads: Sequence[Read]) -> list[Island]:
    """Order operations 0..count-1. Neighbours without feedback share an island of window 0."""
    parts = strong_components(count, [(a, b) for a, b, _ in reads])
    part_of = {op: i for i, part in enumerate(parts) for op in part}
    inner: dict[int, list[Read]] = {}
    between: set[tuple[int, int]] = set()
    for read in reads:
        one, other = part_of[read[0]], part_of[read[1]]
        if one == other:
            inner.setdefault(one, []).append(read)
        else:
            between.add((one, other))
    order = topological_order(range(len(parts)), between)
    assert order is not None
    return _merge([_island(parts[i], inner.get(i, [])) for i in order])


def _island(part: list[int], reads: list[Read]) -> Island:
    if not reads:
        return Island(tuple(part), 0)
    steps = sorted({delay for _, _, delay in reads if delay > 0})
    low, high = 0, len(steps) - 1
    best = _order(part, reads, steps[0])
    while low < high:
        middle = (low + high + 1) // 2
        order = _order(part, reads, steps[middle])
        if order is None:
            high = middle - 1
        else:
            low, best = middle, order
    assert best is not None, "a loop without delay was not removed"
    return Island(tuple(best), steps[low] - steps[low] % EVEN if steps[low] > EVEN else steps[low])


def _order(part: list[int], reads: list[Read], window: int) -> list[int] | None:
    """An order for windows of that length; None when there is none."""
    return topological_order(part, {(a, b) for a, b, delay in reads if delay < window})


def _merge(islands: list[Island]) -> list[Island]:
    merged: list[Island] = []
    for island in islands:
        if merged and merged[-1].window == 0 and island.window == 0:
            merged[-1] = Island(merged[-1].operations + island.operations, 0)
        else:
            merged.append(island)
    return merged
