"""The gradient through transients of electronics against differences of the same steps with other parameters."""

import numpy as np
import pytest

import tdsim
from tdsim.adjoint.costs import Mean, SquaredError
from tdsim.adjoint.electronics import course
from tdsim.adjoint.electronics.transient import replayed
from tdsim.analysis.request import Request

from .electronic_circuits import DEVICES, SAVE, pulsed_deck, random_network
from .test_electronic_equilibrium import movable

STEP, STOP = 20e-9, 2e-6

BASE = """{title}
V1 in 0 pulse(0 1 0.1u 20n 30n 0.5u 1u)
V2 b 0 0.3
R1 in out 1k
C1 out 0 0.2n
R2 out 0 5k
{cards}
.options reltol=1e-4 {options}
.tran 20n 2u
.end
"""

RINGING = "L1 out q 100u\nR3 q b 30\nD1 q 0 dm\n.model dm d(is=1n n=1.5 cjo=5p tt=2n)"
ECHO = "B1 q 0 v=tanh(2*delay(v(out),70n))\nR3 q out 3k\nB2 out 0 i=1m*delay(v(q)*v(out),33n) m=1.2"
SWITCHED = "S1 out q in 0 sm\nR3 q 0 1k\n.model sm sw(vt=0.5 ron=100 roff=1meg)"

CASES = {
    "six stages": (RINGING, "", ["l1.l", "r3.r", "d1.is", "d1.n", "d1.tt", "v2.dc"]),
    "trapezoidal": (RINGING, "method=trap", ["l1.l", "r3.r", "d1.is", "d1.cjo"]),
    "damped": (RINGING, "method=trap xmu=0.45", ["l1.l", "r3.r", "d1.is"]),
    "backward differences": (RINGING, "method=gear", ["l1.l", "r3.r", "d1.is", "d1.cjo"]),
    "linear": ("L1 out q 100u\nR3 q b 30", "", ["l1.l", "r3.r", "v2.dc"]),
    "mutual": ("L1 out 0 100u\nL2 q 0 50u\nK1 l1 l2 0.6\nR3 q b 300", "", ["l1.l", "l2.l", "k1.k"]),
    "delays": (ECHO, "", ["b2.m", "r3.r"]),
    "delays, backward differences": (ECHO, "method=gear", ["b2.m", "r3.r"]),
    "line": ("T1 out 0 q 0 z0=75 td=60n\nR3 q 0 100", "", ["t1.z0", "r3.r"]),
    "switch that a source turns": (SWITCHED, "", ["s1.ron", "r3.r"]),
    "held at first": ("R3 out q 2k\nC2 q 0 0.1n\n.ic v(q)=0.6", "", ["r3.r", "c2.c"]),
}


def cost_of(save, count, seed=0):
    rng = np.random.default_rng(seed)
    return SquaredError({name: rng.normal(size=count) for name in save})


