"""What `ic` gives in a transient with `uic`, against the discharge of constant capacitances."""

import numpy as np
import pytest

import tdsim
from tdsim.netlist import loads

TIMES = np.linspace(0, 30e-9, 31)

CIRCUITS = {
    "diode": ("r1 a 0 1k\nd1 0 a dm ic=-2\n.model dm d(is=1e-18 cjo=10p m=0)", "v(a)", 2.0, 10e-9),
    "mosfet": (
        "r1 a 0 1k\nm1 0 a 0 0 mm w=1m ic=0,0.5,0\n.model mm nmos(vto=1 cgso=4n cgdo=6n)",
        *("v(a)", 0.5, 10e-9),
    ),
    "mosfet of the other polarity": (
        "r1 a 0 1k\nm1 0 a 0 0 mm w=1m ic=0,-0.5,0\n.model mm pmos(vto=-1 cgso=4n cgdo=6n)",
        *("v(a)", -0.5, 10e-9),
    ),
    "bulk of a mosfet": (
        "r1 a 0 1k\nm1 0 0 0 a mm w=1m ic=0,0,-1\n.model mm nmos(vto=1 cbs=4p cbd=6p mj=0)",
        *("v(a)", -1.0, 10e-9),
    ),
    "bipolar transistor": (
        "r1 a 0 1k\nq1 0 a 0 qm ic=-0.4,0\n.model qm npn(is=1e-18 cje=4p cjc=6p mje=0 mjc=0)",
        *("v(a)", -0.4, 10e-9),
    ),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_junctions_and_gates_discharge_from_what_ic_gives(name):
    elements, signal, start, tau = CIRCUITS[name]
    text = f"start\n{elements}\n.tran 1n 30n uic\n.save {signal}\n.end\n"
    found = tdsim.simulate(loads(text), "tran", TIMES)[signal].values
    np.testing.assert_allclose(found, start * np.exp(-TIMES / tau), atol=1e-4 * abs(start))
    without = tdsim.simulate(loads(text.replace(" uic", "")), "tran", TIMES)[signal].values
    np.testing.assert_allclose(without, 0, atol=1e-6, err_msg="ic means nothing without uic")


def test_field_effect_transistor_starts_from_both_voltages():
    text = """start
vdd vd 0 5
rd vd d 10k
rg g 0 10k
j1 d g 0 jm ic=3,-1.5
.model jm njf(vto=-2 beta=1m cgs=10p cgd=5p)
.tran 1n 300n uic
.save v(d) v(g)
.end
"""
    found = tdsim.simulate(loads(text), "tran", [0])
    np.testing.assert_allclose(found["v(d)"][0], 3, atol=1e-5)
    np.testing.assert_allclose(found["v(g)"][0], -1.5, atol=1e-5)


def test_voltages_that_ic_leaves_out_are_those_of_the_nodes():
    text = """start
rd d 0 1k
m1 d g 0 0 mm w=1m ic=0.5
rg g 0 1k
.ic v(g)=0.25
.model mm nmos(vto=1 cgso=4n cgdo=6n cbd=1p mj=0)
.tran 1n 30n uic
.save v(d) v(g)
.end
"""
    found = tdsim.simulate(loads(text), "tran", [0])
    assert float(found["v(d)"][0]) == pytest.approx(0.5, abs=1e-4)
    assert float(found["v(g)"][0]) == pytest.approx(0.25, abs=1e-4)
