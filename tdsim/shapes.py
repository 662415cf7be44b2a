"""Source shapes: what may stand in the place of a drivable parameter (PULSE, SIN, ..., PRBS, FILE)."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Waveform(Protocol):
    """A shape whose defaults have been filled in from the analysis (TSTEP, TSTOP)."""

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """Values at the times t (s), right limits at jumps. A time within 1e-6 step of a jump counts as at it."""
        ...

    def breakpoints(self, start: float, stop: float) -> np.ndarray:
        """Rising times of all kinks and jumps in (start, stop)."""
        ...


class Shape(Protocol):
    """A shape as written in the netlist, before TSTEP and TSTOP are known."""

    def resolve(self, step: float, stop: float) -> Waveform: ...
