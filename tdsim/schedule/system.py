"""The circuit as one linear system of waves.

Every wave is a weighted sum of other waves, now or some samples ago:

    y[t] = sum of c_k x_k[t - d_k]

A `Row` holds one such sum. The waves are numbered: first those of the instances (one leaving each optical port, one
entering each delay line, one for each state), then external inputs, then helpers (filtered delays, state carries).
Besides rows there are four ways for a wave to come about: it is emitted by a source, enters at an external port,
leaves an all-pass filter, or is carried by a recurrence (the exact solution of linear states over one sample).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..circuit import Circuit, Terminal
from ..errors import SimulationError, UsageError
from ..units import engineering
from . import delays
from .graph import strong_components
from .groups import Group, fields, generic_pattern, group_instances, matrix_entries

Delay = int | tuple[int, ...]
"""Whole samples; a tuple when the lanes (carrier and run) differ."""

Coefficient = complex | np.ndarray
"""A number, or (lanes,) numbers when the lanes differ."""

Row = dict[tuple[int, Delay], Coefficient]


@dataclass(frozen=True)
class Line:
    """A delay line of an instance: the wave that enters it, and its delay in samples, one a lane or one for all."""

    entry: int
    samples: np.ndarray
    name: str
    transposed: bool


@dataclass(frozen=True)
class Allpass:
    """A fractional delay in a loop: `output` is `source`, `delay` samples ago, through the lattice `k` (order, lanes)."""

    output: int
    source: int
    delay: Delay
    k: np.ndarray
    transposed: bool


@dataclass(frozen=True)
class Recurrence:
    """w[t] = F w[t-1] + G s[t-1-d]: `outputs` are the w, `inputs` the s with their delays (already one more).

    F (n, n, lanes or 1), G (n, inputs, lanes or 1). `states` are the waves that hold the states' values.
    """

    outputs: tuple[int, ...]
    inputs: tuple[tuple[int, Delay], ...]
    f: np.ndarray
    g: np.ndarray
    states: tuple[int, ...] = ()
    ahead: np.ndarray | None = None


@dataclass(frozen=True)
class Driven:
    """The group (of one instance) whose coefficients follow a shape in time, and which waves they join.

    `joins` maps (row, column) of the group's matrix to (wave that leaves, wave that enters).
    """

    group: Group
    joins: dict[tuple[int, int], tuple[int, int]]


@dataclass
class System:
    """The whole circuit, before anything is dropped or merged. `lanes` is carriers times runs, the run fastest."""

    lanes: int
    names: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    allpasses: list[Allpass] = field(default_factory=list)
    recurrences: list[Recurrence] = field(default_factory=list)
    driven: list[Driven] = field(default_factory=list)
    emitters: dict[int, tuple[Group, int]] = field(default_factory=dict)
    external: dict[str, int] = field(default_factory=dict)
    incident: dict[tuple[str, str], int] = field(default_factory=dict)
    flows: dict[int, Row] = field(default_factory=dict)
    active: set[int] = field(default_factory=set)

    def new(self, name: str) -> int:
        """Number a new wave."""
        self.names.append(name)
        self.index[name] = len(self.names) - 1
        return len(self.names) - 1

    def owner(self, wave: int) -> str:
        """The instance that a wave belongs to."""
        return self.names[wave].rsplit(".", 1)[0]


LINE = -1
"""Stands for the delay of a term that reads a delay line, until the line has been split."""


def build(circuit: Circuit, runs: int, step: float | None, mutable: bool = False, rounded: bool = False) -> System:
    """The system of a circuit.

    step     sample interval (s); None leaves delays and states continuous (for small-signal analysis)
    mutable  parameters may change while it runs: keep every term that could become nonzero
    """
    system = System(len(circuit.carriers) * runs)
    groups = group_instances(circuit)
    bases = _number(circuit, groups, system)
    for group, base in zip(groups, bases, strict=True):
        _add_group(circuit, group, base, system, runs, mutable, step)
    _add_couplings(circuit, system, runs)
    if step is not None:
        _split_lines(system, rounded, step)
    return system


def _number(circuit: Circuit, groups: list[Group], system: System) -> list[list[int]]:
    """Give each wave a number; returns the first number of each instance, group by group."""
    bases = []
    for group in groups:
        names = (*group.ports, *group.lines, *group.states)
        base = []
        for instance in group.instances:
            base.append(len(system.names))
            for name in names:
                system.new(f"{instance.name}.{name}")
        bases.append(base)
    for port, net in circuit.external.items():
        system.external[port] = system.new(f"in({port})")
        terminal = circuit.nets[net].terminals[0]
        system.incident[terminal.instance, terminal.port] = system.external[port]
    for found in circuit.nets.values():
        if found.domain == "optical" and len(found.terminals) == 2:
            one, other = found.terminals
            system.incident[one.instance, one.port] = system.index[str(other)]
            system.incident[other.instance, other.port] = system.index[str(one)]
    return bases


def lanes_of(value: np.ndarray, carriers: int, runs: int) -> Coefficient:
    """A coefficient (carriers or 1, runs or 1) as one number, or as (lanes,) when it differs between lanes."""
    if value.size == 1:
        return complex(value.reshape(-1)[0])
    return np.ascontiguousarray(np.broadcast_to(value, (carriers, runs)).reshape(-1), dtype=complex)


def _add_group(
    circuit: Circuit, group: Group, bases: list[int], system: System, runs: int, mutable: bool, step: float | None
) -> None:
    carriers = len(circuit.carriers)
    p = fields(group, circuit.carriers)
    entries = matrix_entries(group, p)
    if mutable or group.driven:
        zero = np.zeros((len(group.instances), 1, 1), dtype=complex)
        entries |= {place: zero for place in generic_pattern(group, circuit.carriers) if place not in entries}
    ports, lines = len(group.ports), len(group.lines)
    if not group.device.passive and group.device.emit is None:
        system.active.update(b + k for b in bases for k in range(ports))
    if group.device.emit is not None:
        system.emitters |= {b + k: (group, i) for i, b in enumerate(bases) for k in range(ports)}
    if lines:
        _add_lines(group, p, bases, system, step)
    for i, (instance, base) in enumerate(zip(group.instances, bases, strict=True)):
        joins = {}
        for (row, column), values in entries.items():
            source = _source(system, instance.name, group, base, column)
            if source is None:
                continue
            if group.driven and group.device.emit is None:
                joins[row, column] = (base + row, source[0])
            target = system.flows if row >= ports + lines else system.rows
            target.setdefault(base + row, {})[source] = lanes_of(values[i], carriers, runs)
        if joins:
            _check_driven(group, instance.name)
            system.driven.append(Driven(Group(group.device, group.ports, group.wired, group.driven, [instance]), joins))


def _check_driven(group: Group, name: str) -> None:
    if group.lines or group.states:
        raise UsageError(
            f"{name}: a {group.device.name} parameter cannot follow a source shape, because light is stored inside the "
            "device; put a phase_shifter or an attenuator before it and drive that"
        )


def _source(system: System, instance: str, group: Group, base: int, column: int) -> tuple[int, Delay] | None:
    """The wave that a column of the group's matrix reads; None when nothing arrives at that port."""
    ports, lines = len(group.ports), len(group.lines)
    if column < ports:
        wave = system.incident.get((instance, group.ports[column]))
        return None if wave is None else (wave, 0)
    return (base + column, LINE if column < ports + lines else 0)


