"""How a device's equations change with one of its parameters, for all instances of a group at once.

No device need say: its equations are evaluated at four values beside the present one, close enough together that the
fourth-order difference is exact to about 1e-10 of the largest coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import UsageError
from ..schedule.groups import Group, fields, matrix_entries
from ..schedule.states import first_order_hold

LARGE, SMALL = 4e-3, 3e-4
"""Between these a coefficient should change, in units of the largest one: far above round-off, far below curvature."""

TRIES = 80

WEIGHTS = {1: 8 / 12, -1: -8 / 12, 2: -1 / 12, -2: 1 / 12}
"""Of the fourth-order difference."""

Found = dict[Any, np.ndarray]
"""Arrays (instances, carriers or 1, runs or 1) by what they are."""


def entry_slopes(group: Group, parameter: str, carriers: tuple[float, ...]) -> tuple[Found, Found]:
    """d/dparameter of the entries of the group's matrix, by (row, column), and of its lines' delays (s), by name.

    Raises UsageError where the parameter stands at a bound, or has no derivative.
    """

    def evaluate(shift: np.ndarray) -> Found:
        p = fields(shifted(group, parameter, shift), carriers)
        found: Found = {("entry", place): np.array(v) for place, v in matrix_entries(group, p).items()}
        for name, line in group.device.lines.items():
            seconds = np.asarray(getattr(p, line.delay), dtype=complex)
            found["delay", name] = seconds + np.zeros((len(group.instances), 1, 1))
        return found

    slopes = _differences(evaluate, *_range(group, parameter), f"{group.instances[0].name}.{parameter}")
    entries = {key[1]: v for key, v in slopes.items() if key[0] == "entry"}
    return entries, {key[1]: v.real for key, v in slopes.items() if key[0] == "delay" and np.any(v)}


def shifted(group: Group, parameter: str, shift: np.ndarray) -> Group:
    """The group with the parameter of each instance moved by `shift` (instances,)."""
    moved = [
        replace(i, values={**i.values, parameter: i.settings[parameter] + d})
        for i, d in zip(group.instances, shift, strict=True)
    ]
    return Group(group.device, group.ports, group.wired, group.driven, moved)


def _range(group: Group, parameter: str) -> tuple[np.ndarray, np.ndarray]:
    """A first guess of how far to move the parameter of each instance, and how far it can be moved."""
    low, high = group.device.params[parameter].bounds
    values = [np.asarray(i.settings[parameter], dtype=float) for i in group.instances]
    far = np.array([min(float(v.min()) - low, high - float(v.max())) for v in values])
    size = np.array([float(np.abs(v).max()) or 1.0 for v in values])
    return np.minimum(0.01 * size, far / 2.5), far


def _differences(evaluate: Callable[[np.ndarray], Found], step: np.ndarray, far: np.ndarray, name: str) -> Found:
    if np.any(far <= 0):
        raise UsageError(f"{name} stands at its bound, where it has no derivative; move it off")
    for _ in range(TRIES):
        ahead, back = evaluate(step), evaluate(-step)
        change = _change(ahead, back)
        if not np.isfinite(change).all():
            raise UsageError(f"{name} has no derivative at its present value")
        too_large, too_small = change > LARGE, (change < SMALL) & (change > 0) & (4 * step < far / 2.5)
        if not (too_large | too_small).any():
            break
        step = np.where(too_large, step / 4, np.where(too_small, 3 * step, step))
    further = evaluate(2 * step), evaluate(-2 * step)
    beside = dict(zip(WEIGHTS, (ahead, back, *further), strict=True))
    keys = {key for found in beside.values() for key in found}
    zero = np.zeros((1, 1, 1))
    sums = {key: sum(weight * beside[way].get(key, zero) for way, weight in WEIGHTS.items()) for key in keys}
    return {key: np.asarray(total) / step[:, None, None] for key, total in sums.items()}


def hold_slopes(
    m: np.ndarray, b: np.ndarray, dm: np.ndarray, db: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slopes of F, G and B1 of a step of states (states.py), when M and B have the slopes dm and db.

    All arrays end in an axis of lanes.
    """
    lanes = dm.shape[-1]
    m, b = (np.broadcast_to(x, (*x.shape[:2], lanes)) for x in (m, b))
    rate = max(np.abs(dm).max(initial=0), np.abs(db).max(initial=0) * np.sqrt(step))
    near = 1e-2 * min(max(np.abs(m).max(initial=0), 1e-6 / step), 1 / step) / (rate or 1.0)
    totals = [np.zeros_like(dm), np.zeros_like(db), np.zeros_like(db)]
    for way, weight in WEIGHTS.items():
        phi, b0, b1 = first_order_hold(m + way * near * dm, b + way * near * db, step)
        parts = (phi, np.einsum("ijl,jkl->ikl", phi, b1) + b0, b1)
        totals = [total + weight * part / near for total, part in zip(totals, parts, strict=True)]
    return totals[0], totals[1], totals[2]


def _change(ahead: Found, back: Found) -> np.ndarray:
    """The largest change (instances,) of a coefficient, relative to the largest one."""
    change, size = np.zeros(1), np.full(1, 1e-300)
    for key in ahead.keys() | back.keys():
        if key[0] == "entry":
            one, other = (np.asarray(f.get(key, np.zeros((1, 1, 1)))) for f in (ahead, back))
            change = np.maximum(change, np.abs(one - other).max(axis=(1, 2)))
            size = np.maximum(size, np.abs(one).max(axis=(1, 2)))
    return np.asarray(change / size)
