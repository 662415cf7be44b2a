"""Rings: whatever is written at any time is read back eight samples at a time, across their ends too."""

import numba
import numpy as np
import pytest

from tdsim.engine import rings, simd
from tdsim.engine.layout import empty_rings


@numba.njit
def write_eight(ring, mask, t, real, imag):
    rings.put(ring, mask, t, simd.load(real, imag, 0))


@numba.njit
def write_one(ring, mask, t, z):
    rings.put_one(ring, mask, t, z)


@numba.njit
def read_eight(ring, mask, t, real, imag):
    simd.store(real, imag, 0, rings.get(ring, mask, t))


def ring(slots):
    """Two rings; the first one is written to, the second must stay dark."""
    found = empty_rings(np.array([slots, slots]), 1, 0)
    return found, (found.numbers.ctypes.data + rings.BYTES * int(found.base[0]), int(found.mask[0]))


def back(place, t):
    real, imag = np.zeros(8), np.zeros(8)
    read_eight(*place, t, real.ctypes.data, imag.ctypes.data)
    return real + 1j * imag


@pytest.mark.parametrize("slots", [16, 32])
@pytest.mark.parametrize("step", [1, 3, 8])
def test_what_is_written_is_read(slots, step):
    found, place = ring(slots)
    z = np.arange(1, 200) * (1 + 2j)
    for t in range(0, 150, step):
        real, imag = z[t : t + 8].real.copy(), z[t : t + 8].imag.copy()
        write_eight(*place, t, real.ctypes.data, imag.ctypes.data)
        for before in range(min(t, slots - 8) + 1):
            np.testing.assert_array_equal(back(place, t - before), z[t - before : t - before + 8])
    assert not found.numbers[0, found.base[1] - rings.BEFORE :].any()


def test_single_samples_are_read_across_the_end():
    _, place = ring(16)
    z = np.arange(1, 100) * (1 + 2j)
    for t in range(60):
        write_one(*place, t, z[t])
        if t >= 15:
            np.testing.assert_array_equal(back(place, t - 7), z[t - 7 : t + 1])
            np.testing.assert_array_equal(back(place, t - 15), z[t - 15 : t - 7])


def test_the_last_change_is_found():
    _, place = ring(32)
    for t in range(40):
        write_one(*place, t, 1.0 if t < 33 else 2.0)
    assert rings.last_change(*place, 30, 40) == 33
    assert rings.last_change(*place, 34, 40) == rings.NEVER
