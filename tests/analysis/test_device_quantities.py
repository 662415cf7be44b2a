"""What devices show of themselves, @device[name], as in ngspice 39."""

import numpy as np
import pytest

import tdsim
from tdsim.errors import NetlistError
from tdsim.netlist import loads

BENCH = """One device of each kind
v1 1 0 dc 2
r1 1 2 1k
d1 2 0 dm area=2
d2 0 3 dm
r3 3 1 1k
.model dm d(is=1e-14 rs=10 cjo=1p tt=1n)
i1 0 4 1m
r4 4 0 1k
vd d 0 3
vg g 0 2
m1 d g 0 0 mn w=10u l=1u
m2 dp gp 1 1 mp w=10u l=1u
vdp dp 0 0.5
vgp gp 0 0.2
.model mn nmos(level=1 vto=0.7 kp=100u lambda=0.02 gamma=0.4 rd=10 cgso=1n)
.model mp pmos(level=1 vto=-0.7 kp=50u lambda=0.02)
vc c 0 3
vb b 0 0.7
q1 c b 0 qn
q2 0 bp cp qp
vcp cp 0 2
vbp bp 0 1.3
.model qn npn(bf=100 vaf=50 is=1e-16 rb=10)
.model qp pnp(bf=50 is=1e-16)
j1 d jg 0 jn
vjg jg 0 -1
.model jn njf(vto=-2 beta=1m lambda=0.01)
c1 1 0 1n
l1 1 l 1m
rl l 0 1k
e1 e 0 1 0 2
re e 0 1k
b1 bb 0 v=v(1)*2
rbb bb 0 1k
"""

NGSPICE = {
    **{"@r1[i]": 1.348338e-03, "@r1[p]": 1.818016e-03, "@c1[i]": 0.0, "@l1[i]": 2e-3, "@l1[p]": 0.0},
    **{"@v1[i]": -3.65991e-03, "@v1[p]": -7.31983e-03, "@i1[p]": -1e-3, "@i1[dc]": 1e-3, "@e1[i]": -4e-3},
    **{"@e1[p]": -16e-3, "@b1[i]": -4e-3, "@d1[id]": 1.348338e-03, "@d1[vd]": 6.4492e-01, "@d1[gd]": 5.213001e-02},
    **{"@d1[p]": 8.786604e-04, "@d2[id]": -2.01e-12, "@d2[vd]": -2.0},
    **{"@m1[id]": 8.955487e-04, "@m1[is]": -8.95549e-04, "@m1[ib]": -3.00104e-12, "@m1[vgs]": 2.0},
    **{"@m1[vds]": 2.991045, "@m1[vbs]": 0.0, "@m1[gm]": 1.377767e-03, "@m1[gds]": 1.69e-05},
    **{"@m1[gmbs]": 3.55738e-04, "@m1[p]": 2.686646e-03},
    **{"@m2[id]": 3.11575e-04, "@m2[is]": -3.11575e-04, "@m2[vgs]": 1.8, "@m2[vds]": 1.5, "@m2[gm]": 5.665e-04},
    **{"@q1[ic]": 5.929884e-05, "@q1[ib]": 5.669088e-07, "@q1[ie]": -5.98657e-05, "@q1[vbe]": 6.999943e-01},
    **{"@q1[vbc]": -2.30001, "@q1[gm]": 2.291502e-03, "@q1[gpi]": 2.191812e-05, "@q1[gmu]": 1e-12},
    **{"@q1[go]": 1.133821e-06, "@q1[p]": 1.782934e-04, "@q2[ic]": -5.67035e-05, "@q2[ib]": -1.13407e-06},
    **{"@q2[ie]": 5.783754e-05, "@q2[vbe]": 0.7, "@q2[vbc]": -1.3, "@q2[gm]": 2.192293e-03, "@q2[p]": 1.142008e-04},
    **{"@j1[id]": 1.03e-03, "@j1[ig]": -5.02e-12, "@j1[is]": -1.03e-03, "@j1[vgs]": -1.0, "@j1[vgd]": -4.0},
    **{"@j1[gm]": 2.06e-03, "@j1[gds]": 1e-05, "@j1[p]": 3.09e-03},
}
"""Printed by ngspice 39 with six or seven digits."""


