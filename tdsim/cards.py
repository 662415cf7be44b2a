"""What a netlist asks for: analyses, and signals to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import Position

TEMPERATURE = "temp"
"""The target of a sweep of the temperature (degrees Celsius)."""


MOST_SAMPLES = 1e13
"""A transient of more samples than this would take years."""


def count_problem(step: float, stop: float) -> str | None:
    """Why no run can have so many samples; None when it can."""
    if stop <= MOST_SAMPLES * step:
        return None
    return (
        f"a step of {step:g} s up to {stop:g} s makes {stop / step:.2g} samples, which take years to compute; "
        "take a longer step or an earlier stop"
    )


@dataclass(frozen=True)
class Transient:
    """`.tran step stop [start [max_step]] [uic]`: times in s."""

    step: float
    stop: float
    start: float = 0.0
    max_step: float | None = None
    uic: bool = False
    position: Position | None = None
    kind: str = "tran"
    settled: bool = False
    """It starts from the equilibrium that `.settle` has found."""


@dataclass(frozen=True)
class Scattering:
    """`.sparam points span=..`: points per carrier, over `span` Hz centred on each."""

    points: int
    span: float
    position: Position | None = None
    kind: str = "sparam"


@dataclass(frozen=True)
class Settle:
    """`.settle tol=.. tmax=.. [tstep=..]`: until the whole state is at rest; times in s, no step: the transient's."""

    tol: float
    tmax: float
    step: float | None = None
    position: Position | None = None
    kind: str = "settle"


@dataclass(frozen=True)
class OperatingPoint:
    """`.op`: all derivatives are zero."""

    position: Position | None = None
    kind: str = "op"


@dataclass(frozen=True)
class Axis:
    """What a sweep changes, and from where to where: `parameter` of the instance `target`, or TEMPERATURE.

    The last value may fall short of `stop`: no closing point is added, as in ngspice.
    """

    target: str
    parameter: str
    start: float
    stop: float
    step: float
    position: Position | None = None

    @property
    def name(self) -> str:
        """The name of the axis in a result."""
        return self.target

    @property
    def values(self) -> NDArray[np.float64]:
        """start, start + step, ..., as far as stop."""
        steps = math.floor((self.stop - self.start) / self.step * (1 + 1e-12) + 1e-9)
        return np.asarray(self.start + self.step * np.arange(steps + 1), dtype=np.float64)


@dataclass(frozen=True)
class Sweep:
    """`.dc source start stop step [source start stop step ...]`: operating points; the first axis is the inner loop."""

    axes: tuple[Axis, ...]
    position: Position | None = None
    kind: str = "dc"


@dataclass(frozen=True)
class SmallSignal:
    """`.ac dec|oct|lin points start stop`: frequencies in Hz; the points are per decade, per octave, or in all."""

    spacing: str
    points: int
    start: float
    stop: float
    position: Position | None = None
    kind: str = "ac"

    @property
    def count(self) -> int:
        """The number of frequencies."""
        if self.spacing == "lin":
            return self.points
        decades = math.log10(self.stop / self.start)
        if self.spacing == "dec":
            return 1 + math.floor(decades * self.points + 1e-9)
        octave = math.log10(2) / self.points
        return 1 + math.floor((decades + math.log10(1 + 1e-3 * 10**octave)) / octave)

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """The frequencies of ngspice 39.

        lin spreads its points over start to stop; dec takes as many steps as fit and stretches them so that both ends
        are met; oct does not stretch them, so that the last point may fall short of stop.
        """
        if self.spacing == "lin":
            return np.linspace(self.start, self.stop, self.count, dtype=np.float64)
        if self.spacing == "dec":
            return np.geomspace(self.start, self.stop, self.count, dtype=np.float64)
        return np.asarray(self.start * 2 ** (np.arange(self.count) / self.points), dtype=np.float64)


Analysis = Transient | Scattering | Settle | OperatingPoint | Sweep | SmallSignal


@dataclass(frozen=True)
class Train:
    """`.train pattern [min=..] [max=..]`: parameters "inst.parameter" that may be trained (a pattern may hold `*`)."""

    pattern: str
    low: float | None = None
    high: float | None = None
    position: Position | None = None


@dataclass(frozen=True)
class Set:
    """`.set inst.parameter value`: replaces what the line of an instance says; trained netlists have it."""

    name: str
    value: float
    position: Position | None = None


@dataclass(frozen=True)
class Request:
    """A signal named by .save, .probe or .print (a pattern may hold `*`)."""

    signal: str
    position: Position | None = None
