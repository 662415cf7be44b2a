"""Directed graphs of waves: strongly connected parts, orders."""

from __future__ import annotations

import heapq
from collections.abc import Iterable


def strong_components(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The strongly connected parts of nodes 0..count-1, each a list of rising numbers, by their first node.

    Tarjan's algorithm without recursion, SIAM J. Comput. 1, 146 (1972). NOTE: SciPy has it too, but importing its
    sparse graphs costs more than a small circuit takes to simulate.
    """
    following: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        following[a].append(b)
    seen, low = [-1] * count, [0] * count
    stack: list[int] = []
    stacked = [False] * count
    parts: list[list[int]] = []
    clock = 0
    for root in range(count):
        if seen[root] >= 0:
            continue
        path = [(root, iter(following[root]))]
        while path:
            node, rest = path[-1]
            if seen[node] < 0:
                seen[node] = low[node] = clock
                clock += 1
                stack.append(node)
                stacked[node] = True
            for other in rest:
                if seen[other] < 0:
                    path.append((other, iter(following[other])))
                    break
                if stacked[other]:
                    low[node] = min(low[node], seen[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == seen[node]:
                    parts.append(_unwind(stack, stacked, node))
    return sorted(parts)


def _unwind(stack: list[int], stacked: list[bool], node: int) -> list[int]:
    """Take the part that `node` closes off the stack."""
    part = []
    while True:
        part.append(stack.pop())
        stacked[part[-1]] = False
        if part[-1] == node:
            return sorted(part)


def topological_order(nodes: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[int] | None:
    """The nodes so that every edge leads forward, the smallest of the ready ones first; None if there is a loop."""
    following: dict[int, list[int]] = {n: [] for n in nodes}
    waiting = dict.fromkeys(following, 0)
    for a, b in edges:
        following[a].append(b)
        waiting[b] += 1
    ready = [n for n, w in waiting.items() if w == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        node = heapq.heappop(ready)
        order.append(node)
        for other in following[node]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, other)
    return order if len(order) == len(following) else None


def shortest_loop(nodes: Iterable[int], edges: Iterable[tuple[int, int, int]], most: int = 400) -> int:
    """The shortest way from a node back to itself, over edges (from, to, length); 0 when there is none.

    From every node by Dijkstra's algorithm; of large graphs only the first `most` nodes are tried.
    """
    following: dict[int, list[tuple[int, int]]] = {}
    for a, b, length in edges:
        following.setdefault(a, []).append((b, length))
    best = 0
    for start in [n for n in nodes if n in following][:most]:
        back = _way_back(start, following, best)
        best = back if back and (not best or back < best) else best
    return best


def _way_back(start: int, following: dict[int, list[tuple[int, int]]], limit: int) -> int:
    """Length of the shortest loop through a node, if below `limit` (0: no limit); 0 when there is none."""
    heap = [(length, node) for node, length in following[start]]
    heapq.heapify(heap)
    done = set()
    while heap:
        length, node = heapq.heappop(heap)
        if limit and length >= limit:
            return 0
        if node == start:
            return length
        if node not in done:
            done.add(node)
            for other, more in following.get(node, ()):
                heapq.heappush(heap, (length + more, other))
    return 0
