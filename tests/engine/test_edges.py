"""Edges of shapes on the grid, and what stands still between them."""

import numpy as np
import pytest

import tdsim
from tdsim.engine import edges
from tdsim.shapes import make_shape

PS = 1e-12


def shape(name, *numbers):
    return make_shape(name, numbers).resolve(PS, 1e-6)


def test_edges_are_the_first_samples_at_or_after_them():
    pulse = shape("pulse", 0, 1, 10 * PS, 2.5 * PS, 2 * PS, 20 * PS)
    assert edges.edge_ticks(pulse, PS, 0, 100).tolist() == [10, 13, 33, 35]
    assert edges.edge_ticks(pulse, PS, 10, 34).tolist() == [13, 33]
    assert edges.edge_ticks(pulse, PS, 9, 13).tolist() == [10]


def test_stretches_cover_all_and_tell_what_stands_still():
    pulse = shape("pulse", 0, 1, 5000 * PS, 2000 * PS, 2000 * PS, 3000 * PS)
    assert edges.stretches([pulse], PS, 0, 20000) == [
        (0, 1, False),
        (1, 5000, True),
        (5000, 7001, False),
        (7001, 10000, True),
        (10000, 12001, False),
        (12001, 20000, True),
    ]


def test_a_stretch_that_stands_still_goes_on_to_the_next_edge():
    pulse = shape("pulse", 0, 1, 50000 * PS, 2000 * PS, 2000 * PS, 3000 * PS)
    assert edges.stretches([pulse], PS, 0, 5000, 100000) == [(0, 1, False), (1, 50000, True)]
    assert edges.stretches([pulse], PS, 60000, 65000, 100000) == [(60000, 60001, False), (60001, 100000, True)]
    assert edges.next_edge([pulse], PS, 0, 40000) == 40000
    assert edges.next_edge([pulse], PS, 50000, 100000) == 52000


@pytest.mark.parametrize("moving", [("sin", 0, 1, 1e9), ("exp", 0, 1, 0, 1e-9), ("trnoise", 1, 5e-9)])
def test_what_moves_does_not_stand_still(moving):
    assert not any(still for _, _, still in edges.stretches([shape(*moving)], PS, 0, 20000))


def test_dense_edges_are_one_stretch():
    assert edges.stretches([shape("prbs", 0, 1, 100 * PS, 7)], PS, 0, 50000) == [(0, 50000, False)]


def test_edges_come_in_order_and_once():
    one, other = (
        shape("pulse", 0, 1, 5000 * PS, 2000 * PS),
        shape("pwl", 0, 0, 7000 * PS, 1, 9000 * PS, 1, 90000 * PS, 0),
    )
    assert list(edges.Edges([one, other], PS, 0, 100000, 1)) == [5000, 7000, 9000, 90000]
    assert list(edges.Edges([one, other], PS, 0, 80000, 3000)) == [5000, 9000]
    assert list(edges.Edges([], PS, 0, 80000, 1)) == []


def test_dense_edges_are_passed_over_ever_further():
    bits = shape("prbs", 0, 1, 100 * PS, 7)
    found = list(edges.Edges([bits], PS, 0, 1000000, 1000))
    assert set(found) <= set(edges.edge_ticks(bits, PS, 0, 1000000).tolist())
    assert 5 < len(found) < 15
    assert np.diff(found).min() >= 1000


DRIVEN = """Pulsed light through a driven phase, an echo and a detuned laser
Xl a laser power=pulse(0 1m 1n 10p 10p 2n 7n) detuning={detuning}
Xp a b phase_shifter phase=pwl(0 0 3n 0 3.1n 1 9n 1 9.3n 0.2) r=0
Xc b e f d coupler coupling=0.3
Xw f e delay time=33p phase=0.2
.tran 1p 25n
.save e(d)
"""


@pytest.mark.parametrize("detuning", ["0", "1.3g"])
def test_what_is_taken_to_stand_still_leaves_no_trace(monkeypatch, detuning):
    found = []
    for least in (3, 1024, 1 << 40):
        monkeypatch.setattr(edges, "FLAT", least)
        found.append(tdsim.simulate(tdsim.loads(DRIVEN.format(detuning=detuning)))["e(d)"].values)
    assert np.abs(found[0]).max() > 0.01
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
