"""Processes look ahead in branches, and go on from states with what they keep in memory."""

import numpy as np
import pytest

import tdsim
from tdsim.errors import SimulationError, UsageError
from tdsim.netlist import loads

PS, NS = 1e-12, 1e-9
KAPPA = 2e10

CAVITY = """A resonator and its laser
Xl in laser power=1m
Xr in out resonator kappa=[2e10 2e10]
.save x(xr.cavity) p(out)
.end
"""

BOTH = """Light on a photodiode; a driver turns the modulator
Xl in laser power=pulse(1m 2m 5p 1p 1p 9p 23p)
Xs in nc1 a b coupler
Xu a c drive 0 phase_shifter vpi=4 phase={-pi/2}
Xw b d 0 drive phase_shifter vpi=4 phase={pi/2}
Xj c d nc2 mod coupler
Xf mod far delay time=5p
Xd far out 0 photodiode
R1 out 0 1k
C1 out 0 10f
V1 drive 0 0
.save v(out) p(mod) v(drive)
.end
"""

ELECTRONIC = "t\nv1 in 0 sin(0 1 10meg)\nr1 in out 1k\nc1 out 0 10p\n.save v(out) i(v1)\n.end\n"


def cavity():
    return loads(CAVITY)


# -- branches ---------------------------------------------------------------------------------------------------


def test_branches_are_what_a_resonator_would_do():
    """From A0 with other detunings: A(t) = A1 + (A0 - A1) exp(l t), each branch to its own A1."""
    detunings, found = np.array([0.0, 2e9, -5e9]), []

    def look_ahead(sim, memory):
        yield sim.wait(1 * NS)
        before = sim.read("x(xr.cavity)")
        found.append((before, sim.branch(0.3 * NS, {"xr.detuning": detunings})))

    plain = tdsim.transient(cavity(), stop=1.5 * NS, step=PS)
    result = tdsim.transient(cavity().process(look_ahead), stop=1.5 * NS, step=PS)
    np.testing.assert_array_equal(result["x(xr.cavity)"], plain["x(xr.cavity)"])  # the circuit itself is not moved
    ((before, branches),) = found
    assert dict(branches.sizes) == {"run": 3, "time": 300}
    assert branches["time"].values[[0, -1]] == pytest.approx([1 * NS, 1.299 * NS])
    np.testing.assert_array_equal(branches["xr.detuning"], detunings)
    for run, detuning in enumerate(detunings):
        final = tdsim.fixed_point(cavity(), step=PS, params={"xr.detuning": detuning})["x(xr.cavity)"].item()
        growth = np.exp((-2j * np.pi * detuning - KAPPA) * PS)
        exact = final + (before - final) * growth ** np.arange(1, 301)
        np.testing.assert_allclose(branches["x(xr.cavity)"].values[run], exact, rtol=1e-9)


@pytest.mark.parametrize(
    ("text", "step", "when", "signals"),
    [
        (CAVITY, PS, 100 * PS, ["x(xr.cavity)", "p(out)"]),
        (BOTH, PS, 21 * PS, ["v(out)", "p(mod)", "v(drive)"]),
        (ELECTRONIC, NS, 33 * NS, ["v(out)", "i(v1)"]),
    ],
    ids=["light", "both", "electronics"],
)
def test_a_branch_in_which_nothing_is_changed_is_what_comes(text, step, when, signals):
    branches = []

    def look_ahead(sim, memory):
        while True:
            branches.append(sim.branch(20 * step))
            yield sim.wait(when)

    result = tdsim.transient(loads(text).process(look_ahead), stop=3 * when, step=step)
    assert len(branches) == 4
    for k, branch in enumerate(branches[:3]):
        first = round(k * when / step)
        for name in signals:
            count = branch[name].size
            assert count == 20 + (k == 0)
            np.testing.assert_array_equal(branch[name].values, result[name].values[first : first + count])


@pytest.mark.parametrize("text", [CAVITY, BOTH], ids=["light", "both"])
def test_what_is_set_is_what_the_branch_has_shown(text):
    branches, first = [], ("xl.power", 1.5e-3) if text == CAVITY else ("v1.dc", 2.0)

    def choose(sim, memory):
        yield sim.wait(40 * PS)
        sim.set(*first)
        yield sim.wait(40 * PS)
        branches.append(sim.branch(100 * PS, {"xl.power": np.array([0.5e-3, 3e-3])}))
        sim.set("xl.power", 3e-3)

    result = tdsim.transient(loads(text).process(choose), stop=200 * PS, step=PS)
    name = "p(out)" if text == CAVITY else "v(out)"
    np.testing.assert_allclose(branches[0][name].values[1], result[name].values[80:180], rtol=1e-12)
    assert abs(branches[0][name].values[0] - branches[0][name].values[1]).max() > 1e-5


