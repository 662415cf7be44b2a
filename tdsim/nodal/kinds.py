"""One compiled loop over the instances of a kind of non-linear device, called by address.

Every such loop takes the address of a row of int64: how many instances there are and where their numbers lie. A netlist
with another mix of devices therefore compiles nothing. The words of a row:
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import numba
import numpy as np
from numba.core import types
from numba.extending import register_jitable

from .. import device as _device
from ..device import Device
from .choices import register
from .memory import (
    add_products,
    all_within,
    differences_at,
    filled,
    integer_at,
    kept,
    kept_entries,
    minus,
    number_at,
    numbers_at,
    put_integer,
    put_number,
    put_tuple,
    put_used,
    tuple_at,
)

ELSEWHERE = 1e-9
"""Controls that differ by less (V) are not said to be limited."""

WORDS = 17
(
    COUNT,  # how many instances
    NUMBERS,  # float64 (instances, fields): what `prepare` made of their parameters
    CONTROLS,  # int64 (instances, controls, 2): the unknowns whose differences the controls are
    UNKNOWNS,  # float64 (unknowns + 1,): their values, ground last
    TIME,  # float64 (1,): the time (s)
    FLOWS,  # float64 (instances, paths), written
    SLOPES,  # float64 (instances, paths, controls), written
    CHARGES,  # float64 (instances, paths), written
    CAPACITANCES,  # float64 (instances, paths, controls), written
    BEFORE,  # float64 (instances, controls): where the last evaluation was; read by `limit`, written
    STATES,  # int64 (instances, switches): which branch each comparison is on
    MARGINS,  # float64 (instances, switches), written: below zero where a state must change
    MODE,  # float64 (4,): [0] is 1 where limiting is on; [1] is set to 1 where it changed something; [3] is how far (V)
    # controls may be from those of the last evaluation in full for its tangents to do
    AHEAD,  # float64 (4,): what `follow` is asked for; next time that is not smooth, longest step, trouble: written
    BASE,  # float64: where the present stage starts; its end is the wake
    WAKE,  # int64 (instances, 2 controls + paths): where in BASE the controls' unknowns and the paths' charges are
    LATENT,  # float64 (instances, controls + 2 paths): controls, flows and charges at the last evaluation in full
) = range(17)


class Loops(NamedTuple):
    """Addresses of the compiled loops of a kind; `margin` and `turn` are 0 for a kind without switches.

    evaluate  flows, charges and their derivatives at the unknowns; states are held
    margin    how far each switch is from changing its state: below zero where it must
    turn      let the switches that must change their state do so
    follow    what goes on behind delays; see `laws`
    """

    evaluate: int
    margin: int = 0
    turn: int = 0
    follow: int = 0


@dataclass(frozen=True)
class Kind:
    """A device as its instances have it.

    `bare` are those without any inner nodes: each of these is one with the port that it lies onto, and what is between
    the two, the controls and paths of series resistances, is left out.
    """

    device: type[Device]
    bare: bool = False

    @property
    def controls(self) -> list[int]:
        """The places of the controls that there are, among those of the device."""
        return [k for k, pair in enumerate(self.device.controls) if self._differ(pair)]

    @property
    def paths(self) -> list[int]:
        """The places of the paths that there are."""
        return [k for k, pair in enumerate(self.device.paths) if self._differ(pair)]

    @property
    def walked(self) -> tuple[int, ...]:
        """The walked ones, by their places among the paths that there are."""
        return tuple(self.paths.index(self.device.paths.index(path)) for path in self.device.walked)

    @property
    def derivatives(self) -> list[tuple[int, int]]:
        """Path and control, among those that there are, of every derivative that is not zero for good."""
        pairs = pairs_used(self.device)
        places = itertools.product(enumerate(self.paths), enumerate(self.controls))
        return [(k, j) for (k, path), (j, control) in places if (path, control) in pairs]

    def _differ(self, pair: tuple[str, str]) -> bool:
        if not self.bare:
            return True
        one, other = (self.device.inner[name].onto if name in self.device.inner else name for name in pair)
        return one != other


class Shape(NamedTuple):
    """What loops are made for: how long tuples are, and what is left out, told by 0 and None.

    like, path      one 0 for each control and for each path
    controls, paths  for each of the device's, 0, or None where it is left out
    used            for each path and control, 0, or None for a derivative that is zero for good
    """

    like: tuple[float, ...]
    path: tuple[float, ...]
    controls: tuple[float | None, ...]
    paths: tuple[float | None, ...]
    used: tuple[float | None, ...]


def shape_of(kind: Kind) -> Shape:
    """The shape of a kind's loops."""
    device, controls, paths, derivatives = kind.device, kind.controls, kind.paths, set(kind.derivatives)
    return Shape(
        (0.0,) * len(controls),
        (0.0,) * len(paths),
        tuple(0.0 if k in controls else None for k in range(len(device.controls))),
        tuple(0.0 if k in paths else None for k in range(len(device.paths))),
        tuple(0.0 if divmod(k, len(controls)) in derivatives else None for k in range(len(paths) * len(controls))),
    )


