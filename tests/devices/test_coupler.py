"""Couplers, splitters, crossing and mirror against their scattering matrices."""

from math import sqrt

import numpy as np
import pytest

from tdsim import device

from .physics import scattering


def test_coupler_ports():
    s = scattering("coupler", coupling=0.3)
    expected = np.zeros((4, 4), complex)
    expected[0, 3] = expected[3, 0] = expected[1, 2] = expected[2, 1] = sqrt(0.7)
    expected[0, 2] = expected[2, 0] = expected[1, 3] = expected[3, 1] = 1j * sqrt(0.3)
    np.testing.assert_allclose(s, expected, atol=1e-15)


def test_excess_loss_multiplies_both():
    np.testing.assert_allclose(scattering("coupler", loss=3.0), 10**-0.15 * scattering("coupler"), atol=1e-15)


def test_mmi_imbalance():
    s = scattering("mmi", imbalance=0.2, loss=0.1)
    assert 10 * np.log10(abs(s[3, 0] / s[2, 0]) ** 2) == pytest.approx(0.2)
    assert 10 * np.log10(abs(s[3, 0]) ** 2 + abs(s[2, 0]) ** 2) == pytest.approx(-0.1)
    np.testing.assert_allclose(scattering("mmi"), scattering("coupler"), atol=1e-15)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_star_is_the_discrete_fourier_transform(n):
    s = scattering("star", n=n)
    wave = np.random.default_rng(n).normal(size=n)
    np.testing.assert_allclose(s[n:, :n] @ wave, np.fft.ifft(wave, norm="ortho"), atol=1e-12)
    np.testing.assert_allclose(s[:n, n:], s[n:, :n].T, atol=1e-15)
    assert not s[:n, :n].any()
    assert not s[n:, n:].any()


@pytest.mark.parametrize("n", [2.5, np.array([2, 3])])
def test_star_needs_one_whole_number(n):
    kind = device.find("star")
    assert "one whole number" in kind.validate({"n": n, "loss": 0.0})
    assert kind.ports_of({"n": n})


@pytest.mark.parametrize("name", ["ybranch", "splitter"])
def test_y_branch(name):
    s = scattering(name, ratio=0.3, loss=1.0)
    first, second = 10**-0.05 * sqrt(0.3), 10**-0.05 * sqrt(0.7)
    np.testing.assert_allclose(s, [[0, first, second], [first, 0, 0], [second, 0, 0]], atol=1e-15)


def test_odd_part_is_lost_in_the_y_branch():
    odd = np.array([0, 1, -1]) / sqrt(2)
    np.testing.assert_allclose(scattering("ybranch") @ odd, 0, atol=1e-15)


def test_crossing():
    s = scattering("crossing", crosstalk=-40.0)
    assert abs(s[1, 0]) ** 2 == pytest.approx(1e-4)
    assert abs(s[3, 0]) ** 2 == pytest.approx(1e-4)
    assert abs(s[2, 0]) ** 2 == pytest.approx(1 - 4e-4)
    straight = scattering("crossing")
    np.testing.assert_allclose(straight, np.eye(4)[[2, 3, 0, 1]], atol=1e-15)


def test_mirror():
    np.testing.assert_allclose(scattering("mirror", reflectivity=0.36), [[0.6, 0.8j], [0.8j, 0.6]], atol=1e-15)


def test_attenuator_terminator_amplifier():
    np.testing.assert_allclose(scattering("attenuator", loss=20.0), [[0, 0.1], [0.1, 0]], atol=1e-15)
    np.testing.assert_allclose(scattering("amplifier", gain=20.0), [[0, 10], [10, 0]], atol=1e-12)
    assert scattering("terminator") == 0


def test_one_way_devices():
    np.testing.assert_allclose(scattering("isolator", isolation=40.0, loss=20.0), [[0, 0.01], [0.1, 0]], atol=1e-15)
    assert scattering("isolator")[0, 1] == 0
    np.testing.assert_allclose(scattering("circulator"), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], atol=1e-15)
