"""The gradient at the equilibrium of electronics against differences of equilibria that are found in another way."""

import numpy as np
import pytest

import tdsim
from tdsim import device
from tdsim.adjoint.costs import Mean, SquaredError

from ..devices.physics import is_electrical
from .electronic_circuits import DEVICES, SAVE, deck, random_network

WHOLE = {"off", "reciproctc", "level", "subs"}
"""Numbers that stand for a choice."""


def movable(circuit, name):
    """The parameters of an instance that can be moved both ways."""
    instance = circuit.instances[name]
    found = []
    for parameter, param in instance.device.params.items():
        value = instance.settings[parameter]
        if param.kind == "number" and parameter not in WHOLE and np.isfinite(value):
            low, high = param.bounds
            if low < value < high:
                found.append(f"{name}.{parameter}")
    return found


def by_differences(circuit, cost, name, save):
    """dL/dparameter by Richardson-extrapolated central differences of fixed points."""
    instance, _, parameter = name.partition(".")
    setting = circuit.instances[instance].settings[parameter]
    size = abs(setting) or 1e-3

    def value(shift):
        found = tdsim.fixed_point(circuit, params={name: setting + shift}, step=1e-9, save=save)
        return cost.value({k: found[k].values[..., None] for k in save})

    def central(near):
        return (value(near) - value(-near)) / (2 * near)

    near = 3e-4 * size
    return (4 * central(near / 2) - central(near)) / 3, size


def worst(circuit, names, save, seed=0):
    """The largest error of the gradient, in units of its largest component, each counted by the parameter's size."""
    rng = np.random.default_rng(seed)
    cost = SquaredError({name: float(rng.uniform(-1, 1)) for name in save})
    _, slopes = tdsim.gradient(circuit, cost, names, settled=True, save=save)
    errors, sizes = [], []
    for name in slopes:
        expected, size = by_differences(circuit, cost, name, save)
        errors.append(abs(float(slopes[name]) - expected) * size)
        sizes.append(abs(expected) * size)
    return max(errors) / max(sizes)


def test_every_electrical_device_has_a_circuit():
    electrical = {name for name in device.library() if is_electrical(device.find(name))}
    assert electrical - {"photodiode", "balanced_photodiode"} == DEVICES.keys()  # these two need light


@pytest.mark.parametrize("name", DEVICES)
def test_every_parameter_of_every_device(name):
    circuit = tdsim.loads(deck(name))
    own = next(n for n in sorted(circuit.instances) if (n.endswith("9") and n != "r9") or n == f"{name}9")
    names = movable(circuit, own)
    assert names
    assert worst(circuit, [*names, "r1.r"], SAVE) < 1e-6


@pytest.mark.parametrize("seed", range(50))
def test_random_networks(seed):
    text, names = random_network(seed)
    circuit = tdsim.loads(text)
    save = [f"v({n})" for n in circuit.nets if n.startswith("n")]
    chosen = ["v0.dc", *np.random.default_rng(seed).permutation(names)[:2]]
    assert worst(circuit, chosen, save, seed) < 1e-6


NETWORK = """Two inputs, diodes, amplifier both ways, a delayed expression, a line and nudging sources at zero
V1 a 0 0.4
V2 b 0 0.7
R1 a h 1k
R2 b h 2k
D1 h 0 dm
D2 0 h dm
E1 x 0 h 0 4
Vs x y 0
F1 h 0 vs 0.25
R3 y out 1k
R4 out 0 3k
T1 out 0 far 0 z0=50 td=1n
R5 far 0 5k
B1 h 0 i=0.1m*tanh(delay(v(out),3n))
I1 0 out 0
G1 out 0 out 0 0
L1 h q 1u
R6 q 0 9k
C1 q 0 1p
.model dm d(is=1n n=2)
.train r*.r min=100 max=100k
.options reltol=1e-10
.op
.end
"""


def cost(**targets):
    return SquaredError({f"v({name})": value for name, value in targets.items()})


def test_train_says_what_there_is_to_differentiate():
    _, slopes = tdsim.gradient(tdsim.loads(NETWORK), cost(out=0.3), settled=True, save=["v(out)"])
    assert set(slopes) == {f"r{k}.r" for k in range(1, 7)}
    assert slopes["r1.r"].attrs["units"] == "1/(ohm)"


def test_nudges_at_zero_and_what_is_transparent_at_rest():
    names = ["i1.dc", "g1.gain", "e1.gain", "f1.gain", "b1.m", "t1.td", "c1.c", "l1.l", "v1.dc"]
    circuit = tdsim.loads(NETWORK)
    assert worst(circuit, [n for n in names if n != "g1.gain"], ["v(out)", "v(h)"]) < 1e-6
    _, slopes = tdsim.gradient(circuit, cost(out=0.3), names, settled=True, save=["v(out)"])
    assert [float(slopes[n]) for n in ("t1.td", "c1.c", "l1.l")] == [0, 0, 0]
    near = 1e-7
    ahead, back = (
        float(tdsim.fixed_point(circuit, params={"g1.gain": g}, step=1e-9, save=["v(out)"])["v(out)"])
        for g in (near, -near)
    )
    expected = ((ahead - 0.3) ** 2 - (back - 0.3) ** 2) / (2 * near)
    assert float(slopes["g1.gain"]) == pytest.approx(expected, rel=1e-6)


