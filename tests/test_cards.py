"""The points of sweeps, as ngspice 39 printed them."""

import numpy as np
import pytest

from tdsim.cards import Axis, SmallSignal


@pytest.mark.parametrize(
    ("spacing", "points", "start", "stop", "expected"),
    [
        ("dec", 3, 1, 150, [1, 2.305058, 5.313293, 12.24745, 28.23108, 65.07428, 150]),
        ("dec", 3, 1, 100, [1, 2.154435, 4.641589, 10, 21.54435, 46.41589, 100]),
        ("oct", 2, 1, 9, [1, 1.414214, 2, 2.828427, 4, 5.656854, 8]),
        ("oct", 1, 1, 8, [1, 2, 4, 8]),
        ("lin", 3, 1, 9, [1, 5, 9]),
        ("lin", 1, 5, 5, [5]),
    ],
)
def test_frequencies(spacing, points, start, stop, expected):
    found = SmallSignal(spacing, points, float(start), float(stop)).frequencies
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("start", "stop", "step", "expected"),
    [
        (0, 1, 0.3, [0, 0.3, 0.6, 0.9]),
        (1, 0, -0.3, [1, 0.7, 0.4, 0.1]),
        (0, 1, 0.1, np.arange(11) / 10),
        (2, 2, 1, [2]),
    ],
)
def test_swept_values_stop_short_of_the_end_unless_they_meet_it(start, stop, step, expected):
    np.testing.assert_allclose(Axis("v1", "dc", start, stop, step).values, expected, atol=1e-15)
