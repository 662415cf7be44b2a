"""Kerr resonators against trajectories from high-order collocation (tests/oracles/data).

The files count time in units of their own; here one of them is a nanosecond.
"""

from pathlib import Path

import numpy as np
import pytest

import tdsim

DATA = Path(__file__).parent / "data"
NS = 1e-9


@pytest.fixture(scope="module")
def echo():
    """16 resonators in a row, conjugated at 20: da_n/dt = i((w_n + g|a_n|^2) a_n + kappa (a_n-1 + a_n+1))."""
    with np.load(DATA / "timereversal_kerr_g1.npz") as data:
        return data["t"], data["a"]


def lattice(start):
    circuit = tdsim.Circuit("16 Kerr resonators in a row")
    for n, value in enumerate(start):
        detuning = -0.3 * np.sin(2.1 * n) / (2 * np.pi * NS)
        circuit.add(f"r{n}", "resonator", kappa=(), detuning=detuning, kerr=1 / NS)
        circuit.initial[f"x(r{n}.cavity)"] = value
    for n in range(len(start) - 1):
        circuit.add(f"k{n}", "k", f"r{n}", f"r{n + 1}", j=-1 / NS)
    return circuit


CAVITIES = [f"x(r{n}.cavity)" for n in range(16)]


def amplitudes(result, every):
    return np.stack([result[name].values[::every] for name in CAVITIES], axis=1)


def test_kerr_lattice_up_to_the_conjugation(echo):
    """To the file's own tolerance, 1e-11, at 4 steps for each of its samples; the error is of order 4."""
    t, a = echo
    forward = t <= 20 + 1e-9
    errors = []
    for finer in (1, 2, 4):
        result = tdsim.transient(lattice(a[0]), stop=20 * NS, step=0.05 * NS / finer, save=CAVITIES)
        errors.append(np.abs(amplitudes(result, finer) - a[forward]).max())
    assert errors[-1] < 1e-11
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


def test_lossless_lattice_keeps_its_energy(echo):
    _, a = echo
    result = tdsim.transient(lattice(a[0]), stop=2000 * NS, step=0.1 * NS, save=CAVITIES)
    energy = (np.abs(amplitudes(result, 1)) ** 2).sum(axis=1)
    assert np.abs(energy / energy[0] - 1).max() < 1e-11, "20,000 steps"


def test_ring_driven_up_and_down_through_its_bistability():
    """dA/dt = -(1 + i D) A + i|A|^2 A + F(t): order 2 in the step, because the drive changes."""
    with np.load(DATA / "kerr_ring_ramp.npz") as data:
        t, amplitude = data["t"], data["A"]
    circuit = tdsim.Circuit("Kerr ring")
    circuit.add("r", "resonator", "in", kappa=(2 / NS,), detuning=4 / (2 * np.pi * NS), kerr=1 / NS)
    circuit.port("in", "in")
    errors = []
    for steps in (20, 40, 80):
        times = np.arange(800 * steps + 1) / steps
        drive = 3.6 * np.where(times < 400, times, 800 - times) / 400
        found = tdsim.transient(
            circuit,
            stop=800 * NS,
            step=NS / steps,
            inputs={"in": -1j * drive * np.sqrt(NS / 2) / NS},
            save=["x(r.cavity)"],
        )["x(r.cavity)"].values
        every = round(0.2 * steps)
        errors.append(np.abs(found[::every][: len(t)] - amplitude).max())
    assert errors[-1] < 2e-4
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.2)
