"""Echoes: run, conjugate, run as long again, and be where it began; and who is to blame where that fails."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tdsim

PS, NS = 1e-12, 1e-9
DATA = Path(__file__).parent.parent / "oracles" / "data"


def infidelity(x, y):
    """1 - |<x, y>|^2 / (<x, x> <y, y>)."""
    x, y = np.ravel(x), np.ravel(y)
    return 1 - abs(np.vdot(x, y)) ** 2 / (np.vdot(x, x).real * np.vdot(y, y).real)


def lit(circuit, step, seed=0, runs=None):
    """A state of a closed circuit with random light in its lines, cavities and filters, consistent with its equations.

    Random numbers are put in, and what they cannot be at once (a wave on both sides of a mirror) is run out.
    """
    rng = np.random.default_rng(seed)
    params = {} if runs is None else runs
    _, empty = tdsim.transient(circuit, stop=step, step=step, return_state=True, params=params)
    history = rng.normal(size=empty.history.shape) + 1j * rng.normal(size=empty.history.shape)
    memory = rng.normal(size=empty.memory.shape) + 1j * rng.normal(size=empty.memory.shape)
    return run(circuit, replace(empty, history=history, memory=memory), step, 3 * int(empty.depth.max()) + 5, params)


def run(circuit, state, step, samples, params=None):
    stop = (state.tick - 1 + samples) * step
    return tdsim.transient(circuit, stop=stop, step=step, state=state, return_state=True, params=params or {})[1]


def round_trip(circuit, step=PS, samples=1000, params=None):
    """How much is lost of a random state on the way out and back, and how different it was in between."""
    before = lit(circuit, step, runs=params).conjugate().conjugate()  # without what shorter delays have forgotten
    middle = run(circuit, before, step, samples, params)
    after = run(circuit, middle.conjugate(), step, samples, params).conjugate()
    assert infidelity(before.history, middle.history) > 0.1, "nothing has happened in between"
    lost = infidelity(before.history, after.history)
    return max(lost, infidelity(before.memory, after.memory)) if before.memory.size else lost


# -- what returns to round-off --------------------------------------------------------------------------------------


def stack(fraction=0.0, loss=0.0):
    """Mirrors and guides between two perfect mirrors; the delays are whole samples and, if asked for, a rest."""
    circuit = tdsim.Circuit("stack")
    reflectivities, delays = [1.0, 0.3, 0.6, 0.8, 0.5, 1.0], [7, 11, 13, 9, 17]
    circuit.add("m0", "mirror", "nc0", "a0", reflectivity=reflectivities[0])
    for i, delay in enumerate(delays):
        time = (delay + fraction * (i + 1) / len(delays)) * PS
        circuit.add(f"w{i}", "delay", f"a{i}", f"b{i}", time=time, phase=0.3 * i + 0.1, loss=loss)
        far = f"a{i + 1}" if i + 1 < len(delays) else "nc1"
        circuit.add(f"m{i + 1}", "mirror", f"b{i}", far, reflectivity=reflectivities[i + 1])
    return circuit.save("p(nc1)")


def mesh():
    """Couplers, interferometers, phase shifters and a crossing between guides that end on perfect mirrors."""
    circuit = tdsim.Circuit("mesh")
    circuit.add("c1", "coupler", "a1", "a2", "a3", "a4", coupling=0.3)
    circuit.add("x", "crossing", "a3", "b2", "b3", "b4")
    circuit.add("z", "mzi", "a4", "c2", "c3", "c4", theta=0.7, phi=0.4)
    circuit.add("p", "phase_shifter", "b3", "d2", phase=1.1)
    ends = ["a1", "a2", "b2", "b4", "c2", "c3", "c4", "d2"]
    for i, end in enumerate(ends):
        circuit.add(f"w{i}", "delay", end, f"e{i}", time=(5 + 3 * i) * PS, phase=0.2 * i)
        circuit.add(f"m{i}", "mirror", f"e{i}", f"nc{i}", reflectivity=1.0)
    return circuit.save("p(nc0)")


def rings(model):
    """Two rings on buses that end on perfect mirrors; with the map each round trip is a whole number of samples."""
    circuit = tdsim.Circuit(model)
    circuit.add("r1", "ring", "a1", "a2", "a3", "a4", fsr=1 / (14 * PS), coupling1=0.3, coupling2=0.2, model=model)
    for i, end in enumerate(["a1", "a2", "a3", "a4"]):
        circuit.add(f"w{i}", "delay", end, f"e{i}", time=(6 + i) * PS, phase=0.2 * i)
        circuit.add(f"m{i}", "mirror", f"e{i}", f"nc{i}", reflectivity=1.0)
    return circuit.save("p(nc0)")


@pytest.mark.parametrize(
    "circuit", [stack(), mesh(), rings("map")], ids=["mirrors and guides", "mesh", "ring as a map"]
)
def test_lossless_circuits_with_whole_delays(circuit):
    assert round_trip(circuit) < 1e-13


@pytest.mark.filterwarnings("ignore:the step of:UserWarning")  # a fraction is as coarse as it is, and lossless
def test_fractional_delays_too():
    """All-passes of both directions are each other's mirror image: what they store comes back as well."""
    assert round_trip(stack(fraction=0.37)) < 1e-13


