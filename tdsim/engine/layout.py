"""How long each ring is, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..schedule.pack import ROW, Tables, outputs_of
from .rings import BEFORE, BEHIND, Rings
from .simd import WIDTH


def ring_lengths(tables: Tables, chunk: int, outside: Sequence[int] | np.ndarray) -> np.ndarray:
    """The slots (waves,) of each ring: what its readers look back, and what is computed at once.

    Waves that only their own island reads hold a window of it; those that are read or filled from `outside`, or by
    another island, hold a chunk.
    """
    island = np.repeat(np.arange(tables.island_window.size), np.diff(tables.island_start))
    home = makers(tables, island)
    window = np.where(tables.island_window, np.minimum(tables.island_window, chunk), chunk)
    span = np.where(home >= 0, np.append(window, 0)[home], 0)
    runs_over = span % WIDTH > 0
    reader = np.repeat(island, np.diff(tables.term_start))
    span[tables.term_wave[reader != home[tables.term_wave]]] = chunk
    span[np.asarray(outside, dtype=np.int64)] = chunk
    needed = np.maximum(tables.depth, 1) + np.maximum(span + WIDTH * runs_over, WIDTH)
    return np.asarray(2 ** np.ceil(np.log2(np.maximum(needed, 2 * WIDTH))), dtype=np.int64)


def makers(tables: Tables, island: np.ndarray) -> np.ndarray:
    """The island (waves,) that makes each wave, from that of each operation; -1 for what comes from outside."""
    home = np.full(tables.depth.size, -1)
    home[tables.output] = island
    twins = tables.twin >= 0
    home[tables.twin[twins]] = island[twins]
    terms = np.diff(tables.term_start)
    for o in np.flatnonzero(tables.kind != ROW):
        count = outputs_of(tables.kind[o], tables.detail[o, 0], terms[o])
        home[tables.output[o] : tables.output[o] + count] = island[o]
    return home


def empty_rings(length: np.ndarray, lanes: int, memory: int) -> Rings:
    """Dark rings of these lengths, one after another."""
    size = 2 * (BEFORE + length + BEHIND)
    start = np.cumsum(size) - size
    return Rings(
        numbers=aligned(lanes, int(size.sum())),
        base=start + BEFORE,
        mask=length - 1,
        changed=np.zeros((lanes, length.size), dtype=np.int64),
        even=np.zeros((lanes, length.size), dtype=np.int64),
        memory=np.zeros((lanes, memory), dtype=complex),
    )


def plane_gap(mask: Any) -> Any:
    """How many numbers the imaginary parts of a ring stand behind the real ones, from its mask; or of several."""
    return mask + 1 + BEFORE + BEHIND


def aligned(lanes: int, numbers: int) -> np.ndarray:
    """Zeros (lanes, numbers) that start at a line of the cache."""
    room = np.zeros(lanes * numbers + WIDTH)
    skip = -(room.ctypes.data // room.itemsize) % WIDTH
    return room[skip : skip + lanes * numbers].reshape(lanes, numbers)
