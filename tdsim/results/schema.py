"""What an analysis says about its result before and while it computes it.

An analysis calls `sink.begin(schema)`, then `sink.append(...)` any number of times, then `sink.finish(attributes)`.
A sink holds the result in memory, or writes it to disk as it comes.

An analysis that can go on where it was cut off asks `sink.resume(name)` before it begins, and calls
`sink.checkpoint(...)` whenever all samples up to where it stands have been appended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    """One saved signal: its dimensions are in the order run, carrier, time (or frequency).

    A `hidden` one is kept for `.meas` while the run is under way; the result does not hold it.
    """

    name: str
    dimensions: tuple[str, ...]
    units: str
    long_name: str
    complex: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Schema:
    """One analysis: its name (tran, tran2, sparam), coordinates, variables, and the attributes known beforehand.

    `stream` names the dimension along which `append` adds; it is the last dimension of every variable.
    `length` is its final length if that is known.
    `single`: there is one point only, and the result does not have that dimension (an operating point).
    """

    analysis: str
    stream: str
    coordinates: tuple[Coordinate, ...]
    variables: tuple[Variable, ...]
    length: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    single: bool = False

    def shown(self) -> Schema:
        """Without the hidden variables: what the result holds."""
        return replace(self, variables=tuple(v for v in self.variables if not v.hidden))


def schema_of(content: Mapping[str, Any]) -> Schema:
    """The schema that `dataclasses.asdict` took apart, from a checkpoint."""
    coordinates = tuple(Coordinate(**c) for c in content["coordinates"])
    variables = tuple(Variable(**{**v, "dimensions": tuple(v["dimensions"])}) for v in content["variables"])
    return Schema(**{**content, "coordinates": coordinates, "variables": variables})


@dataclass(frozen=True)
class Measured:
    """The result of one `.meas`: a number, or one for each point of its dimensions (run, carrier).

    `coordinates` are those of the dimensions.
    """

    values: Any
    dimensions: tuple[str, ...] = ()
    units: str = "1"
    coordinates: tuple[Coordinate, ...] = ()


Snapshot = dict[str, Any]
"""Where an analysis stands: numbers, words, arrays, and lists and dictionaries (by words) of these."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive samples: the streamed coordinate's values (n,), and for each variable an array (..., n)."""

    stream: np.ndarray
    values: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Room:
    """Where a sink holds samples: for each variable an array (..., n), whose next free sample is `place`.

    `values` is the same object as long as the arrays are the same.
    """

    values: Mapping[str, np.ndarray]
    place: int


@dataclass(frozen=True)
class Earlier:
    """What an earlier run, which was cut off, left of one analysis."""

    schema: Schema
    finished: bool
    stretches: Iterator[Stretch]


class Sink(Protocol):
    """Where results go."""

    def earlier(self) -> list[Earlier]:
        """The analyses that an earlier run has finished, or got some way into."""
        ...

    def resume(self, analysis: str) -> Snapshot | None:
        """Where an earlier run of the analysis stands: what it has appended is kept, and more is appended after it.

        None when it begins at its beginning. Asked for before `begin`.
        """
        ...

    def begin(self, schema: Schema) -> None: ...

    def room(self, count: int) -> Room | None:
        """Room for `count` samples, all zero, which may be written there before they are appended.

        None where the sink has no such place. Appending fewer samples is allowed, the rest is then forgotten.
        """
        ...

    def append(self, stream: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Add samples: the values of the streamed coordinate, and for each variable an array that ends in them.

        Variables that have been written into the `room` that was asked for just before are left out. The arrays may
        be views into the caller's buffers: a sink that keeps them must copy.
        """
        ...

    def checkpoint(self, snapshot: Callable[[], Snapshot]) -> None:
        """The analysis can be resumed from here: `snapshot()` and what was appended belong together.

        Raises KeyboardInterrupt, with both on disk, when the user has asked to stop.
        """
        ...

    def finish(self, attributes: dict[str, Any]) -> None:
        """The analysis is complete; `attributes` are those known only now (wall time, steps)."""
        ...

    def close(self, measures: Mapping[str, Measured]) -> None:
        """All analyses are complete; `measures` are the results of `.meas` by name."""
        ...


class NullSink:
    """For an analysis that is run for its state alone."""

    def earlier(self) -> list[Earlier]:
        return []

    def resume(self, analysis: str) -> Snapshot | None:
        return None

    def begin(self, schema: Schema) -> None: ...

    def room(self, count: int) -> Room | None:
        return None

    def append(self, stream: np.ndarray, values: Mapping[str, np.ndarray]) -> None: ...

    def checkpoint(self, snapshot: Callable[[], Snapshot]) -> None: ...

    def finish(self, attributes: dict[str, Any]) -> None: ...

    def close(self, measures: Mapping[str, Measured]) -> None: ...