def _add_lines(group: Group, p: Any, bases: list[int], system: System, step: float | None) -> None:
    count = len(group.instances)
    for k, (name, line) in enumerate(group.device.lines.items()):
        seconds = np.asarray(getattr(p, line.delay), dtype=float)
        seconds = np.broadcast_to(seconds, (count, *seconds.shape[1:]))
        for i, base in enumerate(bases):
            delay = seconds[i]
            if delay.size > 1:
                runs = system.lanes // p.wavelength.shape[1]
                delay = np.broadcast_to(delay, (p.wavelength.shape[1], runs))
            delay = delay.reshape(-1)
            if np.all(delay == delay[0]):
                delay = delay[:1]
            entry = base + len(group.ports) + k
            full = f"{group.instances[i].name}.{name}"
            system.lines.append(Line(entry, delay / step if step else delay, full, k % 2 == 1))


def _add_couplings(circuit: Circuit, system: System, runs: int) -> None:
    """K elements between cavities: each adds -i j A of the other one to a cavity's flow."""
    for instance in circuit.instances.values():
        if instance.device.references != 2:
            continue
        one, other = (_state_of(circuit, system, name, instance.name) for name in instance.references)
        if one == other:
            raise UsageError(f"{instance.name} couples {instance.references[0]} to itself; name two resonators")
        strength = np.asarray(instance.settings["j"], dtype=complex)
        value = -1j * lanes_of(strength.reshape(1, -1), len(circuit.carriers), runs)
        for here, there in ((one, other), (other, one)):
            flow = system.flows.setdefault(here, {})
            flow[there, 0] = flow.get((there, 0), 0j) + value


def _state_of(circuit: Circuit, system: System, name: str, coupling: str) -> int:
    instance = circuit.instances[name]
    states = instance.device.variant(instance.settings).states
    if len(states) != 1:
        raise UsageError(f"{coupling}: {name} is a {instance.device.name}, which has no single cavity to couple to")
    return system.index[f"{name}.{next(iter(states))}"]


