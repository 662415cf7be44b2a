"""Fixed points x = g(x) of a few numbers by Anderson's method, of one number the secant method.

Plain repetition x <- g(x) goes astray where the slope of g is beyond one; this does not.

Reference: D. G. Anderson, J. ACM 12, 547 (1965); H. F. Walker and P. Ni, SIAM J. Numer. Anal. 49, 1715 (2011).
"""

from __future__ import annotations

import numpy as np

DEPTH = 8
"""How many earlier steps are remembered."""


class Secant:
    """Proposes the next x from all (x, g(x)) that it has seen. Runs side by side are solved one by one."""

    def __init__(self) -> None:
        self._x: list[np.ndarray] = []
        self._g: list[np.ndarray] = []

    def next(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """x and g(x) of shape (numbers, runs, ...); returns the x to try next."""
        self._x = [*self._x[-DEPTH:], x.copy()]
        self._g = [*self._g[-DEPTH:], g.copy()]
        if len(self._x) == 1:
            return g.copy()
        proposed = np.empty_like(g)
        for run in range(x.shape[1]):
            proposed[:, run] = self._one(run).reshape(proposed[:, run].shape)
        return proposed

    def _one(self, run: int) -> np.ndarray:
        """The least-squares combination of the steps so far for which the residual g - x vanishes."""
        values = np.stack([g[:, run].ravel() for g in self._g])
        residuals = values - np.stack([x[:, run].ravel() for x in self._x])
        weights = np.linalg.lstsq(np.diff(residuals, axis=0).T, residuals[-1], rcond=1e-14)[0]
        found: np.ndarray = values[-1] - weights @ np.diff(values, axis=0)
        return found
