"""The shapes of SPICE that are formulas: DC, PULSE, SIN, EXP, SFFM, AM. Defaults and quirks are those of ngspice 39."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from ..errors import UsageError
from .protocol import Array, Written, between
from .segments import Segments, Term, waves

TURN = 2 * np.pi
QUARTER = np.pi / 2
"""The phase at which the sine of frequency 0 is 1: of a term that only decays."""


def turned(frequency: float, time: float, degrees: float = 0.0) -> float:
    """The phase (rad) of a sine after some time: whole turns are dropped before they cost digits."""
    return float(TURN * ((frequency * time) % 1.0) + np.deg2rad(degrees))


@dataclass(frozen=True)
class Constant(Written):
    """The same value at all times."""

    word: ClassVar[str] = "dc"
    required: ClassVar[int] = 1
    value: float

    def __call__(self, t: Array) -> Array:
        return np.full(np.shape(t), self.value)

    def breakpoints(self, start: float, stop: float) -> Array:
        return np.empty(0)


@dataclass(frozen=True)
class Pulse(Written):
    """Trapezoid from v1 to v2 and back, from td on, every `per`; np > 0 limits the number of pulses.

    tr and tf of 0 become TSTEP, pw and per of 0 become TSTOP.
    """

    word: ClassVar[str] = "pulse"
    v1: float
    v2: float
    td: float = 0.0
    tr: float = 0.0
    tf: float = 0.0
    pw: float = 0.0
    per: float = 0.0
    np: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.tr, self.tf, self.pw, self.per) < 0:
            raise UsageError(f"{self}: tr, tf, pw and per must not be negative: {self.form()}")

    def resolve(self, step: float, stop: float) -> Self:
        return self.filled(step, tr=step, tf=step, pw=stop, per=stop)

    @property
    def warning(self) -> str | None:
        """Why the pulse is not what was probably meant, if so."""
        if self.per and self.per < (self.tr + self.tf + self.pw) * (1 - 1e-9):
            return f"{self}: the period is shorter than rise, width and fall together, so each pulse is cut short"
        return None

    def __call__(self, t: Array) -> Array:
        since = t - self.td
        last = self.np * self.per if self.np > 0 else np.inf
        phase = since - self.per * np.maximum(np.floor((since + self.snap) / self.per), 0)
        rise = np.clip(phase / self.tr, 0, 1)
        fall = np.clip((phase - self.tr - self.pw) / self.tf, 0, 1)
        # Two products, so that the top is v2 and the bottom v1 exactly.
        high = np.where(since < last - self.snap, rise * (1 - fall), 0.0)
        value: Array = self.v1 * (1 - high) + self.v2 * high
        return value

    def breakpoints(self, start: float, stop: float) -> Array:
        last = self.td + self.np * self.per if self.np > 0 else np.inf
        first = max(0, np.floor((start - self.td) / self.per))
        begins = self.td + self.per * np.arange(first, np.ceil((min(stop, last) - self.td) / self.per))
        corners = np.cumsum([0.0, self.tr, self.pw, self.tf])
        times = np.add.outer(begins, corners[corners < self.per * (1 + 1e-9)]).ravel()
        return between(np.append(times, last) if self.warning else times, start, stop)


@dataclass(frozen=True)
class Sine(Written):
    """vo + va exp(-theta (t - td)) sin(2 pi f (t - td) + phase) from td on; vo + va sin(phase) before.

    The phase is in degrees; f = 0 becomes 1/TSTOP.
    """

    word: ClassVar[str] = "sin"
    straight: ClassVar[bool] = False
    vo: float
    va: float
    f: float = 0.0
    td: float = 0.0
    theta: float = 0.0
    phase: float = 0.0

    def resolve(self, step: float, stop: float) -> Self:
        return self.filled(step, f=1 / stop)

    def __call__(self, t: Array) -> Array:
        since = np.maximum(t - self.td, 0)
        value: Array = self.vo + self.va * np.exp(-self.theta * since) * np.sin(
            TURN * self.f * since + np.deg2rad(self.phase)
        )
        return value

    def breakpoints(self, start: float, stop: float) -> Array:
        return between(np.array([self.td]), start, stop)

    def segments(self, start: float, stop: float) -> Segments:
        times = self.corners(start, stop)
        return waves(times, [self.vo] * len(times), [[self._term(t - self.td)] for t in times])

    def _term(self, since: float) -> Term:
        if since < 0:
            return Term(self.va, 0.0, 0.0, float(np.deg2rad(self.phase)))
        amplitude = self.va * float(np.exp(-self.theta * since))
        return Term(amplitude, self.theta, TURN * self.f, turned(self.f, since, self.phase))


@dataclass(frozen=True)
class Exponential(Written):
    """From v1 towards v2 with time constant tau1 from td1 on, back towards v1 with tau2 from td2 on.

    td1, tau1 and tau2 of 0 become TSTEP, td2 of 0 becomes td1 + TSTEP.
    """

    word: ClassVar[str] = "exp"
    straight: ClassVar[bool] = False
    v1: float
    v2: float
    td1: float = 0.0
    tau1: float = 0.0
    td2: float = 0.0
    tau2: float = 0.0

    def resolve(self, step: float, stop: float) -> Self:
        return self.filled(step, td1=step, tau1=step, td2=(self.td1 or step) + step, tau2=step)

    def __call__(self, t: Array) -> Array:
        rise = -np.expm1(-np.maximum(t - self.td1, 0) / self.tau1)
        fall = -np.expm1(-np.maximum(t - self.td2, 0) / self.tau2)
        value: Array = self.v1 + (self.v2 - self.v1) * (rise - fall)
        return value

    def breakpoints(self, start: float, stop: float) -> Array:
        return between(np.array([self.td1, self.td2]), start, stop)

    def segments(self, start: float, stop: float) -> Segments:
        """Each slope that has begun adds a level and a decaying term."""
        times = self.corners(start, stop)
        span = self.v2 - self.v1
        levels, terms = [], []
        for t in times:
            begun = [(sign, t - td, tau) for sign, td, tau in self._slopes() if t >= td]
            levels.append(self.v1 + span * sum(sign for sign, _, _ in begun))
            terms.append(
                [Term(-sign * span * float(np.exp(-s / tau)), 1 / tau, 0.0, QUARTER) for sign, s, tau in begun]
            )
        return waves(times, levels, terms)

    def _slopes(self) -> tuple[tuple[float, float, float], ...]:
        """Sign, beginning and time constant of each of the two."""
        return (1.0, self.td1, self.tau1), (-1.0, self.td2, self.tau2)


@dataclass(frozen=True)
class FrequencyModulated(Written):
    """vo + va sin(2 pi fc t + phc + mdi sin(2 pi fs t + phs)). Phases in degrees; fc, fs of 0 become 1/TSTOP."""

    word: ClassVar[str] = "sffm"
    straight: ClassVar[bool] = False
    vo: float
    va: float
    fc: float = 0.0
    mdi: float = 0.0
    fs: float = 0.0
    phc: float = 0.0
    phs: float = 0.0

    def resolve(self, step: float, stop: float) -> Self:
        return self.filled(step, fc=1 / stop, fs=1 / stop)

    def __call__(self, t: Array) -> Array:
        signal = self.mdi * np.sin(TURN * self.fs * t + np.deg2rad(self.phs))
        value: Array = self.vo + self.va * np.sin(TURN * self.fc * t + np.deg2rad(self.phc) + signal)
        return value

    def breakpoints(self, start: float, stop: float) -> Array:
        return np.empty(0)

    def segments(self, start: float, stop: float) -> Segments:
        carrier, signal = turned(self.fc, start, self.phc), turned(self.fs, start, self.phs)
        term = Term(self.va, 0.0, TURN * self.fc, carrier, self.mdi, TURN * self.fs, signal)
        return waves(np.array([start]), [self.vo], [[term]])


@dataclass(frozen=True)
class AmplitudeModulated(Written):
    """va (vo + sin(2 pi mf (t - td))) sin(2 pi fc (t - td)), 0 before td; mf = 0 becomes 1/TSTOP.

    NOTE: va comes first, as in ngspice up to version 41; later versions take other arguments.
    """

    word: ClassVar[str] = "am"
    straight: ClassVar[bool] = False
    va: float
    vo: float
    mf: float = 0.0
    fc: float = 0.0
    td: float = 0.0

    def resolve(self, step: float, stop: float) -> Self:
        return self.filled(step, mf=1 / stop)

    def __call__(self, t: Array) -> Array:
        since = np.maximum(t - self.td, 0)
        value: Array = self.va * (self.vo + np.sin(TURN * self.mf * since)) * np.sin(TURN * self.fc * since)
        return value

    def breakpoints(self, start: float, stop: float) -> Array:
        return between(np.array([self.td]), start, stop)

    def segments(self, start: float, stop: float) -> Segments:
        times = self.corners(start, stop)
        return waves(times, [0.0] * len(times), [self._terms(t - self.td) for t in times])

    def _terms(self, since: float) -> list[Term]:
        """The carrier and its two sidebands: sin a sin b = (cos(b - a) - cos(b + a)) / 2."""
        if since < 0:
            return []
        parts = ((self.va * self.vo, self.fc, 0.0), (self.va / 2, self.fc - self.mf, 90.0))
        other = (-self.va / 2, self.fc + self.mf, 90.0)
        return [Term(a, 0.0, TURN * f, turned(f, since, degrees)) for a, f, degrees in (*parts, other)]
