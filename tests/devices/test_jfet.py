"""The junction field-effect transistor against ngspice 39 and against its own equations, written out again here."""

import numpy as np
import pytest

from tdsim.devices.jfet import Jfet

from .transistors import check_derivatives, prepared

BASE = {"vto": -1.5, "beta": 1e-3, "lambda": 0.02, "is": 1e-13}
CHARGED = {**BASE, "cgs": 3e-12, "cgd": 2e-12, "pb": 0.8, "fc": 0.4}


def evaluated(p, vd, vg):
    """Currents into drain and gate, and the capacitances from gate to source and drain."""
    flows, _, _, capacitances = Jfet.characteristic(p, (vg, vd, 0.0, 0.0))
    return flows[0] - flows[1], flows[1] + flows[2], capacitances[2][0], capacitances[1][0]


@pytest.mark.parametrize(
    ("values", "bias", "drain", "gate"),
    [
        ({**CHARGED, "temp": 77.0}, (3, 0.3), 3.43440e-3, 9.53520e-7),
        ({**BASE, "temp": 77.0, "vtotc": -2e-3, "bex": -1.5}, (3, 0.3), 3.03696e-3, 9.53520e-7),
        ({**BASE, "temp": 77.0, "betatce": -0.5}, (3, 0.3), 2.67804e-3, 9.53520e-7),
        ({**BASE, "temp": 77.0, "tcv": 2e-3}, (3, 0.3), 3.82660e-3, 9.53520e-7),
        ({**BASE, "temp": 77.0, "eg": 1.2, "xti": 2.0}, (3, 0.3), None, 2.1328092389242e-6),
        ({**CHARGED, "polarity": "p", "area": 2.0, "m": 3.0, "temp": -20.0}, (-1.5, -0.4), -2.132100e-2, -1.910270e-8),
        ({}, (5, -1), 1.00000006e-4, -7.01999977e-12),
    ],
)
def test_currents_of_ngspice(values, bias, drain, gate):
    """ngspice 39, `print i(vd) i(vg)` at reltol 1e-10; the last is the trap jfet_default."""
    found = evaluated(prepared(Jfet, **values), *bias)
    assert drain is None or found[0] == pytest.approx(drain, rel=5e-6)
    assert found[1] == pytest.approx(gate, rel=5e-6)


def test_capacitances_of_ngspice():
    """ngspice 39, `print @j1[qgs] @j1[qgd]`, which are capacitances in an operating point."""
    found = evaluated(prepared(Jfet, **CHARGED, temp=77.0), 3, 0.3)
    assert found[2:] == pytest.approx((4.164819e-12, 9.727446e-13), rel=1e-6)
    found = evaluated(prepared(Jfet, polarity="p", **CHARGED, area=2.0, m=3.0, temp=-20.0), -1.5, -0.4)
    assert found[2:] == pytest.approx((2.304034e-11, 7.544706e-12), rel=1e-6)


def test_drain_current_is_shichman_and_hodges():
    p = prepared(Jfet, **BASE)
    for vg in (-2.0, -1.0, -0.2):
        for vd in (0.0, 0.3, 1.0, 4.0):
            o = max(0.0, vg + 1.5)
            v = min(o, vd)
            wanted = 1e-3 * v * (2 * o - v) * (1 + 0.02 * vd)
            assert Jfet.characteristic(p, (vg, vd, 0.0, 0.0))[0][0] == pytest.approx(wanted, rel=1e-12)
            assert Jfet.characteristic(p, (vg - vd, -vd, 0.0, 0.0))[0][0] == pytest.approx(-wanted, rel=1e-12)


@pytest.mark.parametrize("polarity", ["n", "p"])
def test_derivatives_everywhere(polarity):
    p = prepared(Jfet, polarity=polarity, **CHARGED, rd=10.0, rs=5.0)
    generator = np.random.default_rng(5)
    for trial in range(300):
        vds, near = generator.uniform(-3, 3), generator.choice([-1, 1]) * 10.0 ** generator.uniform(-4.5, -1)
        if trial % 4 == 0:
            vds = 1.7 * near
        vgs = -1.5 + generator.choice([0.0, abs(vds)]) + near + min(vds, 0)
        vgs = min(vgs, 0.8, 0.8 + vds)
        check_derivatives(lambda v: Jfet.characteristic(p, v), p.sign * np.array([vgs, vds, 0.01, 0.02]), rel=1e-5)


def test_limiting_leaves_small_steps_alone():
    p = prepared(Jfet, polarity="p", **CHARGED)
    near = (0.4, -3.0, 0.1, 0.0)
    assert Jfet.limit(p, near, near) == pytest.approx(near)
    far = Jfet.limit(p, (-9.0, -3.0, 0.1, 0.0), near)
    assert far[0] > -1.2
