"""Branches of a state: with other parameters every state goes on from where it was."""

import numpy as np
import pytest

import tdsim

PS, NS = 1e-12, 1e-9
KAPPA = 2e10


def cavity():
    circuit = tdsim.Circuit()
    circuit.add("xl", "laser", "in", power=1e-3)
    circuit.add("xr", "resonator", "in", "out", kappa=(KAPPA, KAPPA))
    return circuit.save("x(xr.cavity)", "p(out)")


@pytest.mark.parametrize(("name", "values"), [("xr.detuning", [0.0, 2e9, -5e9]), ("xr.kappa_i", [0.0, 1e10, 1e11])])
@pytest.mark.parametrize("step", [PS, 10 * PS])
def test_a_changed_resonator_goes_on_from_its_field(name, values, step):
    """Under a constant drive A(t) = A1 + (A0 - A1) exp(l t): the new resonator's A1 and l, the old one's A0."""
    circuit = cavity()
    _, state = tdsim.settle(circuit, tmax=5 * NS, step=step, tol=1e-11, return_state=True)
    stop = state.time + 0.3 * NS
    branches = tdsim.transient(circuit, stop=stop, step=step, state=state, params={name: np.array(values)})
    first = tdsim.fixed_point(circuit, step=step)["x(xr.cavity)"].item()
    for run, value in enumerate(values):
        final = tdsim.fixed_point(circuit, step=step, params={name: value})["x(xr.cavity)"].item()
        field = branches["x(xr.cavity)"].values[run]
        if value == 0:
            np.testing.assert_allclose(field, first, rtol=1e-9)
            continue
        detuning, loss = (value, 0.0) if name == "xr.detuning" else (0.0, value)
        growth = np.exp((-2j * np.pi * detuning - KAPPA - loss / 2) * step)
        exact = final + (first - final) * growth ** np.arange(1, field.size + 1)
        np.testing.assert_allclose(field, exact, rtol=1e-9)


def test_a_process_that_sets_a_parameter_makes_no_kick_either():
    step, at = PS, 1 * NS

    def detune(sim, memory):
        yield sim.wait(at)
        sim.set("xr.detuning", 2e9)

    plain = cavity()
    _, state = tdsim.transient(plain, stop=at - step, step=step, return_state=True)
    branch = tdsim.transient(plain, stop=1.2 * NS, step=step, state=state, params={"xr.detuning": 2e9})
    found = tdsim.transient(cavity().process(detune), stop=1.2 * NS, step=step)
    start = found.sizes["time"] - branch.sizes["time"]
    np.testing.assert_allclose(found["x(xr.cavity)"].values[start:], branch["x(xr.cavity)"].values, rtol=1e-12)
