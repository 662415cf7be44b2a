"""Wrong use of training gives a sentence: through the classes, and through `tdsim train`."""

from importlib.resources import files

import numpy as np
import pytest

import tdsim
from tdsim.cli import main
from tdsim.training import (
    Backpropagation,
    Data,
    EquilibriumPropagation,
    HamiltonianEcho,
    Reservoir,
    Task,
    circles,
)

NETLISTS = files("tdsim.netlists") / "neuromorphic"
SOME = circles(8, 0)
NUDGES = ["vn0", "vn1"]
RUN = {"stop": 20e-12, "step": 1e-12}


def network(marked=True):
    text = (NETLISTS / "resistive.cir").read_text()
    return tdsim.loads(text if marked else text.replace(".train", "* .train"))


def task_of(**changed):
    given = {"train": SOME, "test": SOME, "sources": ["vx0", "vx1"], "targets": ["vt0", "vt1"]}
    return Task("circles", **{**given, "monitors": ["v(o0)", "v(o1)"], **changed})


def mesh_task(targets=(), monitors=("p(o0)", "p(o1)")):
    return task_of(sources=["xx.field", "xy.field"], targets=list(targets), monitors=list(monitors))


def mesh():
    return tdsim.load(NETLISTS / "photonic_classifier.cir")


def learns(kind, circuit, task, **options):
    kind(circuit, task, **options).gradient(SOME.inputs[:2], SOME.labels[:2])


@pytest.mark.parametrize(("kind", "options"), [(EquilibriumPropagation, {"nudges": NUDGES}), (Backpropagation, {})])
def test_a_circuit_with_nothing_to_train(kind, options):
    with pytest.raises(tdsim.UsageError, match=r"no trainable parameter: mark some with a card such as \.train"):
        learns(kind, network(marked=False), task_of(), **options)


