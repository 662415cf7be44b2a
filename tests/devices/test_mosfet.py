"""The MOS transistor against ngspice 39 and against its own equations, written out again here."""

import math

import numpy as np
import pytest

from tdsim.devices.channel import limit_drain, limit_gate
from tdsim.devices.meyer import meyer
from tdsim.devices.mosfet import Mosfet, threshold

from .transistors import check_derivatives, prepared

SIZE = {"w": 20e-6, "l": 2e-6}
PLACED = {**SIZE, "ad": 30e-12, "as": 40e-12, "pd": 20e-6, "ps": 22e-6}
FULL = {"vto": 0.7, "kp": 60e-6, "gamma": 0.5, "phi": 0.7, "lambda": 0.03, "tox": 20e-9, "ld": 0.1e-6, "cj": 0.4e-3}
FULL |= {"cjsw": 0.3e-9, "mj": 0.45, "mjsw": 0.3, "pb": 0.85, "cgso": 0.3e-9, "cgdo": 0.2e-9, "cgbo": 0.1e-9}
FULL |= {"js": 1e-4, "is": 1e-13}
DOPED_P = {"polarity": "p", "tox": 20e-9, "nsub": 5e15, "nss": 1e10, "tpg": 1.0, "uo": 250.0, "cbd": 1e-12}
DOPED_P |= {"cbs": 2e-12, "mj": 0.4, "lambda": 0.01}
METAL = {"tox": 20e-9, "nsub": 2e16, "tpg": 0.0}
SAME_GATE = {"tox": 20e-9, "nsub": 2e16, "tpg": -1.0, "gamma": 0.4}


def evaluated(p, vd, vg, vb, vs=0.0):
    """Currents into drain, source and bulk, and the tables of slopes and capacitances."""
    u = (vg - vs, vd - vs, vb - vs, 0.0, 0.0)
    flows, slopes, _, capacitances = Mosfet.characteristic(p, u, u)
    currents = flows[0] - flows[1], -flows[0] - flows[2], flows[1] + flows[2]
    return currents, np.array(slopes), np.array(capacitances)


@pytest.mark.parametrize(
    ("values", "bias", "drain", "source", "vt"),
    [
        ({**FULL, **PLACED, "m": 2.0, "temp": 77.0}, (2, 2.5, -1),
         1.4843851041144e-3, -1.48438508957345e-3, 0.873130089514353),
        ({**DOPED_P, **PLACED, "temp": -10.0}, (-2, -2.2, 0.5),
         -1.19527736791243e-3, 1.1952773649124e-3, -8.5676239631098e-2),
        ({**METAL, **SIZE}, (0.4, 1.9, 0.1), 6.4887798315007e-4, -6.48877983407699e-4, 0.134088807957343),
        ({**SAME_GATE, **SIZE}, (-0.4, 1.9, -0.7), -3.19314022836685e-4, 3.1931402385668e-4, 1.32941228421246),
    ],
)  # fmt: skip
def test_currents_of_ngspice(values, bias, drain, source, vt):
    """ngspice 39, `print i(vd) i(vs) @m1[von]` at reltol 1e-10."""
    p = prepared(Mosfet, **values)
    currents, *_ = evaluated(p, *bias)
    assert currents[:2] == pytest.approx((drain, source), rel=1e-10)
    assert sum(currents) == pytest.approx(0, abs=1e-18)
    inner_bulk = p.sign * (bias[2] - (bias[0] if p.sign * bias[0] < 0 else 0))
    assert p.sign * threshold(p, inner_bulk)[0] == pytest.approx(vt, rel=1e-10)


