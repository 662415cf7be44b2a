"""Derivatives of whole signals, against the exact gradients of their weighted sums."""

import numpy as np
import pytest

import tdsim

from .circuits import CASES, KERR, PORTS, WHOLE_RING
from .differences import STEP, signal

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

COUNT = 200


class Weighted:
    """The sum over signals and times of Re conj(weight) signal."""

    def __init__(self, weights):
        self.weights = weights

    def value(self, signals):
        return sum(np.real(np.conj(w) * signals[name]).sum(axis=-1) for name, w in self.weights.items())

    def pullback(self, signals):
        return {name: np.broadcast_to(w, signals[name].shape) for name, w in self.weights.items()}


@pytest.mark.parametrize("name", ["fractional ring", "resonators", "Kerr", "lasers", "kept lossless"])
def test_weighted_sums_have_the_gradients_of_the_adjoint(name):
    text, wrt, save = CASES[name]
    circuit = tdsim.loads(text)
    inputs = {"in": signal(COUNT)} if "in" in circuit.external else {}
    asked = {"inputs": inputs, "step": STEP, "stop": (COUNT - 1) * STEP, "save": save}
    found = tdsim.sensitivity(circuit, wrt, **asked)
    weights = {k: signal(COUNT, seed) if name[0] in "ex" else signal(COUNT, seed).real for seed, k in enumerate(save)}
    _, slopes = tdsim.gradient(circuit, Weighted(weights), wrt, **asked)
    assert list(found["parameter"].values) == list(slopes)
    for label in slopes:
        here = found.sel(parameter=label)
        total = sum(float(np.real(np.conj(weights[k]) * here[k].values).sum()) for k in save)
        size = sum(float(np.abs(np.conj(weights[k]) * here[k].values).sum()) for k in save)
        assert abs(total - float(slopes[label])) < 1e-7 * size
        assert float(here["error"]) < 1e-6


def test_runs_are_apart():
    circuit, light = tdsim.loads(KERR), signal(COUNT, runs=2)
    asked = {"step": STEP, "stop": (COUNT - 1) * STEP, "save": ["e(out)"]}
    kappas = np.array([[2e11, 3e11], [1e11, 2e11]])
    wrt = ["xr1.kappa[1]", "xc.coupling"]
    both = tdsim.sensitivity(circuit, wrt, inputs={"in": light}, params={"xr1.kappa": kappas}, **asked)
    assert both["e(out)"].dims == ("parameter", "run", "time")
    for run in range(2):
        one = tdsim.sensitivity(circuit, wrt, inputs={"in": light[run]}, params={"xr1.kappa": kappas[run]}, **asked)
        for label in wrt:
            there = both["e(out)"].sel(parameter=label).values[run]
            np.testing.assert_allclose(one["e(out)"].sel(parameter=label), there, atol=1e-7 * np.abs(there).max())


LINE = """Line and switch
V1 a 0 pulse(0 1 1n 1n 1n 5n)
R1 a b 50
T1 b 0 c 0 z0=75 td=2n
R2 c 0 60
C1 c 0 1p
S1 b 0 a 0 sw1
.model sw1 sw(vt=0.3 ron=1k roff=1meg)
.tran 0.2n 20n
"""

TURNED = """A switch that a capacitor turns
V1 a 0 pulse(0 1 1p 1p 1p 9p)
R1 a b 1k
C1 b 0 2f
R2 a c 1k
S1 c 0 b 0 sw1
.model sw1 sw(vt=0.5 vh=0.1 ron=1k roff=1meg)
"""

RECEIVER = """Light on a photodiode
Xl in laser power=pulse(0.1m 1m 1p 1p 1p 3p)
Xc in nc a b coupler coupling=0.3
Xp a c out 0 phase_shifter vpi=1
Xq c b d nd coupler
Xd d out 0 photodiode responsivity=0.8 saturation=3m
R1 out 0 800
C1 out 0 2f
.tran 0.1p 8p
"""


@pytest.mark.parametrize(
    ("text", "wrt", "save", "step", "stop"),
    [
        (LINE, ["r1.r", "t1.z0", "c1.c"], ["v(b)", "v(c)"], 0.2e-9, 20e-9),
        (RECEIVER, ["xc.coupling", "xp.vpi", "xd.saturation", "r1.r"], ["v(out)", "p(d)"], STEP, 80 * STEP),
    ],
)
@pytest.mark.parametrize("runs", [None, 2])
def test_electronics(text, wrt, save, step, stop, runs):
    """Against gradients of random sums; signals are counted by their size."""
    circuit, rng = tdsim.loads(text), np.random.default_rng(1)
    params = {} if runs is None else {"r1.r": np.array([40.0, 60.0]) if text == LINE else np.array([700.0, 800.0])}
    asked = {"step": step, "stop": stop, "save": save, "params": params}
    found = tdsim.sensitivity(circuit, wrt, **asked)
    assert found[save[0]].dims == (("parameter", "time") if runs is None else ("parameter", "run", "time"))
    weights = {name: rng.normal(size=found.sizes["time"]) for name in save}
    _, slopes = tdsim.gradient(circuit, Weighted(weights), wrt, **asked)
    for label in wrt:
        here = found.sel(parameter=label)
        total = sum((weights[name] * here[name].values).sum(axis=-1) for name in save)
        size = sum(np.abs(weights[name] * here[name].values).sum(axis=-1) for name in save)
        assert (np.abs(total - slopes[label].values) < 1e-6 * size).all()
        assert float(here["error"]) < 1e-6


@pytest.mark.parametrize(
    ("text", "wrt", "said"),
    [
        (WHOLE_RING, [], "nothing to differentiate by"),
        (WHOLE_RING, ["in"], "is no parameter"),
        (WHOLE_RING.replace("coupling=0.3", "coupling=1"), ["xc.coupling"], "stands at its bound"),
        (f"Kerr\nXr in out resonator{PORTS}", ["x(xr.cavity)"], "is no parameter"),
        (LINE + ".save v(b)\n", ["t1.td"], "moves the instants"),
        (TURNED, ["r1.r"], "instants that may move"),
    ],
)
def test_wrong_use_gives_a_sentence(text, wrt, said):
    circuit = tdsim.loads(text)
    inputs = {"in": signal(COUNT)} if "in" in circuit.external else {}
    with pytest.raises(tdsim.UsageError, match=said):
        tdsim.sensitivity(circuit, wrt, inputs=inputs, step=STEP, stop=(COUNT - 1) * STEP)
