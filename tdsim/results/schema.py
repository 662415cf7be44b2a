"""What an analysis says about its result before and while it computes it.

An analysis calls `sink.begin(schema)`, then `sink.append(...)` any number of times, then `sink.finish(attributes)`.
A sink holds the result in memory, or writes it to disk as it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Coordinate:
    """A dimension's values. `values` is None for the streamed dimension, whose values come with each append."""

    name: str
    units: str
    long_name: str
    values: np.ndarray | None = None
    dimension: str = ""
    """The dimension it lies along when that is not its own name (a swept parameter lies along `run`)."""


@dataclass(frozen=True)
class Variable:
    """One saved signal: its dimensions are in the order run, carrier, time (or frequency)."""

    name: str
    dimensions: tuple[str, ...]
    units: str
    long_name: str
    complex: bool = False


@dataclass(frozen=True)
class Schema:
    """One analysis: its name (tran, tran2, sparam), coordinates, variables, and the attributes known beforehand.

    `stream` names the dimension along which `append` adds; it is the last dimension of every variable.
    `length` is its final length if that is known.
    """

    analysis: str
    stream: str
    coordinates: tuple[Coordinate, ...]
    variables: tuple[Variable, ...]
    length: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """The result of one `.meas`: a number, or one for each point of its dimensions (run, carrier)."""

    values: Any
    dimensions: tuple[str, ...] = ()
    units: str = "1"


class Sink(Protocol):
    """Where results go."""

    def begin(self, schema: Schema) -> None: ...

    def append(self, stream: np.ndarray, values: dict[str, np.ndarray]) -> None:
        """Add samples: the values of the streamed coordinate, and for each variable an array that ends in them.

        The arrays may be views into the caller's buffers: a sink that keeps them must copy.
        """
        ...

    def finish(self, attributes: dict[str, Any]) -> None:
        """The analysis is complete; `attributes` are those known only now (wall time, steps)."""
        ...

    def close(self, measures: Mapping[str, Measured]) -> None:
        """All analyses are complete; `measures` are the results of `.meas` by name."""
        ...
