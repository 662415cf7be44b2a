"""Transients of linear circuits against closed forms."""

import numpy as np
import pytest

import tdsim
from tdsim import Circuit

from .circuits import integrator, sample, shape, unknown

METHODS = ("", "trap", "gear")


def low_pass():
    circuit = Circuit().add("v1", "v", "in", "0", wave=shape("pwl", 0, 0, 1e-6, 0, 1.5e-6, 1))
    return circuit.add("r1", "r", "in", "out", r=1e3).add("c1", "c", "out", "0", c=1e-9)


def ramp_response(t, tau=1e-6):
    def integral(s):
        s = np.maximum(s, 0)
        return s - tau * (1 - np.exp(-s / tau))

    return (integral(t - 1e-6) - integral(t - 1.5e-6)) / 0.5e-6


@pytest.mark.parametrize(("method", "bound"), [("", 1e-6), ("trap", 1e-3), ("gear", 3e-3)])
def test_low_pass_follows_a_ramp(method, bound):
    run = integrator(low_pass(), 50e-9, 5e-6, method)
    run.begin({}, {})
    times = np.linspace(0, 5e-6, 777)
    (out,) = sample(run, ["v(out)"], times)
    assert np.abs(out - ramp_response(times)).max() < bound


@pytest.mark.parametrize("method", METHODS)
def test_error_follows_the_tolerance(method):
    errors = []
    for reltol in (1e-3, 1e-5, 1e-7):
        run = integrator(low_pass(), 1e-6, 5e-6, method, longest=1e-6, reltol=reltol, vntol=1e-9)
        run.begin({}, {})
        times = np.linspace(0, 5e-6, 777)
        (out,) = sample(run, ["v(out)"], times)
        errors.append(np.abs(out - ramp_response(times)).max())
    assert errors[0] < 1e-2
    assert errors[1] < 0.1 * errors[0]
    assert errors[2] < 0.15 * errors[1]


def tank():
    return Circuit().add("l1", "l", "t", "0", l=1e-6).add("c1", "c", "t", "0", c=1e-9)


@pytest.mark.parametrize(("method", "bound"), [("", 1e-6), ("trap", 1e-9)])
def test_tank_keeps_its_energy_for_100_periods(method, bound):
    period = 2 * np.pi * np.sqrt(1e-15)
    run = integrator(tank(), period / 100, 100 * period, method)
    start = np.zeros(3)
    start[0] = 1.0
    run.begin_from(start * 1e-9, start)
    voltage, current = sample(run, ["v(t)", "i(l1)"], [100 * period])
    energy = 0.5e-9 * voltage**2 + 0.5e-6 * current**2
    assert energy[0] / 0.5e-9 == pytest.approx(1, abs=bound)


@pytest.mark.parametrize(("options", "old"), [({"xmu": 0.45}, 0.45), ({"maxord": 1}, 0.0), ({"xmu": 0.5}, 0.5)])
def test_xmu_and_maxord_damp_a_tank(options, old):
    # each step h multiplies exp(i w t) by (1 + i xmu w h) / (1 - i (1 - xmu) w h)
    frequency = 1 / np.sqrt(1e-15)
    period = 2 * np.pi / frequency
    run = integrator(tank(), period / 200, 20 * period, longest=period / 200, options=options, trtol=1e9)
    start = np.zeros(3)
    start[0] = 1.0
    run.begin_from(start * 1e-9, start)
    kept = np.array([unknown(run.solver.system, name) for name in ("v(t)", "i(l1)")])
    blocks = [(times.copy(), values.copy()) for times, values in run.points(kept, 0.0, 20 * period)]
    turns = frequency * np.diff(np.concatenate([times for times, _ in blocks]))
    voltage, current = blocks[-1][1][-1]
    loss = np.log(np.abs((1 + 1j * old * turns) / (1 - 1j * (1 - old) * turns))).sum()
    assert np.log(voltage**2 + 1e3 * current**2) / 2 == pytest.approx(loss, rel=1e-4, abs=1e-6)


