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


CHARGED = """Devices with capacitances, one of them with source and drain exchanged
v1 1 0 dc 2
r1 1 2 1k
d1 2 0 dm area=2
d2 0 3 dm
r3 3 1 1k
i9 0 n9 dc 1m ac 3
d3 n9 0 dm m=2
r9 n9 0 1k
.model dm d(is=1e-14 rs=10 cjo=1p tt=1n)
vd d 0 3
vg g 0 2
m1 d g 0 0 mn w=10u l=1u ad=10p as=20p pd=10u ps=15u
m2 dp gp 1 1 mp w=10u l=1u ad=10p as=20p
vdp dp 0 0.5
vgp gp 0 0.2
m3 d3 g s3 0 mn w=10u l=1u m=2
vd3 d3 0 0.5
vs3 s3 0 0.8
m4 d3 g4 0 0 mn w=10u l=1u
vg4 g4 0 0.4
.model mn nmos(level=1 vto=0.7 kp=100u lambda=0.02 gamma=0.4 rd=10 cgso=1n cgdo=0.5n cgbo=0.2n tox=20n cj=1m cjsw=1n)
.model mp pmos(level=1 vto=-0.7 kp=50u lambda=0.02 tox=20n cj=1m)
vc c 0 3
vb b 0 0.7
q1 c b 0 qn
q2 0 bp cp qp
vcp cp 0 2
vbp bp 0 1.3
.model qn npn(bf=100 vaf=50 is=1e-16 rb=10 cje=1p cjc=0.5p xcjc=0.6 cjs=0.3p tf=0.1n vje=0.8)
.model qp pnp(bf=50 is=1e-16 cje=1p cjc=0.5p tf=0.1n)
j1 d jg 0 jn
vjg jg 0 -1
.model jn njf(vto=-2 beta=1m lambda=0.01 cgs=1p cgd=2p)
r6 1 0 1k m=2 tc1=0.01
r7 1 0 rm l=10u w=2u
.model rm r(rsh=10)
c1 1 0 1n m=2
c2 1 0 cm l=10u w=2u
.model cm c(cj=1m tc1=0.01 cap=3p)
i1 0 4 1m
r4 4 0 1k
v5 5 0 dc 1 ac 2 90
g1 0 n8 1 0 1m
r8 n8 0 1k
e1 e 0 1 0 2
re e 0 1k
b1 bb 0 v=v(1)*2
rbb bb 0 1k
t1 1 0 t 0 z0=70 td=1n
rt t 0 70
l1 1 l 1m m=2
rl l 0 1k
l2 t2 0 3m
r2 t2 0 1
k1 l1 l2 0.5
"""

