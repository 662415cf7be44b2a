"""What was solved already of a loop of light and electronics without a delay, run by run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .agreement import Agreed


@dataclass(frozen=True)
class Ahead:
    """What was solved already of an instant loop: light (detectors, runs, samples), voltages (followers, ...).

    count  (runs,) how many samples are known in each run
    """

    count: np.ndarray
    light: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))
    voltages: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def tell(self, light: np.ndarray | None, voltages: np.ndarray | None) -> None:
        """Write what is known of these samples over them."""
        known = self.count > 0
        for target, source in ((light, self.light), (voltages, self.voltages)):
            if target is not None and known.any():
                target[:, known] = source[:, known, : target.shape[2]]

    def later(self, samples: int) -> Ahead:
        """The same, so many samples later."""
        if not self.count.any():
            return self
        return Ahead(np.maximum(self.count - samples, 0), self.light[:, :, samples:], self.voltages[:, :, samples:])

    def joined(self, found: Agreed, runs: np.ndarray) -> Ahead:
        """With what was found in these runs (runs,), which is as much as there is room for or less."""
        if not self.count.any():
            return Ahead(np.where(runs, found.light.shape[2], 0), found.light, found.voltages)
        samples = found.light.shape[2]
        light, voltages = self.light.copy(), self.voltages.copy()
        light[:, runs, :samples], voltages[:, runs, :samples] = found.light[:, runs], found.voltages[:, runs]
        return Ahead(np.where(runs, samples, self.count), light, voltages)
