"""Instances of one kind side by side: their parameters as arrays, and their equations as matrices.

The equations of a linear device are functions of incident waves. Asking them for the answer to each unit wave in
turn, for all instances, carriers and runs at once, gives the matrices that the engine multiplies with. No Python
object per instance is needed after this.
"""

from __future__ import annotations

import copy
import functools
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..circuit import Circuit, Instance, is_shape
from ..device import OPTICAL, Device
from ..shapes import Waveform, seeded
from ..units import C0

Entries = dict[tuple[int, int], np.ndarray]
"""(row, column) to coefficients of shape (instances, carriers or 1, runs or 1[, times])."""


@dataclass
class Group:
    """Instances with the same equations and structure. `driven` names the parameters that follow a shape in time."""

    device: type[Device]
    ports: tuple[str, ...]
    wired: frozenset[str]
    driven: tuple[str, ...]
    instances: list[Instance]

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.device.lines)

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.device.states)

    @property
    def width(self) -> int:
        """Variables of one instance: waves leaving its ports, waves entering its lines, states."""
        return len(self.ports) + len(self.lines) + len(self.states)


def group_instances(circuit: Circuit) -> list[Group]:
    """Sort the optical instances of a circuit into groups, in order of first appearance."""
    groups: dict[tuple[Any, ...], Group] = {}
    for instance in circuit.instances.values():
        settings = instance.settings
        device = instance.device.variant(settings)
        ports = tuple(n for n, p in instance.ports.items() if p.domain == OPTICAL)
        if not ports and not device.states:
            continue  # a K element, say
        driven = tuple(n for n, v in settings.items() if is_shape(v))
        words = tuple(v for v in settings.values() if isinstance(v, str))
        lengths = tuple(len(v) for v in settings.values() if isinstance(v, tuple | list))
        wired = frozenset(instance.nets)
        key = (device, ports, wired, driven, words, lengths)
        groups.setdefault(key, Group(device, ports, wired, driven, [])).instances.append(instance)
    return list(groups.values())


def _stack(values: Sequence[Any]) -> np.ndarray:
    """Values of one parameter over instances, each a number or an array over runs, as (instances, 1, runs or 1)."""
    try:
        found = np.array(values)
    except ValueError:  # they do not all have as many runs
        arrays = [np.atleast_1d(np.asarray(v)) for v in values]
        runs = max(a.size for a in arrays)
        found = np.stack([np.broadcast_to(a, (runs,)) for a in arrays])
    return found.reshape(len(values), 1, -1)


def fields(group: Group, carriers: Sequence[float], waveforms: dict[tuple[str, str], np.ndarray] | None = None) -> Any:
    """The namespace `p` of a group, derived numbers included.

    waveforms  (instance, parameter) to values in time, for parameters that follow a shape; every field then has a
               trailing axis of time. Only for groups of one instance.
    """
    return with_driven(group, steady_fields(group, carriers, waveforms is not None), waveforms)


def steady_fields(group: Group, carriers: Sequence[float], in_time: bool) -> SimpleNamespace:
    """The parameters of a group that follow no shape, with a trailing axis of time or not."""
    settings = [i.settings for i in group.instances]
    p = SimpleNamespace(wired=group.wired, ports=group.ports)
    for name, param in group.device.params.items():
        values = [s[name] for s in settings]
        if isinstance(values[0], str):
            setattr(p, name, values[0])
        elif param.kind == "list":
            setattr(p, name, tuple(_stack(column) for column in zip(*values, strict=True)))
        elif name not in group.driven:
            setattr(p, name, _stack(values))
    _set_carriers(p, carriers)
    if in_time:
        _add_time_axis(p)
    return p


def with_driven(group: Group, p: SimpleNamespace, waveforms: dict[tuple[str, str], np.ndarray] | None) -> Any:
    """A copy of the steady fields with those that follow a shape, 0 where these are not given, and derived numbers."""
    p = copy.copy(p)
    for name in group.driven:
        here = group.instances[0].name
        setattr(p, name, waveforms[here, name] if waveforms is not None else _stack([0.0] * len(group.instances)))
    group.device.derive(p)
    return p


