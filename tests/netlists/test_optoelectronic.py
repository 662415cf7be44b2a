"""Circuits of light and electronics: what each shipped netlist claims."""

import numpy as np

import tdsim

from .shipped import C0, ROOT


def load(name, **parameters):
    return tdsim.load(ROOT / "optoelectronic" / f"{name}.cir", {key: repr(value) for key, value in parameters.items()})


def test_receiver_rises_with_its_time_constant():
    result = tdsim.simulate(load("receiver"))
    np.testing.assert_allclose(result["top"].item(), 0.9 * (1 - np.exp(-301 / 50)), rtol=2e-4)
    np.testing.assert_allclose(result["rise"].item(), np.log(9) * 50e-12, rtol=1e-3)


def test_link_carries_ones_and_zeros_after_the_delay_of_the_fibre():
    data = tdsim.simulate(load("link"), "tran")
    out, drive = data["v(out)"].values, data["v(drive)"].values
    delay = round(2 * 1.468 / C0 / 1e-12)
    assert np.abs(out[: delay - 40]).max() < 1e-6
    middle = np.arange(50, 4000, 100)
    ones = drive[middle] > 0
    assert 10 < ones.sum() < 30
    np.testing.assert_allclose(out[middle + delay][ones], 0.8, atol=2e-2)
    np.testing.assert_allclose(out[middle + delay][~ones], 0.0, atol=2e-2)


def test_oscillator_alternates():
    result = tdsim.simulate(load("oscillator"))
    np.testing.assert_allclose([result["low"].item(), result["high"].item()], [0.525, 1.788], atol=1e-3)
    settled = tdsim.simulate(load("oscillator", beta=0.9), "tran")["v(x)"].values
    assert np.ptp(settled[-4000:]) < 1e-2  # below the threshold it comes to rest


def test_stabiliser_keeps_light_and_voltages_in_agreement():
    result = tdsim.simulate(load("stabiliser"), "tran")
    drive, seen, light = (result[n].values for n in ("v(drive)", "v(seen)", "p(in)"))
    np.testing.assert_allclose(drive, 4 * (0.6 - seen), atol=1e-7)
    np.testing.assert_allclose(seen, 900 * light * np.cos(np.pi * drive / 5 - np.pi / 4) ** 2, atol=1e-7)
    assert np.abs(seen - 0.6).max() < 0.1
    assert light.max() / light.min() > 1.9
