"""How a device's equations change with one of its parameters, for all instances of a group at once.

No device need say: its equations are evaluated at four values beside the present one, close enough together that the
fourth-order difference is exact to about 1e-10 of the largest coefficient.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from ..errors import UsageError
from ..schedule.groups import Group, matrix_entries, steady_fields, with_driven
from ..schedule.splitting import LENGTHS, constant_hold
from ..schedule.states import hold

LARGE, SMALL = 4e-3, 3e-4
"""Between these a coefficient should change, in units of the largest one: far above round-off, far below curvature."""

TRIES = 80

PART, FALLING = 0.02, 8
"""A parameter that has to be moved by more than this part of itself is moved less and less, so often: what hardly
changes with it may still be curved."""

PART_OF_A_STEP = 2e-3
"""How far the matrices that states obey are moved: curvature and round-off then count 1e-13 each."""

WEIGHTS = {1: 8 / 12, -1: -8 / 12, 2: -1 / 12, -2: 1 / 12}
"""Of the fourth-order difference."""

Found = dict[Any, np.ndarray]
"""Arrays (instances, carriers or 1, runs or 1) by what they are."""


class Slopes(NamedTuple):
    """How the equations of a group change with a parameter.

    entries  of its matrix, by (row, column)
    delays   of its lines (s), by name
    turns    of the phases that its states turn by their own energy, by their number
    gains    of the conjugates that it sends out, by the number of the port
    """

    entries: Found
    delays: Found
    turns: Found
    gains: Found


def slopes_of(group: Group, parameter: str, place: int | None, carriers: tuple[float, ...]) -> Slopes:
    """d/dparameter of what the group's equations are made of; `place` counts within a list.

    Raises UsageError where the parameter stands at a bound, or has no derivative.
    """
    zero = np.zeros((len(group.instances), 1, 1))

    steady = steady_fields(group, carriers, False)

    def evaluate(shift: np.ndarray) -> Found:
        p = with_driven(group, _shifted_fields(steady, parameter, place, shift), None)
        found: Found = {("entry", place): np.array(v) for place, v in matrix_entries(group, p).items()}
        for name, line in group.device.lines.items():
            seconds = np.asarray(getattr(p, line.delay), dtype=complex)
            found["delay", name] = seconds + zero
        for kind, equation in (("turn", group.device.self_phase), ("gain", group.device.conjugate)):
            for k, value in enumerate(equation(p) if equation else ()):
                found[kind, k] = np.asarray(value, dtype=complex) + zero
        return found

    slopes = differences(evaluate, *range_of(group, parameter, place), f"{group.instances[0].name}.{parameter}")

    def of(kind: str) -> Found:
        return {key[1]: v for key, v in slopes.items() if key[0] == kind and np.any(v)}

    return Slopes(of("entry"), {name: v.real for name, v in of("delay").items()}, of("turn"), of("gain"))


def shifted(group: Group, parameter: str, place: int | None, shift: np.ndarray) -> Group:
    """The group with the parameter of each instance moved by `shift` (instances,)."""
    moved = [
        replace(i, values={**i.values, parameter: _moved(i.settings[parameter], place, float(d))})
        for i, d in zip(group.instances, shift, strict=True)
    ]
    return Group(group.device, group.ports, group.wired, group.driven, moved)


def _shifted_fields(steady: SimpleNamespace, parameter: str, place: int | None, shift: np.ndarray) -> SimpleNamespace:
    """The same for the fields of a group."""
    moved, by = copy.copy(steady), shift[:, None, None]
    setattr(moved, parameter, _moved(getattr(steady, parameter), place, by))
    return moved


def _moved(value: Any, place: int | None, shift: float | np.ndarray) -> Any:
    """A number, or one of a list, moved."""
    if place is None:
        return value + shift
    return tuple(v + shift if k == place else v for k, v in enumerate(value))


def range_of(group: Group, parameter: str, place: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A first guess of how far to move the parameter of each instance, how far it can be moved, and how large it is."""
    low, high = group.device.params[parameter].bounds
    settings = [i.settings[parameter] for i in group.instances]
    values = [np.asarray(v if place is None else v[place], dtype=float) for v in settings]
    far = np.array([min(float(v.min()) - low, high - float(v.max())) for v in values])
    size = np.array([float(np.abs(v).max()) or 1.0 for v in values])
    return np.minimum(0.01 * size, far / 2.5), far, size


