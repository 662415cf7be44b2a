"""Shapes made of points: PWL, from the netlist, and FILE, from a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import UsageError
from .protocol import Array, Written, between, number, refuse_keywords
from .samples import read_samples


@dataclass(frozen=True, eq=False)
class Piecewise(Written):
    """Straight lines between points, constant before the first and after the last.

    r >= 0 repeats, for ever, the part from the point at time r to the last; td shifts the whole to later times.
    """

    word: ClassVar[str] = "pwl"
    times: Array
    values: Array
    r: float = field(default=-1.0, kw_only=True)
    td: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.times).all() and np.isfinite(self.values).all()):
            raise UsageError("pwl: all times and values must be finite numbers")
        late = np.flatnonzero(np.diff(self.times) <= 0)
        if late.size:
            before, after = self.times[late[0]], self.times[late[0] + 1]
            raise UsageError(f"pwl: times must increase, but {after:g} follows {before:g}")
        if self.r >= 0 and not np.isclose(self.times[:-1], self.r, rtol=1e-9, atol=0).any():
            raise UsageError(f"pwl: r = {self.r:g} must be the time of one of its points, and not of the last")

    @classmethod
    def form(cls) -> str:
        return "pwl(t1 v1 [t2 v2 ...]) [r=..] [td=..]"

    @classmethod
    def read(cls, args: tuple[Any, ...], keywords: dict[str, Any], folder: str) -> Self:
        if len(args) < 2 or len(args) % 2:
            raise UsageError(f"pwl takes pairs of a time and a value, not {len(args)} numbers: {cls.form()}")
        refuse_keywords(cls, keywords, ("r", "td"))
        points = np.array([number(cls, f"argument {i + 1}", value) for i, value in enumerate(args)])
        return cls(points[::2], points[1::2], **{key: number(cls, key, value) for key, value in keywords.items()})

    def __call__(self, t: Array) -> Array:
        return interpolate(self._wrapped(t - self.td), self.times, self.values, self.snap)

    def _wrapped(self, t: Array) -> Array:
        """Times after the last point, when the shape repeats, moved back into its repeating part."""
        if self.r < 0:
            return t
        last = self.times[-1]
        laps = np.floor((t - last + self.snap) / (last - self.r))
        back: Array = np.where(t >= last - self.snap, laps + 1, 0) * (last - self.r)
        return t - back

    def breakpoints(self, start: float, stop: float) -> Array:
        if self.r < 0:
            return between(self.td + self.times, start, stop)
        lap = self.times[-1] - self.r
        again = self.times[self.times >= self.r * (1 - 1e-9)][1:]
        first = max(0, np.floor((start - self.td - self.times[-1]) / lap))
        starts = lap * np.arange(first, max(first, np.ceil((stop - self.td - self.times[-1]) / lap)) + 1)
        return between(self.td + np.concatenate([self.times, np.add.outer(starts, again).ravel()]), start, stop)

    def __str__(self) -> str:
        points = " ".join(f"{t:g} {v:g}" for t, v in zip(self.times, self.values, strict=True))
        return f"pwl({points})" + (f" r={self.r:g}" if self.r >= 0 else "") + (f" td={self.td:g}" if self.td else "")


@dataclass(frozen=True, eq=False)
class FromFile(Written):
    """Samples of a file, joined by straight lines; the first value before the first sample, the last after the last.

    `times` is None when the file has no time coordinate: its samples are then TSTEP apart, from 0 on.
    """

    word: ClassVar[str] = "file"
    path: str
    variable: str
    times: Array | None = field(repr=False)
    values: Array = field(repr=False)

    def __post_init__(self) -> None:
        """Nothing to check: the reader of the file has done it."""

    @classmethod
    def form(cls) -> str:
        return 'file("data.nc" ["variable"])'

    @classmethod
    def read(cls, args: tuple[Any, ...], keywords: dict[str, Any], folder: str) -> Self:
        refuse_keywords(cls, keywords)
        if not 1 <= len(args) <= 2 or not all(isinstance(a, str) for a in args):
            raise UsageError(f"file takes the name of a file and, for netCDF, of a variable in it: {cls.form()}")
        path, variable = str(args[0]), str(args[1]) if len(args) == 2 else ""
        times, values = read_samples(Path(folder) / path, variable)
        return cls(path, variable, times, values)

    def resolve(self, step: float, stop: float) -> Self:
        times = step * np.arange(len(self.values)) if self.times is None else self.times
        return replace(self, step=step, times=times)

    def __call__(self, t: Array) -> Array:
        assert self.times is not None  # resolve has set them
        return interpolate(t, self.times, self.values, self.snap)

    def breakpoints(self, start: float, stop: float) -> Array:
        assert self.times is not None
        return between(self.times[np.searchsorted(self.times, start) : np.searchsorted(self.times, stop)], start, stop)

    def __str__(self) -> str:
        return f'file("{self.path}"' + (f' "{self.variable}")' if self.variable else ")")


def interpolate(t: Array, times: Array, values: Array, snap: float) -> Array:
    """Straight lines between points, and exactly the value of a point at times within `snap` of it."""
    nearest = np.clip(np.searchsorted(times, t + snap, side="right") - 1, 0, len(times) - 1)
    return np.where(np.abs(t - times[nearest]) <= snap, values[nearest], np.interp(t, times, values))
