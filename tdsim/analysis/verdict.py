"""What a circuit does that has not come to rest: it oscillates, drifts, moves irregularly, or is only too slow.

too slow    the changes from window to window shrink, and would have become small enough later
oscillates  what it does repeats after one period
drifts      it goes on in one direction, or grows
irregular   none of these: noise, chaos, many frequencies without a common period
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHRINKS, GROWS = 0.97, 1.1
"""An oscillation whose size falls below, or rises above, that part of itself between the ends of the record."""

FADES, SWELLS = 0.3, 3.0
"""The same for a movement without a period, which is never quite as large in one part as in another."""

REPEATS = 0.99
"""Autocorrelation from which on a signal counts as repeating itself."""

STRAIGHT = 0.9
"""A signal whose way from beginning to end is that part of all its ways goes in one direction."""


@dataclass(frozen=True)
class Verdict:
    """One word, and the period (s) of what oscillates; nan for everything else."""

    word: str
    period: float = float("nan")

    def sentence(self, tol: float, tmax: str) -> str:
        """What to tell a user."""
        if self.word == "too slow":
            return f"it is still settling at {tmax}: a later tmax would do"
        if self.word == "oscillates":
            return f"it oscillates with a period of {self.period:.4g} s"
        if self.word == "drifts":
            return f"it drifts: at {tmax} it still moves in one direction, or grows"
        return f"it moves irregularly up to {tmax}"


def judge(signals: np.ndarray, step: float) -> Verdict:
    """What one run does.

    signals  (signals, times) real, evenly spaced by `step` (s): the last part of the run
    """
    series = _liveliest(signals)
    period = find_period(series)
    if period:
        whole = int(series.size // (2 * period) * period)
        trend = _trend(series, whole)
        if SHRINKS <= trend <= GROWS:
            return Verdict("oscillates", period * step)
        return Verdict("too slow" if trend < SHRINKS else "drifts")
    trend = _trend(series, series.size // 3)
    if _straightness(series) > STRAIGHT:
        return Verdict("too slow" if trend < SHRINKS else "drifts")
    return Verdict("too slow" if trend < FADES else "drifts" if trend > SWELLS else "irregular")


def _trend(series: np.ndarray, part: int) -> float:
    """How much more the last `part` samples move than the first."""
    first, last = series[:part].std(), series[-part:].std()
    return float(last / first) if first > 0 else 1.0


def _liveliest(signals: np.ndarray) -> np.ndarray:
    """The signal that moves most, measured by its own size."""
    size = np.abs(signals).max(axis=1)
    moves = signals.std(axis=1) / np.where(size > 0, size, 1)
    found: np.ndarray = signals[int(np.argmax(moves))]
    return found


def _straightness(series: np.ndarray) -> float:
    """Distance between the ends over the length of the way, seen through 32 averages."""
    points = series[: series.size - series.size % 32].reshape(32, -1).mean(axis=1) if series.size >= 32 else series
    way = np.abs(np.diff(points)).sum()
    return float(abs(points[-1] - points[0]) / way) if way > 0 else 0.0


def find_period(series: np.ndarray) -> float:
    """The period of a signal in samples, to a small part of one; 0 when it does not repeat itself.

    From its autocorrelation, each lag divided by the energies of the two parts that overlap; the period is read off the
    last multiple within half the signal.
    """
    z = series - series.mean()
    if z.size < 16 or not z.any():
        return 0.0
    similar = _autocorrelation(z)
    below = np.flatnonzero(similar < 0.5)
    if not below.size:
        return 0.0
    inner = similar[1:-1]
    peaks = 1 + np.flatnonzero((inner >= similar[:-2]) & (inner > similar[2:]))
    peaks = peaks[peaks > below[0]]
    places, heights = _vertices(similar, peaks)
    good = np.flatnonzero(heights > REPEATS)
    if not good.size:
        return 0.0
    first = places[good[0]]
    for k in good[1:]:
        turns = round(places[k] / first)
        if turns >= 1 and abs(places[k] / turns - first) < 0.25 * first / turns:
            first = places[k] / turns
    return float(first)


def _autocorrelation(z: np.ndarray) -> np.ndarray:
    """Normalised to the energies of the overlapping parts, for lags up to half of the signal."""
    n, most = z.size, z.size // 2
    spectrum = np.fft.rfft(z, 2 * n)
    raw = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n)[:most]
    energy = np.concatenate([[0.0], np.cumsum(z**2)])
    lag = np.arange(most)
    front, back = energy[n - lag], energy[n] - energy[lag]
    found: np.ndarray = 2 * raw / np.maximum(front + back, np.finfo(float).tiny)
    return found


def _vertices(y: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where parabolas through each place and its neighbours have their tops, and how high."""
    a, b, c = y[places - 1], y[places], y[places + 1]
    bend = a - 2 * b + c
    shift = np.where(bend < 0, 0.5 * (a - c) / np.where(bend < 0, bend, 1), 0.0)
    return places + shift, b - 0.25 * (a - c) * shift
