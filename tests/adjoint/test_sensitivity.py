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


@pytest.mark.parametrize(
    ("text", "wrt", "said"),
    [
        (WHOLE_RING, [], "nothing to differentiate by"),
        (WHOLE_RING, ["in"], "is no parameter"),
        (WHOLE_RING.replace("coupling=0.3", "coupling=1"), ["xc.coupling"], "stands at its bound"),
        (f"Kerr\nXr in out resonator{PORTS}", ["x(xr.cavity)"], "is no parameter"),
        ("RC\nV1 a 0 1\nR1 a b 1k\nC1 b 0 1n\n.save v(b)\n", ["r1.r"], "of electronics are not available yet"),
    ],
)
def test_wrong_use_gives_a_sentence(text, wrt, said):
    circuit = tdsim.loads(text)
    inputs = {"in": signal(COUNT)} if "in" in circuit.external else {}
    with pytest.raises(tdsim.UsageError, match=said):
        tdsim.sensitivity(circuit, wrt, inputs=inputs, step=STEP, stop=(COUNT - 1) * STEP)
