"""What enters from outside the compiled engine, as pieces of samples that it reads where they are.

A piece is a run of samples in somebody's array, or one sample that holds for a while: light that stands still is
neither computed sample by sample nor copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .kernel import compiled, inlined
from .rings import BYTES, Array, Lane, get_one, hold, last_change, put, put_one, ring_of, tiny_to_zero
from .simd import WIDTH, flushed, load_complex, load_one

FOREVER = 1 << 62


class Piece(NamedTuple):
    """Samples (carriers or 1, runs or 1, stop - start) for start <= t < stop, or (..., 1) where one holds."""

    start: int
    stop: int
    values: np.ndarray


Feed = Callable[[int, int], Sequence[Piece]]
"""feed(t0, t1) gives pieces without a gap that begin at t0 or before and end at t1 or later."""


class Pieces(NamedTuple):
    """The pieces of all feeds, for compiled code.

    wave     (feeds,) the wave that each feed fills
    first    (feeds + 1,) where its pieces start
    start    (pieces,) their first samples
    stop     (pieces,) the ends of them
    address  (pieces,) of the sample at `start` in the first lane
    steps    (pieces, 3) bytes to the next carrier, run and sample; no step to the next sample where one holds
    """

    wave: Array
    first: Array
    start: Array
    stop: Array
    address: Array
    steps: Array


class Feeds:
    """The feeds of an engine: asks each for more when what it gave is used up."""

    def __init__(self, feeds: dict[int, Feed]):
        self.waves = np.array(list(feeds), dtype=np.int64)
        self._feeds, self._place = list(feeds.values()), {wave: k for k, wave in enumerate(feeds)}
        self._since = np.zeros(len(feeds), dtype=np.int64)
        self._until = np.full(len(feeds), -1, dtype=np.int64)
        self._pieces: list[list[Piece]] = [[] for _ in feeds]
        self._table: Pieces | None = None

    def pieces(self, t0: int, t1: int) -> Pieces:
        """All that enters for t0 <= t < t1."""
        for k in np.flatnonzero((self._until < t1) | (self._since > t0)):
            self._pieces[k] = [self._arranged(p) for p in self._feeds[k](t0, t1) if p.start < p.stop]
            self._since[k], self._until[k] = self._pieces[k][0].start, self._pieces[k][-1].stop
            self._table = None
        if self._table is None:
            self._table = self._packed()
        return self._table

    def forget(self, waves: Sequence[int]) -> None:
        """Ask the feeds of these waves again: they have something else to tell."""
        for wave in waves:
            if wave in self._place:
                self._until[self._place[wave]] = -1

    def _arranged(self, piece: Piece) -> Piece:
        """The piece with complex samples side by side in time."""
        values = piece.values
        if values.dtype != complex or (values.shape[-1] > 1 and values.strides[-1] != values.itemsize):
            values = np.ascontiguousarray(values, dtype=complex)
        return Piece(piece.start, piece.stop, values)

    def _packed(self) -> Pieces:
        rows = [_row(piece.start, piece.stop, piece.values) for some in self._pieces for piece in some]
        table = np.array(rows, dtype=np.int64).reshape(-1, 6)
        start, stop, address = np.ascontiguousarray(table[:, :3].T)
        first = np.cumsum([0, *(len(some) for some in self._pieces)])
        return Pieces(self.waves, first, start, stop, address, np.ascontiguousarray(table[:, 3:]))


def _row(start: int, stop: int, values: np.ndarray) -> tuple[int, ...]:
    """Times, address and steps of a piece: no step along an axis that has one sample for all."""
    steps = (step if size > 1 else 0 for step, size in zip(values.strides, values.shape, strict=True))
    return start, stop, values.ctypes.data, *steps


@inlined
def take_in(pieces: Pieces, lane: Lane, carrier: int, run: int, t0: int, t1: int) -> None:
    """Put what comes from outside for t0 <= t < t1 into the rings, flushed, and see whether it changed."""
    steps = pieces.steps
    for k in range(pieces.wave.size):
        wave = pieces.wave[k]
        ring, mask = ring_of(lane, wave)
        for piece in range(pieces.first[k], pieces.first[k + 1]):
            a, b = max(t0, pieces.start[piece]), min(t1, pieces.stop[piece])
            if a >= b:
                continue
            address = pieces.address[piece] + carrier * steps[piece, 0] + run * steps[piece, 1]
            if steps[piece, 2] != 0:
                take_samples(ring, mask, address + (a - pieces.start[piece]) * steps[piece, 2], a, b)
                lane.even[wave] = b
                lane.changed[wave] = max(lane.changed[wave], last_change(ring, mask, a, b))
            else:
                z = tiny_to_zero(load_one(address, address + BYTES, 0))
                if z != get_one(ring, mask, a - 1):
                    put_one(ring, mask, a, z)
                    lane.changed[wave] = lane.even[wave] = a
                    a += 1
                hold(ring, mask, lane.even[wave], a, b)


@compiled
def take_samples(ring: int, mask: int, address: int, t0: int, t1: int) -> None:
    """Put the samples at an address into a ring."""
    whole = t1 - (t1 - t0) % WIDTH
    for t in range(t0, whole, WIDTH):
        put(ring, mask, t, flushed(load_complex(address, t - t0)))
    for t in range(whole, t1):
        put_one(ring, mask, t, load_one(address, address + BYTES, 2 * (t - t0)))
