"""Each hand-written loop computes what tdsim computes."""

import numpy as np
import pytest

from .circuits import clements, crow, ring, swirl, torus
from .loops import Loop
from .measure import prepared, run_kept

SMALL = {
    "torus": lambda: torus(16),
    "crow": lambda: crow(3),
    "clements": lambda: clements(4),
    "ring": ring,
    "swirl": swirl,
}


@pytest.mark.parametrize("runs", [1, 3, 9])
@pytest.mark.parametrize("name", SMALL)
def test_loop_equals_tdsim(name, runs):
    case = SMALL[name]()
    samples = case.samples(runs, 700)
    expected = run_kept(prepared(case, samples))
    found = Loop(case, samples).run(keep=True)
    assert np.abs(expected).max() > 0.1
    assert np.abs(found - expected).max() <= 1e-10 * np.abs(expected).max()
