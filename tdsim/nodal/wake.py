"""The wake: unknowns and charges of paths that are integrated along with the charges of the rows.

A capacitance that is no derivative of a charge (see `device.Device.walked`) has the current i = C(u) du/dt. In a stage
with u = origin + gamma h du/dt and q = base + gamma h i, the charge that has passed is q = base + C(u) (u - origin):
the rule of the integrator itself, so that the order is the same as that of true charges. Origin and base follow from
earlier stages just as those of the rows do; so the unknowns behind u, and q, are appended to the rows' charges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .groups import Group


@dataclass(frozen=True)
class Wake:
    """What follows the rows.

    unknowns  (wake,) the unknown that each entry is, or -1
    paths     (wake,) the path whose charge each entry is, or -1
    tables    for each group, where behind the first row its controls' unknowns and its paths' charges are:
              (instances, 2 controls + paths), or empty
    """

    unknowns: np.ndarray
    paths: np.ndarray
    tables: list[np.ndarray]


def make_wake(groups: Sequence[Group], size: int) -> Wake:
    """The wake of these groups behind the rows of a system of this size. It begins with an entry that stays 0."""
    walking = [group.controls.reshape(-1) for group in groups if group.walked]
    if not walking:
        empty = np.zeros(0, dtype=np.int64)
        return Wake(empty, empty, [empty] * len(groups))
    unknowns = np.unique(np.concatenate(walking))
    unknowns = unknowns[unknowns < size]
    zero = size + 1
    place = np.full(size + 1, zero)
    place[unknowns] = zero + 1 + np.arange(unknowns.size)
    found, tables, first, behind = [], [], 0, zero + 1 + unknowns.size
    for group in groups:
        count, paths = group.paths.shape[:2]
        if group.walked:
            numbers = first + np.arange(count * paths).reshape(count, paths)[:, list(group.walked)]
            entries = np.full((count, paths), zero)
            entries[:, list(group.walked)] = behind + np.arange(numbers.size).reshape(numbers.shape)
            tables.append(np.concatenate([place[group.controls].reshape(count, -1), entries], axis=1))
            found.append(numbers.reshape(-1))
            behind += numbers.size
        else:
            tables.append(np.zeros(0, dtype=np.int64))
        first += count * paths
    charges = np.concatenate(found)
    none = np.full(1 + unknowns.size, -1)
    return Wake(
        np.concatenate([[-1], unknowns, np.full(charges.size, -1)]).astype(np.int64),
        np.concatenate([none, charges]).astype(np.int64),
        tables,
    )
