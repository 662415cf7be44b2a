"""SimPy processes that wait, read signals and set parameters while the circuit runs."""

import numpy as np
import pytest

import tdsim

PS = 1e-12


def line(**laser):
    circuit = tdsim.Circuit()
    circuit.add("l", "laser", "i", **{"power": 1e-3, **laser})
    circuit.add("ps", "phase_shifter", "i", "m").add("w", "delay", "m", "o", time=20 * PS)
    return circuit


def test_set_holds_from_the_sample_at_which_it_happens():
    """Light that is past the phase shifter keeps its phase: the change arrives one delay later."""

    def process(sim, memory):
        yield sim.wait(30 * PS)
        sim.set("ps.phase", 1.0)

    circuit = line().process(process)
    result = tdsim.transient(circuit, stop=80 * PS, step=1 * PS, save=["e(o)", "ein(w.o1)"])
    before, after = result["ein(w.o1)"].values, result["e(o)"].values
    np.testing.assert_allclose(np.angle(before), np.where(np.arange(81) < 30, 0, 1), atol=1e-12)
    np.testing.assert_allclose(np.angle(after[20:]), np.where(np.arange(20, 81) < 50, 0, 1), atol=1e-12)


def test_read_gives_the_latest_sample_and_now_the_time():
    seen = []

    def process(sim, memory):
        for _ in range(3):
            yield sim.wait(10 * PS)
            seen.append((sim.now, sim.read("p(l.o1)")[0], sim.read("p(o)")[0]))

    tdsim.transient(line().process(process), stop=50 * PS, step=1 * PS, save=["p(o)"])
    assert [round(t / PS) for t, _, _ in seen] == [10, 20, 30]
    np.testing.assert_allclose([p for _, p, _ in seen], 1e-3)
    np.testing.assert_allclose([p for _, _, p in seen], [0, 0, 1e-3], atol=1e-15)


def test_wait_cross_wakes_after_the_first_sample_beyond_the_level():
    times = []

    def process(sim, memory):
        yield sim.wait_cross("p(o)", 0.5e-3)
        times.append(sim.now)
        sim.set("l.power", 0.0)

    circuit = line().process(process)
    result = tdsim.transient(circuit, stop=3000 * PS, step=1 * PS, save=["p(o)"])
    assert round(times[0] / PS) == 21
    np.testing.assert_allclose(result["p(o)"].values[[19, 20, 40, 41]], [0, 1e-3, 1e-3, 0], atol=1e-15)


def test_the_result_does_not_depend_on_the_pieces(monkeypatch):
    def process(sim, memory):
        while True:
            yield sim.wait_cross("p(o)", 0.4e-3)
            sim.set("ps.phase", float(sim.now / PS % 7))

    def run():
        circuit = tdsim.Circuit()
        circuit.add("l", "laser", "i", power=1e-3, detuning=2e9)
        circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="c", coupling=0.4)
        circuit.add("ps", "phase_shifter", "a", "b").add("w", "delay", "b", "c", time=33.3 * PS)
        return tdsim.transient(circuit.process(process), stop=1000 * PS, step=1 * PS, save=["e(o)"])["e(o)"].values

    expected = run()
    monkeypatch.setattr("tdsim.engine.engine.CACHE_NUMBERS", 1 << 22)
    np.testing.assert_array_equal(run(), expected)


def test_runs_are_set_one_by_one():
    def process(sim, memory):
        yield sim.wait(5 * PS)
        sim.set("ps.phase", np.arange(sim.runs) * 0.5)

    circuit = line().process(process)
    result = tdsim.transient(circuit, stop=40 * PS, step=1 * PS, params={"l.power": np.full(3, 1e-3)}, save=["e(o)"])
    np.testing.assert_allclose(np.angle(result["e(o)"].values[:, -1]), [0, 0.5, 1.0], atol=1e-12)


def test_waits_add_up_exactly():
    ticks = []

    def process(sim, memory):
        while True:
            yield sim.wait(1.7 * PS)
            ticks.append(round(sim.now / PS))

    tdsim.transient(line().process(process), stop=12 * PS, step=1 * PS, save=["p(o)"])
    assert ticks == [2, 4, 6, 7, 9, 11, 12]


def test_wait_edge_follows_the_source():
    ticks = []

    def process(sim, memory):
        while True:
            yield sim.wait_edge("xl")
            ticks.append(round(sim.now / PS))

    circuit = tdsim.loads("Edges\nXl a laser power=pulse(0 1m 10p 2p 3.5p 20p 60p)\n.tran 1p 100p\n.save p(a)\n")
    tdsim.simulate(circuit.process(process))
    assert ticks == [10, 12, 32, 36, 70, 72, 92, 96]


def no_edges(sim, memory):
    yield sim.wait_edge("ps")


def bad_set(sim, memory):
    yield sim.wait(PS)
    sim.set("ps.phse", 1)


def delay_set(sim, memory):
    yield sim.wait(PS)
    sim.set("w.time", 30 * PS)


def crash(sim, memory):
    yield sim.wait(PS)
    raise ValueError("no idea")


def yields_a_number(sim, memory):
    yield sim.wait(PS)
    yield 5


def not_a_generator(sim, memory):
    return 3


@pytest.mark.parametrize(
    ("process", "sentence"),
    [
        (bad_set, "no parameter 'phse'; did you mean 'phase'"),
        (delay_set, "w.time cannot change during a run: it moves a delay"),
        (no_edges, "no source shape drives 'ps'"),
        (crash, "process 'crash' failed at .*ValueError: no idea"),
        (yields_a_number, "process 'yields_a_number' yields 5 at .*: yield what sim.wait"),
        (not_a_generator, "'not_a_generator' must be a generator"),
    ],
)
def test_a_bad_process_is_a_sentence(process, sentence):
    with pytest.raises(tdsim.TdsimError, match=sentence):
        tdsim.transient(line().process(process), stop=50 * PS, step=1 * PS, save=["p(o)"])
