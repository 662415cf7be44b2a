"""Equilibria solved for directly, against closed forms, S-parameters and what circuits run to."""

import numpy as np
import pytest

import tdsim

PS, NS = 1e-12, 1e-9


def cavity(power=1e-3, detuning=0.0, kerr=1e23):
    circuit = tdsim.Circuit("Kerr cavity")
    circuit.add("xl", "laser", "in", power=power)
    circuit.add("xr", "resonator", "in", "out", kappa=(1e10, 1e10), kappa_i=1e9, kerr=kerr, detuning=detuning)
    return circuit.save("x(xr.cavity)", "p(out)")


def test_linear_circuit_is_its_scattering_matrix():
    """With a fractional delay and a driven part, which is taken at its last value."""
    circuit = tdsim.loads("""ring
Xl in         laser power=1m
Xc in b a out coupler coupling=0.2
Xd a m        delay time=2.37p loss=0.5 phase=0.4
Xp m b        phase_shifter phase=pwl(0 0 1n 0.7)
.save e(out) p(out)
.end
""")
    found = tdsim.fixed_point(circuit, step=0.3 * PS)
    circuit.instances["xp"].values["phase"] = 0.7
    s = tdsim.sparam(circuit, points=1, span=0)
    assert complex(found["e(out)"]) == pytest.approx(complex(s["s(out,in)"][0]) * np.sqrt(1e-3), rel=1e-12)
    assert found["e(out)"].dims == ()
    assert found.attrs["analysis"] == "op"


def test_kerr_cavity_obeys_its_cubic_equation():
    """To order 4 in the step, in which the drive stands still."""
    errors = []
    for step in (16 * PS, 8 * PS, 4 * PS):
        a = complex(tdsim.fixed_point(cavity(detuning=1e9), step=step)["x(xr.cavity)"])
        flow = (-2j * np.pi * 1e9 - 1.05e10 + 1e23j * abs(a) ** 2) * a + 1j * np.sqrt(1e10 * 1e-3)
        errors.append(abs(flow) / (1.05e10 * abs(a)))
    assert errors[-1] < 2e-9
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


def test_guess_decides_between_two_branches():
    """Bistable: settled from darkness it stays low; from a bright state it stays bright. Both solve for the same."""
    dark = cavity(detuning=6e9)
    powers = {"xl.power": 6e-3}
    low = tdsim.fixed_point(dark, step=2 * PS, params=powers)
    _, bright = tdsim.settle(dark, tmax=200 * NS, step=2 * PS, params={"xl.power": 2e-2}, return_state=True)
    high, state = tdsim.settle(dark, tmax=200 * NS, step=2 * PS, params=powers, state=bright, return_state=True)
    found = tdsim.fixed_point(dark, step=2 * PS, params=powers, guess=state)
    assert high.attrs["settled"] == 1
    assert float(found["p(out)"]) == pytest.approx(float(high["p(out)"][-1]), rel=1e-6)
    from_dark = tdsim.settle(dark, tmax=200 * NS, step=2 * PS, params=powers)
    assert float(low["p(out)"]) == pytest.approx(float(from_dark["p(out)"][-1]), rel=1e-5)
    assert float(found["p(out)"]) > 3 * float(low["p(out)"])


def test_transient_stays_in_it():
    """Whole and fractional delays, filters and cavities: every remembered number is the right one."""
    circuit = cavity()
    circuit.add("xm", "mirror", "out", "far", reflectivity=0.3).add("xw", "delay", "far", "end", time=7.3 * PS)
    circuit.add("xe", "mirror", "end", "nc", reflectivity=0.8).save("p(nc)")
    _, state = tdsim.fixed_point(circuit, step=0.7 * PS, return_state=True)
    later = tdsim.transient(circuit, stop=98 * PS, step=0.7 * PS, state=state)
    for signal in later.data_vars.values():
        np.testing.assert_allclose(signal, signal[0], rtol=1e-11)


def test_runs_and_inputs():
    powers = np.array([0.0, 1e-3, 2e-3])
    several = tdsim.fixed_point(cavity(), step=2 * PS, params={"xl.power": powers})
    alone = [float(tdsim.fixed_point(cavity(p), step=2 * PS)["p(out)"]) for p in powers]
    np.testing.assert_allclose(several["p(out)"], alone, rtol=1e-12)
    held = tdsim.fixed_point(cavity(), step=2 * PS, inputs={"xl": np.sqrt(powers)})
    np.testing.assert_allclose(held["p(out)"], alone, rtol=1e-12)


def test_no_equilibrium():
    turning = cavity()
    turning.instances["xl"].values["detuning"] = 1e9
    with pytest.raises(tdsim.UsageError, match="xl never stands still"):
        tdsim.fixed_point(turning, step=2 * PS)
    lossless = tdsim.Circuit().add("xm", "mirror", "nc", "a", reflectivity=1.0).add("xd", "delay", "a", "b", time=PS)
    lossless.add("xe", "mirror", "b", "out", reflectivity=1.0).save("p(out)")
    with pytest.raises(tdsim.SimulationError, match="exactly on resonance"):
        tdsim.fixed_point(lossless, step=PS)