def test_the_value_is_that_of_the_fixed_point():
    circuit = tdsim.loads(NETWORK)
    value, _ = tdsim.gradient(circuit, cost(out=0.3), settled=True, save=["v(out)"])
    found = float(tdsim.fixed_point(circuit, step=1e-9, save=["v(out)"])["v(out)"])
    assert value == pytest.approx((found - 0.3) ** 2, rel=1e-9)


def test_runs_and_inputs_are_apart():
    circuit = tdsim.loads(NETWORK)
    inputs = {"v1": np.array([0.1, 0.5, -0.4]), "v2": 0.6}
    params = {"r1.r": np.array([900.0, 1100.0, 1500.0])}
    asked = {"settled": True, "save": ["v(out)", "v(h)"]}
    wrt = ["v1", "v2", "r1.r", "d1.area"]
    value, slopes = tdsim.gradient(circuit, cost(out=0.3, h=0.1), wrt, inputs=inputs, params=params, **asked)
    assert value.shape == (3,)
    for run in range(3):
        one, alone = tdsim.gradient(
            circuit, cost(out=0.3, h=0.1), wrt, inputs={"v1": inputs["v1"][run], "v2": 0.6},
            params={"r1.r": params["r1.r"][run]}, **asked,
        )  # fmt: skip
        assert one == pytest.approx(value[run], rel=1e-12)
        for name in wrt:
            assert slopes[name].dims == ("run",)
            assert float(alone[name]) == pytest.approx(float(slopes[name][run]), rel=1e-9)


def test_the_cost_sees_one_instant():
    class Shapes:
        def value(self, signals):
            assert {name: s.shape for name, s in signals.items()} == {"v(out)": (2, 1), "i(v1)": (2, 1)}
            return signals["v(out)"][:, 0] * signals["i(v1)"][:, 0]

        def pullback(self, signals):
            return {"v(out)": signals["i(v1)"], "i(v1)": signals["v(out)"]}

    circuit = tdsim.loads(NETWORK)
    save, dc = ["v(out)", "i(v1)"], np.array([0.2, 0.3])
    _, slopes = tdsim.gradient(circuit, Shapes(), ["v2.dc"], settled=True, params={"v2.dc": dc}, save=save)
    assert slopes["v2.dc"].shape == (2,)


def test_sources_stand_as_they_are_at_their_end():
    circuit = tdsim.loads("Steps\nV1 a 0 pwl(0 0 1n 2)\nR1 a b 1k\nR2 b 0 3k\n.tran 1n 10n\n.end\n")
    value, slopes = tdsim.gradient(circuit, cost(b=0.0), ["r1.r"], settled=True, save=["v(b)"])
    assert value == pytest.approx(1.5**2)
    assert float(slopes["r1.r"]) == pytest.approx(-2 * 1.5 * 2 * 3e3 / 4e3**2)


@pytest.mark.parametrize(
    ("wrt", "more", "sentence"),
    [
        (["d1.rs"], {}, "stands at its bound"),
        (["d1.temp"], {}, "is not given"),
        (["d1.isx"], {}, "unknown parameter"),
        ([], {}, "nothing to differentiate"),
        (["r1.r"], {"inputs": {"r1": 1.0}}, "takes an input"),
        (["r1.r"], {"inputs": {"v1": np.zeros((2, 3))}}, "is held"),
        (["r1.r"], {"stop": 1e-6}, "takes no stop"),
        (["r1.r"], {"save": ["v(h)"]}, "not saved"),
    ],
)
def test_what_makes_no_sense_is_said(wrt, more, sentence):
    asked = {"settled": True, "save": ["v(out)"], **more}
    with pytest.raises(tdsim.UsageError, match=sentence):
        tdsim.gradient(tdsim.loads(NETWORK), cost(out=0.3), wrt, **asked)


def test_what_a_device_shows_has_no_gradient():
    class Conductance:
        def value(self, signals):
            return signals["@d1[gd]"][0]

        def pullback(self, signals):
            return {"@d1[gd]": np.ones(1)}

    with pytest.raises(tdsim.UsageError, match=r"no gradient of @d1\[gd\]"):
        tdsim.gradient(tdsim.loads(NETWORK), Conductance(), ["r1.r"], settled=True, save=["@d1[gd]"])


def test_a_state_decides_between_equilibria():
    circuit = tdsim.loads("""A latch of two inverting sources
B1 a 0 i=-1m*tanh(2-4*v(b))
B2 b 0 i=-1m*tanh(2-4*v(a))
R1 a 0 1k
R2 b 0 1.1k
I1 0 a 0.1m
.options reltol=1e-10
.op
.end
""")
    for high, low in (("a", "b"), ("b", "a")):
        circuit.nodesets = {f"v({high})": 1.0, f"v({low})": -1.0}
        asked = {"step": 1e-9, "save": ["v(a)", "v(b)"], "return_state": True}
        found, state = tdsim.fixed_point(circuit, **asked)
        assert found[f"v({high})"] > 0.5 > found[f"v({low})"]
        circuit.nodesets = {}
        value, slopes = tdsim.gradient(
            circuit, Mean("v(a)"), ["r1.r"], settled=True, save=["v(a)", "v(b)"], state=state
        )
        assert value == pytest.approx(float(found["v(a)"]), rel=1e-8)
        ahead, back = (
            float(tdsim.fixed_point(circuit, params={"r1.r": r}, guess=state, step=1e-9, save=["v(a)", "v(b)"])["v(a)"])
            for r in (1001.0, 999.0)
        )
        assert float(slopes["r1.r"]) == pytest.approx((ahead - back) / 2, rel=1e-5)
