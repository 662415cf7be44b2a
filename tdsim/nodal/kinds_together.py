"""The loops of `kinds` for up to eight runs at once: every device of a kind in all of them, one after the other.

The law is the one that the device has (see `choices`), and a run gets what it gets alone, to the bit: those runs whose
device hardly moved follow its tangents, those in which a step is limited go where it is limited to.

The words of a table for one group; numbers of eight runs lie side by side:
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numba.core import errors, types
from numba.extending import register_jitable

from .choices import Unknown
from .eights import (
    apart,
    choose,
    differences_in,
    eights_at,
    gather,
    gathered_differences,
    lanes_within,
    load,
    moved_along,
    put_eights,
    spread_at,
)
from .groups import Group
from .kinds import ELSEWHERE, Kind, numbers_class, shape_of, sources_digest, unlimited, without_gaps
from .memory import filled, integer_at, kept, put_integer

(
    LANES,  # address of the bits of the runs that it is evaluated for
    LIMITING,  # address of the bits of those in which steps are limited
    LIMITED,  # address of the bits of those in which something was
    COUNT,  # how many instances
    COMMON,  # 1 where all runs have the same numbers
    NUMBERS,  # eights, or numbers that all have in common (instances, fields)
    CONTROLS,  # int64 (instances, controls, 2), as in `kinds`
    ZS,  # eights: the unknowns
    FLOWS,  # eights (instances, paths), written
    CHARGES,  # eights (instances, paths), written
    SLOPES,  # eights (instances, paths, controls), written
    CAPACITANCES,  # eights (instances, paths, controls), written
    BEFORE,  # eights (instances, controls)
    LATENT,  # eights (instances, controls + 2 paths)
    NEARS,  # one eight: how far controls may be from those of the last evaluation in full
    BASES,  # table of eight addresses: where the stage of each run starts
    WAKE,  # int64 (instances, 2 controls + paths): places in that
) = range(17)
WORDS = 17


def evaluator(kind: Kind) -> Callable[[int], None]:
    """`kinds.evaluate` of a device for eight runs."""
    return _walking_evaluator(kind) if kind.device.walked else _evaluator(kind)


def _evaluator(found: Kind) -> Callable[[int], None]:
    device = found.device
    characteristic: Any = device.characteristic
    limit: Any = device.limit or unlimited
    kind, fields = numbers_class(device), len(numbers_class(device)._fields)
    like, path, held, ways, used = shape_of(found)
    controls, width = len(like), len(like) + 2 * len(path)
    source = sources_digest()

    def evaluate(table: int) -> None:
        if table == source:
            return
        lanes, limiting = integer_at(integer_at(table, LANES), 0), integer_at(integer_at(table, LIMITING), 0)
        numbers, places, zs = integer_at(table, NUMBERS), integer_at(table, CONTROLS), integer_at(table, ZS)
        common = integer_at(table, COMMON) != 0
        before, latent, near = integer_at(table, BEFORE), integer_at(table, LATENT), load(integer_at(table, NEARS), 0)
        for i in range(integer_at(table, COUNT)):
            wanted = differences_in(like, places, 2 * controls * i, zs)
            moved = apart(wanted, eights_at(like, latent, width * i))
            quiet = lanes_within(moved, near) & lanes
            if quiet != 0:
                follow_tangents(table, i, quiet, wanted, moved, path, used)
            active = lanes & ~quiet
            if active == 0:
                continue
            p = spread_at(kind, numbers, fields * i) if common else eights_at(kind, numbers, fields * i)
            u = wanted
            if active & limiting != 0:
                last = filled(eights_at(like, before, controls * i), held)
                u = choose(limiting, kept(limit(p, filled(wanted, held), last), held), wanted)
            has = without_gaps(characteristic(p, filled(u, held)), ways, held)
            note_latent(table, i, active, u, has, path)
            deliver(table, i, active, wanted, u, has, used)

    return evaluate


def _walking_evaluator(found: Kind) -> Callable[[int], None]:
    """Of devices with `walked` paths, as in `kinds`."""
    device = found.device
    characteristic: Any = device.characteristic
    limit: Any = device.limit or unlimited
    kind, fields = numbers_class(device), len(numbers_class(device)._fields)
    like, path, held, ways, used = shape_of(found)
    controls, paths, width = len(like), len(path), len(like) + 2 * len(path)
    reach, walking, walks = 2 * controls + paths, found.walked, len(found.walked)
    source = sources_digest()

    def evaluate(table: int) -> None:
        if table == source:
            return
        lanes, limiting = integer_at(integer_at(table, LANES), 0), integer_at(integer_at(table, LIMITING), 0)
        numbers, places, zs = integer_at(table, NUMBERS), integer_at(table, CONTROLS), integer_at(table, ZS)
        common = integer_at(table, COMMON) != 0
        before, latent, near = integer_at(table, BEFORE), integer_at(table, LATENT), load(integer_at(table, NEARS), 0)
        bases, wake, results = integer_at(table, BASES), integer_at(table, WAKE), integer_at(table, CHARGES)
        caps = integer_at(table, CAPACITANCES)
        for i in range(integer_at(table, COUNT)):
            wanted = differences_in(like, places, 2 * controls * i, zs)
            origin = gathered_differences(like, wake, reach * i, bases)
            walked = apart(wanted, origin)
            still = lanes_within(walked, near)
            moved = apart(wanted, eights_at(like, latent, width * i))
            quiet = lanes_within(moved, near) & still & lanes
            if quiet != 0:
                follow_tangents(table, i, quiet, wanted, moved, path, used)
                for n in range(walks):
                    k = walking[n]
                    passed = gather(bases, integer_at(wake, reach * i + 2 * controls + k))
                    for j in range(controls):
                        passed = passed + load(caps, (paths * i + k) * controls + j) * walked[j]
                    put_eights(results, paths * i + k, quiet, (passed,), (0.0,))
            active = lanes & ~quiet
            if active == 0:
                continue
            p = spread_at(kind, numbers, fields * i) if common else eights_at(kind, numbers, fields * i)
            u = wanted
            if active & limiting != 0:
                last = filled(eights_at(like, before, controls * i), held)
                u = choose(limiting, kept(limit(p, filled(wanted, held), last), held), wanted)
            has = without_gaps(characteristic(p, filled(u, held), filled(origin, held)), ways, held)
            note_latent(table, i, active & still, u, has, path)
            put_eights(latent, width * i, active & ~still, (np.nan,), (0.0,))
            deliver(table, i, active, wanted, u, has, used)
            for k in range(paths):
                passed = gather(bases, integer_at(wake, reach * i + 2 * controls + k))
                put_eights(results, paths * i + k, active, (load(results, paths * i + k) + passed,), (0.0,))

    return evaluate


@register_jitable
def follow_tangents(table: int, i: int, lanes: int, wanted: Any, moved: Any, path: Any, used: Any) -> None:
    """As `kinds.follow_tangents`, for some lanes."""
    paths, controls = len(path), len(wanted)
    first, place, latent = paths * i, (controls + 2 * paths) * i + controls, integer_at(table, LATENT)
    entry = controls * paths * i
    put_eights(integer_at(table, BEFORE), controls * i, lanes, wanted, wanted)
    flows, charges = eights_at(path, latent, place), eights_at(path, latent, place + paths)
    flows = moved_along(flows, integer_at(table, SLOPES), entry, moved, used)
    charges = moved_along(charges, integer_at(table, CAPACITANCES), entry, moved, used)
    put_eights(integer_at(table, FLOWS), first, lanes, flows, path)
    put_eights(integer_at(table, CHARGES), first, lanes, charges, path)


@register_jitable
def note_latent(table: int, i: int, lanes: int, u: Any, has: Any, path: Any) -> None:
    """As `kinds.note_latent`, for some lanes."""
    place, flows, charges = (len(u) + 2 * len(path)) * i, has[0], has[2]
    put_eights(integer_at(table, LATENT), place, lanes, (u, flows, charges), (u, path, path))


@register_jitable
def deliver(table: int, i: int, lanes: int, wanted: Any, u: Any, has: Any, used: Any) -> None:
    """As `kinds.note_limits` and `kinds.deliver`, for some lanes."""
    flows, slopes, charges, capacitances = has
    first, entry, moved = len(flows) * i, len(flows) * len(u) * i, apart(wanted, u)
    put_eights(integer_at(table, BEFORE), len(u) * i, lanes, u, u)
    put_eights(integer_at(table, FLOWS), first, lanes, flows, flows)
    put_eights(integer_at(table, CHARGES), first, lanes, charges, charges)
    put_eights(integer_at(table, SLOPES), entry, lanes, slopes, used)
    put_eights(integer_at(table, CAPACITANCES), entry, lanes, capacitances, used)
    away = lanes & ~lanes_within(moved, 0.0)
    if away != 0:
        limited, far = integer_at(table, LIMITED), away & ~lanes_within(moved, ELSEWHERE)
        put_integer(limited, 0, integer_at(limited, 0) | far)
        further = moved_along(flows, integer_at(table, SLOPES), entry, moved, used)
        put_eights(integer_at(table, FLOWS), first, away, further, further)
        further = moved_along(charges, integer_at(table, CAPACITANCES), entry, moved, used)
        put_eights(integer_at(table, CHARGES), first, away, further, further)


# -- made ready, in Python --------------------------------------------------------------------------------------


_made: dict[Kind, Any] = {}
_apart: set[Kind] = set()


def compiled_loop(kind: Kind) -> Any:
    """`evaluate` of a device, compiled at first use and kept on disk."""
    if kind not in _made:
        _made[kind] = numba.cfunc(types.void(types.int64), cache=True, error_model="numpy")(evaluator(kind))
    return _made[kind]


def loop_for(group: Group) -> int:
    """The address of such a loop for a group; 0 for laws, and for devices with states of their own.

    A device whose law has no counterpart for eight runs, say because it holds a loop, is evaluated run by run.
    """
    kind = group.kind
    if kind is None or kind.device.switches or kind in _apart:
        return 0
    try:
        return int(compiled_loop(kind).address)
    except (Unknown, errors.NumbaError):
        _apart.add(kind)
        return 0


class DeviceTable:
    """The table of one group: `words`, and the numbers that they point to."""

    def __init__(self, group: Group, runs: Sequence[int], places: Mapping[int, int]):
        """`runs` are those of the eight lanes, `places` the words that are addresses elsewhere."""
        rows = [group.numbers[run % group.numbers.shape[0]] for run in runs]
        common = all(np.array_equal(row, rows[0], equal_nan=True) for row in rows)
        self._numbers = np.ascontiguousarray(rows[0] if common else np.stack(rows, axis=-1))
        self.words = np.zeros(WORDS, dtype=np.int64)
        own = {
            COUNT: group.count,
            COMMON: int(common),
            NUMBERS: self._numbers.ctypes.data,
            CONTROLS: group.controls.ctypes.data,
        }
        for word, value in {**own, **places}.items():
            self.words[word] = value
