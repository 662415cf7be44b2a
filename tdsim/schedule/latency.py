"""How long a change of some waves takes to reach others."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from .system import System, least


def latency(system: System, starts: Iterable[int], ends: Iterable[int]) -> int | None:
    """The fewest samples after which a change of the waves `starts` can be seen in one of `ends`; None for never.

    Dijkstra's algorithm from all starts at once.
    """
    following: dict[int, list[tuple[int, int]]] = {}
    for source, wave, delay in _reads(system):
        following.setdefault(source, []).append((wave, delay))
    wanted = set(ends)
    heap = [(0, wave) for wave in sorted(set(starts))]
    done: set[int] = set()
    while heap:
        delay, wave = heapq.heappop(heap)
        if wave in wanted:
            return delay
        if wave not in done:
            done.add(wave)
            for other, more in following.get(wave, ()):
                heapq.heappush(heap, (delay + more, other))
    return None


def _reads(system: System) -> Iterator[tuple[int, int, int]]:
    """(wave read, wave that is made of it, shortest delay between them)."""
    for wave, row in system.rows.items():
        for source, delay in row:
            yield source, wave, least(delay)
    for filtered in system.allpasses:
        yield filtered.source, filtered.output, least(filtered.delay)
    for carried in system.recurrences:
        for output in carried.outputs:
            yield from ((source, output, least(delay)) for source, delay in carried.inputs)
            yield from ((other, output, 1) for other in carried.outputs)
    for driven in system.driven:
        for wave, source in driven.joins.values():
            yield source, wave, 0
