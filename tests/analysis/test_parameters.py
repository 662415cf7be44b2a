"""Parameters of the netlist (`.param`) that are set again on a circuit that was changed before."""

import numpy as np
import pytest

import tdsim
from tdsim.analysis.parameters import set_parameters

DIVIDER = """A divider
.param a=1k b=2
v1 1 0 1
r1 1 2 {a*b}
r2 2 0 1k
.tran 1u 2u
"""


def resistance(circuit):
    return circuit.instances["r1"].values["r"]


def test_the_value_of_the_netlist_undoes_an_earlier_one():
    circuit = tdsim.loads(DIVIDER)
    changed, _ = set_parameters(circuit, {"a": 5e3})
    assert resistance(changed) == pytest.approx(10e3)
    assert resistance(set_parameters(changed, {"a": 1e3})[0]) == pytest.approx(2e3)
    assert resistance(circuit) == pytest.approx(2e3)


def test_what_another_parameter_was_set_to_is_remembered():
    changed, _ = set_parameters(tdsim.loads(DIVIDER), {"a": 5e3})
    assert resistance(set_parameters(changed, {"b": 3.0})[0]) == pytest.approx(15e3)
    both, runs = set_parameters(changed, {"b": np.array([2.0, 3.0])})
    assert runs == 2
    np.testing.assert_allclose(resistance(both), [10e3, 15e3])
    np.testing.assert_allclose(resistance(set_parameters(both, {"a": 1e3})[0]), [2e3, 3e3])


def test_runs_whose_values_are_those_of_the_netlist_are_runs():
    found = tdsim.transient(tdsim.loads(DIVIDER), stop=2e-6, step=1e-6, params={"a": np.array([1e3, 1e3])})
    assert found["v(2)"].dims == ("run", "time")
    np.testing.assert_allclose(found["v(2)"], 1 / 3)
