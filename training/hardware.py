"""The device that a model stands for: its parts vary, its monitors are noisy, clip and have a finite resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import UsageError


@dataclass(frozen=True)
class Hardware:
    """How a device differs from the netlist.

    variation  relative standard deviation of every trained part, drawn once for each by `seed`
    noise      V, standard deviation of every reading of a monitor
    bits       resolution of the monitors; None: infinite
    range      V, readings lie between -range and range; needed with `bits`
    seed       of what is drawn
    """

    variation: float = 0.0
    noise: float = 0.0
    bits: int | None = None
    range: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.variation < 0 or self.noise < 0:
            raise UsageError("variation and noise of the hardware must not be below 0")
        if self.bits is not None and (self.bits < 1 or self.range is None):
            raise UsageError("a resolution in bits must be at least 1, and needs the range of the monitors (V)")

    def varied(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the parts of this device, where a perfect one has `params`."""
        if not self.variation:
            return dict(params)
        names = sorted(params)
        factors = 1 + self.variation * np.random.default_rng([self.seed, 1]).standard_normal(len(names))
        factor = dict(zip(names, factors, strict=True))
        return {name: value * factor[name] for name, value in params.items()}

    def reader(self) -> np.random.Generator:
        """Where the noise of the readings comes from."""
        return np.random.default_rng([self.seed, 2])

    def read(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """What the monitors say of these voltages."""
        found = values + self.noise * rng.standard_normal(values.shape) if self.noise else values
        if self.range is not None:
            found = np.clip(found, -self.range, self.range)
        if self.bits is not None and self.range is not None:
            level = 2 * self.range / (2**self.bits - 1)
            found = np.round((found + self.range) / level) * level - self.range
        return found

    def clipped(self, values: np.ndarray) -> float:
        """The part of these voltages that is out of the range of the monitors."""
        return 0.0 if self.range is None else float((np.abs(values) >= self.range).mean())
