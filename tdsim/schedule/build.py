"""From a circuit to its system of waves."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..circuit import Circuit
from ..errors import UsageError
from .groups import Group, fields, generic_pattern, group_instances, matrix_entries
from .lines import split_lines
from .system import LINE, Cell, Coefficient, Conjugation, Delay, Driven, Line, System


def build(circuit: Circuit, runs: int, step: float | None, mutable: bool = False, rounded: bool = False) -> System:
    """The system of a circuit.

    step     sample interval (s); None leaves delays and states continuous (for small-signal analysis)
    mutable  parameters may change while it runs: keep every term that could become nonzero
    """
    system = System(len(circuit.carriers) * runs, circuit.options.get("lossless", "off") == "on")
    groups = group_instances(circuit)
    bases = _number(circuit, groups, system)
    for group, base in zip(groups, bases, strict=True):
        _add_group(circuit, group, base, system, runs, mutable, step)
    _add_couplings(circuit, system, runs)
    _add_cells(circuit, system, runs)
    if step is not None:
        split_lines(system, rounded, step)
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
    if group.device.emit is not None and not group.device.adds:
        system.emitters |= {b + k: (group, i) for i, b in enumerate(bases) for k in range(ports)}
    if lines:
        _add_lines(group, p, bases, system, step)
    if group.device.conjugate is not None and step is not None:
        _add_conjugates(group, p, bases, system, runs, carriers, step)
    for base in bases:
        for state in range(base + ports + lines, base + group.width):
            system.flows.setdefault(state, {})
    if group.device.self_phase is not None:
        _add_turns(group, p, bases, system, runs, mutable, carriers)
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
        if group.device.adds:
            _add_emission(group, i, base, system)
        if joins:
            _check_driven(group, instance.name)
            system.driven.append(Driven(Group(group.device, group.ports, group.wired, group.driven, [instance]), joins))


def _add_conjugates(
    group: Group, p: Any, bases: list[int], system: System, runs: int, carriers: int, step: float
) -> None:
    """Conjugates of incident waves, added to what leaves the same port."""
    assert group.device.conjugate is not None
    for k, value in enumerate(group.device.conjugate(p)):
        gain = np.broadcast_to(np.asarray(value, dtype=complex), (len(bases), *np.shape(value)[1:]))
        for i, (instance, base) in enumerate(zip(group.instances, bases, strict=True)):
            source = system.incident.get((instance.name, group.ports[k]))
            if source is not None:
                output = system.new(f"{instance.name}.{group.ports[k]}*")
                instants = np.ravel(np.asarray(instance.settings.get("at", ()), dtype=float))
                turns = tuple(int(n) for n in np.ceil(instants / step - 1e-6))
                system.conjugations.append(Conjugation(output, source, lanes_of(gain[i], carriers, runs), turns))
                system.rows.setdefault(base + k, {})[output, 0] = 1 + 0j


def _add_emission(group: Group, index: int, base: int, system: System) -> None:
    """Waves of their own for what an instance emits, added to what leaves its ports."""
    for port in group.device.adds:
        emitted = system.new(f"{group.instances[index].name}.{port}+")
        system.emitters[emitted] = (group, index)
        system.rows.setdefault(base + group.ports.index(port), {})[emitted, 0] = 1 + 0j


def _add_turns(group: Group, p: Any, bases: list[int], system: System, runs: int, mutable: bool, carriers: int) -> None:
    """The phases that states turn by their own energy."""
    assert group.device.self_phase is not None
    first = len(group.ports) + len(group.lines)
    for k, value in enumerate(group.device.self_phase(p)):
        gamma = np.broadcast_to(np.asarray(value, dtype=complex), (len(bases), *np.shape(value)[1:]))
        for i, base in enumerate(bases):
            if np.any(gamma[i] != 0) or mutable:
                _one_carrier(group.instances[i].name, carriers)
                system.turns[base + first + k] = lanes_of(gamma[i], carriers, runs)


def _one_carrier(name: str, carriers: int) -> None:
    if carriers > 1:
        raise UsageError(
            f"{name}: its resonance moves with the energy in it, which light on every carrier would do to all others; "
            "that is not available: simulate one carrier"
        )


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
            samples = delay / step if step else delay
            system.lines.append(Line(entry, samples, full, k % 2 == 1, line.reverse))


def _add_couplings(circuit: Circuit, system: System, runs: int) -> None:
    """K elements between cavities: each adds -i j A of the other one to a cavity's flow."""
    for instance in circuit.instances.values():
        if instance.device.name != "k":
            continue
        one, other = (_state_of(circuit, system, name) for name in instance.references)
        strength = np.asarray(instance.settings["j"], dtype=complex)
        value = -1j * lanes_of(strength.reshape(1, -1), len(circuit.carriers), runs)
        for here, there in ((one, other), (other, one)):
            flow = system.flows.setdefault(here, {})
            flow[there, 0] = flow.get((there, 0), 0j) + value


def _add_cells(circuit: Circuit, system: System, runs: int) -> None:
    """Learning cells: each shifts the resonator that it names, whose energy pushes it."""
    for instance in circuit.instances.values():
        if instance.device.name != "learning_cell":
            continue
        _one_carrier(instance.name, len(circuit.carriers))
        resonator = _state_of(circuit, system, instance.references[0])
        coupling = lanes_of(np.asarray(instance.settings["coupling"], dtype=complex).reshape(1, -1), 1, runs)
        position, momentum = (system.index[f"{instance.name}.{s}"] for s in instance.device.states)
        system.cells.append(Cell(resonator, position, momentum, coupling))


def _state_of(circuit: Circuit, system: System, name: str) -> int:
    """The wave of an instance's only state."""
    instance = circuit.instances[name]
    states = instance.device.variant(instance.settings).states
    return system.index[f"{name}.{next(iter(states))}"]
