"""Reservoir computing: a circuit that stays as it is, driven by data, and a linear readout that is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import Circuit, UsageError, transient
from ..analysis.electronics import is_optical
from .readout import Readout, normalised_error


class Reservoir:
    """A circuit, how data enter it as light, and which of its signals are its nodes.

    circuit   any circuit with light; it is stepped in time, from the dark, for every sequence
    sources   lasers or external ports that are lit with the data, all alike
    signals   what is read, as in `.save`: powers and voltages
    slot      s, how long one value of the mask lasts; signals are read at the last sample of every slot
    step      s, sample interval; one slot is a whole number of them. Default: one a slot
    mask      (slots,) values by which an input is multiplied one after the other, one input taking slot * slots
    scale, offset   power (W) = scale * mask * input + offset, never below 0
    washout   inputs at the beginning whose answers depend on the dark before, and do not count
    readout   what is trained

    The nodes of an input are all signals in all its slots. A delay reservoir has one signal and many slots (L.
    Appeltant et al., Nat. Commun. 2, 468 (2011)), a network on a chip many signals and one slot (K. Vandoorne et al.,
    Nat. Commun. 5, 3541 (2014)). Detectors that are ideal squares (`p(..)`) are part of what is read.
    """

    def __init__(
        self,
        circuit: Circuit,
        *,
        sources: Sequence[str],
        signals: Sequence[str],
        slot: float,
        step: float | None = None,
        mask: Sequence[float] | np.ndarray = (1.0,),
        scale: float = 1e-3,
        offset: float = 0.0,
        washout: int = 50,
        readout: Readout | None = None,
    ):
        self.circuit, self.sources, self.signals = circuit, list(sources), list(signals)
        self.step = slot if step is None else step
        self.each = round(slot / self.step)
        self.mask, self.scale, self.offset = np.asarray(mask, dtype=float), scale, offset
        self.washout, self.readout = washout, readout or Readout()
        if not is_optical(circuit):
            raise UsageError("a reservoir is driven by light, and this circuit has none")
        if not self.sources or not self.signals:
            raise UsageError("a reservoir needs at least one source and one signal")
        if self.each < 1 or abs(slot - self.each * self.step) > 1e-9 * slot:
            raise UsageError(f"a slot of {slot:g} s is not a whole number of steps of {self.step:g} s")
        if self.mask.ndim != 1 or not self.mask.size or not np.isfinite(self.mask).all():
            raise UsageError("the mask must be a list of finite numbers, one a slot")
        if washout < 0:
            raise UsageError(f"the washout must be 0 inputs or more, not {washout}")

    def encode(self, inputs: np.ndarray) -> np.ndarray:
        """The wave (sqrt(W), one value a step) for inputs (times,). Raises UsageError where the power is below 0."""
        inputs = np.asarray(inputs, dtype=float)
        if inputs.ndim != 1 or not inputs.size:
            raise UsageError(f"the inputs must be one number a time, (times,), not {inputs.shape}")
        if not np.isfinite(inputs).all():
            raise UsageError(f"input {int(np.argmin(np.isfinite(inputs)))} is not a finite number")
        power = self.scale * np.outer(inputs, self.mask) + self.offset
        if power.min() < 0:
            worst = int(np.argmin(power.min(axis=1)))
            raise UsageError(
                f"input {worst} ({inputs[worst]:g}) would be a power of {power.min():g} W: an offset of at least "
                f"{self.offset - power.min():g} W keeps all of them at 0 or above"
            )
        wave: np.ndarray = np.repeat(np.sqrt(power).ravel(), self.each)
        return wave

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        """The nodes (times, signals * slots) for inputs (times,): one transient from the dark."""
        wave = self.encode(inputs)
        driven: dict[str, Any] = dict.fromkeys(self.sources, wave)
        stop = (wave.size - 1) * self.step
        found = transient(self.circuit, stop=stop, step=self.step, inputs=driven, save=self.signals)
        read = np.stack([np.real(found[name].values)[self.each - 1 :: self.each] for name in self.signals], axis=1)
        nodes: np.ndarray = read.reshape(len(inputs), -1)
        return nodes

    def fit(self, inputs: np.ndarray, targets: np.ndarray) -> Reservoir:
        """Train the readout on a sequence of inputs and targets (times,); the washout does not count."""
        targets = self._targets(inputs, targets)
        self.readout.fit(self.respond(inputs)[self.washout :], targets[self.washout :])
        return self

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Outputs (times,) for a new sequence; the first `washout` of them depend on the dark before it."""
        if not hasattr(self.readout, "weights"):
            raise UsageError("this reservoir has no trained readout yet: call fit first")
        return self.readout.predict(self.respond(inputs))

    def error(self, inputs: np.ndarray, targets: np.ndarray) -> float:
        """The normalised mean squared error on a new sequence, after the washout."""
        targets = self._targets(inputs, targets)
        return normalised_error(self.predict(inputs)[self.washout :], targets[self.washout :])

    def score(self, inputs: np.ndarray, targets: np.ndarray) -> float:
        """The part of the targets' variance that is told, 1 - error: 1 is perfect, 0 as good as their mean."""
        return 1 - self.error(inputs, targets)

    def _targets(self, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        targets = np.asarray(targets, dtype=float)
        if targets.shape != np.shape(inputs):
            raise UsageError(f"there must be one target an input: {np.shape(inputs)}, not {targets.shape}")
        if not np.isfinite(targets).all():
            raise UsageError(f"target {int(np.argmin(np.isfinite(targets)))} is not a finite number")
        if len(targets) <= self.washout:
            raise UsageError(f"{len(targets)} inputs leave none after a washout of {self.washout}")
        return targets
