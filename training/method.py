"""What all methods share: fit, predict, score, gradient, fidelity, on mini-batches that run side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Circuit, UsageError
from .hardware import Hardware
from .history import History
from .layers import Layers
from .optimiser import Optimiser
from .task import Data, Task


@dataclass(frozen=True)
class Fidelity:
    """How near a gradient is to the exact one, by layer: cosine of the angle, and relative error."""

    cosine: dict[str, float]
    error: dict[str, float]


class Method:
    """A circuit that is trained on a task; subclasses say how a gradient comes about.

    circuit   with `.train` cards; `layers` are its trained numbers
    numbers   the present ones, in units of their layers
    tied, spread, seed   as in `Layers`, `Layers.drawn`
    hardware  how the trained device differs from the netlist
    layers    where they are not those of `.train` cards
    """

    def __init__(
        self,
        circuit: Circuit,
        task: Task,
        *,
        tied: Mapping[str, str] | None = None,
        spread: Mapping[str, float] | None = None,
        hardware: Hardware | None = None,
        seed: int = 0,
        layers: Layers | None = None,
    ):
        if not isinstance(circuit, Circuit):
            raise UsageError(f"a method trains a circuit, as tdsim.load gives it, not {type(circuit).__name__}")
        self.circuit, self.task, self.hardware, self.seed = circuit, task, hardware or Hardware(), seed
        self.layers = Layers(circuit, tied) if layers is None else layers
        self.numbers = self.layers.drawn(seed, spread)
        self.history = History(f"{task.unit}2")
        self.noise = self.hardware.reader()
        for name in [*task.sources, *task.targets]:
            instance, _, parameter = name.rpartition(".")
            owner = circuit.instances.get(instance)
            if name not in circuit.instances and (owner is None or parameter not in owner.device.params):
                raise UsageError(f"the task drives {name}, which the circuit does not have")
            if any(name in some for some in self.layers.members()):
                raise UsageError(f"the task drives {name}, which is to be trained, too: it can be one of both only")

    # -- what a method is asked ---------------------------------------------------------------------------------

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        """What the monitors read (runs, classes) for inputs (runs, features)."""
        raise NotImplementedError

    def gradient(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The derivative of the mean cost by the numbers, as the method finds it."""
        raise NotImplementedError

    def exact(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The same from the transposed circuit: the judge."""
        raise NotImplementedError

    def params(self) -> dict[str, Any]:
        """The values of the trained parts of this device."""
        return self.hardware.varied(self.layers.params(self.numbers))

    def held(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Constants of sources, or of parameters "inst.parameter", as parameters of the circuit."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            ends = [f"{name}.dc", f"{name}.wave"] if name in self.circuit.instances else [name]
            found |= dict.fromkeys(ends, value)
        return found

    # -- what a user asks ---------------------------------------------------------------------------------------

    def predict(self, inputs: np.ndarray, batch: int = 64) -> np.ndarray:
        """The classes (examples,) of inputs (examples, features)."""
        inputs = np.asarray(inputs)
        if not len(inputs):
            return np.zeros(0, dtype=np.int64)
        found = [self.task.decode(self.respond(inputs[k : k + batch])) for k in range(0, len(inputs), batch)]
        return np.concatenate(found)

    def score(self, data: Data | None = None, batch: int = 64) -> float:
        """The part of the examples (those for testing by default) that are told right."""
        data = self.task.test if data is None else data
        return float((self.predict(data.inputs, batch) == data.labels).mean())

    def scores(self, devices: Iterable[Hardware], data: Data | None = None, batch: int = 64) -> np.ndarray:
        """The score (devices,) of what was learned on each of some devices, which it was not trained on."""
        data, found = self.task.test if data is None else data, []
        planned: np.ndarray | None = None
        for device in devices:
            if device.variation:
                read = self._read_by(device, data.inputs, batch)
            else:  # these differ in how they read the same circuit
                planned = self._read_by(Hardware(), data.inputs, batch) if planned is None else planned
                read = device.read(planned, device.reader())
            found.append(float((self.task.decode(read) == data.labels).mean()))
        return np.array(found)

    def _read_by(self, device: Hardware, inputs: np.ndarray, batch: int) -> np.ndarray:
        """What the monitors of a device read (examples, classes)."""
        own = self.hardware, self.noise
        self.hardware, self.noise = device, device.reader()
        try:
            return np.concatenate([self.respond(inputs[k : k + batch]) for k in range(0, len(inputs), batch)])
        finally:
            self.hardware, self.noise = own

    def fit(
        self,
        optimiser: Optimiser,
        epochs: int,
        batch: int = 16,
        *,
        frozen: tuple[str, ...] = (),
        probe: int = 0,
        told: Callable[[dict[str, float]], None] | None = None,
    ) -> History:
        """Train for some epochs; each adds a record to `history`: cost and accuracy on the examples for training.

        frozen  layers that stay as they are
        probe   on so many examples, the cosine of the method's gradient with the exact one is recorded
        told    is given each record
        Examples come in an order that `seed` and the epoch decide.
        """
        if epochs < 1 or batch < 1:
            raise UsageError(f"epochs and batch must be at least 1, not {epochs} and {batch}")
        still = self._still(frozen)
        for _ in range(epochs):
            record = self._epoch(optimiser, batch, still, probe)
            self.history.add(record)
            if told is not None:
                told(record)
        return self.history

    def _epoch(self, optimiser: Optimiser, batch: int, still: np.ndarray, probe: int) -> dict[str, float]:
        began, data, task = time.perf_counter(), self.task.train, self.task
        epoch = len(self.history.records)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(data))
        cost, right = 0.0, 0
        for k in range(0, len(data), batch):
            some = data.take(order[k : k + batch])
            slope = np.where(still, 0.0, self.gradient(some.inputs, some.labels))
            cost += float(task.cost(self.free_reading, some.labels).sum())
            right += int((task.decode(self.free_reading) == some.labels).sum())
            moved = optimiser.step(self.numbers, slope, self.layers.low, self.layers.high)
            self.numbers = np.where(still, self.numbers, moved)
        record = {"cost": cost / len(data), "accuracy": right / len(data), "time": time.perf_counter() - began}
        if probe:
            some = data.take(order[:probe])
            for name, value in self.fidelity(some.inputs, some.labels).cosine.items():
                record[f"cosine({name})"] = value
        return record

    free_reading: np.ndarray
    """What the monitors read (runs, classes) while the last gradient was taken, without any nudge."""

    def _still(self, frozen: tuple[str, ...]) -> np.ndarray:
        still = np.zeros(self.numbers.size, dtype=bool)
        known = {layer.name: layer for layer in self.layers.layers}
        for name in frozen:
            if name not in known:
                raise UsageError(f"no layer is called {name!r}: there are {', '.join(known)}")
            still[known[name].places] = True
        return still

    def fidelity(self, inputs: np.ndarray, labels: np.ndarray) -> Fidelity:
        """How near the method's gradient is to the exact one, on these examples."""
        found, exact = self.gradient(inputs, labels), self.exact(inputs, labels)
        cosine, error = {}, {}
        for layer in self.layers.layers:
            a, b = found[layer.places], exact[layer.places]
            scale = np.linalg.norm(a) * np.linalg.norm(b)
            cosine[layer.name] = float(a @ b / scale) if scale else float("nan")
            error[layer.name] = float(np.linalg.norm(a - b) / np.linalg.norm(b)) if b.any() else float("nan")
        return Fidelity(cosine, error)
