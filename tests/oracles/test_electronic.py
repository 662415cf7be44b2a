"""Electronic decks as ngspice takes them, against tight runs of ngspice 39 and exact solutions (data/electronic).

Each deck runs twice. As written, it must not err by more than ngspice itself does, or by a thousandth. With reltol 1e-6
it must meet the reference: 1e-5 of the span, also where there are edges, or what the reference itself is worth.
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
BEGIN = {"rc_mesh_30": 2.5e-11}
"""From when on (s) a reference holds. The first points of this one, just after the edge begins, are off by 1.2e-4: the
modes of the mesh say what is right there (see the last test)."""

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
    for analysis, key, error, says in errors(name, TIGHT):
        assert error < LIMITS.get(analysis, max(says["trust"], 1e-5)), key


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


def modes_of_mesh(times):
    """v(n0_0) of rc_mesh_30 while its source rises by 1 V/ns: a sum over the modes of C dv/dt + G v = b t / 1 ns."""
    lines = [line.split() for line in (DATA / "rc_mesh_30.cir").read_text().splitlines()]
    resistors = [(a, b, float(r)) for name, a, b, r in (x for x in lines if x and x[0][0] == "r")]
    place = {n: k for k, n in enumerate(sorted({n for a, b, _ in resistors for n in (a, b)} - {"0", "in"}))}
    conductance, drive = np.zeros((len(place), len(place))), np.zeros(len(place))
    for a, b, r in resistors:
        for one, other in ((a, b), (b, a)):
            if one in place:
                conductance[place[one], place[one]] += 1 / r
                if other in place:
                    conductance[place[one], place[other]] -= 1 / r
                elif other == "in":
                    drive[place[one]] += 1 / r
    capacitance = np.zeros(len(place))
    for _, node, _, value in (x for x in lines if x and x[0][0] == "c"):
        capacitance[place[node]] += float(value.rstrip("p")) * 1e-12
    root = 1 / np.sqrt(capacitance)
    rates, modes = np.linalg.eigh(root[:, None] * conductance * root)
    fed = modes.T @ (root * drive) * 1e9
    seen = root[place["n0_0"]] * modes[place["n0_0"]]
    late = times[:, None] / rates + np.expm1(-rates * times[:, None]) / rates**2
    return late @ (fed * seen)


def test_the_mesh_follows_its_modes_where_the_reference_does_not():
    times, ref = reference("rc_mesh_30")["tran:time"], reference("rc_mesh_30")["tran:v(n0_0)"]
    rising = times < 0.9e-9
    times, ref = times[rising], ref[rising]
    exact = modes_of_mesh(times)
    assert np.abs(run("rc_mesh_30", "tran", TIGHT, times)["v(n0_0)"] - exact).max() < 2e-7
    early = times < BEGIN["rc_mesh_30"]
    assert np.abs(ref - exact)[early].max() > 1e-4
    assert np.abs(ref - exact)[~early].max() < 1e-5
