"""Mirrors for time: what they send back, and when."""

import numpy as np
import pytest

import tdsim

PS = 1e-12
STEP = 0.5 * PS


def through(*parts, **mirror):
    """A pulse from port `in` through parts in a row onto the mirror."""
    circuit = tdsim.Circuit()
    nets = [f"n{k}" for k in range(len(parts) + 1)]
    for k, (device, parameters) in enumerate(parts):
        circuit.add(f"d{k}", device, nets[k], nets[k + 1], **parameters)
    circuit.add("pcm", "phase_conjugator", nets[-1], **mirror)
    return circuit.port("in", nets[0])


def pulse(count):
    """Skewed, with a phase that turns: no two instants are alike."""
    t = np.arange(count) * STEP / PS
    return np.exp(-(((t - 20) / 5) ** 2) + 0.03j * t**2) * (1 + 0.3 * np.tanh(t - 20))


def run(circuit, count, samples, **more):
    found = tdsim.transient(circuit, stop=(count - 1) * STEP, step=STEP, inputs={"in": samples}, save=["e(in)"], **more)
    return found["e(in)"].values if not more.get("return_state") else found


def test_stores_and_reverses():
    """The last sample before the instant comes back first, after twice the delay."""
    samples = pulse(120)
    found = run(through(("delay", {"time": 10 * PS}), at=[60 * PS], reflectivity=0.49, phase=0.3), 300, samples)
    expected = np.zeros(300, dtype=complex)
    turn, delay = 120, 20
    for n in range(turn, 240):
        stored = 2 * turn - 1 - n - delay
        if n + delay < 300 and 0 <= stored < 120:
            expected[n + delay] = 0.7 * np.exp(0.3j) * samples[stored].conj()
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_echo_through_disorder_comes_back_as_the_pulse():
    """Light that mirrors have scattered into a long train returns to its source as the pulse that it was, reversed.

    What they reflected did not reach the mirror, so that each frequency returns with its transmission |T|^2.
    """
    rng = np.random.default_rng(4)
    parts = []
    for _ in range(6):
        parts += [("delay", {"time": rng.integers(4, 20) * STEP, "phase": rng.uniform(0, 6)})]
        parts += [("mirror", {"reflectivity": rng.uniform(0.05, 0.3)})]
    parts += [("delay", {"time": 5 * STEP})]
    samples = pulse(120)
    turn = 1400
    found = run(through(*parts, at=[turn * STEP]), 2900, samples)
    echo = found[2 * turn - 120 : 2 * turn][::-1].conj()
    lost = np.linalg.norm(found[:turn]) ** 2 / np.linalg.norm(samples) ** 2
    assert 0.2 < lost < 0.9, "part of the light was reflected before it reached the mirror"
    once = run(through(*parts, reflectivity=0.0), 2900, samples)
    assert np.linalg.norm(once[turn:]) < 1e-4 * np.linalg.norm(samples), "all that comes later is the echo"
    transmitted = tdsim.Circuit()
    for k, (device, parameters) in enumerate(parts):
        transmitted.add(f"d{k}", device, f"n{k}", f"n{k + 1}", **parameters)
    transmitted.port("in", "n0").port("out", f"n{len(parts)}")
    flash = tdsim.transient(transmitted, stop=(turn - 1) * STEP, step=STEP, inputs={"in": [1, 0]}, save=["e(out)"])
    spectrum, light = np.fft.fft(flash["e(out)"].values, 4096), np.fft.fft(samples, 4096)
    np.testing.assert_allclose(echo, np.fft.ifft(np.abs(spectrum) ** 2 * light)[:120], atol=1e-6)


def test_conjugates_at_once():
    """The phase of the way there and back cancels; a leak reflects as a plain mirror does."""
    samples = pulse(120)
    way = ("delay", {"time": 10 * PS, "phase": 1.234})
    found = run(through(way), 200, samples)
    np.testing.assert_allclose(found[40:160], samples.conj(), atol=1e-15)
    leaky = run(through(way, leak=0.04), 200, samples)
    np.testing.assert_allclose(leaky[40:160], samples.conj() + 0.2 * np.exp(2.468j) * samples, atol=1e-14)


def test_two_instants():
    """The second instant cuts the first echo short, and stores what came since."""
    samples = pulse(200)
    found = run(through(at=[50 * PS, 70 * PS]), 400, samples)
    np.testing.assert_allclose(found[100:140], samples[99:59:-1].conj(), atol=1e-15)
    np.testing.assert_allclose(found[140:180], samples[139:99:-1].conj(), atol=1e-15)
    assert not found[180:].any()


def test_runs_are_the_same_cut_in_two_and_side_by_side():
    circuit = through(("delay", {"time": 10 * PS}), at=[60 * PS])
    samples = pulse(120)
    whole = run(circuit, 300, samples)
    first, state = run(circuit, 131, samples, return_state=True)
    rest = run(circuit, 300, samples, state=state)
    assert np.array_equal(np.concatenate([first["e(in)"], rest]), whole)
    several = run(circuit, 300, samples, params={"pcm.reflectivity": np.array([1.0, 0.25])})
    assert np.array_equal(several[0], whole)
    np.testing.assert_allclose(several[1], whole / 2, atol=1e-16)


def test_refused():
    with pytest.raises(tdsim.UsageError, match="above zero and rise"):
        through(at=[2 * PS, 1 * PS])
    loop = through(("mirror", {"reflectivity": 0.5}))
    with pytest.raises(tdsim.SimulationError, match="reflects at once; give one"):
        run(loop, 10, pulse(10))
    with pytest.raises(tdsim.UsageError, match="settle follows phase conjugators"):
        tdsim.fixed_point(through(), step=STEP, save=["e(in)"])
