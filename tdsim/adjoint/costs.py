"""What a gradient is taken of: numbers made of saved signals.

A cost has

    value(signals) -> (runs,)            from the signals by name: (times,), (runs, times) or (runs, carriers, times)
    pullback(signals) -> dict of arrays  dvalue/dsignal of each, dL/dRe + i dL/dIm where a signal is complex

Anything with these two methods serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from ..errors import UsageError

Signals = Mapping[str, np.ndarray]


class Cost(Protocol):
    """A number for each run, and its slopes."""

    def value(self, signals: Signals) -> np.ndarray: ...

    def pullback(self, signals: Signals) -> Mapping[str, np.ndarray]: ...


class SquaredError:
    """The mean square distance of signals from what they should be.

    targets  what each signal should be, an array that broadcasts to it
    weight   of each sample (times,); all alike when left out
    """

    def __init__(self, targets: Mapping[str, Any], weight: Any = 1.0):
        self._targets = {name: np.asarray(target) for name, target in targets.items()}
        self._weight = np.asarray(weight, dtype=float)

    def value(self, signals: Signals) -> np.ndarray:
        total = np.zeros(())
        for name, target in self._targets.items():
            total = total + _by_run(self._weight * _squares(signals[name] - target))
        return total

    def pullback(self, signals: Signals) -> dict[str, np.ndarray]:
        return {
            name: (2 * self._weight / signals[name].shape[-1]) * (signals[name] - target)
            for name, target in self._targets.items()
        }


class Mean:
    """The mean of a real signal over time, times a factor: -1 makes as much of it as possible."""

    def __init__(self, signal: str, factor: float = 1.0):
        self._signal, self._factor = signal, factor

    def value(self, signals: Signals) -> np.ndarray:
        return self._factor * _by_run(signals[self._signal])

    def pullback(self, signals: Signals) -> dict[str, np.ndarray]:
        values = signals[self._signal]
        return {self._signal: np.full(values.shape, self._factor / values.shape[-1])}


def _squares(values: np.ndarray) -> np.ndarray:
    """|x|^2, without the root that numpy's absolute takes."""
    return np.asarray(values.real**2 + values.imag**2)


def _by_run(values: np.ndarray) -> np.ndarray:
    """The mean over time, summed over carriers, which stand between runs and times if there are several."""
    means = values.mean(axis=-1)
    return np.asarray(means.sum(axis=-1) if means.ndim > 1 else means)


def value_of(cost: Cost, signals: Signals, runs: int, has_runs: bool) -> Any:
    """The cost of each run (runs,), or one number. Raises UsageError when it is something else."""
    value = np.asarray(cost.value(signals))
    if value.size != runs or value.ndim > 1 or np.iscomplexobj(value):
        raise UsageError(
            f"the cost's value must be a real number for each of {runs} runs, not an array {value.shape} of "
            f"{value.dtype}"
        )
    return value if has_runs else float(value.reshape(()))
