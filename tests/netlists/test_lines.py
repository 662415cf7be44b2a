"""The plain guide, and the shapes of sources."""

import numpy as np
import pytest

import tdsim
from tdsim.units import C0

from .shipped import NG, load


def test_waveguide_delays_by_the_group_index_and_loses_ten_decibels():
    result = tdsim.simulate(load("waveguide"))
    assert float(result["delay"]) == pytest.approx(NG * 50e-3 / C0, abs=1e-15)
    assert float(result["delay"]) == pytest.approx(700.484614e-12, abs=1e-15), "as the netlist says"
    assert float(result["decibels"]) == pytest.approx(10, abs=1e-4)


def test_shapes_are_the_functions_that_the_netlist_says():
    result = tdsim.simulate(load("laser_shapes"))
    t = result["time"].values
    ps = 1e-12
    wave = 2 * np.pi * 10e9 * t
    np.testing.assert_allclose(result["p(sin)"], 0.5e-3 * (1 + np.sin(wave)), atol=1e-15)
    corners = np.interp(t, [0, 100 * ps, 200 * ps, 300 * ps], [0, 1e-3, 0.25e-3, 0])
    np.testing.assert_allclose(result["p(pwl)"], corners, atol=1e-15)
    np.testing.assert_allclose(np.angle(result["e(chirp)"]), 2 * np.sin(wave / 2), atol=1e-12)
    filling = np.where(t > 20 * ps, 1 - np.exp(-(t - 20 * ps) / (30 * ps)), 0)
    emptying = np.where(t > 200 * ps, 1 - np.exp(-(t - 200 * ps) / (60 * ps)), 0)
    np.testing.assert_allclose(result["p(exp)"], 1e-3 * (filling - emptying), atol=1e-15)
    period = (t - 20 * ps) % (100 * ps)
    corners = [0, 5 * ps, 45 * ps, 50 * ps, 100 * ps]
    clock = np.where(t < 20 * ps, 0, np.interp(period, corners, [0, 1e-3, 1e-3, 0, 0]))
    inside = np.abs(t - 20 * ps) % (100 * ps) > 0.5 * ps
    np.testing.assert_allclose(result["p(pulse)"].values[inside], clock[inside], atol=1e-12)
    assert set(np.unique(np.round(result["p(prbs)"].values * 1e3, 9))) == {0.0, 1.0}
    assert float(result["p(am)"].min()) == 0
