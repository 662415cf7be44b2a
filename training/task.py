"""A task: examples with their classes, how they enter a circuit, how its answer is read, and what an error costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import UsageError


@dataclass(frozen=True)
class Data:
    """Examples: `inputs` (examples, features) and `labels` (examples,), whole numbers from 0."""

    inputs: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", np.asarray(self.inputs))
        object.__setattr__(self, "labels", np.asarray(self.labels))

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, which: Any) -> Data:
        """Some of the examples."""
        return Data(self.inputs[which], self.labels[which])


@dataclass(frozen=True)
class Task:
    """Classification: one source a feature, one monitor and, for methods that nudge, one target a class.

    train, test  the examples, split once and for all
    sources      of the features: voltage or current sources, or parameters "inst.parameter"
    targets      sources of the targets, one a class; empty where nothing is nudged
    monitors     signals that are read, one a class; the largest wins
    levels       what a monitor should be (V, W of p(), J of x()) for a class that is not meant, and for one that is
    gain, offset a feature x is applied as gain x + offset, in the unit of the source

    The cost of an example is C = sum (monitor - target)^2 / 2, in the square of the monitors' unit.
    """

    name: str
    train: Data
    test: Data
    sources: Sequence[str]
    targets: Sequence[str]
    monitors: Sequence[str]
    levels: tuple[float, float] = (-0.5, 0.5)
    gain: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        for data in (self.train, self.test):
            _check(self.name, data, len(self.sources), len(self.monitors))
        for names in (self.sources, self.targets, self.monitors):
            twice = [name for k, name in enumerate(names) if name in names[:k]]
            if twice:
                raise UsageError(f"{self.name}: {twice[0]} stands twice among {', '.join(names)}")
        if not np.isfinite([*self.levels, self.gain, self.offset]).all():
            raise UsageError(f"{self.name}: levels, gain and offset must be finite numbers")
        if self.targets and len(self.targets) != len(self.monitors):
            raise UsageError(
                f"{self.name}: {len(self.monitors)} monitors need as many targets, not {len(self.targets)}"
            )

    @property
    def unit(self) -> str:
        """Of the monitors."""
        return {"p(": "W", "x(": "J"}.get(self.monitors[0][:2], "V")

    def encode(self, inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Features (runs, features) as values of the sources."""
        volts = self.gain * np.asarray(inputs, dtype=float) + self.offset
        if volts.ndim != 2 or volts.shape[1] != len(self.sources):
            raise UsageError(f"{self.name}: inputs must be (examples, {len(self.sources)}), not {volts.shape}")
        if not np.isfinite(volts).all():
            raise UsageError(f"{self.name}: an input is not a finite number")
        return dict(zip(self.sources, volts.T, strict=True))

    def wanted(self, labels: np.ndarray) -> np.ndarray:
        """What the monitors should be, (runs, classes)."""
        low, high = self.levels
        _check_labels(self.name, np.asarray(labels), len(self.monitors))
        return np.where(np.asarray(labels)[:, None] == np.arange(len(self.monitors)), high, low)

    def decode(self, read: np.ndarray) -> np.ndarray:
        """The class (runs,) that the monitors (runs, classes) tell."""
        found: np.ndarray = np.argmax(read, axis=1)
        return found

    def cost(self, read: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The cost of each run."""
        found: np.ndarray = 0.5 * ((read - self.wanted(labels)) ** 2).sum(axis=1)
        return found


def _check(name: str, data: Data, features: int, classes: int) -> None:
    """Raise UsageError for data that no circuit could learn."""
    if not classes:
        raise UsageError(f"{name}: there must be a monitor for each class")
    if data.inputs.ndim != 2 or data.inputs.shape[1] != features or data.labels.shape != data.inputs.shape[:1]:
        raise UsageError(
            f"{name}: inputs must be (examples, {features}), one column a source, with as many labels, not "
            f"{data.inputs.shape} and {data.labels.shape}"
        )
    if not len(data):
        raise UsageError(f"{name}: there are no examples")
    if not np.issubdtype(data.inputs.dtype, np.number) or not np.isfinite(data.inputs).all():
        numbers = np.array([[_is_number(value) for value in row] for row in data.inputs])
        bad = int(np.argwhere(~numbers)[0, 0])
        raise UsageError(f"{name}: example {bad} has an input that is not a finite number")
    _check_labels(name, data.labels, classes)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(np.isfinite(value))


def _check_labels(name: str, labels: np.ndarray, classes: int) -> None:
    """Raise UsageError for labels that are no classes."""
    if labels.size and not np.issubdtype(labels.dtype, np.integer):
        raise UsageError(f"{name}: labels must be whole numbers from 0 to {classes - 1}, not {labels.dtype}")
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        worst = labels[int(np.argmax(np.abs(labels - (classes - 1) / 2)))]
        raise UsageError(f"{name}: labels must be whole numbers from 0 to {classes - 1}, one a monitor; one is {worst}")


def split(data: Data, part: float, seed: int) -> tuple[Data, Data]:
    """Shuffle by a seed, and set a part of the examples aside: (train, test)."""
    if not 0 < part < 1:
        raise UsageError(f"the part of the examples that is for testing must lie between 0 and 1, not {part}")
    order = np.random.default_rng(seed).permutation(len(data))
    held = round(part * len(data))
    return data.take(order[held:]), data.take(order[:held])


def xor() -> Data:
    """The four examples of exclusive or, inputs -1 and 1."""
    inputs = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return Data(inputs, np.array([0, 1, 1, 0]))


def circles(count: int, seed: int, noise: float = 0.08, ratio: float = 0.5) -> Data:
    """Points on two circles about the origin: radius 1 (class 0) and `ratio` (class 1), with normal noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    angle = rng.uniform(0, 2 * np.pi, count)
    radius = np.where(labels == 1, ratio, 1.0)[:, None]
    return Data(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, noise, (count, 2)), labels)


def digits() -> Data:
    """1797 handwritten digits of 8 by 8 pixels between 0 and 1, from scikit-learn. Raises UsageError without it."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise UsageError("the digits come with scikit-learn: pip install scikit-learn") from None
    found = load_digits()
    return Data(found.data / 16.0, found.target)


GENERATED: Mapping[str, Any] = {"xor": xor, "circles": circles, "digits": digits}
"""The data that come by name."""