def test_runs_of_different_delays_side_by_side():
    params = {"w0.time": np.array([7, 9, 12]) * PS, "w2.phase": np.array([0.0, 1.0, 2.0])}
    assert round_trip(stack(), params=params) < 1e-13


def test_several_carriers():
    circuit = stack().carrier(1550e-9, 1550.8e-9)
    assert round_trip(circuit) < 1e-13


def lattice(start, kerr, cells=False):
    """The 16 resonators of timereversal_kerr_g1."""
    circuit = tdsim.Circuit("lattice")
    for n, value in enumerate(start):
        detuning = -0.3 * np.sin(2.1 * n) / (2 * np.pi * NS)
        circuit.add(f"r{n}", "resonator", kappa=(), detuning=detuning, kerr=kerr / NS)
        circuit.initial[f"x(r{n}.cavity)"] = value
        if cells:
            circuit.add(f"q{n}", "learning_cell", f"r{n}", coupling=0.4 / NS, inverse_mass=0.5 / NS)
            circuit.initial |= {f"x(q{n}.position)": 0.3 * np.cos(n), f"x(q{n}.momentum)": 0.2 * np.sin(n)}
    for n in range(len(start) - 1):
        circuit.add(f"k{n}", "k", f"r{n}", f"r{n + 1}", j=-1 / NS)
    return circuit


CAVITIES = [f"x(r{n}.cavity)" for n in range(16)]


@pytest.fixture(scope="module")
def oracle():
    with np.load(DATA / "timereversal_kerr_g1.npz") as data:
        return data["t"], data["a"]


@pytest.mark.parametrize("kerr", [0.0, 1.0])
@pytest.mark.parametrize("cells", [False, True])
def test_lattices(oracle, kerr, cells):
    _, a = oracle
    circuit, step = lattice(a[0], kerr, cells), 0.05 * NS
    names = [*CAVITIES, *([f"x(q{n}.{s})" for n in range(16) for s in ("position", "momentum")] if cells else [])]
    out, middle = tdsim.transient(circuit, stop=20 * NS, step=step, save=names, return_state=True)
    back = tdsim.transient(circuit, stop=40 * NS, step=step, save=names, state=middle.conjugate())
    first, last = (np.array([r[n].values[k] for n in CAVITIES]) for r, k in ((out, 0), (back, -1)))
    assert infidelity(first, last.conj()) < 1e-13
    if cells:
        q, p = ([float(r[f"x(q3.{s})"][k]) for r, k in ((out, 0), (back, -1))] for s in ("position", "momentum"))
        assert q[1] == pytest.approx(q[0], abs=1e-12)
        assert p[1] == pytest.approx(-p[0], abs=1e-12)


def test_kerr_lattice_through_the_conjugation(oracle):
    """The reference trajectory out and back, to its own tolerance."""
    t, a = oracle
    circuit, step = lattice(a[0], 1.0), 0.0125 * NS
    _, middle = tdsim.transient(circuit, stop=20 * NS, step=step, save=CAVITIES, return_state=True)
    back = tdsim.transient(circuit, stop=40 * NS, step=step, save=CAVITIES, state=middle.conjugate())
    found = np.stack([back[name].values[3::4] for name in CAVITIES], axis=1)
    assert np.abs(found - a[t > 20 + 1e-9]).max() < 1e-11


