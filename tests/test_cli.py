"""The command line: verbs, outputs, exit statuses, and a sentence instead of a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import tdsim.results
from tdsim import terminal
from tdsim.analysis import run as runner
from tdsim.cli import main
from tdsim.errors import SimulationError
from tdsim.results import segments
from tdsim.results.schema import Coordinate, Schema, Variable

NETLIST = """A pulse through a guide
.param gain=1
xsrc in laser power=pulse(0 {gain*1m} 1p 1p 1p 5p)
xwg in out waveguide length=100u neff=2.35 ng=4.2
.tran 0.1p 20p
.save p(out) e(out)
.meas tran peak max p(out)
.end
"""
PLAN = Schema("tran", "time", (Coordinate("time", "s", "time"),), (Variable("p(out)", ("time",), "W", "power"),))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with guide.cir in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TDSIM_DEBUG", raising=False)
    (tmp_path / "guide.cir").write_text(NETLIST)
    return tmp_path


def failing(problem):
    """Analyses that give some samples, then fail."""

    def run(circuit, sink, only=None, progress=None, tell=None):
        sink.begin(PLAN)
        sink.append(np.arange(3.0), {"p(out)": np.ones(3)})
        raise problem

    return run


def test_run_writes_a_result_into_the_working_directory(folder, capsys):
    (folder / "sub").mkdir()
    (folder / "guide.cir").rename(folder / "sub" / "guide.cir")
    assert main(["run", "sub/guide.cir"]) == 0
    result = tdsim.results.open(folder / "guide.nc")
    assert {"p(out)", "e(out)", "peak"} <= set(result.data_vars)
    output = capsys.readouterr().out.splitlines()
    assert output[0] == "wrote guide.nc"
    assert output[1] == "  tran: 201 values along time of p(out) e(out)"
    name, value = output[2].split(" = ")
    assert name == "peak"
    assert float(value) == pytest.approx(float(result.peak), rel=1e-9)


def test_run_twice_gives_identical_results(folder):
    results = []
    for name in ("a.nc", "b.nc"):
        assert main(["run", "guide.cir", "-o", name]) == 0
        result = tdsim.results.open(name)
        result.attrs.pop("wall_time")
        results.append(result)
    assert results[0].identical(results[1])


def test_run_sets_parameters(folder, capsys):
    assert main(["run", "guide.cir", "--quiet"]) == 0
    assert main(["run", "guide.cir", "--quiet", "--set", "gain=2"]) == 0
    first, second = (float(line.split(" = ")[1]) for line in capsys.readouterr().out.splitlines())
    assert second == pytest.approx(2 * first)


def test_run_draws(folder, capsys):
    assert main(["run", "guide.cir", "-o", "a.nc", "--plot"]) == 0
    assert (folder / "a.png").exists()
    assert "wrote a.png" in capsys.readouterr().out


def test_plot_draws_chosen_signals(folder, capsys):
    assert main(["run", "guide.cir"]) == 0
    assert main(["plot", "guide.nc", "p(out)", "-o", "b.svg"]) == 0
    assert (folder / "b.svg").exists()
    assert main(["plot", "guide.nc"]) == 0
    assert (folder / "guide.png").exists()


def test_check_reports(folder, capsys):
    assert main(["check", "guide.cir"]) == 0
    assert "A pulse through a guide" in capsys.readouterr().out
    assert not (folder / "guide.nc").exists()


def test_devices(capsys):
    assert main(["devices"]) == 0
    assert "waveguide" in capsys.readouterr().out
    assert main(["devices", "waveguide"]) == 0
    assert "length" in capsys.readouterr().out
    assert main(["devices", "wavegide"]) == 2
    assert "waveguide" in capsys.readouterr().err


def test_convert_writes_gdsfactory(folder):
    assert main(["convert", "guide.cir", "guide.yaml"]) == 0
    assert "xwg" in (folder / "guide.yaml").read_text()


def test_a_device_of_the_user(folder):
    (folder / "mine.py").write_text(
        "from tdsim.devices.waveguide import Waveguide\n"
        "class Mine(Waveguide):\n"
        '    """My own guide."""\n'
        '    name = "my_guide"\n'
    )
    done = command("devices", "my_guide", "--device", "mine:Mine", cwd=folder)  # a process: the library stays clean
    assert (done.returncode, done.stderr) == (0, "")
    assert "My own guide" in done.stdout


BAD_USAGE = {
    "no verb of that name": (["simulate"], "No such command"),
    "no such option": (["run", "guide.cir", "--fast"], "No such option"),
    "workers": (["run", "guide.cir", "--workers", "2"], "the netlist has no .step and no .mc"),
    "scheduler": (["run", "guide.cir", "--scheduler", "tcp://a:1"], "the netlist has no .step and no .mc"),
    "resume and overwrite": (["run", "guide.cir", "--resume", "--overwrite"], "give one of them"),
    "train": (["train", "a.toml"], "cannot read a.toml: No such file"),
    "missing netlist": (["run", "guid.cir"], "did you mean 'guide.cir'"),
    "folder": (["run", "."], "is a folder"),
    "no equals sign": (["run", "guide.cir", "--set", "gain"], "name=value"),
    "unknown parameter": (["run", "guide.cir", "--set", "gian=2"], "did you mean 'gain'"),
    "instance parameter": (["run", "guide.cir", "--set", "xg.length=2"], "only those of .param"),
    "output is the netlist": (["run", "guide.cir", "-o", "guide.cir"], "is the netlist itself"),
    "output in no folder": (["run", "guide.cir", "-o", "no/a.nc"], "there is no folder"),
    "figure over result": (["run", "guide.cir", "-o", "a.png", "--plot"], "the figure would replace the result"),
    "output is a folder": (["run", "guide.cir", "-o", "."], "it is a folder"),
    "output is a device": (["run", "guide.cir", "-o", os.devnull], "it is not an ordinary file"),
    "device without colon": (["run", "guide.cir", "--device", "mine"], "module:Class"),
    "device without module": (["run", "guide.cir", "--device", "no_such_module:A"], "ModuleNotFoundError"),
    "device is no device": (["run", "guide.cir", "--device", "math:pi"], "not a class derived from"),
    "missing result": (["plot", "guide.nc"], "there is no result guide.nc"),
    "not a result": (["plot", "guide.cir"], "cannot be read as a result"),
    "convert to what": (["convert", "guide.cir", "guide.gds"], "must end in .yaml"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD_USAGE.values(), ids=BAD_USAGE.keys())
@pytest.mark.usefixtures("folder")
def test_bad_usage_is_a_sentence_and_status_2(capsys, arguments, sentence):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_bad_usage_leaves_the_netlist_alone(folder):
    main(["run", "guide.cir", "-o", "guide.cir"])
    assert (folder / "guide.cir").read_text() == NETLIST


def test_pages_are_refused(folder, capsys):
    assert main(["run", "guide.cir"]) == 0
    assert main(["plot", "guide.nc", "-o", "a.html"]) == 2
    assert "interactive pages are not available yet" in capsys.readouterr().err


def test_a_bad_netlist_shows_the_places(folder, capsys):
    (folder / "bad.cir").write_text("title\nxa in out wavegide length=1u\n.tran 1p 10p\n.end\n")
    assert main(["run", "bad.cir"]) == 2
    said = capsys.readouterr().err
    assert "bad.cir:2:" in said
    assert "^" in said
    assert not (folder / "bad.nc").exists()


def test_a_netlist_without_analysis_is_refused_before_anything_is_written(folder, capsys):
    (folder / "none.cir").write_text("title\nxa in out waveguide length=1u\n.port o out\n.port i in\n.end\n")
    assert main(["run", "none.cir"]) == 2
    assert ".tran" in capsys.readouterr().err
    assert not (folder / "none.nc").exists()


@pytest.mark.parametrize(
    ("problem", "status", "sentence"),
    [
        (SimulationError("p(out) became NaN at 3 ps"), 1, "tdsim: p(out) became NaN at 3 ps"),
        (MemoryError(), 1, "out of memory"),
        (OSError(28, "No space left on device", "x.nc"), 1, "x.nc: No space left on device"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyError("oops"), 1, "internal error (KeyError: 'oops'); please report it"),
    ],
)
def test_a_failure_is_a_sentence_and_keeps_what_was_computed(folder, monkeypatch, capsys, problem, status, sentence):
    monkeypatch.setattr(runner, "run", failing(problem))
    assert main(["run", "guide.cir"]) == status
    said = capsys.readouterr().err
    assert sentence in said
    assert "what was computed is kept in guide.nc.parts" in said
    assert "Traceback" not in said
    assert tdsim.results.open("guide.nc").sizes["time"] == 3
    monkeypatch.undo()
    os.chdir(folder)
    assert main(["run", "guide.cir"]) == 2  # unfinished
    assert "--overwrite" in capsys.readouterr().err
    assert main(["run", "guide.cir", "--overwrite"]) == 0
    assert not segments.listed(folder / "guide.nc")


def test_debugging_shows_where(folder, monkeypatch, capsys):
    monkeypatch.setattr(runner, "run", failing(KeyError("oops")))
    monkeypatch.setenv("TDSIM_DEBUG", "1")
    assert main(["run", "guide.cir"]) == 1
    assert "Traceback" in capsys.readouterr().err


SLOW = """
import sys, time
import numpy as np
from tdsim.analysis import run as runner
from tdsim.cli import main
from tdsim.results.schema import Coordinate, Schema, Variable

