"""The decks that are run by ngspice and by tdsim."""

import numpy as np
import pytest

import tdsim
from tdsim.netlist import loads

from .decks import bridge, crossbar, diode_grid, ladder, mesh, ring

SMALL = {
    "ladder": ladder(5),
    "mesh": mesh(3),
    "diode grid": diode_grid(3),
    "ring": ring(5),
    "bridge": bridge(),
    "crossbar": crossbar(3),
}


@pytest.mark.parametrize("name", SMALL)
def test_deck_is_read_without_a_warning_and_runs(name):
    deck = SMALL[name]
    circuit = loads(deck.text)
    assert circuit.warnings == []
    found = tdsim.simulate(circuit, deck.analysis)
    assert set(deck.signals) <= set(found.data_vars)
    for signal in deck.signals:
        assert np.isfinite(found[signal]).all()
        assert float(abs(found[signal]).max()) > 1e-6