def test_pivots_below_pivtol_ask_for_others():
    divider = Circuit().add("v1", "v", "1", "0", dc=1.0).add("r1", "r", "1", "2", r=1e3).add("r2", "r", "2", "0", r=1e3)
    for pivtol, sought in ((0.0, False), (1e-6, False), (1e-1, True)):
        divider.options["pivtol"] = pivtol
        run = integrator(divider, 1e-6, 5e-6)
        run.begin({}, {})
        assert (run.solver.chosen_for is not None) == sought
        assert run.words["Z"][unknown(run.solver.system, "v(2)")] == pytest.approx(0.5)


def test_current_through_a_driven_capacitor_jumps_with_the_slope():
    circuit = Circuit().add("v1", "v", "in", "0", wave=shape("pwl", 0, 0, 1e-6, 1, 2e-6, 1))
    circuit.add("c1", "c", "in", "0", c=1e-9)
    run = integrator(circuit, 50e-9, 2e-6)
    run.begin({}, {})
    kept = np.array([unknown(run.solver.system, "i(v1)")])
    pieces = [(t.copy(), v.copy()) for t, v in run.points(kept, 0.0, 2e-6)]
    times, values = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    early, late = times < 1e-6, times >= 1e-6
    np.testing.assert_allclose(values[early], -1e-3, rtol=1e-6)
    np.testing.assert_allclose(values[late], 0, atol=1e-9)
    assert (np.diff(times) > 0).all()


def test_time_constants_nine_decades_apart():
    circuit = Circuit().add("v1", "v", "s", "0", wave=shape("pwl", 0, 0, 1e-9, 1))
    circuit.add("r1", "r", "s", "a", r=1.0).add("c1", "c", "a", "0", c=1e-9)
    circuit.add("r2", "r", "a", "b", r=1e9).add("c2", "c", "b", "0", c=1e-9)
    run = integrator(circuit, 10e-3, 5.0, reltol=1e-6)
    run.begin({}, {})
    times = np.concatenate([np.linspace(0.2e-9, 6e-9, 40), np.linspace(0.01, 5, 50)])
    a, b = sample(run, ["v(a)", "v(b)"], times)
    np.testing.assert_allclose(a, ramp(times), atol=1e-5)
    np.testing.assert_allclose(b[40:], 1 - np.exp(-times[40:]), atol=1e-5)
    assert run.effort()["steps"] < 1500


def ramp(t, tau=1e-9, rise=1e-9):
    def integral(s):
        s = np.maximum(s, 0)
        return s - tau * (1 - np.exp(-s / tau))

    return (integral(t) - integral(t - rise)) / rise


def test_a_saved_state_goes_on_to_the_same_bits():
    times = np.linspace(0, 5e-6, 501)
    first = integrator(low_pass(), 50e-9, 5e-6)
    first.begin({}, {})
    (whole,) = sample(first, ["v(out)"], times)
    second = integrator(low_pass(), 50e-9, 5e-6)
    second.begin({}, {})
    second.advance(2.5e-6)
    saved = second.save()
    (once,) = sample(second, ["v(out)"], times[251:])
    second.restore(saved)
    (again,) = sample(second, ["v(out)"], times[251:])
    np.testing.assert_array_equal(once, again)
    np.testing.assert_allclose(once, whole[251:], atol=1e-6)


def test_in_a_transient_a_shape_stands_alone_whatever_dc_is():
    """As in ngspice: dc is for .op and .dc, also where it is not the shape's value at t = 0."""
    text = "A\nV1 in 0 dc 1 pulse(0 1 1u 1n 1n 1)\nR1 in out 1k\nC1 out 0 1n\nR2 out 0 3k\n.tran 0.1u 20u\n.op\n"
    found = tdsim.simulate(tdsim.loads(text + ".save v(out)\n"))
    np.testing.assert_allclose(found["tran"]["v(out)"][[0, -1]], [0, 0.75], atol=1e-6)
    np.testing.assert_allclose(found["op"]["v(out)"], 0.75)
