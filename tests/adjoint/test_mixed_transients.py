"""Gradients through transients of light and electronics, against differences of the same steps."""

import numpy as np
import pytest

import tdsim
from tdsim import device
from tdsim.adjoint import passes
from tdsim.adjoint.costs import Mean
from tdsim.adjoint.mixed import transient as mixed
from tdsim.adjoint.mixed.transient import replayed
from tdsim.analysis.request import Request

from .differences import signal
from .mixed_circuits import STEP, random_mixed
from .test_mixed_rest import LOOP, SAVE, cost_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

STOP = 8e-12
NEAR = 3e-4
"""By which part of themselves parameters are moved."""

RECEIVER = """Light on a photodiode
Xl in laser power=pulse(0.1m 1m 1p 1p 1p 3p)
Xw in a delay time=1.23p loss=1
Xd a out 0 photodiode responsivity=0.8 saturation=3m capacitance=5f bandwidth=90g dark=1u
R1 out 0 800
C1 out 0 2f
D1 out 0 dm
"""

SENDER = """A driver and a modulator
Xl in laser power=2m
Xc in nc a b coupler coupling=0.4
Xp a c vm vn phase_shifter vpi=2 phase=0.7 loss=0.3 tau=1p
Xc2 b c out q coupler coupling=0.45
V1 v 0 pulse(-1 1 1p 1p 1p 3p)
V2 vn 0 0.2
R1 v vm 700
C1 vm 0 2f
D1 vm 0 dm
"""

LINK = (
    SENDER
    + """
Xd out ou 0 photodiode responsivity=0.8
R2 ou 0 1k
C2 ou 0 1f
"""
)

RESISTIVE = """An instant loop that nothing slows
Xl in laser power=pulse(1m 2m 1p 1p 1p 3p)
Xc in nc a b coupler coupling=0.4
Xp a c v 0 phase_shifter vpi=1 phase=0.7
Xc2 b c out q coupler coupling=0.45
Xd out v 0 photodiode responsivity=0.8 saturation=5m
R1 v 0 400
R2 v w 300
V1 w 0 0.1
"""

RESONANT = """A Kerr resonator in a delayed loop
Xl in laser power=pulse(1m 2m 1p 1p 1p 3p)
Xc in nc a b coupler coupling=0.4
Xp a c v 0 phase_shifter vpi=1 phase=0.7
Xr c d resonator kappa=[900g 800g] detuning=3g kerr=3e22
Xc2 b d out q coupler coupling=0.45
Xw out late delay time=0.93p
Xd late w 0 photodiode responsivity=0.8
R1 w 0 600
R2 w v 300
C1 v 0 1f
.ic x(xr.cavity)=1e-9
"""

CARRIERS = LINK.replace("Xl in laser power=2m", ".carrier 1.55u 1.551u\nXl in laser power=2m\nXl2 nc laser carrier=1")

ECHOING = RECEIVER + "B1 out 0 i=0.1m*tanh(delay(v(out),0.9p)) m=1.2\nT1 out 0 t 0 z0=75 td=0.7p\nR4 t 0 100\n"
LOOPED = LINK + "R3 ou vm 3k\nB1 ou 0 i=0.1m*tanh(delay(v(ou),0.9p)) m=1.2\nT1 ou 0 t 0 z0=75 td=0.7p\nR4 t 0 100\n"

SWITCHED = LINK + "S1 ou t v 0 sm\nR4 t 0 1k\n.model sm sw(vt=0.5 ron=100 roff=1meg)\n"

CASES = {
    "receiver": (RECEIVER, ["xl.phase", "xw.loss", "xw.time", "xd.*", "r1.r", "d1.is"], ["v(out)", "p(a)"]),
    "sender": (SENDER, ["xl.power", "xc*.coupling", "xp.*", "v2.dc", "r1.r", "c1.c"], ["p(out)", "v(vm)"]),
    "link": (LINK, ["xl.power", "xc.coupling", "xp.*", "xd.*", "r*.r", "c*.c"], ["p(out)", "v(ou)"]),
    "resistive": (RESISTIVE, ["xc.coupling", "xp.*", "xd.*", "r*.r", "v1.dc"], ["p(out)", "v(v)"]),
    "resonant": (RESONANT, ["xc.coupling", "xp.*", "xr.kappa", "xr.kerr", "xw.time", "r*.r"], ["p(out)", "v(v)"]),
    "two carriers": (CARRIERS, ["xl.power", "xl2.phase", "xc.coupling", "xp.*", "xd.*"], ["v(ou)"]),
    "echoing": (ECHOING, ["xw.loss", "xd.saturation", "b1.m", "t1.z0", "r*.r"], ["v(out)"]),
    "looped": (LOOPED, ["xc.coupling", "xp.vpi", "xd.responsivity", "b1.m", "t1.z0", "r*.r"], ["v(ou)", "p(out)"]),
    "switched": (SWITCHED, ["xc.coupling", "xp.vpi", "s1.ron", "r*.r"], ["p(out)", "v(ou)"]),
}


