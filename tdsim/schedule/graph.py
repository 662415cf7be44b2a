"""Directed graphs of waves: strongly connected parts, orders."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import numpy as np


def strong_components(count: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The strongly connected parts of nodes 0..count-1 as lists of rising numbers, ordered by their first node."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if count == 0:
        return []
    pairs = np.asarray(edges, dtype=np.int32).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, label = connected_components(graph.tocsr(), directed=True, connection="strong")
    parts: dict[int, list[int]] = {}
    for node, which in enumerate(label):
        parts.setdefault(int(which), []).append(node)
    return list(parts.values())


def topological_order(nodes: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[int] | None:
    """The nodes so that every edge leads forward, smallest number first among the ready ones; None when a loop remains."""
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
