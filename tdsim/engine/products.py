"""Sums over time of products of waves with samples of other waves, as they are computed: what gradients are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .kernel import compiled, inlined
from .rings import BYTES, Array, Lane, get, get_one, ring_of
from .simd import WIDTH, conjugates_backwards, load_complex, load_one, plus_times, spread, sum_of


class Products(NamedTuple):
    """The sums of x conj(y) for some waves y that are computed and samples x that are known, from the last one back.

    wave     (products,) the y
    address  (products, lanes) where the x stands, a complex number, that meets the first sample of y; those before it
             in memory meet the samples that follow
    total    (products, lanes) the sums
    """

    wave: Array
    address: Array
    total: Array


def no_products(lanes: int) -> Products:
    """Nothing to sum up."""
    numbers = np.zeros((0, lanes), dtype=np.int64)
    return Products(np.zeros(0, dtype=np.int64), numbers, numbers.astype(complex))


@inlined
def add_products(products: Products, lane: Lane, number: int, t0: int, t1: int, first: int) -> None:
    """Add the samples t0 <= t < t1 of a lane, which are those from `first` on."""
    for k in range(products.wave.size):
        wave = products.wave[k]
        ring, mask = ring_of(lane, wave)
        if get_one(ring, mask, t1 - 1) != 0 or lane.changed[wave] >= t0:
            products.total[k, number] += product(ring, mask, products.address[k, number], t0, t1, first)


@compiled
def product(ring: int, mask: int, address: int, t0: int, t1: int, first: int) -> complex:
    """The sum over t0 <= t < t1 of conj(y[t]) times the numbers before an address."""
    whole = t1 - (t1 - t0) % WIDTH
    total = spread(0j)
    for t in range(t0, whole, WIDTH):
        light = conjugates_backwards(load_complex(address, t0 - t - first - WIDTH + 1))
        total = plus_times(total, light, get(ring, mask, t))
    found: complex = sum_of(total)
    for t in range(whole, t1):
        x = load_one(address, address + BYTES, 2 * (t0 - t - first))
        found += x.conjugate() * get_one(ring, mask, t)
    return found.conjugate()
