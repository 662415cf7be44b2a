"""Sums over time of products of waves, in compiled code: what gradients are made of."""

from __future__ import annotations

import numpy as np

from .kernel import compiled
from .rings import Array


def add_product(wave: np.ndarray, other: np.ndarray, total: np.ndarray) -> None:
    """Add the sum over time of wave conj(other), both (carriers, runs, times), to a total (carriers, runs)."""
    carriers, runs, _ = wave.shape
    for carrier in range(carriers):
        for run in range(runs):
            total[carrier, run] += summed(wave[carrier, run], other[carrier, run])


@compiled
def summed(x: Array, y: Array) -> complex:
    """The sum of x conj(y), four sums at a time, because each addition waits for the one before."""
    total = np.zeros(4, np.complex128)
    whole = x.size - x.size % 4
    for t in range(0, whole, 4):
        for k in range(4):
            total[k] += x[t + k] * y[t + k].conjugate()
    for t in range(whole, x.size):
        total[0] += x[t] * y[t].conjugate()
    found: complex = total[0] + total[1] + (total[2] + total[3])
    return found
