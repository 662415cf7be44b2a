"""A linear readout: weights by ridge regression, their penalty chosen on examples that were set aside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import UsageError

PENALTIES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2)
"""Penalties that are tried, relative to the square of the largest singular value of the centred states."""


class Readout:
    """y = sum_k weights_k x_k + offset.

    penalties  of the squares of the weights, relative to the largest squared singular value; the best is kept
    held       the last part of the examples, on which it is chosen: they take no part in the weights that it judges
    penalty    the one that was chosen

    Reference: T. Hastie, R. Tibshirani and J. Friedman, The Elements of Statistical Learning (2009), section 3.4.1.
    """

    weights: np.ndarray
    offset: float
    penalty: float

    def __init__(self, penalties: Sequence[float] = PENALTIES, held: float = 0.25):
        if not penalties or min(penalties) < 0 or not 0 < held < 1:
            raise UsageError("a readout needs penalties of 0 or more, and a held part between 0 and 1")
        self.penalties, self.held = tuple(penalties), held

    def fit(self, states: np.ndarray, targets: np.ndarray) -> Readout:
        """Weights for states (examples, nodes) and targets (examples,); raises UsageError for too few examples."""
        kept = len(targets) - round(self.held * len(targets))
        if kept < 2 or kept == len(targets):
            raise UsageError(f"{len(targets)} examples are too few to fit a readout and to choose its penalty")
        tried = _solutions(states[:kept], targets[:kept], self.penalties)
        errors = [normalised_error(states[kept:] @ w + b, targets[kept:]) for w, b in tried]
        self.penalty = self.penalties[int(np.argmin(errors))]
        ((self.weights, self.offset),) = _solutions(states, targets, [self.penalty])
        return self

    def predict(self, states: np.ndarray) -> np.ndarray:
        """The outputs (examples,) of states (examples, nodes)."""
        found: np.ndarray = states @ self.weights + self.offset
        return found


def _solutions(states: np.ndarray, targets: np.ndarray, penalties: Sequence[float]) -> list[tuple[np.ndarray, float]]:
    """Weights and offset for each penalty, by one singular value decomposition."""
    mean, level = states.mean(axis=0), float(targets.mean())
    u, s, v = np.linalg.svd(states - mean, full_matrices=False)
    if s[0] == 0:
        raise UsageError("no state of the reservoir ever changes: does the input reach it?")
    seen, solid = u.T @ (targets - level), s > 1e-14 * s[0]
    found = []
    for penalty in penalties:
        gain = np.divide(s, s**2 + penalty * s[0] ** 2, out=np.zeros_like(s), where=solid)
        weights = v.T @ (gain * seen)
        found.append((weights, level - float(mean @ weights)))
    return found


def normalised_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """NMSE: the mean squared error over the variance of what is wanted. Raises UsageError where that is constant."""
    variance = float(np.var(wanted))
    if variance == 0:
        raise UsageError("the targets are all alike: there is no error to normalise")
    return float(np.mean((found - wanted) ** 2) / variance)
