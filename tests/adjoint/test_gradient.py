"""The gradient against differences of whole transients, an independent simulator's, and itself."""

from pathlib import Path

import numpy as np
import pytest

import tdsim
from tdsim.adjoint import passes
from tdsim.adjoint.costs import Mean, SquaredError

from .circuits import (
    CASES,
    CELLS,
    DRIVEN,
    KERR,
    MIRROR_FOR_TIME,
    MODE_RING,
    NEAR,
    PORTS,
    RESONATORS,
    SOURCES,
    WHOLE_RING,
)
from .differences import STEP, cost_of, signal, worst

DATA = Path(__file__).parent.parent / "oracles" / "data"

STARTS = ["x(xr1.cavity)", "x(xr3.cavity)", "x(xq1.position)", "x(xq1.momentum)", "x(xq2.momentum)"]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_differences_give(name):
    text, names, save = CASES[name]
    assert worst(tdsim.loads(text), names, save) < 1e-7


class Readout:
    """The mean over time of (|z|^2 - target)^2, z the weighted sum of the outputs."""

    def __init__(self, weights, target):
        self.weights, self.target = weights, target

    def _sum(self, signals):
        return sum(weight * signals[name] for name, weight in self.weights.items())

    def value(self, signals):
        return ((np.abs(self._sum(signals)) ** 2 - self.target) ** 2).mean(axis=-1)

    def pullback(self, signals):
        z = self._sum(signals)
        slope = 4 * (np.abs(z) ** 2 - self.target) * z / z.shape[-1]
        return {name: np.conj(weight) * slope for name, weight in self.weights.items()}


def test_a_reservoir_has_the_gradients_of_an_automatic_differentiation():
    circuit, data = tdsim.load(DATA / "P16_gradients.netlist.json"), np.load(DATA / "P16_gradients.npz")
    outputs = [f"e({port})" for port in data["out_ports"]]
    cost = Readout(dict(zip(outputs, data["readout"], strict=True)), data["target"])
    wrt = [f"{name}.phase" for name in data["waveguides"]] + [f"{name}.coupling" for name in data["couplers"]]
    value, slopes = tdsim.gradient(
        circuit, cost, wrt, step=float(data["dt"]), stop=float(data["dt"]) * (len(data["t"]) - 1), save=outputs,
        inputs={str(port): data["x"][:, k] for k, port in enumerate(data["in_ports"])},
    )  # fmt: skip
    found = np.array([float(slopes[name.lower()]) for name in wrt])
    expected = np.concatenate([data["grad_phase"], data["grad_coupling_fd"]])
    assert abs(value - data["loss"]) < 1e-9 * data["loss"]
    assert np.abs(found - expected).max() < 1e-8 * np.abs(expected).max()


