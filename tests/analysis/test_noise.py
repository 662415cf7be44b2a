"""Random sources in circuits: what comes through a filter has the variance that linear theory says.

Noise is drawn on a grid and joined by straight lines (TRNOISE) or held (TRRANDOM); an RC filter turns each into a
recursion of first order, y[k + 1] = a y[k] + b0 x[k] + b1 x[k + 1] with a = exp(-T / RC).
"""

import math

import numpy as np
import pytest

import tdsim
from tdsim.netlist import loads

COUNT, GRID, TAU = 40_000, 1e-9, 3e-9
DECAY = math.exp(-GRID / TAU)


def filtered(source, seed=1):
    """What comes out at the grid, after ten time constants: (samples,)."""
    text = f"""Noise
v1 in 0 {source}
r1 in out 3k
c1 out 0 1p
.options seed={seed}
.tran {GRID} {COUNT * GRID}
.save v(out)
.end
"""
    return tdsim.simulate(loads(text), "tran", np.arange(30, COUNT) * GRID)["v(out)"].values


def test_trnoise_through_a_filter():
    ramp = (1 - DECAY) * TAU / GRID
    late, early = 1 - ramp, ramp - DECAY
    variance = 0.25 * (late**2 + (DECAY * late + early) ** 2 / (1 - DECAY**2))
    found = filtered(f"trnoise(0.5 {GRID} 0 0)")
    assert found.var() == pytest.approx(variance, rel=0.05)
    assert found.mean() == pytest.approx(0, abs=0.02)
    # kurtosis of a Gaussian: 3
    assert (found**4).mean() / found.var() ** 2 == pytest.approx(3, abs=0.2)


def test_trnoise_forgets_with_the_time_constant():
    found = filtered(f"trnoise(0.5 {GRID} 0 0)")
    one, two = (np.corrcoef(found[:-lag], found[lag:])[0, 1] for lag in (5, 10))
    assert two / one == pytest.approx(DECAY**5, abs=0.05)


@pytest.mark.parametrize(
    ("kind", "mean", "variance"),
    [(1, 0.5, 4 / 3), (2, 0.5, 4), (3, 2.5, 4), (4, 2.5, 2)],
    ids=["uniform", "gaussian", "exponential", "poisson"],
)
def test_trrandom_through_a_filter(kind, mean, variance):
    found = filtered(f"trrandom({kind} {GRID} 0 2 0.5)")
    assert found.mean() == pytest.approx(mean, abs=0.05)
    assert found.var() == pytest.approx(variance * (1 - DECAY) / (1 + DECAY), rel=0.05)


def test_seed_decides():
    one, same, other = (filtered(f"trnoise(0.5 {GRID} 0 0)", seed)[:5000] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
