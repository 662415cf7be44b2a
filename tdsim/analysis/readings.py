"""How electrical signals are read off the unknowns of a circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ammeters import ammeter
from ..circuit import Circuit, Instance
from ..device import ELECTRICAL
from ..nodal.groups import numbers_of
from ..nodal.kinds import numbers_class
from ..nodal.system import System
from ..probes import CURRENT, POWER, Probe, is_quantity
from ..results.schema import Variable


@dataclass(frozen=True)
class Reading:
    """One signal: the difference of two kept unknowns, or a constant."""

    probe: Probe
    first: int
    second: int
    constant: Any = None
    unit: str = ""

    def values(self, kept: np.ndarray) -> np.ndarray:
        """The signal from the kept unknowns (..., unknowns)."""
        if self.constant is not None:
            shape = kept.shape[:-1]
            constant = np.asarray(self.constant, dtype=float)
            return np.broadcast_to(constant[:, None] if constant.ndim else constant, shape)
        found: np.ndarray = kept[..., self.first] - kept[..., self.second]
        return found

    def variable(self, dimensions: tuple[str, ...], is_complex: bool = False) -> Variable:
        """How the signal stands in the result."""
        kind, target = self.probe.kind, self.probe.target
        if kind == "v":
            text = "voltage of node " + target[0] if len(target) == 1 else f"voltage from {target[0]} to {target[1]}"
        else:
            text = f"current of {target[0]}" if kind == "i" else f"{target[1]} of {target[0]}"
        unit = self.probe.unit or self.unit or "1"
        return Variable(self.probe.name, dimensions, unit, text, is_complex and not self.probe.part)


@dataclass(frozen=True)
class Power(Reading):
    """Voltage from the first to the second kept unknown, times a third one, a current."""

    third: int = 0

    def values(self, kept: np.ndarray) -> np.ndarray:
        found: np.ndarray = (kept[..., self.first] - kept[..., self.second]) * kept[..., self.third]
        return found

    def variable(self, dimensions: tuple[str, ...], is_complex: bool = False) -> Variable:
        return Variable(self.probe.name, dimensions, "W", f"power that goes into {self.probe.target[0]}")


@dataclass(frozen=True)
class Shown(Reading):
    """What a non-linear device shows of its operating point.

    numbers         what `prepare` made of its parameters in each run
    controls, paths  (pairs, 2) kept unknowns
    """

    device: Any = None
    numbers: tuple[Any, ...] = ()
    controls: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    paths: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))

    def values(self, kept: np.ndarray) -> np.ndarray:
        voltages = kept[..., self.controls[:, 0]] - kept[..., self.controls[:, 1]]
        across = kept[..., self.paths[:, 0]] - kept[..., self.paths[:, 1]]
        found = np.empty(kept.shape[:-1])
        for place in np.ndindex(found.shape):
            p = self.numbers[place[0] if len(self.numbers) > 1 else 0]
            u = tuple(float(v) for v in voltages[place])
            given = (p, u, u) if self.device.walked else (p, u)
            flows, slopes, *_ = self.device.characteristic(*given)
            if self.probe.target[1] == POWER:
                found[place] = float(np.dot(flows, across[place]))
            else:
                found[place] = self.device.quantities[self.probe.target[1]].of(p, u, flows, slopes)
        return found

    def variable(self, dimensions: tuple[str, ...], is_complex: bool = False) -> Variable:
        quantity = self.device.quantities.get(self.probe.target[1])
        unit, doc = ("W", "power that it turns into heat") if quantity is None else (quantity.unit, quantity.doc)
        return Variable(self.probe.name, dimensions, unit, f"{self.probe.target[0]}: {doc}")


@dataclass(frozen=True)
class Readings:
    """The signals of an analysis. `kept` holds the unknowns that they are read from; ground is the last of them."""

    kept: np.ndarray
    readings: tuple[Reading, ...]

    def values(self, kept: np.ndarray) -> dict[str, np.ndarray]:
        """All signals from the kept unknowns (..., unknowns)."""
        return {r.probe.name: r.values(kept) for r in self.readings}


def make_readings(circuit: Circuit, system: System, probes: Sequence[Probe]) -> Readings:
    """Which unknowns the signals are read from; the circuit has ammeters where they are needed."""
    return _Maker(circuit, system).make(probes)


class _Maker:
    """Makes readings, and collects the unknowns that are kept for them."""

    def __init__(self, circuit: Circuit, system: System):
        self._circuit, self._system, self._unknowns = circuit, system, system.unknowns
        self._place: dict[int, int] = {}

    def make(self, probes: Sequence[Probe]) -> Readings:
        found = tuple([self._reading(probe) for probe in probes])
        return Readings(np.array(list(self._place), dtype=np.int64), found)

    def _keep(self, unknown: int) -> int:
        return self._place.setdefault(unknown, len(self._place))

    def _reading(self, probe: Probe) -> Reading:
        if probe.kind == "v":
            nodes = [self._unknowns.node(n) for n in probe.target]
            return Reading(probe, self._keep(nodes[0]), self._keep(nodes[1] if len(nodes) > 1 else self._unknowns.size))
        if probe.kind == "i":
            return Reading(probe, self._current(probe.target[0]), self._keep(self._unknowns.size))
        instance = self._circuit.instances[probe.target[0]]
        if not is_quantity(self._circuit, probe):
            unit = instance.device.params[probe.target[1]].unit
            return Reading(probe, 0, 0, instance.settings[probe.target[1]], unit)
        if instance.device.quantities:
            return self._shown(probe, instance)
        if probe.target[1] == CURRENT:
            return Reading(probe, self._current(instance.name), self._keep(self._unknowns.size), unit="A")
        ports = [name for name, port in instance.ports.items() if port.domain == ELECTRICAL]
        first, second = [self._keep(self._unknowns.terminal(instance, name)) for name in ports[:2]]
        return Power(probe, first, second, third=self._current(instance.name))

    def _current(self, name: str) -> int:
        current = self._unknowns.current(name)
        if current is None:
            current = self._unknowns.current(ammeter(name))
        assert current is not None
        return self._keep(current)

    def _shown(self, probe: Probe, instance: Instance) -> Shown:
        device: Any = instance.device.variant(instance.settings)
        gmin = float(self._circuit.options.get("gmin", 1e-12))
        numbers = numbers_of(device, [instance], self._system.conditions, gmin)
        made = tuple(numbers_class(device)(*run[0]) for run in numbers)

        def pairs(table: Sequence[tuple[str, str]]) -> np.ndarray:
            ends = [[self._keep(self._unknowns.terminal(instance, name)) for name in pair] for pair in table]
            return np.array(ends, dtype=np.int64)

        ends = pairs(device.controls), pairs(device.paths)
        return Shown(probe, 0, 0, device=device, numbers=made, controls=ends[0], paths=ends[1])
