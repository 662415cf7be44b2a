"""Reservoirs: the delay loop is the map it stands for, and the readout learns what no linear filter can."""

from importlib import resources

import numpy as np
import pytest

import tdsim
from tdsim.training import Readout, Reservoir, delayed_xor, narma10

ROOT = resources.files("tdsim.netlists")
SLOT = 10e-12
LINK = 4.2 * 20e-3 / 299792458.0
NODES = [f"p(read{i}_{j})" for i in range(4) for j in range(4)]


def delay_reservoir(nodes, gain=0.85, scale=0.1, bias=0.0, **settings):
    """A delay reservoir with a random mask of signs; the offset of the light is taken off by the bias."""
    parameters = {"nodes": str(nodes), "gain": repr(gain), "bias": repr(bias - scale / 2)}
    circuit = tdsim.load(ROOT / "neuromorphic" / "delay_reservoir.cir", parameters)
    mask = np.random.default_rng(0).choice([-1.0, 1.0], nodes)
    given = {"sources": ["xdata"], "signals": ["v(x)"], "slot": SLOT, "mask": mask}
    return Reservoir(circuit, **given, scale=scale * 1e-3, offset=scale * 0.5e-3, **settings)


def swirl(**settings):
    circuit = tdsim.load(ROOT / "photonic" / "swirl16.cir")
    given = {"sources": ["xlaser", "in0_0", "in3_3", "in2_1"], "signals": NODES, "slot": LINK, "step": LINK / 8}
    return Reservoir(circuit, **given, scale=10e-3, **settings)


@pytest.mark.parametrize(("nodes", "gain", "scale", "bias"), [(7, 0.85, 0.4, 0.0), (12, 1.4, 2.0, 0.3)])
def test_the_delay_loop_is_the_map(nodes, gain, scale, bias):
    """x_i(n) = sin(a x_(i-1)(n-1) + b m_i u(n) + phi), where node 0 hears the last node of two turns before."""
    reservoir = delay_reservoir(nodes, gain, scale, bias)
    u = np.random.default_rng(1).uniform(0, 0.5, 40)
    x = np.zeros(nodes * 40)
    drive = scale * np.outer(u, reservoir.mask).ravel() + bias
    for k in range(x.size):
        x[k] = np.sin(gain * (x[k - nodes - 1] if k > nodes else 0.0) + drive[k])
    found = reservoir.respond(u).ravel()
    # An answer leaves the fibre after nodes + 1 slots: it is read one turn and a slot later.
    np.testing.assert_allclose(found[nodes + 1 :], x[: -nodes - 1], atol=1e-10)


def test_narma_is_the_published_sequence():
    u, y = narma10(400, 3)
    n = 123
    expected = 0.3 * y[n] + 0.05 * y[n] * sum(y[n - k] for k in range(10)) + 1.5 * u[n - 9] * u[n] + 0.1
    assert y[n + 1] == pytest.approx(expected, rel=1e-14)
    assert not y[:10].any()
    assert 0 < u.min() < u.max() < 0.5


def test_twenty_nodes_tell_as_much_of_narma_as_the_last_twenty_inputs_do():
    (u, y), (v, z) = narma10(1200, 0), narma10(500, 100)
    reservoir = delay_reservoir(20).fit(u, y)
    taps, others = (np.stack([np.roll(w, k) for k in range(1, 21)], axis=1)[50:] for w in (u, v))
    linear = Readout().fit(taps, y[50:]).predict(others)
    assert reservoir.error(v, z) < np.mean((linear - z[50:]) ** 2) / np.var(z[50:])
    assert reservoir.score(v, z) == pytest.approx(1 - reservoir.error(v, z))


def test_swirl_tells_whether_bits_differ():
    """No linear readout of bits can: their correlation with the answer is zero."""
    (bits, answers), (others, wanted) = delayed_xor(400, 0), delayed_xor(300, 1)
    reservoir = swirl(washout=20).fit(bits, answers)
    found = reservoir.predict(others)[20:] > 0.5
    assert (found == wanted[20:]).all()
    linear = np.stack([bits, np.roll(bits, 1), np.roll(bits, 2)], axis=1)
    blind = Readout().fit(linear[20:], answers[20:]).predict(linear[20:]) > 0.5
    assert (blind != answers[20:]).mean() > 0.3


def test_readout_is_the_ridge_solution_and_picks_its_penalty():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 50)), rng.normal(size=60)
    readout = Readout(penalties=[0.3]).fit(x, y)
    centred, size = x - x.mean(axis=0), np.linalg.norm(x - x.mean(axis=0), 2)
    expected = np.linalg.solve(centred.T @ centred + 0.3 * size**2 * np.eye(50), centred.T @ (y - y.mean()))
    np.testing.assert_allclose(readout.weights, expected, rtol=1e-9, atol=1e-12)
    assert Readout().fit(x, y).penalty == max(Readout().penalties), "noise is best not followed"
    assert Readout().fit(x, x[:, 0] + 2).penalty == min(Readout().penalties)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda r: r.predict(np.ones(80)), "call fit first"),
        (lambda r: r.respond(np.array([0.1, np.nan])), "input 1 is not a finite number"),
        (lambda r: r.respond(np.array([0.1, 3.0])), "input 1 .*offset of at least 0.0003 W"),
        (lambda r: r.respond(np.ones((2, 2))), "one number a time"),
        (lambda r: r.fit(np.ones(80), np.ones(79)), "one target an input"),
        (lambda r: r.fit(np.ones(80), np.full(80, np.inf)), "target 0 is not a finite number"),
        (lambda r: r.fit(np.ones(40), np.ones(40)), "leave none after a washout of 50"),
        (lambda r: delay_reservoir(5, washout=-1), "washout must be 0"),
        (lambda r: Reservoir(r.circuit, sources=["nose"], signals=["v(x)"], slot=SLOT).respond(np.ones(9)), "nose"),
        (lambda r: Reservoir(r.circuit, sources=["xdata"], signals=["v(y)"], slot=SLOT).respond(np.ones(9)), "y"),
        (lambda r: Reservoir(r.circuit, sources=[], signals=["v(x)"], slot=SLOT), "at least one source"),
        (lambda r: Reservoir(r.circuit, sources=["a"], signals=["b"], slot=SLOT, step=3e-12), "whole number of steps"),
        (lambda r: narma10(5, 0), "at least 11"),
        (lambda r: Readout(penalties=[]), "penalties"),
        (lambda r: Readout().fit(np.ones((9, 2)), np.arange(9.0)), "does the input reach it"),
    ],
)
def test_wrong_use_gets_a_sentence(call, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        call(delay_reservoir(5, scale=0.1))
