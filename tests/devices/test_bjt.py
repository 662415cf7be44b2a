"""The bipolar transistor against ngspice 39 and against its own equations, written out again here."""

import math

import numpy as np
import pytest

from tdsim.devices.bjt import Bjt, Lateral, crowding

from .transistors import check_derivatives, prepared

FULL = {"is": 0.4e-15, "bf": 120.0, "br": 3.0, "vaf": 60.0, "var": 20.0, "ikf": 30e-3, "ikr": 1e-3, "ise": 2e-15}
FULL |= {"ne": 1.6, "isc": 1e-15, "nc": 1.8, "nf": 1.02, "nr": 1.01, "cje": 0.6e-12, "vje": 0.8, "mje": 0.35}
FULL |= {"cjc": 0.4e-12, "vjc": 0.7, "mjc": 0.33, "tf": 80e-12, "tr": 8e-9, "xtb": 1.2, "eg": 1.2, "xti": 2.5}
FULL |= {"xtf": 2.0, "vtf": 3.0, "itf": 10e-3, "fc": 0.6}
OVER_SUBSTRATE = {"polarity": "pnp", "is": 0.4e-15, "bf": 120.0, "br": 3.0, "vaf": 60.0, "var": 20.0, "ikf": 30e-3}
OVER_SUBSTRATE |= {"ise": 2e-15, "ne": 1.6, "cje": 0.6e-12, "vje": 0.8, "mje": 0.35, "cjc": 0.4e-12, "vjc": 0.7}
OVER_SUBSTRATE |= {"mjc": 0.33, "tf": 80e-12, "tr": 8e-9, "cjs": 1e-12, "mjs": 0.4, "vjs": 0.6, "iss": 1e-12, "ns": 1.2}


def evaluated(p, vc, vb, vs=0.0, lateral=False):
    """Currents into collector, base and substrate at these voltages from the emitter, slopes, capacitances."""
    across = vb - vs if lateral else vs - vc
    flows, slopes, _, capacitances = Bjt.characteristic(p, (vb, vb - vc, 0.0, 0.0, 0.0, across))
    into_substrate = -flows[7] if lateral else flows[7]
    collector = flows[2] - flows[1] - (0.0 if lateral else into_substrate)
    base = flows[0] + flows[1] - (into_substrate if lateral else 0.0)
    return (collector, base, into_substrate), np.array(slopes), np.array(capacitances)


@pytest.mark.parametrize(
    ("values", "bias", "collector", "base"),
    [
        (FULL, (3, 0.78), 2.5458120478919e-3, 2.3371764250513e-5),
        ({**FULL, "m": 3.0, "temp": 77.0}, (0.1, 0.7), 7.3501032278333e-3, 2.0109981077020e-4),
        (FULL, (-3, -0.4), -2.2333808886227e27, 2.2333808886227e27),
        ({"is": 1e-15, "area": 2.0}, (3, 0.65), 1.64095278e-4, None),
        ({}, (3, 0.65), 8.204769e-6, 8.20459364e-8),
    ],
)
def test_currents_of_ngspice(values, bias, collector, base):
    """ngspice 39, `print i(vc) i(vb)` at reltol 1e-10; the last two are the traps bjt_substrate and bjt_default."""
    found = evaluated(prepared(Bjt, **values), *bias)[0]
    assert found[0] == pytest.approx(collector, rel=1e-10 if base and base != 8.20459364e-8 else 1e-8)
    if base is not None:
        assert found[1] == pytest.approx(base, rel=1e-8)


def test_base_over_the_substrate():
    """ngspice 39: i(vc) i(vb) i(vs) @q3[csub] of a pnp transistor with a substrate diode."""
    assert Bjt.variant({"polarity": "pnp", "subs": 0.0}) is Lateral
    assert Bjt.variant({"polarity": "pnp", "subs": 1.0}) is Bjt
    assert Bjt.variant({"polarity": "npn", "subs": 0.0}) is Bjt
    assert Lateral.paths[-1] == ("bi", "s")
    p = prepared(Bjt, **OVER_SUBSTRATE, temp=-20.0)
    currents, _, capacitances = evaluated(p, -0.1, -0.7, -2, lateral=True)
    assert currents == pytest.approx((-6.75345861873728e-6, -8.93090101360017e-8, -1.30020787155624e-12), rel=1e-9)
    assert capacitances[7, 5] == pytest.approx(6.07564511496768e-13, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "bias", "slopes", "farads"),
    [
        (FULL, (3, 0.78), (8.93145864121740e-2, 8.81678093355953e-4, 4.25152311735274e-5),
         (9.3284786430262e-12, 2.49669794357119e-13)),
        ({**FULL, "m": 3.0, "temp": 77.0}, (0.1, 0.7), (2.05040063083024e-1, 2.27399948902464e-3, 3.42317543693604e-2),
         (2.96749580701198e-11, 1.26211969296998e-10)),
        (FULL, (-3, -0.4), None, (5.20618156146754e-13, 2.05183093928680e21)),
    ],
)  # fmt: skip
def test_small_signal_numbers_of_ngspice(values, bias, slopes, farads):
    """ngspice 39, `print @q1[gm] @q1[gpi] @q1[go] @q1[cpi] @q1[cmu]`; its gm is at constant vce."""
    _, found, capacitances = evaluated(prepared(Bjt, **values), *bias)
    if slopes:
        assert (found[2, 0] + found[2, 1], found[0, 0], -found[2, 1]) == pytest.approx(slopes, rel=1e-9)
    assert (capacitances[0, 0], capacitances[1, 1]) == pytest.approx(farads, rel=1e-9)


