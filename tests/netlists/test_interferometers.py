"""Circuits in which two or more ways interfere, against closed forms."""

import numpy as np
import pytest

import tdsim
from tdsim.shapes import make_shape
from tdsim.units import C0

from .shipped import CARRIER, LOSS, NEFF, NG, amplitude, coupler, guide, load

# -- mzi.cir ------------------------------------------------------------------------------------------------------


def test_mzi_compares_each_bit_with_the_one_before():
    result = tdsim.simulate(load("mzi"))
    bits = make_shape("prbs", [0.0, 1.0, 100e-12, 7.0], {}, ".")(np.arange(31) * 100e-12)
    assert 5 < bits.sum() < 26
    same = bits[1:] == bits[:-1]
    middle = result.isel(time=slice(160, None, 100))  # 50 ps into each bit after the first, and 10 ps on the way
    gain = amplitude(LOSS * C0 / NG * 110e-12) ** 2
    np.testing.assert_allclose(middle["p(same)"].values[:30], np.where(same, gain * 1e-3, 0), atol=1e-9)
    np.testing.assert_allclose(middle["p(other)"].values[:30], np.where(same, 0, gain * 1e-3), atol=1e-9)


def test_mzi_spectrum_has_the_period_of_the_bit_rate():
    result = tdsim.sparam(load("mzi"), points=401, span=20e9)
    f = result["frequency"].values - CARRIER
    ways = amplitude(LOSS * C0 / NG * 110e-12)
    same = np.abs(result["s(same,carrier)"].values)
    np.testing.assert_allclose(same, ways * np.abs(np.cos(np.pi * f * 100e-12)), atol=1e-9)


# -- fabry_perot.cir ----------------------------------------------------------------------------------------------


def test_fabry_perot_lets_out_a_train_that_falls_by_the_loss_of_a_round_trip():
    result = tdsim.simulate(load("fabry_perot"), "tran")
    trip, left = 2 * NG * 1e-3 / C0, amplitude(LOSS * 1e-3) ** 2
    assert trip == pytest.approx(28.02e-12, abs=5e-15), "as the netlist says"
    n = np.arange(5)
    peaks = np.interp(13e-12 + (n + 0.5) * trip, result["time"], result["p(out)"])
    np.testing.assert_allclose(peaks, 1e-3 * 0.4**2 * left * (0.6 * left) ** (2 * n), rtol=0.02)
    between = np.interp(13e-12 + n * trip, result["time"], result["p(out)"])
    assert between.max() < 1e-3 * peaks[0]


def test_fabry_perot_spectrum_is_airys():
    result = tdsim.simulate(load("fabry_perot"), "sparam")
    way = guide(1e-3, result["frequency"].values - CARRIER)
    transmitted = -0.4 * way / (1 - 0.6 * way**2)
    reflected = np.sqrt(0.6) * (1 - 0.4 * way**2 / (1 - 0.6 * way**2))
    np.testing.assert_allclose(result["s(out,in)"], transmitted, atol=1e-10)
    np.testing.assert_allclose(result["s(in,in)"], reflected, atol=1e-10)


# -- sagnac.cir ---------------------------------------------------------------------------------------------------

COIL = 200 * 1.468 / C0
TURNED_PER_RATE = 4 * np.pi * 0.05 * 200 / (1550e-9 * C0)


def dark_port(t, rate, depth):
    """Power (W) at the dark port once the coil is full; at the proper frequency both ways see opposite phases."""
    left = amplitude(0.2e-3 * 200) ** 2
    return 1e-3 * left * np.sin((TURNED_PER_RATE * rate + 2 * depth * np.sin(np.pi * t / COIL)) / 2) ** 2


@pytest.mark.parametrize("rate", [0.0, 0.5, -1.3])
def test_gyroscope_answers_as_the_closed_form(rate):
    result = tdsim.simulate(load("sagnac", rate=rate))
    t = result["time"].values
    full = t > 2.5 * COIL
    np.testing.assert_allclose(result["p(dark)"].values[full], dark_port(t[full], rate, 0.45), atol=2e-10)


def test_gyroscope_at_rest_has_no_imbalance_and_turning_shows_its_sense():
    imbalance = [float(tdsim.simulate(load("sagnac", rate=r))["imbalance"]) for r in (-0.5, 0.0, 0.5)]
    assert abs(imbalance[1]) < 1e-4
    assert imbalance[0] == pytest.approx(-imbalance[2], rel=1e-3)
    assert abs(imbalance[2]) > 0.2
    turned = 0.5 * TURNED_PER_RATE
    assert turned == pytest.approx(0.135, abs=1e-3), "as the netlist says"


@pytest.mark.parametrize("rate", [0.0, 2.0])
def test_only_rotation_breaks_the_reciprocity_of_the_loop(rate):
    circuit = load("sagnac", rate=rate, depth=0.0)
    circuit.instances["xdrive"].values["phase"] = 0.7  # a static phase, the same both ways
    result = tdsim.sparam(circuit, points=3, span=1e6)
    there, back = result["s(dark,in)"].values, result["s(in,dark)"].values
    expected = amplitude(0.2e-3 * 200) * abs(np.sin(TURNED_PER_RATE * rate / 2))
    np.testing.assert_allclose(np.abs(there), expected, atol=1e-9)
    np.testing.assert_allclose(there, -back, atol=1e-9)  # antisymmetric, and zero without rotation


