"""The equations of an electrical circuit as arrays.

    d/dt [C z + q(z)] + G z + i(z) = sum_k D_k w_k(t)

C and G are the linear part, q and i come from groups of non-linear devices, w_k are the waveforms of sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..circuit import Circuit, Instance, is_shape
from ..device import Device
from ..shapes import Shape
from .groups import Group, make_groups
from .laws import law_groups
from .linear import Conditions, Entries, Kin, locate, set_fields, sort_kin, stamp
from .unknowns import Unknowns, electrical_instances, number_unknowns


@dataclass(frozen=True)
class Source:
    """What drives the circuit: one waveform of an instance. `dc` and `wave` are NaN where they were not given."""

    instance: Instance
    dc: Any
    wave: Any
    amplitude: complex

    @property
    def follows_shape(self) -> bool:
        return is_shape(self.wave)

    def level(self, transient: bool) -> np.ndarray:
        """Its value where it follows no shape, (runs or 1,): the wave's in a transient, else that of dc, else 0.

        At rest, without dc, a shape stands for its value at t = 0; in a transient it stands alone, whatever dc is.
        """
        if transient and self.follows_shape:
            return np.zeros(1)
        wave = _at_zero(self.wave) if is_shape(self.wave) else self.wave
        first, second = (wave, self.dc) if transient else (self.dc, wave)
        first, second = (np.atleast_1d(np.asarray(np.nan if is_shape(x) else x, dtype=float)) for x in (first, second))
        found = np.where(np.isnan(first), second, first)
        return np.where(np.isnan(found), 0.0, found)


def _at_zero(shape: Shape) -> float:
    """A shape's value at t = 0, which does not depend on the step of a transient."""
    return float(shape.resolve(1.0, 1.0)(np.zeros(1))[0])


@dataclass
class System:
    """The equations of a circuit; sparse matrices are (rows, columns, values (entries, runs or 1))."""

    circuit: Circuit
    unknowns: Unknowns
    instances: list[Instance]
    kins: list[Kin]
    conductance: Entries
    capacitance: Entries
    drive: Entries
    """Columns are numbers of sources."""
    sources: list[Source]
    groups: list[Group]
    conditions: Conditions
    runs: int = 1
    resting: Entries = field(default_factory=Entries)
    """What is added to the conductance while an operating point is sought (see `wellposed`)."""

    @property
    def size(self) -> int:
        return self.unknowns.size

    def source(self, name: str) -> int:
        """The number of the source that is this instance. Raises KeyError."""
        for k, source in enumerate(self.sources):
            if source.instance.name == name:
                return k
        raise KeyError(name)


def build(circuit: Circuit, conditions: Conditions, runs: int = 1, like: System | None = None) -> System:
    """The equations of the electrical part of a circuit.

    like  those of the same circuit with other parameter values: groups whose devices have not changed are taken over,
          with what they remember, so that only one of the two can be in use
    """
    instances = electrical_instances(circuit)
    unknowns = number_unknowns(circuit, instances)
    kins = sort_kin(instances)
    place: dict[str, tuple[Kin, int]] = {}
    system = System(circuit, unknowns, instances, kins, Entries(), Entries(), Entries(), [], [], conditions, runs)
    for kin in kins:
        locate(circuit, kin, unknowns)
        set_fields(kin, conditions, place)
        place |= {instance.name: (kin, k) for k, instance in enumerate(kin.instances)}
        stamp(kin, "conduct", system.conductance, unknowns.size)
        stamp(kin, "store", system.capacitance, unknowns.size)
        if kin.device.drive is not None:
            _drive(system, kin)
    _add_shunts(system)
    if like is not None and _same_groups(system, like):
        system.groups = like.groups
        return system
    system.groups = make_groups(circuit, instances, unknowns, conditions, runs)
    system.groups += law_groups(instances, unknowns, conditions, runs, float(circuit.options.get("reltol", 1e-3)))
    return system


def _same_groups(system: System, like: System) -> bool:
    """Whether all devices of two systems that groups are made of are the same objects."""
    if (system.conditions, system.runs, system.unknowns) != (like.conditions, like.runs, like.unknowns):
        return False
    ours, theirs = (
        [i for i in s.instances if i.device.characteristic is not None or i.device.laws is not None]
        for s in (system, like)
    )
    return len(ours) == len(theirs) and all(one is other for one, other in zip(ours, theirs, strict=True))


def shunts(options: Mapping[str, Any]) -> tuple[float, float]:
    """What joins every node to ground, as the options rshunt (ohm), gshunt (S) and cshunt (F) say: S and F."""
    rshunt = float(options.get("rshunt", 0.0))
    conductance = float(options.get("gshunt", 0.0)) + (1.0 / rshunt if rshunt > 0 else 0.0)
    return conductance, float(options.get("cshunt", 0.0))


def _add_shunts(system: System) -> None:
    nodes = np.arange(system.unknowns.voltages)
    for entries, value in zip((system.conductance, system.capacitance), shunts(system.circuit.options), strict=True):
        entries.add(nodes, nodes, np.full((nodes.size, 1), value), system.unknowns.size)


def _drive(system: System, kin: Kin) -> None:
    """Add the sources of these instances, and what drives them besides (a dark current)."""
    assert kin.device.drive is not None
    driven = _driven(kin.device)
    setattr(kin.p, driven, 0.0)
    always = kin.device.drive(kin.p)
    setattr(kin.p, driven, 1.0)
    linear = [np.subtract(one, none) for one, none in zip(kin.device.drive(kin.p), always, strict=True)]
    system.sources += map(source_of, kin.instances)
    _add_drive(system, kin, linear)
    if any(np.any(value) for value in always):
        system.sources += [Source(instance, np.nan, 1.0, 0.0) for instance in kin.instances]
        _add_drive(system, kin, always)


def _driven(device: type[Device]) -> str:
    """The parameter of a device that drives the circuit."""
    return str((device.detected or ("wave",))[0])


def source_of(instance: Instance) -> Source:
    """What an instance drives the circuit with."""
    settings = instance.settings
    amplitude = settings.get("ac", 0.0) * np.exp(1j * np.deg2rad(settings.get("acphase", 0.0)))
    return Source(instance, settings.get("dc", np.nan), settings[_driven(instance.device)], amplitude)


def _add_drive(system: System, kin: Kin, values: Sequence[Any]) -> None:
    """What the last sources, one an instance, add to each row."""
    columns = len(system.sources) - len(kin.instances) + np.arange(len(kin.instances))
    for row, value in enumerate(values):
        numbers = np.asarray(value, dtype=float)
        if numbers.any():
            wide = np.broadcast_to(numbers, (len(kin.instances), numbers.shape[-1] if numbers.ndim else 1))
            keep = kin.rows[:, row] < system.size
            system.drive.add(kin.rows[keep, row], columns[keep], wide[keep], 1 << 62)
