"""What a gradient is made of: products of waves and adjoint waves, summed over time, times the slopes of coefficients.

A parameter changes a coefficient of a row y = c x; the cost then changes by Re sum of conj(y~) dc x. A delay changes
what leaves its line: D(e), by the difference of two filters, which is taken on the adjoint side. What a state obeys
changes the matrices of its step, F, G and B1 of states.py, by the slope of one matrix exponential; where states turn,
it changes the numbers of splitting.py, whose slopes the engine sums up on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..circuit import Circuit
from ..errors import UsageError
from ..schedule.build import build
from ..schedule.delays import WHOLE
from ..schedule.groups import Group, group_instances
from ..schedule.lines import realise
from ..schedule.products import Product
from ..schedule.program import Wanted, lit_waves
from ..schedule.states import matrices
from ..schedule.system import Delay, Line, Recurrence, Row, System, add_delay
from ..schedule.transpose import back_name
from .slopes import WEIGHTS, Slopes, hold_slopes, slopes_of, split_slopes
from .targets import Parameter

NEAR = 2e-3
"""Samples by which delays are moved to find their slope."""


@dataclass(frozen=True)
class StepChange:
    """For one parameter: how it changes the numbers (numbers, lanes) of a step of states that turn.

    back  the first wave that comes back through the step
    """

    parameter: str
    back: str
    slope: np.ndarray


class Readings:
    """The products of all parameters: filled while the adjoint is compiled, see `compile_adjoint`.

    extra       adjoint waves to read besides
    wanted      what the forward program is for: nothing is read where it is dark
    """

    def __init__(
        self,
        circuit: Circuit,
        parameters: Sequence[Parameter],
        step: float,
        extra: Sequence[str],
        runs: int,
        wanted: Wanted,
        rounded: bool,
    ):
        self._circuit, self._step, self._extra, self._lit = circuit, step, list(extra), wanted
        self._rounded = rounded
        self.products: list[Product] = []
        self.changes: list[StepChange] = []
        self._wanted: dict[str, list[Parameter]] = {}
        for parameter in parameters:
            self._wanted.setdefault(parameter.instance, []).append(parameter)
        self._parts = [part for group in self._groups() for part in self._split(group)]
        self._slopes = [slopes_of(*part, circuit.carriers) for part in self._parts]
        self.turned: Sequence[str] = [
            f"{i.name}.{part[0].states[k]}"
            for part, slopes in zip(self._parts, self._slopes, strict=True)
            for k in slopes.turns
            for i in part[0].instances
        ]
        self._runs = runs
        self._flows: dict[str, dict[tuple[int, tuple[int, Delay]], np.ndarray]] = {}
        """For each parameter the slopes of flows, by state and what it is driven by."""
        self._turns: dict[str, dict[int, np.ndarray]] = {}
        """For each parameter the slopes (runs,) of the phases that states turn by, by state or learning cell."""

    def __call__(self, system: System, adjoint: System, first: bool) -> list[str]:
        """Find the products, and add what else is read to the adjoint of a system; returns the names of its waves."""
        self.products, self.changes, self._flows, self._turns = [], [], {}, {}
        for part, found in zip(self._parts, self._slopes, strict=True):
            self._add_group(*part, found, system, adjoint)
        self._add_couplings(system)
        self._add_cells(system)
        for recurrence in system.recurrences:
            for parameter in [*self._flows, *(name for name in self._turns if name not in self._flows)]:
                self._add_states(parameter, recurrence, system, adjoint, first)
        lit = {system.names[wave] for wave in lit_waves(system, self._lit)}
        self.products = [p for p in self.products if p.wave in lit]
        return [*self._extra, *(c.back for c in self.changes)]

    @cached_property
    def _flowing(self) -> System:
        """The circuit with the flows of its states, which have been discretised in what runs."""
        return build(self._circuit, self._runs, self._step, False, self._rounded)

    @property
    def steps(self) -> list[str]:
        """The first wave that comes back through each step that some parameter changes."""
        return [change.back for change in self.changes]

    def _groups(self) -> list[Group]:
        found = []
        for group in group_instances(self._circuit):
            chosen = [i for i in group.instances if i.name in self._wanted]
            if chosen:
                found.append(Group(group.device, group.ports, group.wired, group.driven, chosen))
        return found

    def _split(self, group: Group) -> list[tuple[Group, str, int | None]]:
        """The instances of a group that share a parameter, with it and the place in its list."""
        found = []
        for name, place in sorted({p[1:] for i in group.instances for p in self._wanted[i.name]}, key=str):
            chosen = [i for i in group.instances if Parameter(i.name, name, place) in self._wanted[i.name]]
            found.append((Group(group.device, group.ports, group.wired, group.driven, chosen), name, place))
        return found

    def _add_group(
        self, group: Group, parameter: str, place: int | None, slopes: Slopes, system: System, adjoint: System
    ) -> None:
        entries, delays, turns, gains = slopes
        labels = [Parameter(i.name, parameter, place).label for i in group.instances]
        ports, lines = len(group.ports), len(group.lines)
        for (row, column), slope in entries.items():
            for k, instance in enumerate(group.instances):
                source = self._source(group, instance.name, column, system)
                if source is None or not np.any(slope[k]):
                    continue
                name = labels[k]
                if row < ports + lines:
                    target = f"{instance.name}.{(*group.ports, *group.lines)[row]}"
                    self._add_entry(name, target, source, slope[k], system)
                else:
                    state = f"{instance.name}.{group.states[row - ports - lines]}"
                    self._flows.setdefault(name, {})[system.index[state], source] = slope[k]
        for line, seconds in delays.items():
            for k, instance in enumerate(group.instances):
                if np.any(seconds[k]):
                    self._add_delay(labels[k], f"{instance.name}.{line}", seconds[k], system, adjoint)
        for order, phases in turns.items():
            for k, instance in enumerate(group.instances):
                turned = system.index[f"{instance.name}.{group.states[order]}"]
                self._turns.setdefault(labels[k], {})[turned] = phases[k].reshape(-1)
        for number, amplitudes in gains.items():
            for k, instance in enumerate(group.instances):
                self._add_conjugate(
                    labels[k], f"{instance.name}.{group.ports[number]}*", amplitudes[k], system, adjoint
                )

    def _source(self, group: Group, name: str, column: int, system: System) -> tuple[int, Delay] | None:
        """The wave that a column of an instance's matrix reads, and how long ago; None where nothing arrives."""
        if column < len(group.ports):
            wave = system.incident.get((name, group.ports[column]))
            return None if wave is None else (wave, 0)
        inner = system.index[f"{name}.{(*group.lines, *group.states)[column - len(group.ports)]}"]
        return system.outlets.get(inner, (inner, 0))

    def _add_entry(
        self,
        parameter: str,
        target: str,
        source: tuple[int, Delay],
        slope: np.ndarray,
        system: System,
    ) -> None:
        """The product for a coefficient with which a source counts in a target."""
        wave, delay = source
        self.products.append(Product(parameter, system.names[wave], target, slope, delay))

    def _add_conjugate(self, parameter: str, output: str, slope: np.ndarray, system: System, adjoint: System) -> None:
        """The product for the amplitude of a conjugate."""
        if output in system.index and f"{output}~" in adjoint.index and np.any(slope):
            source = next(c.source for c in system.conjugations if c.output == system.index[output])
            self.products.append(Product(parameter, system.names[source], f"{output}~", np.conj(slope)))

    def _add_cells(self, system: System) -> None:
        """Learning cells: each turns a resonator by its position."""
        for name, parameters in self._wanted.items():
            instance = self._circuit.instances[name]
            if instance.device.name == "learning_cell" and Parameter(name, "coupling") in parameters:
                position = system.index[f"{name}.{next(iter(instance.device.states))}"]
                self._turns.setdefault(f"{name}.coupling", {})[position] = np.ones(1, dtype=complex)

    def _add_couplings(self, system: System) -> None:
        """K elements have no ports: each couples two states."""
        for name, parameters in self._wanted.items():
            instance = self._circuit.instances[name]
            if instance.device.name == "k" and Parameter(name, "j") in parameters:
                one, other = (
                    f"{r}.{next(iter(self._circuit.instances[r].device.states))}" for r in instance.references
                )
                slopes = self._flows.setdefault(f"{name}.j", {})
                for here, there in ((one, other), (other, one)):
                    slopes[system.index[here], (system.index[there], 0)] = np.full((1, 1), -1j)

    def _add_states(
        self,
        parameter: str,
        recurrence: Recurrence,
        system: System,
        adjoint: System,
        first: bool,
    ) -> None:
        """The products for the matrices of one step of some states, if the parameter counts in them."""
        slopes, turns = self._flows.get(parameter, {}), self._turns.get(parameter, {})
        if not any(state in recurrence.states for state in (*turns, *(state for state, _ in slopes))):
            return
        m, b, inputs = matrices(self._flowing, list(recurrence.states))
        dm, db = (np.zeros((*x.shape[:2], system.lanes), dtype=complex) for x in (m, b))
        for (state, key), slope in slopes.items():
            if state in recurrence.states:
                i = recurrence.states.index(state)
                where = (
                    (dm, recurrence.states.index(key[0])) if key[0] in recurrence.states else (db, inputs.index(key))
                )
                where[0][i, where[1]] += np.broadcast_to(
                    slope, (len(self._circuit.carriers), system.lanes // len(self._circuit.carriers))
                ).reshape(-1)
        carried, driven, ahead = hold_slopes(m, b, dm, db, self._step, system.lossless and recurrence.turning is None)
        if recurrence.turning is not None:
            parts = (ahead, *self._turning_slopes(turns, recurrence, system), *split_slopes(m, b, dm, db, self._step))
            back = back_name(system.names[recurrence.outputs[0]])
            self.changes.append(StepChange(parameter, back, np.concatenate([_by_lane(p, system.lanes) for p in parts])))
        for i, carry in enumerate(recurrence.outputs):
            for k, other in enumerate(recurrence.outputs if recurrence.turning is None else ()):
                self._add_product(parameter, system.names[other], system.names[carry], carried[i, k], 1)
            for j, (source, delay) in enumerate(recurrence.inputs):
                if recurrence.turning is None:
                    self._add_product(parameter, system.names[source], system.names[carry], driven[i, j], delay)
                label = self._ahead(adjoint, recurrence, i, add_delay(delay, -1), first)
                self._add_product(parameter, system.names[source], label, ahead[i, j])

    def _turning_slopes(
        self, turns: dict[int, np.ndarray], recurrence: Recurrence, system: System
    ) -> tuple[np.ndarray, np.ndarray]:
        """The slopes of gamma and chi of a Turning."""
        zero, lanes = np.zeros(1, dtype=complex), system.lanes
        assert recurrence.turning is not None
        positions = [recurrence.states[position] for _, position, _ in recurrence.turning.joins]
        gamma, chi = np.zeros((len(recurrence.states), lanes), complex), np.zeros((len(positions), lanes), complex)
        for i, state in enumerate(recurrence.states):
            gamma[i] = zero if state in positions else self._step * turns.get(state, zero)
        for i, state in enumerate(positions):
            chi[i] = self._step * turns.get(state, zero)
        return gamma, chi

    def _add_product(self, parameter: str, wave: str, adjoint: str, slope: np.ndarray, delay: Delay = 0) -> None:
        if np.any(slope != 0):
            carriers = len(self._circuit.carriers)
            self.products.append(Product(parameter, wave, adjoint, slope.reshape(carriers, -1), delay))

    def _ahead(self, adjoint: System, recurrence: Recurrence, i: int, delay: Delay, first: bool) -> str:
        """The adjoint of what B1 adds to a state; of what it takes off the carry at t = 0, when the state is given."""
        state = recurrence.states[i]
        label = f"{adjoint.names[state]}>ahead{delay}"
        if label not in adjoint.index:
            row: Row = {(state, delay): 1 + 0j}
            if first and delay == 0 and recurrence.turning is not None:
                row = {(adjoint.index[back_name(adjoint.names[recurrence.outputs[i]])], 1): -1 + 0j}
            elif first and delay == 0:
                back = -np.conj(recurrence.f[:, i])
                row = {
                    (wave, 1): back[k] if back[k].size > 1 else complex(back[k][0])
                    for k, wave in enumerate(recurrence.outputs)
                }
            adjoint.rows[adjoint.new(label)] = row
        return label

    def _add_delay(self, parameter: str, line: str, seconds: np.ndarray, system: System, adjoint: System) -> None:
        """The slopes of filters: the adjoint of what leaves the line, through filters beside the present one."""
        if self._rounded:
            raise UsageError(
                f"{parameter} moves a delay, and delays are rounded to whole steps here, so there is no derivative: "
                "leave out delay=round, or that parameter"
            )
        entry = system.index[line]
        here = next(found for found in system.lines if found.entry == entry)
        leaving = f"{line}~out"
        if leaving not in adjoint.index:
            read = system.outlets[entry]
            rows: Row = {(w, 0): np.conj(row[read]) for w, row in system.rows.items() if read in row}
            adjoint.rows[adjoint.new(leaving)] = rows
        near = _near(here)
        for way, weight in WEIGHTS.items():
            label = f"{line}~{way}"
            if label not in adjoint.index:
                beside = Line(adjoint.index[leaving], here.samples + way * near, label, here.transposed)
                wave, delay = realise(beside, entry in system.looped, adjoint, False, self._step)
                adjoint.rows[adjoint.new(label)] = {(wave, delay): 1 + 0j}
            slope = seconds / self._step * weight / near
            self.products.append(Product(parameter, line, label, slope))


def _by_lane(slope: np.ndarray, lanes: int) -> np.ndarray:
    """Slopes (.., lanes or 1) as (numbers, lanes)."""
    return np.broadcast_to(slope, (*slope.shape[:-1], lanes)).reshape(-1, lanes)


def _near(line: Line) -> float:
    """How far a delay may be moved without its filter becoming one of another kind. Raises UsageError if not at all."""
    halves, wholes = (np.abs(line.samples - shift - np.round(line.samples - shift)) for shift in (0.5, 0.0))
    far = min(float(halves.min()), float(np.where(wholes < WHOLE, 1.0, wholes).min()))
    if far < 1e-6:
        raise UsageError(
            f"the delay of {line.name} is {line.samples[0]:g} steps, where one filter takes over from another "
            "and there is no derivative; take another step"
        )
    return min(NEAR, far / 2.5)