def loaded(text, options=""):
    more = ".model dm d(is=1n n=1.8 rs=5 cjo=1f)\n" if " dm" in text else ""
    return tdsim.loads(f"{text}{more}.options reltol=1e-4 {options}\n.tran 0.1p 8p\n.end\n")


def movable(circuit, names):
    """The names with `*` for parameters written out, those that can be moved both ways."""
    found = []
    for name in names:
        instance, _, parameter = name.partition(".")
        if parameter != "*":
            found.append(name)
            continue
        device, settings = circuit.instances[instance].device, circuit.instances[instance].settings
        for key, param in device.params.items():
            low, high = param.bounds
            sets = {*device.detected, *(followed for followed, _ in device.followed)}
            if param.kind == "number" and key not in sets and low < settings[key] < high:
                found.append(f"{instance}.{key}")
    return found


def sizes_of(circuit, labels):
    found = []
    for label in labels:
        instance, _, parameter = label.partition("[")[0].partition(".")
        value = circuit.instances[instance].settings[parameter]
        found.append(value[int(label[:-1].partition("[")[2])] if "[" in label else value)
    return np.array(found, dtype=float)


def differences(circuit, cost, moves, save, step=STEP, stop=STOP):
    """What each of some moves (a dict of how far each parameter goes) does to the cost, in the same steps."""
    sets = []
    for move in moves:
        values = sizes_of(circuit, move)
        for part in NEAR * np.array([1, -1, 0.5, -0.5]):
            sets.append({n: v + part * by for (n, by), v in zip(move.items(), values, strict=True)})
    runs = [float(np.sum(cost.value(signals))) for signals in replayed(circuit, Request(step, stop, save=save), sets)]
    return np.array(runs).reshape(-1, 4) @ np.array([-1, 1, 8, -8]) / (6 * NEAR)


