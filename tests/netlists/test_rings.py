"""Circuits of rings and resonators against closed forms."""

import numpy as np
import pytest
import scipy.linalg

import tdsim
from tdsim.units import C0

from .shipped import CARRIER, LOSS, NG, amplitude, coupler, guide, load

RING = 476 * 1550e-9 / 2.35


def offsets(result):
    return result["frequency"].values - CARRIER


def yariv(t, one_way):
    """Transmission of a ring beside a bus: t of the coupler, transmission of one way round."""
    return (t - one_way) / (1 - t * one_way)


# -- ring.cir -----------------------------------------------------------------------------------------------------


def test_ring_transmits_as_yariv_says():
    result = tdsim.sparam(load("ring"), points=601, span=600e9)
    t = amplitude(LOSS * RING)  # critical coupling: the coupler passes what a round trip leaves
    expected = yariv(t, guide(RING, offsets(result)))
    np.testing.assert_allclose(result["s(out,in)"], expected, atol=1e-9)
    assert abs(result["s(out,in)"].values[300]) < 1e-9, "no light passes on resonance"


def test_ring_has_the_free_spectral_range_and_width_that_the_netlist_claims():
    result = tdsim.sparam(load("ring"), points=60_001, span=600e9)
    power = np.abs(result["s(out,in)"].values) ** 2
    f = offsets(result)
    inner = power[1:-1]
    dips = f[1:-1][(inner < power[:-2]) & (inner < power[2:])]
    np.testing.assert_allclose(dips, [-C0 / (NG * RING), 0, C0 / (NG * RING)], atol=10e6)
    half = f[(power < 0.5) & (abs(f) < 5e9)]
    assert np.ptp(half) == pytest.approx(1.05e9, abs=20e6)


def test_ring_rings_down_within_its_lifetime():
    """Sampled once a round trip, the light after the pulse falls by (t a)^2 each time, from t^2 of the input."""
    result = tdsim.simulate(load("ring"), "tran")
    tau, loop = NG * RING / C0, amplitude(LOSS * RING) ** 2
    n = np.arange(2, 150)
    emitted = np.interp(2.004e-9 + (n + 0.5) * tau, result["time"], result["p(out)"])
    filled = 1 - loop ** (1.9e-9 / tau)
    np.testing.assert_allclose(emitted / emitted[0], loop ** (2 * (n - 2)), rtol=3e-3)
    assert emitted[0] == pytest.approx(1e-3 * loop * filled**2 * loop**4, rel=0.01)
    lifetime = tau / (-2 * np.log(loop))
    assert lifetime == pytest.approx(152.1e-12, rel=1e-3), "as the netlist says"
    assert abs(float(result["ringdown"]) - lifetime) < tau


# -- adddrop.cir --------------------------------------------------------------------------------------------------


def adddrop(half, k1, k2):
    """Through and drop amplitudes of a ring between two buses, half: transmission of half a ring."""
    (t1, c1), (t2, c2) = coupler(k1), coupler(k2)
    return (t1 - t2 * half**2) / (1 - t1 * t2 * half**2), c1 * c2 * half / (1 - t1 * t2 * half**2)


def half_ring(offset, fsr, loss):
    """Transmission of half a ring that is on resonance at offset 0; the loss is that of a round trip, dB."""
    return amplitude(loss / 2) * np.exp(1j * np.pi * offset / fsr)


MICRORING = 2 * np.pi * 10e-6


def test_adddrop_settles_at_the_closed_form():
    result = tdsim.simulate(load("adddrop"), "tran").sel(time=109e-12, method="nearest")
    through, drop = adddrop(half_ring(0, 1, LOSS * MICRORING), 0.1, 0.1)
    assert float(result["p(drop)"]) == pytest.approx(1e-3 * abs(drop) ** 2, rel=2e-5)
    assert float(result["p(through)"]) == pytest.approx(1e-3 * abs(through) ** 2, rel=2e-2)
    assert abs(drop) ** 2 == pytest.approx(0.973, abs=5e-4), "as the netlist says"


