"""Circuits whose equations have no unique solution: named before they are solved, or mended with a warning."""

import numpy as np
import pytest

import tdsim
from tdsim.errors import SimulationError


def solve(lines, card=".op"):
    return tdsim.simulate(tdsim.loads(f"title\n{lines}\n{card}\n.end\n"))


REFUSED = [
    ("v1 1 0 1\nv2 1 0 2\nr1 1 0 1k", "voltage loop: v1, v2"),
    ("v1 1 0 1\nr1 1 0 1k\ne1 2 0 1 0 2\nv2 3 2 1\nv3 3 0 1\nr3 3 0 1", "voltage loop: v2, e1, v3"),
    ("v1 1 0 1\nb1 1 0 v=2\nr1 1 0 1k", "voltage loop: v1, b1"),
    ("v1 1 0 1\nl1 1 0 1m", "voltage loop: v1, l1"),
    ("i1 0 1 1m\nc1 1 0 1n", "no DC path to ground: node 1: the current of i1"),
    ("i1 0 1 1m\nr1 2 0 1k\nv1 2 0 1", "the current of i1 has nowhere to go"),
    ("v1 1 0 1\ng1 0 2 1 0 1m\nc2 2 0 1n\nr1 1 0 1", "no DC path to ground: node 2: the current of g1"),
]


@pytest.mark.parametrize(("lines", "reason"), REFUSED)
def test_refused_by_name(lines, reason):
    with pytest.raises(SimulationError) as caught:
        solve(lines)
    names = reason.partition(": ")[2].split(", ")
    if reason.startswith("voltage loop"):
        assert str(caught.value).startswith("voltage loop")
        assert set(names) <= set(caught.value.instances)
    else:
        assert reason in str(caught.value)


def test_a_source_across_an_inductor_may_run_without_an_operating_point():
    found = solve("v1 1 0 1\nl1 1 0 1m", ".tran 1u 10u uic")
    assert found["i(l1)"].values[-1] == pytest.approx(10e-3, rel=1e-9)


def test_a_current_into_a_capacitor_may_run_without_an_operating_point():
    found = solve("i1 0 1 1m\nc1 1 0 1n", ".tran 1u 10u uic")
    assert found["v(1)"].values[-1] == pytest.approx(10, rel=1e-9)


def test_charge_between_capacitors_is_conserved():
    with pytest.warns(UserWarning, match="no DC path to ground: node 2"):
        found = solve("v1 1 0 6\nc1 1 2 1n\nc2 2 0 2n")
    assert found["v(2)"].item() == pytest.approx(2, rel=1e-9)


def test_a_gate_that_nothing_leads_to_is_named():
    """Meyer's capacitances lead no current to it at rest, and are nothing to divide a charge by."""
    text = "vdd vdd 0 5\nrd vdd d 10k\nm1 d g 0 0 mm\nrg g h 1k\n.model mm nmos(vto=1 kp=1m tox=20n)"
    with pytest.warns(UserWarning, match="no DC path to ground: nodes g, h: at rest g is taken as 0 V"):
        found = solve(text)
    assert found["v(g)"].item() == pytest.approx(0, abs=1e-9)
    assert found["v(d)"].item() == pytest.approx(5, rel=1e-6)
    with pytest.raises(SimulationError, match="no DC path to ground: nodes g, h: the current of i1"):
        solve(text + "\ni1 0 g 1u")


def test_a_held_node_is_not_without_a_path():
    found = solve("v1 1 0 6\nc1 1 2 1n\nc2 2 0 2n\n.ic v(2)=1\n.save v(2)", ".tran 1u 10u")
    np.testing.assert_allclose(found["v(2)"].values, 1, rtol=1e-6)


def test_an_island_gets_a_ground():
    with pytest.warns(UserWarning, match="nothing joins nodes a, b to ground: a is taken as 0 V"):
        found = solve(
            "v1 1 0 sin(0 1 1k)\nr1 1 2 10\nl1 2 0 1m\nl2 a b 1m\nk1 l1 l2 0.9\nr2 a b 1k\n.save v(a) v(b)",
            ".tran 10u 1m",
        )
    assert np.abs(found["v(a)"].values).max() < 1e-6
    assert np.abs(found["v(b)"].values).max() > 0.1


def test_parallel_inductors_share_a_current_by_their_flux():
    found = solve("v1 1 0 3\nr1 1 2 1\nl1 2 0 1m\nl2 2 0 2m")
    assert found["i(l1)"].item() == pytest.approx(2, rel=1e-6)
    assert found["i(l2)"].item() == pytest.approx(1, rel=1e-6)


def test_a_controlled_source_across_its_own_control_is_a_resistor():
    found = solve("i1 0 1 1m\ng1 1 0 1 0 1m")
    assert found["v(1)"].item() == pytest.approx(1, rel=1e-9)


def test_sources_on_their_own_are_well_posed():
    found = solve("v1 1 0 1\nv2 2 1 2\nv3 3 0 4\nr1 2 3 1")
    assert found["i(v3)"].item() == pytest.approx(-1, rel=1e-12)