def test_runs_branch_side_by_side():
    branches = []

    def choose(sim, memory):
        yield sim.wait(40 * PS)
        branches.append(sim.branch(50 * PS, {"xl.power": np.array([2e-3, 0.0, 1e-3])}))

    params = {"xr.detuning": np.array([0.0, 1e9, 2e9])}
    tdsim.transient(cavity().process(choose), stop=60 * PS, step=PS, params=params)
    _, state = tdsim.transient(cavity(), stop=39 * PS, step=PS, params=params, return_state=True)
    changed = {**params, "xl.power": np.array([2e-3, 0.0, 1e-3])}
    expected = tdsim.transient(cavity(), stop=89 * PS, step=PS, params=changed, state=state)
    np.testing.assert_allclose(branches[0]["p(out)"], expected["p(out)"], rtol=1e-9, atol=1e-18)


def test_branches_take_inputs_and_show_other_signals():
    branches = []

    def dim(sim, memory):
        yield sim.wait(400 * PS)
        branches.append(sim.branch(1 * NS, inputs={"xl": 0.0}, save=["pin(xr.o1)"]))
        branches.append(sim.branch(1 * NS, inputs={"xl": [0.1, 0.2]}, save=["pin(xr.o1)"]))

    tdsim.transient(cavity().process(dim), stop=500 * PS, step=PS)
    dark, flash = branches
    assert dark["pin(xr.o1)"].values.max() == 0
    np.testing.assert_allclose(flash["pin(xr.o1)"].values[:4], [0.01, 0.04, 0, 0], atol=1e-15)
    assert dark["p(out)"].values[-1] < 1e-6 * dark["p(out)"].values[0]


def test_shapes_go_on_in_branches_as_they_would():
    """What a shape leaves open depends on the length of the run: here the period of the sine."""
    branches = []

    def look_ahead(sim, memory):
        yield sim.wait(100 * PS)
        branches.append(sim.branch(50 * PS))

    circuit = loads("t\nXl out laser power=sin(1m 0.5m)\n.save p(out)\n.end\n")
    result = tdsim.transient(circuit.process(look_ahead), stop=400 * PS, step=PS)
    np.testing.assert_array_equal(branches[0]["p(out)"], result["p(out)"].values[100:150])


def test_a_search_for_an_equilibrium_branches_under_its_inputs():
    """The free phase comes to rest; then branches with other detunings go to their own equilibria."""
    branches, detunings = [], np.array([0.0, 2e9])

    def nudge(sim, memory):
        yield sim.wait_settled(1e-9)
        branches.append(sim.branch(3 * NS, {"xr.detuning": detunings}))

    circuit = loads("t\nXr in out resonator kappa=[2e10 2e10]\n.port in in\n.save p(out)\n.end\n")
    tdsim.settle(circuit.process(nudge), tmax=5 * NS, step=PS, tol=1e-9, inputs={"in": 0.03})
    circuit.processes.clear()
    for run, detuning in enumerate(detunings):
        rest = tdsim.fixed_point(circuit, step=PS, inputs={"in": 0.03}, params={"xr.detuning": detuning})
        assert branches[0]["p(out)"].values[run, -1] == pytest.approx(rest["p(out)"].item(), rel=1e-6)


def test_a_transient_from_rest_goes_on_with_its_process():
    def tune(sim, memory):
        while memory["left"]:
            yield sim.wait_settled(1e-9)
            memory["left"] -= 1
            sim.set("xr.detuning", 2e9)

    text = CAVITY.replace(".end", ".settle tol=1e-9 tmax=5n tstep=1p\n.tran 1p 50p from=settle\n.end")
    result = tdsim.simulate(loads(text).process(tune, {"left": 1}), "tran")
    rest = tdsim.fixed_point(cavity(), step=PS, params={"xr.detuning": 2e9})
    np.testing.assert_allclose(result["p(out)"].values, rest["p(out)"].item(), rtol=1e-6)


