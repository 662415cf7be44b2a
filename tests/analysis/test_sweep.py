"""Sweeps: every run is what it is alone, in whatever blocks and processes they are computed."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

import tdsim
from tdsim.analysis.sweep import blocks as sweep_blocks
from tdsim.analysis.sweep import sweep as sweep_module
from tdsim.analysis.sweep import task
from tdsim.analysis.sweep.variants import Variants
from tdsim.cli import main
from tdsim.errors import SimulationError, UsageError
from tdsim.results import store
from tdsim.sweeps import Plan, Stepped
from tests.benchmarks.kills import same

RING = """A ring with a bus
.param c={gauss(0.2, 0.05)} l=203.7u
.model wg waveguide(neff={gauss(2.35, 1e-4)} ng=4.2 loss=300)
Xl in laser power=pulse(0 1m 1p 1p 1p 40p)
Xd in back start out coupler coupling={c}
Xw start back wg length={l}
.tran 0.1p 30p
.sparam 21 span=200g
.save p(out) e(out)
.meas tran most max p(out)
.meas tran when_half when p(out)=0.2m rise=1
"""
SWEEP = RING + ".step param l list 190.1u 203.7u 210.3u\n.mc 4 11\n.options block=5\n"


def datasets(result):
    """The groups of a result by name, wall times set aside."""
    groups = result.children if hasattr(result, "children") else {"": result}
    found = {n: (g.to_dataset() if hasattr(g, "to_dataset") else g) for n, g in groups.items()}
    return {n: g.load().assign_attrs(wall_time=0) for n, g in found.items()}


def assert_same(one, other):
    first, second = datasets(one), datasets(other)
    assert first.keys() == second.keys()
    assert all(first[name].identical(second[name]) for name in first)


def test_every_run_is_what_it_is_alone():
    circuit = tdsim.loads(SWEEP)
    found = tdsim.simulate(circuit)
    variants = Variants(circuit, circuit.sweep, 11)
    assert found["tran"]["p(out)"].dims == ("run", "time")
    assert found["sparam"]["s(out,in)"].dims == ("run", "frequency")
    for run in range(12):
        alone = tdsim.simulate(variants.make(run).circuit)
        np.testing.assert_array_equal(found["tran"]["e(out)"].values[run], alone["tran"]["e(out)"].values)
        s = found["sparam"]["s(out,in)"].values[run]
        np.testing.assert_allclose(s, alone["sparam"]["s(out,in)"].values, atol=1e-13)
        assert found["most"].values[run] == alone["most"]
        np.testing.assert_array_equal(found["when_half"].values[run], alone["when_half"])


def test_swept_and_drawn_values_are_coordinates():
    found = tdsim.simulate(tdsim.loads(SWEEP))["tran"]
    np.testing.assert_array_equal(found["run"], np.arange(12))
    np.testing.assert_array_equal(found["l"], np.tile([190.1e-6, 203.7e-6, 210.3e-6], 4))
    np.testing.assert_array_equal(found["mc"], np.repeat(np.arange(4), 3))
    assert len(np.unique(found["c"])) == len(np.unique(found["wg.neff"])) == 4, "the same chips at every length"
    np.testing.assert_array_equal(found["c"][::3], found["c"][2::3])
    assert found.attrs["seed"] == 11


def test_one_seed_gives_the_same_bits_and_another_one_others():
    assert_same(tdsim.simulate(tdsim.loads(SWEEP)), tdsim.simulate(tdsim.loads(SWEEP)))
    other = tdsim.simulate(tdsim.loads(SWEEP.replace(".mc 4 11", ".mc 4 12")))
    assert not np.isin(other["tran"]["c"], tdsim.simulate(tdsim.loads(SWEEP))["tran"]["c"]).any()


def test_more_draws_leave_the_first_ones_alone():
    few, many = (tdsim.sweep(tdsim.loads(RING), runs=n, seed=3, analysis="tran") for n in (3, 7))
    np.testing.assert_array_equal(many["e(out)"][:3], few["e(out)"])


@pytest.mark.parametrize("block", [1, 4, 100])
def test_blocks_leave_no_trace(block):
    circuit = tdsim.loads(SWEEP)
    expected = tdsim.simulate(circuit)["tran"]
    circuit.options["block"] = block
    np.testing.assert_array_equal(tdsim.simulate(circuit)["tran"]["e(out)"], expected["e(out)"])


@pytest.mark.parametrize("block", [0, 2.5, -1])
def test_a_bad_block_is_a_sentence(block):
    circuit = tdsim.loads(SWEEP)
    circuit.options["block"] = block
    with pytest.raises(UsageError, match=r"option block (is a whole number|must be 1 or more)"):
        tdsim.simulate(circuit)


# -- structure --------------------------------------------------------------------------------------------------


def blocks(text, **options):
    circuit = tdsim.loads(text)
    circuit.options.update(options)
    return [b.runs for b in sweep_blocks.blocks_of(Variants(circuit, circuit.sweep, 0))]


def test_runs_of_one_structure_go_side_by_side():
    assert blocks(SWEEP, block=100) == [tuple(range(12))]
    assert blocks(SWEEP, block=5) == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9), (10, 11)]


CHAIN = """A chain
.param n=1 d=1p
Xl a0 laser power=1m
.for k 1 {n}
Xd{k} a{k-1} a{k} delay time={d}
.endfor
Xe a{n} out attenuator loss=1
.tran 0.1p 20p
.save p(out)
"""


def test_other_structures_go_apart():
    text = CHAIN + ".step param n list 1 2 3\n.step param xl.power list 1m 2m\n"
    assert blocks(text) == [(0, 3), (1, 4), (2, 5)]
    found = tdsim.simulate(tdsim.loads(text))
    arrives = (found["p(out)"] > 0).argmax("time").values
    np.testing.assert_array_equal(arrives, [10, 20, 30, 10, 20, 30])
    np.testing.assert_allclose(found["p(out)"][:, -1], 10**-0.1 * np.array([1e-3] * 3 + [2e-3] * 3))


def test_delays_of_other_kinds_go_apart():
    """Zero, whole, and those of one filter order: short ones have a lower order."""
    text = CHAIN + ".step param d list 0 1p 2p 0.33p 5.05p 4.02p\n"
    assert blocks(text) == [(0,), (1, 2), (3,), (4, 5)]
    found = tdsim.simulate(tdsim.loads(text))
    for run, d in enumerate((0, 1e-12, 2e-12, 0.33e-12, 5.05e-12, 4.02e-12)):
        alone = tdsim.simulate(tdsim.loads(CHAIN, overrides={"d": repr(d)}))
        np.testing.assert_allclose(found["p(out)"].values[run], alone["p(out)"].values, rtol=1e-12)


def test_a_delay_shorter_than_the_step_names_its_run():
    with pytest.raises(UsageError, match=r"xd1: in run 1 \(d = 5e-14\) its delay is 0\.5 of a step"):
        tdsim.simulate(tdsim.loads(CHAIN + ".step param d list 1p 0.05p\n"))


def test_shapes_may_change():
    text = CHAIN.replace("power=1m", "power=pulse(0 {p} 0 1f 1f 5p)").replace("n=1", "n=1 p=1m")
    found = tdsim.simulate(tdsim.loads(text + ".step param p list 1m 2m 3m\n"))
    np.testing.assert_allclose(found["p(out)"].max("time"), 10**-0.1 * np.array([1e-3, 2e-3, 3e-3]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((".tran 0.1p 20p", ".tran 0.1p {20p*n}"), "the sweep changes analyses: run 1 has"),
        ((".save p(out)", ".if (n > 1)\n.save p(out)\n.else\n.save e(out)\n.endif"), "the sweep changes saved signals"),
        ((".tran 0.1p 20p", ".tran 0.1p 20p\n.carrier 1550n {1551n+n*1n}"), "the sweep changes carriers"),
    ],
)
def test_what_cannot_be_one_result_is_refused(change, sentence):
    text = CHAIN.replace(*change) + ".step param n list 1 2\n"
    with pytest.raises(tdsim.NetlistError, match=sentence) as info:
        tdsim.simulate(tdsim.loads(text))
    assert info.value.diagnostics[0].position.text.startswith(".step")


def test_a_wavelength_can_be_swept():
    text = RING.replace(".sparam 21 span=200g\n", ".carrier {wl}\n").replace("l=203.7u", "l=203.7u wl=1550n")
    found = tdsim.sweep(tdsim.loads(text), {"wl": np.linspace(1549e-9, 1551e-9, 5)})
    for run, wl in enumerate(found["wl"].values):
        alone = tdsim.simulate(tdsim.loads(text, overrides={"wl": repr(float(wl))}))
        np.testing.assert_array_equal(found["e(out)"].values[run], alone["e(out)"].values)


def test_an_error_in_a_run_names_it():
    with pytest.raises(tdsim.NetlistError, match=r"(?s)coupling = 1\.2 is out of bounds.*in run 2: c = 1\.2"):
        tdsim.simulate(tdsim.loads(RING + ".step param c list 0.1 0.5 1.2\n"))
    with pytest.raises(UsageError, match=r"run 1 \(xd\.coupling = 1\.2\): xd: coupling = 1\.2 is out of bounds"):
        tdsim.sweep(tdsim.loads(RING), {"xd.coupling": [0.1, 1.2]})


def test_a_parameter_without_effect_is_warned_about():
    with pytest.warns(UserWarning, match="nothing depends on unused"):
        tdsim.simulate(tdsim.loads(CHAIN + ".param unused=1\n.step param unused list 1 2\n"))


GAIN = """A loop with gain
.param g=3
Xl in laser power=1m
Xd in back start out coupler coupling=0.5
Xa start m amplifier gain={g}
Xw m back delay time=1p
.tran 0.1p 2n
.save p(out)
"""


@pytest.mark.filterwarnings("ignore:the loop through")
def test_a_run_that_blows_up_is_named():
    with pytest.raises(SimulationError, match=r"no longer a finite number at t = .* in run 2 \(g = 9\)"):
        tdsim.simulate(tdsim.loads(GAIN + ".step param g list 0.5 1 9\n"))


def test_measures_follow_the_parameters_of_their_run():
    text = CHAIN.replace(".save", ".meas tran seen find p(out) at={n*1p+0.1p}\n.save") + ".step param n list 1 2 3\n"
    np.testing.assert_allclose(tdsim.simulate(tdsim.loads(text))["seen"], 10**-0.1 * 1e-3)


def test_a_measure_without_value_names_its_run():
    text = RING.replace("pulse(0 1m 1p", "pulse(0 {top} 1p").replace("l=203.7u", "l=203.7u top=1m")
    with pytest.warns(UserWarning, match=r"^in run 1 \(top = 0\.0001\): measure when_half has no value") as told:
        tdsim.sweep(tdsim.loads(text), {"top": [1e-3, 1e-4]}, analysis="tran")
    assert len([w for w in told if "has no value" in str(w.message)]) == 1


# -- electronics, equilibria ------------------------------------------------------------------------------------

DIVIDER = """A low-pass
.param r=gauss(1k, 50)
V1 in 0 dc 1 pulse(0 1 1u 1n 1n 1)
R1 in out {r}
C1 out 0 1n
R2 out 0 3k
"""


def test_electrical_transients_go_side_by_side_on_one_grid():
    """Against the closed form: the tolerance is that of the integrator (reltol 1e-3)."""
    text = DIVIDER + ".tran 0.1u 8u\n.save v(out)\n.meas tran last find v(out) at=8u\n.mc 40 3\n"
    found = tdsim.simulate(tdsim.loads(text))
    assert found["v(out)"].dims == ("run", "time")
    np.testing.assert_allclose(found["time"], 0.1e-6 * np.arange(81), atol=1e-15)
    r = found["r"].values[:, None]
    tau, final = 1e-9 * r * 3e3 / (r + 3e3), 3e3 / (r + 3e3)
    exact = np.where(found["time"] > 1e-6, final * (1 - np.exp(-(found["time"].values - 1e-6) / tau)), 0)
    np.testing.assert_allclose(found["v(out)"], exact, atol=3e-3)
    np.testing.assert_allclose(found["last"], found["v(out)"][:, -1])


def test_operating_points_and_small_signals_are_swept(tmp_path):
    text = DIVIDER.replace("dc 1", "dc 1 ac 1") + ".op\n.ac dec 2 1k 1meg\n.step param r list 1k 2k 3k\n"
    found = tdsim.sweep(tdsim.loads(text), path=tmp_path / "a.nc", workers=2)
    r = np.array([1e3, 2e3, 3e3])
    assert found["op"]["v(out)"].dims == ("run",)
    np.testing.assert_allclose(found["op"]["v(out)"], 3e3 / (3e3 + r), rtol=1e-6)
    f = found["ac"]["frequency"].values
    parallel = 1 / (1 / r + 1 / 3e3)
    exact = (parallel / r)[:, None] / (1 + 2j * np.pi * f * 1e-9 * parallel[:, None])
    np.testing.assert_allclose(found["ac"]["v(out)"], exact, rtol=1e-6)
    memory = tdsim.simulate(tdsim.loads(text))
    np.testing.assert_array_equal(memory["op"]["v(out)"], found["op"]["v(out)"])


def test_light_and_electronics_are_swept_together(tmp_path, monkeypatch):
    """Run by run as alone; and on disk such a run, which has no checkpoints yet, is written all the same."""
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    text = "Mixed\n.param r=1k\nXl in laser power=1m\nXp in det 0 photodiode\nR1 det 0 {r}\nC1 det 0 1f\n"
    text += ".tran 1p 20p\n.save v(det)\n"
    found = tdsim.sweep(tdsim.loads(text), {"r": [1e3, 2e3, 3e3]}, path=tmp_path / "a.nc")
    assert found["v(det)"].dims == ("run", "time")
    for run, r in enumerate(("1k", "2k", "3k")):
        alone = tdsim.simulate(tdsim.loads(text, overrides={"r": r}), path=tmp_path / f"{r}.nc")
        np.testing.assert_allclose(found["v(det)"].values[run], alone["v(det)"].values, rtol=1e-9)


LOOP = """A loop that comes to rest
.param g=0.5
Xl in laser power=1m
Xd in back start out coupler coupling=0.5
Xa start m attenuator loss={g}
Xw m back delay time=1p
.settle tol=1e-6 tmax=2n tstep=0.1p
.save p(out)
"""


def test_equilibria_are_found_run_by_run(tmp_path):
    text = LOOP + ".step param g list 0.1 1 3 10\n.options block=2\n"
    found = tdsim.sweep(tdsim.loads(text), path=tmp_path / "a.nc")
    a = 10 ** (-np.array([0.1, 1, 3, 10]) / 20)
    t = np.sqrt(0.5)
    np.testing.assert_allclose(found["p(out)"][:, -1], 1e-3 * ((t - a) / (1 - t * a)) ** 2, rtol=1e-4, atol=1e-12)
    np.testing.assert_array_equal(found.attrs["settled"], [1, 1, 1, 1])
    alone = [
        tdsim.simulate(tdsim.loads(LOOP, overrides={"g": g})).attrs["settle_time"] for g in ("0.1", "1", "3", "10")
    ]
    np.testing.assert_allclose(found.attrs["settle_time"], alone)


def test_runs_that_do_not_settle_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("loop.cir").write_text(LOOP.replace("tmax=2n", "tmax=30p") + ".step param g list 0 10\n.options block=1\n")
    assert main(["run", "loop.cir"]) == 1
    assert "settle: 1 of 2 runs did not settle: 0" in capsys.readouterr().err
    assert tdsim.open("loop.nc").attrs["verdict"].split()[1] == "settled"


# -- from Python ------------------------------------------------------------------------------------------------


def built():
    circuit = tdsim.Circuit()
    circuit.add("xl", "laser", "in", power=1e-3).add("xd", "coupler", "in", o3="a", o4="b", coupling=0.3)
    circuit.port("a", "a").port("b", "b")
    circuit.analyses.append(tdsim.loads(CHAIN).analyses[0])
    return circuit


def test_a_circuit_built_in_python_is_swept_by_its_instances():
    coupling, power = [0.1, 0.2, 0.4], [1e-3, 2e-3]
    found = tdsim.sweep(built(), {"xd.coupling": coupling, "xl.power": power})
    np.testing.assert_allclose(found["p(a)"][:, 0], np.outer(power, coupling).ravel())
    assert found["xd.coupling"].attrs["units"] == "1"
    assert found["xl.power"].attrs["units"] == "W"


def test_values_that_go_together():
    found = tdsim.sweep(built(), {"xd.coupling": [0.1, 0.2], "xl.power": [1e-3, 2e-3]}, paired=True)
    np.testing.assert_allclose(found["p(a)"][:, 0], [1e-4, 4e-4])


WRONG = {
    "nothing": (lambda c: tdsim.sweep(c), "there is nothing to sweep"),
    "name": (lambda c: tdsim.sweep(c, {"coupling": [1]}), "the netlist has no parameter 'coupling'"),
    "instance": (lambda c: tdsim.sweep(c, {"xe.coupling": [1]}), "unknown parameter 'xe.coupling'; did you mean"),
    "words": (lambda c: tdsim.sweep(c, {"xd.coupling": ["a"]}), "takes a list of real numbers"),
    "no values": (lambda c: tdsim.sweep(c, {"xd.coupling": []}), "takes a list of real numbers"),
    "nan": (lambda c: tdsim.sweep(c, {"xd.coupling": [np.nan]}), "takes finite numbers"),
    "runs": (lambda c: tdsim.sweep(c, runs=0), "above zero, not 0"),
    "no netlist": (lambda c: tdsim.sweep(c, runs=3), "random parameters of a netlist"),
    "many": (lambda c: tdsim.sweep(c, {"xd.coupling": np.linspace(0, 1, 200_000)}), "200,000 runs, more than 100,000"),
    "together": (
        lambda c: tdsim.sweep(c, {"xd.coupling": [0.1], "xl.power": [1, 2]}, paired=True),
        "as many of each, not 1 of xd.coupling, 2 of xl.power",
    ),
    "scheduler": (lambda c: tdsim.sweep(c, {"xd.coupling": [0.1]}, scheduler="tcp://127.0.0.1:9"), "no dask scheduler"),
}


@pytest.mark.parametrize(("call", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_wrong_use_is_a_sentence(monkeypatch, call, sentence):
    monkeypatch.setattr("tdsim.analysis.sweep.workers.CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match=sentence):
        call(built())


def test_processes_run_in_every_block():
    def shut(sim, memory):
        yield sim.wait(5e-12)
        sim.set("xl.power", 0.0)

    circuit = built().process(shut)
    found = tdsim.sweep(circuit, {"xd.coupling": [0.1, 0.2]})
    assert (found["p(a)"][:, 60:] == 0).all()
    with pytest.raises(UsageError, match="cannot be sent to workers"):
        tdsim.sweep(circuit, {"xd.coupling": np.linspace(0, 1, 70)}, workers=2)


# -- processes --------------------------------------------------------------------------------------------------


def test_any_number_of_workers_gives_the_same_bits(tmp_path):
    circuit = tdsim.loads(SWEEP)
    alone = tdsim.sweep(circuit, path=tmp_path / "alone.nc")
    assert_same(tdsim.sweep(circuit, path=tmp_path / "many.nc", workers=3), alone)
    memory = tdsim.sweep(circuit, workers=2)
    for name, group in datasets(memory).items():
        assert group.drop_attrs().identical(datasets(alone)[name].drop_attrs())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alone.nc", "many.nc"]


def dies_once(sim, memory):
    """Kills its process at 10 ps, the first time that it gets there."""
    yield sim.wait(10e-12)
    if not Path(memory["mark"]).exists():
        Path(memory["mark"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def always_dies(sim, memory):
    yield sim.wait(1e-12)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_costs_only_its_block(tmp_path, monkeypatch):
    begun = []
    original = sweep_module.Processes.submit
    monkeypatch.setattr(
        sweep_module.Processes, "submit", lambda s, d, b: (begun.append(b.number), original(s, d, b))[1]
    )
    circuit = tdsim.loads(SWEEP)
    expected = tdsim.sweep(circuit)
    circuit.process(dies_once, {"mark": str(tmp_path / "mark")})
    found = tdsim.sweep(circuit, path=tmp_path / "a.nc", workers=2)
    assert (tmp_path / "mark").exists()
    assert len(begun) == 4
    assert set(begun) == {0, 1, 2}
    np.testing.assert_array_equal(found["tran"]["e(out)"], expected["tran"]["e(out)"])


def test_a_block_that_kills_every_worker_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("tdsim.analysis.sweep.workers.MOST_DEATHS", 2)
    circuit = tdsim.loads(SWEEP).process(always_dies)
    with pytest.raises(SimulationError, match=r"2 workers died of runs \d+ to \d+: .*\.options block="):
        tdsim.sweep(circuit, path=tmp_path / "a.nc", workers=2)


def test_errors_come_back_from_workers(tmp_path):
    with pytest.raises(SimulationError, match=r"in run \d+ \(g = 9"):
        tdsim.sweep(tdsim.loads(GAIN), {"g": [9] * 1 + list(np.linspace(0.1, 0.9, 40))}, workers=2)


# -- dask -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as found:
        yield found


def test_a_cluster_gives_the_same_bits(cluster, tmp_path):
    circuit = tdsim.loads(SWEEP)
    alone = tdsim.sweep(circuit, path=tmp_path / "alone.nc")
    assert_same(tdsim.sweep(circuit, path=tmp_path / "far.nc", scheduler=cluster.scheduler_address), alone)


def test_workers_without_the_disk_send_their_files(cluster, tmp_path, monkeypatch):
    circuit = tdsim.loads(SWEEP)
    alone = tdsim.sweep(circuit, path=tmp_path / "alone.nc")
    monkeypatch.setattr(sweep_module.secrets, "token_hex", lambda n: "")
    monkeypatch.setattr(sweep_module, "MARK", "elsewhere")  # what workers look for is not there
    assert_same(tdsim.sweep(circuit, path=tmp_path / "far.nc", scheduler=cluster.scheduler_address), alone)


def test_a_cluster_survives_the_death_of_a_worker(cluster, tmp_path):
    circuit = tdsim.loads(SWEEP)
    circuit.options["block"] = 1
    expected = tdsim.sweep(circuit, analysis="tran")
    circuit.process(dies_once, {"mark": str(tmp_path / "mark")})
    found = tdsim.sweep(circuit, analysis="tran", path=tmp_path / "a.nc", scheduler=cluster.scheduler_address)
    assert (tmp_path / "mark").exists()
    np.testing.assert_array_equal(found["e(out)"], expected["e(out)"])


# -- on disk ----------------------------------------------------------------------------------------------------


class Stop(Exception):
    """Stands for whatever ends a process."""


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_sweep_goes_on_where_it_was_cut_off(tmp_path, monkeypatch, after):
    circuit = tdsim.loads(SWEEP)
    tdsim.sweep(circuit, path=tmp_path / "whole.nc")
    done = []

    def counting(work, block, progress=None):
        if len(done) == after:
            raise Stop
        done.append(block.number)
        return task.run_block(work, block, progress)

    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, "run_block", counting)
        if after < 3:
            with pytest.raises(Stop):
                tdsim.sweep(circuit, path=tmp_path / "cut.nc")
        else:
            patch.setattr(sweep_module.Joined, "into_file", lambda *_: (_ for _ in ()).throw(Stop()))
            with pytest.raises(Stop):
                tdsim.sweep(circuit, path=tmp_path / "cut.nc")
    if after < 3:
        partial = tdsim.open(tmp_path / "cut.nc")
        assert partial.attrs["unfinished"] == 1
        np.testing.assert_array_equal(partial["tran"]["run"], np.arange(5 * after))
    with pytest.raises(UsageError, match="unfinished result"):
        tdsim.sweep(circuit, path=tmp_path / "cut.nc")
    other = tdsim.loads(SWEEP)
    other.options["block"] = 3
    with pytest.raises(UsageError, match=r"option block was 5\.0, and is 3"):
        tdsim.sweep(other, path=tmp_path / "cut.nc", resume=True)
    again = []
    monkeypatch.setattr(
        sweep_module, "run_block", lambda w, b, p=None: (again.append(b.number), task.run_block(w, b, p))[1]
    )
    tdsim.sweep(circuit, path=tmp_path / "cut.nc", resume=True)
    assert sorted([*done, *again]) == [0, 1, 2]
    assert same(tmp_path / "whole.nc", tmp_path / "cut.nc")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cut.nc", "whole.nc"]


def test_a_block_goes_on_where_it_was_cut_off(tmp_path, monkeypatch):
    circuit = tdsim.loads(SWEEP)
    tdsim.sweep(circuit, path=tmp_path / "whole.nc")
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    begun = []
    original = store.NetcdfSink.append

    def counting(self, stream, values):
        begun.append(stream[0])
        if len(begun) == 3:
            raise Stop
        original(self, stream, values)

    monkeypatch.setattr(store.NetcdfSink, "append", counting)
    with pytest.raises(Stop):
        tdsim.sweep(circuit, path=tmp_path / "cut.nc")
    tdsim.sweep(circuit, path=tmp_path / "cut.nc", resume=True)
    assert begun[3] == begun[2] > 0
    assert same(tmp_path / "whole.nc", tmp_path / "cut.nc")


def test_a_damaged_block_is_computed_again(tmp_path, monkeypatch):
    circuit = tdsim.loads(SWEEP)
    tdsim.sweep(circuit, path=tmp_path / "whole.nc")
    with monkeypatch.context() as patch:
        patch.setattr(sweep_module.Joined, "into_file", lambda *_: (_ for _ in ()).throw(Stop()))
        with pytest.raises(Stop):
            tdsim.sweep(circuit, path=tmp_path / "cut.nc")
    parts = tmp_path / "cut.nc.parts"
    (parts / "block000001.state").write_bytes(b"")
    victim = next((parts / "block000002.parts").glob("*tran*"))
    victim.write_bytes(victim.read_bytes()[:-100])
    tdsim.sweep(circuit, path=tmp_path / "cut.nc", resume=True)
    assert same(tmp_path / "whole.nc", tmp_path / "cut.nc")


def test_memory_and_disk_agree_where_the_join_takes_several_bites(tmp_path, monkeypatch):
    circuit = tdsim.loads(SWEEP)
    expected = tdsim.sweep(circuit)
    monkeypatch.setattr("tdsim.results.blocks.JOINED_BYTES", 40_000)
    monkeypatch.setattr(store, "HELD_BYTES", 30_000)
    monkeypatch.setattr(store, "HELD_BYTES_PER_VARIABLE", 0)
    found = tdsim.sweep(circuit, path=tmp_path / "a.nc")
    for name, group in datasets(found).items():
        assert group.drop_attrs().identical(datasets(expected)[name].drop_attrs())


# -- the command line -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ring.cir").write_text(SWEEP)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_run_check_and_seed(capsys):
    assert main(["run", "ring.cir"]) == 0
    said = capsys.readouterr()
    assert "  tran: 301 values along time of p(out) e(out)" in said.out
    assert len(next(line for line in said.out.splitlines() if line.startswith("most")).split()) == 2 + 12
    first = tdsim.open("ring.nc")["tran"].to_dataset().load()
    assert main(["run", "ring.cir", "--seed", "4", "--quiet"]) == 0
    second = tdsim.open("ring.nc")["tran"].to_dataset().load()
    assert second.attrs["seed"] == 4
    assert not np.isin(second["c"], first["c"]).any()
    assert main(["run", "ring.cir", "--seed", "11", "--quiet"]) == 0
    assert_same(tdsim.open("ring.nc")["tran"].to_dataset(), first)
    assert main(["check", "ring.cir"]) == 0
    said = capsys.readouterr().out
    assert "sweep: 12 runs" in said
    assert "blocks        3 of up to 5 runs side by side" in said
    assert "drawn         4 times, seed 11" in said


@pytest.mark.usefixtures("folder")
def test_set_changes_what_is_not_swept(capsys):
    assert main(["run", "ring.cir", "--set", "c=0.5", "--quiet"]) == 0
    assert "c" not in tdsim.open("ring.nc")["tran"].coords
    assert main(["run", "ring.cir", "--set", "l=1m"]) == 2
    assert "l is swept by .step and set by --set" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_workers_need_a_sweep(capsys):
    Path("one.cir").write_text(RING)
    for option in (["--workers", "2"], ["--scheduler", "tcp://a:1"]):
        assert main(["run", "one.cir", *option]) == 2
        assert "the netlist has no .step and no .mc" in capsys.readouterr().err


def test_plans_may_have_one_run(tmp_path):
    circuit = tdsim.loads(RING)
    circuit.sweep = Plan((Stepped("l", (190e-6,)),))
    assert tdsim.simulate(circuit)["tran"]["p(out)"].shape == (1, 301)


WARM = """A divider whose upper resistor is warm
V1 in 0 1
R1 in out 1k tc1=0.01
R2 out 0 1k
.op
.save v(out)
{cards}
.end
"""


@pytest.mark.parametrize(
    "cards", [".step temp list 2 27 77", ".step temp list 2 27 77\n.temp 50", ".step temp 2 77 25\n.param temp=3"]
)
def test_the_temperature_is_stepped(cards):
    """R1 = 1k (1 + 0.01 (T - 27))."""
    result = tdsim.simulate(tdsim.loads(WARM.format(cards=cards)))
    temperatures = result["temp"].values
    assert temperatures[0] == 2
    assert temperatures[-1] == 77
    np.testing.assert_allclose(result["v(out)"], 1 / (2 + 0.01 * (temperatures - 27)), rtol=1e-9)


def test_temperature_and_parameters_are_swept_together():
    circuit = tdsim.loads(WARM.format(cards=".step param r1.r list 1k 2k\n.step temp list 27 127"))
    result = tdsim.simulate(circuit)
    assert result["temp"].attrs["units"] == "degC"
    np.testing.assert_allclose(result["v(out)"], [1 / 2, 1 / 3, 1 / 3, 1 / 5], rtol=1e-9)
    again = tdsim.sweep(circuit, {"r1.r": [1e3, 2e3], "temp": [27, 127]})
    np.testing.assert_array_equal(again["v(out)"], result["v(out)"])


def test_options_are_stepped():
    """Each run is what the option itself gives, and no two of them are the same."""
    deck = "t\nV1 in 0 sin(0 1 1k)\nR1 in out 1k\nD1 out 0 dm\nC1 out 0 1u\n.model dm d\n.tran 50u 2m\n.save v(out)\n"
    result = tdsim.simulate(tdsim.loads(deck + ".step option reltol list 1e-2 1e-4 1e-8\n.end\n"))
    assert list(result["reltol"].values) == [1e-2, 1e-4, 1e-8]
    alone = [f"{deck}.options reltol={value}\n.step param r1.r list 1k\n.end\n" for value in (1e-2, 1e-4, 1e-8)]
    np.testing.assert_array_equal(result["v(out)"], [tdsim.simulate(tdsim.loads(d))["v(out)"].values[0] for d in alone])
    assert len(np.unique(result["v(out)"].values[:, 20])) == 3


def test_an_option_that_cannot_be_swept_is_said():
    with pytest.raises(UsageError, match="no parameter 'tmp'; did you mean 'temp'"):
        tdsim.sweep(tdsim.loads(WARM.format(cards="")), {"tmp": [1, 2]})
    with pytest.raises(UsageError, match=r"option temp must be above -273\.15"):
        tdsim.sweep(tdsim.loads(WARM.format(cards="")), {"temp": [-300, 2]})
