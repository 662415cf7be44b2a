"""`tdsim train`: what a file asks for, what it leaves on disk, and how it goes on."""

from importlib.resources import files

import numpy as np
import pytest
import xarray as xr

import tdsim
from tdsim.cli import main
from tdsim.training.experiment import Experiment

SHIPPED = files("tdsim.netlists") / "neuromorphic" / "circles_mesh.toml"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes the shipped experiment, shortened, into the working directory."""
    monkeypatch.chdir(tmp_path)

    def made(**changes):
        text = SHIPPED.read_text().replace("epochs = 6", "epochs = 3").replace("count = 300", "count = 60")
        for before, after in changes.items():
            text = text.replace(before.replace("_", " "), after)
        (tmp_path / "e.toml").write_text(text)
        return tmp_path / "e.toml"

    return made


def test_the_shipped_experiment_learns_and_its_netlist_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "e.toml").write_text(SHIPPED.read_text())
    assert main(["train", str(tmp_path / "e.toml")]) == 0
    said = capsys.readouterr().out
    assert float(said.rpartition("= ")[2]) >= 0.95
    folder = tmp_path / "circles_mesh"
    with xr.open_dataset(folder / "history.nc") as history:
        assert history.sizes["epoch"] == 6
        assert history["cost"][-1] < 0.5 * history["cost"][0]
    assert (folder / "training.png").stat().st_size > 5000
    method = Experiment(tmp_path / "e.toml").method
    learned = tdsim.load(folder / "trained.cir")
    values = [learned.instances[n.rpartition(".")[0]].settings[n.rpartition(".")[2]] for n in method.layers.names]
    with np.load(folder / "checkpoint.npz") as kept:
        assert values == list(method.layers.params(kept["numbers"]).values())
    assert learned.warnings == []
    assert float(tdsim.simulate(learned)["p0"]) != pytest.approx(float(tdsim.simulate(method.circuit)["p0"]))


def test_an_interrupted_training_goes_on_with_the_same_bits(write, tmp_path):
    whole = Experiment(write(circles_mesh='"whole"'.strip('"')))
    whole.folder = tmp_path / "whole"
    whole.run()

    def stop(done, of, record):
        if done == 2:
            raise KeyboardInterrupt

    first = Experiment(tmp_path / "e.toml")
    first.folder = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        first.run(stop)
    assert not (first.folder / "trained.cir").exists()
    again = Experiment(tmp_path / "e.toml")
    again.folder = first.folder
    again.run()
    assert (again.method.numbers == whole.method.numbers).all()
    assert (again.folder / "trained.cir").read_text() == (whole.folder / "trained.cir").read_text()
    costs = [[r["cost"] for r in e.method.history.records] for e in (again, whole)]
    assert costs[0] == costs[1]
    assert len(costs[0]) == 3


def test_a_folder_of_another_experiment_is_not_gone_on_with(write):
    Experiment(write()).run()
    with pytest.raises(tdsim.UsageError, match="holds a training by another experiment"):
        Experiment(write(**{"rate_=_0.06": "rate = 0.05"})).run()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"[output]": "[outputs]"}, r"unknown section \[outputs\]"),
        ({"rate_=_0.06": "rates = 0.06"}, r"\[optimiser\] has no key 'rates'; there are name, batch"),
        (
            {"Backpropagation": "Magic"},
            r"\[method\] name must be one of EquilibriumPropagation, HamiltonianEcho, Backp",
        ),
        ({"rate_=_0.06": "rate = -1"}, r"\[optimiser\] the rate must be above 0"),
        ({"rate_=_0.06": 'rate = "a"'}, r"\[optimiser\] has a value of the wrong kind"),
        ({"rate_=_0.06": ""}, r"\[optimiser\] has a value of the wrong kind, or misses one"),
        ({"epochs_=_3": "epochs = 0"}, r"epochs must be a whole number of at least 1, not 0"),
        ({"xx.field": "xq.field"}, r"the task drives xq.field, which the circuit does not have"),
        ({'name_=_"circles"': 'name = "squares"'}, r"\[task\] name must be one of xor, circles, digits"),
        ({"[circuit]": "[circuit"}, r"e.toml: "),
    ],
)
def test_what_cannot_be_meant_is_refused(write, change, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        Experiment(write(**change)).run()


def test_results_go_into_the_working_directory(write, tmp_path, monkeypatch):
    path = write(**{"epochs_=_3": "epochs = 1"})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["train", str(path), "--quiet"]) == 0
    assert sorted(f.name for f in (tmp_path / "elsewhere" / "circles_mesh").iterdir()) == [
        "checkpoint.npz",
        "history.nc",
        "trained.cir",
        "training.png",
    ]


TIED = """[circuit]
file = "part/net.cir"
set = { hidden = 3, "td" = "100n" }
[task]
name = "xor"
inputs = ["vx0", "vx1"]
targets = ["vt0", "vt1"]
monitors = ["v(yo0)", "v(yo1)"]
[method]
name = "EquilibriumPropagation"
nudges = ["vn0", "vn1"]
activation = { "uh*" = "yh*", "uo*" = "yo*" }
tied = { "gf*.gain" = "gb*.gain" }
[optimiser]
name = "sgd"
rate = 0.01
batch = 4
epochs = 2
probe = 4
frozen = ["ih*.dc"]
"""


def test_equilibrium_propagation_learns_by_a_file_and_its_netlist_runs_anywhere(tmp_path, monkeypatch, capsys):
    """The netlist includes another file beside it, and the experiment gives its parameters other values."""
    shipped = (files("tdsim.netlists") / "neuromorphic" / "hopfield.cir").read_text()
    title, *lines = shipped.splitlines(keepends=True)
    functions = [line for line in lines if line.startswith(".func")]
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "own functions.inc").write_text("".join(functions))
    others = "".join(line for line in lines if line not in functions)
    (tmp_path / "part" / "net.cir").write_text(f'{title}.include "own functions.inc"\n{others}')
    (tmp_path / "held.toml").write_text(TIED)
    monkeypatch.chdir(tmp_path)
    assert main(["train", "held.toml"]) == 0
    assert "test accuracy = " in capsys.readouterr().out
    with xr.open_dataset("held/history.nc") as history:
        assert (history["cosine(gf*.gain)"] > 0.999).all()
        assert history["cost"][1] < history["cost"][0]
    (tmp_path / "far").mkdir()
    moved = (tmp_path / "held" / "trained.cir").rename(tmp_path / "far" / "trained.cir")
    monkeypatch.chdir(tmp_path / "far")
    learned, method = tdsim.load(moved), Experiment(tmp_path / "held.toml").method
    assert learned.parameters["hidden"] == 3
    assert learned.parameters["td"] == 1e-7
    assert learned.warnings == []
    with np.load(tmp_path / "held" / "checkpoint.npz") as kept:
        params = method.layers.params(kept["numbers"])
    assert {n: learned.instances[n.partition(".")[0]].settings[n.partition(".")[2]] for n in params} == params
    assert params["gf0_0.gain"] == params["gb0_0.gain"]
    assert tdsim.fixed_point(learned, step=1e-7, stop=40e-6, save=["v(yo0)"])["v(yo0)"] != 0


def test_what_a_training_warns_of_is_said_once_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (files("tdsim.netlists") / "neuromorphic" / "circles_resistive.toml").read_text()
    text = text.replace("count = 200", "count = 20").replace("epochs = 8", "epochs = 2")
    (tmp_path / "e.toml").write_text(text + "[hardware]\nnoise = 1.0\n")
    assert main(["train", "e.toml"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said
    assert all(line.startswith("warning: beta = 0.2 is too small for the noise: the nudge moves") for line in said)
    assert len(set(said)) == len(said)