def test_one_run_with_an_axis_branches_into_many():
    branches = []

    def choose(sim, memory):
        yield sim.wait(40 * PS)
        branches.append(sim.branch(50 * PS, {"xl.power": np.array([2e-3, 0.0, 1e-3])}))

    params = {"xr.detuning": np.array([1e9])}
    result = tdsim.transient(cavity().process(choose), stop=99 * PS, step=PS, params=params)
    np.testing.assert_allclose(branches[0]["p(out)"].values[2], result["p(out)"].values[0, 40:90], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0.0,), "branch takes a time above zero, not 0"),
        ((PS, {"xr.detunin": 0.0}), "no parameter 'detunin'; did you mean 'detuning'"),
        ((PS, {"xr.detuning": np.zeros(2), "xl.power": np.zeros(3)}), "do not agree on the number of runs: 2 and 3"),
        ((PS, {"xr.detuning": np.nan}), "xr: detuning"),
    ],
)
def test_a_bad_branch_is_a_sentence(arguments, sentence):
    def look_ahead(sim, memory):
        yield sim.wait(PS)
        sim.branch(*arguments)

    with pytest.raises((UsageError, SimulationError), match=sentence):
        tdsim.transient(cavity().process(look_ahead), stop=10 * PS, step=PS)


# -- states -----------------------------------------------------------------------------------------------------


def stepper(sim, memory):
    """Walks the laser's power in steps of 1.7 samples and at crossings, and keeps in memory how often."""
    while True:
        yield sim.wait(memory["wait"])
        memory["count"] += 1
        sim.set("xl.power", 1e-3 * (1.5 + np.sin(memory["count"])) + 0.1 * sim.read(memory["signal"])[0])


def guard(sim, memory):
    """Turns the light up once; keeps no memory, and needs none when that is done."""
    yield sim.wait_cross(memory.get("signal", "p(out)"), 0.2e-3)
    sim.set("xl.power", 2e-3)


def hopper(sim, memory):
    """Changes a voltage or the light at each crossing."""
    while True:
        yield sim.wait_cross(memory["signal"], memory["level"])
        memory["turned"] = not memory["turned"]
        sim.set(memory["name"], memory["values"][memory["turned"]])


def driven(kind):
    if kind == "light":
        return cavity().process(stepper, {"wait": 1.7 * PS, "count": 0, "signal": "p(out)"})
    if kind == "slow":
        return cavity().process(stepper, {"wait": 133 * PS, "count": 0, "signal": "p(out)"})
    if kind == "both":
        return loads(BOTH).process(
            hopper, {"signal": "v(out)", "level": 0.3, "turned": False, "name": "v1.dc", "values": [0.0, 1.5]}
        )
    return loads(ELECTRONIC).process(
        hopper, {"signal": "v(out)", "level": 0.2, "turned": False, "name": "r1.r", "values": [1e3, 2e3]}
    )


@pytest.mark.parametrize("kind", ["light", "slow", "both", "electronics"])
@pytest.mark.parametrize("cut", [1, 77, 150])
def test_a_run_with_a_process_can_be_cut_in_two(kind, cut, tmp_path):
    """The same bits as in one piece: memory, waits under way and what was set belong to the state."""
    step = NS if kind == "electronics" else PS
    whole, end = tdsim.transient(driven(kind), stop=400 * step, step=step, return_state=True)
    first, state = tdsim.transient(driven(kind), stop=cut * step, step=step, return_state=True)
    state.save(tmp_path / "s.npz")
    loaded = tdsim.State.load(tmp_path / "s.npz")
    assert loaded.equals(state)
    second, last = tdsim.transient(driven(kind), stop=400 * step, step=step, state=loaded, return_state=True)
    for name in whole.data_vars:  # the steps of electronics alone end with the run
        within = 1e-12 * float(abs(whole[name]).max()) if kind == "electronics" else 0.0
        np.testing.assert_allclose(np.concatenate([first[name], second[name]]), whole[name], rtol=0, atol=within)
    assert last.steering.equals(end.steering) or kind == "electronics"
    assert last.equals(end) or kind in ("both", "electronics")
    assert loaded.equals(state), "a run leaves the state it begins in as it was"


def test_a_process_that_has_ended_stays_ended():
    _, state = tdsim.transient(cavity().process(guard), stop=300 * PS, step=PS, return_state=True)
    late = tdsim.transient(cavity().process(guard), stop=2 * NS, step=PS, state=state)
    rest = tdsim.fixed_point(cavity(), step=PS, params={"xl.power": 2e-3})
    assert late["p(out)"].values[-1] == pytest.approx(rest["p(out)"].item(), rel=1e-6)


