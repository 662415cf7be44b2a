"""The vector instructions against plain arithmetic, and the same to the bit wherever they start."""

import numba
import numpy as np

from tdsim.engine import simd


@numba.njit
def weighed(re, im, out, a, b, c, values):
    x, y, z = simd.load(re, im, a), simd.load(re, im, b), simd.load(re, im, c)
    total = simd.plus_times(simd.plus_times(simd.times(values[0], x), values[1], y), values[2], z)
    simd.store(re, im, out, simd.flushed(total))


@numba.njit
def modulated(re, im, out, a, b):
    total = simd.plus_times(simd.spread(0j), simd.load(re, im, a), simd.load(re, im, b))
    simd.store(re, im, out, total)


@numba.njit
def there_and_back(pairs, re, im, back):
    simd.store(re, im, 3, simd.load_complex(pairs, 1))
    simd.store_complex(back, 2, simd.load(re, im, 3))
    simd.store_one(re, im, 20, simd.load_one(re, im, 4))


def planes(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=60), rng.normal(size=60), rng.normal(size=3) + 1j * rng.normal(size=3)


def addresses(*arrays):
    return tuple(array.ctypes.data for array in arrays)


def test_a_sum_is_the_sum():
    re, im, values = planes()
    z = re + 1j * im
    weighed(*addresses(re, im), 0, 8, 17, 26, values)
    expected = values[0] * z[8:16] + values[1] * z[17:25] + values[2] * z[26:34]
    np.testing.assert_allclose(re[:8] + 1j * im[:8], expected, rtol=1e-14)


def test_a_sample_is_the_same_to_the_bit_wherever_the_eight_start():
    for seed in range(50):
        re, im, values = planes(seed)
        weighed(*addresses(re, im), 0, 10, 20, 30, values)
        for shift in range(1, 8):
            re2, im2, _ = planes(seed)
            weighed(*addresses(re2, im2), 0, 10 + shift, 20 + shift, 30 + shift, values)
            np.testing.assert_array_equal(re[shift:8], re2[: 8 - shift])
            np.testing.assert_array_equal(im[shift:8], im2[: 8 - shift])


def test_coefficients_may_be_waves():
    re, im, _ = planes()
    z = re + 1j * im
    modulated(*addresses(re, im), 0, 9, 33)
    np.testing.assert_allclose(re[:8] + 1j * im[:8], z[9:17] * z[33:41], rtol=1e-14)


def test_waves_too_small_to_be_light_are_zero():
    re, im = np.full(60, 1e-31), np.full(60, -1e-31)
    re[20] = 1e-29
    weighed(*addresses(re, im), 0, 8, 17, 26, np.array([1, 1, 0], dtype=complex))
    np.testing.assert_array_equal(re[:8] != 0, np.arange(8) == 3)
    assert not np.signbit(im[0])


def test_complex_numbers_go_to_planes_and_back():
    z = np.arange(1, 12) * (1 + 0.5j)
    re, im, back = np.zeros(24), np.zeros(24), np.zeros(12, dtype=complex)
    there_and_back(z.ctypes.data, *addresses(re, im), back.ctypes.data)
    np.testing.assert_array_equal(re[3:11], z.real[1:9])
    np.testing.assert_array_equal(im[3:11], z.imag[1:9])
    np.testing.assert_array_equal(back[2:10], z[1:9])
    assert re[20] + 1j * im[20] == z[2]