def test_adddrop_spectrum():
    result = tdsim.simulate(load("adddrop"), "sparam")
    half = half_ring(offsets(result), C0 / (NG * MICRORING), LOSS * MICRORING)
    through, drop = adddrop(half, 0.1, 0.1)
    np.testing.assert_allclose(result["s(through,in)"], through, atol=1e-11)
    np.testing.assert_allclose(result["s(drop,in)"], drop, atol=1e-11)


# -- ring_yield.cir -----------------------------------------------------------------------------------------------


def test_every_chip_of_ring_yield_settles_at_the_closed_form():
    result = tdsim.simulate(load("ring_yield"))
    half = half_ring(-result["xring.detuning"].values, C0 / (NG * MICRORING), LOSS * MICRORING)
    _, drop = adddrop(half, result["xring.coupling1"].values, result["xring.coupling2"].values)
    np.testing.assert_allclose(result["dropped"], 1e-3 * abs(drop) ** 2, rtol=1e-5)
    assert float((result["dropped"] > 0.8e-3).mean()) == pytest.approx(0.63, abs=0.09), "three standard errors"
    for name, mean, deviation in (("detuning", 0, 10e9), ("coupling1", 0.1, 0.005), ("coupling2", 0.1, 0.005)):
        drawn = result[f"xring.{name}"].values
        assert drawn.mean() == pytest.approx(mean, abs=4 * deviation / 16)
        assert drawn.std() == pytest.approx(deviation, rel=0.2)


# -- crow.cir -----------------------------------------------------------------------------------------------------


def crow(couplings, half):
    """Through and drop amplitudes of a row of rings, from the last coupler back to the first.

    back: what comes back from the rings on the right, relative to what went in there.
    """
    back, across = 0, 1
    for power in reversed(couplings):
        t, k = coupler(power)
        into = k / (1 - t * back)
        across = across * into
        through = t + k * back * into
        back = half**2 * through
    return through, across * half ** (len(couplings) - 1)


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_crow_transmits_as_its_recursion_says(n):
    result = tdsim.sparam(load("crow", n=n), points=101, span=500e9)
    half = guide(238 * 1550e-9 / 2.35 / 2, offsets(result))
    through, drop = crow([0.75, *[0.36] * (n - 1), 0.75], half)
    np.testing.assert_allclose(result["s(through,c0o1)"], through, atol=1e-11)
    np.testing.assert_allclose(result["s(drop,c0o1)"], drop, atol=1e-11)


def test_crow_is_late_by_what_its_rings_hold():
    result = tdsim.simulate(load("crow"))
    spectrum = result["sparam"]
    f = offsets(spectrum)
    drop = spectrum["s(drop,c0o1)"].values
    band = (abs(f) < 60e9) & (abs(f) > 0)
    assert (abs(drop[band]) ** 2).min() > 0.5
    assert (abs(drop[abs(f) > 110e9]) ** 2).max() < 1e-3, "dark outside of the band"
    held = 10 * 238 * 1550e-9 / 2.35 * NG / C0 / (2 * np.sqrt(0.36))
    assert held == pytest.approx(18.3e-12, rel=2e-3), "as the netlist says"
    middle = abs(f) < 10e9
    phase = np.unwrap(np.angle(drop[middle]))
    assert np.polyfit(2 * np.pi * f[middle], phase, 1)[0] == pytest.approx(held, rel=0.1)
    assert float(result["late"]) == pytest.approx(held, rel=0.1)


# -- wdm_filter.cir -----------------------------------------------------------------------------------------------


