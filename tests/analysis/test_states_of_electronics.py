"""States of circuits with electronics: copied, saved, branched, and runs that are cut off and go on."""

import numpy as np
import pytest

import tdsim
from tdsim.engine.state import State
from tdsim.errors import UsageError
from tdsim.results import store
from tests.benchmarks.kills import same

DIODE = """A diode, a coil and an echo
.param r=1k
.model d1 d is=1e-14 cjo=1p tt=1n
V1 a 0 sin(0 1 20meg)
R1 a b {r}
L1 b c 1u
D1 c 0 d1
C1 c 0 10p
B1 e 0 v = 0.5*delay(v(c), 7n)
R2 e 0 1k
.tran 1n 200n
.save v(c) v(e) i(l1)
"""

OSCILLATOR = """Light and electronics in a loop
.param beta=1.8 power=1m
Xlaser  in               laser power={power}
Xsplit  in nc1 a b       coupler
Xupper  a c x 0          phase_shifter vpi={pi} phase={-pi/4}
Xlower  b d 0 x          phase_shifter vpi={pi} phase={pi/4}
Xjoin   c d nc2 fibre    coupler
Xfibre  fibre far        delay time=2n
Xdiode  far load 0       photodiode responsivity=1
Rload   load 0           1k
Cload   load 0           1p
Eamp    x 0 load 0       {beta}
.tran 10p 30n
.save v(x) p(fibre)
"""


INSTANT = OSCILLATOR.replace("Xfibre  fibre far        delay time=2n", "Xfibre  fibre far        attenuator loss=0")
INSTANT = INSTANT.replace("{power}", "sin(1m 0.5m 1g)").replace("beta=1.8", "beta=0.8")
CIRCUITS = {"electronics": DIODE, "light and electronics": OSCILLATOR, "without delay": INSTANT}


@pytest.fixture(params=CIRCUITS.values(), ids=CIRCUITS.keys())
def circuit(request):
    return tdsim.loads(request.param)


def card(circuit):
    (analysis,) = circuit.analyses
    return {"step": analysis.step, "stop": analysis.stop}


def test_a_state_is_copied_saved_and_compared(circuit, tmp_path):
    _, state = tdsim.transient(circuit, **card(circuit), return_state=True)
    assert state.copy().equals(state)
    state.save(tmp_path / "state")
    loaded = State.load(tmp_path / "state")
    assert loaded.equals(state)
    assert loaded.time == pytest.approx(card(circuit)["stop"], rel=1e-3)
    loaded.electronics[0]["Z"][0] += 1e-15
    assert not loaded.equals(state)
    assert state.take([0, 0]).runs == 2
    with pytest.raises(UsageError, match="electronics do not run backwards"):
        state.conjugate()


def test_two_halves_make_a_whole(circuit, tmp_path):
    """Bit for bit with light that is delayed, whose grid both share; else to the tolerance of what is solved."""
    given = card(circuit)
    runs = {"r1.r": np.array([1e3, 2e3])} if "r1" in circuit.instances else {"rload.r": np.array([1e3, 0.9e3])}
    whole = tdsim.transient(circuit, **given, params=runs)
    early = {**given, "stop": 0.4096 * given["stop"]}
    first, state = tdsim.transient(circuit, **early, params=runs, return_state=True)
    state.save(tmp_path / "state")
    second = tdsim.transient(circuit, **given, params=runs, state=State.load(tmp_path / "state"))
    assert first.sizes["time"] + second.sizes["time"] == whole.sizes["time"]
    for name in whole.data_vars:
        both = np.concatenate([first[name].values, second[name].values], axis=-1)
        if circuit.text == OSCILLATOR:
            np.testing.assert_array_equal(both, whole[name].values)
        else:
            np.testing.assert_allclose(both, whole[name].values, atol=2e-4 * abs(whole[name].values).max())


def test_branches_of_one_state(circuit):
    """As many branches as there are values, each as it is alone; where nothing changes, nothing is kicked."""
    given = card(circuit)
    name = "r1.r" if "r1" in circuit.instances else "eamp.gain"
    nominal = circuit.instances[name.split(".")[0]].settings[name.split(".")[1]]
    values = nominal * np.array([1.0, 1.3, 0.6])
    _, state = tdsim.transient(circuit, **{**given, "stop": 0.5 * given["stop"]}, return_state=True)
    branches = tdsim.transient(circuit, **given, params={name: values}, state=state)
    plain = tdsim.transient(circuit, **given, state=state)
    for signal in plain.data_vars:
        other = plain[signal].values if "xfibre" in circuit.instances else None
        if other is not None:
            np.testing.assert_allclose(branches[signal].values[0], other, atol=1e-6 * abs(other).max())
    for k in (1, 2):
        alone = tdsim.transient(circuit, **given, params={name: values[k : k + 1]}, state=state)
        for signal in alone.data_vars:
            np.testing.assert_array_equal(alone[signal].values[0], branches[signal].values[k])


def test_states_of_other_circuits_are_refused(circuit):
    given = card(circuit)
    _, state = tdsim.transient(circuit, **given, return_state=True)
    other = tdsim.loads(OSCILLATOR.replace("Rload   load", "Rload   lode") + "Rmore lode load 1\n")
    with pytest.raises(UsageError, match="the state belongs to another circuit"):
        tdsim.transient(other, **{**card(other), "stop": 1.0e-6, "step": given["step"]}, state=state)
    light = tdsim.Circuit().add("xl", "laser", "in").add("xd", "delay", "in", "out", time=1e-9).port("o", "out")
    with pytest.raises(UsageError, match="the state belongs to another circuit"):
        tdsim.transient(light, stop=1e-6, step=given["step"], state=state)


