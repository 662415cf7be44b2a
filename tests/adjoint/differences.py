"""Gradients by differences of whole transients, which share nothing with the adjoint."""

from __future__ import annotations

import numpy as np

import tdsim
from tdsim.adjoint.costs import SquaredError
from tdsim.adjoint.gradient import gradient

from .circuits import NEAR

STEP = 0.1e-12


def signal(count, seed=0, runs=None):
    """Smooth light that begins and ends dark."""
    rng = np.random.default_rng(seed)
    t = np.arange(count)
    shape = (5,) if runs is None else (runs, 5)
    amplitude = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    waves = np.sin(np.pi * t / count) ** 2 * np.exp(2j * np.pi * np.outer(rng.uniform(-0.02, 0.02, 5), t))
    return amplitude @ waves


def cost_of(outputs, count, seed=1):
    """The distance from some other light."""
    return SquaredError({name: 0.5 * signal(count, seed + k) for k, name in enumerate(outputs)})


def by_differences(circuit, cost, name, near, *, inputs, save, stop):
    """dL/dparameter by a fourth-order difference of transients."""

    def value(shift):
        moved = shifted(circuit, name, shift)
        found = tdsim.transient(circuit, stop=stop, step=STEP, inputs=inputs, save=save, params=moved)
        several = len(circuit.carriers) > 1
        return float(np.sum(cost.value({k: found[k].values[None] if several else found[k].values for k in save})))

    return (8 * (value(near) - value(-near)) - (value(2 * near) - value(-2 * near))) / (12 * near)


def extrapolated(value, size, tries=8):
    """The derivative of value(shift) at 0: fourth-order differences of falling width, where two of them agree best."""

    def difference(near):
        return (8 * (value(near) - value(-near)) - (value(2 * near) - value(-2 * near))) / (12 * near)

    found = [difference(size / 4**k) for k in range(tries)]
    apart = [abs(a - b) for a, b in zip(found[1:], found[:-1], strict=True)]
    return found[int(np.argmin(apart)) + 1]


def shifted(circuit, name, shift):
    """A parameter, or one number of a list of it, moved."""
    whole, _, place = name.rstrip("]").partition("[")
    instance, _, parameter = whole.partition(".")
    value = circuit.instances[instance].settings[parameter]
    if not place:
        return {name: value + shift}
    return {whole: [v + shift * (k == int(place)) for k, v in enumerate(value)]}


def worst(circuit, names, save, count=400, seed=0):
    """The largest error of the gradient, in units of its largest component, each counted by how far it is moved."""
    inputs = {port: signal(count, seed + 10 * k) for k, port in enumerate(circuit.external) if port.startswith("in")}
    cost = cost_of(save, count)
    asked = {"inputs": inputs, "save": save, "stop": (count - 1) * STEP}
    _, slopes = gradient(circuit, cost, names, step=STEP, **asked)
    errors, sizes = [], []
    for name in slopes:
        whole = name.partition("[")[0]
        near = NEAR.get(whole, NEAR.get(whole.partition(".")[2]))
        expected = by_differences(circuit, cost, name, near, **asked)
        errors.append(abs(float(slopes[name]) - expected) * near)
        sizes.append(abs(expected) * near)
    return max(errors) / (max(sizes) or 1.0)
