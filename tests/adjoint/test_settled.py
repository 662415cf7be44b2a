"""Gradients at equilibria of light: against differences of fixed points, and against those of long transients."""

import numpy as np
import pytest

import tdsim
from tdsim.adjoint.costs import Mean, SquaredError

from .circuits import CELLS, KERR, MAP_RING, MODE_RING, NEAR, RESONATORS, SHORT_PATH, WHOLE_RING
from .differences import STEP, extrapolated, shifted

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LASERS = """Two lasers and an add-drop ring
Xl in laser power=2m phase=0.3
Xc in out a b coupler coupling=0.3
Xp b d phase_shifter phase=pulse(0 1 1p 1p 1p)
Xr d e p q ring radius=10u ng=4.2 loss=0.1 coupling1=0.05 coupling2=0.07 detuning=3g
Xw e a delay time=1.53p loss=1 phase=0.3
Xl2 p laser power=3m phase=1
"""

NETWORK = KERR.replace("kerr=3e22", "kerr=3e23").replace("kerr=-2e22", "kerr=-2e23")

CARRIERS = WHOLE_RING.replace("Xc", ".carrier 1.55u 1.551u\nXc", 1)

CASES = {
    "ring": (WHOLE_RING, ["xc.coupling", "xw.phase", "xw.loss", "xw.time"], ["e(out)"]),
    "by modes": (MODE_RING, ["xr.coupling1", "xr.loss", "xr.detuning"], ["p(d)", "x(xr.forward)"]),
    "by round trip": (MAP_RING, ["xr.coupling1", "xr.loss", "xr.detuning"], ["p(d)"]),
    "path": (SHORT_PATH, ["xc1.coupling", "xw.loss", "xw.time"], ["p(d)"]),
    "resonators": (RESONATORS, ["xr1.kappa", "xr2.detuning", "k1.j", "xc.coupling"], ["e(out)", "x(xr1.cavity)"]),
    "Kerr": (NETWORK, ["xr1.kappa", "xr1.kerr", "xr2.detuning", "k1.j", "xc.coupling"], ["e(out)", "x(xr1.cavity)"]),
    "lasers": (LASERS, ["xl.phase", "xl2.power", "xc.coupling", "xw.phase", "xr.coupling2"], ["p(q)"]),
    "two carriers": (CARRIERS, ["xc.coupling", "xw.phase"], ["p(out)"]),
}


def cost_of(save):
    return SquaredError({name: 1e-3 * (k + 1) for k, name in enumerate(save)})


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_differences_of_fixed_points_give(name):
    text, wrt, save = CASES[name]
    circuit, cost = tdsim.loads(text), cost_of(save)
    asked = {"inputs": {"in": 1 + 0.3j} if "in" in circuit.external else {}, "step": STEP, "save": save}
    several = len(circuit.carriers) > 1

    def value(shift, label):
        found = tdsim.fixed_point(circuit, params=shifted(circuit, label, shift), **asked)
        signals = {k: found[k].values[..., None] for k in save}
        return float(np.sum(cost.value({k: v[None] if several else v for k, v in signals.items()})))

    total, slopes = tdsim.gradient(circuit, cost, wrt, settled=True, **asked)
    assert float(np.sum(total)) == pytest.approx(value(0.0, next(iter(slopes))), rel=1e-12)
    errors, sizes = [], []
    for label in slopes:
        whole = label.partition("[")[0]
        near = NEAR.get(whole, NEAR.get(whole.partition(".")[2]))
        expected = extrapolated(lambda shift, label=label: value(shift, label), near, tries=4)
        errors.append(abs(float(slopes[label]) - expected) * near)
        sizes.append(abs(expected) * near)
    assert max(errors) < 1e-7 * max(sizes)


