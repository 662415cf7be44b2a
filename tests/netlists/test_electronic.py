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


# -- transistors ----------------------------------------------------------------------------------------------------

VT = 1.380649e-23 * 300.15 / 1.602176634e-19
"""kT/q at 27 degrees (V)."""


def saturated(kp, shape, overdrive, modulation, drop):
    """Current (A), transconductance and output conductance (S) of a level-1 transistor in saturation."""
    beta, boost = kp * shape, 1 + modulation * drop
    return beta * overdrive**2 / 2 * boost, beta * overdrive * boost, beta * overdrive**2 / 2 * modulation


def test_ring_oscillates_with_the_delays_of_its_stages():
    _, measures = run(load("ring_oscillator"))
    assert measures["period"] == pytest.approx(5 * (measures["rising"] + measures["falling"]), rel=5e-3)
    assert measures["rising"] == pytest.approx(measures["falling"], rel=0.1)
    assert 3.3 < measures["top"] < 3.45
    assert -0.15 < measures["bottom"] < 0
    _, slower = run(load("ring_oscillator", n=7))
    assert slower["period"] == pytest.approx(1.4 * measures["period"], rel=0.01)


def test_operational_amplifier_has_the_gain_of_its_two_stages():
    rest, measures = run(load("op_amp"), "op")
    v = {name: float(rest[f"v({name})"]) for name in ("a", "m", "out", "tail", "bias")}
    assert measures["held"] == pytest.approx(1.5, abs=1e-5)
    _, gm1, gds2 = saturated(110e-6, 40, 1.5 - v["tail"] - 0.7, 0.04, v["a"] - v["tail"])
    _, _, gds4 = saturated(50e-6, 20, 3.3 - v["m"] - 0.7, 0.05, 3.3 - v["a"])
    _, gm6, gds6 = saturated(50e-6, 200, 3.3 - v["a"] - 0.7, 0.05, 3.3 - v["out"])
    _, _, gds7 = saturated(110e-6, 50, v["bias"] - 0.7, 0.04, v["out"])
    gain = gm1 / (gds2 + gds4) * gm6 / (gds6 + gds7)
    _, measures = run(load("op_amp"), "ac")
    assert measures["gain"] == pytest.approx(20 * math.log10(gain), abs=0.02)
    assert measures["unity"] == pytest.approx(gm1 / (2 * math.pi * 2e-12), rel=0.05)
    assert -math.radians(120) < measures["phase"] < 0


def test_transimpedance_follows_from_the_slopes_of_the_inverter():
    rest, _ = run(load("transimpedance"), "op")
    assert float(rest["v(out)"]) == pytest.approx(1.65, abs=1e-6)
    _, gm, gds = saturated(110e-6, 40, 1.65 - 0.7, 0.06, 1.65)
    up, out = 2 * gm, 2 * gds
    _, measures = run(load("transimpedance"), "ac")
    impedance, resistance = (5e3 - 1 / up) / (1 + out / up), (5e3 + 1 / out) / (1 + up / out)
    assert measures["low"] == pytest.approx(impedance, rel=1e-4)
    assert measures["corner"] == pytest.approx(1 / (2 * math.pi * 100e-15 * resistance), rel=2e-3)
    _, measures = run(load("transimpedance"), "tran")
    assert measures["eye"] == pytest.approx(20e-6 * impedance, rel=2e-3)


def test_modulator_driver_swings_by_current_and_resistance():
    _, measures = run(load("modulator_driver"), "op")
    into_collector = 1 / (1 + 1 / (100 * (1 + (3.3 - 1.8) / 200)))
    assert measures["level"] == pytest.approx(-0.5 * into_collector, abs=1e-3)
    _, measures = run(load("modulator_driver"), "tran")
    assert 0.49 < measures["high"] < 0.53
    assert measures["low"] == pytest.approx(-measures["high"], rel=0.02)
    assert measures["rise"] == pytest.approx(math.log(9) * 50 * 240e-15, rel=0.07)


def test_latch_remembers():
    result, measures = run(load("latch"))
    assert measures["start"] == pytest.approx(0, abs=1e-3)
    assert measures["set"] == pytest.approx(3.3, abs=1e-3)
    assert measures["reset"] == pytest.approx(0, abs=1e-3)
    assert measures["again"] == pytest.approx(3.3, abs=1e-3)
    assert measures["other"] == pytest.approx(0, abs=1e-3)
    t, q = result["time"].values, result["v(q)"].values
    held = (t > 14e-9) & (t < 29e-9)
    np.testing.assert_allclose(q[held], 3.3, atol=1e-3)