def test_gummel_and_poon():
    """Early effect and high injection at one bias, from the equations."""
    i_s, vaf, var, ikf, ikr = 1e-15, 50.0, 12.0, 5e-3, 2e-3
    p = prepared(Bjt, **{"is": i_s, "vaf": vaf, "var": var, "ikf": ikf, "ikr": ikr, "bf": 80.0, "br": 2.0})
    vt = p.vtf
    for vbe, vbc in ((0.8, -5.0), (0.72, 0.6), (0.6, 0.74), (-2.0, 0.8)):
        f = i_s * (math.exp(vbe / vt) - 1) if vbe > 0 else -i_s
        r = i_s * (math.exp(vbc / vt) - 1) if vbc > 0 else -i_s
        q1 = 1 / (1 - vbe / var - vbc / vaf)
        qb = q1 / 2 * (1 + math.sqrt(1 + 4 * (f / ikf + r / ikr)))
        flows = Bjt.characteristic(p, (vbe, vbc, 0.0, 0.0, 0.0, 0.0))[0]
        assert flows[2] == pytest.approx((f - r) / qb, rel=1e-9)
        assert flows[0] + flows[1] == pytest.approx(f / 80 + r / 2 + 1e-12 * (vbe + vbc), rel=1e-9)


def test_area_scales_both_directions_alike():
    one, two = (prepared(Bjt, **FULL, area=a) for a in (1.0, 2.0))
    for vbe, vbc in ((0.7, -3.0), (0.2, 0.7), (0.7, 0.68)):
        u = (vbe, vbc, 0.0, 0.0, 0.0, 0.0)
        flows = [np.array(Bjt.characteristic(p, u)[0])[:3] for p in (one, two)]
        np.testing.assert_allclose(flows[1], 2 * flows[0], rtol=1e-9, atol=1e-11)
    assert prepared(Bjt, **FULL, area=6.0) == prepared(Bjt, **FULL, area=2.0, m=3.0)._replace(copies=1.0)


def test_current_crowding():
    """At ib = IRB the variable part of the base's resistance has fallen to a half (Massobrio and Antognetti, 2.37)."""
    assert crowding(1.0)[0] == pytest.approx(0.5, abs=1e-2)
    assert crowding(1e-9)[0] == pytest.approx(1, rel=1e-6)
    for x in np.logspace(-6, 3, 37):
        h = 1e-5 * x
        assert crowding(x)[1] == pytest.approx((crowding(x + h)[0] - crowding(x - h)[0]) / (2 * h), rel=1e-5)


@pytest.mark.parametrize(
    "values",
    [
        FULL,
        {
            **FULL,
            "polarity": "pnp",
            "rb": 100.0,
            "rbm": 20.0,
            "re": 1.0,
            "rc": 5.0,
            "xcjc": 0.3,
            "cjs": 1e-12,
            "mjs": 0.4,
        },
        {**FULL, "rb": 100.0, "rbm": 20.0, "irb": 1e-5, "itf": 0.0, "vtf": math.inf},
    ],
)
def test_derivatives_everywhere(values):
    p = prepared(Bjt, **values)
    generator = np.random.default_rng(4)
    for trial in range(300):
        vbe, vbc = generator.uniform(-3, 0.85), generator.uniform(-5, 0.8)
        if trial % 4 == 0:
            vbe = generator.choice([-3 * p.vtf, 0.6 * p.vje, 0.0]) + generator.choice([-1, 1]) * 1e-5
        if trial % 4 == 1:
            vbc = generator.choice([-3 * p.vtr, 0.6 * p.vjc]) + generator.choice([-1, 1]) * 1e-5
        u = p.sign * np.array([vbe, vbc, 0.02, 0.01, -0.01, generator.uniform(-3, 0.5)])
        check_derivatives(lambda v: Bjt.characteristic(p, v), u, rel=1e-5, floor=1e-17)


def test_charges_are_carriers_on_their_way_and_depletion():
    p = prepared(Bjt, **{"is": 1e-15, "tf": 1e-10, "tr": 5e-9, "cje": 1e-12, "cjc": 1e-12, "xcjc": 0.25})
    u = (0.7, -2.0, 0.1, 0.0, 0.0, 0.0)
    flows, _, charges, capacitances = Bjt.characteristic(p, u)
    assert charges[0] > 1e-10 * flows[2] > 0
    inner, outer = capacitances[1][1], capacitances[3][1]
    assert inner == pytest.approx(0.25e-12 * (1 + 2 / 0.75) ** -0.33 + 5e-9 * 0, rel=1e-6)
    assert outer == pytest.approx(0.75e-12 * (1 + 1.9 / 0.75) ** -0.33, rel=1e-12)


def test_inner_nodes_are_there_where_resistances_are():
    values = {k: p.default for k, p in Bjt.params.items()}
    assert Bjt.inner_of(values) == {}
    assert list(Bjt.inner_of({**values, "rb": 1.0, "rc": 1.0})) == ["ci", "bi"]
    p = prepared(Bjt, rb=100.0, rbm=10.0, rc=4.0, re=2.0, area=2.0)
    assert (p.least_base, p.more_base, p.collector_series, p.emitter_series) == (5, 45, 0.5, 1)


def test_limiting_leaves_small_steps_alone_and_bounds_large_ones():
    p = prepared(Bjt, **{**OVER_SUBSTRATE})
    near = (-0.6, 2.0, 0.1, 0.0, 0.0, -1.0)
    assert Bjt.limit(p, near, near) == near
    assert -0.9 < Bjt.limit(p, (-5.0, *near[1:]), near)[0] < -0.6
