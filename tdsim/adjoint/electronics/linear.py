"""How the linear part of the equations changes with a parameter: what devices conduct, store and drive."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...circuit import Instance
from ...nodal.linear import Kin, answers, given_fields, set_fields
from ...nodal.system import Source, System
from .differences import derivative
from .movable import Movable

CONDUCT, STORE, DRIVE, LIT = "conduct", "store", "drive", "lit"


@dataclass(frozen=True)
class Entry:
    """The derivatives of one coefficient of the equations of some instances.

    kind     conduct and store multiply an unknown; drive, of constant sources, stands alone; lit multiplies the light
             that falls on the instance, and counts where that is known
    rows     (instances,) the equations;  columns  (instances,) the unknowns, unless the kind has none
    values   (instances, runs or 1);  targets  (instances,) numbers of the parameters
    """

    kind: str
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    targets: np.ndarray

    def of_run(self, run: int) -> np.ndarray:
        """The derivatives (instances,) in one run."""
        return np.asarray(self.values[:, run % self.values.shape[1]])


def linear_entries(system: System, movable: Movable, transient: bool) -> list[Entry]:
    """What changes with a parameter of several instances; `transient` says which value of a source counts."""
    places = {i.name: (kin, k) for kin in system.kins for k, i in enumerate(kin.instances)}
    found: list[Entry] = []
    for kin in system.kins:
        device = kin.device
        if device.conduct is None and device.store is None and device.drive is None:
            continue
        own = [k for k, instance in enumerate(kin.instances) if instance.name in movable.numbers]
        if own:
            targets = np.array([movable.numbers[kin.instances[k].name] for k in own])
            part = _part(kin, own)
            found += _entries(part, targets, movable, _moved_itself(system, part, movable, targets, places), transient)
        for k in range(len(kin.instances)) if device.couples else ():
            for name in sorted(set(kin.instances[k].references) & movable.numbers.keys()):
                part, targets = _part(kin, [k]), np.array([movable.numbers[name]])
                moved = _moved_by_another(system, part, movable, targets, places)
                found += _entries(part, targets, movable, moved, transient)
    return found


Moved = Callable[[np.ndarray], Kin]
"""The instances with their numbers as they are when the parameters are moved by steps (instances, runs or 1)."""

Places = dict[str, tuple[Kin, int]]


def _part(kin: Kin, chosen: Sequence[int]) -> Kin:
    return Kin(kin.device, [kin.instances[k] for k in chosen], None, kin.rows[chosen], kin.columns[chosen])


def _moved_itself(system: System, part: Kin, movable: Movable, targets: np.ndarray, places: Places) -> Moved:
    given = given_fields(part, system.conditions, places)

    def moved_source(shift: np.ndarray) -> Kin:
        return _filled(system, part, [movable.moved(t, d) for t, d in zip(targets, shift, strict=True)], places)

    def moved(shift: np.ndarray) -> Kin:
        p = copy.copy(given)
        setattr(p, movable.parameter, movable.value_moved(getattr(p, movable.parameter), shift))
        part.device.derive(p)
        return Kin(part.device, part.instances, p, part.rows, part.columns)

    return moved_source if part.device.drive is not None else moved


def _moved_by_another(system: System, part: Kin, movable: Movable, targets: np.ndarray, places: Places) -> Moved:
    """Where the instance that moves is one that the instance of the part refers to."""

    def moved(shift: np.ndarray) -> Kin:
        other = movable.moved(int(targets[0]), shift[0])
        there, k = places[other.name]
        alone = _filled(system, _part(there, [k]), [other], places)
        return _filled(system, part, part.instances, {**places, other.name: (alone, 0)})

    return moved


def _filled(system: System, part: Kin, instances: list[Instance], places: Places) -> Kin:
    found = Kin(part.device, instances, None, part.rows, part.columns)
    set_fields(found, system.conditions, places)
    return found


def _entries(part: Kin, targets: np.ndarray, movable: Movable, moved: Moved, transient: bool) -> Iterator[Entry]:
    step, longest = movable.step[targets], movable.longest[targets]
    keys = sorted(_coefficients(moved(step), transient).keys() | _coefficients(moved(-step), transient).keys())

    def evaluate(shift: np.ndarray) -> np.ndarray:
        numbers = _coefficients(moved(shift), transient)
        columns = [np.broadcast_to(numbers.get(key, np.zeros(1)), shift.shape) for key in keys]
        return np.stack(columns, axis=-1) if columns else np.zeros((*shift.shape, 0))

    values = derivative(evaluate, step, longest)
    for j, (kind, row, column) in enumerate(keys):
        columns = part.columns[:, column] if column >= 0 else np.full(len(targets), -1)
        if values[..., j].any():
            yield Entry(kind, part.rows[:, row], columns, values[..., j], targets)


def _coefficients(kin: Kin, transient: bool) -> dict[tuple[str, int, int], np.ndarray]:
    """The coefficients (instances, runs or 1) by kind, row and column."""
    found = {(hook, row, k): v for hook in (CONDUCT, STORE) for row, k, v in answers(kin, hook)}
    if kin.device.drive is None:
        return found
    driven = (kin.device.detected or ("wave",))[0]
    levels = _levels(kin, driven, transient)
    setattr(kin.p, driven, 0.0)
    always = kin.device.drive(kin.p)
    setattr(kin.p, driven, 1.0)
    for row, (one, none) in enumerate(zip(kin.device.drive(kin.p), always, strict=True)):
        linear, constant = (np.asarray(x, dtype=float) for x in (np.subtract(one, none), none))
        total = linear * levels + constant
        if np.any(total):
            found[DRIVE, row, -1] = total
        if kin.device.detected and np.any(linear):
            found[LIT, row, -1] = linear
    return found


def _levels(kin: Kin, driven: str, transient: bool) -> np.ndarray:
    """Constant values of the sources (instances, runs or 1)."""
    sources = [Source(i, i.settings.get("dc", np.nan), i.settings[driven], 0.0) for i in kin.instances]
    levels = [source.level(transient) for source in sources]
    runs = max(level.size for level in levels)
    return np.stack([np.broadcast_to(level, (runs,)) for level in levels])


def sum_linear(
    entries: Sequence[Entry], u: np.ndarray, v: np.ndarray, points: np.ndarray, run: int, total: np.ndarray
) -> None:
    """Add to total (parameters,) what they change in charges, u times, and in currents, v times.

    u, v (stages, rows + 1); points (stages, unknowns + 1)
    """
    for entry in entries:
        if entry.kind == LIT:
            continue
        if entry.kind == DRIVE:
            products = -v[:, entry.rows].sum(axis=0)
        else:
            by = u if entry.kind == STORE else v
            products = np.einsum("si,si->i", by[:, entry.rows], points[:, entry.columns])
        np.add.at(total, entry.targets, entry.of_run(run) * products)