# -- what is lost, measured -----------------------------------------------------------------------------------------


def test_resonators_between_guides_return_to_the_order_of_their_drive():
    """Between samples a drive is taken as linear, out and back alike: what is lost falls as the step to the power 4."""
    losses = []
    for finer in (2, 4, 8):
        step = PS / finer
        t = np.arange(0, 190 * PS + step / 2, step)
        pulse = 1e-3 * np.exp(-(((t - 100 * PS) / (15 * PS)) ** 2))
        opened, shut = between_guides(0.0), between_guides(1.0)
        _, before = tdsim.transient(opened, stop=190 * PS, step=step, inputs={"in": pulse}, return_state=True)
        samples = 400 * finer
        after = run(shut, run(shut, before, step, samples).conjugate(), step, samples).conjugate()
        losses.append(infidelity(before.history, after.history))
    assert losses[-1] < 1e-10
    np.testing.assert_allclose(np.log2(np.array(losses[:-1]) / losses[1:]), 4, atol=0.2)


def between_guides(reflectivity):
    """A Kerr resonator between two guides with mirrors, the first of which lets light in where it does not reflect."""
    circuit = tdsim.Circuit()
    circuit.add("m", "mirror", "nc", "a", reflectivity=reflectivity).add("w", "delay", "a", "b", time=200 * PS)
    circuit.add("r", "resonator", "b", "c", kappa=(1e11, 5e10), kerr=3e27).add("v", "delay", "c", "d", time=100 * PS)
    circuit.add("e", "mirror", "d", "nc2", reflectivity=1.0).save("x(r.cavity)")
    return circuit.port("in", "nc")


