"""The learning cell beside a Kerr resonator, against SciPy's integration of the same equations."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import tdsim

NS = 1e-9
KAPPA, KERR, COUPLING, INVERSE_MASS = 2 / NS, 0.7 / NS, 0.5 / NS, 3 / NS


def circuit(kappa=(KAPPA,), friction=0.0):
    built = tdsim.Circuit()
    built.add("r", "resonator", *(["in"] if kappa else []), kappa=kappa, kerr=KERR)
    built.add("cell", "learning_cell", "r", coupling=COUPLING, inverse_mass=INVERSE_MASS, friction=friction)
    built.initial = {"x(r.cavity)": 0.8 + 0.3j, "x(cell.position)": 0.4, "x(cell.momentum)": 0.2}
    return built.port("in", "in") if kappa else built


SAVE = ["x(r.cavity)", "x(cell.position)", "x(cell.momentum)"]


@pytest.mark.parametrize("friction", [0.0, 0.8 / NS])
def test_trajectory(friction):
    def derivative(t, y):
        a, q, p = y[0] + 1j * y[1], y[2], y[3]
        drive = 1j * np.sqrt(KAPPA) * np.sin(0.5 * t / NS) / np.sqrt(NS)
        da = (-KAPPA / 2 + 1j * KERR * abs(a) ** 2 - 1j * COUPLING * q) * a + drive
        return [da.real, da.imag, INVERSE_MASS * p, -COUPLING * abs(a) ** 2 - friction * p]

    exact = solve_ivp(derivative, (0, 5 * NS), [0.8, 0.3, 0.4, 0.2], rtol=1e-11, atol=1e-13).y[:, -1]
    errors = []
    for step in (0.01 * NS, 0.005 * NS):
        t = np.arange(0, 5 * NS + step / 2, step)
        inputs = {"in": np.sin(0.5 * t / NS) / np.sqrt(NS)}
        found = tdsim.transient(circuit(friction=friction), stop=5 * NS, step=step, inputs=inputs, save=SAVE)
        a, q, p = (found[name].values[-1] for name in SAVE)
        errors.append(np.abs(np.array([a.real, a.imag, q, p]) - exact).max())
    assert errors[1] < 3e-5
    assert errors[0] / errors[1] == pytest.approx(4, abs=0.4), "order 2 in the step: the drive changes"


def test_energy_and_its_exchange():
    """Without ports the energy in the resonator stays, and so does the Hamiltonian, to the order of the method."""
    found = tdsim.transient(circuit(kappa=()), stop=20 * NS, step=0.01 * NS, save=SAVE)
    a, q, p = (found[name] for name in SAVE)
    energy = abs(a) ** 2
    np.testing.assert_allclose(energy, energy[0], rtol=1e-12)
    hamiltonian = INVERSE_MASS * p**2 / 2 + COUPLING * q * energy - KERR * energy**2 / 2
    assert float(abs(hamiltonian - hamiltonian[0]).max()) < 1e-8 * float(abs(hamiltonian).max())
    assert found["x(cell.position)"].dtype == float
    assert found["x(cell.momentum)"].attrs["units"] == "J"


def test_friction_turns_the_momentum_into_a_step_of_the_position():
    still = circuit(kappa=(), friction=1 / NS)
    still.initial["x(r.cavity)"] = 0.0
    found = tdsim.transient(still, stop=3 * NS, step=0.5 * NS, save=SAVE)
    left = np.exp(-found.time.values / NS)
    np.testing.assert_allclose(found["x(cell.momentum)"], 0.2 * left, rtol=1e-12)
    np.testing.assert_allclose(found["x(cell.position)"], 0.4 + 0.2 * 3 * (1 - left), rtol=1e-12)


def test_a_mass_below_zero_turns_the_step_round():
    still = circuit(kappa=(), friction=1 / NS)
    still.initial["x(r.cavity)"] = 0.0
    masses = {"cell.inverse_mass": np.array([INVERSE_MASS, -INVERSE_MASS])}
    found = tdsim.transient(still, stop=3 * NS, step=0.5 * NS, params=masses, save=SAVE)
    moved = found["x(cell.position)"].values[:, -1] - 0.4
    assert moved[1] == pytest.approx(-moved[0], rel=1e-12)
    assert moved[0] > 0


def test_one_carrier_only():
    two = circuit()
    two.carrier(1550e-9, 1551e-9)
    with pytest.raises(tdsim.UsageError, match="simulate one carrier"):
        tdsim.transient(two, stop=NS, step=0.1 * NS, save=SAVE)
