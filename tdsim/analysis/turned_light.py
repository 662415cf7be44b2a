"""Resonators that turn their own phase by their own energy (Kerr), at rest and under small signals.

The amplitudes w of such states drive themselves by d = i gamma |w|^2 w. With the answer H of the linear optics to what
is added to the rates of these states, w = w0 + H d(w); a small change of w adds to the rates A dw + B dw*, with

    A = 2 i gamma |w|^2,    B = i gamma w^2,

which couples the two sidebands of small signals (H(+f) that of the upper one, H(-f) that of the lower one):

    l = l0 + H(-f) (A l + B u*),    u = u0 + H(+f) (A u + B l*).

Reference: L. A. Lugiato and R. Lefever, Phys. Rev. Lett. 58, 2209 (1987).
"""

from __future__ import annotations

import numpy as np

from ..errors import SimulationError

ITERATIONS, CONVERGED = 40, 1e-13
SMALLEST = 1e-4
"""Light is raised by no smaller a part of itself."""


def self_drive(gamma: np.ndarray, w: np.ndarray) -> np.ndarray:
    """What the states (n,) add to their own rates."""
    found: np.ndarray = 1j * gamma * np.abs(w) ** 2 * w
    return found


def at_rest(plain: np.ndarray, answer: np.ndarray, gamma: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """The states (n,) at rest: the solution near `start`, or the one that slowly raised light leads to.

    plain   (n,) without what they do to themselves
    answer  (n, n) of the states to what is added to their rates
    Raises SimulationError where raised light makes them jump.
    """
    found = None if start is None else _newton(start, plain, answer, gamma)
    if found is not None:
        return found
    w, level, stride = np.zeros_like(plain), 0.0, 0.1
    while level < 1:
        target = min(1.0, level + stride)
        found = _newton(w * (target / level if level else 1.0), target * plain, answer, gamma)
        if found is not None:
            w, level, stride = found, target, 2 * stride
        elif stride > SMALLEST:
            stride /= 4
        else:
            raise SimulationError(
                f"no operating point was found: with the light at {level:.4g} of its strength a Kerr resonator jumps; "
                "run .tran, which follows the jump"
            )
    return w


def _newton(w: np.ndarray, plain: np.ndarray, answer: np.ndarray, gamma: np.ndarray) -> np.ndarray | None:
    """w = plain + H d(w) from a guess; None where the iteration does not converge."""
    for _ in range(ITERATIONS):
        residual = plain + answer @ self_drive(gamma, w) - w
        change = _together(answer, answer, gamma, w, residual[:, None], residual[:, None])[0][:, 0]
        w = w + change
        if not np.isfinite(w).all():
            return None
        if np.abs(change).max() <= CONVERGED * np.abs(w).max():
            return w
    return None


def _together(
    lower: np.ndarray, upper: np.ndarray, gamma: np.ndarray, w: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The sidebands l and u (n, columns) with what they do to each other, from what they are without, first and second.

    lower, upper  (n, n) H(-f) and H(+f)
    """
    a, b, n = 2j * gamma * np.abs(w) ** 2, 1j * gamma * w**2, w.size
    matrix = np.block([[np.eye(n) - lower * a, -lower * b], [-(upper * b).conj(), np.eye(n) - (upper * a).conj()]])
    found = np.linalg.solve(matrix, np.concatenate([first, second.conj()]))
    return found[:n], found[n:].conj()


def mutual_drive(
    lower: np.ndarray, upper: np.ndarray, gamma: np.ndarray, w: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What two sidebands add to the rates of the states, each (frequencies, n, columns).

    lower, upper   (frequencies, n, n) H(-f) and H(+f)
    first, second  (frequencies, n, columns) the sidebands without it
    """
    a, b = (2j * gamma * np.abs(w) ** 2)[:, None], (1j * gamma * w**2)[:, None]
    low, up = np.empty_like(first), np.empty_like(second)
    for k in range(len(first)):
        lows, ups = _together(lower[k], upper[k], gamma, w, first[k], second[k])
        low[k], up[k] = a * lows + b * ups.conj(), a * ups + b * lows.conj()
    return low, up