@pytest.mark.parametrize(
    ("values", "bias", "farads"),
    [
        ({**FULL, **PLACED, "m": 2.0, "temp": 77.0}, (2, 2.5, -1),
         (9.487545119256e-14, 8e-15, 3.6e-16, 2.00462384594294e-14, 3.37262667034894e-14)),
        ({**DOPED_P, **PLACED, "temp": -10.0}, (-2, -2.2, 0.5),
         (4.59207616910624e-14, 4.60250306041308e-15, 0, 5.59218536500612e-13, 1.60672327950291e-12)),
        ({**METAL, **SIZE}, (0.4, 1.9, 0.1), (3.72839346846854e-14, 3.14034074155572e-14, 0, 0, 0)),
        ({**SAME_GATE, **SIZE}, (-0.4, 1.9, -0.7), (2.7781158230709e-14, 3.97309768914295e-14, 0, 0, 0)),
    ],
)  # fmt: skip
def test_capacitances_of_ngspice(values, bias, farads):
    """ngspice 39, `print @m1[cgs] @m1[cgd] @m1[cgb] @m1[cbd] @m1[cbs]`."""
    total = evaluated(prepared(Mosfet, **values), *bias)[2]
    gate = total[4, 0], total[3, 0], total[5, 0]
    assert (*gate, total[1, 2], total[2, 2]) == pytest.approx(farads, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "bias", "current"),
    [
        ({"w": 10e-6, "l": 1e-6, "vto": 0.7, "tox": 10e-9, "uo": 450.0}, (3, 2, 0), 1.31305793e-3),
        ({"w": 10e-6, "l": 1e-6, "vto": 0.7, "kp": 100e-6}, (3, 2, 0), 8.45000003e-4),
        ({"w": 20e-6, "l": 2e-6, "vto": 0.5, "kp": 50e-6}, (3, 2, 0), 5.62500003e-4),
    ],
)
def test_numbers_of_the_traps(values, bias, current):
    """mos_kp_from_tox, mos_level_missing and mos_defW_opts of the collection of traps."""
    assert evaluated(prepared(Mosfet, **values), *bias)[0][0] == pytest.approx(current, rel=1e-8)


def test_defaults():
    """mos_default: KP 2e-5, VTO 0, L = W = 100 um; and (3 V, 2 V) of a transistor with LD and LAMBDA."""
    p = prepared(Mosfet)
    assert p.beta == 2e-5
    second = prepared(Mosfet, **{"kp": 1e-4, "vto": 0.7, "lambda": 0.02, "ld": 0.1e-6, "w": 1e-5, "l": 1e-6})
    both = evaluated(p, 3, 2, 0)[0][0] + evaluated(second, 3, 2, 0)[0][0]
    assert both == pytest.approx(1.15963e-3, rel=5e-6)
    assert second.beta == pytest.approx(1e-4 * 10 / 0.8)


def test_drain_current_is_shichman_and_hodges():
    kp, w, length, vto, gamma, phi, lam = 110e-6, 4e-6, 1e-6, 0.7, 0.45, 0.7, 0.05
    p = prepared(Mosfet, **{"kp": kp, "w": w, "l": length, "vto": vto, "gamma": gamma, "phi": phi, "lambda": lam})
    for vg in (0.5, 1.1, 2.0, 3.3):
        for vd in (0.0, 0.1, 0.7, 3.3):
            for vb in (0.0, -1.0, -2.5):
                o = max(0.0, vg - vto - gamma * (math.sqrt(phi - vb) - math.sqrt(phi)))
                v = min(o, vd)
                wanted = kp * w / length * (o - v / 2) * v * (1 + lam * vd)
                found = evaluated(p, vd, vg, vb)[0]
                assert found[0] == pytest.approx(wanted + 1e-12 * (vd - vb), rel=1e-9, abs=1.1e-14)


def test_exchanged_drain_and_source():
    p = prepared(Mosfet, **FULL, **SIZE)
    straight, turned = evaluated(p, 1.3, 2, -0.7)[0], evaluated(p, 0.0, 2, -0.7, vs=1.3)[0]
    assert straight[0] == pytest.approx(turned[1], rel=1e-12)
    assert straight[1] == pytest.approx(turned[0], rel=1e-12)


def test_p_channel_is_the_mirror_image():
    n = prepared(Mosfet, **FULL, **PLACED)
    p = prepared(Mosfet, polarity="p", **{**FULL, "vto": -0.7}, **PLACED)
    generator = np.random.default_rng(1)
    for _ in range(50):
        u, origin = generator.uniform(-3, 0.8, (2, 5))
        one = Mosfet.characteristic(n, tuple(u), tuple(origin))
        other = Mosfet.characteristic(p, tuple(-u), tuple(-origin))
        for k, sign in ((0, -1), (1, 1), (2, -1), (3, 1)):
            np.testing.assert_allclose(np.array(one[k]), sign * np.array(other[k]), rtol=1e-12, atol=1e-30)