# -- cut off and resumed ----------------------------------------------------------------------------------------


class Stop(Exception):
    """Stands for whatever ends a process."""


@pytest.mark.parametrize("runs", [False, True], ids=["one run", "runs"])
@pytest.mark.parametrize("after", [1, 3])
def test_a_run_that_was_cut_off_ends_the_same(circuit, tmp_path, monkeypatch, after, runs):
    if runs:
        circuit = tdsim.loads(circuit.text + (".step param r list 1k 2k\n" if "r1" in circuit.instances else ""))
    monkeypatch.setattr("tdsim.nodal.integrator.MOST", 64)
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    tdsim.simulate(circuit, path=tmp_path / "whole.nc")
    original, seen, starts = store.NetcdfSink.append, [], []

    def counting(self, stream, values):
        seen.append(stream[0])
        if len(seen) == after + 1:
            raise Stop
        original(self, stream, values)

    with monkeypatch.context() as patch:
        patch.setattr(store.NetcdfSink, "append", counting)
        with pytest.raises(Stop):
            tdsim.simulate(circuit, path=tmp_path / "cut.nc")
    with monkeypatch.context() as patch:
        patch.setattr(
            store.NetcdfSink,
            "append",
            lambda sink, stream, values: (starts.append(stream[0]), original(sink, stream, values)),
        )
        tdsim.simulate(circuit, path=tmp_path / "cut.nc", resume=True)
    assert starts[0] == seen[-1] > 0, "it went on where it was cut off"
    assert same(tmp_path / "whole.nc", tmp_path / "cut.nc")


def switches(sim, memory):
    """Sets parameters of light and electronics while the circuit runs."""
    for at, name, value in memory["plan"][memory.get("done", 0) :]:
        yield sim.wait(max(at - sim.now, 0.0))
        sim.set(name, value)
        memory["done"] = memory.get("done", 0) + 1


RESONATOR = "A resonator\nXl in laser power=prbs(0 1m 20p 7)\nXr in out resonator kappa=[2e10 1e10]\n"
CHANGED = {
    "light": (RESONATOR + ".tran 1p 1n\n.save p(out) x(xr.cavity)\n", [(0.2e-9, "xr.detuning", 3e9)]),
    "both": (OSCILLATOR, [(5e-9, "eamp.gain", 1.2), (8e-9, "cload.c", 2e-12), (9e-9, "xupper.vpi", 3.0)]),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_a_run_whose_parameters_had_changed_ends_the_same(tmp_path, monkeypatch, kind):
    text, plan = CHANGED[kind]

    def begin():
        return tdsim.loads(text).process(switches, {"plan": plan})

    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    tdsim.simulate(begin(), path=tmp_path / "whole.nc")
    original, seen = store.NetcdfSink.append, []

    def counting(self, stream, values):
        seen.append(stream[-1])
        if stream[-1] > 0.4 * begin().analyses[0].stop:
            raise Stop
        original(self, stream, values)

    with monkeypatch.context() as patch:
        patch.setattr(store.NetcdfSink, "append", counting)
        with pytest.raises(Stop):
            tdsim.simulate(begin(), path=tmp_path / "cut.nc")
    assert len(seen) > 2
    tdsim.simulate(begin(), path=tmp_path / "cut.nc", resume=True)
    assert same(tmp_path / "whole.nc", tmp_path / "cut.nc")


FROM_REST = {
    "electronics": DIODE.replace("sin(0 1 20meg)", "0.9").replace(
        ".tran 1n 200n", ".settle tol=1e-6 tmax=2u tstep=1n\n.tran 1n 200n from=settle"
    ),
    "both": OSCILLATOR.replace("beta=1.8", "beta=1.2").replace(
        ".tran 10p 30n", ".settle tol=1e-6 tmax=3u tstep=10p\n.tran 10p 30n from=settle"
    ),
}


@pytest.mark.parametrize("kind", FROM_REST)
def test_a_run_from_rest_that_was_cut_off_ends_the_same(tmp_path, monkeypatch, kind):
    circuit = tdsim.loads(FROM_REST[kind])
    monkeypatch.setattr("tdsim.nodal.integrator.MOST", 64)
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    tdsim.simulate(circuit, path=tmp_path / "whole.nc")
    original, begun = store.NetcdfSink.append, []

    def counting(self, stream, values):
        begun.append(self._analyses[-1].schema.analysis)
        if begun.count("tran") == 2:
            raise Stop
        original(self, stream, values)

    with monkeypatch.context() as patch:
        patch.setattr(store.NetcdfSink, "append", counting)
        with pytest.raises(Stop):
            tdsim.simulate(circuit, path=tmp_path / "cut.nc")
    tdsim.simulate(circuit, path=tmp_path / "cut.nc", resume=True)
    assert same(tmp_path / "whole.nc", tmp_path / "cut.nc")
    rest = tdsim.open(tmp_path / "cut.nc")["tran"]
    for name in ("v(c)", "v(x)"):
        if name in rest:
            np.testing.assert_allclose(rest[name], rest[name][0], rtol=1e-5)
