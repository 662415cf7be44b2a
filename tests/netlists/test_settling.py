"""The netlists that show what a search for an equilibrium can answer, one word each."""

import numpy as np
import pytest

import tdsim

from .shipped import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:.*did not settle:UserWarning")


def load(name, **parameters):
    return tdsim.load(ROOT / "settling" / f"{name}.cir", {k: repr(v) for k, v in parameters.items()})


@pytest.mark.parametrize("name", ["oscillates", "drifts", "irregular", "too_slow"])
def test_each_says_its_word(name):
    found = tdsim.simulate(load(name))
    assert (found.attrs["settled"], found.attrs["verdict"]) == (0, name.replace("_", " "))


def test_settles_and_starts_from_rest():
    tree = tdsim.simulate(load("settles"))
    p = tree["tran"]["p(out)"]
    assert tree["settle"].attrs["settled"] == 1
    assert np.ptp(p.sel(time=slice(0, 0.98e-9)).values) < 1e-7 * float(p[0])
    assert float(tree["lowest"]) < 0.8 * float(tree["before"])


def test_too_slow_only_for_lack_of_time():
    found = tdsim.simulate(load("too_slow", tmax=100e-9))
    assert found.attrs["settled"] == 1
    assert found.attrs["settle_time"] == pytest.approx(55e-9, rel=0.25)
    field = np.abs(found["e(out)"].values - found["e(out)"].values[-1])
    where = np.array([100_000, 200_000])
    assert -np.diff(np.log(field[where]))[0] == pytest.approx(10 / 4, rel=0.01), "per 10 ns, time constant 4 ns"


def test_drift_is_the_sum_of_a_row_of_ones():
    found = tdsim.simulate(load("drifts"))
    inside = np.sqrt(found["p(out)"].values[199::20])
    steps = np.diff(inside)
    np.testing.assert_allclose(steps, np.sqrt(0.1) * np.sqrt(0.1) / np.sqrt(0.9) * 1e-3, rtol=1e-6)


def test_irregular_runs_part_company():
    circuit = load("irregular")
    powers = 35e-3 * np.array([1.0, 1 + 1e-6])
    found = tdsim.transient(circuit, stop=1e-6, step=10e-12, params={"xlaser.power": powers}, save=["p(out)"])
    one, other = found["p(out)"].values
    assert np.abs(one - other)[:500].max() < 1e-4 * one.max()
    assert np.abs(one - other)[-20_000:].max() > 0.3 * np.ptp(one)
