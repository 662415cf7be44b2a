"""The neuromorphic netlists: what their physics predicts."""

import numpy as np
import pytest
from scipy.optimize import fsolve

import tdsim

from .shipped import ROOT


def load(name, **parameters):
    return tdsim.load(ROOT / "neuromorphic" / f"{name}.cir", {k: repr(v) for k, v in parameters.items()})


def test_kerr_network_rests_where_its_equations_say():
    tree = tdsim.simulate(load("kerr_network"))
    assert tree["settle"].attrs["settled"] == 1
    found = np.array([complex(tree["settle"][f"x(xr{n}.cavity)"][-1]) for n in (1, 2, 3)])
    couplings = np.array([[0, 4e9, -3e9], [4e9, 0, 5e9], [-3e9, 5e9, 0]])
    linear = np.diag(-2j * np.pi * np.array([-1e9, 0, 1e9]) - 1e10) - 1j * couplings
    drive = 1j * np.sqrt(1e10) * np.sqrt(1e-3 * np.arange(1, 4)) * np.exp(0.5j * np.arange(1, 4))

    def flow(y):
        a = (y[:3] + 1j * y[3:]) * 1e-7
        rate = (linear @ a + 2e22j * np.abs(a) ** 2 * a + drive) / 1e3
        return np.concatenate([rate.real, rate.imag])

    start = np.concatenate([found.real, found.imag]) * 1e7
    exact = fsolve(flow, start, xtol=1e-13)
    np.testing.assert_allclose(found, (exact[:3] + 1j * exact[3:]) * 1e-7, rtol=1e-8)


def test_kerr_network_is_nudged_and_returns():
    tree = tdsim.simulate(load("kerr_network"))
    rest, nudged, again = (float(tree[name]) for name in ("rest", "nudged", "again"))
    assert abs(nudged / rest - 1) > 5e-4
    assert again == pytest.approx(rest, rel=1e-6)


def test_pulse_returns_from_disorder():
    tree = tdsim.simulate(load("time_mirror"))
    assert float(tree["peak_at"]) == pytest.approx(600e-12 - 25e-12, abs=0.3e-12)
    plain = tdsim.simulate(load("time_mirror", plain=1))
    assert float(tree["peak"]) > 30 * float(plain["peak"])


def test_turning_later_returns_later():
    found = tdsim.simulate(load("time_mirror", turn=310e-12))
    assert float(found["peak_at"]) == pytest.approx(620e-12 - 25e-12, abs=0.3e-12)


def test_a_mesh_loses_no_light_on_its_way_to_the_detectors():
    found = tdsim.simulate(load("photonic_classifier"))
    assert sum(float(found[f"p{k}"]) for k in range(4)) == pytest.approx(2e-3, rel=1e-12)
    assert float(found["before"]) == 0


def test_light_stays_in_the_lattice_and_cells_are_pushed():
    """Of the energy and of H = sum coupling q |A|^2 + p^2 inverse_mass / 2 + .. nothing is lost."""
    circuit = load("kerr_lattice", x0=5e7)
    found = tdsim.simulate(circuit, "tran")
    light = sum(abs(found[name].values) ** 2 for name in found if ".cavity" in name)
    np.testing.assert_allclose(light, 1e-15, rtol=1e-12)
    for n in (1, 5):
        energy = abs(found[f"x(xr{n}.cavity)"].values) ** 2
        pushed = -1e9 * np.trapezoid(energy, dx=1e-10)
        assert float(found[f"x(xq{n}.momentum)"][-1]) == pytest.approx(pushed, rel=0.02)


def test_a_lattice_with_loss_fades_at_its_rate():
    found = tdsim.simulate(load("kerr_lattice", inside=2e7, cells=0), "tran")
    light = sum(abs(found[name].values) ** 2 for name in found if ".cavity" in name)
    np.testing.assert_allclose(light, 1e-15 * np.exp(-2e7 * found["time"].values), rtol=1e-6)
