"""Waveguide and delay against their definitions."""

import numpy as np
import pytest

from tdsim import device
from tdsim.units import C0

from .physics import CARRIERS, at, parameters, scattering


def test_transmission_on_each_carrier():
    length, neff, ng, wl0 = 352.697e-6, 2.34, 3.4, 1550e-9
    for carrier, wavelength in enumerate(CARRIERS):
        s = scattering("waveguide", 0.0, carrier, length=length, neff=neff, ng=ng, wl0=wl0, loss=3000, phase=3.4)
        index = neff - (wavelength - wl0) * (ng - neff) / wl0
        expected = 10 ** (-3000 * length / 20) * np.exp(1j * (2 * np.pi * index * length / wavelength + 3.4))
        np.testing.assert_allclose(s, [[0, expected], [expected, 0]], atol=1e-12)


def test_group_delay():
    _, p = parameters("waveguide", length=1e-3, ng=4.2)
    assert at(p.delay, 0).real == pytest.approx(4.2e-3 / C0, rel=1e-14)


def test_one_carrier_seen_from_another():
    """At the second carrier the line, its phase and its delay join to the same exact response."""
    spacing = C0 / CARRIERS[1] - C0 / CARRIERS[0]
    for name in ("waveguide", "delay"):
        np.testing.assert_allclose(scattering(name, spacing, 0), scattering(name, 0.0, 1), atol=1e-9)


def test_dispersion_is_the_slope_of_the_group_delay():
    fibre = {"length": 1e3, "neff": 1.45, "ng": 1.468, "dispersion": 17e-6}
    _, p = parameters("waveguide", **fibre)
    slope = (at(p.delay, 1) - at(p.delay, 0)).real / (CARRIERS[1] - CARRIERS[0])
    assert slope == pytest.approx(17e-6 * 1e3, rel=1e-3)


def test_dispersion_phase_agrees_with_its_group_delay():
    """d phase / d w between two close carriers is the mean of their group delays."""
    near = (1550e-9, 1550.0001e-9)
    _, p = parameters("waveguide", carriers=near, length=0.1, dispersion=1e-3, wl0=1540e-9)
    turn = np.angle(at(p.forth, 1) / at(p.forth, 0))
    mean = (at(p.delay, 0) + at(p.delay, 1)).real / 2
    expected = 2 * np.pi * (C0 / near[1] - C0 / near[0]) * mean
    assert np.exp(1j * turn) == pytest.approx(np.exp(1j * expected), abs=1e-6)


def test_delay_phase_is_exact_on_the_first_carrier():
    s = scattering("delay", time=1e-9 / 3, phase=0.7, loss=2.0)
    assert s[1, 0] == 10 ** (-2.0 / 20) * np.exp(0.7j)
    f = [C0 / w for w in CARRIERS]
    other = scattering("delay", 0.0, 1, time=1e-9 / 3, phase=0.7)
    assert other[1, 0] == pytest.approx(np.exp(1j * (0.7 + 2 * np.pi * (f[1] - f[0]) * 1e-9 / 3)))


def test_nonreciprocal_phase_is_half_forward_and_half_backward():
    s = scattering("delay", nonreciprocal_phase=0.8)
    assert s[1, 0] == pytest.approx(np.exp(0.4j))
    assert s[0, 1] == pytest.approx(np.exp(-0.4j))


@pytest.mark.parametrize("name", ["n2", "beta_tpa"])
def test_nonlinear_waveguides_are_refused(name):
    kind = device.find("waveguide")
    values = {k: p.default for k, p in kind.params.items()}
    assert "nonlinear waveguides come with a later version" in kind.validate({**values, name: 1e-18})
