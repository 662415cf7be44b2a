"""How good an echo is, and what that means for the kicks that are taken from it, in sentences with figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .echoes import Way

SAID, REFUSED = 1e-3, 0.1
"""How large, next to a raw kick, what an echo leaves behind without any nudge may be: said and refused above."""

KEPT = 0.9
"""What an echo without a nudge should return of the energy; with less it is said that differences suffer, too."""


class Echo(NamedTuple):
    """How well light comes back without a nudge.

    infidelity  1 - |<start, end>|^2 / (<start, start> <end, end>), the worst of the runs
    kept        energy at the end over that at the start, the least of the runs
    bias        size of what it leaves behind over that of the kick of a nudge
    coarse      error of that kick, as far as it is a sum over samples, relative to it
    """

    infidelity: float
    kept: float
    bias: float
    coarse: float

    def figures(self, reasons: Sequence[str]) -> str:
        """What comes back, and the first of the reasons why that is not all."""
        why = "".join(f" ({reason})" for reason in reasons[:1])
        return f"the echo returns {self.kept:.6g} of the energy, 1 - fidelity is {self.infidelity:.1e}{why}"

    def doubts(self, symmetric: bool, step: float, reasons: Sequence[str]) -> list[str]:
        """What is to be said of the kicks of echoes with this step (s), raw or as differences."""
        found = []
        if self.coarse > SAID:
            found.append(
                f"the step of {step:g} s is coarse: sums over samples are about {100 * self.coarse:.2g} % from the "
                "integrals that they stand for; take a shorter one"
            )
        if symmetric and self.kept < KEPT:
            found.append(
                f"{self.figures(reasons)}; the difference of echoes may be wrong by about as large a part as is lost"
            )
        if not symmetric and self.bias > SAID:
            found.append(self.spoilt(reasons))
        return found

    def spoilt(self, reasons: Sequence[str]) -> str:
        """How wrong a raw kick is."""
        return (
            f"without any nudge the echo leaves behind {100 * self.bias:.2g} % of what the nudge does, and the raw "
            f"kick is wrong by as much: {self.figures(reasons)}; use the difference of two echoes (symmetric=True)"
        )


def faithfulness(
    there: Way, back: Way, light: Sequence[str], left: np.ndarray, kick: np.ndarray, change: np.ndarray
) -> Echo:
    """How well the first runs of an echo return amplitudes of light.

    left, kick  (names, runs): what is left behind without a nudge, and by one
    change      of the kick where every other sample is left out: 15 times the error of a rule of order 4
    """
    start = np.stack([there.signals[name][:, 0] for name in light])
    end = np.stack([back.signals[name][: start.shape[1], -1] for name in light]).conj()
    before, after = (np.sum(np.abs(a) ** 2, axis=0) for a in (start, end))
    overlap = np.abs(np.sum(start.conj() * end, axis=0)) ** 2 / (before * after)
    size = float(np.linalg.norm(kick.mean(axis=1)))
    bias, coarse = (float(np.linalg.norm(x.mean(axis=1))) / size if size else float("nan") for x in (left, change / 15))
    return Echo(float(1 - overlap.min()), float((after / before).min()), bias, coarse)
