"""Random transistors at random voltages, for the tests of each kind."""

from __future__ import annotations

from typing import Any

import numpy as np


def prepared(kind, ambient=27.0, **values: Any):
    """The numbers of an instance of a device with these parameters."""
    assert set(values) <= set(kind.params)
    return kind.prepare({**{k: p.default for k, p in kind.params.items()}, **values}, ambient, 27.0)


def check_derivatives(evaluate, u, step=1e-6, rel=2e-6, floor=0.0) -> None:
    """Slopes and capacitances of evaluate(u), at any u, are those of its flows and charges."""
    found = evaluate(u)
    for k, unit in enumerate(np.eye(len(u))):
        high, low = evaluate(tuple(u + step * unit)), evaluate(tuple(u - step * unit))
        for value, slope in ((0, 1), (2, 3)):
            ends = np.array(high[value]), np.array(low[value])
            noise = 2e-15 * np.abs(np.array(ends)).max() / step + floor
            exact = np.array(found[slope])[:, k]
            np.testing.assert_allclose(exact, (ends[0] - ends[1]) / (2 * step), rtol=rel, atol=noise)
