"""Samples of one analysis held in memory, between the engine's blocks and where they go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from .schema import Room, Schema, Stretch, Variable

FIRST_CAPACITY = 1024


def leading_shape(schema: Schema, variable: Variable) -> tuple[int, ...]:
    """A variable's shape without the streamed dimension, which is its last."""
    lengths = {c.name: np.size(c.values) for c in schema.coordinates if c.values is not None and not c.dimension}
    return tuple(lengths[d] for d in variable.dimensions[:-1])


def sample_type(variable: Variable) -> np.dtype:
    """complex128 or float64."""
    return np.dtype(np.complex128 if variable.complex else np.float64)


def sample_bytes(schema: Schema) -> int:
    """The bytes that one value of the streamed coordinate takes over all variables."""
    sizes = (math.prod(leading_shape(schema, v)) * sample_type(v).itemsize for v in schema.variables)
    return 8 + sum(sizes)


def empty_values(schema: Schema, count: int) -> dict[str, np.ndarray]:
    """Zeros (..., count) for each variable."""
    return {v.name: np.zeros((*leading_shape(schema, v), count), sample_type(v)) for v in schema.variables}


class Buffer:
    """Grows along the streamed dimension by doubling, or has its `capacity` (samples) from the start."""

    def __init__(self, schema: Schema, capacity: int = 0):
        self.schema = schema
        self.start = 0
        """Samples taken away since the analysis began."""
        self.filled = 0
        self._stream = np.empty(capacity)
        self._written = 0
        """Samples of memory that may hold something else than zero."""
        self._offered = 0
        """Samples of the room that has been given and not been filled."""
        self._values = empty_values(schema, capacity)

    def room(self, count: int) -> Room:
        """Room for `count` samples, all zero, which may be written there before they are appended.

        Memory that nobody writes to is never fetched: what is dark costs nothing.
        """
        end = self._reserve(count)
        if self.filled < self._written:
            for held in self._values.values():
                held[..., self.filled : min(end, self._written)] = 0
        self._written, self._offered = max(self._written, end), count
        return Room(self._values, self.filled)

    def _reserve(self, count: int) -> int:
        """Grow until `count` more samples fit; returns where they end."""
        end = self.filled + count
        if end > len(self._stream):
            self._grow(max(end, 2 * len(self._stream), FIRST_CAPACITY))
        return end

    def append(self, stream: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Copy a block in; variables that it does not have lie in the `room` already.

        Raises ValueError when an array's shape is not (..., len(stream)) as declared, or when there was no room.
        """
        end = self._reserve(len(stream))
        self._stream[self.filled : end] = stream
        if len(stream) > self._offered and values.keys() < self._values.keys():
            raise ValueError(f"no samples of {sorted(self._values.keys() - values.keys())}")
        self._offered = 0
        for name, block in values.items():
            held = self._values[name]
            if block.shape != (*held.shape[:-1], len(stream)):
                raise ValueError(f"{name}: shape {block.shape}, declared {(*held.shape[:-1], len(stream))}")
            held[..., self.filled : end] = block
        self._written = max(self._written, end)
        self.filled = end  # last, so that a block that is interrupted half-way does not count

    def _grow(self, capacity: int) -> None:
        def larger(old: np.ndarray) -> np.ndarray:
            new = np.zeros((*old.shape[:-1], capacity), old.dtype)
            new[..., : self.filled] = old[..., : self.filled]
            return new

        self._stream, self._values = larger(self._stream), {n: larger(v) for n, v in self._values.items()}

    def held(self) -> Stretch:
        """What is in the buffer, as views that the next `append` after a `clear` overwrites."""
        return Stretch(self._stream[: self.filled], {n: v[..., : self.filled] for n, v in self._values.items()})

    def clear(self) -> None:
        """Forget what is held: it has gone elsewhere."""
        self.start, self.filled = self.start + self.filled, 0


def recut(stretches: Iterable[Stretch], size: int) -> Iterator[Stretch]:
    """The same samples in stretches of `size`, the last one excepted."""
    held: list[Stretch] = []
    filled = 0
    for stretch in stretches:
        start, count = 0, len(stretch.stream)
        while filled + count - start >= size:
            end = start + size - filled
            yield joined([*held, part(stretch, start, end)])
            held, filled, start = [], 0, end
        if start < count:
            held.append(part(stretch, start, count))
            filled += count - start
    if held:
        yield joined(held)


def part(stretch: Stretch, start: int, stop: int) -> Stretch:
    """Samples `start` to `stop` of a stretch, as views."""
    return Stretch(stretch.stream[start:stop], {n: v[..., start:stop] for n, v in stretch.values.items()})


def joined(stretches: list[Stretch]) -> Stretch:
    """Stretches one after the other."""
    if len(stretches) == 1:
        return stretches[0]
    names = stretches[0].values
    values = {n: np.concatenate([s.values[n] for s in stretches], axis=-1) for n in names}
    return Stretch(np.concatenate([s.stream for s in stretches]), values)
