"""Advance a Program by n samples in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..schedule.pack import Tables
from .kernel import compiled
from .operations import operate

Array = np.ndarray[Any, Any]


@compiled
def make_room(tables: Tables, tape: Array, base: Array, origin: Array, room: Array, t: int, count: int) -> None:
    """Move each tape's last samples to its front where `count` more from t on would not fit."""
    lanes = tables.lanes
    for wave in range(base.size):
        if t + count - origin[wave] > room[wave]:
            depth = tables.depth[wave]
            source = base[wave] + (t - depth - origin[wave]) * lanes
            for n in range(depth * lanes):
                tape[base[wave] + n] = tape[source + n]
            origin[wave] = t - depth


@compiled
def advance(
    tables: Tables,
    tape: Array,
    base: Array,
    origin: Array,
    room: Array,
    memory: Array,
    probes: Array,
    kept: Array,
    t0: int,
    t1: int,
    chunk: int,
) -> None:
    """Compute the samples t0 <= t < t1 of all waves; those of `probes` go to `kept` (probes, samples * lanes).

    Chunk by chunk the islands are computed in order, an island with feedback in windows as long as its shortest
    loop allows. What comes out depends on neither length.
    """
    lanes = tables.lanes
    for t in range(t0, t1, chunk):
        end = min(t + chunk, t1)
        make_room(tables, tape, base, origin, room, t, end - t)
        for island in range(tables.island_window.size):
            window = tables.island_window[island]
            if window == 0:
                window = end - t
            for s in range(t, end, window):
                first, last = tables.island_start[island], tables.island_start[island + 1]
                operate(tables, first, last, tape, base, origin, memory, s, min(s + window, end))
        for k in range(probes.size):
            wave = probes[k]
            source = base[wave] + (t - origin[wave]) * lanes
            target = (t - t0) * lanes
            for n in range((end - t) * lanes):
                kept[k, target + n] = tape[source + n]
