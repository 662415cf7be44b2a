"""Delays in time: the lossless line against its bounce diagram, and delay differential equations."""

import numpy as np
import pytest

from tdsim import Circuit
from tdsim.behaviour import Behaviour, Constant, Operation, Signal

from .circuits import integrator, sample, shape

X = Signal("v", ("x",))


def op(name, *operands):
    return Operation(name, tuple(Constant(float(o)) if isinstance(o, int | float) else o for o in operands))


def line(rs=25.0, load=200.0):
    circuit = Circuit().add("v1", "v", "s", "0", wave=shape("pulse", 0, 1, 1e-9, 50e-12, 50e-12, 1, 2))
    circuit.add("rs", "r", "s", "a", r=rs).add("t1", "t", "a", "0", "b", "0", z0=50.0, td=2e-9)
    return circuit.add("rl", "r", "b", "0", r=load)


def test_line_bounces_exactly():
    run = integrator(line(), 50e-12, 30e-9)
    run.begin({}, {})
    times = np.linspace(0, 30e-9, 3001)
    ours = sample(run, ["v(a)", "v(b)"], times)
    near, far = -1 / 3, 0.6
    incident = np.zeros_like(times)
    arriving = np.zeros_like(times)
    # waves by the method of characteristics, on a grid that divides the delay
    delay = 200
    drive = np.interp(times, [1e-9, 1.05e-9], [0, 1])
    for k in range(times.size):
        arriving[k] = incident[k - delay] if k >= delay else 0.0
        back = far * arriving[k - delay] if k >= delay else 0.0
        incident[k] = drive[k] * 50 / 75 + near * back
    returned = np.concatenate([np.zeros(delay), far * arriving[:-delay]])
    np.testing.assert_allclose(ours[0], incident + returned, atol=2e-7)
    np.testing.assert_allclose(ours[1], (1 + far) * arriving, atol=2e-7)


def test_matched_line_is_its_delay():
    run = integrator(line(50.0, 50.0), 50e-12, 10e-9)
    run.begin({}, {})
    times = np.linspace(0, 10e-9, 401)
    a, b = sample(run, ["v(a)", "v(b)"], times)
    assert a == pytest.approx(0.5 * np.interp(times, [1e-9, 1.05e-9], [0, 1]), abs=1e-7)
    assert b == pytest.approx(0.5 * np.interp(times, [3e-9, 3.05e-9], [0, 1]), abs=1e-7)


def pole(*behaviour):
    """x' = behaviour on a capacitor of 1 F."""
    return Circuit().add("c1", "c", "x", "0", c=1.0).add("b1", "b", "0", "x", i=Behaviour(op(*behaviour)))


def from_value(circuit, x0, step, stop, **tolerances):
    run = integrator(circuit, step, stop, **tolerances)
    start = np.zeros(run.solver.system.size + 1)
    start[0] = x0
    run.begin_from(start, start)
    return run


def test_linear_delay_equation_by_the_method_of_steps():
    """x' = -x(t - 1), x = 1 before: a polynomial in each interval (R. D. Driver, Ordinary and Delay ... (1977))."""
    run = from_value(pole("neg", op("delay", X, 1.0, 1.0)), 1.0, 0.05, 3.0, reltol=1e-8, vntol=1e-10)
    t = np.linspace(0, 3, 301)
    expected = 1 - t
    expected += np.where(t > 1, (t - 1) ** 2 / 2, 0) - np.where(t > 2, (t - 2) ** 3 / 6, 0)
    (x,) = sample(run, ["v(x)"], t)
    np.testing.assert_allclose(x, expected, atol=2e-8)


def test_error_falls_with_the_tolerance_through_kinks():
    errors = []
    for reltol in (1e-4, 1e-6, 1e-8):
        circuit = pole("neg", op("delay", op("sin", X), 1.0, 1.0))
        run = from_value(circuit, 1.0, 0.5, 8.0, reltol=reltol, vntol=1e-2 * reltol)
        fine = from_value(circuit, 1.0, 0.01, 8.0, reltol=1e-10, vntol=1e-12)
        t = np.linspace(0, 8, 161)
        errors.append(np.abs(sample(run, ["v(x)"], t) - sample(fine, ["v(x)"], t)).max())
    assert errors[0] < 1e-5
    assert errors[2] < 0.1 * errors[1] < 0.1 * errors[0]
    assert errors[2] < 2e-8


def test_delay_at_rest_is_no_delay():
    circuit = Circuit().add("v1", "v", "x", "0", dc=2.0).add("b1", "b", "y", "0", v=Behaviour(op("delay", X, 1e-9)))
    run = integrator(circuit.add("r1", "r", "y", "0", r=1e3), 1e-10, 1e-8)
    run.begin({}, {})
    np.testing.assert_allclose(sample(run, ["v(y)"], np.linspace(0, 1e-8, 11)), 2.0, rtol=1e-9)