@pytest.mark.parametrize(("decibels", "kept"), [(0.001, 0.9999), (0.01, 0.99), (0.1, 0.5)])
def test_loss_costs_what_it_should(decibels, kept):
    """Light that took longer ways is weaker: the echo fades, and its pattern changes."""
    circuit = stack(loss=decibels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lost = round_trip(circuit)
    assert 1e-9 < lost < 1 - kept


# -- who is to blame ------------------------------------------------------------------------------------------------


def reasons(circuit, step=PS):
    _, state = tdsim.transient(circuit, stop=10 * step, step=step, return_state=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        state.conjugate()
    return " ".join(str(w.message) for w in caught)


def closed(device, **parameters):
    """A two-port between guides that end on perfect mirrors."""
    circuit = tdsim.Circuit()
    circuit.add("m1", "mirror", "nc1", "a", reflectivity=1.0).add("w1", "delay", "a", "b", time=5 * PS)
    circuit.add("d", device, "b", "c", **parameters)
    circuit.add("w2", "delay", "c", "e", time=6 * PS).add("m2", "mirror", "e", "nc2", reflectivity=1.0)
    return circuit.save("p(nc2)")


def test_nothing_to_blame():
    assert reasons(closed("mirror", reflectivity=0.4)) == ""
    assert reasons(closed("resonator", kappa=(1e10, 2e10), kerr=1e20)) == ""


@pytest.mark.parametrize(
    ("circuit", "blame"),
    [
        (closed("attenuator", loss=0.5), r"d (attenuator) loses energy"),
        (closed("amplifier", gain=0.5), r"d (amplifier) makes light"),
        (closed("isolator"), r"d (isolator) lets light pass one way only"),
        (closed("delay", time=4 * PS, nonreciprocal_phase=0.3), r"d (delay) is not reciprocal"),
        (closed("resonator", kappa=(1e10, 1e10), kappa_i=1e9), r"d (resonator) loses energy"),
        (closed("waveguide", length=4.2e-4, loss=100), r"d (waveguide) loses energy"),
    ],
)
def test_the_device_is_named(circuit, blame):
    assert f"the echo will not be exact: {blame}" in reasons(circuit)


def test_light_that_leaves_is_named():
    circuit = stack()
    circuit.instances["m0"].values["reflectivity"] = 0.9
    assert "light leaves by the open net nc0" in reasons(circuit)
    circuit.port("in", "nc0")
    assert "light leaves by port in" in reasons(circuit)


def test_a_source_is_named():
    circuit = tdsim.Circuit().add("xl", "laser", "a").add("w", "delay", "a", "b", time=5 * PS)
    circuit.add("m", "mirror", "b", "nc", reflectivity=1.0).save("p(nc)")
    assert "xl (laser) absorbs what comes back to it" in reasons(circuit)


def test_friction_is_named():
    circuit = lattice([1.0, 0.0], 1.0, cells=True).save("x(r0.cavity)")
    circuit.instances["q1"].values["friction"] = 1e9
    assert "q1 (learning_cell) loses energy" in reasons(circuit, 0.05 * NS)


# -- the State ------------------------------------------------------------------------------------------------------


def test_twice_is_the_state_itself():
    state = lit(stack(fraction=0.0), PS)
    again = state.conjugate().conjugate()
    np.testing.assert_allclose(again.history, state.history, atol=1e-13)


def test_saved_and_taken_states_can_be_reversed(tmp_path):
    params = {"w2.phase": np.array([0.0, 1.0, 2.0])}
    state = lit(stack(), PS, runs=params)
    state.save(tmp_path / "lit.state")
    loaded = tdsim.State.load(tmp_path / "lit.state")
    assert loaded.equals(state)
    assert loaded.conjugate().equals(state.conjugate())
    assert state.take([2, 0]).conjugate().equals(state.conjugate().take([2, 0]))


def test_nothing_to_reverse():
    state = lit(stack(), PS)
    with pytest.raises(tdsim.UsageError, match="does not know its circuit"):
        replace(state, reversal=None).conjugate()


@pytest.mark.filterwarnings("ignore:the echo will not be exact", "ignore:the step of")
def test_driven_resonators_echo_exactly_when_kept_lossless():
    """A resonator between two mirrors, guides of any length: what it was at t = 0 comes back."""
    text = """A resonator in a cavity
Xr a b resonator kappa=[1e11 2e11] detuning=1e10
Xw b m waveguide length=333.3u
Xm m out mirror reflectivity=1
Xw2 a q waveguide length=222.2u
Xm2 q o2 mirror reflectivity=1
.port out out
.port o2 o2
.ic x(xr.cavity)=1e-6
.options lossless=on
"""
    circuit, save = tdsim.loads(text), ["x(xr.cavity)"]
    there, state = tdsim.transient(circuit, stop=50e-12, step=1e-13, save=save, return_state=True)
    back = tdsim.transient(circuit, stop=100e-12, step=1e-13, save=save, state=state.conjugate())
    assert back[save[0]].values[-1].conj() == pytest.approx(there[save[0]].values[0], rel=1e-12)


# -- kicks ----------------------------------------------------------------------------------------------------------


def test_a_displaced_state_has_just_that_added():
    circuit = lattice(np.array([1.0, 0.5j, 0.0]), 1.0).save("x(r0.cavity)")
    _, state = tdsim.transient(circuit, stop=NS, step=0.05 * NS, return_state=True)
    there = state.displaced({"x(r1.cavity)": 0.3j})
    assert not there.equals(state)
    np.testing.assert_allclose((there.history - state.history)[:, 0, 0], [0, 0.3j, 0], atol=1e-15)
    many = state.take([0, 0]).displaced({"x(r1.cavity)": np.array([0.0, 0.3j])})
    assert many.take(0).equals(state)
    assert many.take(1).equals(there)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x(r7.cavity)": 1.0}, r"there is no state x\(r7.cavity\).*x\(r0.cavity\)"),
        ({"r0.cavity": 1.0}, "there is no state r0.cavity"),
        ({"x(r0.cavity)": np.ones(3)}, r"can change by a number, or by 1 runs, not \(3,\)"),
    ],
)
def test_other_states_cannot_be_displaced(changes, sentence):
    _, state = tdsim.transient(lattice([1.0, 0.5], 1.0), stop=NS, step=0.05 * NS, save=[], return_state=True)
    with pytest.raises(tdsim.UsageError, match=sentence):
        state.displaced(changes)