def worst(circuit, names, save):
    """The largest error of the gradient, in units of its largest component, each counted by the parameter's size."""
    cost = cost_of(save)
    _, slopes = tdsim.gradient(circuit, cost, names, stop=STOP, step=STEP, save=save)
    sizes = sizes_of(circuit, slopes)
    expected = differences(circuit, cost, [{n: s} for n, s in zip(slopes, sizes, strict=True)], save)
    own = np.array([float(slopes[n]) for n in slopes]) * sizes
    return np.abs(own - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_differences_of_the_same_steps_give(name):
    text, names, save = CASES[name]
    circuit = loaded(text)
    assert worst(circuit, movable(circuit, names), save) < 1e-6


BRIDGES = {
    "photodiode": "Xb d out 0 photodiode responsivity=0.8 saturation=3m capacitance=5f bandwidth=90g dark=1u",
    "balanced_photodiode": "Xb d e out 0 balanced_photodiode responsivity=2 saturation=3m capacitance=5f bandwidth=90g",
    "phase_shifter": "Xb d f out 0 phase_shifter vpi=2 phase=0.7 loss=0.3 tau=1p\nXd2 f out 0 photodiode",
}
"""Cards that join the bridge between light and electronics to two waves, d and e, and to the node `out`."""


def test_every_bridge_has_a_circuit():
    library = {name: device.find(name) for name in device.library()}
    assert {name for name, found in library.items() if found.detected or found.followed} == BRIDGES.keys()


@pytest.mark.parametrize("name", BRIDGES)
def test_every_number_of_a_bridge(name):
    circuit = loaded(f"""{name}
Xl in laser power=pulse(0.1m 1m 1p 1p 1p 3p)
Xc in nc d e coupler coupling=0.3
{BRIDGES[name]}
I1 0 out pulse(0 0.5m 1p 2p)
R1 out 0 800
C1 out 0 2f
""")
    save = ["v(out)"]
    names = [*movable(circuit, ["xb.*"]), "r1.r", "xc.coupling"]
    assert len(names) > 5
    assert worst(circuit, names, save) < 1e-6


@pytest.mark.parametrize("options", ["method=trap", "method=gear"])
def test_other_methods_of_integration(options):
    circuit, save = loaded(RECEIVER, options), ["v(out)"]
    names = ["xw.loss", "xd.saturation", "xd.bandwidth", "r1.r", "c1.c"]
    assert worst(circuit, names, save) < 1e-6


def by_one_direction(seed, way):
    """The derivative along a random direction of all parameters, its difference, and the largest component."""
    text, names, save = random_mixed(seed, way)
    circuit, cost, direction = tdsim.loads(text), cost_of(save), np.random.default_rng(seed).uniform(-1, 1, len(names))
    _, slopes = tdsim.gradient(circuit, cost, names, stop=STOP, save=save, step=STEP)
    sizes = sizes_of(circuit, names)
    own = np.array([float(slopes[n]) for n in names]) * sizes
    move = dict(zip(names, sizes * direction, strict=True))
    return own @ direction, differences(circuit, cost, [move], save)[0], np.abs(own).max()


@pytest.mark.parametrize("way", ["delayed", "instant"])
@pytest.mark.parametrize("seed", range(0, 50, 12))
def test_random_recurrent_circuits(seed, way):
    """`python -m tests.benchmarks.mixed_gradients` does the same with all 50 of each kind."""
    found, expected, largest = by_one_direction(seed, way)
    assert abs(found - expected) < 1e-6 * largest


def test_differences_of_transients_agree():
    circuit, save = loaded(RESISTIVE), ["v(v)", "p(out)"]
    cost = cost_of(save)
    asked = {"stop": STOP, "step": STEP, "save": save}
    value, slopes = tdsim.gradient(circuit, cost, ["xc.coupling", "xp.vpi", "xd.saturation", "r2.r"], **asked)
    here = tdsim.transient(circuit, **asked)
    assert value == pytest.approx(float(cost.value({k: here[k].values for k in save})), rel=1e-9)
    for name in slopes:
        size = sizes_of(circuit, [name])[0]
        moved = [size * (1 + part) for part in (1e-3, -1e-3, 2e-3, -2e-3)]
        runs = [tdsim.transient(circuit, params={name: value}, **asked) for value in moved]
        ahead, back, further, beyond = (float(cost.value({k: run[k].values for k in save})) for run in runs)
        expected = (8 * (ahead - back) - (further - beyond)) / (12e-3 * size)
        assert float(slopes[name]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["xl.power", "xw.loss", "xw.time", "xc.coupling", "r1.r"])
def test_each_parameter_alone(name):
    """Nothing else needs the waves that it counts in, and no wave is saved."""
    text = RECEIVER.replace("Xl in laser power=pulse(0.1m 1m 1p 1p 1p 3p)", "Xl i laser power=1m\nXc i nc in q coupler")
    circuit, save = loaded(text), ["v(out)"]
    names = ["xl.power", "xw.loss", "xw.time", "xc.coupling", "r1.r"]
    cost, asked = cost_of(save), {"stop": STOP, "step": STEP, "save": save}
    _, alone = tdsim.gradient(circuit, cost, [name], **asked)
    _, together = tdsim.gradient(circuit, cost, names, **asked)
    assert float(alone[name]) == pytest.approx(float(together[name]), rel=1e-9)
    assert float(alone[name]) != 0


def test_inputs_and_states():
    text = RESONANT.replace("Xl in laser power=pulse(1m 2m 1p 1p 1p 3p)\n", "")
    circuit, save = loaded(text + ".port in in\n"), ["v(v)", "p(out)"]
    cost, light = cost_of(save), 0.04 * signal(81)
    request = {"stop": STOP, "step": STEP, "save": save}
    _, slopes = tdsim.gradient(circuit, cost, ["in", "x(xr.cavity)", "r1.r"], inputs={"in": light}, **request)
    assert slopes["in"].dims == ("time",)
    way = 0.04 * signal(81, seed=3)
    near = 1e-3 * np.array([1, -1, 0.5, -0.5])
    runs = replayed(
        circuit, Request(STEP, STOP, inputs={"in": light}, save=save), [{}] * 4, [{"in": light + e * way} for e in near]
    )
    expected = np.array([float(cost.value(r)) for r in runs]) @ np.array([-1, 1, 8, -8]) / 6e-3
    assert float(np.real(np.conj(slopes["in"].values) @ way)) == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(complex(slopes["x(xr.cavity)"]))


def test_runs_and_parameters_of_the_netlist():
    circuit = loaded(LINK.replace("R2 ou 0 1k", "R2 ou 0 {load}\n.param load=1k"))
    save, resistances = ["v(ou)", "p(out)"], np.array([500.0, 900.0])
    cost, wrt = cost_of(save), ["load", "xp.vpi", "xc.coupling", "xd.responsivity"]
    asked = {"stop": STOP, "step": STEP, "save": save}
    value, slopes = tdsim.gradient(circuit, cost, wrt, params={"r1.r": resistances}, **asked)
    assert value.shape == (2,)
    for run, resistance in enumerate(resistances):
        one, alone = tdsim.gradient(circuit, cost, [*wrt, "r2.r"], params={"r1.r": resistance}, **asked)
        assert one == pytest.approx(value[run], rel=1e-9)
        assert float(alone["load"]) == pytest.approx(float(alone["r2.r"]), rel=1e-12)
        for name in wrt:
            assert slopes[name].dims == ("run",)
            assert float(alone[name]) == pytest.approx(float(slopes[name][run]), rel=1e-6)


@pytest.mark.parametrize("name", ["link", "resonant", "echoing"])
def test_checkpoints_change_nothing(name, monkeypatch):
    text, names, save = CASES[name]
    circuit = loaded(text)
    asked = {"stop": STOP, "step": STEP, "save": save}
    whole = tdsim.gradient(circuit, cost_of(save), movable(circuit, names), **asked)
    for constant in ("SHORTEST", "SEGMENT_NUMBERS", "WHOLE_NUMBERS"):
        monkeypatch.setattr(passes, constant, 23)
    monkeypatch.setattr(mixed, "_longest", lambda joint: 17)
    pieces = tdsim.gradient(circuit, cost_of(save), movable(circuit, names), **asked)
    assert np.sum(pieces[0]) == pytest.approx(np.sum(whole[0]), rel=1e-12)
    for label in whole[1]:
        assert float(pieces[1][label]) == pytest.approx(float(whole[1][label]), rel=1e-8)


class Late:
    """A cost of one instant, averaged over the second half of a run through a smooth window."""

    def __init__(self, cost, count):
        late = np.sin(2 * np.pi * np.arange(count) / count) ** 2 * (np.arange(count) > count // 2)
        self.weight, self.cost = late / late.sum(), cost

    def _means(self, signals):
        return {name: (values @ self.weight)[None] for name, values in signals.items()}

    def value(self, signals):
        return self.cost.value(self._means(signals))

    def pullback(self, signals):
        return {name: slope * self.weight for name, slope in self.cost.pullback(self._means(signals)).items()}


def test_it_is_that_of_the_equilibrium_after_a_long_time():
    circuit = tdsim.loads(LOOP.replace("tau=2p", "tau=1p").replace("50f bandwidth=30g", "1f bandwidth=200g"))
    names, count = ["xc.coupling", "xp.vpi", "xl.power", "xd.saturation", "xb.responsivity", "r4.r"], 1000
    asked = {"step": STEP, "save": SAVE}
    steady, at_rest = tdsim.gradient(circuit, cost_of(SAVE), names, settled=True, **asked)
    value, slopes = tdsim.gradient(circuit, Late(cost_of(SAVE), count), names, stop=(count - 1) * STEP, **asked)
    assert value == pytest.approx(steady, rel=1e-7)
    sizes = sizes_of(circuit, names)
    found, expected = (np.array([float(s[n]) for n in names]) * sizes for s in (slopes, at_rest))
    assert np.abs(found - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        (LINK, {"wrt": ["xp.voltage"]}, "its electrodes are wired"),
        (LINK, {"wrt": ["xd.light"]}, "light arrives at it"),
        (LINK, {"wrt": ["xd.dark"]}, "stands at its bound"),
        (LINK, {"wrt": ["v1.dc"]}, "follows a shape"),
        (LINK, {"wrt": []}, "nothing to differentiate by"),
        (LINK, {"wrt": ["r9.r"]}, "unknown parameter"),
        (LINK, {"cost": Mean("v(nowhere)")}, "v(nowhere), which is not saved"),
        (SWITCHED.replace("ou t v 0", "ou t ou 0").replace("vt=0.5", "vt=0.1"), {}, "instants that may move"),
        (SWITCHED, {"wrt": ["s1.vt"]}, "moves the instants"),
    ],
)  # fmt: skip
def test_wrong_use_gives_a_sentence(text, asked, said):
    arguments = {"cost": Mean("v(ou)"), "wrt": ["r1.r"], "save": ["v(ou)"], "step": STEP, "stop": STOP, **asked}
    with pytest.raises(tdsim.UsageError) as caught:
        tdsim.gradient(loaded(text), **arguments)
    assert said in str(caught.value)
