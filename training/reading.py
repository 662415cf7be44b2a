"""What the monitors of a run read, and what it costs: the mean over a window of time."""

from __future__ import annotations

import numpy as np

from ..adjoint.costs import Signals
from .task import Task


class Reading:
    """The cost of a task, as `tdsim.gradient` wants it; `read` (runs, classes) is what was read last.

    labels   (runs,)
    begin    index of the sample from which on monitors are read; 0 for signals of one instant
    """

    read: np.ndarray

    def __init__(self, task: Task, labels: np.ndarray, begin: int = 0):
        self._task, self._labels, self._begin = task, labels, begin

    def value(self, signals: Signals) -> np.ndarray:
        self.read = read(self._task, signals, self._begin)
        return self._task.cost(self.read, self._labels)

    def pullback(self, signals: Signals) -> dict[str, np.ndarray]:
        off = read(self._task, signals, self._begin) - self._task.wanted(self._labels)
        slopes = {name: np.zeros(signals[name].shape) for name in self._task.monitors}
        for slope, missed in zip(slopes.values(), off.T, strict=True):
            window = slope[..., self._begin :]
            window += missed[:, None] / window.shape[-1]
        return slopes


def read(task: Task, signals: Signals, begin: int) -> np.ndarray:
    """The monitors' means from a sample on, (runs, classes)."""
    return np.stack([np.asarray(signals[m])[..., begin:].mean(axis=-1) for m in task.monitors], axis=1)
