"""Graphs of waves: strongly connected parts, orders, windows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tdsim.schedule.graph import shortest_loop, strong_components, topological_order
from tdsim.schedule.islands import find_islands

graphs = st.integers(1, 12).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40))
)


@given(graphs)
def test_parts_are_those_of_scipy(graph):
    count, edges = graph
    pairs = np.array(edges, dtype=int).reshape(-1, 2)
    matrix = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, labels = connected_components(matrix.tocsr(), directed=True, connection="strong")
    expected = sorted(sorted(np.flatnonzero(labels == k).tolist()) for k in set(labels))
    assert strong_components(count, edges) == expected


@given(graphs)
def test_an_order_leads_forward_or_there_is_a_loop(graph):
    count, edges = graph
    order = topological_order(range(count), edges)
    loops = any(a == b for a, b in edges) or any(len(p) > 1 for p in strong_components(count, edges))
    assert (order is None) == loops
    if order is not None:
        place = {n: i for i, n in enumerate(order)}
        assert all(place[a] < place[b] for a, b in edges)


def test_windows_are_as_long_as_the_loop_allows():
    """Two loops that share operation 0: of 5 + 3 and of 5 + 7 samples; the cut through 5 allows the most."""
    islands = find_islands(4, [(0, 1, 3), (1, 0, 5), (0, 2, 7), (2, 0, 5), (2, 3, 0)])
    assert [(set(i.operations), i.window) for i in islands] == [({0, 1, 2}, 5), ({3}, 0)]


@given(graphs, st.integers(0, 2**31))
def test_every_backward_read_is_as_long_as_the_window(graph, seed):
    count, edges = graph
    delays = np.random.default_rng(seed).integers(1, 9, size=len(edges))
    reads = [(a, b, int(d)) for (a, b), d in zip(edges, delays, strict=True)]
    for island in find_islands(count, reads):
        place = {o: i for i, o in enumerate(island.operations)}
        for a, b, delay in reads:
            if a in place and b in place and place[a] >= place[b]:
                assert delay >= island.window > 0


def test_shortest_loop():
    edges = [(0, 1, 3), (1, 0, 5), (1, 2, 1), (2, 0, 1), (2, 3, 0)]
    assert shortest_loop(range(4), edges) == 5
    assert shortest_loop(range(2), [(0, 1, 3)]) == 0
    assert shortest_loop([7], [(7, 7, 4)]) == 4