def _set_carriers(p: Any, carriers: Sequence[float]) -> None:
    wavelength = np.asarray(carriers, dtype=float)[None, :, None]
    p.wavelength, p.frequency = wavelength, C0 / wavelength
    p.frequency0 = np.full((1, 1, 1), C0 / carriers[0])
    p.carrier_index = np.arange(len(carriers))[None, :, None]


def _add_time_axis(p: Any) -> None:
    for name, value in vars(p).items():
        if isinstance(value, np.ndarray):
            setattr(p, name, value[..., None])
        elif isinstance(value, tuple) and value and isinstance(value[0], np.ndarray):
            setattr(p, name, tuple(v[..., None] for v in value))


def matrix_entries(group: Group, p: Any) -> Entries:
    """Coefficients of the group's linear equations.

    Rows: waves leaving the ports, waves entering the lines, derivatives of the states. Columns: incident waves,
    line outputs, states. Entries that are zero for every instance, carrier and run are left out.
    """
    ports, inner = len(group.ports), group.lines + group.states
    incident, internal = _record("incident", group.ports), _record("internal", inner)
    shape = np.shape(p.wavelength)[3:]
    entries: Entries = {}
    for column in range(ports + len(inner)):
        unit = [1.0 if k == column else 0.0 for k in range(ports + len(inner))]
        a, x = incident(*unit[:ports]), internal(*unit[ports:])
        for row, value in enumerate(_answers(group.device, p, a, x, bool(inner))):
            coefficient = np.asarray(value, dtype=complex)
            if np.any(coefficient != 0):
                full = (len(group.instances), 1, 1, *(1 for _ in shape))
                entries[row, column] = coefficient + np.zeros(full)
    return entries


@functools.cache
def _record(name: str, fields: tuple[str, ...]) -> Any:
    """A named tuple; making one anew takes longer than most uses of it."""
    return namedtuple(name, fields)


def _answers(device: type[Device], p: Any, a: Any, x: Any, has_inner: bool) -> tuple[Any, ...]:
    """Everything that the device's equations give for one incident vector."""
    if device.scatter is None:
        return tuple(0 for _ in a)
    if not has_inner:
        return device.scatter(p, a)
    out = device.scatter(p, a, x)
    if device.lines:
        assert device.feed is not None
        out += device.feed(p, a, x)
    if device.states:
        assert device.flow is not None
        out += device.flow(p, a, x)
    return out


def generic_pattern(group: Group, carriers: Sequence[float]) -> set[tuple[int, int]]:
    """Entries that may become nonzero when parameters change: the pattern at values inside every bound."""
    moved = []
    for instance in group.instances[:1]:
        values = dict(instance.values)
        for name, param in group.device.params.items():
            if param.kind == "number":
                values[name] = _inside(param.bounds, instance.settings[name])
        moved.append(Instance(instance.name, instance.device, instance.nets, values))
    probe = Group(group.device, group.ports, group.wired, (), moved)
    return set(matrix_entries(probe, fields(probe, carriers)))


def _inside(bounds: tuple[float, float], value: Any) -> float:
    low, high = bounds
    if np.isfinite(low) and np.isfinite(high):
        return float(low + 0.37 * (high - low))
    number = 0.0 if is_shape(value) else float(np.ravel(np.asarray(value))[0])
    start = number if np.isfinite(number) else 0.0
    return start + 0.37 * (abs(start) or 1.0)


def resolve_waveforms(group: Group, step: float, stop: float, seed: int) -> dict[tuple[str, str], Waveform]:
    """The waveform behind every driven parameter of the group; random ones draw their own numbers from `seed`."""
    return {
        (i.name, name): seeded(i.values[name], seed, f"{i.name}.{name}").resolve(step, stop)
        for i in group.instances
        for name in group.driven
    }