def random_network(seed):
    """Couplers, delays and mirrors or resonators, each output joined to an input of another: loops everywhere."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 5))
    lefts = [f"l{k}{way}" for k in range(count) for way in (1, 2)]
    rights = [f"r{k}{way}" for k in range(count) for way in (1, 2)]
    cards = [f"Xc{k} l{k}1 l{k}2 r{k}2 r{k}1 coupler coupling={rng.uniform(0.1, 0.9):.4f}" for k in range(count)]
    order = rng.permutation(len(rights))
    names = [f"xc{k}.coupling" for k in range(count)]
    for n, (here, there) in enumerate(zip([rights[i] for i in order][1:], lefts[1:], strict=True)):
        time = rng.choice([f"{rng.integers(2, 30) / 10}p", f"{rng.uniform(0.1, 3):.4f}p"])
        cards.append(
            f"Xw{n} {here} m{n} delay time={time} loss={rng.uniform(0.1, 2):.3f} phase={rng.uniform(0, 6):.3f}"
        )
        names += [f"xw{n}.time", f"xw{n}.phase"]
        if rng.random() < 0.5:
            cards.append(f"Xm{n} m{n} {there} mirror reflectivity={rng.uniform(0.01, 0.4):.3f}")
            names += [f"xm{n}.reflectivity"]
        else:
            kappas = " ".join(f"{k:.4g}" for k in rng.uniform(5e10, 4e11, 2))
            kerr, detuning = rng.choice([0, 3e22, -3e22]), rng.uniform(-1e10, 1e10)
            cards.append(f"Xm{n} m{n} {there} resonator kappa=[{kappas}] detuning={detuning:.4g} kerr={kerr:g}")
            names += [f"xm{n}.kappa", f"xm{n}.detuning", f"xm{n}.kerr"]
    ports = f".port in {lefts[0]}\n.port out {rights[order[0]]}"
    return "Random network\n" + "\n".join([*cards, ports]) + "\n", names


@pytest.mark.parametrize("seed", range(50))
def test_random_recurrent_networks(seed):
    text, names = random_network(seed)
    chosen = list(np.random.default_rng(seed).choice(names, 5, replace=False))
    assert worst(tdsim.loads(text), chosen, ["e(out)", "p(in)"], count=200, seed=seed) < 1e-7


def test_inputs_have_gradients():
    circuit, count = tdsim.loads(RESONATORS), 120
    light, save = signal(count), ["e(out)", "x(xr1.cavity)"]
    cost = cost_of(save, count)
    asked = {"save": save, "step": STEP, "stop": (count - 1) * STEP}
    _, slopes = tdsim.gradient(circuit, cost, ["in"], inputs={"in": light}, **asked)
    assert slopes["in"].dims == ("time",)
    rng = np.random.default_rng(0)
    way = rng.normal(size=count) + 1j * rng.normal(size=count)
    ahead, back = (
        cost.value({k: v.values for k, v in tdsim.transient(circuit, inputs={"in": light + e * way}, **asked).items()})
        for e in (1e-3, -1e-3)
    )
    expected = (ahead - back) / 2e-3
    assert np.real(np.conj(slopes["in"].values) @ way) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("text", "names"), [(RESONATORS, ["x(xr1.cavity)"]), (CELLS, STARTS)])
def test_initial_values_have_gradients(text, names):
    count, save = 120, ["e(out)", "p(in)"]
    cost = cost_of(save, count)
    asked = {"save": save, "step": STEP, "stop": (count - 1) * STEP, "inputs": {"in": signal(count)}}
    _, slopes = tdsim.gradient(tdsim.loads(text), cost, names, **asked)
    for name in names:
        circuit, real = tdsim.loads(text), name.endswith(("position)", "momentum)"))
        before, near = circuit.initial.get(name, 0), NEAR.get(name, 1e-3 if real else 1e-8)

        def value(shift, circuit=circuit, name=name, before=before):
            circuit.initial[name] = before + shift
            return cost.value({k: v.values for k, v in tdsim.transient(circuit, **asked).items()})

        for way in (1,) if real else (1, 1j):
            expected = (
                8 * (value(near * way) - value(-near * way)) - value(2 * near * way) + value(-2 * near * way)
            ) / 12
            found = np.real(np.conj(slopes[name].values) * way) * near
            assert found == pytest.approx(expected, rel=1e-6)


def test_nothing_turns_yet_but_it_counts():
    circuit = tdsim.loads(KERR.replace("kerr=3e22", "").replace("kerr=-2e22", "kerr=0"))
    assert worst(circuit, ["xr1.kerr", "xr2.kerr", "xr1.detuning"], ["e(out)"]) < 1e-7


def test_runs_of_what_turns_are_apart():
    circuit, count = tdsim.loads(KERR), 150
    light, kappas, lags = signal(count, runs=2), np.array([[2e11, 3e11], [1e11, 2.5e11]]), np.array([1.2e-12, 2.1e-12])
    asked = {"step": STEP, "stop": (count - 1) * STEP, "save": ["e(out)"]}
    cost, wrt = cost_of(["e(out)"], count), ["xr1.kerr", "xr2.detuning", "xr1.kappa", "xw.time"]
    params = {"xr1.kappa": kappas, "xw.time": lags}
    value, slopes = tdsim.gradient(circuit, cost, wrt, inputs={"in": light}, params=params, **asked)
    for run in range(2):
        moved = {name: values[run] for name, values in params.items()}
        one, alone = tdsim.gradient(circuit, cost, wrt, inputs={"in": light[run]}, params=moved, **asked)
        assert one == pytest.approx(value[run], rel=1e-12)
        for name in alone:
            assert float(alone[name]) == pytest.approx(float(slopes[name][run]), rel=1e-9)


def test_runs_are_apart():
    circuit, count = tdsim.loads(WHOLE_RING), 200
    light, couplings = signal(count, runs=3), np.array([0.2, 0.3, 0.4])
    asked = {"step": STEP, "stop": (count - 1) * STEP, "save": ["e(out)"]}
    cost = cost_of(["e(out)"], count)
    value, slopes = tdsim.gradient(
        circuit, cost, ["xw.phase", "xc.coupling"], inputs={"in": light}, params={"xc.coupling": couplings}, **asked
    )
    assert value.shape == (3,)
    for run in range(3):
        one, alone = tdsim.gradient(
            circuit, cost, ["xw.phase", "xc.coupling"], inputs={"in": light[run]},
            params={"xc.coupling": couplings[run]}, **asked,
        )  # fmt: skip
        assert one == pytest.approx(value[run], rel=1e-12)
        for name in alone:
            assert slopes[name].dims == ("run",)
            assert float(alone[name]) == pytest.approx(float(slopes[name][run]), rel=1e-9)


def test_runs_with_other_delays_have_their_own_gradients():
    circuit, count, times = tdsim.loads(WHOLE_RING), 300, [1.5e-12, 2e-12, 0.7e-12]
    asked = {"inputs": {"in": signal(count)}, "step": STEP, "stop": (count - 1) * STEP, "save": ["e(out)"]}
    cost, names = cost_of(["e(out)"], count), ["xw.phase", "xc.coupling", "xw.loss"]
    _, slopes = tdsim.gradient(circuit, cost, names, params={"xw.time": times}, **asked)
    for run, time in enumerate(times):
        _, alone = tdsim.gradient(circuit, cost, names, params={"xw.time": time}, **asked)
        for name in names:
            assert float(slopes[name][run]) == pytest.approx(float(alone[name]), rel=1e-9)


@pytest.mark.parametrize("text", [WHOLE_RING, MODE_RING, DRIVEN, SOURCES, KERR, MIRROR_FOR_TIME])
def test_checkpoints_change_nothing(text, monkeypatch):
    circuit, count = tdsim.loads(text), 700
    inputs = {port: signal(count) for port in circuit.external if port == "in"}
    wrt = [
        n
        for n in (
            "xr.coupling1",
            "xr.detuning",
            "xc.coupling",
            "xw.phase",
            "xl.phase",
            "xr1.kerr",
            "xr2.kappa_i",
            "xm.leak",
        )
        if n.split(".")[0] in circuit.instances
    ]
    save = ["p(d)"] if "xr" in circuit.instances else ["p(out)"] if inputs else ["p(q)"]
    asked = {"inputs": inputs, "step": STEP, "stop": (count - 1) * STEP, "save": save}
    whole = tdsim.gradient(circuit, Mean(save[0]), wrt, **asked)
    monkeypatch.setattr(passes, "SHORTEST", 64)
    monkeypatch.setattr(passes, "WHOLE_NUMBERS", 0)
    monkeypatch.setattr(passes, "SEGMENT_NUMBERS", 1)
    pieces = tdsim.gradient(circuit, Mean(save[0]), wrt, **asked)
    assert pieces[0] == whole[0]
    for name in whole[1]:
        assert float(pieces[1][name]) == pytest.approx(float(whole[1][name]), rel=1e-11)


def test_runs_of_what_has_no_effect_have_a_gradient_of_zero():
    circuit = tdsim.loads(WHOLE_RING + "Xq n1 n2 phase_shifter phase=1\n.port n1 n1\n.port n2 n2\n")
    inputs = {"in": signal(50, runs=3)}
    _, slopes = tdsim.gradient(
        circuit, Mean("p(out)"), ["xq.phase"], inputs=inputs, step=STEP, stop=49 * STEP, save=["p(out)"]
    )
    assert slopes["xq.phase"].values.tolist() == [0, 0, 0]


def test_rounded_delays_have_other_gradients():
    text, count = WHOLE_RING.replace("1.5p", "1.53p") + ".options delay=round\n", 200
    circuit, whole = tdsim.loads(text), tdsim.loads(WHOLE_RING)
    asked = {"inputs": {"in": signal(count)}, "step": STEP, "stop": (count - 1) * STEP, "save": ["p(out)"]}
    (_, found), (_, expected) = (
        tdsim.gradient(c, Mean("p(out)"), ["xc.coupling", "xw.phase"], **asked) for c in (circuit, whole)
    )
    for name in expected:
        assert float(found[name]) == pytest.approx(float(expected[name]), rel=1e-9)
    with pytest.raises(tdsim.UsageError, match="rounded to whole steps"):
        tdsim.gradient(circuit, Mean("p(out)"), ["xw.time"], **asked)


def test_the_gradient_of_a_nudge_is_that_of_what_it_adds():
    circuit, count = tdsim.loads(f"Nudged\nXn in b nudge\nXw b out delay time=1.5p loss=1{PORTS}"), 60
    light, save = signal(count), ["e(out)"]
    cost = cost_of(save, count)
    asked = {"save": save, "step": STEP, "stop": (count - 1) * STEP}
    _, slopes = tdsim.gradient(circuit, cost, ["xn"], inputs={"in": light, "xn": light}, **asked)
    values = [
        cost.value(
            {"e(out)": tdsim.transient(circuit, inputs={"in": light, "xn": (1 + e) * light}, **asked)["e(out)"].values}
        )
        for e in (1e-3, -1e-3)
    ]
    expected = (values[0] - values[1]) / 2e-3
    assert np.real(np.conj(slopes["xn"].values) @ light) == pytest.approx(expected, rel=1e-9)


BOTH = "Seen\nXl a laser power=1m\nXd a c 0 photodiode\nR1 c 0 1k\n.save v(c)\n"


class Bad(SquaredError):
    def __init__(self, slopes):
        super().__init__({})
        self.slopes = slopes

    def pullback(self, signals):
        return self.slopes


@pytest.mark.parametrize(
    ("text", "cost", "wrt", "said"),
    [
        (WHOLE_RING, Mean("p(out)"), [], "nothing to differentiate by"),
        (WHOLE_RING, Mean("p(out)"), ["xq.phase"], "unknown parameter or input 'xq.phase'"),
        (WHOLE_RING, Mean("p(out)"), ["xw.phase", "xc.copling"], "did you mean 'xc.coupling'"),
        (MODE_RING, Mean("p(out)"), ["xr.model"], "is not a number"),
        (DRIVEN, Mean("p(out)"), ["xp.phase"], "is not a number"),
        (WHOLE_RING, Bad({"p(a)": np.zeros(200)}), ["xw.phase"], "depends on p(a), which is not saved"),
        (WHOLE_RING, Bad({"p(out)": np.zeros(3)}), ["xw.phase"], "whose shape is (200,)"),
        (WHOLE_RING, Bad({"p(out)": np.full(200, np.nan)}), ["xw.phase"], "not finite"),
        (WHOLE_RING.replace("coupling=0.3", "coupling=1"), Mean("p(out)"), ["xc.coupling"], "stands at its bound"),
        (BOTH, Mean("v(d)"), ["r1.r"], "depends on v(d), which is not saved"),
        (KERR, Mean("p(out)"), ["xr1.kappa[2]"], "has 2 numbers, counted from 0, not 2"),
        (KERR, Mean("p(out)"), ["xr1.detuning[0]"], "is one number, not a list"),
        (KERR, Mean("p(out)"), ["x(xr3.cavity)"], "xr3"),
        (KERR, Mean("p(out)"), ["x(xw.phase)"], "xw"),
        (WHOLE_RING.replace("1.5p", "0.75p"), Mean("p(out)"), ["xw.time"], "one filter takes over from another"),
    ],
)  # fmt: skip
def test_wrong_use_gives_a_sentence(text, cost, wrt, said):
    circuit = tdsim.loads(text)
    inputs = {"in": signal(200)} if "in" in circuit.external else {}
    save = ["p(out)"] if inputs else None
    with pytest.raises(tdsim.UsageError) as caught:
        tdsim.gradient(circuit, cost, wrt, step=STEP, stop=199 * STEP, inputs=inputs, save=save)
    assert said in str(caught.value)
