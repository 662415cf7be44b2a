"""A delay as whole samples plus a filter for the rest.

In a loop the filter is a Thiran all-pass: its gain is exactly 1 at every frequency, so a lossless loop stays
lossless. In an open path it is a long windowed-sinc filter, whose error stays small nearly up to half the sample
rate. Both have a gain of exactly 1 at the carrier, whose phase is not theirs to give: it is in the coefficients.

References: T. I. Laakso et al., IEEE Signal Process. Mag. 13(1), 30 (1996) for both filters; A. H. Gray and
J. D. Markel, IEEE Trans. Acoust. 23, 268 (1975) for the normalised lattice.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

WHOLE = 1e-9
"""A delay within this many samples of a whole number counts as whole."""

ALLPASS_ORDER = 6
SINC_TAPS = 64
SINC_BETA = 16.0


@dataclass(frozen=True)
class Fraction:
    """A delay of `samples`, realised as `whole` samples and a filter.

    whole    integer samples that the wave spends before the filter
    allpass  reflection coefficients (order,) of a normalised lattice, or
    taps     weights (n,) at whole, whole + 1, ... samples; both empty when the delay is whole
    """

    samples: float
    whole: int
    allpass: np.ndarray
    taps: np.ndarray


_NONE = np.zeros(0)


def split(samples: float, in_loop: bool, order: int | None = None, rounded: bool = False) -> Fraction:
    """Split a delay of zero or at least one sample. `order` forces the order of the all-pass (lanes share one)."""
    nearest = round(samples)
    if rounded or (abs(samples - nearest) <= WHOLE * max(1.0, samples * 1e-3) and order is None):
        return Fraction(samples, nearest, _NONE, _NONE)
    if in_loop or samples < SINC_TAPS // 2 + 1 or order is not None:
        count = allpass_order(samples) if order is None else order
        whole = round(samples) - count
        return Fraction(samples, whole, reflection_coefficients(thiran(samples - whole, count)), _NONE)
    whole = int(np.floor(samples)) - SINC_TAPS // 2 + 1
    return Fraction(samples, whole, _NONE, sinc_taps(samples - whole))


def allpass_order(samples: float) -> int:
    """The highest order up to ALLPASS_ORDER whose own latency leaves a whole sample of the delay, at least 1."""
    return int(np.clip(round(samples) - 1, 1, ALLPASS_ORDER))


def thiran(delay: float, order: int) -> np.ndarray:
    """Denominator (order + 1,) of the maximally flat all-pass with that group delay (samples) at the carrier."""
    k = np.arange(1, order + 1)
    n = np.arange(order + 1)[None, :]
    ratio = np.prod((delay - order + n) / (delay - order + k[:, None] + n), axis=1)
    signs = np.array([(-1) ** j * comb(order, j) for j in k], dtype=float)
    return np.concatenate([[1.0], signs * ratio])


def reflection_coefficients(denominator: np.ndarray) -> np.ndarray:
    """Step-down recursion: the lattice coefficients (order,) of a stable all-pass denominator."""
    a = np.array(denominator, dtype=float)
    k = np.zeros(a.size - 1)
    for m in range(a.size - 1, 0, -1):
        k[m - 1] = a[m]
        a = (a[:m] - k[m - 1] * a[m:0:-1]) / (1.0 - k[m - 1] ** 2)
    return k


def sinc_taps(delay: float) -> np.ndarray:
    """Kaiser-windowed sinc (SINC_TAPS,) that delays by `delay` samples, of gain 1 at the carrier."""
    n = np.arange(SINC_TAPS) - delay
    half = SINC_TAPS / 2
    window = np.i0(SINC_BETA * np.sqrt(np.clip(1 - (n / half) ** 2, 0, None)))
    taps = np.sinc(n) * window
    return np.asarray(taps / taps.sum())
