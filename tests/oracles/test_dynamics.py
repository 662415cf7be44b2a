"""Rings, cavities and loops with fractional delays against their exact impulse responses (tests/oracles/data)."""

import json
from math import log10, sqrt
from pathlib import Path

import numpy as np
import pytest

import tdsim

DATA = Path(__file__).parent / "data"
PS = 1e-12


def pulse(t):
    """The input of all four files, t in ps."""
    return np.exp(-(((t - 80) / 12) ** 2)) * np.exp(2j * np.pi * 0.03 * t)


def decibels(amplitude):
    return -20 * log10(amplitude)


def ring_allpass_fractional(p):
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=1 - p["t"] ** 2)
    circuit.add("w", "delay", "a", "b", time=p["tau"] * PS, phase=p["phi"], loss=decibels(p["a"]))
    return circuit.port("in", "i").port("out", "o")


def ring_adddrop_drop(p):
    half = {"time": p["tau"] / 2 * PS, "phase": p["phi"] / 2, "loss": decibels(sqrt(p["a"]))}
    circuit = tdsim.Circuit()
    circuit.add("dc1", "coupler", o1="i", o4="nc1", o3="a", o2="d", coupling=1 - p["t1"] ** 2)
    circuit.add("dc2", "coupler", o1="b", o4="c", o3="o", o2="nc2", coupling=1 - p["t2"] ** 2)
    circuit.add("up", "delay", "a", "b", **half).add("down", "delay", "c", "d", **half)
    return circuit.port("in", "i").port("out", "o")


def fabry_perot_transmit(p):
    circuit = tdsim.Circuit()
    circuit.add("m1", "mirror", "i", "a", reflectivity=p["r1"] ** 2)
    circuit.add("m2", "mirror", "b", "o", reflectivity=p["r2"] ** 2)
    time, phase = p["tau_single_pass"] * PS, p["phi_single_pass"]
    circuit.add("w", "delay", "a", "b", time=time, phase=phase, loss=decibels(p["a_single_pass"]))
    return circuit.port("in", "i").port("out", "o")


def sagnac_transmit(p):
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o2="o", o3="a", o4="b", coupling=1 - p["t"] ** 2)
    phases = {"phase": p["phi"], "nonreciprocal_phase": p["sagnac_phase"]}
    circuit.add("w", "delay", "b", "a", time=p["tau"] * PS, loss=decibels(p["a"]), **phases)
    return circuit.port("in", "i").port("out", "o")


CIRCUITS = [ring_allpass_fractional, ring_adddrop_drop, fabry_perot_transmit, sagnac_transmit]
DIVIDING = {"ring_allpass_fractional": 50, "ring_adddrop_drop": 100, "fabry_perot_transmit": 50, "sagnac_transmit": 5}
"""How many steps of each file's grid make one that divides every delay."""


@pytest.mark.parametrize("build", CIRCUITS, ids=lambda b: b.__name__)
@pytest.mark.parametrize("grid", ["own", "dividing"])
def test_response(build, grid):
    data = np.load(DATA / f"{build.__name__}.npz")
    every = 1 if grid == "own" else DIVIDING[build.__name__]
    step = data["t"][1] / every
    samples = (len(data["t"]) - 1) * every + 1
    x = pulse(np.arange(samples) * step)
    circuit = build(json.loads(str(data["params"])))
    result = tdsim.transient(circuit, stop=(samples - 1) * step * PS, step=step * PS, inputs={"in": x}, save=["e(out)"])
    error = np.abs(result["e(out)"].values[::every] - data["y"]).max()
    assert error <= (1e-6 if grid == "own" else 1e-11) * np.abs(data["y"]).max()
