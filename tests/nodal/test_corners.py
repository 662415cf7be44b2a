"""Rates of expressions with corners: ddt() of table(), abs() and their kin, which jump where a corner is passed."""

import numpy as np
import pytest

import tdsim
from tdsim.netlist import loads

SOURCES = {
    "pulse": "pulse(0 1 1u 10n 10n 1u 3u)",
    "pwl": "pwl(0 0 1u 1 2u 0.2 5u 3)",
    "sin": "sin(0.3 1 1meg)",
}


def course(law, source):
    text = f"t\nv1 1 0 {SOURCES[source]}\nb1 3 0 {law}\nr3 3 0 1\n.tran 10n 6u\n"
    found = tdsim.simulate(loads(text), "tran")
    return found["time"].values, found["v(1)"].values, -found["v(3)"].values


@pytest.mark.parametrize(("source", "bound"), [("pulse", 1e-6), ("pwl", 1e-6), ("sin", 1e-3)])
def test_the_charge_that_flows_is_that_of_the_ends(source, bound):
    """The integral of d table(v)/dt is table(v), whatever corners are passed.

    Bounds: a jump takes the two short steps after it (2e-7 of a step); of a sine, what trapezoids make of it.
    """
    time, driven, rate = course("i=1u*ddt(table(v(1),-4,-4,0.5,1,4,1.2))", source)
    flowed = 1e-6 * np.interp(driven, [-4, 0.5, 4], [-4, 1, 1.2])
    through = np.concatenate([[0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(time))])
    np.testing.assert_allclose(through, flowed - flowed[0], atol=bound * 1e-6)


def test_a_rate_times_a_table_that_is_zero_at_first():
    """Pivots that serve the operating point, where the factor is 0, are chosen anew in time."""
    time, driven, rate = course("i=1u*ddt(v(1))*table(v(1),0.3,0,4,1)", "sin")
    expected = 2 * np.pi * np.cos(2e6 * np.pi * time) * np.interp(driven, [0.3, 4], [0, 1])
    np.testing.assert_allclose(rate, expected, atol=1e-3 * 2 * np.pi)


def test_a_circuit_that_runs_away_is_not_blamed_on_roots():
    lines = ["t", "v1 1 0 sin(0 1 1k)", "r1 1 2 1k", "b1 2 0 i=v(2)/1k*tanh(v(2)/1m) m=2", "l2 2 4 1m", "r4 4 0 10"]
    with pytest.raises(tdsim.SimulationError) as failure:
        tdsim.simulate(loads("\n".join([*lines, "r3 3 0 1k", "r30 3 2 1k", ".tran 10u 1m", ""])), "tran")
    assert "square root" not in str(failure.value)
    assert "t = " in str(failure.value)
