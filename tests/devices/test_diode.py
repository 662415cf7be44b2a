"""The diode against ngspice 39 and against its own equations, written out again here."""

import math

import numpy as np
import pytest

from tdsim.devices.diode import Diode
from tdsim.devices.junction import limit_junction, thermal_voltage


def prepared(ambient=27.0, **values):
    return Diode.prepare({**{k: p.default for k, p in Diode.params.items()}, **values}, ambient, 27.0)


def current(p, v):
    return Diode.characteristic(p, (0.0, v))[0][1]


def capacitance(p, v):
    return Diode.characteristic(p, (0.0, v))[3][1][1]


FULL = {"is": 1e-12, "n": 1.3, "cjo": 2e-12, "vj": 0.8, "mj": 0.4, "tt": 1e-9, "eg": 1.2, "xti": 2, "fc": 0.4}
FULL |= {"area": 2, "m": 3}
ZENER = {"is": 1e-12, "bv": 5, "ibv": 1e-4, "n": 1.2}
SMALL_IBV = {"is": 1e-9, "bv": 5, "ibv": 1e-9, "area": 2}


@pytest.mark.parametrize(
    ("values", "ambient", "v", "amperes", "farads"),
    [
        ({}, 27, 0.6, 1.18719629559e-4, 0.0),
        ({}, 27, -1.0, -1.009999767398e-12, 0.0),
        (FULL, 77, 0.2, 2.02306951787e-7, 1.433495401688e-11),
        (FULL, 77, 0.6, 5.46194534296e-3, 1.591397091643e-10),
        (FULL, -20, -1.0, -1.00611996009e-12, 8.454729690771e-12),
        (ZENER, 27, -5.1, -2.507485914197e-3, 0.0),
        (SMALL_IBV, 27, -5.1, -9.553010830216e-8, 0.0),
    ],
)
def test_numbers_of_ngspice(values, ambient, v, amperes, farads):
    """ngspice 39, `print i(v1) @d1[cd]` at reltol 1e-9."""
    p = prepared(ambient, **values)
    assert current(p, v) == pytest.approx(amperes, rel=1e-9)
    assert capacitance(p, v) == pytest.approx(farads, rel=1e-9)


def test_forward_current_is_shockley():
    p = prepared(**{"is": 2e-14, "n": 1.5})
    vt = 1.38064852e-23 * 300.15 / 1.6021766208e-19
    assert thermal_voltage(300.15) == pytest.approx(0.025865, rel=1e-4)
    for v in (-0.05, 0.1, 0.5, 0.9):
        assert current(p, v) == pytest.approx(2e-14 * math.expm1(v / (1.5 * vt)) + 1e-12 * v, rel=1e-9)


def test_current_at_breakdown_is_ibv():
    p = prepared(**{"is": 1e-13, "bv": 7.0, "ibv": 2e-3})
    assert current(p, -7.0) == pytest.approx(-(2e-3), rel=1e-6)


def test_current_is_continuous_where_its_formula_changes():
    p = prepared(**{"is": 1e-6, "bv": 5.0, "ibv": 1e-3})
    edge = -3 * p.vte
    assert current(p, edge * (1 - 1e-12)) == pytest.approx(current(p, edge * (1 + 1e-12)), rel=1e-9)


def test_charge_is_the_integral_of_the_capacitance():
    p = prepared(**FULL)
    v = np.linspace(-5, 0.75, 20001)
    farads = np.array([capacitance(p, x) for x in v])
    charge = [Diode.characteristic(p, (0.0, x))[2][1] for x in (-5.0, 0.75)]
    simpson = (v[1] - v[0]) / 3 * (farads[0] + 4 * farads[1::2].sum() + 2 * farads[2:-1:2].sum() + farads[-1])
    assert charge[1] - charge[0] == pytest.approx(simpson, rel=1e-7)


def test_depletion_capacitance():
    p = prepared(cjo=3e-12, vj=0.7, mj=0.33)
    assert capacitance(p, -2.0) == pytest.approx(3e-12 * (1 + 2 / 0.7) ** -0.33, rel=1e-12)
    knee = 3e-12 * 0.5**-0.33
    assert capacitance(p, 0.35) == pytest.approx(knee, rel=1e-12)
    assert capacitance(p, 0.5) == pytest.approx(knee * (1 + 0.33 * 0.15 / (0.7 * 0.5)), rel=1e-12)


def test_series_resistance_adds_a_node_only_where_there_is_one():
    values = {k: p.default for k, p in Diode.params.items()}
    assert list(Diode.inner_of({**values, "rs": 2.0})) == ["b"]
    assert Diode.inner_of(values) == {}
    assert Diode.inner["b"].onto == "a"
    assert prepared(rs=2.0, area=3, m=2).series == 3


def test_temperature_of_the_device():
    assert prepared(77) == prepared(temp=77.0) == prepared(dtemp=50.0)
    assert prepared(tnom=77.0) != prepared()


def test_limiting_leaves_small_steps_alone_and_keeps_direction():
    p = prepared()
    assert limit_junction(0.61, 0.6, p.vte, p.critical) == 0.61
    limited = limit_junction(5.0, 0.6, p.vte, p.critical)
    assert 0.6 < limited < 0.8
    assert Diode.limit(p, (0.0, 5.0), (0.0, 0.6)) == (0.0, limited)
    assert limit_junction(-50.0, 0.6, p.vte, p.critical) == -1.6


def test_limiting_in_breakdown_mirrors_the_forward_side():
    p = prepared(bv=5.0)
    forward = limit_junction(3.0, 0.5, p.vte, p.critical)
    assert Diode.limit(p, (0.0, -8.0), (0.0, -5.5))[1] == pytest.approx(-5 - forward)
