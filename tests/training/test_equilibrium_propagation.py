"""Equilibrium propagation against the exact gradient of the same circuits."""

import warnings
from importlib.resources import files

import numpy as np
import pytest

import tdsim
from tdsim.training import Adam, Data, EquilibriumPropagation, Hardware, Optimiser, Task, circles, digits, split

HOPFIELD = files("tdsim.netlists") / "neuromorphic" / "hopfield.cir"
NEURONS = {"uh*": "yh*", "uo*": "yo*"}
PORTS = {f"ih{j}": (f"v(yh{j})", 1.0) for j in range(6)} | {f"io{k}": (f"v(yo{k})", 1.0) for k in range(2)}


def task_of(**more):
    train, test = split(circles(40, 0), 0.25, 0)
    return Task("circles", train, test, ["vx0", "vx1"], ["vt0", "vt1"], ["v(yo0)", "v(yo1)"], **more)


def hopfield(overrides=None, **more):
    options = {"nudges": ["vn0", "vn1"], "activation": NEURONS, "tied": {"gf*.gain": "gb*.gain"}, "beta": 0.1}
    options["spread"] = {"gf*.gain": 0.05}
    return EquilibriumPropagation(tdsim.load(HOPFIELD, overrides), task_of(), **{**options, **more})


def some(count=4):
    data = task_of().train
    return data.inputs[:count], data.labels[:count]


def test_the_gradient_of_every_layer_is_the_exact_one():
    found = hopfield(beta=0.02).fidelity(*some())
    assert set(found.cosine) == {"gi*.gain", "gf*.gain", "ih*.dc", "io*.dc"}
    assert min(found.cosine.values()) > 1 - 1e-6
    assert max(found.error.values()) < 1e-3


@pytest.mark.parametrize(("symmetric", "order"), [(False, 1), (True, 2)])
def test_the_error_falls_with_beta(symmetric, order):
    errors = [hopfield(beta=b, symmetric=symmetric).fidelity(*some()).error for b in (0.1, 0.05, 0.025)]
    for layer in errors[0]:
        sizes = np.log2([e[layer] for e in errors])
        np.testing.assert_allclose(sizes[:-1] - sizes[1:], order, atol=0.15)


def test_equilibria_found_in_time_teach_the_same():
    solved, run = hopfield(seed=1), hopfield(seed=1, tmax=100e-6, step=0.1e-6)
    inputs, labels = some(2)
    np.testing.assert_allclose(run.gradient(inputs, labels), solved.gradient(inputs, labels), rtol=1e-4, atol=1e-7)


def test_a_free_phase_that_has_not_settled_is_refused():
    with (
        pytest.warns(UserWarning, match="did not settle"),
        pytest.raises(tdsim.SimulationError, match=r"free phase has not settled in 1e-06 s"),
    ):
        hopfield(tmax=1e-6, step=0.1e-6).gradient(*some(2))


def test_couplings_that_differ_there_and_back_are_noticed():
    assert hopfield().reciprocity(some()[0], PORTS) < 1e-6
    one_way = hopfield(tied={})  # what leads back stays as it is
    with pytest.warns(UserWarning, match=r"not reciprocal: responses there and back differ by \d"):
        assert one_way.reciprocity(some()[0], PORTS) > 0.01
    assert min(one_way.fidelity(*some()).cosine.values()) < 0.99


def test_a_beta_that_noise_hides_is_said_and_one_that_it_does_not_hide_is_not():
    noisy = Hardware(noise=1e-3)
    with pytest.warns(UserWarning, match=r"beta = 0.001 is too small for the noise: the nudge moves the monitors by"):
        hopfield(beta=1e-3, hardware=noisy).gradient(*some())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hopfield(beta=0.3, hardware=noisy).gradient(*some())


def test_monitors_that_clip_are_said():
    with pytest.warns(UserWarning, match=r"monitors clip: \d+\.\d % of the readings are out of their range of 0.05 V"):
        hopfield(hardware=Hardware(range=0.05)).gradient(*some())


LATCH = """A neuron that holds what it is given
Vx x 0 0
Vt t 0 -1
Vs nudge 0 0
Gx 0 u1 x 0 1m
Gs 0 u1 y1 0 2m
R1 u1 0 1k
C1 u1 0 1n
B1 y1 0 v=tanh(v(u1))
Bn 0 u1 i=0.001*v(nudge)*(v(t)-v(y1))
.train gx.gain min=0 max=2m
.options reltol=1e-9
.tran 0.1u 1u
.end
"""


