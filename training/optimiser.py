"""Optimisers: how numbers move against a gradient. They know plain arrays only.

Reference: D. P. Kingma and J. Ba, ICLR 2015, arXiv:1412.6980 (Adam).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import UsageError


class Optimiser:
    """Gradient descent; with `momentum`, of the heavy ball.

    rate   what a gradient is multiplied with; after every step it is multiplied with `decay`
    """

    def __init__(self, rate: float, momentum: float = 0.0, decay: float = 1.0):
        if not rate > 0 or not 0 <= momentum < 1 or not 0 < decay <= 1:
            raise UsageError(
                f"the rate must be above 0, the momentum in [0, 1) and the decay in (0, 1], not {rate}, {momentum} and "
                f"{decay}"
            )
        self.rate, self.momentum, self.decay = rate, momentum, decay
        self._speed: Any = 0.0

    def step(self, values: np.ndarray, gradient: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The next values, within their bounds (projection)."""
        moved: np.ndarray = np.clip(values + self._move(gradient), low, high)
        self.rate *= self.decay
        return moved

    def _move(self, gradient: np.ndarray) -> np.ndarray:
        self._speed = self.momentum * self._speed - self.rate * gradient
        return np.asarray(self._speed)

    def memory(self) -> dict[str, np.ndarray]:
        """All that it remembers, arrays by name."""
        return {"speed": np.asarray(self._speed), "rate": np.asarray(self.rate)}

    def restore(self, memory: dict[str, np.ndarray]) -> None:
        """Go on from what another has remembered."""
        self._speed, self.rate = memory["speed"], float(memory["rate"])


class Adam(Optimiser):
    """Adam: steps of about `rate` whatever the size of the gradient."""

    def __init__(
        self, rate: float, first: float = 0.9, second: float = 0.999, small: float = 1e-12, decay: float = 1.0
    ):
        super().__init__(rate, decay=decay)
        self._first, self._second, self._small = first, second, small
        self._mean: Any = 0.0
        self._square: Any = 0.0
        self._count = 0

    def _move(self, gradient: np.ndarray) -> np.ndarray:
        self._count += 1
        self._mean = self._first * self._mean + (1 - self._first) * gradient
        self._square = self._second * self._square + (1 - self._second) * gradient**2
        mean = self._mean / (1 - self._first**self._count)
        square = self._square / (1 - self._second**self._count)
        return np.asarray(-self.rate * mean / (np.sqrt(square) + self._small))

    def memory(self) -> dict[str, np.ndarray]:
        known = {"mean": self._mean, "square": self._square, "count": self._count, "rate": self.rate}
        return {name: np.asarray(value) for name, value in known.items()}

    def restore(self, memory: dict[str, np.ndarray]) -> None:
        self._mean, self._square = memory["mean"], memory["square"]
        self._count, self.rate = int(memory["count"]), float(memory["rate"])
