"""Rings: where the samples of waves lie, and which waves stand still.

A wave's ring holds its latest samples. It is just as long as the readers look back, plus what is computed at once, so
that all rings together stay in the cache. Sample t stands in slot t & mask; the real parts of all slots lie one after
another at the ring's address, the imaginary parts follow them. Samples are read and written eight at a time from any
slot on, so that the first eight slots stand behind the last one again, and writing may run over at both ends.

A wave that has not changed for longer than its readers look back need not be computed again: they repeat their last
sample, which is what computing would give, bit for bit. Darkness is one case of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .kernel import compiled, inlined
from .simd import FLUSH, WIDTH, Light, load, load_one, spread, store, store_one

Array = np.ndarray[Any, Any]

NEVER = -(1 << 62)

BEFORE, BEHIND = WIDTH, 2 * WIDTH
"""Numbers before and behind the slots of a ring, which is written and read beyond its ends."""

BYTES = 8
"""The size of a number."""


class Rings(NamedTuple):
    """The samples of all waves, in all lanes. A lane is one carrier of one run.

    numbers  (lanes, numbers) all rings one after another
    base     (waves,) which of the numbers is the first slot of each ring
    mask     (waves,) its slots, a power of two, less one
    changed  (lanes, waves) the last time at which the wave differed from its sample before
    even     (lanes, waves) the time from which on all that has been written into the ring is one and the same sample
    memory   (lanes, numbers) states of the all-pass filters
    """

    numbers: Array
    base: Array
    mask: Array
    changed: Array
    even: Array
    memory: Array


class Lane(NamedTuple):
    """The rings of one lane: the address of its numbers, and the other arrays without their axis of lanes."""

    address: int
    base: Array
    mask: Array
    changed: Array
    even: Array
    memory: Array


@compiled
def lane_of(rings: Rings, lane: int) -> Lane:
    """One lane of the rings."""
    address = rings.numbers[lane].ctypes.data
    return Lane(address, rings.base, rings.mask, rings.changed[lane], rings.even[lane], rings.memory[lane])


# -- one ring, by its address and its mask ----------------------------------------------------------------------------


@inlined
def imaginary(ring: int, mask: int) -> int:
    """The address of the imaginary parts."""
    return ring + BYTES * (mask + 1 + BEFORE + BEHIND)


@inlined
def get(ring: int, mask: int, t: int) -> Any:
    """Eight samples from time t on."""
    return load(ring, imaginary(ring, mask), t & mask)


@inlined
def get_one(ring: int, mask: int, t: int) -> Any:
    """The sample at time t."""
    return load_one(ring, imaginary(ring, mask), t & mask)


@inlined
def put(ring: int, mask: int, t: int, light: Light) -> None:
    """Write eight samples from time t on."""
    slot, slots, beyond = t & mask, mask + 1, imaginary(ring, mask)
    store(ring, beyond, slot, light)
    if slot < WIDTH:
        store(ring, beyond, slot + slots, light)
    if slot > slots - WIDTH:
        store(ring, beyond, slot - slots, light)


@inlined
def tiny_to_zero(z: complex) -> complex:
    """Zero when too small to be light."""
    return 0j if abs(z.real) < FLUSH and abs(z.imag) < FLUSH else z


@inlined
def put_one(ring: int, mask: int, t: int, z: complex) -> None:
    """Write the sample at time t, zero when too small to be light."""
    z = tiny_to_zero(z)
    slot, slots, beyond = t & mask, mask + 1, imaginary(ring, mask)
    store_one(ring, beyond, slot, z)
    if slot < WIDTH:
        store_one(ring, beyond, slot + slots, z)


@compiled
def hold(ring: int, mask: int, even: int, t0: int, t1: int) -> None:
    """Repeat the sample before t0 for t0 <= t < t1, unless the ring has held nothing else since `even`."""
    if t0 - even <= mask + WIDTH:
        light = spread(get_one(ring, mask, t0 - 1))
        for t in range(t0, t1, WIDTH):
            put(ring, mask, t, light)


@compiled
def last_change(ring: int, mask: int, t0: int, t1: int) -> int:
    """The last of the times t0 <= t < t1 at which a wave differs from its sample before; NEVER when it does not."""
    for t in range(t1 - 1, t0 - 1, -1):
        if get_one(ring, mask, t) != get_one(ring, mask, t - 1):
            return t
    return NEVER


# -- one wave of a lane -----------------------------------------------------------------------------------------------


@inlined
def ring_of(lane: Lane, wave: int) -> Any:
    """Address and mask of a wave's ring."""
    return lane.address + BYTES * lane.base[wave], lane.mask[wave]


@inlined
def is_even(lane: Lane, wave: int, t: int) -> Any:
    """Whether all that the ring holds at time t is one sample."""
    return t - lane.even[wave] > lane.mask[wave] + WIDTH


@compiled
def note(lane: Lane, wave: int, t0: int, t1: int) -> None:
    """Remember when a wave changed last, from its new samples t0 <= t < t1."""
    ring, mask = ring_of(lane, wave)
    lane.even[wave] = t1
    lane.changed[wave] = max(lane.changed[wave], last_change(ring, mask, t0, t1))


@compiled
def repeat(lane: Lane, wave: int, t0: int, t1: int) -> None:
    """Let a wave stand still for t0 <= t < t1."""
    ring, mask = ring_of(lane, wave)
    hold(ring, mask, lane.even[wave], t0, t1)