_made: dict[Kind, tuple[Loops, Any]] = {}
_registered: set[Callable[..., Any]] = set()


def loops(kind: Kind) -> Loops:
    """The compiled loops of a non-linear device; compiled at first use, then kept on disk."""
    if kind not in _made:
        register_kernels()
        evaluate, device = _compile(_evaluator(kind)), kind.device
        others = [_compile(f) for f in (_margins(device), _turns(device))] if device.switches else []
        _made[kind] = Loops(evaluate.address, *(f.address for f in others)), (evaluate, others)
    return _made[kind][0]


def register_kernels() -> None:
    """Let compiled code call all laws of devices."""
    for function in _device.kernels:
        if function not in _registered:
            register(function)
            _registered.add(function)


def numbers_class(device: type[Device]) -> type[Any]:
    """The NamedTuple that `prepare` of a device returns."""
    assert device.prepare is not None
    found: type[Any] = get_type_hints(device.prepare)["return"]
    return found


def _compile(function: Callable[..., Any]) -> Any:
    signature = types.void(types.int64)
    return numba.cfunc(signature, cache=True, error_model="numpy")(function)


@functools.cache
def sources_digest() -> int:
    """A number that changes with the source of any kernel: numba's cache looks at the file of the loop alone."""
    files = sorted({inspect.getsourcefile(function) or "" for function in _device.kernels})
    digest = hashlib.sha256()
    for name in files:
        digest.update(Path(name).read_bytes() if Path(name).exists() else name.encode())
    return int.from_bytes(digest.digest()[:7], "little")


def _evaluator(found: Kind) -> Callable[[int], None]:
    device = found.device
    if device.switches:
        return _switching_evaluator(device)
    if device.walked:
        return _walking_evaluator(found)
    characteristic: Any = device.characteristic
    limit: Any = device.limit or unlimited
    kind, fields = numbers_class(device), len(numbers_class(device)._fields)
    like, path, held, ways, used = shape_of(found)
    controls, width = len(like), len(like) + 2 * len(path)
    source = sources_digest()

    def evaluate(row: int) -> None:
        if row == source:
            return
        numbers, places, z = integer_at(row, NUMBERS), integer_at(row, CONTROLS), integer_at(row, UNKNOWNS)
        before, mode, latent = integer_at(row, BEFORE), integer_at(row, MODE), integer_at(row, LATENT)
        limiting, near = number_at(mode, 0) != 0.0, number_at(mode, 3)
        for i in range(integer_at(row, COUNT)):
            wanted = differences_at(like, places, 2 * controls * i, z)
            moved = minus(wanted, tuple_at(like, latent, width * i))
            if all_within(moved, near):
                follow_tangents(row, i, wanted, moved, path, used)
                continue
            p = numbers_at(kind, numbers, fields * i)
            u = wanted
            if limiting:
                last = tuple_at(like, before, controls * i)
                u = kept(limit(p, filled(wanted, held), filled(last, held)), held)
            has = without_gaps(characteristic(p, filled(u, held)), ways, held)
            note_limits(row, i, wanted, u)
            note_latent(row, i, u, has[0], has[2])
            deliver(row, i, wanted, u, has, used)

    return evaluate


