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
from ..probes import CURRENT, FLUX, POWER, VOLTAGE, Probe, is_quantity
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
class Flux(Reading):
    """The flux through a coil: that of its own current, and of those that it is coupled to.

    parts    kept unknowns, currents
    weights  (runs or 1, parts) inductances (H)
    """

    parts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    weights: np.ndarray = field(default_factory=lambda: np.zeros((1, 0)))

    def values(self, kept: np.ndarray) -> np.ndarray:
        weights = (
            self.weights.reshape(-1, *[1] * (kept.ndim - 2), self.parts.size) if kept.ndim > 1 else self.weights[0]
        )
        found: np.ndarray = (kept[..., self.parts] * weights).sum(axis=-1)
        return found

    def variable(self, dimensions: tuple[str, ...], is_complex: bool = False) -> Variable:
        return Variable(self.probe.name, dimensions, "Wb", f"flux through {self.probe.target[0]}")


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
            flows, *rest = self.device.characteristic(*given)
            if self.probe.target[1] == POWER:
                found[place] = float(np.dot(flows, across[place]))
            else:
                found[place] = self.device.quantities[self.probe.target[1]].of(p, u, flows, *rest)
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
            return self._number(probe, instance)
        if instance.device.quantities:
            return self._shown(probe, instance)
        if probe.target[1] in CURRENT:
            return Reading(probe, self._current(instance.name), self._keep(self._unknowns.size), unit="A")
        if probe.target[1] == FLUX:
            return self._flux(probe, instance)
        ports = [name for name, port in instance.ports.items() if port.domain == ELECTRICAL]
        first, second = [self._keep(self._unknowns.terminal(instance, name)) for name in ports[:2]]
        if probe.target[1] in VOLTAGE:  # ngspice shows that of a current source as what it supplies
            ends = (second, first) if instance.device.letter == "i" else (first, second)
            return Reading(probe, *ends, unit="V")
        return Power(probe, first, second, third=self._current(instance.name))

    def _number(self, probe: Probe, instance: Instance) -> Reading:
        """A parameter, or a number that is derived from parameters."""
        device, name = instance.device, instance.device.shows.get(probe.target[1], probe.target[1])
        if name == "dc":
            return Reading(probe, 0, 0, self._level(instance), device.params[name].unit)
        if name not in device.derived:
            return Reading(probe, 0, 0, instance.settings[name], device.params[name].unit)
        kin, place = next(
            (kin, k) for kin in self._system.kins for k, i in enumerate(kin.instances) if i.name == instance.name
        )
        values = np.broadcast_to(getattr(kin.p, name), (len(kin.instances), np.shape(getattr(kin.p, name))[-1]))[place]
        return Reading(probe, 0, 0, values if values.size > 1 else float(values[0]), device.derived[name].unit)

    def _level(self, instance: Instance) -> Any:
        """What an independent source gives at rest."""
        level = self._system.sources[self._system.source(instance.name)].level(transient=False)
        return level if level.size > 1 else float(level[0])

    def _flux(self, probe: Probe, instance: Instance) -> Flux:
        """What the row of a coil's branch stores, with the other sign."""
        branch = self._unknowns.current(instance.name)
        rows, columns, values = self._system.capacitance.joined()
        mine = rows == branch
        parts = np.array([self._keep(int(column)) for column in columns[mine]], dtype=np.int64)
        return Flux(probe, 0, 0, parts=parts, weights=-values[mine].T)

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