def differences(
    evaluate: Callable[[np.ndarray], Found], step: np.ndarray, far: np.ndarray, size: np.ndarray, name: str
) -> Found:
    """The derivatives of numbers (instances, .., ..) by what `evaluate` moves by steps (instances,).

    step  the first to try; far  how far it can be moved, size  how large it is, (instances,);  name  for errors
    """
    if np.any(far <= 0):
        raise UsageError(f"{name} stands at its bound, where it has no derivative; move it off")
    present = evaluate(0 * step)
    for _ in range(TRIES):
        ahead, back = evaluate(step), evaluate(-step)
        change = _change(ahead, back, present)
        if not np.isfinite(change).all():
            raise UsageError(f"{name} has no derivative at its present value")
        too_large, too_small = change > LARGE, (change < SMALL) & (change > 0) & (4 * step < far / 2.5)
        if not (too_large | too_small).any():
            break
        step = np.where(too_large, step / 4, np.where(too_small, 3 * step, step))
    if not np.any((step > PART * size) & (change > 0)):
        return _difference(evaluate, step)
    return _best([_difference(evaluate, step / 4**k) for k in range(FALLING)])


def _difference(evaluate: Callable[[np.ndarray], Found], step: np.ndarray) -> Found:
    """The fourth-order difference."""
    beside = {way: evaluate(way * step) for way in WEIGHTS}
    keys = {key for found in beside.values() for key in found}
    zero = np.zeros((1, 1, 1))
    sums = {key: sum(weight * beside[way].get(key, zero) for way, weight in WEIGHTS.items()) for key in keys}
    return {key: np.asarray(total) / step[:, None, None] for key, total in sums.items()}


def _best(found: list[Found]) -> Found:
    """Of differences with falling steps, for each instance the one that is closest to the one before it."""
    keys = set.intersection(*(set(f) for f in found))
    pairs = zip(found[1:], found[:-1], strict=True)
    apart = np.array([np.max([np.abs(a[k] - b[k]).max(axis=(1, 2)) for k in keys], axis=0) for a, b in pairs])
    best = 1 + np.argmin(apart, axis=0)
    return {key: np.stack([found[way][key][place] for place, way in enumerate(best)]) for key in keys}


def hold_slopes(
    m: np.ndarray, b: np.ndarray, dm: np.ndarray, db: np.ndarray, step: float, lossless: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slopes of F, G and B1 of a step of states (states.py), when M and B have the slopes dm and db.

    All arrays end in an axis of lanes.
    """

    def parts(m: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
        phi, b0, b1 = hold(lossless)(m, b, step)
        return phi, np.einsum("ijl,jkl->ikl", phi, b1) + b0, b1

    carried, driven, ahead = _slopes_of_matrices(parts, m, b, dm, db, step)
    return carried, driven, ahead


def split_slopes(
    m: np.ndarray, b: np.ndarray, dm: np.ndarray, db: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """The same of the parts of a step that splitting.py takes: `free` and `held` of a Turning."""

    def parts(m: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
        found = [constant_hold(m, b, length * step) for length in LENGTHS]
        return np.stack([free for free, _ in found]), np.stack([held for _, held in found])

    free, held = _slopes_of_matrices(parts, m, b, dm, db, step)
    return free, held


def _slopes_of_matrices(
    parts: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]],
    m: np.ndarray,
    b: np.ndarray,
    dm: np.ndarray,
    db: np.ndarray,
    step: float,
) -> tuple[np.ndarray, ...]:
    """How what is made of M and B changes when these have the slopes dm and db, by the fourth-order difference."""
    lanes = dm.shape[-1]
    m, b = (np.broadcast_to(x, (*x.shape[:2], lanes)) for x in (m, b))
    near = PART_OF_A_STEP * min(_far(m, dm, 1 / step), _far(b, db, 1 / np.sqrt(step)))
    beside = [(weight, parts(m + way * near * dm, b + way * near * db)) for way, weight in WEIGHTS.items()]
    parted = zip(*(part for _, part in beside), strict=True)
    weights = [weight for weight, _ in beside]
    return tuple(np.tensordot(weights, np.stack(part), 1) / near for part in parted)


def _change(ahead: Found, back: Found, present: Found) -> np.ndarray:
    """The largest change (instances,) of a coefficient, relative to the largest one of its kind."""
    found = np.zeros(1)
    for kind in ("entry", "turn", "gain"):
        change, size = np.zeros(1), np.zeros(1)
        for key in (k for k in ahead.keys() | back.keys() | present.keys() if k[0] == kind):
            one, other, here = (np.asarray(f.get(key, np.zeros((1, 1, 1)))) for f in (ahead, back, present))
            change = np.maximum(change, np.abs(one - other).max(axis=(1, 2)))
            size = np.maximum(size, np.abs(here).max(axis=(1, 2)))
        found = np.maximum(
            found, np.divide(change, size, out=np.zeros(np.broadcast(change, size).shape), where=size > 0)
        )
    return found


def _far(matrix: np.ndarray, slope: np.ndarray, rate: float) -> float:
    """By how much a parameter changes an entry as much as a whole step does, or as the entry itself where that is more.

    The entries of one matrix may have different units.
    """
    moves = slope != 0
    far = np.maximum(np.abs(matrix), rate)[moves] / np.abs(slope[moves])
    return float(far.min(initial=1e300))
