"""Currents that are no unknowns are measured by sources of 0 V."""

import numpy as np
import pytest

import tdsim
from tdsim.ammeters import put_ammeter, with_ammeters
from tdsim.netlist import loads

NETLIST = """t
v1 1 0 2
r1 1 2 1k
r2 2 0 1k
b1 3 0 v=i(r1)*1000
r3 3 0 1k
.op
.save i(r1) i(r2) v(3) i(v1)
"""


def test_an_ammeter_changes_no_voltage_and_is_put_in_once():
    circuit = loads(NETLIST)
    assert [n for n in circuit.instances if "#" in n] == ["r1#current"]
    found = with_ammeters(circuit, ["r1", "r2", "v1", "r1"])
    assert [n for n in found.instances if "#" in n] == ["r1#current", "r2#current"]
    assert "r2#current" not in circuit.nets, "the circuit itself stays as it is"
    assert circuit.instances["r2"].nets == {"p": "2", "n": "0"}
    assert put_ammeter(found, "r2") is found.instances["r2#current"]
    assert with_ammeters(circuit, ["v1", "r1"]) is circuit


def test_currents_flow_into_the_first_node():
    result = tdsim.simulate(loads(NETLIST))
    assert float(result["i(r1)"]) == pytest.approx(1e-3, rel=1e-9)
    assert float(result["i(r2)"]) == pytest.approx(1e-3, rel=1e-9)
    assert float(result["i(v1)"]) == pytest.approx(-1e-3, rel=1e-9)
    assert float(result["v(3)"]) == pytest.approx(1, rel=1e-9)
    assert set(result.data_vars) == {"i(r1)", "i(r2)", "v(3)", "i(v1)"}
    assert np.isfinite(list(map(float, result.data_vars.values()))).all()