def test_a_nudge_into_another_basin_is_noticed():
    inputs, labels = np.ones((2, 1)), np.zeros(2, dtype=int)
    data = Data(inputs, labels)
    task = Task("hold", data, data, ["vx"], ["vt"], ["v(y1)"], levels=(-1.0, -1.0), gain=0.01)
    options = {"nudges": ["vs"], "activation": {"u*": "y*"}, "tmax": 1e-3, "step": 1e-6}
    circuit = tdsim.loads(LATCH)
    with pytest.warns(UserWarning, match=r"2 of 2 nudged runs have changed basin: without the nudge"):
        EquilibriumPropagation(circuit, task, beta=1.5, **options).gradient(inputs, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EquilibriumPropagation(circuit, task, beta=0.05, **options).gradient(inputs, labels)


def test_it_learns():
    method = resistive(beta=0.2)
    history = method.fit(Adam(0.1), epochs=3, batch=12, probe=2).dataset()
    assert history["cost"][-1] < 0.9 * history["cost"][0]
    assert (history["cosine(ra*.r)"] > 0.999).all()


def test_frozen_layers_stay():
    method = hopfield()
    before = method.numbers.copy()
    method.fit(Optimiser(0.1), epochs=1, batch=30, frozen=("gi*.gain", "ih*.dc"))
    still = [layer.places for layer in method.layers.layers if layer.name in ("gi*.gain", "ih*.dc")]
    moved = [layer.places for layer in method.layers.layers if layer.name in ("gf*.gain", "io*.dc")]
    assert all((method.numbers[place] == before[place]).all() for place in still)
    assert all((method.numbers[place] != before[place]).any() for place in moved)


def test_a_circuit_that_it_cannot_train_is_refused():
    text = HOPFIELD.read_text().replace(
        ".train ih*.dc min=-5m max=5m", ".train rh*.r min=100 max=10k\n.train ch*.c min=1p max=1u"
    )
    with pytest.raises(tdsim.UsageError, match=r"ch0.c cannot be trained by equilibrium propagation"):
        EquilibriumPropagation(tdsim.loads(text), task_of(), nudges=["vn0", "vn1"])
    with pytest.raises(tdsim.UsageError, match=r"no trainable parameter: mark some with a card"):
        EquilibriumPropagation(tdsim.loads("A wire\nV1 a 0 1\nR1 a 0 1\n.op\n.end\n"), task_of(), nudges=["v1", "v1"])


# -- resistors, diodes and bidirectional amplifiers -----------------------------------------------------------------

RESISTIVE = files("tdsim.netlists") / "neuromorphic" / "resistive.cir"
AMPLIFIED = {"ra*.r": 16.0}


def resistive(text=None, **more):
    circuit = tdsim.load(RESISTIVE) if text is None else tdsim.loads(text)
    train, test = split(circles(60, 0), 0.2, 0)
    names = ["vx0", "vx1"], ["vt0", "vt1"], ["v(o0)", "v(o1)"]
    task = Task("circles", train, test, *names, levels=(-0.3, 0.3), gain=4.0)
    options = {"nudges": ["vn0", "vn1"], "beta": 0.1, "amplified": AMPLIFIED, "spread": {"ra*.r": 0.5, "rb*.r": 0.5}}
    return EquilibriumPropagation(circuit, task, **{**options, **more})


def test_resistors_before_and_behind_amplifiers_have_the_exact_gradient():
    found = resistive().fidelity(*some())
    assert min(found.cosine.values()) > 1 - 1e-7
    assert max(found.error.values()) < 1e-3


def test_a_one_way_buffer_is_noticed_where_the_last_layer_does_not_show_it():
    text = "\n".join(line for line in RESISTIVE.read_text().splitlines() if not line.lower().startswith(("fp", "fm")))
    ports = {f"ih{j}": (f"v(h{j})", 16.0) for j in range(8)} | {f"io{k}": (f"v(o{k})", 1.0) for k in range(2)}
    assert resistive().reciprocity(some()[0], ports) < 1e-6
    buffered = resistive(text)
    with pytest.warns(UserWarning, match="not reciprocal"):
        assert buffered.reciprocity(some()[0], ports) > 0.1
    found = buffered.fidelity(*some())
    assert found.cosine["rb*.r"] > 0.9999
    assert found.error["ra*.r"] == pytest.approx(1.0)  # no nudge gets there


def test_a_hopfield_net_at_rest_obeys_its_equations():
    circuit = tdsim.load(HOPFIELD)
    names = [
        f"v({kind}{k})" for kind, count in (("x", 2), ("uh", 6), ("yh", 6), ("uo", 2), ("yo", 2)) for k in range(count)
    ]
    found = tdsim.fixed_point(circuit, step=1e-7, save=names, stop=40e-6)
    x, uh, yh, uo, yo = (
        np.array([float(found[f"v({kind}{k})"]) for k in range(count)])
        for kind, count in (("x", 2), ("uh", 6), ("yh", 6), ("uo", 2), ("yo", 2))
    )
    gain = {name: circuit.instances[name].settings["gain"] for name in circuit.instances if name[0] == "g"}
    inputs = np.array([[gain[f"gi{i}_{j}"] for i in range(2)] for j in range(6)])
    couplings = np.array([[gain[f"gf{j}_{k}"] for k in range(2)] for j in range(6)])
    np.testing.assert_allclose(yh, np.tanh(uh), atol=1e-8)
    np.testing.assert_allclose(uh / 1e3, inputs @ x + couplings @ yo, atol=1e-10)
    np.testing.assert_allclose(uo / 1e3, couplings.T @ yh, atol=1e-10)


def test_the_gradient_for_digits_is_exact_in_every_layer():
    train, test = split(digits(), 0.2, 0)
    names = [[f"{kind}{k}" for k in range(count)] for kind, count in (("vx", 64), ("vt", 10))]
    task = Task("digits", train, test, *names, [f"v(yo{k})" for k in range(10)])
    method = EquilibriumPropagation(
        tdsim.load(HOPFIELD, {"inputs": "64", "hidden": "8", "outputs": "10"}),
        task,
        nudges=[f"vn{k}" for k in range(10)],
        activation=NEURONS,
        tied={"gf*.gain": "gb*.gain"},
        spread={"gi*.gain": 0.02, "gf*.gain": 0.02},
    )
    found = method.fidelity(train.inputs[:3], train.labels[:3])
    assert min(found.cosine.values()) > 0.999
    assert max(found.error.values()) < 0.05