def test_wdm_rings_drop_each_its_own_channel():
    """Each spectrum is that of the rings in a row: three rings pass the light, or fewer, one drops it."""
    result = tdsim.sparam(load("wdm_filter"), points=41, span=40e9)
    f = result["frequency"].values - CARRIER
    passed = 1
    for channel in range(4):
        through, drop = adddrop(half_ring(f - channel * 100e9, 1e12, 0.004), 0.05, 0.05)
        tree = np.sqrt(0.5) ** 2
        found = np.abs(result[f"s(drop{channel},l0)"])
        np.testing.assert_allclose(found, np.abs(tree * passed * drop), atol=1e-10)
        passed = passed * through


def test_wdm_drop_ports_carry_the_bits_of_their_channel():
    result = tdsim.simulate(load("wdm_filter"))
    assert result["carrier"].size == 4
    late = result.isel(time=slice(1999, None, 2000))  # the end of each bit of 200 ps
    _, dropped = adddrop(half_ring(0, 1e12, 0.004), 0.05, 0.05)
    _, beside = adddrop(half_ring(100e9, 1e12, 0.004), 0.05, 0.05)
    assert abs(dropped) ** 2 == pytest.approx(0.982, abs=1e-3)
    assert 10 * np.log10(abs(dropped / beside) ** 2) == pytest.approx(21.6, abs=0.1), "as the netlist says"
    for channel in range(4):
        power = late[f"p(drop{channel})"]
        own = power.isel(carrier=channel)
        lit = own > 0.5e-3
        assert 2 < int(lit.sum()) < lit.size, "both kinds of bits occur"
        np.testing.assert_allclose(own.where(lit, drop=True), 1e-3 * abs(dropped) ** 2, rtol=0.04)
        assert float(own.where(~lit).max()) < 1e-5
        assert float(power.drop_isel(carrier=channel).max()) < 1e-5


# -- coupled_resonators.cir ---------------------------------------------------------------------------------------


def row(n=5, j=100e9, leak=100e9, inside=1e9):
    """dA/dt = M A + B s of the row of resonators."""
    matrix = np.diag([-inside / 2] * n).astype(complex) - 1j * j * (np.eye(n, k=1) + np.eye(n, k=-1))
    matrix[0, 0] -= leak / 2
    matrix[-1, -1] -= leak / 2
    drive = np.zeros(n, dtype=complex)
    drive[0] = 1j * np.sqrt(leak)
    return matrix, drive


def test_resonators_follow_the_matrix_exponential():
    """After the pulse is over nothing drives the row: its amplitudes turn by expm(M t)."""
    result = tdsim.simulate(load("coupled_resonators"), "tran")
    amplitudes = np.array([result[f"x(xr{i}.cavity)"].values for i in range(1, 6)])
    start = 130  # 13 ps: the pulse ended at 11 ps
    matrix, _ = row()
    step = scipy.linalg.expm(matrix * 0.1e-12)
    scale = abs(amplitudes).max()
    for n in (start, 400, 1000, 1499):
        expected = np.linalg.matrix_power(step, n - start) @ amplitudes[:, start]
        np.testing.assert_allclose(amplitudes[:, n], expected, atol=1e-10 * scale)


def test_resonators_spectrum():
    result = tdsim.simulate(load("coupled_resonators"), "sparam")
    matrix, drive = row()
    for f, found in zip(offsets(result)[::40], result["s(out,in)"].values[::40], strict=True):
        amplitudes = np.linalg.solve(-2j * np.pi * f * np.eye(5) - matrix, drive)
        assert found == pytest.approx(1j * np.sqrt(100e9) * amplitudes[-1], abs=1e-9)


def test_resonators_hand_the_light_on():
    """The far end lights up when a walk at the rate 2 j has gone the four steps."""
    result = tdsim.simulate(load("coupled_resonators"), "tran")
    peaks = [float(abs(result[f"x(xr{i}.cavity)"]).idxmax()) for i in range(1, 6)]
    assert peaks == sorted(peaks)
    assert peaks[-1] - peaks[0] == pytest.approx(4 / (2 * 100e9), rel=0.5)