def test_comparator_takes_longer_for_smaller_differences():
    _, measures = run(load("comparator"))
    _, gm, gds = saturated(110e-6, 4, 1.65 - 0.7, 0.05, 1.65)
    tau = 50e-15 / (2 * gm - 2 * gds)
    assert measures["later"] - measures["late"] == pytest.approx(tau * math.log(10), rel=5e-3)
    assert measures["one"] == pytest.approx(3.3, abs=1e-3)
    assert measures["other"] == pytest.approx(3.3, abs=1e-3)


def test_sampling_transistor_leaves_its_charge():
    _, measures = run(load("sample_hold_mos"))
    overlap, channel = 3e-15 * 3.3, 3.9 * 8.854187e-12 / 20e-9 * 10e-12 * (3.3 - 1 - 0.7)
    assert (overlap + channel / 2) / 1e-12 < measures["pedestal"] < 1.1 * (overlap + channel / 2) / 1e-12
    assert 0 < measures["droop"] < 1e-6
    _, larger = run(load("sample_hold_mos", c=2e-12))
    assert larger["pedestal"] == pytest.approx(measures["pedestal"] / 2, rel=0.03)


def test_crossbar_of_transistors_reads_one_row_at_a_time():
    _, measures = run(load("crossbar_mos"))

    def current(resistance):
        """Of a resistor and a transistor in its linear region in series at 0.1 V."""
        drop, beta = 0.0, 110e-6 * 8
        for _ in range(50):
            drop = 0.1 / (1 + resistance * beta * (2.6 - drop / 2))
        return (0.1 - drop) / resistance

    assert measures["first"] == pytest.approx(current(20e3), rel=1e-4)
    assert measures["second"] == pytest.approx(current(60e3), rel=1e-4)
    assert measures["next"] == pytest.approx(current(40e3), rel=1e-4)
    assert abs(measures["idle"]) < 1e-11


def test_bandgap_reference_is_flat_at_the_gap():
    result, measures = run(load("bandgap"), "dc")
    at = 273.15 + float(result["temp"][int(result["v(out)"].argmax())])
    assert 280 < at < 330
    assert measures["most"] == pytest.approx(1.11 + 2 * VT * at / 300.15, abs=1e-3)
    assert measures["most"] - measures["least"] < 5e-3


def test_astable_multivibrator_takes_turns():
    _, measures = run(load("astable"))
    assert measures["period"] == pytest.approx(2 * 47e3 * 1e-9 * math.log(2), rel=0.1)
    assert 0 < measures["low"] < 0.1
    assert measures["high"] == pytest.approx(5, abs=0.01)
    assert -5 < measures["deep"] < -3.9
    _, slower = run(load("astable", c=1.5e-9))
    assert slower["period"] == pytest.approx(1.5 * measures["period"], rel=0.03)


def test_schmitt_trigger_has_two_thresholds():
    _, measures = run(load("schmitt_trigger"))
    ratio = math.sqrt(1 / 3)
    assert measures["up"] == pytest.approx((5 + ratio * 0.7) / (1 + ratio), abs=0.01)
    assert measures["down"] == pytest.approx(ratio * 4.3 / (1 + ratio), abs=0.01)


def test_gilbert_cell_multiplies():
    sweep, _ = run(load("gilbert_cell"), "dc")
    product = np.tanh(sweep["v1"] / (2 * VT)) * np.tanh(sweep["v2"] / (2 * VT)) * (1000 / 1001) ** 2
    np.testing.assert_allclose(sweep["v(d)"], 1e-3 * product.transpose(*sweep["v(d)"].dims), atol=2e-7)
    _, measures = run(load("gilbert_cell"), "tran")
    phase = np.linspace(0, 2 * math.pi, 1000, endpoint=False)
    mean = 1e-3 * (np.tanh(4e-3 * np.sin(phase) / (2 * VT)) ** 2).mean()
    assert measures["mean"] == pytest.approx(mean, rel=5e-3)


def test_transistors_with_a_common_emitter_compute_a_softmax():
    _, measures = run(load("softmax"), "op")
    voltages = 0.02 * (3 * np.arange(4) % 4)
    part = np.exp(voltages / VT) / np.exp(voltages / VT).sum()
    found = [measures[f"c{k}"] for k in range(4)]
    np.testing.assert_allclose(found, 1e-4 * part * 1000 / 1001, rtol=1e-5)
    sweep, _ = run(load("softmax"), "dc")
    others = np.exp((1 + voltages[1:]) / VT).sum()
    logistic = 1 / (1 + others * np.exp(-sweep["v0"].values / VT))
    np.testing.assert_allclose(sweep["i(vc0)"], 1e-4 * logistic * 1000 / 1001, rtol=1e-4, atol=1e-11)