@pytest.fixture(scope="module")
def shown():
    return tdsim.simulate(loads(BENCH + f".save {' '.join(NGSPICE)}\n.op\n.end\n"))


@pytest.mark.parametrize("name", NGSPICE)
def test_operating_point_is_that_of_ngspice(shown, name):
    assert shown[name].item() == pytest.approx(NGSPICE[name], rel=3e-6, abs=1e-15)


def test_quantities_have_units(shown):
    units = {name: shown[name].units for name in ("@r1[i]", "@r1[p]", "@d1[gd]", "@m1[vds]", "@i1[dc]")}
    assert units == {"@r1[i]": "A", "@r1[p]": "W", "@d1[gd]": "S", "@m1[vds]": "V", "@i1[dc]": "A"}


def test_power_and_current_follow_a_transient_of_many_runs():
    circuit = loads("t\nv1 1 0 sin(0 1 1k)\nr1 1 2 1k\nd1 2 0 dm\n.model dm d(is=1f)\n.end\n")
    save = ["v(1)", "v(2)", "@r1[p]", "@d1[id]", "@r1[i]"]
    found = tdsim.transient(circuit, stop=2e-3, step=1e-5, params={"r1.r": np.array([500.0, 2e3])}, save=save)
    assert found["@d1[id]"].dims == ("run", "time")
    across = found["v(1)"].values - found["v(2)"].values
    current = across / np.array([[500.0], [2e3]])
    np.testing.assert_allclose(found["@r1[i]"].values, current, atol=1e-12)
    np.testing.assert_allclose(found["@r1[p]"].values, across * current, atol=1e-12)
    np.testing.assert_allclose(found["@d1[id]"].values, current, atol=1e-8)


def test_a_sweep_of_the_temperature_shows_the_device_at_each():
    text = "t\ni1 0 1 1m\nd1 1 0 dm\n.model dm d(is=1f)\n.save @d1[gd] @d1[id]\n.dc temp 0 100 25\n.end\n"
    found = tdsim.simulate(loads(text))
    vt = 1.380649e-23 / 1.602176634e-19 * (found["temp"].values + 273.15)
    np.testing.assert_allclose(found["@d1[id]"].values, 1e-3, rtol=1e-6)
    np.testing.assert_allclose(found["@d1[gd]"].values, 1e-3 / vt, rtol=1e-5)


def test_small_signals_have_none_of_them():
    text = "t\nv1 1 0 1 ac 1\nr1 1 2 1k\nd1 2 0 dm\n.model dm d\n.save v(2) @d1[gd] @r1[p] @r1[r]\n"
    text += ".op\n.ac lin 1 1 1\n.end\n"
    found = tdsim.simulate(loads(text))
    assert set(found["ac"].data_vars) == {"v(2)", "@r1[r]"}
    assert set(found["op"].data_vars) == {"v(2)", "@r1[r]", "@d1[gd]", "@r1[p]"}


def test_a_measure_reads_one():
    text = "t\nv1 1 0 sin(0 1 1k)\nr1 1 0 1k\n.tran 10u 1m\n.meas tran heat avg @r1[p]\n.end\n"
    assert tdsim.simulate(loads(text))["heat"].item() == pytest.approx(0.5e-3, rel=1e-3)


def test_an_unknown_one_names_what_there_is():
    with pytest.raises(NetlistError, match=r"d has no parameter 'gdd'; did you mean 'gd'"):
        loads("t\nv1 1 0 1\nd1 1 0 dm\n.model dm d\n.save @d1[gdd]\n.op\n.end\n")
