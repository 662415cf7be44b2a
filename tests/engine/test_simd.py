"""The vector instructions against plain arithmetic, and against themselves one number at a time."""

import numba
import numpy as np

from tdsim.engine import simd


@numba.njit
def eight(re, im, values):
    simd.weigh(re, im, 0, (8, 17), (values[0], values[1]))
    simd.go_on(re, im, 0, (26,), (values[2],))


@numba.njit
def one_by_one(re, im, values):
    for n in range(8):
        simd.weigh_one(re, im, n, (8 + n, 17 + n), (values[0], values[1]))
        simd.go_on_one(re, im, n, (26 + n,), (values[2],))


@numba.njit
def there_and_back(pairs, re, im, back):
    simd.split(pairs, 2, re, im, 3)
    simd.join(re, im, 3, back, 0)


def planes(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=40), rng.normal(size=40), rng.normal(size=3) + 1j * rng.normal(size=3)


def test_eight_at_once_are_eight_one_by_one_to_the_bit():
    for seed in range(50):
        re, im, values = planes(seed)
        other = re.copy(), im.copy()
        eight(re, im, values)
        one_by_one(*other, values)
        np.testing.assert_array_equal(re, other[0])
        np.testing.assert_array_equal(im, other[1])


def test_a_sum_is_the_sum():
    re, im, values = planes()
    z = re + 1j * im
    eight(re, im, values)
    expected = values[0] * z[8:16] + values[1] * z[17:25] + values[2] * z[26:34]
    np.testing.assert_allclose(re[:8] + 1j * im[:8], expected, rtol=1e-14)


def test_waves_too_small_to_be_light_are_zero():
    re, im = np.full(40, 1e-31), np.full(40, -1e-31)
    re[20] = 1e-29
    eight(re, im, np.array([1, 1, 0], dtype=complex))
    np.testing.assert_array_equal(re[:8] != 0, np.arange(8) == 3)
    assert not np.signbit(im[0])


def test_complex_numbers_go_to_planes_and_back():
    z = np.arange(1, 12) * (1 + 0.5j)
    re, im, back = np.zeros(16), np.zeros(16), np.zeros(16)
    there_and_back(z.view(float), re, im, back)
    np.testing.assert_array_equal(re[3:11], z.real[1:9])
    np.testing.assert_array_equal(im[3:11], z.imag[1:9])
    np.testing.assert_array_equal(back.view(complex), z[1:9])
