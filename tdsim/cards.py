"""What a netlist asks for: analyses, and signals to keep."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Position


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


@dataclass(frozen=True)
class Scattering:
    """`.sparam points span=..`: points per carrier, over `span` Hz centred on each."""

    points: int
    span: float
    position: Position | None = None
    kind: str = "sparam"


Analysis = Transient | Scattering


@dataclass(frozen=True)
class Request:
    """A signal named by .save, .probe or .print (a pattern may hold `*`)."""

    signal: str
    position: Position | None = None
