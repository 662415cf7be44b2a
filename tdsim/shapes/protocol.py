"""What a source shape is: a function of time with known kinks and jumps; the analysis may set some of its numbers."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .segments import Segments, straight

Array = NDArray[Any]


class Waveform(Protocol):
    """A shape whose defaults have been filled in from the analysis (TSTEP, TSTOP).

    straight  whether it is a straight line between its breakpoints
    """

    straight: ClassVar[bool]

    def __call__(self, t: Array) -> Array:
        """Values at the times t (s), right limits at jumps. A time within 1e-6 step of a jump counts as at it."""
        ...

    def breakpoints(self, start: float, stop: float) -> Array:
        """Rising times of all kinks and jumps in (start, stop)."""
        ...

    def segments(self, start: float, stop: float) -> Segments:
        """The waveform in [start, stop] as lines and sines between its breakpoints."""
        ...


class Shape(Protocol):
    """A shape as written in the netlist, before TSTEP and TSTOP are known."""

    def resolve(self, step: float, stop: float) -> Waveform: ...


@dataclass(frozen=True)
class Written:
    """Base of the shapes: the numbers as written, in SPICE order; 0 where SPICE fills in a default.

    `resolve` returns the same shape with these defaults filled in, ready to be evaluated.
    """

    word: ClassVar[str]
    required: ClassVar[int] = 2
    straight: ClassVar[bool] = True
    step: float = field(default=0.0, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        for name in self.numbers():
            if not math.isfinite(getattr(self, name)):
                raise UsageError(f"{self}: {name} must be a finite number")

    @classmethod
    def numbers(cls) -> tuple[str, ...]:
        """Names of the numbers that the shape takes, in order."""
        return _numbers(cls)  # type: ignore[arg-type]

    @classmethod
    def form(cls) -> str:
        """How the shape is written: pulse(v1 v2 [td tr tf pw per np])."""
        names = cls.numbers()
        optional = " ".join(names[cls.required :])
        return f"{cls.word}({' '.join(names[: cls.required])}" + (f" [{optional}])" if optional else ")")

    @classmethod
    def read(cls, args: tuple[Any, ...], keywords: dict[str, Any], folder: str) -> Self:
        """The shape from what stands between its parentheses."""
        names = cls.numbers()
        if not cls.required <= len(args) <= len(names):
            short = len(args) < cls.required
            limit = f"at least {cls.required}" if short else f"at most {len(names)}"
            raise UsageError(f"{cls.word} takes {limit} numbers, not {len(args)}: {cls.form()}")
        refuse_keywords(cls, keywords)
        return cls(*(number(cls, name, value) for name, value in zip(names, args, strict=False)))

    def resolve(self, step: float, stop: float) -> Self:
        return self.filled(step)

    def __call__(self, t: Array) -> Array:
        raise NotImplementedError

    def breakpoints(self, start: float, stop: float) -> Array:
        raise NotImplementedError

    def segments(self, start: float, stop: float) -> Segments:
        """Lines: what joins two inner points of each stretch, for at its ends the shape may jump."""
        times = self.corners(start, stop)
        lengths = np.diff(times, append=max(stop, np.nextafter(times[-1], np.inf)))
        exact = replace(self, step=0.0)  # times are not rounded to samples here, so nothing is to be snapped
        early, late = (exact(times + part * lengths) for part in (0.25, 0.75))
        slopes = (late - early) / (0.5 * lengths)
        return straight(times, early - 0.25 * lengths * slopes, slopes)

    def corners(self, start: float, stop: float) -> Array:
        """Where segments begin: start, then the breakpoints."""
        return np.concatenate([[start], self.breakpoints(start, stop)])

    def filled(self, step: float, **defaults: float) -> Self:
        """A copy that knows the step and takes `defaults` where a number is 0."""
        given = {name: getattr(self, name) or default for name, default in defaults.items()}
        return replace(self, step=step, **given)

    def __str__(self) -> str:
        return f"{self.word}({' '.join(f'{getattr(self, name):g}' for name in self.numbers())})"

    @property
    def snap(self) -> float:
        """A time this close to a jump counts as at it (s): sample times n * dt are rounded numbers."""
        return 1e-6 * self.step


@functools.cache
def _numbers(cls: type[Written]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls) if f.name != "step" and not f.kw_only)


def number(cls: type[Written], name: str, value: Any) -> float:
    """`value` as a float. Raises UsageError, with the form of the shape, when it is none."""
    if type(value) is float:
        return value
    if isinstance(value, str) or np.size(value) != 1 or np.iscomplexobj(value):
        raise UsageError(f"{cls.word}: {name} must be a number, not {value!r}: {cls.form()}")
    return float(value)


def refuse_keywords(cls: type[Written], keywords: Iterable[str], known: tuple[str, ...] = ()) -> None:
    """Raise UsageError when a keyword is not one that the shape knows."""
    for key in keywords:
        if key not in known:
            raise UsageError(f"{cls.word} has no keyword {key!r}: {cls.form()}")


def between(times: Array, start: float, stop: float) -> Array:
    """The distinct times in (start, stop), rising."""
    times = np.unique(np.asarray(times, dtype=float))
    return times[(times > start) & (times < stop)]


def grid_between(origin: float, spacing: float, start: float, stop: float) -> Array:
    """The times origin + k spacing, k = 0, 1, ..., in (start, stop)."""
    first = max(0, int(np.floor((start - origin) / spacing)))
    last = int(np.ceil((stop - origin) / spacing))
    return between(origin + spacing * np.arange(first, last + 1), start, stop)
