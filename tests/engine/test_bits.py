"""The same bits whatever the chunk, the stretch, what else is saved, and however a run is cut."""

import numpy as np
import pytest

import tdsim
from tdsim.analysis import transient as transient_module
from tdsim.engine import engine as engine_module

PS = 1e-12


def recurrent(**options):
    """Rings, a cavity, fractional delays in loops and in open paths, and a reflection."""
    circuit = tdsim.Circuit()
    circuit.add("bus", "waveguide", "i", "a", length=1.23e-3, ng=4.2, loss=200)
    circuit.add("xr", "ring", o1="a", o2="b", o3="nc1", o4="d", radius=40e-6, coupling1=0.2, loss=0.1)
    circuit.add("cav", "resonator", "b", "c", kappa=(4e10, 2e10), detuning=3e9)
    circuit.add("w", "delay", "c", "m", time=7.77 * PS, phase=0.4)
    circuit.add("m", "mirror", "m", "o", reflectivity=0.3)
    return circuit.port("in", "i").port("out", "o").port("drop", "d")


def signal(count=4000):
    rng = np.random.default_rng(5)
    return rng.normal(size=count) + 1j * rng.normal(size=count)


def whole(**kwargs):
    return tdsim.transient(recurrent(), stop=400 * PS, step=0.1 * PS, inputs={"in": signal()}, **kwargs)


@pytest.mark.parametrize("fitting", [1, 1 << 12, 1 << 22])
@pytest.mark.parametrize("stretch", [1 << 6, 1 << 22])
def test_chunk_and_stretch_leave_no_trace(monkeypatch, fitting, stretch):
    expected = whole()
    monkeypatch.setattr(engine_module, "CACHE_NUMBERS", fitting)
    monkeypatch.setattr(transient_module, "STRETCH_NUMBERS", stretch)
    for name, values in whole().items():
        np.testing.assert_array_equal(values, expected[name])


def bursts():
    """Light that comes and goes, tiny and great, so that loops ring down into darkness."""
    x = np.zeros(30000, dtype=complex)
    for start, size in ((100, 1.0), (9000, 1e-25), (15000, 1e20), (22000, 1e-3)):
        x[start : start + 50] = size * np.exp(0.1j * np.arange(50))
    x[26000:] = 0.5
    return x


@pytest.mark.parametrize("fitting", [1, 1 << 22])
def test_skipping_leaves_no_trace(monkeypatch, fitting):
    monkeypatch.setattr(engine_module, "CACHE_NUMBERS", fitting)
    results = []
    for skip in ("on", "off"):
        circuit = recurrent()
        circuit.options["skip"] = skip
        save = ["e(out)", "e(drop)", "x(cav.cavity)", "e(in)"]
        results.append(tdsim.transient(circuit, stop=3e-9, step=0.1 * PS, inputs={"in": bursts()}, save=save))
    for name in results[0]:
        np.testing.assert_array_equal(results[0][name].values, results[1][name].values)
        assert np.array_equal(np.signbit(results[0][name].values.real), np.signbit(results[1][name].values.real))


@pytest.mark.parametrize("skip", ["on", "off"])
def test_steady_light_through_a_driven_phase(skip):
    """The light stands still, its phase does not."""
    circuit = tdsim.loads(f"""Driven
Xl a laser
Xp a b phase_shifter phase=pulse(0 1 1n 0.1n 0.1n 2n 6n)
.options skip={skip}
.tran 1p 20n
.save e(b)
""")
    result = tdsim.simulate(circuit)
    exact = np.interp(result.time % 6e-9, np.array([1, 1.1, 3.1, 3.2]) * 1e-9, [0, 1, 1, 0])
    np.testing.assert_allclose(np.angle(result["e(b)"]), exact, atol=1e-9)


def test_what_is_saved_leaves_no_trace():
    expected = whole()["e(out)"].values
    np.testing.assert_array_equal(whole(save=["e(out)"])["e(out)"], expected)
    np.testing.assert_array_equal(whole(save=["e(out)", "x(cav.cavity)", "ein(cav.o1)"])["e(out)"], expected)


@pytest.mark.parametrize("cut", [0, 1, 37, 1024, 3999])
def test_a_cut_leaves_no_trace(cut, tmp_path):
    expected = whole()
    first, state = whole_until(cut)
    state.save(tmp_path / "half.state")
    again = tdsim.State.load(tmp_path / "half.state")
    assert again.equals(state)
    assert again.tick == cut + 1
    second = whole(state=again)
    for name in expected:
        joined = np.concatenate([first[name].values, second[name].values])
        np.testing.assert_array_equal(joined, expected[name].values)
    np.testing.assert_array_equal(np.concatenate([first.time, second.time]), expected.time)