def test_a_jump_comes_out_after_the_delay_and_nothing_before():
    wave = shape("prbs", 0, 1, 3e-9, 7)
    circuit = Circuit().add("v1", "v", "x", "0", wave=wave).add("b1", "b", "y", "0", v=Behaviour(op("delay", X, 1e-8)))
    run = integrator(circuit.add("r1", "r", "y", "0", r=1e3), 1e-9, 1e-7)
    run.begin({}, {})
    t = np.linspace(0.05e-9, 99.95e-9, 1000)
    x, y = sample(run, ["v(x)", "v(y)"], t)
    np.testing.assert_allclose(y[100:], x[:-100], atol=1e-9)


def test_ddt_is_a_derivative():
    circuit = Circuit().add("v1", "v", "x", "0", wave=shape("sin", 0, 1, 1e6))
    circuit.add("b1", "b", "y", "0", v=Behaviour(op("mul", 1e-7, op("ddt", op("mul", X, X)))))
    run = integrator(circuit.add("r1", "r", "y", "0", r=1.0), 1e-8, 3e-6, reltol=1e-7)
    run.begin({}, {})
    t = np.linspace(0, 3e-6, 301)[1:]
    (y,) = sample(run, ["v(y)"], t)
    np.testing.assert_allclose(y, 1e-7 * 2e6 * np.pi * np.sin(4e6 * np.pi * t), atol=1e-5)


def test_capacitance_that_depends_on_voltage():
    """i = C(v) dv/dt with C = 1 uF (1 + v/V), v a ramp of 1 V/ms."""
    circuit = Circuit().add("v1", "v", "x", "0", wave=shape("pwl", 0, 0, 1e-3, 1))
    current = op("mul", op("mul", 1e-6, op("add", 1, X)), op("ddt", X))
    run = integrator(circuit.add("c1", "b", "x", "0", i=Behaviour(current)), 1e-6, 1e-3)
    run.begin({}, {})
    t = np.array([0.25e-3, 0.5e-3, 0.999e-3])
    (i,) = sample(run, ["i(v1)"], t)
    np.testing.assert_allclose(i, -1e-3 * (1 + 1e3 * t), rtol=1e-6)


def test_undefined_expression_is_named():
    circuit = Circuit().add("v1", "v", "x", "0", wave=shape("sin", 1, 2, 1e6))
    circuit.add("b7", "b", "y", "0", v=Behaviour(op("sqrt", X))).add("r1", "r", "y", "0", r=1.0)
    run = integrator(circuit, 1e-8, 3e-6)
    run.begin({}, {})
    with pytest.raises(Exception, match="expression of b7 is undefined"):
        sample(run, ["v(y)"], np.linspace(0, 3e-6, 31))


def test_a_comparison_guards_what_is_undefined():
    circuit = Circuit().add("v1", "v", "x", "0", wave=shape("sin", 0, 1, 1e6))
    rooted = op("choose", op("gt", X, 0), op("sqrt", X), 0)
    circuit.add("b1", "b", "y", "0", v=Behaviour(rooted)).add("r1", "r", "y", "0", r=1.0)
    run = integrator(circuit, 1e-8, 2e-6)
    run.begin({}, {})
    t = np.linspace(0.013e-6, 1.98e-6, 100)
    x, y = sample(run, ["v(x)", "v(y)"], t)
    np.testing.assert_allclose(y, np.sqrt(np.maximum(x, 0)), atol=2e-3)


def test_comparisons_switch_where_they_should():
    circuit = Circuit().add("v1", "v", "x", "0", wave=shape("sin", 0, 1, 1e6))
    circuit.add("b1", "b", "y", "0", v=Behaviour(op("choose", op("gt", X, 0.3), 5, -2))).add("r1", "r", "y", "0", r=1.0)
    run = integrator(circuit, 1e-7, 3e-6)
    run.begin({}, {})
    edges = (np.arcsin(0.3) + np.array([0, 2 * np.pi])) / 2e6 / np.pi
    edges = np.sort(np.concatenate([edges, 0.5e-6 - edges[:1], 1.5e-6 - edges[:1]]))
    t = np.sort(np.concatenate([edges - 1e-12, edges + 1e-12]))
    (y,) = sample(run, ["v(y)"], t)
    np.testing.assert_allclose(y, [-2, 5, 5, -2] * 2, atol=1e-6)
    assert run.effort()["events"] == 4


def test_a_saved_state_goes_on_to_the_same_bits():
    """Also in another integrator, whose delays remember nothing."""

    def begun():
        return from_value(pole("neg", op("delay", op("sin", X), 1.0, 1.0)), 1.0, 0.05, 8.0)

    first, other = begun(), begun()
    first.advance(3.3)
    saved = first.save()
    first.advance(7.0)
    once = first.words["Z"].copy()
    for run in (first, other):
        run.restore(saved)
        run.advance(7.0)
        np.testing.assert_array_equal(run.words["Z"], once)
