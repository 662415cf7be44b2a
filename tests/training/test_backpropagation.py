"""Backpropagation through light in time and at equilibria of electronics."""

from importlib.resources import files

import numpy as np
import pytest

import tdsim
from tdsim.training import Adam, Backpropagation, Hardware, Task, circles, split

NETLISTS = files("tdsim.netlists") / "neuromorphic"
NET = """A divider with two resistors to train
Vx x 0 1
Ra x a 1k
Rb a 0 2k
.train r*.r min=100 max=10k
.op
.end
"""


def mesh(**more):
    train, test = split(circles(300, 0), 1 / 3, 0)
    task = Task(
        "circles", train, test, ["xx.field", "xy.field"], [], ["p(o0)", "p(o1)"],
        levels=(0.1e-3, 0.4e-3), gain=np.sqrt(1e-3),
    )  # fmt: skip
    options = {"stop": 20e-12, "step": 1e-12, "begin": 16e-12}
    return Backpropagation(tdsim.load(NETLISTS / "photonic_classifier.cir"), task, **{**options, **more})


def few(method, count):
    data = method.task.train
    return data.inputs[:count], data.labels[:count]


def by_differences(method, inputs, labels, step=1e-4):
    """The derivative of the mean cost of what the circuit answers."""
    start, found = method.numbers.copy(), []
    for k in range(start.size):
        costs = []
        for sign in (1, -1):
            method.numbers = start.copy()
            method.numbers[k] += sign * step
            costs.append(method.task.cost(method.respond(inputs), labels).mean())
        found.append((costs[0] - costs[1]) / (2 * step))
    method.numbers = start
    return np.array(found)


def test_the_gradient_through_a_mesh_is_that_of_its_answers():
    method = mesh(seed=1)
    inputs, labels = few(method, 3)
    expected = by_differences(method, inputs, labels)
    np.testing.assert_allclose(method.gradient(inputs, labels), expected, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(method.free_reading, method.respond(inputs), rtol=1e-9)


def test_the_gradient_at_an_equilibrium_is_that_of_its_answers():
    train, test = split(circles(20, 0), 0.25, 0)
    task = Task("circles", train, test, ["vx0", "vx1"], [], ["v(yo0)", "v(yo1)"])
    method = Backpropagation(tdsim.load(NETLISTS / "hopfield.cir"), task, tied={"gf*.gain": "gb*.gain"}, seed=1)
    inputs, labels = few(method, 3)
    found, start, costs = method.gradient(inputs, labels), method.numbers, []
    np.testing.assert_allclose(method.free_reading, method.respond(inputs), rtol=1e-9)
    along = np.random.default_rng(0).standard_normal(start.size)
    for step in (1e-4, -1e-4):
        method.numbers = start + step * along
        costs.append(task.cost(method.respond(inputs), labels).mean())
    assert found @ along == pytest.approx((costs[0] - costs[1]) / 2e-4, rel=1e-4)


def resistive(**more):
    train, test = split(circles(40, 0), 0.5, 0)
    places = ["vx0", "vx1"], [], ["v(o0)", "v(o1)"]
    task = Task("circles", train, test, *places, levels=(-0.3, 0.3), gain=4.0)
    spread = {"ra*.r": 0.5, "rb*.r": 0.5}
    return Backpropagation(tdsim.load(NETLISTS / "resistive.cir"), task, spread=spread, **more)


def test_the_gradient_of_resistors_diodes_and_amplifiers_is_that_of_their_answers():
    method = resistive(seed=1)
    inputs, labels = few(method, 3)
    found, start = method.gradient(inputs, labels), method.numbers
    np.testing.assert_allclose(method.free_reading, method.respond(inputs), rtol=1e-6)
    for seed in range(3):
        along, costs = np.random.default_rng(seed).standard_normal(start.size), []
        for step in (1e-5, -1e-5):
            method.numbers = start + step * along
            costs.append(method.task.cost(method.respond(inputs), labels).mean())
        assert found @ along == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-4)


def test_scores_are_those_of_each_device():
    method = resistive()
    devices = [Hardware(), Hardware(noise=0.2, seed=1), Hardware(noise=0.2, seed=2), Hardware(variation=0.5, seed=3)]
    own = [resistive(hardware=device).score(batch=8) for device in devices]
    assert method.scores(devices, batch=8).tolist() == own
    assert len(set(own)) > 1
    assert method.score() == own[0]


def test_a_mesh_learns_circles():
    method = mesh()
    history = method.fit(Adam(0.06), epochs=5, batch=20)
    assert history.dataset()["cost"].attrs["units"] == "W2"
    assert method.score() >= 0.95


def test_a_device_that_varies_has_another_gradient_than_its_model():
    same, varied = mesh(), mesh(hardware=Hardware(variation=0.1, seed=1))
    inputs, labels = few(same, 8)
    assert min(same.fidelity(inputs, labels).cosine.values()) == pytest.approx(1, abs=1e-12)
    assert min(varied.fidelity(inputs, labels).error.values()) > 0.05
    np.testing.assert_array_equal(same.gradient(inputs, labels), varied.gradient(inputs, labels))
    assert (same.respond(inputs) != varied.respond(inputs)).any()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"stop": None}, r"begin is a time of a run: give its stop"),
        ({"step": None}, r"a run needs a step above 0"),
        ({"begin": 30e-12}, r"a begin within it"),
    ],
)
def test_times_that_do_not_fit_are_refused(more, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        mesh(**more)


def test_sources_that_do_not_exist_are_refused():
    train, test = split(circles(20, 0), 0.25, 0)
    task = Task("circles", train, test, ["vx", "vx.nothing"], [], ["v(a)", "v(x)"])
    with pytest.raises(tdsim.UsageError, match=r"the task drives vx.nothing, which the circuit does not have"):
        Backpropagation(tdsim.loads(NET), task)
