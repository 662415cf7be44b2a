"""Fewer points for the same picture."""

from __future__ import annotations

import numpy as np

BINS = 2000
"""Of a long trace; a figure has about as many columns of pixels."""


def envelope(x: np.ndarray, y: np.ndarray, bins: int = BINS) -> tuple[np.ndarray, np.ndarray]:
    """A trace (n,) as the smallest and largest value in each bin, so that no peak is lost; short ones stay as they are.

    NaN in `y` (a gap) stays where a bin holds nothing else.
    """
    if len(y) <= 4 * bins:
        return x, y
    starts = np.linspace(0, len(y), bins, endpoint=False).astype(np.intp)
    ends = np.append(starts[1:], len(y)) - 1
    low, high = np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts)
    falls = y[ends] < y[starts]
    first, second = np.where(falls, high, low), np.where(falls, low, high)
    return np.column_stack([x[starts], x[ends]]).ravel(), np.column_stack([first, second]).ravel()


def wrapped(x: np.ndarray, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A phase brought to -pi to pi, with a gap wherever it jumps from one end to the other."""
    within = (phase + np.pi) % (2 * np.pi) - np.pi
    jumps = np.flatnonzero(np.abs(np.diff(within)) > np.pi) + 1
    return np.insert(x, jumps, np.nan), np.insert(within, jumps, np.nan)
