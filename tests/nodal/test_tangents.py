"""Devices whose voltages hardly move are not evaluated again: their tangents stand for them."""

import numpy as np
import pytest

import tdsim
from tdsim.netlist import loads
from tdsim.nodal import integrator
from tdsim.nodal.kinds import LATENT

MODELS = """.model nch nmos(vto=0.7 kp=110u gamma=0.45 phi=0.7 lambda=0.05 tox=12n cgso=0.3n cgdo=0.3n cj=0.45m)
.model pch pmos(vto=-0.8 kp=42u gamma=0.5 phi=0.7 lambda=0.06 tox=12n cgso=0.3n cgdo=0.3n cj=0.6m)
.model dm d(is=1e-14 rs=5 cjo=1p tt=1n)
"""

CHAIN = f"""Inverters in a row, of which one at a time switches
vdd vdd 0 3.3
vin r0 0 pulse(0 3.3 1n 0.1n 0.1n 5n)
.for k 0 7
mn{{k}} r{{k+1}} r{{k}} 0 0 nch w=2u l=0.6u ad=2p pd=6u
mp{{k}} r{{k+1}} r{{k}} vdd vdd pch w=5u l=0.6u ad=5p pd=12u
c{{k}} r{{k+1}} 0 20f
.endfor
{MODELS}.tran 20p 12n
.save v(r1) v(r4) v(r8)
.end
"""

CLIPPER = f"""Diodes that conduct now and then
v1 in 0 sin(0 3 1meg)
r1 in a 1k
d1 a 0 dm
d2 0 a dm
d3 0 b dm
rb in b 10k
{MODELS}.tran 10n 3u
.save v(a) v(b)
.end
"""


@pytest.mark.parametrize(("text", "bound"), [(CHAIN, 1e-4), (CLIPPER, 1e-6)], ids=["chain", "clipper"])
def test_tangents_do_not_show(text, bound, monkeypatch):
    times = np.linspace(0, loads(text).analyses[0].stop, 501)

    def run():
        circuit = loads(text)
        circuit.options["reltol"] = 1e-6
        return tdsim.simulate(circuit, "tran", times)

    found = run()
    monkeypatch.setattr(integrator, "NEAR", -1.0)
    every = run()
    for name in found.data_vars:
        np.testing.assert_allclose(found[name], every[name], atol=bound * np.ptp(every[name].values))


def test_row_of_a_group_points_to_its_own_part():
    from .circuits import integrator as begun

    run = begun(loads(CLIPPER), 1e-8, 1e-6)
    words = run.words
    (row,) = words["GROUP_ROWS"]
    assert row[LATENT] == words["LATENT"].ctypes.data
    assert words["LATENT"].size == 3 * (2 + 2 * 2)
    assert np.isnan(words["LATENT"]).all()