@pytest.mark.parametrize("name", ["by modes", "Kerr", "resonators", "two carriers"])
def test_it_is_that_of_a_long_transient(name):
    """The light is switched on slowly and seen through a window: what is far off resonance is trapped for long."""
    text, wrt, save = CASES[name]
    circuit, count, part = tdsim.loads(text), 12_000, 5000
    rise = np.sin(np.pi / 2 * np.minimum(np.arange(count) / part, 1)) ** 2
    window = np.where(np.arange(count) < count - part, 0, np.sin(np.pi * (np.arange(count) - count) / part) ** 2)
    steady, light = tdsim.gradient(circuit, cost_of(save), wrt, settled=True, inputs={"in": 0.5}, step=STEP, save=save)
    long = SquaredError({name: 1e-3 * (k + 1) for k, name in enumerate(save)}, window * count / window.sum())
    asked = {"inputs": {"in": 0.5 * rise}, "step": STEP, "stop": (count - 1) * STEP, "save": save}
    value, slopes = tdsim.gradient(circuit, long, wrt, **asked)
    assert value == pytest.approx(steady, rel=1e-8)
    nears = {n: NEAR.get(n, NEAR.get(n.partition(".")[2])) for n in (label.partition("[")[0] for label in slopes)}
    sizes = {label: nears[label.partition("[")[0]] * np.abs(slopes[label].values).max() for label in slopes}
    for label in slopes:
        apart = np.abs(light[label].values - slopes[label].values).max() * nears[label.partition("[")[0]]
        assert apart < 1e-6 * max(sizes.values())


def test_inputs_and_runs():
    circuit, save = tdsim.loads(NETWORK), ["e(out)"]
    light, lag = np.array([0.3, 1.0 + 0.2j]), np.array([0.2, 0.4])
    asked = {"settled": True, "step": STEP, "save": save}
    value, slopes = tdsim.gradient(
        circuit, cost_of(save), ["in", "xr1.kerr"], inputs={"in": light}, params={"xc.coupling": lag}, **asked
    )
    assert value.shape == (2,)
    assert slopes["in"].dims == ("run",)
    for run in range(2):
        for way in (1, 1j):
            ends = [
                tdsim.fixed_point(
                    circuit, inputs={"in": light[run] + e * way}, params={"xc.coupling": lag[run]}, step=STEP, save=save
                )
                for e in (1e-4, -1e-4)
            ]
            one, other = (cost_of(save).value({"e(out)": end["e(out)"].values[None]}) for end in ends)
            assert np.real(np.conj(slopes["in"].values[run]) * way) == pytest.approx((one - other) / 2e-4, rel=1e-6)


def test_a_state_says_which_equilibrium():
    """A resonator with two stable equilibria: the gradient is that of the one near the state."""
    circuit = tdsim.loads(
        "Kerr\nXr in out resonator kappa=[50g 50g] detuning=40g kerr=1e23\n.port in in\n.port out out\n"
    )
    found = []
    for start in (0.05, 3.0):
        inputs = {"in": np.concatenate([np.full(2000, start), np.full(4000, 0.5)])}
        _, state = tdsim.transient(
            circuit, inputs=inputs, step=STEP, stop=5999 * STEP, return_state=True, save=["p(out)"]
        )
        value, slopes = tdsim.gradient(
            circuit,
            Mean("p(out)"),
            ["xr.kerr"],
            settled=True,
            state=state,
            inputs={"in": 0.5},
            step=STEP,
            save=["p(out)"],
        )
        found.append((value, float(slopes["xr.kerr"])))
    assert found[1][0] != pytest.approx(found[0][0], rel=0.1)


def test_learning_cells_never_rest_by_themselves():
    circuit = tdsim.loads(CELLS)
    with pytest.raises((tdsim.UsageError, tdsim.SimulationError)):
        tdsim.gradient(circuit, Mean("p(in)"), ["k12.j"], settled=True, inputs={"in": 1.0}, step=STEP, save=["p(in)"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"settled": True, "stop": 1e-9}, "takes no stop"),
        ({}, "give a stop"),
        ({"settled": True, "wrt": ["x(xr.forward)"]}, "which an equilibrium does not know"),
    ],
)
def test_wrong_use_gives_a_sentence(asked, said):
    with pytest.raises(tdsim.UsageError, match=said):
        tdsim.gradient(tdsim.loads(MODE_RING), Mean("p(d)"), **{"wrt": ["xr.loss"], "step": STEP, **asked})
