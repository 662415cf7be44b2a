"""Laws for eight runs at once are those for one, lane by lane."""

import math

import numpy as np
import pytest

from tdsim import device
from tdsim.engine.kernel import compiled
from tdsim.nodal import choices, curves
from tdsim.nodal.eights import load, store


def stepped(x, y):
    """Branches of every sort: ways out in some, names assigned in some, one within the other."""
    low, high = min(x, y, 0.5), max(x, y)
    if x < -1 or not (y > -2 and low != 3):
        return high, 0.0
    if -0.5 <= x < 0.5:
        z, growth = x * y, 1.0
        if y > 0:
            growth += high
            low = 2.0
        else:
            low = -low
    elif y >= 1:
        return device.exp(low), math.sqrt(high + 4)
    else:
        z, growth = abs(y), 2
    shift = z if z > growth else -growth
    return shift + low, growth * z


def scaled(x, y):
    one, other = stepped(x, y)
    return one - other * 3


for law in (stepped, scaled):
    choices.register(law)


@compiled
def one_by_one(x, y, found):
    for i in range(x.size):
        found[i] = scaled(x[i], y[i])


@compiled
def by_eights(x, y, found, count):
    for i in range(count):
        store(found, i, scaled(load(x, i), load(y, i)))


def test_branches_are_chosen_lane_by_lane():
    x, y = np.random.default_rng(1).uniform(-3, 3, (2, 800))
    one, eight = np.empty(800), np.empty(800)
    one_by_one(x, y, one)
    by_eights(x.ctypes.data, y.ctypes.data, eight.ctypes.data, 100)
    assert np.array_equal(one, eight)
    np.testing.assert_allclose(one, [scaled(*pair) for pair in zip(x.tolist(), y.tolist(), strict=True)], rtol=1e-14)
    assert np.unique(one).size > 600


def repeated(x):
    while x > 1:
        x = x / 2
    return x


def endless(x):
    if x > 0:
        return x


@pytest.mark.parametrize("law", [repeated, endless])
def test_other_laws_are_not_known(law):
    with pytest.raises(choices.Unknown):
        choices.for_eight(law)


def test_laws_of_all_devices_without_states_are_known():
    devices = [d for d in device.library().values() if d.characteristic is not None and not d.switches]
    modules = {d.__module__ for d in devices} | {f"tdsim.devices.{name}" for name in ("junction", "channel", "meyer")}
    laws = [law for law in device.kernels if law.__module__ in modules]
    assert len(laws) > 20
    for law in laws:
        choices.for_eight(law)


@compiled
def curves_one_by_one(x, exps, logs):
    for i in range(x.size):
        exps[i], logs[i] = curves.exponential(x[i]), curves.logarithm(x[i])


@compiled
def curves_by_eights(x, exps, logs, count):
    for i in range(count):
        store(exps, i, curves.exponential(load(x, i)))
        store(logs, i, curves.logarithm(load(x, i)))


@pytest.mark.parametrize("scale", [1e-9, 1.0, 40.0, 700.0])
def test_exp_and_log_are_exact_to_a_unit_in_the_last_place(scale):
    x = np.random.default_rng(2).uniform(-scale, scale, 4000)
    one, eight = np.empty((2, 4000)), np.empty((2, 4000))
    curves_one_by_one(x, *one)
    curves_by_eights(x.ctypes.data, *(row.ctypes.data for row in eight), 500)
    assert np.array_equal(one, eight, equal_nan=True)
    assert np.array_equal(np.isnan(one[1]), x <= 0)
    positive = x > 0
    wide = np.longdouble(x)
    for found, exact in ((one[0], np.exp(wide)), (one[1][positive], np.log(wide[positive]))):
        assert np.abs((found - exact) / np.spacing(np.abs(found))).max() < 1.0
