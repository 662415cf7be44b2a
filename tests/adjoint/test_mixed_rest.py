"""Gradients at equilibria of light and electronics, against differences of fixed points."""

import numpy as np
import pytest

import tdsim
from tdsim.adjoint.costs import Mean, SquaredError

from .mixed_circuits import STEP, random_mixed

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LOOP = """Light seen by two detectors drives the modulator that it has passed
.param gain=2k
Xl in laser power=2m phase=0.3
Xc in nc a b coupler coupling=0.3
Xp a d vm 0 phase_shifter vpi=3 phase=0.4 loss=0.5 tau=2p
Xw b e delay time=1.53p loss=1 phase=0.3
Xc2 d e f g coupler coupling=0.45
Xd f out 0 photodiode responsivity=0.9 dark=1u saturation=3m capacitance=50f bandwidth=30g
Xb g h bo 0 balanced_photodiode responsivity=0.8 saturation=1m
Xl2 h laser power=0.5m
R1 out 0 300
R2 bo 0 400
R3 bo vm 1k
D1 vm 0 dm
R4 out vm {gain}
V1 b1 0 1.2
R5 b1 vm 1k
.model dm d(is=1n n=1.7 rs=20)
.options reltol=1e-10
.tran 0.1p 10p
"""

SAVE = ["v(out)", "v(vm)", "p(nc)"]

NEAR = 1e-3
"""By which part of themselves parameters are moved."""


def cost_of(save, seed=0):
    """The distance from other voltages and powers, these counted in mW."""
    rng = np.random.default_rng(seed)
    electrical = SquaredError({name: float(rng.uniform(-1, 1)) for name in save if name[0] == "v"})
    optical = SquaredError({name: 1e-3 * rng.uniform(0, 1) for name in save if name[0] == "p"}, weight=1e6)
    return Sum(electrical, optical)


class Sum:
    def __init__(self, *costs):
        self.costs = costs

    def value(self, signals):
        return sum(cost.value(signals) for cost in self.costs)

    def pullback(self, signals):
        return {name: slope for cost in self.costs for name, slope in cost.pullback(signals).items()}


def worst(circuit, names, save, **asked):
    """The largest error of the gradient, in units of its largest component, each counted by the parameter's size."""
    cost = cost_of(save)
    _, slopes = tdsim.gradient(circuit, cost, names, settled=True, save=save, step=STEP, **asked)
    errors, sizes = [], []
    for name in slopes:
        instance, _, parameter = name.partition(".")
        size = circuit.instances[instance].settings[parameter]
        near = NEAR * np.array([1, -1, 0.5, -0.5])
        found = tdsim.fixed_point(circuit, params={name: size * (1 + near)}, step=STEP, save=save, **asked)
        values = cost.value({k: found[k].values[:, None] for k in save})
        expected = values @ np.array([-1, 1, 8, -8]) / (6 * NEAR)
        errors.append(abs(float(slopes[name]) * size - expected))
        sizes.append(abs(expected))
    return max(errors) / max(sizes)


def test_every_parameter_of_both_halves_and_of_the_bridges():
    circuit = tdsim.loads(LOOP)
    names = ["r*.r", "d1.is", "v1.dc", "xl*.power", "xc*.coupling", "xw.phase", "xw.loss", "xd.responsivity", "xd.dark"]
    names += ["xd.saturation", "xb.responsivity", "xb.saturation", "xp.vpi", "xp.phase", "xp.loss", "xp.tau"]
    assert worst(circuit, names, SAVE) < 1e-8


