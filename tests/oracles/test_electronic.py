"""Electronic decks as ngspice takes them, against tight runs of ngspice 39 and exact solutions (data/electronic).

Each deck runs twice. As written, it must not err by more than ngspice itself does, or by a thousandth. With reltol 1e-6
it must meet the reference: 1e-5 of the span, 1e-4 where there are edges, or what the reference itself is worth.
"""

import functools
import json
from pathlib import Path

import numpy as np
import pytest

import tdsim

DATA = Path(__file__).parent / "data" / "electronic"
DECKS = json.loads((DATA / "manifest.json").read_text())
WAVES = [name for name, deck in DECKS.items() if deck["kind"] != "osc"]
OSCILLATORS = [name for name, deck in DECKS.items() if deck["kind"] == "osc"]
SMOOTH = ("rlc_series", "lc_tank_free", "transformer", "ctrl_sources", "bsources", "subckt_params", "ic_uic")
SMOOTH += ("bjt_ce_amp", "jfet_amp")
"""Waveforms without edges, or whose edges are slow."""

BEGIN = {"rc_mesh_30": 2.5e-11}
"""From when on (s) a reference holds. The first points of this one, just after an edge, are off by up to 1.2e-4: what
comes out here does not change by 1e-8 there when the tolerance or the longest step is made a hundred times smaller."""

TIGHT = {"reltol": 1e-6, "vntol": 1e-9, "abstol": 1e-15}


@functools.cache
def reference(name):
    with np.load(DATA / f"{name}.npz") as file:
        return {key: file[key] for key in file.files}


def run(name, analysis, options, times=None):
    """The signals of one analysis of a deck, (times,) each."""
    circuit = tdsim.load(DATA / f"{name}.cir")
    circuit.options.update(options)
    found = tdsim.simulate(circuit, analysis, times=times)
    return {key: np.ravel(value.values) for key, value in found.data_vars.items()}


def errors(name, options):
    """The largest error of each signal as a part of its span, and what the manifest says of it."""
    signals, ref = DECKS[name]["signals"], reference(name)
    analyses = {key.split(":")[0] for key in signals}
    found = {a: run(name, a, options, ref["tran:time"] if a == "tran" else None) for a in analyses}
    for key, says in signals.items():
        analysis, signal = key.split(":", 1)
        known = np.isfinite(ref[key])
        if analysis == "tran":
            known &= ref["tran:time"] >= BEGIN.get(name, 0.0)
        difference = np.abs(found[analysis][signal] - ref[key])[known]
        yield analysis, key, difference.max() / says["span"], says


LIMITS = {"op": 1e-6, "dc": 1e-6, "ac": 1e-5}


@pytest.mark.parametrize("name", WAVES)
def test_as_written_no_worse_than_ngspice(name):
    for analysis, key, error, says in errors(name, {}):
        assert error < LIMITS.get(analysis, max(1e-3, says["ngspice"])), key


@pytest.mark.parametrize("name", WAVES)
def test_tight_runs_meet_the_reference(name):
    edges = 1e-5 if name in SMOOTH else 1e-4
    for analysis, key, error, says in errors(name, TIGHT):
        assert error < LIMITS.get(analysis, max(says["trust"], edges)), key


@pytest.mark.parametrize("name", OSCILLATORS)
@pytest.mark.parametrize(("options", "bound"), [({}, 1e-3), (TIGHT, 1e-5)])
def test_oscillators_keep_their_period(name, options, bound):
    ((key, says),) = DECKS[name]["signals"].items()
    start, stop = DECKS[name]["window"]
    times = np.linspace(start, stop, 100_001)
    wave = run(name, "tran", options, times)[key.split(":")[1]]
    middle = 0.5 * (wave.max() + wave.min())
    k = np.flatnonzero((wave[:-1] < middle) & (wave[1:] >= middle))
    crossings = times[k] + (middle - wave[k]) / (wave[k + 1] - wave[k]) * (times[1] - times[0])
    assert np.diff(crossings).mean() == pytest.approx(says["period"], rel=bound)
    assert wave.min() == pytest.approx(says["low"], abs=0.01 * says["span"])
    assert wave.max() == pytest.approx(says["high"], abs=0.01 * says["span"])
