"""Charge stays where no current can take it, in every device whose capacitance is the derivative of a charge.

A capacitor feeds a node at which devices hold charge and hardly let a current through. After whole periods of the
source the node is back where it was, to what Newton's method leaves in each of some thousand steps. Meyer's
capacitances of a MOS transistor's gate are left out, and so are capacitors c='f(v)', by which ngspice means i = f(v)
dv/dt: they are no derivatives of a charge.
"""

import numpy as np
import pytest

import tdsim
from tdsim.netlist import loads

CIRCUITS = {
    "diode": "d1 0 a dm\n.model dm d(is=1e-30 cjo=1p vj=0.7 m=0.4)",
    "diode that is forward biased at times": "d1 0 a dm\n.model dm d(is=1e-40 cjo=1p vj=0.7 m=0.4 fc=0.5)",
    "bipolar transistor": "q1 a 0 0 qm\n.model qm npn(is=1e-30 cjc=1p mjc=0.33 vjc=0.75 cje=1p)",
    "junction transistor": "j1 a 0 a jm\n.model jm pjf(is=1e-40 cgs=0.5p cgd=0.5p beta=1n)",
    "bulk of a mos transistor": "m1 a 0 0 0 mm ad=1n pd=10u\n.model mm nmos(vto=9 kp=1p is=1e-30 cj=1m cjsw=1n mj=0.4)",
    "expression": "b1 a 0 i=ddt(1p*v(a)+0.3p*v(a)*v(a))",
}


@pytest.mark.parametrize("method", ["", "method=trap", "method=gear"])
@pytest.mark.parametrize(("reltol", "bound"), [(1e-3, 5e-4), (1e-6, 2e-6)])
@pytest.mark.parametrize("name", CIRCUITS)
def test_charge_comes_back_after_every_period(name, reltol, bound, method):
    text = f"""charge
v1 in 0 sin(0 1 100meg)
c1 in a 1p
{CIRCUITS[name]}
.options gmin=1e-18
.options reltol={reltol} {method}
.ic v(a)=1 v(in)=0
.tran 0.1n 1u uic
.save v(a)
.end
"""
    periods = np.arange(0, 101) * 1e-8
    found = tdsim.simulate(loads(text), "tran", periods)["v(a)"].values
    between = tdsim.simulate(loads(text), "tran", periods[1:] - 2.5e-9)["v(a)"].values
    assert np.ptp(np.concatenate([found, between])) > 0.3
    np.testing.assert_allclose(found, 1, atol=bound)
