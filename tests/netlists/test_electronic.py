"""The electronic netlists show what they say."""

import math

import numpy as np
import pytest

import tdsim

from .shipped import ROOT


def load(name, **parameters):
    """A shipped electronic netlist, with top-level parameters set to other values."""
    return tdsim.load(ROOT / "electronic" / f"{name}.cir", {key: repr(value) for key, value in parameters.items()})


def run(circuit, analysis=None):
    """The result of a circuit, and its measures by name."""
    result = tdsim.simulate(circuit, analysis)
    return result, {m.name: float(result[m.name]) for m in circuit.measures if m.name in result}


def test_rc_low_pass_meets_its_closed_form():
    transient, measures = run(load("rc_lowpass"), "tran")
    assert measures["after_tau"] == pytest.approx(1 - 1 / math.e, abs=5e-5)  # a straight line over 20 ns is 2e-5 off
    assert measures["rise"] == pytest.approx(math.log(9) * 1e-6, rel=1e-4)
    since = np.maximum(transient["time"].values - 1e-6, 0)
    np.testing.assert_allclose(transient["v(out)"], 1 - np.exp(-since / 1e-6), atol=1e-4)
    _, measures = run(load("rc_lowpass"), "ac")
    assert measures["corner"] == pytest.approx(-10 * math.log10(2), abs=1e-3)
    assert measures["phase"] == pytest.approx(-math.pi / 4, abs=1e-3)


def test_rlc_rings_as_a_second_order_system():
    _, measures = run(load("rlc_ringing"))
    damping, w0 = 0.1, 1e6
    wd = w0 * math.sqrt(1 - damping**2)
    assert measures["peak"] == pytest.approx(1 + math.exp(-math.pi * damping / math.sqrt(1 - damping**2)), abs=1e-3)
    assert measures["peak_at"] == pytest.approx(1e-6 + math.pi / wd, abs=2e-8)
    assert measures["period"] == pytest.approx(2 * math.pi / wd, rel=1e-3)


def test_lc_tank_keeps_its_energy():
    _, measures = run(load("lc_tank"))
    assert measures["first"] == pytest.approx(0.5, rel=1e-4)
    assert measures["last"] == pytest.approx(measures["first"], rel=1e-4)
    assert measures["hundred"] == pytest.approx(99e-6, rel=1e-4)


def test_rectifier_ripple_is_that_of_the_load():
    result, measures = run(load("rectifier"))
    assert 0.6 < 12 - measures["top"] < 0.8
    assert measures["ripple"] == pytest.approx(measures["top"] * 1e-3 / 0.1, rel=0.1)
    assert measures["ripple"] < measures["top"] * 1e-3 / 0.1
    assert measures["surge"] < -10 * measures["top"] / 10e3
    assert float(result["i(v1)"].max()) < 1e-4, "a diode lets no current back, but for its charge"


def test_diode_clamp_follows_the_diode_equation():
    _, measures = run(load("diode_clamp"), "dc")
    assert measures["low_middle"] == pytest.approx(-0.5, abs=1e-3)
    assert measures["middle"] == pytest.approx(0.5, abs=1e-3)
    vt = 1.380649e-23 * 300.15 / 1.602176634e-19
    out = 1.7
    for _ in range(50):
        out = 1 + vt * math.log((5 - out) / 1e3 / 1e-15)
    assert measures["above"] == pytest.approx(out, abs=1e-4)
    assert measures["below"] == pytest.approx(-out, abs=1e-4)
    _, measures = run(load("diode_clamp"), "tran")
    assert measures["top"] == pytest.approx(out, abs=1e-3)


def test_line_bounces_by_its_reflection_coefficients():
    _, measures = run(load("line_bounce"))
    load_end, source_end, sent = 0.6, -1 / 3, 2 / 3
    arrived = [sent * (1 + load_end)]
    for _ in range(2):
        arrived.append(arrived[-1] + arrived[0] * (load_end * source_end) ** len(arrived))
    found = [measures[name] for name in ("first", "second", "third")]
    assert found == pytest.approx(arrived, abs=1e-5)
    assert measures["last"] == pytest.approx(200 / 225, abs=1e-4)
    assert measures["echo"] == pytest.approx(sent + sent * load_end * (1 + source_end), abs=1e-5)
    assert measures["arrival"] == pytest.approx(3e-9, abs=2e-12)