def run(circuit, sink, only=None, progress=None, tell=None):
    signal = Variable("p(out)", ("time",), "W", "power")
    sink.begin(Schema("tran", "time", (Coordinate("time", "s", "time"),), (signal,)))
    sink.append(np.arange(100.0), {"p(out)": np.ones(100)})
    print("running", flush=True)
    time.sleep(60)

runner.run = run
sys.exit(main(["run", "guide.cir"]))
"""


def test_ctrl_c_keeps_what_was_computed(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    )
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "tdsim.open('guide.nc') reads it" in said
    assert "Traceback" not in said
    assert tdsim.results.open(folder / "guide.nc").sizes["time"] == 100


def command(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "tdsim", *arguments], capture_output=True, text=True, **options)


def test_help_is_instant_and_imports_nothing_heavy():
    script = "import sys; from tdsim.cli import main; main(['--help']); print(*sys.modules)"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert time.perf_counter() - began < 1.0  # 0.1 s on a machine that has nothing else to do
    heavy = {"numpy", "numba", "scipy", "xarray", "matplotlib", "rich", "netCDF4", "lark"}
    assert not heavy & set(done.stdout.splitlines()[-1].split())


def test_the_module_is_the_command(folder):
    done = command("run", "guide.cir", cwd=folder)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "wrote guide.nc")
    assert command("run", "no.cir", cwd=folder).returncode == 2
    assert command("--version").stdout.startswith("tdsim, version ")


def test_run_imports_neither_xarray_nor_matplotlib(folder):
    script = "import sys; from tdsim.cli import main; main(['run', 'guide.cir']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    assert not {"xarray", "matplotlib", "rich"} & set(done.stdout.splitlines()[-1].split())


def test_progress_is_not_drawn_into_files(folder):
    done = command("run", "guide.cir", cwd=folder)
    assert done.stderr == "" or "compiling" in done.stderr


def test_progress_is_drawn_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with terminal.progress() as report:
        report(1e-12, 2e-12)
        report(2e-12, 2e-12)
    assert "2 ps of 2 ps" in capsys.readouterr().err


def test_progress_is_quiet_on_request(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with terminal.progress(wanted=False) as report:
        assert report is None


def test_a_shipped_netlist_is_named_not_taken(folder, monkeypatch, capsys):
    shipped = {"photonic/crow.cir": Path("/somewhere/photonic/crow.cir")}
    monkeypatch.setattr("tdsim.arguments._shipped", lambda: shipped)
    assert main(["run", "crow.cir"]) == 2
    assert "comes with tdsim: /somewhere/photonic/crow.cir" in capsys.readouterr().err


def test_check_refuses_a_netlist_without_an_analysis(tmp_path, capsys):
    path = tmp_path / "none.cir"
    path.write_text("Nothing to run\nXl a laser\n.save p(a)\n")
    assert main(["check", str(path)]) == 2
    assert "asks for no analysis" in capsys.readouterr().err
