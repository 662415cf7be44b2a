"""Random shapes: TRNOISE and TRRANDOM. The same seed gives the same values, whatever window is asked for."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import UsageError
from .protocol import Array, Written, grid_between, number, refuse_keywords

BLOCK = 1024


@dataclass(frozen=True)
class _Seeded(Written):
    """A shape drawn from random numbers: sample k of its own time grid depends on (seed, k) alone."""

    seed: int = field(default=0, kw_only=True)

    @classmethod
    def read(cls, args: tuple[Any, ...], keywords: dict[str, Any], folder: str) -> Self:
        refuse_keywords(cls, keywords, ("seed",))
        seed = int(number(cls, "seed", keywords.get("seed", 0)))
        return replace(super().read(args, {}, folder), seed=seed)

    def draw(self, generator: np.random.Generator, count: int) -> Array:
        """`count` random numbers of the shape's distribution."""
        raise NotImplementedError

    def sample(self, index: Array) -> Array:
        """The random numbers of the grid points `index`."""
        blocks, inverse = np.unique(index // BLOCK, return_inverse=True)
        table = np.stack([self._block(int(b)) for b in blocks]) if blocks.size else np.empty((0, BLOCK))
        drawn: Array = table[inverse.reshape(np.shape(index)), index % BLOCK]
        return drawn

    def _block(self, block: int) -> Array:
        """The random numbers of one block of the grid, from a generator of its own (Philox is counter-based)."""
        key = np.array([self.seed & 0xFFFFFFFFFFFFFFFF, block & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
        return self.draw(np.random.Generator(np.random.Philox(key=key)), BLOCK)


@dataclass(frozen=True)
class Noise(_Seeded):
    """White noise: Gaussian numbers of standard deviation na every nt, joined by straight lines, 0 at t = 0."""

    word: ClassVar[str] = "trnoise"
    na: float
    nt: float
    nalpha: float = 0.0
    namp: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nt <= 0:
            raise UsageError(f"{self}: the time step nt must be above zero: {self.form()}")
        if self.nalpha or self.namp:
            raise UsageError(f"{self}: 1/f noise (nalpha, namp) is not available; white noise is: trnoise(na nt 0 0)")

    def draw(self, generator: np.random.Generator, count: int) -> Array:
        return generator.standard_normal(count)

    def __call__(self, t: Array) -> Array:
        position = np.maximum(t / self.nt, 0)
        before = np.floor(position + 1e-9).astype(np.int64)
        part = np.maximum(position - before, 0)
        value: Array = (1 - part) * self._point(before) + part * self._point(before + 1)
        return value

    def _point(self, index: Array) -> Array:
        return np.where(index > 0, self.na * self.sample(index), 0.0)

    def breakpoints(self, start: float, stop: float) -> Array:
        return grid_between(0.0, self.nt, start, stop)


@dataclass(frozen=True)
class RandomSteps(_Seeded):
    """A new random value every ts, held in between, from td on; `offset` before.

    kind 1: uniform in -spread .. spread; 2: Gaussian of standard deviation spread; 3: exponential of mean spread;
    4: Poisson of mean spread; each plus offset.
    """

    word: ClassVar[str] = "trrandom"
    kind: float
    ts: float
    td: float = 0.0
    spread: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in (1, 2, 3, 4):
            raise UsageError(
                f"{self}: kind is 1 (uniform), 2 (Gaussian), 3 (exponential) or 4 (Poisson): {self.form()}"
            )
        if self.ts <= 0:
            raise UsageError(f"{self}: the time step ts must be above zero: {self.form()}")
        if self.kind == 4 and self.spread < 0:
            raise UsageError(f"{self}: the mean of a Poisson distribution must not be negative")

    def draw(self, generator: np.random.Generator, count: int) -> Array:
        if self.kind == 1:
            return self.spread * generator.uniform(-1, 1, count)
        if self.kind == 2:
            return self.spread * generator.standard_normal(count)
        if self.kind == 3:
            return self.spread * generator.standard_exponential(count)
        return generator.poisson(self.spread, count).astype(float)

    def __call__(self, t: Array) -> Array:
        index = np.floor((t - self.td + self.snap) / self.ts).astype(np.int64)
        value: Array = self.offset + np.where(index >= 0, self.sample(np.maximum(index, 0)), 0.0)
        return value

    def breakpoints(self, start: float, stop: float) -> Array:
        return grid_between(self.td, self.ts, start, stop)


def seeded(value: Any, seed: int, name: str) -> Any:
    """`value` with random numbers of its own, when it is a shape that draws any and has no seed of its own.

    `seed` is that of the simulation, `name` tells one source from another.
    """
    if not isinstance(value, _Seeded) or value.seed:
        return value
    return replace(value, seed=(seed << 32) + zlib.crc32(name.encode()) + 1)
