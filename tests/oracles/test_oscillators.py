"""Loops of light and electronics against delay differential equations solved to all digits (tests/oracles/data).

tau dx/dt = -x + beta cos^2(x(t - delay) + phi): laser, modulator, fibre, photodiode with a low-pass, amplifier. The
loop begins dark, so that it follows the stored trajectory one delay later.
"""

import json
from math import pi
from pathlib import Path

import numpy as np

import tdsim

DATA = Path(__file__).parent / "data"
NS = 1e-9


def oracle(name):
    file = np.load(DATA / f"{name}.npz")
    return json.loads(str(file["params"])), file["t"], file["x"]


def oscillator(p):
    circuit = tdsim.Circuit().add("xl", "laser", "in", power=1e-3)
    circuit.add("xs", "coupler", "in", "nc1", "a", "b").add("xj", "coupler", "c", "d", "nc2", "fibre")
    circuit.add("xu", "phase_shifter", "a", "c", "x", "0", vpi=pi, phase=p["phi"])
    circuit.add("xv", "phase_shifter", "b", "d", "0", "x", vpi=pi, phase=-p["phi"])
    circuit.add("xf", "delay", "fibre", "far", time=p["tau_D"] * NS)
    circuit.add("xd", "photodiode", "far", "load", "0")
    circuit.add("rl", "r", "load", "0", r=1e3).add("cl", "c", "load", "0", c=p["tau_L"] * NS / 1e3)
    return circuit.add("ea", "e", "x", "0", "load", "0", gain=p["beta"]).save("v(x)")


def errors(name, step, until):
    """The error (times,) of v(x) at the stored times up to `until` ns."""
    p, t, x = oracle(name)
    known = t <= until
    result = tdsim.transient(oscillator(p), stop=(until + p["tau_D"]) * NS, step=step * NS)
    late = np.rint((t[known] + p["tau_D"]) / step).astype(int)
    late = np.rint((t[known] + p["tau_D"]) / step).astype(int)
    np.testing.assert_allclose(late * step, t[known] + p["tau_D"], atol=1e-6)
    return np.abs(result["v(x)"].values[late] - x[known])


def test_period_two_is_met_and_the_error_falls_with_the_square_of_the_step():
    full_scale = np.ptp(oracle("oeo_lowpass_period2")[2])
    coarse, middle, fine = (errors("oeo_lowpass_period2", s, 800.0).max() / full_scale for s in (0.025, 0.0125, 0.01))
    assert fine < 1e-4
    assert 3.5 < coarse / middle < 4.5


def test_chaos_is_met_within_its_horizon():
    """An error of e0 grows by exp(0.0235 t/ns): a step with e0 = 5e-6 of full scale keeps within 1 % to 300 ns."""
    full_scale = np.ptp(oracle("oeo_lowpass_chaos")[2])
    error = errors("oeo_lowpass_chaos", 0.005, 300.0) / full_scale
    assert error.max() < 1e-2
    assert error[: error.size // 3].max() < 2e-4
