"""Where samples go: straight into the arrays of the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .kernel import compiled, inlined
from .rings import BYTES, Array, Lane, get, get_one, ring_of
from .simd import WIDTH, powers, store_complex, store_one, store_real, store_real_one

WHOLE, POWER, REAL = range(3)
"""What is kept of a wave: all of it, complex; its power |x|^2; its real part."""

BLOWN_UP = 1e150
"""Waves beyond this, sqrt(W), count as no longer finite: their power would not be a number."""


class Outlet(NamedTuple):
    """A wave, what is kept of it, and where its samples go: an array (carriers, runs, times)."""

    wave: int
    kind: int
    target: np.ndarray


def kept(kind: int, samples: np.ndarray) -> np.ndarray:
    """What is kept of the samples of a wave."""
    return samples.real**2 + samples.imag**2 if kind == POWER else samples.real if kind == REAL else samples


class Outlets(NamedTuple):
    """All outlets, for compiled code.

    wave, kind  (outlets,)
    address     (outlets, lanes) of the first number of each lane's target
    size        (outlets,) bytes from sample to sample
    dark        whether the targets hold zeros
    """

    wave: Array
    kind: Array
    address: Array
    size: Array
    dark: bool


class Targets:
    """Where the samples of some waves go, for stretch after stretch: arrays with room for many.

    dark  the targets hold zeros, so that nothing need be written where a wave is dark
    """

    def __init__(self, outlets: Sequence[Outlet] = (), dark: bool = False):
        self.outlets, self._dark = tuple(outlets), dark
        self._arranged: Outlets | None = None

    def arranged(self, lanes: int) -> Outlets:
        """The outlets as arrays of numbers, for a program with so many lanes."""
        if self._arranged is None:
            self._arranged = arrange(self.outlets, lanes, self._dark)
        return self._arranged


def arrange(outlets: Sequence[Outlet], lanes: int, dark: bool) -> Outlets:
    """The outlets as arrays of numbers. The targets' samples must follow each other in memory."""
    rows = [(o.wave, o.kind, o.target.ctypes.data, *o.target.strides) for o in outlets]
    wave, kind, address, carrier, run, size = np.array(rows, dtype=np.int64).reshape(-1, 6).T.copy()
    runs = outlets[0].target.shape[1] if outlets else 1
    lane = np.arange(lanes)
    steps = carrier[:, None] * (lane // runs) + run[:, None] * (lane % runs)
    return Outlets(wave, kind, address[:, None] + steps, size, dark)


@inlined
def put_out(outlets: Outlets, lane: Lane, number: int, t0: int, t1: int, first: int) -> bool:
    """Write the samples t0 <= t < t1 of a lane, as those from `first` on; whether all waves are finite still.

    A circuit blows up by growing, and stays so: a look at the last sample tells.
    """
    finite = True
    for k in range(outlets.wave.size):
        wave = outlets.wave[k]
        ring, mask = ring_of(lane, wave)
        z = get_one(ring, mask, t1 - 1)
        finite &= abs(z.real) < BLOWN_UP and abs(z.imag) < BLOWN_UP
        if not (outlets.dark and z == 0 and lane.changed[wave] < t0):
            target = outlets.address[k, number] + first * outlets.size[k]
            write(ring, mask, outlets.kind[k], target, t0, t1)
    return finite


@compiled
def write(ring: int, mask: int, kind: int, target: int, t0: int, t1: int) -> None:
    """Write what is kept of the samples t0 <= t < t1 of a ring to an address."""
    whole = t1 - (t1 - t0) % WIDTH
    if kind == WHOLE:
        for t in range(t0, whole, WIDTH):
            store_complex(target, t - t0, get(ring, mask, t))
        for t in range(whole, t1):
            store_one(target, target + BYTES, 2 * (t - t0), get_one(ring, mask, t))
    elif kind == POWER:
        for t in range(t0, whole, WIDTH):
            store_real(target, t - t0, powers(get(ring, mask, t)))
        for t in range(whole, t1):
            z = get_one(ring, mask, t)
            store_real_one(target, t - t0, z.real * z.real + z.imag * z.imag)
    else:
        for t in range(t0, whole, WIDTH):
            store_real(target, t - t0, get(ring, mask, t))
        for t in range(whole, t1):
            store_real_one(target, t - t0, get_one(ring, mask, t).real)
