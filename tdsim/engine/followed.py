"""A parameter that follows electronics: its samples come window by window while the circuit runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(eq=False)
class Followed:
    """A source shape whose samples (runs, samples), `step` seconds apart, are those from tick `first` on.

    They are replaced before every pass over a window.
    """

    step: float
    first: int = 0
    values: np.ndarray = field(default_factory=lambda: np.zeros((1, 1)))
    version: int = 0
    """Changes whenever the samples do: what was made of them goes by it."""

    def show(self, first: int, values: np.ndarray) -> None:
        """Take on new samples."""
        self.first, self.values, self.version = first, values, self.version + 1

    @property
    def straight(self) -> bool:
        """Nothing is known between its samples."""
        return False

    def breakpoints(self, start: float, stop: float) -> np.ndarray:
        """None: what the electronics do is not known beforehand."""
        return np.empty(0)

    def resolve(self, step: float, stop: float) -> Followed:
        return self

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """The samples (runs, times) at these instants."""
        samples: np.ndarray = self.values[:, np.rint(np.asarray(t) / self.step).astype(int) - self.first]
        return samples
