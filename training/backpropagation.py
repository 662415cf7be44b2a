"""Backpropagation: the exact gradient of a model of the circuit, by running its transpose; the digital reference.

Through time a run is gone through backwards, delays included; at equilibrium the transposed circuit is solved once.
The gradient is that of the model, the netlist as it stands; answers come from a device whose parts vary (`Hardware`).
Where both differ, what was learned on the one has to do on the other: `fidelity` tells how far their gradients agree.

Reference: P. J. Werbos, Proc. IEEE 78, 1550 (1990) (through time); L. B. Almeida, Proc. IEEE ICNN 2, 609 (1987), and
F. J. Pineda, Phys. Rev. Lett. 59, 2229 (1987) (at equilibrium); T. W. Hughes et al., Optica 5, 864 (2018) (meshes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import Circuit, OperatingPoints, UsageError, fixed_point, gradient, transient
from ..analysis.electronics import is_optical
from .hardware import Hardware
from .method import Method
from .reading import Reading, read
from .task import Task


class Backpropagation(Method):
    """Training by the exact gradient of the model.

    stop     s: length of a run, from rest at t = 0; without it the circuit is at its equilibrium
    step     s: between samples; needed with `stop`, and for light
    begin    s: monitors read their mean from here to `stop`; 0 by default
    Others: see Method. Signals that are read may be voltages, or powers of light (`p(out)`): ideal detectors.
    Raises UsageError for times that do not fit each other, and from `tdsim.gradient` for a circuit that it cannot do.
    """

    def __init__(
        self,
        circuit: Circuit,
        task: Task,
        *,
        stop: float | None = None,
        step: float | None = None,
        begin: float = 0.0,
        tied: Mapping[str, str] | None = None,
        spread: Mapping[str, float] | None = None,
        hardware: Hardware | None = None,
        seed: int = 0,
    ):
        super().__init__(circuit, task, tied=tied, spread=spread, hardware=hardware, seed=seed)
        if stop is None and begin:
            raise UsageError("begin is a time of a run: give its stop (s), too")
        if stop is not None and (step is None or not 0 < step <= stop or not 0 <= begin <= stop):
            raise UsageError(
                f"a run needs a step above 0 and at most its stop, and a begin within it (s), not stop={stop}, "
                f"step={step}, begin={begin}"
            )
        self._stop, self._step = stop, step
        self._points = None if stop is not None or is_optical(circuit) else OperatingPoints(circuit, task.monitors)
        self._begin = 0 if stop is None or step is None else round(begin / step)

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        driven = self.params() | self.held(self.task.encode(inputs))
        monitors = list(self.task.monitors)
        if self._points is not None:
            at_rest, _ = self._points.find(driven)
            signals = {m: at_rest[m][:, None] for m in monitors}
        elif self._stop is None:
            found = fixed_point(self.circuit, step=self._step, params=driven, save=monitors)
            signals = {m: found[m].values[:, None] for m in monitors}
        else:
            found = transient(self.circuit, stop=self._stop, step=self._step, params=driven, save=monitors)
            signals = {m: found[m].values for m in monitors}
        return self.hardware.read(read(self.task, signals, self._begin), self.noise)

    def gradient(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return self._slopes(self.layers.params(self.numbers), inputs, labels)

    def exact(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return self._slopes(self.params(), inputs, labels)

    def _slopes(self, params: dict[str, float], inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The derivative of the mean cost by the numbers, with these values of the trained parts."""
        cost = Reading(self.task, labels, self._begin)
        members = self.layers.members()
        driven: dict[str, Any] = params | self.held(self.task.encode(inputs))
        _, slopes = gradient(
            self.circuit,
            cost,
            [name for some in members for name in some],
            stop=self._stop,
            step=self._step,
            settled=self._stop is None,
            params=driven,
            save=list(self.task.monitors),
        )
        self.free_reading = cost.read
        by_number = np.array([sum(np.mean(slopes[name].values) for name in some) for some in members])
        return self.layers.pulled_back(by_number, self.numbers)
