"""Tasks, optimisers, hardware, history: plain arrays."""

import numpy as np
import pytest
import xarray as xr

import tdsim
from tdsim.training import Adam, Data, Hardware, History, Optimiser, Task, circles, digits, split, xor
from tdsim.training.layers import Layers

ONE = Data(np.zeros((2, 1)), np.array([0, 1]))


def task(train=ONE, test=ONE, **more):
    return Task("few", train, test, ["vx"], ["vt0", "vt1"], ["v(a)", "v(b)"], **more)


def test_a_split_depends_on_the_seed_alone_and_shares_no_example():
    data = Data(np.arange(50.0)[:, None], np.arange(50) % 2)
    train, test = split(data, 0.3, 7)
    again = split(data, 0.3, 7)[1]
    assert len(test) == 15
    assert (again.inputs == test.inputs).all()
    assert sorted([*train.inputs[:, 0], *test.inputs[:, 0]]) == list(range(50))
    assert (split(data, 0.3, 8)[1].inputs != test.inputs).any()


def test_generated_data():
    assert (xor().labels == (np.prod(xor().inputs, axis=1) < 0)).all()
    found = circles(400, 1)
    radius = np.linalg.norm(found.inputs, axis=1)
    assert radius[found.labels == 1].mean() == pytest.approx(0.5, abs=0.02)
    assert radius[found.labels == 0].mean() == pytest.approx(1.0, abs=0.02)
    assert digits().inputs.shape == (1797, 64)


def test_a_task_drives_reads_and_costs():
    some = task(gain=2.0, offset=0.5, levels=(-1.0, 1.0))
    np.testing.assert_allclose(some.encode(np.array([[1.0], [3.0]]))["vx"], [2.5, 6.5])
    np.testing.assert_allclose(some.wanted(np.array([1, 0])), [[-1, 1], [1, -1]])
    read = np.array([[0.0, 0.5], [0.9, -1.0]])
    assert some.decode(read).tolist() == [1, 0]
    np.testing.assert_allclose(some.cost(read, np.array([1, 0])), [0.5 * (1 + 0.25), 0.5 * 0.01])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (Data(np.zeros((2, 3)), np.array([0, 1])), r"inputs must be \(examples, 1\)"),
        (Data(np.zeros((2, 1)), np.array([0])), r"as many labels"),
        (Data(np.array([[0.0], [np.nan]]), np.array([0, 1])), r"example 1 has an input that is not a finite number"),
        (
            Data(np.zeros((2, 1)), np.array([0, 2])),
            r"labels must be whole numbers from 0 to 1, one a monitor; one is 2",
        ),
        (Data(np.zeros((2, 1)), np.array([0.0, 0.5])), r"labels must be whole numbers"),
    ],
)
def test_data_that_nothing_could_learn_are_refused(data, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        task(train=data)


@pytest.mark.parametrize("make", [lambda: Optimiser(0.1), lambda: Optimiser(0.05, 0.5), lambda: Adam(0.1)])
def test_optimisers_find_a_minimum_within_bounds_and_go_on_from_what_they_remember(make):
    wanted, low, high = np.array([0.3, 2.0]), np.zeros(2), np.ones(2)

    def run(optimiser, values, count):
        for _ in range(count):
            values = optimiser.step(values, 2 * (values - wanted), low, high)
        return values

    whole = run(make(), np.array([0.9, 0.1]), 400)
    np.testing.assert_allclose(whole, [0.3, 1.0], atol=1e-3)
    first, second = make(), make()
    values = run(first, np.array([0.9, 0.1]), 150)
    second.restore(first.memory())
    assert (run(second, values, 250) == whole).all()


def test_hardware_varies_reads_and_clips():
    rough = Hardware(variation=0.1, seed=3)
    params = {f"r{k}.r": 2.0 for k in range(4000)}
    values = np.array(list(rough.varied(params).values()))
    assert values.mean() == pytest.approx(2, rel=0.01)
    assert values.std() == pytest.approx(0.2, rel=0.05)
    assert rough.varied(params) == rough.varied(params) != Hardware(variation=0.1, seed=4).varied(params)
    coarse = Hardware(bits=3, range=1.0)
    read = coarse.read(np.linspace(-2, 2, 1001), coarse.reader())
    np.testing.assert_allclose(np.unique(read), np.linspace(-1, 1, 8))
    assert coarse.clipped(np.array([0.0, 2.0])) == 0.5
    noisy = Hardware(noise=0.01)
    assert noisy.read(np.zeros(4000), noisy.reader()).std() == pytest.approx(0.01, rel=0.05)
    with pytest.raises(tdsim.UsageError, match="needs the range"):
        Hardware(bits=8)


def test_a_history_is_a_dataset(tmp_path):
    history = History()
    history.add({"cost": 2.0})
    history.add({"cost": 1.0, "accuracy": 0.5})
    history.remark("a monitor clips")
    history.save(tmp_path / "history.nc")
    with xr.open_dataset(tmp_path / "history.nc") as found:
        assert found["cost"].values.tolist() == [2, 1]
        assert np.isnan(found["accuracy"][0])
        assert found["cost"].attrs["units"] == "V2"
        assert found.attrs["remarks"] == "a monitor clips"


def test_parameters_of_the_netlist_are_refused():
    circuit = tdsim.loads("Divider\n.param r=1k\n.train r min=1 max=10k\nVx x 0 1\nR1 x y {r}\nR2 y 0 1k\n")
    with pytest.raises(tdsim.UsageError, match="r is a parameter of the netlist"):
        Layers(circuit)


def test_the_numbers_of_a_circuit_as_it_stands_give_its_parameters():
    circuit = tdsim.loads(
        "A\nV1 a 0 1\nR1 a 0 2k\nG1 0 a a 0 1m\n.train r1.r min=1k max=5k\n.train g1.gain min=-4m max=4m\n.end\n"
    )
    layers = Layers(circuit)
    np.testing.assert_allclose(layers.present(), [0.5, 0.25])
    assert layers.params(layers.present()) == pytest.approx({"r1.r": 2e3, "g1.gain": 1e-3})


def test_a_rate_decays_and_is_remembered():
    here = Optimiser(0.5, decay=0.5)
    values = np.zeros(1)
    for wanted in (-0.5, -0.75):
        values = here.step(values, np.ones(1), -np.ones(1), np.ones(1))
        assert values == [wanted]
    other = Optimiser(0.5, decay=0.5)
    other.restore(here.memory())
    assert other.step(values, np.ones(1), -np.ones(1), np.ones(1)) == [-0.875]
    with pytest.raises(tdsim.UsageError, match=r"the decay in \(0, 1\]"):
        Adam(0.1, decay=1.5)
