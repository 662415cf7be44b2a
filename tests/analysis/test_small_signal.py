"""S-parameters against closed forms, and against the transformed impulse response of the transient."""

import numpy as np
import pytest

import tdsim
from tdsim.units import C0

STEP = 0.1e-12


def ring(length=300e-6):
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=0.2)
    circuit.add("w", "waveguide", "a", "b", length=length, neff=2.35, ng=4.2, loss=300.0)
    return circuit.port("in", "i").port("out", "o")


def ring_formula(frequency, length=300e-6):
    """A. Yariv, Electron. Lett. 36, 321 (2000)."""
    phase = 2 * np.pi * (2.35 * length / 1550e-9 + (frequency - C0 / 1550e-9) * 4.2 * length / C0)
    g = 10 ** (-300 * length / 20) * np.exp(1j * phase)
    t = np.sqrt(0.8)
    return (t - g) / (1 - t * g)


def test_ring_equals_the_closed_form():
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=0.2)
    circuit.add("w", "delay", "a", "b", time=4.2e-12, phase=0.4, loss=0.09).port("in", "i").port("out", "o")
    s = tdsim.sparam(circuit, points=1001, span=2e12)
    offset = s.frequency.values - C0 / 1550e-9
    t, g = np.sqrt(0.8), 10 ** (-0.09 / 20) * np.exp(1j * (0.4 + 2 * np.pi * offset * 4.2e-12))
    np.testing.assert_allclose(s["s(out,in)"], (t - g) / (1 - t * g), rtol=0, atol=1e-12)
    np.testing.assert_allclose(s["s(in,in)"], 0, atol=1e-15)
    np.testing.assert_allclose(s["s(in,out)"], s["s(out,in)"], rtol=0, atol=1e-14)


def test_waveguide_ring_equals_the_closed_form():
    """Of a phase of 2900 rad double precision leaves 6e-13, which the ring multiplies by its finesse."""
    s = tdsim.sparam(ring(), points=1001, span=2e12)
    np.testing.assert_allclose(s["s(out,in)"], ring_formula(s.frequency.values), rtol=0, atol=3e-11)


def test_cavity_equals_the_closed_form():
    circuit = tdsim.Circuit().add("r", "resonator", "i", "o", kappa=(3e10, 2e10), kappa_i=1e10, detuning=4e9)
    circuit.port("in", "i").port("out", "o")
    s = tdsim.sparam(circuit, points=201, span=100e9)
    offset = s.frequency.values - C0 / 1550e-9
    amplitude = 1j / (-2j * np.pi * (offset - 4e9) + 3e10)
    np.testing.assert_allclose(s["s(in,in)"], 1 + 1j * 3e10 * amplitude, rtol=0, atol=1e-12)
    np.testing.assert_allclose(s["s(out,in)"], 1j * np.sqrt(6e20) * amplitude, rtol=0, atol=1e-12)


@pytest.mark.parametrize("length", [C0 / 4.2 * 40e-13, C0 / 4.2 * 35.473e-13], ids=["whole", "fractional"])
def test_impulse_response_transforms_to_s(length):
    """S(f) is the sum of h[n] exp(+2 pi i f t): exact for whole delays, to the filter's error for fractional ones."""
    samples = 1 << 14
    impulse = np.eye(1, samples)[0]
    h = tdsim.transient(ring(length), stop=(samples - 1) * STEP, step=STEP, inputs={"in": impulse}, save=["e(out)"])
    s = tdsim.sparam(ring(length), points=101, span=0.1 / STEP)
    offset = s.frequency.values - C0 / 1550e-9
    turned = np.exp(2j * np.pi * offset[:, None] * h.time.values) @ h["e(out)"].values
    np.testing.assert_allclose(turned, s["s(out,in)"], rtol=0, atol=1e-9)


def test_sparse_and_dense_agree(monkeypatch):
    dense = tdsim.sparam(ring(), points=11, span=1e11)["s(out,in)"].values
    monkeypatch.setattr("tdsim.analysis.small_signal.DENSE", 0)
    np.testing.assert_allclose(tdsim.sparam(ring(), points=11, span=1e11)["s(out,in)"], dense, rtol=0, atol=1e-13)


def test_one_axis_over_all_carriers_rises():
    circuit = ring().carrier(1550e-9, 1551e-9)
    s = tdsim.sparam(circuit, points=11, span=20e9)
    assert s.sizes == {"frequency": 22}
    assert (np.diff(s.frequency) > 0).all()
    np.testing.assert_allclose(s["s(out,in)"], ring_formula(s.frequency.values), rtol=0, atol=1e-10)
    with pytest.raises(tdsim.UsageError, match=r"overlaps between carriers 124\.7 GHz apart"):
        tdsim.sparam(circuit, points=11, span=200e9)


def test_sources_and_open_nets_are_ports():
    circuit = tdsim.loads("""A laser, a splitter
Xl in laser
Xs in a b splitter ratio=0.3
.sparam 1 span=1g
""")
    s = tdsim.simulate(circuit)
    assert abs(s["s(a,in)"].item()) ** 2 == pytest.approx(0.3)
    assert abs(s["s(b,in)"].item()) ** 2 == pytest.approx(0.7)
    assert abs(s["s(in,a)"].item()) ** 2 == pytest.approx(0.3)


def test_lossless_resonance_is_an_error_and_not_a_number():
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=0.0)
    circuit.add("w", "delay", "a", "b", time=1e-12, phase=0.0).port("in", "i")
    with pytest.raises(tdsim.SimulationError, match="exactly on resonance"):
        tdsim.sparam(circuit, points=1, span=0)