def _walking_evaluator(found: Kind) -> Callable[[int], None]:
    """Of devices with `walked` paths: their charges are counted from the base of the stage.

    Tangents do only where such a device is at rest over the whole stage: its walked charges are those since then.
    """
    device = found.device
    characteristic: Any = device.characteristic
    limit: Any = device.limit or unlimited
    kind, fields = numbers_class(device), len(numbers_class(device)._fields)
    like, path, held, ways, used = shape_of(found)
    controls, paths, width = len(like), len(path), len(like) + 2 * len(path)
    reach, walking, walks = 2 * controls + paths, found.walked, len(found.walked)
    source = sources_digest()

    def evaluate(row: int) -> None:
        if row == source:
            return
        numbers, places, z = integer_at(row, NUMBERS), integer_at(row, CONTROLS), integer_at(row, UNKNOWNS)
        wake, base, results = integer_at(row, WAKE), integer_at(row, BASE), integer_at(row, CHARGES)
        before, mode, latent = integer_at(row, BEFORE), integer_at(row, MODE), integer_at(row, LATENT)
        limiting, near, caps = number_at(mode, 0) != 0.0, number_at(mode, 3), integer_at(row, CAPACITANCES)
        for i in range(integer_at(row, COUNT)):
            wanted = differences_at(like, places, 2 * controls * i, z)
            origin = differences_at(like, wake, reach * i, base)
            walked = minus(wanted, origin)
            still = all_within(walked, near)
            moved = minus(wanted, tuple_at(like, latent, width * i))
            if still and all_within(moved, near):
                follow_tangents(row, i, wanted, moved, path, used)
                for n in range(walks):
                    k = walking[n]
                    passed = number_at(base, integer_at(wake, reach * i + 2 * controls + k))
                    for j in range(controls):
                        passed += number_at(caps, (paths * i + k) * controls + j) * walked[j]
                    put_number(results, paths * i + k, passed)
                continue
            p = numbers_at(kind, numbers, fields * i)
            u = wanted
            if limiting:
                last = tuple_at(like, before, controls * i)
                u = kept(limit(p, filled(wanted, held), filled(last, held)), held)
            has = without_gaps(characteristic(p, filled(u, held), filled(origin, held)), ways, held)
            note_limits(row, i, wanted, u)
            if still:
                note_latent(row, i, u, has[0], has[2])
            else:
                put_number(latent, width * i, np.nan)
            deliver(row, i, wanted, u, has, used)
            for k in range(paths):
                passed = number_at(base, integer_at(wake, reach * i + 2 * controls + k))
                put_number(results, paths * i + k, number_at(results, paths * i + k) + passed)

    return evaluate


@register_jitable
def without_gaps(has: Any, paths: Any, controls: Any) -> Any:
    """What a law gives, without what is left out."""
    flows, slopes, charges, capacitances = has
    return (
        kept(flows, paths),
        kept_entries(slopes, paths, controls),
        kept(charges, paths),
        kept_entries(capacitances, paths, controls),
    )


def pairs_used(device: type[Device]) -> tuple[tuple[int, int], ...]:
    """Path and control of every derivative that is not zero for good."""
    every = tuple(range(len(device.controls)))
    depends = device.depends or (every,) * len(device.paths)
    return tuple((k, j) for k, places in enumerate(depends) for j in places)


@register_jitable
def follow_tangents(row: int, i: int, wanted: Any, moved: Any, path: Any, used: Any) -> None:
    """Write what instance i has, along the tangents from its last evaluation in full; `path` has one number a path."""
    paths, controls = len(path), len(wanted)
    first, place = paths * i, (controls + 2 * paths) * i + controls
    latent, entry = integer_at(row, LATENT), controls * paths * i
    put_tuple(integer_at(row, BEFORE), controls * i, wanted)
    put_tuple(integer_at(row, FLOWS), first, tuple_at(path, latent, place))
    put_tuple(integer_at(row, CHARGES), first, tuple_at(path, latent, place + paths))
    add_products(integer_at(row, FLOWS), first, integer_at(row, SLOPES), entry, moved, path, used)
    add_products(integer_at(row, CHARGES), first, integer_at(row, CAPACITANCES), entry, moved, path, used)


