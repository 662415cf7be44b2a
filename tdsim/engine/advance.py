"""Advance a Program by n samples in compiled code."""

from __future__ import annotations

from ..schedule.pack import Tables
from .feeds import Pieces, take_in
from .kernel import compiled
from .operations import asleep, operate
from .outlets import Outlets, put_out
from .plan import empty_plan, make_plan
from .products import Products, add_products
from .rings import Rings, lane_of


@compiled
def advance(
    tables: Tables,
    rings: Rings,
    pieces: Pieces,
    outlets: Outlets,
    products: Products,
    runs: int,
    lanes: tuple[int, int],
    t0: int,
    t1: int,
    place: int,
    chunk: int,
    skip: bool,
) -> bool:
    """Compute the samples t0 <= t < t1 of all waves in lanes[0] <= lane < lanes[1], lane by lane.

    They go to the outlets' targets, and into sums of products, from `place` on. With `skip`, what stands still is
    repeated, not computed. Returns
    whether the waves at the outlets are finite still.

    Chunk by chunk the islands are computed in order, an island with feedback in windows as long as its shortest loop
    allows. What comes out depends neither on these lengths nor on `skip`.
    """
    finite, plan = True, empty_plan(tables)
    for number in range(lanes[0], lanes[1]):
        lane = lane_of(rings, number)
        make_plan(plan, tables, lane, number)
        for t in range(t0, t1, chunk):
            end = min(t + chunk, t1)
            take_in(pieces, lane, number // runs, number % runs, t, end)
            for island in range(tables.island_window.size):
                window = tables.island_window[island]
                window = min(window, chunk) if window else chunk
                first, last = tables.island_start[island], tables.island_start[island + 1]
                if skip and asleep(tables, lane, first, last, t):
                    continue
                operate(tables, plan, lane, number, first, last, t, end, window, skip)
            finite &= put_out(outlets, lane, number, t, end, place + t - t0)
            add_products(products, lane, number, t, end, place + t - t0)
    return finite
