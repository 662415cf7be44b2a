"""Advance a Program by n samples in compiled code."""

from __future__ import annotations

from ..schedule.pack import Tables
from .kernel import compiled
from .operations import locate, operate
from .simd import WIDTH, join, split
from .tape import Array, Tapes, make_room, note_change, set_flushed


@compiled
def take_in(tapes: Tapes, filled: Array, outside: Array, lanes: int, t0: int, t1: int, skipped: int) -> None:
    """Put what comes from outside for t0 <= t < t1 on the tapes, flushed, and see whether it changed."""
    re, im = tapes.re, tapes.im
    for k in range(filled.size):
        wave = filled[k]
        start = tapes.base[wave] + (t0 - tapes.origin[wave]) * lanes
        samples, count = outside[k], (t1 - t0) * lanes
        first, whole = skipped * lanes, count - count % WIDTH
        for n in range(0, whole, WIDTH):
            split(samples, 2 * (first + n), re, im, start + n)
        for n in range(whole, count):
            set_flushed(re, im, start + n, complex(samples[2 * (first + n)], samples[2 * (first + n) + 1]))
        note_change(tapes, wave, lanes, t0, t1)


@compiled
def put_out(tapes: Tapes, probes: Array, kept: Array, lanes: int, t0: int, t1: int, done: int) -> None:
    """Copy the samples t0 <= t < t1 of the probes behind the `done` ones that are there."""
    re, im = tapes.re, tapes.im
    for k in range(probes.size):
        wave, target, count = probes[k], kept[k], (t1 - t0) * lanes
        source = tapes.base[wave] + (t0 - tapes.origin[wave]) * lanes
        first, whole = done * lanes, count - count % WIDTH
        for n in range(0, whole, WIDTH):
            join(re, im, source + n, target, 2 * (first + n))
        for n in range(whole, count):
            target[2 * (first + n)], target[2 * (first + n) + 1] = re[source + n], im[source + n]


@compiled
def advance(
    tables: Tables,
    tapes: Tapes,
    filled: Array,
    outside: Array,
    probes: Array,
    kept: Array,
    t0: int,
    t1: int,
    chunk: int,
    skip: bool,
) -> None:
    """Compute the samples t0 <= t < t1 of all waves; those of `probes` go to `kept` (probes, samples * lanes * 2).

    The real and imaginary parts of a sample follow each other in `outside` and `kept`.

    filled  the waves that come from outside, with their samples in `outside` (waves, samples * lanes * 2)
    skip    repeat what stands still instead of computing it

    Chunk by chunk the islands are computed in order, an island with feedback in windows as long as its shortest
    loop allows. What comes out depends neither on these lengths nor on `skip`.
    """
    lanes = tables.lanes
    for t in range(t0, t1, chunk):
        end = min(t + chunk, t1)
        if make_room(tapes, lanes, t, end - t) or t == t0:
            locate(tables, tapes)
        take_in(tapes, filled, outside, lanes, t, end, t - t0)
        for island in range(tables.island_window.size):
            window = tables.island_window[island]
            if window == 0:
                window = end - t
            first, last = tables.island_start[island], tables.island_start[island + 1]
            operate(tables, tapes, first, last, t, end, window, skip)
        put_out(tapes, probes, kept, lanes, t, end, t - t0)
