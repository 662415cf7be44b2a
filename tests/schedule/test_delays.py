"""The fractional delay filters: gain, phase, losslessness, limits."""

import numpy as np
import pytest

import tdsim
from tdsim.schedule import delays


def response(taps, frequency):
    return np.sum(taps * np.exp(2j * np.pi * frequency * np.arange(len(taps))))


@pytest.mark.parametrize("fraction", [0.01, 0.3, 0.5, 0.77])
def test_sinc_is_exact_at_the_carrier_and_good_to_a_part_in_ten_million(fraction):
    part = delays.split(40 + fraction, in_loop=False)
    assert part.allpass.size == 0
    assert abs(part.taps.sum() - 1) < 1e-15
    for frequency in (-0.4, -0.1, 0.05, 0.25, 0.4):
        total = response(part.taps, frequency) * np.exp(2j * np.pi * frequency * part.whole)
        assert abs(total - np.exp(2j * np.pi * frequency * (40 + fraction))) < 1e-7


def lattice(k, x, transposed=False):
    """The normalised lattice as one orthogonal matrix a sample: (states, input) to (states, output)."""
    order = len(k)
    columns = []
    for unit in np.eye(order + 1):
        s, f = unit[:order], unit[order]
        g = np.zeros(order + 1)
        for i in range(order - 1, -1, -1):
            c = np.sqrt(1 - k[i] ** 2)
            g[i + 1], f = k[i] * f + c * s[i], c * f - k[i] * s[i]
        columns.append([f, *g[1:order], g[order]])
    matrix = np.array(columns).T
    state, out = np.zeros(order), []
    for value in x:
        *state, y = (matrix.T if transposed else matrix) @ [*state, value]
        out.append(y)
    return matrix, np.array(out)


@pytest.mark.parametrize("samples", [1.7, 2.5, 3.2, 7.9, 35.473])
def test_allpass_is_orthogonal_and_flat_at_the_carrier(samples):
    part = delays.split(samples, in_loop=True)
    matrix, h = lattice(part.allpass, np.eye(1, 2000)[0])
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-15)
    for frequency in (0.0, 0.01, 0.2, 0.4):
        assert abs(abs(response(h, frequency)) - 1) < 1e-12
    exact = np.exp(2j * np.pi * 0.01 * (samples - part.whole))
    assert abs(response(h, 0.01) - exact) < 1e-3 / 30 ** (2 * len(part.allpass) - 2) + 1e-14


@pytest.mark.parametrize("samples", [1.3, 2.5, 9.7])
@pytest.mark.parametrize("port", ["o1", "o2"])
def test_the_engine_runs_the_same_lattice(samples, port):
    """A ring's loop is filtered by an all-pass in both directions: the one way by the lattice, the other transposed."""
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="l", o4="r", o3="a", o2="b", coupling=1.0)
    circuit.add("w", "delay", "a", "b", time=samples * 1e-12)
    circuit.port("p1", "l").port("p2", "r")
    one, other = ("p1", "p2") if port == "o1" else ("p2", "p1")
    x = np.random.default_rng(1).normal(size=60)
    result = tdsim.transient(circuit, stop=59e-12, step=1e-12, inputs={one: x}, save=[f"e({other})"])
    part = delays.split(samples, in_loop=True)
    _, expected = lattice(part.allpass, np.concatenate([np.zeros(part.whole), x])[:60], transposed=port == "o2")
    np.testing.assert_allclose(result[f"e({other})"].values, -expected, atol=1e-14)


def test_whole_delays_need_no_filter():
    for samples in (0, 1, 40, 100000.0000000001):
        part = delays.split(samples, in_loop=True)
        assert (part.whole, part.allpass.size, part.taps.size) == (round(samples), 0, 0)


def test_a_delay_below_one_sample_is_refused_with_the_step_that_would_do():
    circuit = tdsim.Circuit().add("w", "delay", "i", "o", time=0.4e-12).port("in", "i")
    with pytest.raises(tdsim.UsageError, match=r"0.4 of a step.* use a step of 400 fs"):
        tdsim.transient(circuit, stop=1e-11, step=1e-12, inputs={"in": [1.0]}, save=["e(o)"])


def test_a_lossless_ring_keeps_its_energy():
    """All-passes in the loop: what goes into a lossless ring comes out to round-off, fractional delay or not."""
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=0.2)
    circuit.add("w", "delay", "a", "b", time=10.37e-12, phase=0.3)
    circuit.port("in", "i").port("out", "o")
    x = np.random.default_rng(2).normal(size=200)
    result = tdsim.transient(circuit, stop=20000e-12, step=1e-12, inputs={"in": x}, save=["p(out)"])
    assert float(result["p(out)"].sum()) == pytest.approx(np.sum(x**2), rel=1e-12)