def whole_until(cut):
    circuit, x = recurrent(), signal()
    return tdsim.transient(circuit, stop=cut * 0.1 * PS, step=0.1 * PS, inputs={"in": x}, return_state=True)


def test_runs_side_by_side_are_the_runs_alone():
    x = signal()
    many = tdsim.transient(recurrent(), stop=40 * PS, step=0.1 * PS, inputs={"in": np.stack([x, 2 * x, 0.5j * x])})
    assert many["e(out)"].dims == ("run", "time")
    for run, factor in enumerate((1, 2, 0.5j)):
        alone = tdsim.transient(recurrent(), stop=40 * PS, step=0.1 * PS, inputs={"in": factor * x})
        np.testing.assert_array_equal(many["e(out)"].values[run], alone["e(out)"].values)


@pytest.mark.parametrize("threads", [2, 3, 9])
def test_threads_leave_no_trace(threads):
    found = []
    for count in (1, threads):
        circuit = recurrent().carrier(1550e-9, 1551e-9)
        circuit.options["threads"] = count
        params = {"w.phase": np.linspace(0, 2, 3)}
        found.append(tdsim.transient(circuit, stop=40 * PS, step=0.1 * PS, inputs={"in": signal()}, params=params))
    np.testing.assert_array_equal(found[0]["e(out)"], found[1]["e(out)"])


def test_a_swept_delay_is_each_delay_alone():
    lengths = np.array([0.9e-3, 1.23e-3, 1.4e-3])
    x = signal()
    many = tdsim.transient(recurrent(), stop=60 * PS, step=0.1 * PS, inputs={"in": x}, params={"bus.length": lengths})
    np.testing.assert_array_equal(many["bus.length"], lengths)
    for run, length in enumerate(lengths):
        one = tdsim.transient(recurrent(), stop=60 * PS, step=0.1 * PS, inputs={"in": x}, params={"bus.length": length})
        np.testing.assert_allclose(many["e(out)"].values[run], one["e(out)"].values, rtol=0, atol=1e-14)


def test_a_state_of_another_circuit_is_refused():
    _, state = whole_until(10)
    other = tdsim.Circuit().add("w", "waveguide", "i", "o", length=1e-3).port("in", "i").port("out", "o")
    with pytest.raises(tdsim.UsageError, match="another circuit"):
        tdsim.transient(other, stop=40 * PS, step=0.1 * PS, state=state)
    with pytest.raises(tdsim.UsageError, match="step"):
        tdsim.transient(recurrent(), stop=40 * PS, step=0.2 * PS, state=state)


def test_state_take_and_copy():
    x = np.stack([signal(), 2 * signal()])
    _, state = tdsim.transient(recurrent(), stop=10 * PS, step=0.1 * PS, inputs={"in": x}, return_state=True)
    assert state.runs == 2
    assert state.take([1, 0]).take([1, 0]).equals(state)
    assert state.copy().equals(state)
    assert not state.take(0).equals(state)
    with pytest.raises(tdsim.UsageError, match="runs 0 to 1"):
        state.take(2)


def test_carriers_and_runs_together_are_each_alone():
    """Two carriers, three runs that differ in a phase and in a delay that is fractional in some."""
    x = signal(400)
    phases, lengths = np.array([0.1, 0.7, 2.0]), np.array([1.0e-3, 1.23e-3, 1.3e-3])
    options = {"stop": 40 * PS, "step": 0.1 * PS, "inputs": {"in": x}, "save": ["e(out)", "x(cav.cavity)"]}
    params = {"w.phase": phases, "bus.length": lengths}
    both = tdsim.transient(recurrent().carrier(1550e-9, 1551.3e-9), params=params, **options)
    assert both["e(out)"].dims == ("run", "carrier", "time")
    for carrier, wavelength in enumerate((1550e-9, 1551.3e-9)):
        for run in range(3):
            circuit = recurrent().carrier(1550e-9, 1551.3e-9)
            circuit.carriers = (1550e-9, wavelength) if carrier else (1550e-9,)
            one = {name: values[run] for name, values in params.items()}
            alone = tdsim.transient(circuit, params=one, **options)
            for name in options["save"]:
                values = alone[name].values[-1] if carrier else alone[name].values
                np.testing.assert_allclose(both[name].values[run, carrier], values, atol=1e-13)


def test_a_state_that_cannot_be_written_is_a_sentence(tmp_path):
    _, state = whole_until(3)
    with pytest.raises(tdsim.UsageError, match=r"the state cannot be written to .*missing.*: No such file"):
        state.save(tmp_path / "missing" / "state.npz")
