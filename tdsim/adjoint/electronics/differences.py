"""Derivatives of a device's numbers with respect to its parameters, by a difference of fourth order.

Numbers are evaluated at four values beside the present one. These are so near that each number changes by at most
LARGE of itself, where the difference is exact to LARGE^4/30 = 3e-10 of a derivative for an exponential, and so far that
something changes by SMALL of itself, where round-off counts 1e-13.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LARGE, SMALL = 1e-2, 1e-3
"""Between these a number should change, as part of itself."""

LEAST = 1e-6
"""Numbers below this part of the largest one beside them count as so large: what is nearly cancelled is round-off."""

NEAR = 1e-2
"""The first step, and the longest, as part of the parameter's value."""

TRIES = 60

WEIGHTS = {1: 8 / 12, -1: -8 / 12, 2: -1 / 12, -2: 1 / 12}
"""Of the fourth-order difference."""

Evaluate = Callable[[np.ndarray], np.ndarray]
"""Numbers (..., count) for steps (...) of a parameter."""


def derivative(evaluate: Evaluate, step: np.ndarray, longest: np.ndarray) -> np.ndarray:
    """The derivatives (..., count) of numbers by what `evaluate` moves by steps (...).

    step     the first step to try;  longest  how long a step may become: twice as far must still make sense
    Numbers that are infinite on both sides have no derivative, which counts as 0; others give NaN.
    """
    ahead, back = evaluate(step), evaluate(-step)
    for _ in range(TRIES):
        change = _change(ahead, back)
        too_large, too_small = ~(change <= LARGE), (change < SMALL) & (change > 0) & (3 * step < longest)
        if not (too_large | too_small).any():
            break
        step = np.where(too_large, step / 4, np.where(too_small, 3 * step, step))
        ahead, back = evaluate(step), evaluate(-step)
    beside = dict(zip(WEIGHTS, (ahead, back, evaluate(2 * step), evaluate(-2 * step)), strict=True))
    moves = np.isfinite(ahead) | np.isfinite(back)
    total = sum(weight * np.where(moves, beside[way], 0.0) for way, weight in WEIGHTS.items())
    return np.asarray(total / step[..., None])


def _change(ahead: np.ndarray, back: np.ndarray) -> np.ndarray:
    """The largest change (...) of a number, as part of itself."""
    there = np.isfinite(ahead) | np.isfinite(back)
    ahead, back = np.where(there, ahead, 0.0), np.where(there, back, 0.0)
    size = np.abs(ahead) + np.abs(back)
    size = size + LEAST * size.max(axis=-1, keepdims=True, initial=0.0) + 1e-300
    return np.asarray((2 * np.abs(ahead - back) / size).max(axis=-1, initial=0.0))