def test_sample_and_hold_holds_with_lag_and_droop():
    result, measures = run(load("sample_hold"))
    held = (1 + 0.8 * math.sin(2 * math.pi * 20e3 * 11.005e-6)) * math.exp(-3e-3)
    assert measures["held"] == pytest.approx(held, abs=2e-4)
    slope = 0.8 * 2 * math.pi * 20e3 * math.cos(2 * math.pi * 20e3 * 10.9e-6)
    assert measures["lag"] == pytest.approx(slope * 10e-9 + 1.8e-5, abs=2e-5)
    assert float(result["v(out)"].max()) < 1.81


def test_relaxation_period_is_that_of_its_two_slopes():
    _, measures = run(load("relaxation"))
    discharging = 20e-9 * math.log((3.5 - 0.02) / (1.5 - 0.02))
    assert measures["low"] == pytest.approx(1.5, abs=1e-3)
    assert measures["high"] == pytest.approx(3.5, abs=1e-3)
    assert measures["period"] == pytest.approx(2e-6 + discharging, rel=1e-4)


def test_sallen_key_is_butterworth():
    response, measures = run(load("sallen_key"), "ac")
    assert measures["pass"] == pytest.approx(0, abs=1e-3)
    assert measures["corner"] == pytest.approx(-10 * math.log10(2), abs=2e-3)
    assert measures["stop"] == pytest.approx(-10 * math.log10(1 + 10**4), abs=1e-2)
    f0 = 1 / (2 * math.pi * 1e4 * math.sqrt(2e-9 * 1e-9))
    expected = -10 * np.log10(1 + (response["frequency"].values / f0) ** 4)
    np.testing.assert_allclose(response["vdb(out)"], expected, atol=1e-6)
    _, measures = run(load("sallen_key"), "tran")
    assert measures["top"] == pytest.approx(1 + math.exp(-math.pi), abs=1e-3)


def test_van_der_pol_settles_on_its_cycle():
    _, measures = run(load("van_der_pol"))
    assert measures["top"] == pytest.approx(2.0215, abs=1e-3)
    assert measures["period"] == pytest.approx(11.612231, rel=1e-3)


def test_crossbar_multiplies_a_matrix_by_a_vector():
    result, measures = run(load("crossbar"), "op")
    rows = 0.1 * np.arange(1, 9)
    conductance = np.array([[1e-6 * (1 + (3 * i + 5 * j) % 7) for j in range(8)] for i in range(8)])
    found = [float(result[f"i(vc{j})"]) for j in range(8)]
    np.testing.assert_allclose(found, rows @ conductance, rtol=1e-9)
    assert measures["first"] == pytest.approx(12.7e-6, rel=1e-9)
    assert measures["all"] == pytest.approx(113.5e-6, rel=1e-9)
    sweep, _ = run(load("crossbar"), "dc")
    np.testing.assert_allclose(np.diff(sweep["i(vc0)"]) / np.diff(sweep["v0"]), 1e-6, rtol=1e-6)


def test_ring_heater_comes_to_balance_behind_the_resonance():
    _, measures = run(load("ring_heater"))
    hot = 60.0
    for _ in range(100):
        resistance = 500 * (1 + 2e-3 * hot)
        hot = 11e3 * (2 / (resistance + 50)) ** 2 * resistance
    assert measures["hot"] == pytest.approx(hot, rel=1e-4)
    assert measures["balance"] == pytest.approx(0, abs=1e-2)
    assert measures["dip"] == pytest.approx(0.1, abs=5e-3)
    assert measures["end"] == pytest.approx(1 - 0.9 / (1 + ((10 * hot - 150) / 20) ** 2), abs=1e-4)


def test_transformer_meets_the_exact_ratios():
    _, measures = run(load("transformer"), "ac")
    w, mutual = 2 * math.pi * 1e5, 0.95 * 200e-6
    loaded = 1j * w * mutual * 50 / (1j * w * 400e-6 * 50 + w**2 * (mutual**2 - 400e-6 * 100e-6))
    assert measures["loaded_ratio"] == pytest.approx(abs(loaded), rel=1e-6)
    assert measures["open_ratio"] == pytest.approx(mutual / 400e-6, rel=1e-6)


def test_mackey_glass_is_chaotic():
    _, measures = run(load("mackey_glass"))
    assert 0.2 < measures["low"] < 0.5
    assert 1.2 < measures["high"] < 1.4
    assert measures["mean"] == pytest.approx(0.93, abs=0.03)
    fixed = tdsim.simulate(load("mackey_glass", tau=1))
    late = fixed["v(x)"].values[fixed["time"].values > 500]
    np.testing.assert_allclose(late, 1.0, atol=1e-3, err_msg="a short delay is stable at x = 1: 0.2 / (1 + 1) = 0.1")