@pytest.mark.parametrize(
    ("kind", "circuit", "task", "options", "sentence"),
    [
        (EquilibriumPropagation, network, task_of, {"nudges": NUDGES}, r"v\(zz\): unknown node 'zz'; known: an0"),
        (Backpropagation, network, task_of, {}, r"v\(zz\): unknown node 'zz'; known: an0"),
        (Backpropagation, mesh, mesh_task, RUN, r"unknown node 'zz'|unknown signal v\(zz\)"),
    ],
)
def test_an_unknown_monitor(kind, circuit, task, options, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        learns(kind, circuit(), task(monitors=["v(zz)", "v(o1)"]), **options)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"train": Data(SOME.inputs, SOME.labels + 1)},
            r"labels must be whole numbers from 0 to 1, one a .*; one is 2",
        ),
        (
            {"test": Data(SOME.inputs, -SOME.labels)},
            r"labels must be whole numbers from 0 to 1, one a monitor; one is -1",
        ),
        ({"train": Data(SOME.inputs, SOME.labels / 2)}, r"labels must be whole numbers from 0 to 1, not float64"),
        ({"train": Data(SOME.inputs, SOME.labels[1:])}, r"with as many labels, not \(8, 2\) and \(7,\)"),
        ({"train": Data([[0.0, 1.0], [np.nan, 0.0]], [0, 1])}, r"example 1 has an input that is not a finite number"),
        ({"test": Data([[0.0, 1.0], [0.0, "a"]], [0, 1])}, r"example 0 has an input that is not a finite number"),
        ({"train": SOME.take(slice(0, 0))}, r"there are no examples"),
        ({"monitors": ["v(o0)", "v(o0)"]}, r"v\(o0\) stands twice among v\(o0\), v\(o0\)"),
        ({"monitors": [], "targets": []}, r"there must be a monitor for each class"),
        ({"targets": ["vt0"]}, r"2 monitors need as many targets, not 1"),
        ({"sources": ["vx0"]}, r"inputs must be \(examples, 1\), one column a source"),
        ({"levels": (0.0, np.nan)}, r"levels, gain and offset must be finite numbers"),
    ],
)
def test_a_task_that_cannot_be_meant(changed, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        task_of(**changed)


def test_data_that_come_later_are_looked_at_as_well():
    method = Backpropagation(network(), task_of())
    with pytest.raises(tdsim.UsageError, match=r"labels must be whole numbers from 0 to 1, one a monitor; one is 6"):
        method.gradient(SOME.inputs, SOME.labels + 5)
    with pytest.raises(tdsim.UsageError, match="an input is not a finite number"):
        method.predict(np.full((2, 2), np.nan))
    with pytest.raises(tdsim.UsageError, match=r"inputs must be \(examples, 2\), not \(8, 1\)"):
        method.predict(SOME.inputs[:, :1])
    assert method.predict(SOME.inputs[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("kind", "circuit", "task", "options", "sentence"),
    [
        (
            EquilibriumPropagation,
            mesh,
            lambda: mesh_task(["xx", "xy"]),
            {"nudges": ["xbias", "xx"]},
            r"xz0_0.theta cannot be trained by equilibrium propagation, which knows the energy of r.r, i.dc and g.gain",
        ),
        (EquilibriumPropagation, network, lambda: task_of(targets=[]), {"nudges": NUDGES}, r"nudging needs targets"),
        (EquilibriumPropagation, network, task_of, {"nudges": ["vn0", "vq"]}, r"2 monitors need as many nudges"),
        (EquilibriumPropagation, network, task_of, {"nudges": ["rbbp_0", "vn1"]}, r"rbbp_0: r has no parameter 'dc'"),
        (
            EquilibriumPropagation,
            network,
            task_of,
            {"nudges": NUDGES, "activation": {"zz*": "y*"}},
            r"no node matches zz\*, whose activation y\* would be",
        ),
        (
            HamiltonianEcho,
            network,
            task_of,
            {"stop": 1e-6, "step": 1e-8},
            r"monitors must be x\(inst.cavity\) of reson",
        ),
        (Backpropagation, mesh, mesh_task, {}, r"give a step \(s\)"),
        (Backpropagation, mesh, lambda: mesh_task(monitors=["e(o0)", "e(o1)"]), RUN, r"must be a real number"),
        (
            Backpropagation,
            lambda: "ring.cir",
            task_of,
            {},
            r"a method trains a circuit, as tdsim.load gives it, not str",
        ),
    ],
)
def test_a_circuit_that_the_method_cannot_train(kind, circuit, task, options, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        learns(kind, circuit(), task(), **options)


def test_a_reservoir_without_light():
    with pytest.raises(tdsim.UsageError, match="a reservoir is driven by light, and this circuit has none"):
        Reservoir(network(), sources=["vx0"], signals=["v(o0)"], slot=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            '"neuromorphic/resistive.cir"',
            '"none.cir"',
            "has no trainable parameter: mark some with a card such as .train",
        ),
        ('"v(o1)"', '"v(zz)"', "v(zz): unknown node 'zz'; known: an0"),
        ('["v(o0)", "v(o1)"]', '["v(o0)"]', "labels must be whole numbers from 0 to 0, one a monitor; one is 1"),
        ("gain = 4.0", "gain = nan", "levels, gain and offset must be finite numbers"),
        ("count = 200", "count = 0", "there are no examples"),
        (
            '"neuromorphic/resistive.cir"',
            '"neuromorphic/photonic_classifier.cir"',
            "[method] no layer is called 'ra*.r': there are xz*.theta, xz*.phi",
        ),
        (
            '"EquilibriumPropagation"',
            '"Reservoir"',
            "[method] name must be one of EquilibriumPropagation, HamiltonianEcho",
        ),
        ("beta = 0.2", "beta = -0.2", "beta must be above 0, not -0.2"),
    ],
)
def test_an_experiment_gives_the_same_sentences(tmp_path, monkeypatch, capsys, before, after, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.cir").write_text((NETLISTS / "resistive.cir").read_text().replace(".train", "* .train"))
    text = (NETLISTS / "circles_resistive.toml").read_text()
    assert before in text
    (tmp_path / "e.toml").write_text(text.replace(before, after).replace("count = 200", "count = 12"))
    assert main(["train", "e.toml", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_neurons_whose_activation_is_not_given():
    circuit = tdsim.load(NETLISTS / "hopfield.cir")
    task = task_of(monitors=["v(yo0)", "v(yo1)"])
    tied = {"gf*.gain": "gb*.gain"}
    with pytest.raises(
        tdsim.UsageError, match=r'uh0 is the node of a neuron: bh0 makes yh0 .* activation=\{"uh0": "yh0"'
    ):
        EquilibriumPropagation(circuit, task, nudges=NUDGES, tied=tied)
