"""The gradient with respect to every number of every device of light in the library, found by walking it."""

import numpy as np
import pytest

import tdsim
from tdsim import device

from ..devices.test_contract import OPTICAL, drawn, variants
from .differences import STEP, cost_of, extrapolated, shifted, signal

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

COUNT = 150
TIMES = {"m": 3e-5, "s": 0.3e-12, "1/s": 2e11}
"""Lengths, delays and rates that suit a step of 0.1 ps."""

CHOSEN = {
    "phase_conjugator": {"at": (4e-12,)},
    "resonator": {"kappa": (2e11, 3e11), "kerr": 2e22},
    "star": {"n": 4},
    "nudge": {"carrier": 0.0},
    "laser": {"carrier": 0.0},
    "waveguide": {"n2": 0.0, "beta_tpa": 0.0},
}


def numbers_of(name, words):
    """Random parameters in the middle of their bounds."""
    generator, kind = np.random.default_rng(3), device.find(name)
    values = drawn(name, words, generator)
    for key, param in kind.params.items():
        if key in values and param.unit in TIMES:
            values[key] = TIMES[param.unit] * generator.uniform(0.5, 1.5)
    return {**values, **CHOSEN.get(name, {})}


def alone(name, values):
    """A circuit of the device, with light from a port or a source at each of its own, and the names of those ports."""
    kind = device.find(name)
    ports = kind.ports_of({**{k: p.default for k, p in kind.params.items()}, **values})
    circuit = tdsim.Circuit()
    circuit.add("xd", name, *ports, **values)
    for port in ports:
        circuit.port(port, port)
    return circuit


def light_only(name):
    return all(
        port.domain == device.OPTICAL for port in alone(name, numbers_of(name, {})).instances["xd"].ports.values()
    )


def can_move(kind, settings, key):
    if not kind.params[key].smooth or np.ndim(settings[key]):
        return kind.params[key].smooth
    return kind.validate({**settings, key: settings[key] + 1e-9}) is None


CASES = [
    pytest.param(name, words, id="-".join([name, *words.values()]))
    for name in OPTICAL
    if light_only(name)
    for words in variants(name)
]


@pytest.mark.parametrize(("name", "words"), CASES)
def test_every_number_of_a_device(name, words):
    circuit = alone(name, numbers_of(name, words))
    settings, kind = circuit.instances["xd"].settings, device.find(name)
    wrt = [
        f"xd.{k}"
        for k, p in kind.params.items()
        if p.kind in ("number", "list")
        and can_move(kind, settings, k)
        and np.isfinite(settings[k]).all()
        and settings[k] not in p.bounds
    ]
    save = [f"e({port})" for port in circuit.external]
    inputs = {port: signal(COUNT, k) for k, port in enumerate(circuit.external)}
    asked = {"step": STEP, "stop": (COUNT - 1) * STEP, "inputs": inputs, "save": save}
    cost = cost_of(save, COUNT)
    if not wrt:
        pytest.skip("nothing can be changed smoothly")
    _, slopes = tdsim.gradient(circuit, cost, wrt, **asked)
    errors, sizes = [], []
    for label in slopes:
        key, _, place = label.removeprefix("xd.").rstrip("]").partition("[")
        here = settings[key][int(place)] if place else settings[key]

        def value(shift, label=label):
            found = tdsim.transient(circuit, params=shifted(circuit, label, shift), **asked)
            return float(cost.value({k: found[k].values for k in save}))

        size = 0.01 * (abs(here) or 1.0)
        expected = extrapolated(value, size)
        errors.append(abs(float(slopes[label]) - expected) * size)
        sizes.append(abs(expected) * size)
    assert max(errors) <= 1e-6 * max(sizes)


def at_a_bound_or_not_smooth():
    for case in CASES:
        name, words = case.values
        settings = alone(name, numbers_of(name, words)).instances["xd"].settings
        for key, param in device.find(name).params.items():
            if param.kind in ("number", "list") and np.size(settings[key]) and np.isfinite(settings[key]).all():
                if param.smooth and not can_move(device.find(name), settings, key):
                    yield pytest.param(name, words, key, "cannot be moved", id=f"{case.id}-{key}")
                elif not param.smooth:
                    yield pytest.param(name, words, key, "count or an instant", id=f"{case.id}-{key}")
                elif settings[key] in param.bounds:
                    yield pytest.param(name, words, key, "stands at its bound", id=f"{case.id}-{key}")


@pytest.mark.parametrize(("name", "words", "key", "said"), at_a_bound_or_not_smooth())
def test_what_cannot_be_differentiated_by_is_refused(name, words, key, said):
    circuit = alone(name, numbers_of(name, words))
    save = [f"e({port})" for port in circuit.external]
    with pytest.raises(tdsim.UsageError, match=said):
        tdsim.gradient(circuit, cost_of(save, 10), [f"xd.{key}"], step=STEP, stop=9 * STEP, save=save)
