"""Advance a Program by n samples in compiled code."""

from __future__ import annotations

from ..schedule.pack import Tables
from .feeds import Pieces, take_in
from .kernel import compiled
from .operations import operate
from .plan import empty_plan, make_plan
from .rings import BYTES, Array, Rings, get, get_one, lane_of, ring_of
from .simd import WIDTH, store_complex, store_one


@compiled
def put_out(ring: int, mask: int, target: int, t0: int, t1: int) -> None:
    """Copy the samples t0 <= t < t1 of a wave to the complex numbers at an address."""
    whole = t1 - (t1 - t0) % WIDTH
    for t in range(t0, whole, WIDTH):
        store_complex(target, t - t0, get(ring, mask, t))
    for t in range(whole, t1):
        store_one(target, target + BYTES, 2 * (t - t0), get_one(ring, mask, t))


@compiled
def advance(
    tables: Tables,
    rings: Rings,
    pieces: Pieces,
    probes: Array,
    kept: Array,
    runs: int,
    lanes: tuple[int, int],
    t0: int,
    t1: int,
    done: int,
    chunk: int,
    skip: bool,
) -> None:
    """Compute the samples t0 <= t < t1 of all waves in lanes[0] <= lane < lanes[1], lane by lane.

    The samples of `probes` go to `kept` (probes, lanes, 2 samples), behind the `done` ones that are there; the real
    and the imaginary part of a sample follow each other. With `skip`, what stands still is repeated, not computed.

    Chunk by chunk the islands are computed in order, an island with feedback in windows as long as its shortest loop
    allows. What comes out depends neither on these lengths nor on `skip`.
    """
    out, plan = kept.ctypes.data, empty_plan(tables)
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
                operate(tables, plan, lane, number, first, last, t, end, window, skip)
            for k in range(probes.size):
                ring, mask = ring_of(lane, probes[k])
                target = out + BYTES * ((k * kept.shape[1] + number) * kept.shape[2] + 2 * (done + t - t0))
                put_out(ring, mask, target, t, end)
