"""What a `.meas` card asks for. How it is worked out is in analysis/measure.py."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .errors import Position

LAST = -1
"""The `count` of an event that asks for the last crossing."""


@dataclass(frozen=True)
class Event:
    """An instant: `at` (s), or the `count`-th crossing of `signal` through `level` after `delay` (s).

    edge   "rise", "fall" or "cross" (either)
    level  a number, or the name of a second signal
    """

    signal: str = ""
    level: float | str = 0.0
    edge: str = "cross"
    count: int = 1
    delay: float = 0.0
    at: float = math.nan

    def signals(self) -> tuple[str, ...]:
        """The signals that decide when it is."""
        return tuple(s for s in (self.signal, self.level) if isinstance(s, str) and s)


@dataclass(frozen=True)
class Measure:
    """One `.meas` card.

    kind        avg rms min max pp integ min_at max_at | find | deriv | when | delay (trig to targ) | param
    signal      the signal that is measured
    start stop  the window (s); NaN leaves that side open
    event       when (find, deriv, when), or the trigger; `target` is the second event of a delay. What is a time in
                .tran is a frequency (Hz) in .ac and a value of the first axis in .dc; find in .op has no event
    expression  of param: an expression of other measures; `constants` are the parameters that it may name
    places      where on the card the signals and the names of the expression stand
    """

    name: str
    analysis: str
    kind: str
    signal: str = ""
    start: float = math.nan
    stop: float = math.nan
    event: Event | None = None
    target: Event | None = None
    expression: str = ""
    constants: dict[str, float] = field(default_factory=dict, hash=False)
    position: Position | None = field(default=None, compare=False)
    places: dict[str, Position] = field(default_factory=dict, compare=False, hash=False, repr=False)

    def signals(self) -> tuple[str, ...]:
        """The names of the signals that it needs, each once."""
        events = [e for e in (self.event, self.target) if e is not None]
        names = [self.signal, *(s for e in events for s in e.signals())]
        return tuple(dict.fromkeys(n for n in names if n))

    def __str__(self) -> str:
        return f"{self.name}: {self.kind} {' '.join(self.signals())}".rstrip()
