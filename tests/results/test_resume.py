"""A run that was cut off goes on, and ends as if nothing had happened."""

import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import tdsim
from tdsim.cli import main
from tdsim.errors import UsageError
from tdsim.results import checkpoint, place, store
from tdsim.results.identity import difference
from tests.benchmarks import kills

NETLIST = kills.NETLIST.replace("100n", "300p").replace("2001", "101")


class Stop(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory, with segments so short that every block of samples ends in a checkpoint."""
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cut(monkeypatch, circuit, path, after, name="append", **options):
    """Run, and stop in the middle of the `after`-th call of a method of the sink."""
    calls = []
    original = getattr(store.NetcdfSink, name)

    def counting(self, *arguments):
        calls.append(1)
        if len(calls) == after:
            raise Stop
        return original(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(store.NetcdfSink, name, counting)
        patch.setattr(store.NetcdfSink, "interrupt", lambda self: None)  # as after SIGKILL: nothing is put in order
        with pytest.raises(Stop):
            tdsim.simulate(circuit, path=path, **options)


@pytest.mark.parametrize("name", ["append", "flush", "checkpoint", "begin", "finish", "close"])
@pytest.mark.parametrize("after", [1, 2, 7])
def test_a_run_goes_on_from_wherever_it_was_cut_off(folder, monkeypatch, name, after):
    after = min(after, {"begin": 2, "finish": 2, "close": 1}.get(name, after))
    circuit = tdsim.loads(NETLIST)
    tdsim.simulate(circuit, path="whole.nc")
    cut(monkeypatch, circuit, "cut.nc", after, name)
    tdsim.simulate(circuit, path="cut.nc", resume=True)
    assert kills.same(Path("whole.nc"), Path("cut.nc"))
    assert sorted(p.name for p in folder.iterdir()) == ["cut.nc", "whole.nc"]


def test_what_was_computed_is_not_computed_again(folder, monkeypatch):
    circuit = tdsim.loads(NETLIST)
    cut(monkeypatch, circuit, "cut.nc", 8)
    begun = []
    original = store.NetcdfSink.append
    monkeypatch.setattr(store.NetcdfSink, "append", lambda s, t, v: (begun.append(t[0]), original(s, t, v))[1])
    tdsim.simulate(circuit, path="cut.nc", resume=True)
    # One block of .sparam and six of .tran were on disk; an edge of a source ends one of these before its 256 samples.
    assert 5 * 256 * 0.1e-12 < begun[0] < 6 * 256 * 0.1e-12


@pytest.mark.usefixtures("folder")
def test_a_run_can_be_cut_off_again_and_again(monkeypatch):
    circuit = tdsim.loads(NETLIST)
    whole = tdsim.simulate(circuit, path="whole.nc")
    for after in (3, 2, 4):
        cut(monkeypatch, circuit, "cut.nc", after, resume=Path("cut.nc.state").exists())
    found = tdsim.simulate(circuit, path="cut.nc", resume=True)
    assert kills.same(Path("whole.nc"), Path("cut.nc"))
    assert float(whole["best"]) == float(found["best"])


@pytest.mark.usefixtures("folder")
def test_signals_that_only_a_measure_needs_are_not_in_the_result(monkeypatch):
    circuit = tdsim.loads(NETLIST)
    cut(monkeypatch, circuit, "cut.nc", 6)
    assert "p(n5)" not in tdsim.open("cut.nc")["tran"]
    assert "p(n5)" not in tdsim.simulate(circuit, path="cut.nc", resume=True)["tran"]


CHANGES = {
    "a line": (lambda text: text.replace("300p", "400p"), r"line 10 of the netlist was '\.tran 0\.1p 300p', and is"),
    "a line more": (lambda text: text + "* the end", "line 15 of the netlist was not there, and is"),
}


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.usefixtures("folder")
def test_a_changed_netlist_is_refused(monkeypatch, change, sentence):
    cut(monkeypatch, tdsim.loads(NETLIST), "cut.nc", 6)
    with pytest.raises(UsageError, match=sentence):
        tdsim.simulate(tdsim.loads(change(NETLIST)), path="cut.nc", resume=True)
    tdsim.simulate(tdsim.loads(NETLIST), path="cut.nc", resume=True)


@pytest.mark.usefixtures("folder")
def test_other_parameters_options_and_instances_are_refused(monkeypatch):
    cut(monkeypatch, tdsim.loads(NETLIST), "cut.nc", 6)
    other = tdsim.loads(NETLIST, overrides={"coupling": "0.4"})
    with pytest.raises(UsageError, match=r"parameter coupling was 0\.3, and is 0\.4"):
        tdsim.simulate(other, path="cut.nc", resume=True)
    seeded = tdsim.loads(NETLIST)
    seeded.options["seed"] = 3
    with pytest.raises(UsageError, match="option seed is new"):
        tdsim.simulate(seeded, path="cut.nc", resume=True)


@pytest.mark.usefixtures("folder")
def test_an_unfinished_result_is_refused_without_resume_or_overwrite(monkeypatch):
    circuit = tdsim.loads(NETLIST)
    cut(monkeypatch, circuit, "cut.nc", 6)
    with pytest.raises(UsageError, match=r"unfinished result.*--resume.*--overwrite"):
        tdsim.simulate(circuit, path="cut.nc")
    with pytest.raises(UsageError, match="give one of them"):
        tdsim.simulate(circuit, path="cut.nc", resume=True, overwrite=True)
    tdsim.simulate(circuit, path="cut.nc", overwrite=True)
    assert not place.is_unfinished(Path("cut.nc"))


@pytest.mark.usefixtures("folder")
def test_damaged_checkpoints_are_refused(monkeypatch):
    circuit = tdsim.loads(NETLIST)
    cut(monkeypatch, circuit, "cut.nc", 6)
    saved = Path("cut.nc.state").read_bytes()
    Path("cut.nc.state").write_bytes(saved[:1000])
    with pytest.raises(UsageError, match=r"cut\.nc\.state cannot be read"):
        tdsim.simulate(circuit, path="cut.nc", resume=True)
    Path("cut.nc.state").write_bytes(saved)
    next(Path("cut.nc.parts").glob("002*")).unlink()
    with pytest.raises(UsageError, match=r"cut\.nc cannot be resumed: .*002\.tran.* is gone"):
        tdsim.simulate(circuit, path="cut.nc", resume=True)


@pytest.mark.usefixtures("folder")
def test_resuming_what_is_finished_or_was_never_begun():
    circuit = tdsim.loads(NETLIST)
    first = tdsim.simulate(circuit, path="a.nc", resume=True)
    written = Path("a.nc").stat().st_mtime_ns
    assert tdsim.simulate(circuit, path="a.nc", resume=True).identical(first)
    assert Path("a.nc").stat().st_mtime_ns == written
    with pytest.raises(UsageError, match="finished result of another netlist"):
        tdsim.simulate(tdsim.loads(NETLIST + "* other"), path="a.nc", resume=True)


# -- processes ------------------------------------------------------------------------------------------------


def controller(sim, memory):
    """Walks a phase in steps of 1.7 samples, and keeps in memory all that it needs to go on."""
    while True:
        yield sim.wait(1.7e-12)
        memory["count"] += 1
        memory["seen"] = [*memory["seen"][-2:], sim.read("p(o)")]
        sim.set("xp.phase", 0.1 * memory["count"] + 100 * float(np.sum(memory["seen"])))


def watcher(sim, memory):
    """Waits for crossings, and changes the power at each."""
    while True:
        yield sim.wait_cross("p(o)", 1.2e-3)
        memory["power"] = 2.5e-3 - memory["power"]
        sim.set("xl.power", memory["power"])


def interferometer(*processes):
    circuit = tdsim.loads("""A loop with a heater
Xl i laser power=1m
Xd i c o a coupler coupling=0.4
Xp a b phase_shifter
Xw b c delay time=33.3p
.tran 1p 600p
.save p(o) e(o)
.end
""")
    for process, memory in processes:
        circuit.process(process, memory)
    return circuit


@pytest.mark.parametrize("after", [2, 3, 4])
@pytest.mark.parametrize(
    "processes",
    [((controller, {"count": 0, "seen": []}),), ((watcher, {"power": 1e-3}),)],
    ids=["controller", "watcher"],
)
@pytest.mark.usefixtures("folder")
def test_a_process_goes_on_with_its_memory(monkeypatch, processes, after):
    monkeypatch.setattr(store, "FLUSH_SECONDS", 30.0)
    monkeypatch.setattr(store, "HELD_BYTES", 1000)
    monkeypatch.setattr(store, "HELD_BYTES_PER_VARIABLE", 0)
    whole = tdsim.simulate(interferometer(*processes))
    cut(monkeypatch, interferometer(*processes), "cut.nc", after, "checkpoint")
    found = tdsim.simulate(interferometer(*processes), path="cut.nc", resume=True)
    np.testing.assert_array_equal(found["e(o)"], whole["e(o)"])
    assert found.attrs["steps"] == whole.attrs["steps"]


def test_a_process_without_memory_cannot_go_on(folder, monkeypatch):
    def forgetful(sim, memory):
        while True:
            yield sim.wait(1e-12)
            sim.set("xp.phase", sim.now / 1e-12)

    cut(monkeypatch, interferometer((forgetful, {})), "cut.nc", 3)
    with pytest.raises(UsageError, match="process 'forgetful' keeps no memory"):
        tdsim.simulate(interferometer((forgetful, {})), path="cut.nc", resume=True)


def test_memory_holds_what_a_file_can(folder):
    def odd(sim, memory):
        yield sim.wait(1e-12)
        memory["generator"] = iter("abc")

    with pytest.raises(UsageError, match=r"processes\[0\]\.memory\.generator is of type str_\w*iterator"):
        tdsim.simulate(interferometer((odd, {"a": 1})), path="a.nc")


# -- Ctrl-C and SIGKILL ---------------------------------------------------------------------------------------


def test_ctrl_c_stops_at_a_checkpoint(tmp_path):
    """Exit status 130; nothing is computed twice: the checkpoint holds all that `tdsim.open` reads."""
    (tmp_path / "row.cir").write_text(kills.NETLIST.replace("100n", "1u"))
    out = tmp_path / "row.nc"
    process = subprocess.Popen(kills.command(tmp_path / "row.cir", out), start_new_session=True)
    while not checkpoint.place(out).exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    content = checkpoint.read(out)
    assert content["analyses"][1]["length"] == content["snapshot"]["state"]["tick"]
    assert tdsim.open(out)["tran"].sizes["time"] == content["snapshot"]["state"]["tick"]


def test_five_kills(tmp_path):
    found = kills.kills(5, 11, tmp_path)
    assert found.kills == 5
    assert found.checkpoints > 0


@pytest.mark.parametrize("kind", ["electronics", "both"])
def test_two_kills_of_electronics(tmp_path, kind):
    netlist = kills.KINDS[kind][0].replace("150u", "20u").replace("tran 10p 3u", "tran 10p 0.5u")
    assert kills.kills(2, 3, tmp_path, netlist).kills == 2


@pytest.mark.usefixtures("folder")
def test_what_a_kill_at_the_very_end_left_is_removed():
    circuit = tdsim.loads(NETLIST)
    tdsim.simulate(circuit, path="whole.nc").close()
    Path("whole.nc.parts").mkdir()
    Path("whole.nc.parts", "001.tran.000000000000000.nc").write_bytes(b"")
    tdsim.simulate(circuit, path="whole.nc", resume=True).close()
    assert not Path("whole.nc.parts").exists()


# -- what is said ---------------------------------------------------------------------------------------------


def test_differences_are_named():
    assert difference({"a": 1.0}, {"a": 1.0}) == ""
    assert difference({"option": {"x": 1}}, {"option": {"y": 3}}) == "option x is gone, option y is new"
    first = difference({"option": {"y": 2}, "port": {}}, {"option": {"y": 3}, "port": {"a": "b"}})
    assert first == "option y was 2, and is 3"
    many = {str(k): k for k in range(9)}
    assert difference({"option": {}}, {"option": many}).endswith("option 3 is new and 5 more")


def test_the_command_line_resumes(folder, monkeypatch, capsys):
    Path("row.cir").write_text(NETLIST)
    cut(monkeypatch, tdsim.load("row.cir"), "row.nc", 6)
    assert main(["run", "row.cir"]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(["run", "row.cir", "--resume"]) == 0
    assert "wrote row.nc" in capsys.readouterr().out
    assert main(["run", "row.cir", "--resume"]) == 0
    assert "row.nc is finished" in capsys.readouterr().out
