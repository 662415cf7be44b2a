"""The shapes of SPICE that are formulas: DC, PULSE, SIN, EXP, SFFM, AM. Defaults and quirks are those of ngspice 39."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from ..errors import UsageError
from .protocol import Array, Written, between

TURN = 2 * np.pi


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
        end = min(stop, self.td + self.np * self.per) if self.np > 0 else stop
        first = max(0, np.floor((start - self.td) / self.per))
        begins = self.td + self.per * np.arange(first, np.ceil((end - self.td) / self.per))
        corners = np.cumsum([0.0, self.tr, self.pw, self.tf])
        return between(np.add.outer(begins, corners[corners < self.per * (1 + 1e-9)]), start, stop)


@dataclass(frozen=True)
class Sine(Written):
    """vo + va exp(-theta (t - td)) sin(2 pi f (t - td) + phase) from td on; vo + va sin(phase) before.

    The phase is in degrees; f = 0 becomes 1/TSTOP.
    """

    word: ClassVar[str] = "sin"
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


@dataclass(frozen=True)
class Exponential(Written):
    """From v1 towards v2 with time constant tau1 from td1 on, back towards v1 with tau2 from td2 on.

    td1, tau1 and tau2 of 0 become TSTEP, td2 of 0 becomes td1 + TSTEP.
    """

    word: ClassVar[str] = "exp"
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


@dataclass(frozen=True)
class FrequencyModulated(Written):
    """vo + va sin(2 pi fc t + phc + mdi sin(2 pi fs t + phs)). Phases in degrees; fc, fs of 0 become 1/TSTOP."""

    word: ClassVar[str] = "sffm"
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


@dataclass(frozen=True)
class AmplitudeModulated(Written):
    """va (vo + sin(2 pi mf (t - td))) sin(2 pi fc (t - td)), 0 before td; mf = 0 becomes 1/TSTOP.

    NOTE: va comes first, as in ngspice up to version 41; later versions take other arguments.
    """

    word: ClassVar[str] = "am"
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
