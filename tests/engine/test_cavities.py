"""Linear states against the matrix exponential and closed forms."""

import numpy as np
import pytest
from scipy.linalg import expm

import tdsim

PS = 1e-12


def chain(count, drive="in"):
    """Coupled resonators in a row, the first one on a bus."""
    rng = np.random.default_rng(count)
    circuit = tdsim.Circuit()
    detuning, loss = rng.normal(size=count) * 5e9, rng.uniform(0, 1e10, size=count)
    joined = rng.uniform(5e9, 5e10, size=count - 1)
    for n in range(count):
        circuit.add(
            f"r{n}", "resonator", o1=f"n{n}", kappa=(3e10 if n == 0 else 0.0,), kappa_i=loss[n], detuning=detuning[n]
        )
    for n in range(count - 1):
        circuit.add(f"k{n}", "k", f"r{n}", f"r{n + 1}", j=joined[n])
    matrix = np.diag(-2j * np.pi * detuning - loss / 2).astype(complex)
    matrix[0, 0] -= 1.5e10
    for n in range(count - 1):
        matrix[n, n + 1] = matrix[n + 1, n] = -1j * joined[n]
    return circuit.port("in", "n0"), matrix


@pytest.mark.parametrize("count", [1, 2, 5])
def test_free_decay_is_the_matrix_exponential(count):
    circuit, matrix = chain(count)
    start = np.exp(1j * np.arange(count))
    circuit.initial = {f"x(r{n}.cavity)": start[n] for n in range(count)}
    result = tdsim.transient(circuit, stop=100 * PS, step=0.5 * PS, save=[f"x(r{n}.cavity)" for n in range(count)])
    exact = np.array([expm(matrix * t) @ start for t in result.time.values])
    found = np.stack([result[f"x(r{n}.cavity)"].values for n in range(count)], axis=1)
    assert np.abs(found - exact).max() < 1e-10


@pytest.mark.parametrize("count", [1, 3])
def test_answer_to_a_step_is_the_matrix_exponential(count):
    circuit, matrix = chain(count)
    drive = np.zeros(count, dtype=complex)
    drive[0] = 1j * np.sqrt(3e10)
    result = tdsim.transient(
        circuit,
        stop=200 * PS,
        step=1 * PS,
        inputs={"in": np.ones(201)},
        save=[f"x(r{n}.cavity)" for n in range(count)] + ["e(in)"],
    )
    settled = -np.linalg.solve(matrix, drive)
    exact = np.array([settled - expm(matrix * t) @ settled for t in result.time.values])
    found = np.stack([result[f"x(r{n}.cavity)"].values for n in range(count)], axis=1)
    assert np.abs(found - exact).max() < 1e-10 * np.abs(settled).max()
    np.testing.assert_allclose(result["e(in)"], 1 + 1j * np.sqrt(3e10) * found[:, 0], atol=1e-12)


def test_error_falls_with_the_square_of_the_step():
    """Between samples the drive is taken as linear: second order for smooth drives."""
    errors = []
    for step in (2, 1, 0.5):
        circuit, _ = chain(2)
        t = np.arange(0, 200 + step / 2, step)
        result = tdsim.transient(
            circuit, stop=200 * PS, step=step * PS, inputs={"in": smooth(t)}, save=["x(r1.cavity)"]
        )
        errors.append(np.abs(result["x(r1.cavity)"].values[:: round(2 / step)] - reference()).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 1.9).all()


def smooth(t):
    return np.exp(-(((t - 80) / 15) ** 2)) * np.exp(0.1j * t)


def reference():
    circuit, _ = chain(2)
    t = np.arange(0, 200 + 0.005, 0.01)
    result = tdsim.transient(circuit, stop=200 * PS, step=0.01 * PS, inputs={"in": smooth(t)}, save=["x(r1.cavity)"])
    return result["x(r1.cavity)"].values[::200]


def test_a_cavity_in_a_loop_without_delay():
    """The cavity's instant answer is part of the loop that is solved: it settles where the small signal says."""
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="c", coupling=0.3)
    circuit.add("xr", "ring", "a", "b", fsr=1e12, coupling1=0.05, loss=0.05, detuning=3e9, model="cmt")
    circuit.add("ps", "phase_shifter", "b", "c", phase=0.4)
    circuit.port("in", "i").port("out", "o")
    result = tdsim.transient(circuit, stop=4e-9, step=1e-12, inputs={"in": np.ones(4001)}, save=["e(out)"])
    s = tdsim.sparam(circuit, points=1, span=0)["s(out,in)"].values[0]
    assert abs(s) < 0.999
    assert result["e(out)"].values[-1] == pytest.approx(s, abs=1e-9)


def test_two_cavities_facing_each_other_without_delay_are_refused():
    """Off resonance both reflect everything, so that what stands between them has no value."""
    circuit = tdsim.Circuit()
    circuit.add("a", "resonator", "i", "m", kappa=(2e10, 3e10))
    circuit.add("b", "resonator", "m", "o", kappa=(1e10, 2e10))
    circuit.port("in", "i")
    with pytest.raises(tdsim.SimulationError, match="a, b has no delay and no solution"):
        tdsim.transient(circuit, stop=1e-9, step=1e-12, inputs={"in": [1.0]}, save=["p(o)"])


def test_cmt_ring_is_the_ring_map_at_high_finesse():
    answers = []
    for model in ("map", "cmt"):
        circuit = tdsim.Circuit().port("in", "i").port("drop", "d")
        circuit.add(
            "xr",
            "ring",
            o1="i",
            o2="nct",
            o3="nca",
            o4="d",
            fsr=1e12,
            coupling1=0.01,
            coupling2=0.012,
            detuning=1e9,
            loss=0.01,
            model=model,
        )
        t = np.arange(4001) * 0.5
        drive = np.exp(-(((t - 500) / 150) ** 2))
        answers.append(tdsim.transient(circuit, stop=2000 * PS, step=0.5 * PS, inputs={"in": drive})["e(drop)"].values)
    assert np.abs(answers[0] - answers[1]).max() < 0.02 * np.abs(answers[0]).max()
