"""What `.step` and `.mc` ask for: runs that differ in some values. How they are carried out is in analysis/sweep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .errors import Position, UsageError

MOST_RUNS = 100_000
"""Of one sweep."""

DRAW = "mc"
"""The name of the axis of Monte Carlo runs."""


@dataclass(frozen=True)
class Stepped:
    """`.step param name ...`: a parameter of the netlist, or `instance.parameter`, takes these values in turn.

    option  it is an option of that name: `.step temp ...`, `.step option reltol ...`
    """

    name: str
    values: tuple[float, ...]
    position: Position | None = field(default=None, compare=False)
    option: bool = False

    @property
    def count(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class MonteCarlo:
    """`.mc runs [seed]`: all random parameters are drawn anew for each run; without a seed, by that of the circuit."""

    runs: int
    seed: int | None = None
    position: Position | None = field(default=None, compare=False)
    name: str = DRAW

    @property
    def count(self) -> int:
        return self.runs


@dataclass(frozen=True)
class Point:
    """One run of a sweep: the value of each swept name, and which Monte Carlo draw it is."""

    values: Mapping[str, float]
    draw: int | None = None

    def __str__(self) -> str:
        shown = [f"{name} = {value:.6g}" for name, value in self.values.items()]
        return ", ".join([*shown, *([f"{DRAW} = {self.draw}"] if self.draw is not None else [])])


@dataclass(frozen=True)
class Plan:
    """A sweep: every combination of the axes, the first axis the inner loop; or, `paired`, one value of each a run."""

    axes: tuple[Stepped | MonteCarlo, ...]
    paired: bool = False

    def check(self) -> None:
        """Raise UsageError when the sweep has no runs, too many, or names something twice."""
        names = [axis.name for axis in self.axes]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise UsageError("there can be one .mc only" if twice == DRAW else f"{twice} is swept twice")
        if self.paired and len({axis.count for axis in self.axes}) > 1:
            counts = ", ".join(f"{axis.count} of {axis.name}" for axis in self.axes)
            raise UsageError(f"values that go together must be as many of each, not {counts}")
        if self.count > MOST_RUNS:
            raise UsageError(f"the sweep has {self.count:,} runs, more than {MOST_RUNS:,}: split it")

    @property
    def count(self) -> int:
        """Number of runs."""
        counts = [axis.count for axis in self.axes]
        return counts[0] if self.paired else math.prod(counts)

    @property
    def draws(self) -> MonteCarlo | None:
        """The Monte Carlo axis, if there is one."""
        return next((a for a in self.axes if isinstance(a, MonteCarlo)), None)

    def point(self, run: int) -> Point:
        """The run of that number."""
        values: dict[str, float] = {}
        draw: int | None = None
        for axis in self.axes:
            here = run if self.paired else run % axis.count
            run = run if self.paired else run // axis.count
            if isinstance(axis, Stepped):
                values[axis.name] = axis.values[here]
            else:
                draw = here
        return Point(values, draw)


@dataclass(frozen=True)
class SideBySide:
    """The runs that one circuit stands for: their numbers in the sweep, and what distinguishes them.

    numbers   (runs,) numbers in the sweep
    values    (runs,) by name: swept values and drawn ones, the coordinates along `run` of the result
    labels    (unit, description) of these
    params    (runs,) by "inst.parameter": what differs between the runs; the circuit has the values of the first
    measures  for each run its `.meas`, where they differ between runs; empty where not
    """

    numbers: np.ndarray
    values: Mapping[str, np.ndarray]
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    params: Mapping[str, np.ndarray] = field(default_factory=dict)
    measures: tuple[tuple[Any, ...], ...] = ()

    @property
    def count(self) -> int:
        return int(self.numbers.size)

    def named(self, run: int) -> str:
        """The run in words, for errors; `run` counts within the circuit."""
        values = ", ".join(f"{name} = {float(value[run]):.6g}" for name, value in list(self.values.items())[:6])
        return f"run {int(self.numbers[run])}" + (f" ({values})" if values else "")

    def take(self, runs: np.ndarray) -> SideBySide:
        """Some of the runs."""
        values, params = ({n: v[runs] for n, v in d.items()} for d in (self.values, self.params))
        measures = tuple(self.measures[run] for run in runs) if self.measures else ()
        return SideBySide(self.numbers[runs], values, self.labels, params, measures)