def worst(circuit, names, save, step, stop):
    """The largest error of the gradient, in units of its largest component, each counted by the parameter's size."""
    cost = cost_of(save, round(stop / step) + 1)
    _, slopes = tdsim.gradient(circuit, cost, names, stop=stop, step=step, save=save)
    found = [name.partition(".") for name in slopes]
    values = [circuit.instances[instance].settings[parameter] for instance, _, parameter in found]
    sizes = np.array([abs(value) or 1e-3 for value in values])
    near = 3e-4 * np.array([1, -1, 0.5, -0.5])
    moved = [{n: v + part * s} for n, v, s in zip(slopes, values, sizes, strict=True) for part in near]
    runs = [float(cost.value(signals)) for signals in replayed(circuit, Request(step, stop, save=save), moved)]
    expected = np.array(runs).reshape(-1, 4) @ np.array([-1, 1, 8, -8]) / (6 * 3e-4)
    own = np.array([float(slopes[name]) for name in slopes]) * sizes
    return np.abs(own - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_differences_of_the_same_steps_give(name):
    cards, options, names = CASES[name]
    circuit = tdsim.loads(BASE.format(title=name, cards=cards, options=options))
    save = ["v(out)", "v(q)"]
    assert worst(circuit, ["r1.r", "c1.c", *names], save, STEP, STOP) < 1e-6


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_every_device(name):
    circuit = tdsim.loads(pulsed_deck(name))
    own = next(n for n in sorted(circuit.instances) if (n.endswith("9") and n != "r9") or n == f"{name}9")
    names = [n for n in movable(circuit, own) if n.partition(".")[2] not in ("td", "vt", "vh", "it", "ih")]
    chosen = list(np.random.default_rng(0).permutation(names)[:6])
    assert worst(circuit, ["r1.r", *chosen], SAVE, 5e-9, 300e-9) < 1e-6


@pytest.mark.parametrize("seed", [seed for seed in range(51) if seed != 3])
def test_random_networks(seed):
    """All parameters are moved at once, in a random direction."""
    text, names = random_network(seed, moving=True)  # 3 has no transient: no step forward is found, in whatever way
    circuit, rng = tdsim.loads(text), np.random.default_rng(seed)
    save = [f"v({n})" for n in circuit.nets if n.startswith("n")]
    values = [circuit.instances[name.partition(".")[0]].settings[name.partition(".")[2]] for name in names]
    cost, move = cost_of(save, 41), rng.uniform(-1, 1, len(names)) * values
    _, slopes = tdsim.gradient(circuit, cost, names, stop=200e-9, step=5e-9, save=save)
    near = 3e-4 * np.array([1, -1, 0.5, -0.5])
    sets = [dict(zip(names, values + part * move, strict=True)) for part in near]
    runs = [float(cost.value(signals)) for signals in replayed(circuit, Request(5e-9, 200e-9, save=save), sets)]
    own = np.array([float(slopes[name]) for name in names])
    expected = np.array(runs) @ np.array([-1, 1, 8, -8]) / (6 * 3e-4)
    assert abs(own @ move - expected) < 1e-6 * np.abs(own * values).max()


def ringing(options=""):
    return tdsim.loads(BASE.format(title="Ringing", cards=RINGING, options=options))


def test_the_signals_are_those_of_the_transient():
    circuit = ringing("abstol=1e-12")
    fine = np.arange(101) * STEP
    found = tdsim.simulate(circuit, times=fine)
    seen = replayed(circuit, Request(STEP, STOP, save=["v(out)"]), [{}])[0]["v(out)"]
    assert np.abs(seen - found["v(out)"].values).max() < 3e-4


def test_differences_of_transients_agree_too():
    circuit = tdsim.loads(BASE.format(title="Ringing", cards=RINGING, options="").replace("1e-4", "1e-8"))
    asked = {"stop": STOP, "step": STEP, "save": ["v(out)"]}
    _, slopes = tdsim.gradient(circuit, Mean("v(out)"), ["l1.l", "d1.is"], **asked)
    for name, near in (("l1.l", 1e-6), ("d1.is", 1e-11)):
        instance, _, parameter = name.partition(".")
        value = circuit.instances[instance].settings[parameter]
        run = tdsim.transient(circuit, params={name: np.array([value + near, value - near])}, **asked)
        ahead, back = run["v(out)"].values.mean(axis=-1)
        assert float(slopes[name]) == pytest.approx((ahead - back) / (2 * near), rel=1e-3)


@pytest.mark.parametrize("name", ["six stages", "backward differences", "delays", "switch that a source turns"])
def test_checkpoints_change_nothing(name, monkeypatch):
    cards, options, names = CASES[name]
    circuit = tdsim.loads(BASE.format(title=name, cards=cards, options=options))
    asked = {"stop": STOP, "step": STEP, "save": ["v(out)"]}
    whole = tdsim.gradient(circuit, Mean("v(out)"), names, **asked)
    monkeypatch.setattr(course, "SHORTEST", 16)
    monkeypatch.setattr(course, "SEGMENT_NUMBERS", 1)
    pieces = tdsim.gradient(circuit, Mean("v(out)"), names, **asked)
    assert pieces[0] == whole[0]
    for label in names:
        assert float(pieces[1][label]) == pytest.approx(float(whole[1][label]), rel=1e-9)


def test_runs_are_apart():
    circuit = ringing()
    resistances = np.array([500.0, 1000.0, 2000.0])
    asked = {"stop": STOP, "step": STEP, "save": ["v(out)"]}
    cost = cost_of(["v(out)"], 101)
    value, slopes = tdsim.gradient(circuit, cost, ["r1.r", "d1.is"], params={"r1.r": resistances}, **asked)
    assert value.shape == (3,)
    for run, resistance in enumerate(resistances):
        one, alone = tdsim.gradient(circuit, cost, ["r1.r", "d1.is"], params={"r1.r": resistance}, **asked)
        assert one == pytest.approx(value[run], rel=1e-9)
        for name in alone:
            assert slopes[name].dims == ("run",)
            assert float(alone[name]) == pytest.approx(float(slopes[name][run]), rel=1e-7)


@pytest.mark.parametrize(
    ("cards", "wrt", "sentence"),
    [
        (SWITCHED.replace("in 0 sm", "out 0 sm").replace("vt=0.5", "vt=0.5 vh=0.1"), "r3.r", "instants that may move"),
        (SWITCHED, "s1.vt", "moves the instants"),
        ("T1 out 0 q 0 z0=75 td=60n\nR3 q 0 100", "t1.td", "moves the instants"),
        ("R3 q out 1k", "v1.dc", "follows a shape"),
    ],
)
def test_what_moves_events_is_said(cards, wrt, sentence):
    circuit = tdsim.loads(BASE.format(title="Events", cards=cards, options=""))
    with pytest.raises(tdsim.UsageError, match=sentence):
        tdsim.gradient(circuit, Mean("v(out)"), [wrt], stop=STOP, step=STEP, save=["v(out)"])


def test_inputs_are_refused():
    with pytest.raises(tdsim.UsageError, match="takes no inputs"):
        tdsim.gradient(ringing(), Mean("v(out)"), ["r1.r"], inputs={"v1": np.ones(101)}, stop=STOP, step=STEP)


def test_points_between_where_nothing_is_charged():
    circuit = tdsim.loads("""Two diodes clamp a sine: charges are round-off
V1 in 0 sin(0 5 1k)
R1 in out 1k
D1 out hi dd
D2 lo out dd
Vhi hi 0 1
Vlo lo 0 -1
.model dd d(is=1f n=1)
.tran 2u 2m
.end
""")
    assert worst(circuit, ["r1.r", "vhi.dc", "d2.n"], ["v(out)"], 2e-6, 2e-3) < 1e-6


INVERTER = """Inverter, whose gates' charges depend on the way that voltages take
Vdd vdd 0 3.3
Vin in 0 pulse(0 3.3 1n 0.3n 0.4n 4n 10n)
Rg in g 200
M1 out g 0 0 nch w=2u l=0.6u ad=3p pd=7u
M2 out g vdd vdd pch w=5u l=0.6u ad=7.5p pd=13u
C1 out 0 20f
.model nch nmos(vto=0.7 kp=110u gamma=0.45 phi=0.7 lambda=0.05 tox=12n cgso=0.3n cgdo=0.3n cj=0.3m)
.model pch pmos(vto=-0.8 kp=42u gamma=0.5 phi=0.7 lambda=0.06 tox=12n cgso=0.3n cgdo=0.3n)
{options}
.tran 100p 20n
.end
"""


@pytest.mark.parametrize("options", ["*", ".options method=trap", ".options method=gear"])
def test_charges_that_depend_on_the_way(options):
    circuit = tdsim.loads(INVERTER.format(options=options))
    names = ["rg.r", "c1.c", "m1.w", "m1.tox", "m1.cgdo", "m2.vto", "m2.l"]
    assert worst(circuit, names, ["v(out)", "v(g)"], 1e-10, 8e-9) < 1e-6