def by_one_direction(seed):
    """The derivative along a random direction of all parameters, its difference, and the largest component."""
    text, names, save = random_mixed(seed, "rest")
    circuit, cost, direction = tdsim.loads(text), cost_of(save), np.random.default_rng(seed).uniform(-1, 1, len(names))
    _, slopes = tdsim.gradient(circuit, cost, names, settled=True, save=save, step=STEP)
    values = {name: circuit.instances[name.partition(".")[0]].settings[name.partition(".")[2]] for name in names}
    near = NEAR * np.array([1, -1, 0.5, -0.5])
    moved = {name: values[name] * (1 + near * way) for name, way in zip(names, direction, strict=True)}
    found = tdsim.fixed_point(circuit, params=moved, step=STEP, save=save)
    expected = cost.value({k: found[k].values[:, None] for k in save}) @ np.array([-1, 1, 8, -8]) / (6 * NEAR)
    own = np.array([float(slopes[name]) * values[name] for name in names])
    return own @ direction, expected, np.abs(own).max()


@pytest.mark.parametrize("seed", range(0, 50, 12))
def test_random_circuits(seed):
    """`python -m tests.benchmarks.mixed_gradients` does the same with all 50."""
    found, expected, largest = by_one_direction(seed)
    assert abs(found - expected) < 1e-6 * largest


def test_runs_inputs_and_parameters_of_the_netlist():
    circuit, cost = tdsim.loads(LOOP), cost_of(SAVE)
    inputs, power = np.array([0.4, 1.1]), np.array([1e-3, 3e-3])
    asked = {"settled": True, "save": SAVE, "step": STEP}
    wrt = ["v1", "gain", "xp.vpi", "r4.r"]
    value, slopes = tdsim.gradient(circuit, cost, wrt, inputs={"v1": inputs}, params={"xl.power": power}, **asked)
    assert value.shape == (2,)
    assert slopes["v1"].attrs["units"] == "1/(V)"
    for run in range(2):
        one, alone = tdsim.gradient(
            circuit, cost, wrt, inputs={"v1": inputs[run]}, params={"xl.power": power[run]}, **asked
        )
        assert one == pytest.approx(value[run], rel=1e-10)
        for name in wrt:
            assert slopes[name].dims == ("run",)
            assert float(alone[name]) == pytest.approx(float(slopes[name][run]), rel=1e-8)
        near = [inputs[run] + e for e in (1e-3, -1e-3)]
        found = tdsim.fixed_point(circuit, params={"v1.dc": near, "xl.power": [power[run]] * 2}, step=STEP, save=SAVE)
        ahead, back = cost.value({k: found[k].values[:, None] for k in SAVE})
        assert float(slopes["v1"][run]) == pytest.approx((ahead - back) / 2e-3, rel=1e-5)
        assert float(slopes["gain"][run]) == pytest.approx(float(slopes["r4.r"][run]), rel=1e-12)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"wrt": ["xp.voltage"]}, "its electrodes are wired"),
        ({"wrt": ["xd.light"]}, "light arrives at it"),
        ({"wrt": ["xb.dark"]}, "stands at its bound"),
        ({"wrt": ["x(xr.forward)"]}, "xr"),
        ({"wrt": ["r9.r"]}, "unknown parameter"),
        ({"wrt": []}, "nothing to differentiate by"),
        ({"cost": Mean("v(b1)")}, "v(b1), which is not saved"),
        ({"cost": Mean("p(g)")}, "p(g), which is not saved"),
        ({"inputs": {"xl": 1.0}}, "no source 'xl' takes an input"),
        ({"stop": 1e-9}, "takes no stop"),
    ],
)
def test_wrong_use_gives_a_sentence(asked, said):
    arguments = {"cost": Mean("v(out)"), "wrt": ["r1.r"], "save": SAVE, "step": STEP, "settled": True, **asked}
    with pytest.raises(tdsim.UsageError) as caught:
        tdsim.gradient(tdsim.loads(LOOP), **arguments)
    assert said in str(caught.value)


def test_kerr_resonators_beside_electronics_are_refused_as_by_fixed_point():
    circuit = tdsim.loads(LOOP.replace("Xc2 d e", "Xr d q resonator kappa=[2e11 2e11] kerr=1e22\nXc2 q e"))
    with pytest.raises(tdsim.UsageError, match="Kerr resonators beside electronics"):
        tdsim.gradient(circuit, Mean("v(out)"), ["r1.r"], settled=True, step=STEP, save=["v(out)"])
