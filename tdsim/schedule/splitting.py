"""Linear states that also turn each other's phase: steps that split the two motions, each of them exact.

    dA/dt = M A + B s + i gamma |A|^2 A            a Kerr resonator turns its own phase by its own energy
    dA/dt = .. - i chi q A,   dp/dt = .. - chi |A|^2     a learning cell (q, p) turns it, and is pushed in return

The linear part has its exact exponential, the rest an exact rotation (|A|^2 and q stand still during it). One step
alternates between them, six times the one and seven times the other, in a symmetric composition of order 4. A
symmetric one of unitary parts keeps the energy and can be run backwards, both to round-off.

The drive is s[n] during the step, the rest of it arrives at its end, as it does in a linear circuit:

    A[n+1] = step(A[n], s[n]) + B1 (s[n+1] - s[n]).

A circuit without a drive and one with a constant drive are thus followed to order 4, one with a drive that changes to
order 2; where nothing turns, the result is that of states.py.

Reference: S. Blanes and P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), table 2, method S6 of order 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .system import Cell, Coefficient, Recurrence

_A = (0.0792036964311957, 0.353172906049774, -0.0420650803577195)
_B = (0.209515106613362, -0.143851773179818)
TURNS = (*_A, 1 - 2 * sum(_A), *_A[::-1])
"""Parts of a step for which the phases turn, before, between and after the linear parts."""

LENGTHS = (*_B, 0.5 - sum(_B))
"""Parts of a step that the linear motion takes: these in order, then in reverse order."""


@dataclass(frozen=True)
class Turning:
    """What a recurrence does besides its linear motion. All arrays end in an axis of lanes, or of 1.

    gamma  (n, lanes) phase that a whole step turns state i by, for each unit of its own |A|^2, rad
    chi    (cells, lanes) the same for each unit of a cell's position
    joins  for each cell the places of the resonator, the position and the momentum among the states
    free   (LENGTHS, n, n, lanes) the linear motion during each part of a step
    held   (LENGTHS, n, inputs, lanes) what a constant drive adds during it
    """

    gamma: np.ndarray
    chi: np.ndarray
    joins: tuple[tuple[int, int, int], ...]
    free: np.ndarray
    held: np.ndarray

    @property
    def coefficients(self) -> tuple[np.ndarray, ...]:
        """All but the joins."""
        return self.gamma, self.chi, self.free, self.held

    def only(self, inputs: list[int]) -> Turning:
        """The same with these inputs only."""
        return Turning(self.gamma, self.chi, self.joins, self.free, self.held[:, :, inputs])


def turning(
    m: np.ndarray,
    b: np.ndarray,
    step: float,
    gammas: Sequence[Coefficient],
    cells: Sequence[Cell],
    states: list[int],
    always: bool,
) -> Turning | None:
    """The turning of a group of states, M (n, n, lanes) and B (n, inputs, lanes); None when nothing turns.

    gammas  rad/s for each unit of |A|^2, one a state
    """
    if not always and not cells and not any(np.any(gamma != 0) for gamma in gammas):
        return None
    place = {state: i for i, state in enumerate(states)}
    parts = [constant_hold(m, b, length * step) for length in LENGTHS]
    return Turning(
        step * _side_by_side(gammas),
        step * _side_by_side([cell.coupling for cell in cells]),
        tuple((place[c.resonator], place[c.position], place[c.momentum]) for c in cells),
        np.stack([free for free, _ in parts]),
        np.stack([held for _, held in parts]),
    )


def _side_by_side(values: Sequence[Coefficient]) -> np.ndarray:
    """Coefficients as (values, lanes or 1)."""
    arrays = [np.atleast_1d(np.asarray(value)) for value in values]
    lanes = max((a.size for a in arrays), default=1)
    return np.array([np.broadcast_to(a, (lanes,)) for a in arrays], dtype=complex).reshape(len(arrays), lanes)


def constant_hold(m: np.ndarray, b: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray]:
    """exp(M t) and the integral of exp(M u) B over 0 < u < t; all arrays end in an axis of lanes."""
    from scipy.linalg import expm

    n, inputs, lanes = b.shape
    augmented = np.zeros((lanes, n + inputs, n + inputs), dtype=complex)
    augmented[:, :n, :n] = np.moveaxis(m, -1, 0) * time
    augmented[:, :n, n:] = np.moveaxis(b, -1, 0) * time
    whole = np.moveaxis(np.stack([expm(a) for a in augmented]), 0, -1)
    return whole[:n, :n], whole[:n, n:]


def after_a_step(recurrence: Recurrence, lane: int, w: np.ndarray, s: np.ndarray) -> np.ndarray:
    """The carries (n, points) after one more step, from w (n, points) and inputs s (inputs, points), in one lane.

    The same as engine/turning.py in compiled form, for many points at once.
    """
    turned, ahead = recurrence.turning, recurrence.ahead
    assert turned is not None
    assert ahead is not None

    def of(table: np.ndarray) -> np.ndarray:
        found: np.ndarray = table[..., lane if table.shape[-1] > 1 else 0]
        return found

    gamma, chi = of(turned.gamma).real[:, None], of(turned.chi).real
    free, held, ahead = of(turned.free), of(turned.held), of(ahead)
    x = w + ahead @ s
    for k, part in enumerate(TURNS):
        for (a, q, p), strength in zip(turned.joins, chi, strict=True):
            x[p] -= strength * part * np.abs(x[a]) ** 2
            x[a] *= np.exp(-1j * strength * part * x[q].real)
        x = x * np.exp(1j * gamma * part * np.abs(x) ** 2)
        if k < 2 * len(LENGTHS):
            j = min(k, 2 * len(LENGTHS) - 1 - k)
            x = free[j] @ x + held[j] @ s
    found: np.ndarray = x - ahead @ s
    return found
