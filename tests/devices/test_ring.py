"""Ring and resonators against closed forms."""

import numpy as np
import pytest
from scipy.linalg import expm

from tdsim import device
from tdsim.units import C0

from .physics import CARRIERS, at, matrices, parameters, scattering

ALLPASS = frozenset({"o1", "o2"})
FREQUENCIES = np.linspace(-2e11, 2e11, 7)


def yariv(offset, tau, coupling, loss, detuning):
    """All-pass transmission (A. Yariv, Electron. Lett. 36, 321 (2000))."""
    t, g = np.sqrt(1 - coupling), 10 ** (-loss / 20) * np.exp(2j * np.pi * (offset - detuning) * tau)
    return (t - g) / (1 - t * g)


@pytest.mark.parametrize("offset", FREQUENCIES)
def test_all_pass_ring(offset):
    values = {"fsr": 1e11, "coupling1": 0.2, "loss": 0.3, "detuning": 7e9}
    s = matrices(*parameters("ring", wired=ALLPASS, **values)).response(offset)
    expected = yariv(offset, 1e-11, 0.2, 0.3, 7e9)
    assert s[1, 0] == pytest.approx(expected, abs=1e-12)
    assert s[0, 1] == pytest.approx(expected, abs=1e-12)
    assert s[0, 0] == s[2, 0] == s[3, 0] == 0


@pytest.mark.parametrize("offset", FREQUENCIES)
def test_add_drop_ring(offset):
    s = scattering("ring", offset, fsr=1e11, coupling1=0.15, coupling2=0.12, loss=0.2)
    t1, t2 = np.sqrt(1 - 0.15), np.sqrt(1 - 0.12)
    h = 10**-0.005 * np.exp(1j * np.pi * offset * 1e-11)
    through = (t1 - t2 * h**2) / (1 - t1 * t2 * h**2)
    drop = -np.sqrt(0.15 * 0.12) * h / (1 - t1 * t2 * h**2)
    np.testing.assert_allclose([s[1, 0], s[3, 0], s[2, 0], s[0, 0]], [through, drop, 0, 0], atol=1e-12)
    np.testing.assert_allclose([s[1, 2], s[2, 1], s[1, 3]], [drop, drop, 0], atol=1e-12)


def test_radius_sets_the_round_trip():
    _, p = parameters("ring", radius=20e-6, ng=4.0)
    assert at(p.tau, 0).real == pytest.approx(2 * np.pi * 20e-6 * 4.0 / C0)
    kind = device.find("ring")
    values = {k: q.default for k, q in kind.params.items()}
    assert "not both" in kind.validate({**values, "radius": 5e-6, "fsr": 1e12})


def test_second_coupling_follows_the_wiring():
    assert at(parameters("ring")[1].second, 0) == 0.1
    assert at(parameters("ring", wired=ALLPASS)[1].second, 0) == 0
    assert at(parameters("ring", wired=ALLPASS, coupling2=0.3)[1].second, 0) == 0.3


def test_map_on_the_second_carrier_is_the_first_seen_from_there():
    spacing = C0 / CARRIERS[1] - C0 / CARRIERS[0]
    values = {"coupling1": 0.05, "detuning": 3e9}
    np.testing.assert_allclose(
        np.abs(scattering("ring", spacing, 0, **values)), np.abs(scattering("ring", 0.0, 1, **values)), atol=1e-9
    )


@pytest.mark.parametrize("carrier", [0, 1])
def test_coupled_modes_are_the_limit_of_high_finesse(carrier):
    values = {"fsr": 1e11, "coupling1": 1e-4, "coupling2": 2e-4, "loss": 2e-4, "detuning": 1e6}
    spacing = C0 / CARRIERS[1] - C0 / CARRIERS[0]
    near = carrier * (np.rint(spacing / 1e11) * 1e11 - spacing)
    for offset in near + np.linspace(-1e7, 1e7, 5):
        exact = scattering("ring", offset, carrier, model="map", **values)
        modes = scattering("ring", offset, carrier, model="cmt", **values)
        np.testing.assert_allclose(np.abs(modes), np.abs(exact), atol=1e-3)
        np.testing.assert_allclose(modes[1, 0], exact[1, 0], atol=1e-3)


def test_resonator_is_a_lorentzian():
    kappa, inner, detuning = (2e10, 5e9), 1e9, 3e9
    for offset in (-1e10, 0.0, detuning, 2e10):
        s = scattering("resonator", offset, kappa=kappa, kappa_i=inner, detuning=detuning)
        half = 2j * np.pi * (detuning - offset) + (sum(kappa) + inner) / 2
        assert s[0, 0] == pytest.approx(1 - kappa[0] / half)
        assert s[1, 0] == pytest.approx(-np.sqrt(kappa[0] * kappa[1]) / half)


def test_resonator_rings_at_its_own_frequency():
    """A free amplitude turns as exp(-2 pi i detuning t) and decays at half the rate of its energy."""
    m = matrices(*parameters("resonator", kappa=(1e9,), detuning=2e9))
    after = expm(m.Yx * 1e-9)[0, 0]
    assert after == pytest.approx(np.exp(-2j * np.pi * 2.0 - 0.5))


def test_ports_of_a_resonator_follow_its_list():
    kind = device.find("resonator")
    assert list(kind.ports_of({"kappa": (1.0, 2.0, 3.0)})) == ["o1", "o2", "o3"]
    assert list(kind.ports_of({"kappa": 1.0})) == ["o1"]


def test_coupling_element_refers_to_two_instances():
    kind = device.find("k")
    assert (kind.references, kind.letter, kind.ports) == (2, "k", {})
