"""Sources: what they send out at given times."""

import numpy as np
import pytest

from tdsim import device

from .physics import parameters

T = np.linspace(0, 1e-9, 11)


def emitted(name, **values):
    """The wave at o1, (carriers, times), as the engine asks for it: every parameter with a trailing time axis."""
    driven = {key: values.pop(key) for key in list(values) if np.ndim(values[key])}
    variant, p = parameters(name, **values)
    for key, value in vars(p).items():
        if isinstance(value, np.ndarray):
            setattr(p, key, value[..., None])
    for key, value in driven.items():
        setattr(p, key, np.asarray(value)[None, None, None])
    (wave,) = variant.emit(p, T)
    return np.broadcast_to(wave, (1, 2, 1, len(T)))[0, :, 0]


def test_laser_on_its_carrier():
    wave = emitted("laser", power=4e-3, phase=0.3)
    np.testing.assert_allclose(wave[0], np.sqrt(4e-3) * np.exp(0.3j))
    assert not wave[1].any()
    assert not emitted("laser", carrier=1)[0].any()


def test_positive_detuning_is_a_higher_frequency():
    wave = emitted("laser", power=1.0, detuning=1e9)
    np.testing.assert_allclose(wave[0], np.exp(-2j * np.pi * 1e9 * T))


def test_driven_power_and_field():
    power = np.linspace(-0.5, 1, len(T))
    np.testing.assert_allclose(emitted("laser", power=power)[0], np.sqrt(np.maximum(power, 0)))
    np.testing.assert_allclose(emitted("laser", field=power)[0], power)


def test_power_and_field_exclude_each_other():
    kind = device.find("laser")
    values = {k: p.default for k, p in kind.params.items()}
    assert kind.validate({**values, "field": 1.0}) is None
    assert "not both" in kind.validate({**values, "field": 1.0, "power": 2e-3})


@pytest.mark.parametrize("name", ["laser", "field"])
def test_carrier_is_an_index(name):
    kind = device.find(name)
    values = {k: p.default for k, p in kind.params.items()}
    assert "index" in kind.validate({**values, "carrier": 1550e-9})


def test_field_takes_complex_samples_and_quadratures():
    samples = np.exp(3j * np.arange(len(T)))
    np.testing.assert_allclose(emitted("field", field=samples, phase=np.pi / 2)[0], 1j * samples)
    np.testing.assert_allclose(emitted("field", field=1.0, quadrature=2.0)[0], 1 + 2j)
