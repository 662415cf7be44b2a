"""Processes that read and steer electronics, alone and with light."""

import numpy as np
import pytest

import tdsim
from tdsim.errors import SimulationError, UsageError
from tdsim.netlist import loads

NS = 1e-9


def low_pass(source="v1 in 0 1"):
    return loads(f"t\n{source}\nr1 in out 1k\nc1 out 0 10p\n.save v(out) i(v1)\n.end\n")


def test_a_process_reads_voltages_and_currents():
    seen = []

    def process(sim, memory):
        while True:
            seen.append((sim.now, sim.read("v(out)")[0], sim.read("v(in,out)")[0], sim.read("i(v1)")[0]))
            yield sim.wait(10 * NS)

    circuit = low_pass("v1 in 0 pwl(0 0 10n 0 10.001n 1)").process(process)
    result = tdsim.transient(circuit, stop=50 * NS, step=0.1 * NS)
    times, out, across, current = np.array(seen).T
    np.testing.assert_allclose(times, np.arange(6) * 10 * NS, rtol=1e-12)
    np.testing.assert_array_equal(out[1:], result["v(out)"].values[[99, 199, 299, 399, 499]])
    np.testing.assert_allclose(across, -1e3 * current, atol=1e-9)
    late = np.maximum(result.time.values - 10.0005 * NS, 0)
    np.testing.assert_allclose(result["v(out)"].values, 1 - np.exp(-late / (10 * NS)), atol=1e-4)


def test_a_source_and_a_resistor_are_set():
    """Voltages of capacitors go on from where they were."""

    def process(sim, memory):
        yield sim.wait(20 * NS)
        sim.set("v1.dc", 0.0)
        yield sim.wait(20 * NS)
        sim.set("v1.dc", 2.0)
        sim.set("r1.r", 2e3)

    circuit = low_pass().process(process)
    result = tdsim.transient(circuit, stop=60 * NS, step=0.1 * NS)
    t, out = result.time.values, result["v(out)"].values
    first = t < 19.95 * NS
    np.testing.assert_allclose(out[first], 1.0, atol=1e-9)
    second = (t > 20 * NS) & (t < 39.95 * NS)
    np.testing.assert_allclose(out[second], np.exp(-(t[second] - 19.9 * NS) / (10 * NS)), atol=1e-6)
    left, third = np.exp(-2.0), t > 40 * NS
    expected = 2 - (2 - left) * np.exp(-(t[third] - 39.9 * NS) / (20 * NS))
    np.testing.assert_allclose(out[third], expected, atol=1e-6)


def test_a_crossing_of_a_voltage_wakes():
    """A relaxation oscillator of which the process is the comparator."""

    def process(sim, memory):
        while True:
            yield sim.wait_cross("v(out)", 0.8)
            sim.set("v1.dc", 0.0)
            yield sim.wait_cross("v(out)", 0.2)
            sim.set("v1.dc", 1.0)

    circuit = loads("t\nv1 in 0 1\nr1 in out 1k\nc1 out 0 10p\n.ic v(out)=0\n.save v(out)\n.end\n").process(process)
    out = tdsim.transient(circuit, stop=200 * NS, step=0.05 * NS)["v(out)"].values
    late = out[1000:]
    assert late.max() == pytest.approx(0.8, abs=0.01)
    assert late.min() == pytest.approx(0.2, abs=0.01)
    tops = np.flatnonzero((late[1:-1] > late[:-2]) & (late[1:-1] >= late[2:]))
    assert np.diff(tops).mean() * 0.05 == pytest.approx(2 * 10 * np.log(4), rel=0.01)


def test_the_result_does_not_depend_on_the_pieces(monkeypatch):
    def run():
        def process(sim, memory):
            while True:
                yield sim.wait_cross("v(out)", 0.5)
                sim.set("v1.dc", 1.0 - sim.read("v(in)")[0])

        circuit = loads("t\nv1 in 0 1\nr1 in out 1k\nc1 out 0 10p\n.ic v(out)=0\n.save v(out)\n.end\n")
        return tdsim.transient(circuit.process(process), stop=100 * NS, step=0.1 * NS)["v(out)"].values

    whole = run()
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    np.testing.assert_array_equal(run(), whole)


BOTH = """Light on a photodiode; a process switches the modulator by its driver, the light by the laser
Xl in laser power=1m
Xs in nc1 a b coupler
Xu a c drive 0 phase_shifter vpi=4 phase={-pi/2}
Xw b d 0 drive phase_shifter vpi=4 phase={pi/2}
Xj c d nc2 mod coupler
Xf mod far delay time=5p
Xd far out 0 photodiode
R1 out 0 1k
V1 drive 0 0
.save v(out) p(mod) v(drive)
.end
"""


def test_light_and_voltages_are_read_and_set():
    seen = []

    def process(sim, memory):
        yield sim.wait(20e-12)
        sim.set("v1.dc", 2.0)
        yield sim.wait_cross("v(out)", 0.5)
        seen.append((sim.now, sim.read("p(mod)")[0], sim.read("v(out)")[0]))
        sim.set("xl.power", 2e-3)
        yield sim.wait(20e-12)
        sim.set("r1.r", 500.0)

    result = tdsim.transient(loads(BOTH).process(process), stop=80e-12, step=1e-12)
    ((now, power, voltage),) = seen
    assert now == pytest.approx(26e-12)
    assert (power, voltage) == (pytest.approx(1e-3), pytest.approx(1.0))
    n = np.arange(81)
    np.testing.assert_allclose(result["v(drive)"].values, np.where(n < 20, 0, 2), atol=1e-9)
    power = np.where(n < 20, 0, np.where(n < 26, 1e-3, 2e-3))
    np.testing.assert_allclose(result["p(mod)"].values, power, atol=1e-12)
    late = np.concatenate([np.zeros(5), power[:-5]])
    np.testing.assert_allclose(result["v(out)"].values, late * np.where(n < 46, 1e3, 500), atol=1e-6)


def test_runs_have_values_of_their_own():
    def process(sim, memory):
        yield sim.wait(10 * NS)
        assert sim.read("v(out)").shape == (3,)
        sim.set("v1.dc", np.array([0.0, 1.0, 2.0]))

    params = {"r1.r": np.array([1e3, 2e3, 4e3])}
    result = tdsim.transient(low_pass().process(process), stop=400 * NS, step=1 * NS, params=params)
    np.testing.assert_allclose(result["v(out)"].values[:, -1], [0, 1, 2], atol=1e-3)


def test_what_a_process_cannot_read_is_said():
    def process(sim, memory):
        sim.read("i(c1)")
        yield sim.wait(1 * NS)

    with pytest.raises(UsageError, match=r"i\(c1\) is not measured: save it"):
        tdsim.transient(low_pass().process(process), stop=10 * NS, step=1 * NS)


def test_a_mistake_in_a_process_is_said():
    def process(sim, memory):
        yield sim.wait(1 * NS)
        sim.read("v(outt)")

    with pytest.raises((UsageError, SimulationError), match="unknown node 'outt'; did you mean 'out'"):
        tdsim.transient(low_pass().process(process), stop=10 * NS, step=1 * NS)