# -- clements.cir -------------------------------------------------------------------------------------------------


def chaos(x):
    return np.sin(x) * 1e4 - np.floor(np.sin(x) * 1e4)


def cell(theta, phi):
    """(bottom, top) in to (bottom, top) out: phase, coupler, phase, coupler, each as a matrix of its own."""
    t, k = coupler(0.5)
    half = np.array([[t, k], [k, t]])
    return half @ np.diag([1, np.exp(1j * theta)]) @ half @ np.diag([1, np.exp(1j * phi)])


def mesh(n):
    """The matrix of the mesh without its arms."""
    matrix = np.eye(n, dtype=complex)
    for column in range(n):
        for k in range(n // 2 - column % 2):
            low = 2 * k + column % 2
            theta = 2 * np.arcsin(np.sqrt(chaos(1 + column + 37 * k)))
            phi = 2 * np.pi * chaos(0.5 + column + 41 * k)
            matrix[low : low + 2] = cell(theta, phi) @ matrix[low : low + 2]
    outputs = np.exp(2j * np.pi * chaos(0.5 + n + 41 * np.arange(n)))
    return outputs[:, None] * matrix


@pytest.mark.parametrize("n", [2, 4, 8])
def test_mesh_is_the_product_of_its_cells(n):
    circuit = load("clements", n=n)
    result = tdsim.sparam(circuit, points=1, span=0)
    inputs = [f"in{k}" if k != n // 2 else f"w0_{k}" for k in range(n)]
    found = np.array([[complex(result[f"s(out{i},{name})"].item()) for name in inputs] for i in range(n)])
    np.testing.assert_allclose(found, guide(300e-6) ** n * mesh(n), atol=1e-10)


def test_mesh_without_loss_is_unitary():
    result = tdsim.sparam(load("clements", loss=0.0), points=3, span=200e9)
    inputs = [f"in{k}" if k != 4 else "w0_4" for k in range(8)]
    found = np.array([[result[f"s(out{i},{name})"].values for name in inputs] for i in range(8)])
    for k in range(3):
        np.testing.assert_allclose(found[:, :, k].conj().T @ found[:, :, k], np.eye(8), atol=1e-12)
    for name in inputs:
        np.testing.assert_allclose(result[f"s({name},in0)"], 0, atol=1e-12)


def test_mesh_gives_out_what_came_in_at_the_same_time_everywhere():
    result = tdsim.simulate(load("clements"))
    late = result.sel(time=15e-12 + 8 * NG * 300e-6 / C0, method="nearest")
    powers = np.array([float(late[f"p(out{k})"]) for k in range(8)])
    np.testing.assert_allclose(powers, 0.895e-3 * np.abs(mesh(8)[:, 4]) ** 2, rtol=1e-3, atol=1e-9)
    before = result.sel(time=slice(0, 5e-12 + 8 * NG * 300e-6 / C0 - 3e-12))
    assert max(float(before[f"p(out{k})"].max()) for k in range(8)) < 1e-8


# -- awg.cir ------------------------------------------------------------------------------------------------------


def test_awg_outputs_have_the_bands_of_a_grating():
    result = tdsim.simulate(load("awg"), "sparam")
    f = result["frequency"].values - CARRIER
    step = 303 * 1550e-9 / NEFF
    assert C0 / (NG * step) == pytest.approx(357.2e9, rel=1e-3), "as the netlist says"
    m = np.arange(8)[:, None]
    ways = np.array([guide((k + 1) * step, f) for k in range(8)])
    for q in range(8):
        expected = (np.exp(2j * np.pi * q * m / 8) * ways).sum(axis=0) / 8
        np.testing.assert_allclose(result[f"s(out{q},in)"], expected, atol=1e-10)
        lossless = amplitude(LOSS * step * 4.5) * np.abs(comb(np.pi * (f * NG * step / C0 + q / 8)))
        np.testing.assert_allclose(np.abs(result[f"s(out{q},in)"]), lossless, atol=2e-2)


def comb(y):
    """sin(8 y) / (8 sin y)."""
    return np.where(np.abs(np.sin(y)) < 1e-12, 1.0, np.sin(8 * y) / (8 * np.sin(y) + 1e-300))


def test_awg_makes_eight_pulses_of_one():
    result = tdsim.simulate(load("awg"), "tran")
    lag = NG * 303 * 1550e-9 / NEFF / C0
    centres = 5.5e-12 + lag * np.arange(1, 9)
    power = np.interp(centres, result["time"], result["p(out1)"])
    left = amplitude(LOSS * 303 * 1550e-9 / NEFF * np.arange(1, 9)) ** 2
    np.testing.assert_allclose(power, 1e-3 * left / 64, rtol=0.05)
    between = np.interp(centres[:-1] + lag / 2, result["time"], result["p(out1)"])
    assert between.max() < 0.01 * power.min()
