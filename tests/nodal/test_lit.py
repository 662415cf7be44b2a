"""Electronics with light on photodiodes, sample by sample, against closed forms."""

import numpy as np
import pytest

from tdsim import Circuit
from tdsim.nodal.integrator import Integrator
from tdsim.nodal.linear import Conditions
from tdsim.nodal.lit import LitDrives, LitRun
from tdsim.nodal.solver import Solver, Tolerances, lay_out
from tdsim.nodal.system import build

R, C, STEP = 1e3, 1e-12, 2e-11


def receiver(step=STEP, **settings):
    """A photodiode on a resistor of 1 kohm with 1 pF: 1 ns."""
    circuit = Circuit().add("xp", "photodiode", "in", "out", "0", **settings)
    circuit.add("r1", "r", "out", "0", r=R).add("c1", "c", "out", "0", c=C)
    system = build(circuit, Conditions())
    drives = LitDrives(system.sources, [system.source("xp")], step, 1.0, 0, 1.0)
    solver = Solver(system, lay_out(system, step), 0, True, Tolerances(reltol=1e-6))
    integrator = Integrator(solver, drives, step)
    integrator.begin({}, {})
    return LitRun(integrator, drives, step), system.unknowns.node("out")


def voltage(light, step=STEP, **settings):
    run, node = receiver(step, **settings)
    return run.go_on(np.asarray(light)[None])[:, node]


def test_light_that_jumps_charges_the_capacitance_at_once():
    t = np.arange(400) * STEP
    late = 100 * STEP
    expected = np.where(t >= late, 1 - np.exp(-(t - late) / (R * C)), 0)
    np.testing.assert_allclose(voltage(1e-3 * (t >= late - 1e-15)), expected, atol=2e-6)


def test_light_on_from_the_start_meets_a_circuit_at_rest_in_the_dark():
    t = np.arange(300) * STEP
    found = voltage(np.full(t.size, 1e-3), dark=1e-4)
    np.testing.assert_allclose(found, 0.1 + 1 - np.exp(-t / (R * C)), atol=2e-6)


def test_the_error_falls_with_the_square_of_the_step():
    errors = []
    for step in (4e-11, 2e-11, 1e-11):
        t = np.arange(int(8e-9 / step)) * step
        w = 2 * np.pi * 1e9
        drive = 1e-3 * (1 - np.cos(w * t))
        steady = 1 - (np.cos(w * t) + w * R * C * np.sin(w * t)) / (1 + (w * R * C) ** 2)
        expected = steady - np.exp(-t / (R * C)) * (1 - 1 / (1 + (w * R * C) ** 2))
        errors.append(np.abs(voltage(drive, step) - expected).max())
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(slopes > 1.8)
    assert errors[-1] < 5e-4


def test_bandwidth_is_a_pole():
    t = np.arange(4000) * 1e-12
    tau = 1 / (2 * np.pi * 2e9)
    found = voltage(np.where(t > 0, 1e-3, 1e-3), 1e-12, bandwidth=2e9)
    rc = R * C
    expected = 1 - (rc * np.exp(-t / rc) - tau * np.exp(-t / tau)) / (rc - tau)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_a_cut_run_is_the_same_bit_for_bit(cut):
    generator = np.random.default_rng(1)
    light = generator.uniform(0, 1e-3, 300)
    run, node = receiver()
    pieces = [run.go_on(light[None, a : a + cut])[:, node] for a in range(0, 300, cut)]
    np.testing.assert_array_equal(np.concatenate(pieces), voltage(light))


def test_going_back_gives_the_same_again():
    light = np.random.default_rng(2).uniform(0, 1e-3, (1, 60))
    run, _ = receiver()
    run.go_on(light[:, :20])
    mark = run.bookmark()
    first = run.go_on(light[:, 20:])
    run.go_back(mark)
    run.go_on(1 - light[:, 20:50])
    run.go_back(mark)
    np.testing.assert_array_equal(run.go_on(light[:, 20:]), first)