# -- delay lines ----------------------------------------------------------------------------------------------------


def _split_lines(system: System, rounded: bool, step: float) -> None:
    """Replace every read of a delay line by reads of waves with whole delays."""
    looped = loops(system)
    read = {line.entry: _realise(line, line.entry in looped, system, rounded, step) for line in system.lines}
    for table in (system.rows, system.flows):
        for wave, row in table.items():
            if any(delay == LINE for _, delay in row):
                table[wave] = {read[s] if d == LINE else (s, d): c for (s, d), c in row.items()}


def loops(system: System) -> set[int]:
    """The waves that come back to themselves."""
    edges = [(source, wave) for table in (system.rows, system.flows) for wave, row in table.items() for source, _ in row]
    return {w for part in strong_components(len(system.names), edges) if len(part) > 1 for w in part} | {
        a for a, b in edges if a == b
    }


def _realise(line: Line, in_loop: bool, system: System, rounded: bool, step: float) -> tuple[int, Delay]:
    """Where to read the output of a line: (wave, whole delay)."""
    samples = np.where(line.samples < delays.WHOLE, 0.0, line.samples)
    if rounded:
        return line.entry, as_delay([round(d) for d in samples])
    too_short = (samples > 0) & (samples < 1 - delays.WHOLE)
    if np.any(too_short):
        short = float(samples[too_short].min())
        raise SimulationError(
            f"{line.name}: its delay of {engineering(short * step, 's')} is {short:.3g} of a step; a delay is zero or "
            f"at least one step: use a step of {engineering(short * step, 's')} or less"
        )
    parts = [delays.split(d, in_loop) for d in samples]
    if all(not p.allpass.size and not p.taps.size for p in parts):
        return line.entry, as_delay([p.whole for p in parts])
    if np.any(samples == 0):
        raise SimulationError(f"{line.name}: its delay is zero in some runs and not in others; simulate them apart")
    if in_loop or min(samples) < delays.SINC_TAPS // 2 + 1:
        return _add_allpass(line, samples, system)
    return _add_sinc(line, samples, system)


def _add_allpass(line: Line, samples: np.ndarray, system: System) -> tuple[int, Delay]:
    order = min(delays.allpass_order(d) for d in samples)
    parts = [delays.split(d, True, order) for d in samples]
    k = np.stack([p.allpass for p in parts], axis=1)
    whole = as_delay([p.whole for p in parts])
    output = system.new(f"{line.name}'")
    if least(whole) > 0:
        system.allpasses.append(Allpass(output, line.entry, whole, k, line.transposed))
        return output, 0
    carry = system.new(f"{line.name}''")
    c = np.sqrt(1 - k[0] ** 2)
    once = add_delay(whole, 1)
    system.recurrences.append(
        Recurrence((carry,), ((line.entry, once),), -k[None].astype(complex), c[None, None].astype(complex))
    )
    system.rows[output] = {(line.entry, whole): narrow(k[0]), (carry, 0): narrow(c)}
    return output, 0


def _add_sinc(line: Line, samples: np.ndarray, system: System) -> tuple[int, Delay]:
    floors = [int(np.floor(d)) - delays.SINC_TAPS // 2 + 1 for d in samples]
    taps = np.stack([delays.sinc_taps(d - f) for d, f in zip(samples, floors, strict=True)], axis=1)
    output = system.new(f"{line.name}'")
    first = as_delay(floors)
    system.rows[output] = {(line.entry, add_delay(first, n)): narrow(taps[n]) for n in range(delays.SINC_TAPS)}
    return output, 0


def narrow(values: np.ndarray) -> Coefficient:
    """One number when all lanes share it."""
    return complex(values[0]) if values.size == 1 else values.astype(complex)


def as_delay(samples: Sequence[int]) -> Delay:
    """Whole delays of the lanes as one number when they agree."""
    return int(samples[0]) if all(s == samples[0] for s in samples) else tuple(int(s) for s in samples)


def least(delay: Delay) -> int:
    """The shortest delay over the lanes."""
    return delay if isinstance(delay, int) else min(delay)


def longest(delay: Delay) -> int:
    """The longest delay over the lanes."""
    return delay if isinstance(delay, int) else max(delay)


def add_delay(delay: Delay, more: int) -> Delay:
    """A delay that is longer by `more` samples."""
    return delay + more if isinstance(delay, int) else tuple(d + more for d in delay)


def incident_wave(circuit: Circuit, system: System, terminal: Terminal) -> int | None:
    """The wave that enters an instance at a port; None at an open port without an input."""
    return system.incident.get((terminal.instance, terminal.port))