def test_branches_of_a_state_have_processes_of_their_own():
    circuit = driven("slow")
    _, state = tdsim.transient(circuit, stop=500 * PS, step=PS, return_state=True)
    params = {"xr.detuning": np.array([0.0, 2e9])}
    branches = tdsim.transient(driven("slow"), stop=1 * NS, step=PS, state=state, params=params)
    alone = tdsim.transient(driven("slow"), stop=1 * NS, step=PS, state=state)
    np.testing.assert_allclose(branches["p(out)"].values[0], alone["p(out)"].values, rtol=1e-12)
    assert abs(branches["p(out)"].values[1] - alone["p(out)"].values).max() > 1e-5


def test_a_parameter_that_is_given_wins_over_what_a_process_had_set():
    _, state = tdsim.transient(cavity().process(guard), stop=300 * PS, step=PS, return_state=True)
    late, last = tdsim.transient(
        cavity().process(guard), stop=2 * NS, step=PS, state=state, params={"x*.power": 0.0}, return_state=True
    )
    assert late["p(out)"].values[-1] < 1e-9
    assert not last.steering.settings


def test_runs_of_a_state_are_taken_with_what_their_processes_keep():
    def walk(sim, memory):
        while True:
            yield sim.wait(10 * PS)
            memory["power"] = memory["power"] + 1e-4 * np.arange(sim.runs)
            sim.set("xl.power", memory["power"])

    def circuit():
        return cavity().process(walk, {"power": 1e-3})

    params = {"xr.detuning": np.array([0.0, 1e9, 2e9])}
    _, state = tdsim.transient(circuit(), stop=95 * PS, step=PS, params=params, return_state=True)
    taken = state.take([2, 0]).steering
    np.testing.assert_allclose(taken.processes[0]["memory"]["power"], [1e-3 + 9 * 2e-4, 1e-3])
    np.testing.assert_allclose(dict(taken.settings)["xl.power"], [1e-3 + 9 * 2e-4, 1e-3])


def test_a_settled_circuit_goes_on_with_its_process():
    def tune(sim, memory):
        while memory["left"]:
            yield sim.wait_settled(1e-9)
            memory["left"] -= 1
            sim.set("xr.detuning", 2e9)

    def circuit():
        return cavity().process(tune, {"left": 1})

    _, state = tdsim.settle(circuit(), tmax=5 * NS, step=PS, tol=1e-9, return_state=True)
    assert not state.steering.processes[0]["memory"]["left"]
    late = tdsim.transient(circuit(), stop=state.time + 10 * PS, step=PS, state=state)
    rest = tdsim.fixed_point(cavity(), step=PS, params={"xr.detuning": 2e9})
    np.testing.assert_allclose(late["p(out)"].values, rest["p(out)"].item(), rtol=1e-6)


@pytest.mark.parametrize("text", [CAVITY, BOTH, ELECTRONIC], ids=["light", "both", "electronics"])
def test_a_process_may_begin_in_a_state_that_had_none(text):
    step = NS if text == ELECTRONIC else PS
    seen = []

    def watch(sim, memory):
        seen.append(sim.now)
        yield sim.wait(10 * step)
        seen.append(sim.now)

    whole = tdsim.transient(loads(text), stop=60 * step, step=step)
    _, state = tdsim.transient(loads(text), stop=40 * step, step=step, return_state=True)
    late = tdsim.transient(loads(text).process(watch), stop=60 * step, step=step, state=state)
    assert seen == pytest.approx([state.tick * step, (state.tick + 10) * step])
    name = "p(out)" if text == CAVITY else "v(out)"
    np.testing.assert_allclose(late[name].values[-1], np.interp(60 * step, whole["time"], whole[name]), rtol=1e-3)


def test_states_that_do_not_fit_are_sentences():
    def forgetful(sim, memory):
        yield sim.wait(NS)

    def hoarder(sim, memory):
        yield sim.wait(PS)
        memory["generator"] = iter("abc")

    _, state = tdsim.transient(cavity().process(forgetful), stop=10 * PS, step=PS, return_state=True)
    with pytest.raises(UsageError, match="process 'forgetful' keeps no memory"):
        tdsim.transient(cavity().process(forgetful), stop=20 * PS, step=PS, state=state)
    with pytest.raises(UsageError, match="a circuit with the processes forgetful; this one has none"):
        tdsim.transient(cavity(), stop=20 * PS, step=PS, state=state)
    with pytest.raises(UsageError, match="this one has guard: give it the same"):
        tdsim.transient(cavity().process(guard), stop=20 * PS, step=PS, state=state)
    with pytest.raises(UsageError, match=r"processes\[0\]\.memory\.generator is of type str_\w*iterator"):
        tdsim.transient(cavity().process(hoarder), stop=20 * PS, step=PS, return_state=True)
