"""Hamiltonian echo backpropagation on a lattice of Kerr resonators."""

import warnings
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

import tdsim
from tdsim.training import Adam, Data, HamiltonianEcho, Hardware, Optimiser, Task, xor
from tdsim.training.experiment import Experiment

NETLIST = files("tdsim.netlists") / "neuromorphic" / "kerr_lattice.cir"
NS, FJ = 1e-9, 1e-15
DATA = xor()
ALONE = Data(DATA.inputs, 0 * DATA.labels)


def lattice(cells=True, inside=0.0):
    return tdsim.load(NETLIST, {"cells": str(int(cells)), "inside": repr(inside)})


def task(**more):
    options = {"levels": (0.0, 0.4 * FJ), "gain": 1e8, **more}
    return Task(
        "xor", DATA, DATA, ["xin1.detuning", "xin2.detuning"], [], ["x(xr3.cavity)", "x(xr5.cavity)"], **options
    )  # fmt: skip


def method(circuit=None, **more):
    options = {"stop": 10 * NS, "step": 0.1 * NS, **more}
    return HamiltonianEcho(lattice() if circuit is None else circuit, task(), **options)


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def of_all(found, data=DATA):
    """Cosine and relative error of the whole gradient."""
    a, b = found.gradient(data.inputs, data.labels), found.exact(data.inputs, data.labels)
    return cosine(a, b), np.linalg.norm(a - b) / np.linalg.norm(b)


# -- exactness ------------------------------------------------------------------------------------------------------


def test_the_judge_is_the_derivative_of_the_answers():
    found = method()
    start, along, costs = found.numbers.copy(), np.random.default_rng(0).standard_normal(6), []
    exact = found.exact(DATA.inputs, DATA.labels)
    for step in (1e-5, -1e-5):
        found.numbers = start + step * along
        costs.append(found.task.cost(found.respond(DATA.inputs), DATA.labels).mean())
    assert exact @ along == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-6)


def test_light_returns_to_where_it_began():
    echo = method().echo(DATA.inputs, DATA.labels)
    assert echo.infidelity < 1e-13
    assert echo.kept == pytest.approx(1, abs=1e-12)
    assert echo.bias < 1e-8


@pytest.mark.parametrize("cells", [True, False])
def test_the_difference_of_echoes_is_exact_to_second_order_in_eta(cells):
    """Loss-free, and the step so short that sums over samples are integrals."""
    found = method(lattice(cells), step=0.05 * NS)
    errors = []
    for factor in (8, 4, 1):
        found.eta = factor * 0.005 / (0.4 * FJ)
        angle, error = of_all(found)
        errors.append(error)
    assert 1 - angle < 1e-9
    assert errors[-1] < 1e-5
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("cells", [True, False])
def test_the_raw_kick_is_exact_to_first_order(cells):
    found = method(lattice(cells), symmetric=False)
    errors = []
    for factor in (2, 1):
        found.eta = factor * 0.001 / (0.4 * FJ)
        errors.append(of_all(found)[1])
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1, abs=0.15)
    assert errors[1] < 5e-3


def test_cells_make_the_step_of_gradient_descent_themselves():
    """The decay of (+eta, +m) and (-eta, -m) moves them by -own_rate dC/dq; one alone is biased by the kick of q."""
    both, one = method(mass=FJ), method(mass=FJ, symmetric=False)
    exact = both.exact(DATA.inputs, DATA.labels)
    np.testing.assert_allclose(both.gradient(DATA.inputs, DATA.labels), exact, atol=1e-3 * np.abs(exact).max())
    biased = one.gradient(DATA.inputs, DATA.labels)
    assert np.linalg.norm(biased - exact) > 0.02 * np.linalg.norm(exact)
    before = both.numbers.copy()
    both.fit(Optimiser(both.own_rate), epochs=1, batch=4)
    np.testing.assert_allclose(
        both.numbers - before, -both.own_rate * exact, atol=1e-3 * both.own_rate * abs(exact).max()
    )
    assert both.own_rate == pytest.approx(2 * both.eta / FJ * (1 - np.exp(-5)))


def test_tied_couplings_are_one_number():
    circuit = lattice(cells=False)
    circuit.training = [replace(circuit.training[0], pattern="xr4.detuning")]
    found = HamiltonianEcho(
        circuit, task(), stop=10 * NS, step=0.05 * NS, tied={"xr4.detuning": "xr6.detuning"}, eta=1e12
    )
    assert found.numbers.size == 1
    assert of_all(found)[1] < 1e-4


# -- learning -------------------------------------------------------------------------------------------------------


def test_it_learns_exclusive_or():
    found = method(lattice(cells=False), seed=1, spread={"xr*.detuning": 0.3, "k*.j": 0.3})
    before = found.task.cost(found.respond(DATA.inputs), DATA.labels).mean()
    history = found.fit(Adam(0.03, small=1e-60), epochs=60, batch=4).dataset()
    assert found.score() == 1
    assert found.task.cost(found.respond(DATA.inputs), DATA.labels).mean() < 0.3 * before
    assert history["cost"].attrs["units"] == "J2"
    assert 1 - of_all(found)[0] < 1e-8
    assert "difference of echoes at +eta and -eta is used" in history.attrs["remarks"]