@register_jitable
def note_latent(row: int, i: int, u: Any, flows: Any, charges: Any) -> None:
    """Keep what instance i has at u: it need not be evaluated again as long as it stays there."""
    latent, place = integer_at(row, LATENT), (len(u) + 2 * len(flows)) * i
    put_tuple(latent, place, (u, flows, charges))


@register_jitable
def note_limits(row: int, i: int, wanted: Any, u: Any) -> None:
    """Keep where instance i is evaluated, and say whether it is elsewhere than was wanted."""
    put_tuple(integer_at(row, BEFORE), len(u) * i, u)
    if not all_within(minus(wanted, u), ELSEWHERE):
        put_number(integer_at(row, MODE), 1, 1.0)


@register_jitable
def deliver(row: int, i: int, wanted: Any, u: Any, has: Any, used: Any) -> None:
    """Write what instance i has at u, its flows and charges moved along their tangents to where it was wanted."""
    flows, slopes, charges, capacitances = has
    first, entry, moved = len(flows) * i, len(flows) * len(u) * i, minus(wanted, u)
    put_tuple(integer_at(row, FLOWS), first, flows)
    put_tuple(integer_at(row, CHARGES), first, charges)
    put_used(integer_at(row, SLOPES), entry, slopes, used)
    put_used(integer_at(row, CAPACITANCES), entry, capacitances, used)
    if not all_within(moved, 0.0):
        add_products(integer_at(row, FLOWS), first, integer_at(row, SLOPES), entry, moved, flows, used)
        add_products(integer_at(row, CHARGES), first, integer_at(row, CAPACITANCES), entry, moved, flows, used)


def _switching_evaluator(device: type[Device]) -> Callable[[int], None]:
    characteristic: Any = device.characteristic
    kind, fields = numbers_class(device), len(numbers_class(device)._fields)
    like, controls = (0.0,) * len(device.controls), len(device.controls)
    switches = device.switches
    source, used = sources_digest(), shape_of(Kind(device)).used

    def evaluate(row: int) -> None:
        if row == source:
            return
        numbers, places, z = integer_at(row, NUMBERS), integer_at(row, CONTROLS), integer_at(row, UNKNOWNS)
        for i in range(integer_at(row, COUNT)):
            p = numbers_at(kind, numbers, fields * i)
            u = differences_at(like, places, 2 * controls * i, z)
            state = integer_at(integer_at(row, STATES), switches * i)
            flows, slopes, charges, capacitances = characteristic(p, u, state)
            deliver(row, i, u, u, (flows, slopes, charges, capacitances), used)

    return evaluate


def _margins(device: type[Device]) -> Callable[[int], None]:
    margin: Any = device.margin
    kind, fields = numbers_class(device), len(numbers_class(device)._fields)
    like, controls = (0.0,) * len(device.controls), len(device.controls)
    source = sources_digest()

    def margins(row: int) -> None:
        if row == source:
            return
        numbers, places, z = integer_at(row, NUMBERS), integer_at(row, CONTROLS), integer_at(row, UNKNOWNS)
        for i in range(integer_at(row, COUNT)):
            p = numbers_at(kind, numbers, fields * i)
            u = differences_at(like, places, 2 * controls * i, z)
            put_number(integer_at(row, MARGINS), i, margin(p, u, integer_at(integer_at(row, STATES), i)))

    return margins


def _turns(device: type[Device]) -> Callable[[int], None]:
    source = sources_digest()

    def turn(row: int) -> None:
        if row == source:
            return
        states, margins = integer_at(row, STATES), integer_at(row, MARGINS)
        for i in range(integer_at(row, COUNT)):
            if number_at(margins, i) < 0.0:
                put_integer(states, i, 1 - integer_at(states, i))

    return turn


@_device.kernel
def unlimited(p: Any, u: Any, before: Any) -> Any:
    return u
