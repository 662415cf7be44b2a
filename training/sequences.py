"""Sequences to learn from: an input in time, and what is wanted of it."""

from __future__ import annotations

import numpy as np

from .. import UsageError

NARMA_BOUND = 10.0
"""Beyond this a NARMA sequence has run away (it lies between 0 and 1), which random inputs can make it do."""


def narma10(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs u, uniform in 0 to 0.5, and targets y, both (count,), of the nonlinear moving average of order 10.

    y(n+1) = 0.3 y(n) + 0.05 y(n) sum_(k=0..9) y(n-k) + 1.5 u(n-9) u(n) + 0.1, and y = 0 up to n = 9.
    Atiya and Parlos, IEEE Trans. Neural Netw. 11, 697 (2000). The target at n depends on inputs before n only.
    Raises UsageError for a seed whose sequence runs away, and for fewer than 11 samples.
    """
    if count < 11:
        raise UsageError(f"NARMA10 needs at least 11 samples, not {count}")
    u, y = np.random.default_rng(seed).uniform(0, 0.5, count), np.zeros(count)
    for n in range(9, count - 1):
        y[n + 1] = 0.3 * y[n] + 0.05 * y[n] * y[n - 9 : n + 1].sum() + 1.5 * u[n - 9] * u[n] + 0.1
        if y[n + 1] > NARMA_BOUND:
            raise UsageError(f"the NARMA10 sequence of seed {seed} runs away at sample {n + 1}: take another seed")
    return u, y


def delayed_xor(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random bits, and for each bit whether it differs from the one before: both (count,), 0 or 1.

    No linear function of the bits tells it. K. Vandoorne et al., Nat. Commun. 5, 3541 (2014). The first target is 0.
    """
    bits = np.random.default_rng(seed).integers(0, 2, count).astype(float)
    differs = np.abs(np.diff(bits, prepend=bits[:1]))
    return bits, differs
