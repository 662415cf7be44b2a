"""The linear part of the equations: what each device conducts and stores, found by asking it for unit vectors.

Rows are currents into the devices at every node, then the residual of every branch: conducted + d/dt stored = drive.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..circuit import Circuit, Instance, is_shape
from ..device import Device
from .unknowns import Unknowns, electrodes, referred_branches

REFERRED = {0: (), 1: ("other",), 2: ("first", "second")}


@dataclass(frozen=True)
class Conditions:
    """What the equations depend on besides the circuit: temperatures (degC), and whether they are for `.ac`."""

    ambient: float = 27.0
    nominal: float = 27.0
    small_signal: bool = False


@dataclass
class Entries:
    """Numbers of a sparse matrix: (row, column, value of each run), collected piece by piece; pairs may repeat."""

    rows: list[np.ndarray] = field(default_factory=list)
    columns: list[np.ndarray] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)

    def add(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, ground: int) -> None:
        """Add entries, those of ground and those that are zero in all runs left out."""
        keep = (rows < ground) & (columns < ground) & (values != 0).any(axis=1)
        if keep.any():
            self.rows.append(rows[keep])
            self.columns.append(columns[keep])
            self.values.append(values[keep])

    def joined(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, columns (entries,) and values (entries, runs or 1)."""
        if not self.rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 1))
        runs = max(v.shape[1] for v in self.values)
        wide = [np.broadcast_to(v, (len(v), runs)) for v in self.values]
        return np.concatenate(self.rows), np.concatenate(self.columns), np.concatenate(wide)


@dataclass
class Kin:
    """Instances of one device side by side; `p` holds their parameters, each shaped (instances, runs or 1)."""

    device: type[Device]
    instances: list[Instance]
    p: Any = None
    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    """(instances, equations): ports, inner nodes, branches, then branches that it couples to."""
    columns: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    """(instances, unknowns): ports, inner nodes, branches, then branches that it refers to."""


def sort_kin(instances: Sequence[Instance]) -> list[Kin]:
    """Instances with the same equations together, those that refer to others last."""
    found: dict[tuple[Any, ...], Kin] = {}
    for instance in sorted(instances, key=lambda i: i.device.references > 0):
        values = instance.values
        lengths = tuple((n, len(v)) for n, v in values.items() if isinstance(v, tuple | list))
        words = tuple(v for v in values.values() if isinstance(v, str))
        found.setdefault((instance.device, lengths, words), Kin(instance.device, [])).instances.append(instance)
    return list(found.values())


def locate(circuit: Circuit, kin: Kin, unknowns: Unknowns) -> None:
    """Find the rows and columns of the equations of each instance."""
    device = kin.device
    names = [*electrodes(device), *device.inner, *device.branches]
    own = np.array([[unknowns.terminal(i, n) for n in names] for i in kin.instances], dtype=np.int64)
    own = own.reshape(len(kin.instances), len(names))
    referred = np.array([referred_branches(circuit, i, unknowns) for i in kin.instances], dtype=np.int64)
    referred = referred.reshape(len(kin.instances), device.references)
    kin.columns = np.hstack([own, referred])
    kin.rows = kin.columns if device.couples else own


def set_fields(kin: Kin, conditions: Conditions, place: dict[str, tuple[Kin, int]]) -> None:
    """Make the namespace `p` of the instances, derived numbers included."""
    kin.p = given_fields(kin, conditions, place)
    kin.device.derive(kin.p)


def given_fields(kin: Kin, conditions: Conditions, place: dict[str, tuple[Kin, int]]) -> SimpleNamespace:
    """The namespace of the instances without derived numbers."""
    p = SimpleNamespace(ambient=conditions.ambient, nominal=conditions.nominal, small_signal=conditions.small_signal)
    for name, param in kin.device.params.items():
        values = [i.values.get(name, param.default) for i in kin.instances]
        if param.kind == "list":
            setattr(p, name, tuple(_stack(column) for column in zip(*values, strict=True)))
        elif param.kind == "number":
            setattr(p, name, _stack([np.nan if is_shape(v) else v for v in values]))
        else:
            setattr(p, name, values[0])
    for k, name in enumerate(REFERRED[kin.device.references]):
        setattr(p, name, _gathered([place[i.references[k]] for i in kin.instances]))
    return p


def _stack(values: Sequence[Any]) -> np.ndarray:
    """One parameter of all instances, each a number or an array over runs: (instances, runs or 1)."""
    if all(type(v) is float for v in values):
        return np.array(values)[:, None]
    arrays = [np.atleast_1d(np.asarray(v, dtype=float)) for v in values]
    runs = max(a.size for a in arrays)
    return np.stack([np.broadcast_to(a, (runs,)) for a in arrays])


def _gathered(places: list[tuple[Kin, int]]) -> SimpleNamespace:
    """The numbers of instances scattered over their kin."""
    found = SimpleNamespace()
    names = set.intersection(*({n for n, v in vars(kin.p).items() if np.ndim(v) == 2} for kin, _ in places))
    for name in names:
        rows = [
            np.broadcast_to(getattr(kin.p, name), (len(kin.instances), np.shape(getattr(kin.p, name))[1]))
            for kin, _ in places
        ]
        setattr(found, name, _stack([row[k] for row, (_, k) in zip(rows, places, strict=True)]))
    return found


def answers(kin: Kin, hook: str) -> Iterator[tuple[int, int, np.ndarray]]:
    """What `conduct` or `store` of the instances gives for each unit vector: row, column, (instances, runs or 1)."""
    function = getattr(kin.device, hook)
    if function is None:
        return
    device = kin.device
    nodes = [*electrodes(device), *device.inner]
    voltages = namedtuple("Voltages", nodes)  # type: ignore[misc]
    currents = namedtuple("Currents", [*device.branches, *REFERRED[device.references]])  # type: ignore[misc]
    for k, unit in enumerate(np.eye(kin.columns.shape[1]).tolist()):
        answer = function(kin.p, voltages(*unit[: len(nodes)]), currents(*unit[len(nodes) :]))
        for row, value in enumerate(answer):
            numbers = np.asarray(value, dtype=float)
            if numbers.any():
                width = numbers.shape[-1] if numbers.ndim else 1
                yield row, k, np.broadcast_to(numbers, (len(kin.instances), width))


def stamp(kin: Kin, hook: str, entries: Entries, ground: int) -> None:
    """Add what `conduct` or `store` of the instances gives for each unit vector."""
    for row, k, values in answers(kin, hook):
        entries.add(kin.rows[:, row], kin.columns[:, k], values, ground)