@pytest.mark.parametrize("values", [FULL, DOPED_P, {**FULL, "polarity": "p", "rd": 10.0, "rs": 20.0}])
def test_derivatives_everywhere(values):
    """Also near cut-off, saturation, vds = 0 and where Meyer's formulas change, on both sides of each."""
    p = prepared(Mosfet, **values, **PLACED)
    generator = np.random.default_rng(2)
    origin = tuple(generator.uniform(-3, 3, 5))
    for trial in range(400):
        vds, vbs = generator.uniform(-3, 3), generator.uniform(-3, 0.3)
        near = generator.choice([-1, 1]) * 10.0 ** generator.uniform(-4.5, -1)
        if trial % 5 == 0:
            vds = 1.7 * near
        bulk = vbs if vds >= 0 else vbs - vds
        vt = threshold(p, bulk)[0]
        overdrive = generator.choice([0.0, 0.025, abs(vds), -p.phi / 2, -p.phi]) + near
        vgs = vt + overdrive + (0 if vds >= 0 else vds)
        u = p.sign * np.array([vgs, vds, vbs, 0.01, -0.02])
        check_derivatives(lambda v: Mosfet.characteristic(p, tuple(v), origin), u, rel=1e-5, floor=1e-20)


def test_gate_capacitances_add_up_and_do_not_jump():
    oxide, phi = 1e-13, 0.7
    for o in np.linspace(-1, 2, 301):
        for vds in (0.0, 0.02, 0.5, 3.0):
            around = [np.array(meyer(oxide, phi, o + d, vds + e)[0]) for d in (-1e-9, 1e-9) for e in (0, 1e-9)]
            np.testing.assert_allclose(around[1:], around[:-1], atol=1e-20)
            assert min(around[0]) >= 0
            assert sum(around[0]) <= oxide * (1 + 1e-12)
    assert meyer(oxide, phi, 1.0, 0.0)[0] == pytest.approx((oxide / 2, oxide / 2, 0))
    assert meyer(oxide, phi, 1.0, 2.0)[0] == pytest.approx((2 * oxide / 3, 0, 0))
    assert meyer(oxide, phi, -1.0, 2.0)[0] == (0, 0, oxide)


def test_gate_takes_what_its_charge_says():
    """Above threshold the three capacitances are derivatives of Meyer's charge of the gate (1971, equation 12)."""
    oxide = 1e-13

    def charge(o, vds):
        a, b = o, o - vds
        return 2 / 3 * oxide * (a**3 - b**3) / (a**2 - b**2)

    for o, vds in ((1.0, 0.2), (0.8, 0.7), (2.0, 1.0)):
        cgs, cgd, _ = meyer(oxide, 0.7, o, vds)[0]
        h = 1e-6
        by_o = (charge(o + h, vds) - charge(o - h, vds)) / (2 * h)
        by_vds = (charge(o, vds + h) - charge(o, vds - h)) / (2 * h)
        assert cgs + cgd == pytest.approx(by_o, rel=1e-8)
        assert -cgd == pytest.approx(by_vds, rel=1e-8)


def test_resistances_come_from_squares_where_they_are_not_given():
    values = {k: p.default for k, p in Mosfet.params.items()}
    assert Mosfet.inner_of(values) == {}
    assert list(Mosfet.inner_of({**values, "rsh": 10.0})) == ["di", "si"]
    assert list(Mosfet.inner_of({**values, "rsh": 10.0, "rd": 0.0})) == ["si"]
    p = prepared(Mosfet, rsh=10.0, nrd=2.0, rs=5.0, m=3.0)
    assert (p.drain_series, p.source_series) == pytest.approx((3 / 20, 3 / 5))


def test_steps_across_the_threshold_stop_near_it():
    assert limit_gate(3.0, 0.0, 0.7) == pytest.approx(1.2)
    assert limit_gate(0.0, 3.0, 0.7) == pytest.approx(0.2)
    assert limit_gate(0.0, 9.0, 0.7) == pytest.approx(2.7)
    assert limit_gate(0.9, 0.8, 0.7) == 0.9
    assert limit_gate(50.0, 10.0, 0.7) == pytest.approx(10 + 2 * 9.3 + 2)
    assert limit_gate(-50.0, 0.0, 0.7) == pytest.approx(-3.4)
    assert limit_drain(30.0, 5.0) == 17.0
    assert limit_drain(30.0, 1.0) == 4.0
    assert limit_drain(-5.0, 1.0) == -0.5
    assert limit_drain(0.0, 9.0) == 2.0


def test_limiting_leaves_small_steps_alone():
    generator = np.random.default_rng(3)
    for polarity in "np":
        p = prepared(Mosfet, polarity=polarity, **{**FULL, "vto": 0.7 if polarity == "n" else -0.7})
        for _ in range(100):
            u = p.sign * generator.uniform(-2, 0.5, 5)
            assert Mosfet.limit(p, tuple(u), tuple(u)) == pytest.approx(u, rel=1e-14)
            moved = u + generator.uniform(-1e-3, 1e-3, 5)
            assert Mosfet.limit(p, tuple(moved), tuple(u)) == pytest.approx(moved, rel=1e-12)