def test_cells_learn_by_an_experiment_file(tmp_path):
    """What they have learned is on .ic cards; an interrupted training goes on with the same bits."""
    text = (files("tdsim.netlists") / "neuromorphic" / "kerr_xor.toml").read_text()
    text = text.replace("cells = 0", "cells = 1").replace("epochs = 60", "epochs = 3")
    text = text.replace('"xr*.detuning" = 0.3, "k*.j" = 0.3', '"x(*.position)" = 0.3')
    (tmp_path / "whole.toml").write_text(text)
    whole, first, again = (Experiment(tmp_path / "whole.toml") for _ in range(3))
    whole.folder, first.folder, again.folder = (tmp_path / name for name in ("whole", "parts", "parts"))
    whole.run()

    def stop(done, of, record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(stop)
    again.run()
    assert (again.method.numbers == whole.method.numbers).all()
    learned = tdsim.load(whole.folder / "trained.cir")
    assert learned.warnings == []
    assert [learned.initial[name] for name in whole.method.layers.names] == list(whole.method.numbers)
    found = tdsim.simulate(learned, "tran")
    assert float(found["x(xq1.position)"][0]) == whole.method.numbers[0]
    assert [r["cost"] for r in again.method.history.records] == [r["cost"] for r in whole.method.history.records]


# -- loss -----------------------------------------------------------------------------------------------------------


def test_loss_breaks_the_raw_kick_and_not_the_difference():
    lossy = lattice(inside=2e5)  # 2e-3 of the energy there
    assert of_all(method(lossy))[0] > 0.99999
    raw = method(lossy, symmetric=False, eta=0.02 / (0.4 * FJ), strict=False)
    with pytest.warns(
        UserWarning, match=r"the echo leaves behind .* % of what the nudge does.*xin1 \(resonator\) loses"
    ):
        assert of_all(raw)[0] < 0.9
    with pytest.raises(tdsim.SimulationError, match=r"use the difference of two echoes \(symmetric=True\)"):
        method(lossy, symmetric=False).gradient(DATA.inputs, DATA.labels)


def test_much_loss_is_said_to_touch_the_difference_too():
    much = method(lattice(inside=2e7))
    with pytest.warns(
        UserWarning, match=r"returns 0.67.* of the energy.*the difference of echoes may be wrong by about"
    ):
        angle, error = of_all(much)
    assert angle < 0.9999
    assert 0.01 < error < 0.33


def test_a_coarse_step_is_said_and_estimated():
    """Where kicks are sums over samples; cells take up the exact kick of the steps as they are."""
    coarse = method(lattice(cells=False), step=0.5 * NS)
    with pytest.warns(UserWarning, match=r"the step of 5e-10 s is coarse: sums over samples are about"):
        error = of_all(coarse)[1]
    estimate = coarse.echo(DATA.inputs, DATA.labels).coarse
    assert 0.1 * error < estimate < 10 * error
    assert of_all(method(step=0.5 * NS))[1] < 1e-4


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("cells", [True, False])
def test_one_example_alone(cells, symmetric):
    found, one = method(lattice(cells), symmetric=symmetric), DATA.take(slice(1, 2))
    assert 1 - of_all(found, one)[0] < 1e-3


def test_it_looks_again_while_it_learns(monkeypatch):
    """What is learned may need a shorter step."""
    monkeypatch.setattr("tdsim.training.hamiltonian_echo.LOOK", 3)
    found = method(lattice(cells=False), step=0.25 * NS)
    found.gradient(DATA.inputs, DATA.labels)
    assert len(found.history.remarks) == 1
    found.numbers[-8:] = 0.99 * found.layers.high[-8:]
    for _ in range(2):
        found.gradient(DATA.inputs, DATA.labels)
    with pytest.warns(UserWarning, match="the step of 2.5e-10 s is coarse"):
        found.gradient(DATA.inputs, DATA.labels)
    assert len(found.history.remarks) == 2


def test_without_loss_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        method(symmetric=False).gradient(DATA.inputs, DATA.labels)


# -- other devices --------------------------------------------------------------------------------------------------


def test_a_device_that_varies_is_trained_as_it_is():
    hardware = Hardware(variation=0.1, seed=1)
    for cells in (True, False):
        varied, same = method(lattice(cells), hardware=hardware), method(lattice(cells))
        assert 1 - of_all(varied)[0] < 1e-8
        assert cosine(varied.exact(DATA.inputs, DATA.labels), same.exact(DATA.inputs, DATA.labels)) < 0.999


@pytest.mark.parametrize("cells", [True, False])
def test_noise_of_the_readings_costs_fidelity_and_a_stronger_nudge_helps(cells):
    hardware = Hardware(noise=1e-3 * FJ)
    weak, strong = (
        np.median(
            [of_all(method(lattice(cells), hardware=hardware, seed=s, eta=turn / (0.4 * FJ)))[0] for s in range(5)]
        )
        for turn in (0.002, 0.1)
    )
    assert weak < 0.99
    assert 1 - strong < 0.05 * (1 - weak)


def test_the_look_at_the_echo_takes_no_noise():
    """A training that goes on after an interruption looks again."""
    looked, not_looked = (method(hardware=Hardware(noise=1e-3 * FJ)) for _ in range(2))
    looked.echo(DATA.inputs, DATA.labels)
    found = [one.gradient(DATA.inputs, DATA.labels) for one in (looked, not_looked)]
    np.testing.assert_array_equal(*found)


def test_a_momentum_at_the_start_is_no_kick():
    circuit = lattice()
    circuit.initial["x(xq2.momentum)"] = 0.5 * FJ
    for symmetric in (True, False):
        assert 1 - of_all(method(circuit, symmetric=symmetric))[0] < 1e-4


def test_numbers_are_trained_beside_cells_that_are_not():
    assert 1 - of_all(method(lattice(), cells=False))[0] < 1e-8


# -- what it cannot do ----------------------------------------------------------------------------------------------


DETECTED = """A detector beside a resonator
Xl in   laser power=1m
Xr in out resonator kappa=[1e10 1e10]
Xd out a 0 photodiode
R1 a 0 1k
.train xr.detuning min=-1g max=1g
.tran 1p 1n
.end
"""
DRIVEN = """A resonator with a laser
Xl in   laser power=1m
Xr in   resonator kappa=[1e10]
.train xr.detuning min=-1g max=1g
.tran 1p 1n
.end
"""


def changed(parameter, value=1e6):
    circuit = lattice()
    circuit.instances["xq2"].values[parameter] = value
    return circuit


def driven():
    circuit = lattice(cells=False)
    circuit.training = [replace(circuit.training[0], pattern="xin1.detuning")]
    return circuit


def single(text, **more):
    one = Task("one class", ALONE, ALONE, ["xl.power", "xl.phase"], [], ["x(xr.cavity)"])
    return HamiltonianEcho(tdsim.loads(text), one, stop=1 * NS, step=1e-12, **more)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: single(DETECTED), r"has electronics, which do not run backwards"),
        (lambda: single(DRIVEN), r"does not run backwards, and has no echo: xl \(laser\) absorbs what comes back"),
        (lambda: method(stop=10.03 * NS), r"stop must be a whole number of steps"),
        (lambda: method(eta=-1.0), r"eta must be above 0, not -1.0"),
        (lambda: method(lattice(cells=False), mass=1.0), r"a mass is that of learning cells"),
        (lambda: method(lattice(cells=False), cells=True), r"has no learning cells: add some"),
        (
            lambda: HamiltonianEcho(lattice(), task(levels=(FJ, FJ)), stop=NS, step=NS / 10),
            r"the levels of the task are",
        ),
        (lambda: method(reach=0.0), r"the reach of learning cells must be above 0"),
        (lambda: method().own_rate, r"only learning cells that decay \(mass=..\) have a rate"),
        (lambda: method(spread={"xr*.r": 0.1}), r"no layer is called 'xr\*.r': there are x\(\*.position\)"),
        (lambda: method(changed("friction")), r"xq2 has friction, and would lose what an echo leaves behind"),
        (lambda: method(lattice(cells=False).carrier(1550e-9, 1551e-9)), r"light of one carrier, and .* has 2"),
        (lambda: method(driven()), r"the task drives xin1.detuning, which is to be trained, too"),
        (lambda: method(tied={"a": "b"}), r"learning cells cannot be tied"),
    ],
)
def test_what_has_no_echo_is_refused(make, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        make()


def test_monitors_are_cavities():
    other = Task("xor", DATA, DATA, ["xin1.detuning", "xin2.detuning"], [], ["x(xq1.position)", "p(a)"])
    with pytest.raises(
        tdsim.UsageError, match=r"monitors must be x\(inst.cavity\) of resonators, not x\(xq1.position\)"
    ):
        HamiltonianEcho(lattice(), other, stop=10 * NS, step=0.1 * NS)


def test_parameters_without_a_known_shift_are_refused():
    circuit = tdsim.loads("Two\nXr a resonator kappa=[0]\nXp a b phase_shifter\n.train xp.phase min=0 max=1\n.end\n")
    one = Task("one class", ALONE, ALONE, ["xr.detuning", "xr.kappa_i"], [], ["x(xr.cavity)"])
    with pytest.raises(
        tdsim.UsageError, match=r"xp.phase cannot be trained by an echo, which knows how resonator.detuning"
    ):
        HamiltonianEcho(circuit, one, stop=1 * NS, step=1e-12)