CHARGES = {
    **{"@r6[resistance]": 1e3, "@r6[r]": 1e3, "@r7[resistance]": 50.0, "@c1[capacitance]": 2e-9, "@c1[c]": 2e-9},
    **{"@c2[cap]": 3e-12, "@l1[inductance]": 1e-3, "@l1[v]": 0.0, "@l1[volt]": 0.0, "@l1[current]": 2e-3},
    **{"@v5[acmag]": 2.0, "@v5[acphase]": 90.0, "@i1[c]": 1e-3, "@i1[v]": 1.0, "@i1[current]": 1e-3, "@i9[acmag]": 3.0},
    **{"@g1[v]": -2.0, "@e1[v]": 4.0, "@b1[v]": 4.0, "@b1[i]": -4e-3, "@t1[zo]": 70.0},
    **{"@d1[c]": 1.3483382836e-3, "@d1[cd]": 5.5368329019e-11, "@d1[charge]": 2.9595079381e-12},
    **{"@d2[cd]": 5.7735027038e-13, "@d2[qd]": -1.464101616e-12, "@d3[cd]": 1.8052474552e-11},
    **{"@m1[ig]": 0.0, "@m1[ibd]": -3.001044513e-12, "@m1[ibs]": 0.0, "@m1[vbd]": -2.991044513, "@m1[von]": 0.7},
    **{"@m1[vdsat]": 1.3, "@m1[gmb]": 3.5573795036e-4, "@m1[gbd]": 1e-12, "@m1[gbs]": 1.38662409e-12},
    **{"@m1[cbd]": 9.1874618186e-15, "@m1[cbs]": 3.5e-14, "@m1[cgs]": 2.1510479332e-14, "@m1[cgd]": 5e-15},
    **{"@m1[cgb]": 2e-16, "@m1[qbd]": -3.766015344e-14, "@m1[qbs]": 0.0, "@m2[von]": -0.7, "@m2[vdsat]": -1.1},
    **{"@m2[cbd]": 5.8976782462e-15, "@m2[cgs]": 1.1510479332e-14, "@m2[qbd]": -1.112931993e-14},
    **{"@m3[id]": -3.236933041e-4, "@m3[vds]": -2.983815335e-1, "@m3[von]": 8.0999338759e-1},
    **{"@m3[vdsat]": 6.8838814589e-1, "@m3[gm]": 6.0032432854e-4, "@m3[gds]": 7.911035173e-4},
    **{"@m3[gmbs]": 1.1439323339e-4, "@m3[cgs]": 3.3640271892e-14, "@m3[cgd]": 3.0009951358e-14},
    **{"@m4[vdsat]": 0.0, "@m4[cgs]": 1e-14, "@m4[cgb]": 8.8328594992e-15},
    **{"@q1[gx]": 0.1, "@q1[cpi]": 1.7973818872e-12, "@q1[cmu]": 1.8883055008e-13, "@q1[cbx]": 1.258871106e-13},
    **{"@q1[csub]": 3e-13, "@q1[qbe]": 8.7326573234e-13, "@q1[qbc]": -5.2378246e-13, "@q1[qbx]": -3.49187593e-13},
    **{"@q1[qsub]": -9e-13, "@q2[gx]": 0.0, "@q2[cpi]": 1.8357484657e-12, "@q2[qbc]": -5.381421858e-13},
    **{"@j1[igd]": -4.009999996e-12, "@j1[ggs]": 1.0000006978e-12, "@j1[ggd]": 1.0000000027e-12},
}
"""Printed by ngspice 39 with ten digits."""


@pytest.fixture(scope="module")
def charged():
    return tdsim.simulate(
        loads(CHARGED + f".save {' '.join(CHARGES)} @l1[flux] @l2[flux] @k1[coefficient]\n.op\n.end\n")
    )


@pytest.mark.parametrize("name", CHARGES)
def test_capacitances_charges_and_second_names_are_those_of_ngspice(charged, name):
    assert charged[name].item() == pytest.approx(CHARGES[name], rel=3e-6, abs=1e-20)


def test_flux_is_that_of_all_coupled_coils(charged):
    """ngspice 39 prints 0 at an operating point; in transients it gives this."""
    mutual = 0.5 * np.sqrt(0.5e-3 * 3e-3)
    assert charged["@l1[flux]"].item() == pytest.approx(0.5e-3 * 2e-3, rel=1e-9)
    assert charged["@l2[flux]"].item() == pytest.approx(mutual * 2e-3, rel=1e-9)
    assert charged["@k1[coefficient]"].item() == 0.5
    assert charged["@l1[flux]"].units == "Wb"


def test_flux_grows_as_the_voltage_says_in_every_run():
    circuit = loads("t\nv1 1 0 1\nl1 1 2 1m\nr2 2 0 1\n.end\n")
    params = {"l1.l": np.array([1e-3, 2e-3])}
    found = tdsim.transient(
        circuit, stop=2e-3, step=1e-5, params=params, save=["@l1[flux]", "@l1[v]", "@l1[inductance]"]
    )
    np.testing.assert_allclose(found["@l1[inductance]"].values[:, 0], [1e-3, 2e-3])
    np.testing.assert_allclose(found["@l1[flux]"].values[:, 0], [1e-3, 2e-3], rtol=1e-9)


@pytest.mark.parametrize("name", ["@m1[polarity]", "@t1[ic]", "@r6[tc]", "@w[wave]"])
def test_words_lists_and_waveforms_are_no_signals(name):
    with pytest.raises(NetlistError, match="is no number: save what it makes"):
        loads(CHARGED + f"vw w 0 sin(0 1 1k)\n.save {name.replace('@w[', '@vw[')}\n.op\n.end\n")


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
