"""Tapes: where the samples of waves lie, and which waves stand still.

Samples of a wave lie one after another on its tape, the lanes of a sample side by side: sample t of wave w starts at
base[w] + (t - origin[w]) * lanes. Behind the samples that are known, a tape holds room for more.

A wave that has not changed for longer than its readers look back need not be computed again: they repeat their last
sample, which is what computing would give, bit for bit. Darkness is one case of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..schedule.pack import DRIVEN, Tables
from .kernel import compiled, inlined

Array = np.ndarray[Any, Any]

NEVER = -(1 << 62)

FLUSH = 1e-30
"""Waves below this, sqrt(W), are zero: a dark loop would otherwise ring down into denormal numbers, which are slow."""


class Tapes(NamedTuple):
    """The samples of all waves.

    re, im   real and imaginary parts, all tapes one after another
    base     (waves,) where each tape starts
    origin   (waves,) the time of its first sample
    room     (waves,) samples that it can hold
    depth    (waves,) samples before now that it must hold
    changed  (waves,) the last time at which the wave differed from its sample before
    even     (waves,) 1 where the rest of the tape, from `changed` on, repeats one sample
    reads    (terms,) where each term reads, less time times lanes
    writes   (operations,) where each operation writes, less time times lanes
    memory   states of the all-pass filters
    """

    re: Array
    im: Array
    base: Array
    origin: Array
    room: Array
    depth: Array
    changed: Array
    even: Array
    reads: Array
    writes: Array
    memory: Array


@compiled
def flushed(z: complex) -> complex:
    """Zero when too small to be light."""
    if abs(z.real) < FLUSH and abs(z.imag) < FLUSH:
        return 0j
    return z


@inlined
def set_flushed(re: Array, im: Array, n: int, z: complex) -> None:
    """Write one sample, zero when too small to be light."""
    z = flushed(z)
    re[n], im[n] = z.real, z.imag


@compiled
def repeat(tapes: Tapes, wave: int, lanes: int, t: int) -> None:
    """Fill the tape from time t to its end with the sample before t."""
    if tapes.even[wave] == 0:
        start = tapes.base[wave] + (t - tapes.origin[wave]) * lanes
        end = tapes.base[wave] + tapes.room[wave] * lanes
        for n in range(start, end):
            tapes.re[n], tapes.im[n] = tapes.re[n - lanes], tapes.im[n - lanes]
        tapes.even[wave] = 1


@compiled
def note_change(tapes: Tapes, wave: int, lanes: int, t0: int, t1: int) -> None:
    """Remember when a wave changed last, from its new samples t0 <= t < t1."""
    last = tapes.base[wave] + (t1 - tapes.origin[wave]) * lanes - 1
    for n in range((t1 - t0) * lanes):
        here, before = last - n, last - n - lanes
        if tapes.re[here] != tapes.re[before] or tapes.im[here] != tapes.im[before]:
            tapes.changed[wave] = t1 - 1 - n // lanes
            tapes.even[wave] = 0
            return


@compiled
def make_room(tapes: Tapes, lanes: int, t: int, count: int) -> bool:
    """Move each tape's last samples to its front where `count` more from t on would not fit; whether one was moved."""
    moved = False
    for wave in range(tapes.base.size):
        if t + count - tapes.origin[wave] > tapes.room[wave]:
            shift(tapes, wave, lanes, t)
            moved = True
    return moved


@compiled
def shift(tapes: Tapes, wave: int, lanes: int, t: int) -> None:
    """Let the tape begin at its oldest sample that is still needed at time t."""
    depth, base = tapes.depth[wave], tapes.base[wave]
    if not (tapes.even[wave] == 1 and tapes.changed[wave] <= tapes.origin[wave]):
        source = base + (t - depth - tapes.origin[wave]) * lanes
        for n in range(depth * lanes):
            tapes.re[base + n], tapes.im[base + n] = tapes.re[source + n], tapes.im[source + n]
        tapes.even[wave] = 0
    tapes.origin[wave] = t - depth
    if tapes.changed[wave] <= tapes.origin[wave]:
        repeat(tapes, wave, lanes, t)


@compiled
def stands_still(tables: Tables, o: int, changed: Array, t0: int) -> bool:
    """Whether nothing that operation o reads from time t0 on has changed, coefficients that are driven included."""
    driven = tables.kind[o] == DRIVEN
    for term in range(tables.term_start[o], tables.term_start[o + 1]):
        if changed[tables.term_wave[term]] >= t0 - tables.term_far[term]:
            return False
        if driven and changed[tables.term_value[term]] >= t0:
            return False
    return True
