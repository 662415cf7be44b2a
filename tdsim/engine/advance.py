"""Advance a Program by n samples in compiled code."""

from __future__ import annotations

from ..schedule.pack import Tables
from .kernel import compiled
from .operations import operate
from .tape import Array, Tapes, flushed, make_room, note_change


@compiled
def take_in(tapes: Tapes, filled: Array, lanes: int, t0: int, t1: int) -> None:
    """Flush what came from outside for t0 <= t < t1, and see whether it changed."""
    for wave in filled:
        start = tapes.base[wave] + (t0 - tapes.origin[wave]) * lanes
        for n in range(start, start + (t1 - t0) * lanes):
            tapes.samples[n] = flushed(tapes.samples[n])
        note_change(tapes, wave, lanes, t0, t1)


@compiled
def advance(
    tables: Tables, tapes: Tapes, filled: Array, probes: Array, kept: Array, t0: int, t1: int, chunk: int, skip: bool
) -> None:
    """Compute the samples t0 <= t < t1 of all waves; those of `probes` go to `kept` (probes, samples * lanes).

    filled  the waves whose samples are on their tapes already, up to t1
    skip    repeat what stands still instead of computing it

    Chunk by chunk the islands are computed in order, an island with feedback in windows as long as its shortest
    loop allows. What comes out depends neither on these lengths nor on `skip`.
    """
    lanes = tables.lanes
    for t in range(t0, t1, chunk):
        end = min(t + chunk, t1)
        make_room(tapes, lanes, t, end - t)
        take_in(tapes, filled, lanes, t, end)
        for island in range(tables.island_window.size):
            window = tables.island_window[island]
            if window == 0:
                window = end - t
            first, last = tables.island_start[island], tables.island_start[island + 1]
            for s in range(t, end, window):
                operate(tables, first, last, tapes, s, min(s + window, end), skip)
        for k in range(probes.size):
            wave = probes[k]
            source = tapes.base[wave] + (t - tapes.origin[wave]) * lanes
            target = (t - t0) * lanes
            for n in range((end - t) * lanes):
                kept[k, target + n] = tapes.samples[source + n]
