"""One law of expressions in up to eight runs at once: every operation is looked up once and done for all.

A run gets the same numbers as from `laws.evaluate`, to the bit: what is not a sum or a product calls the same function
for each run. Laws with delays are left to that.

The words of a table for one law:
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numba.core import types

from ..behaviour.code import Code
from ..engine.kernel import compiled
from .curves import tanh
from .eights import WIDTH, above, differs, load, spread, store, where
from .groups import Group
from .interpreter import (
    ABS,
    ADD,
    CHOOSE,
    DIV,
    FUDGE,
    LT,
    MAX,
    MIN,
    MUL,
    NEG,
    POWER,
    PWL,
    PWR,
    SUB,
    TABLE,
    TANH,
    U2,
    URAMP,
    choose,
    derivatives,
    on_piece,
    segment,
    sign,
    slope,
    slope_of,
    smooth,
)
from .kinds import CAPACITANCES, CHARGES, CONTROLS, FLOWS, NUMBERS, SLOPES, STATES, TIME
from .laws import (
    HAS_BRANCH,
    INPUTS,
    OUTPUTS,
    PLACES,
    POINT_TABLE,
    POINTS_COUNT,
    RATES,
    SIGNALS,
    STEP_TABLE,
    STEPS,
)
from .memory import floats, integer_at, longs, number_at, put_number, shorts

carray: Any = getattr(numba, "carray")  # noqa: B009  numba does not say that it exports it

(
    LANES,  # address of the bits of the runs that it is evaluated for
    ZS,  # eights: the unknowns
    PLACES8,  # eights: inputs, constants and results of the code
    SHARES,  # eights: derivatives of an output by each of them
    ROWS,  # the rows of the group in eight runs, from here on
) = range(5)


@compiled
def set_inputs_together(table: int) -> None:
    """Put unknowns and times of all runs into the inputs."""
    row, z, places = integer_at(table, ROWS), integer_at(table, ZS), integer_at(table, PLACES8)
    inputs, ends = integer_at(integer_at(row, NUMBERS), INPUTS), longs(row, CONTROLS)
    for j in range(inputs - 3):
        store(places, j, load(z, ends[2 * j]) - load(z, ends[2 * j + 1]))
    for lane in range(WIDTH):
        time = number_at(integer_at(integer_at(table, ROWS + lane), TIME), 0)
        put_number(places, WIDTH * (inputs - 3) + lane, time)


@compiled
def forward_together(table: int) -> None:
    """As `interpreter.forward` with pieces held."""
    row, places, lanes = integer_at(table, ROWS), integer_at(table, PLACES8), integer_at(integer_at(table, LANES), 0)
    own = integer_at(row, NUMBERS)
    count, steps = integer_at(own, STEPS), shorts(own, STEP_TABLE)
    points = carray(floats(own, POINT_TABLE), (integer_at(own, POINTS_COUNT), 2))
    first, zero = integer_at(own, PLACES) - count, spread(0.0)
    for k in range(count):
        op, a, b, c = steps[4 * k], steps[4 * k + 1], steps[4 * k + 2], steps[4 * k + 3]
        if op == ADD:
            store(places, first + k, load(places, a) + load(places, b))
        elif op == MUL:
            store(places, first + k, load(places, a) * load(places, b))
        elif op == SUB:
            store(places, first + k, load(places, a) - load(places, b))
        elif op == DIV:
            store(places, first + k, load(places, a) / divisors(load(places, b)))
        elif op == NEG:
            store(places, first + k, load(places, a) * -1.0)
        elif op == TANH:
            store(places, first + k, tanh(load(places, a)))
        elif op == CHOOSE:
            store(places, first + k, where(differs(load(places, a), zero), load(places, b), load(places, c)))
        else:
            for lane in range(WIDTH):
                if lanes >> lane & 1:
                    x = number_at(places, WIDTH * a + lane)
                    y = 0.0 if op >= PWL else number_at(places, WIDTH * b + lane)
                    if op < LT:
                        value = smooth(op, x, y, False)
                    else:
                        piece = longs(integer_at(table, ROWS + lane), STATES)[k]
                        if op >= ABS:
                            piece = choose(op, x, y, points, b, c)
                        value = on_piece(op, x, y, piece, points, b, c)
                    put_number(places, WIDTH * (first + k) + lane, value)


@compiled
def divisors(y: Any) -> Any:
    """As `interpreter.divisor`."""
    return where(above(spread(0.0), y), y - FUDGE, y + FUDGE)


@compiled
def add_share(shares: int, place: int, lane: int, value: float) -> None:
    """Add to one lane of the derivatives."""
    put_number(shares, WIDTH * place + lane, number_at(shares, WIDTH * place + lane) + value)


@compiled
def backward_together(table: int, output: int) -> None:
    """As `interpreter.backward`; what is found are the first of the shares."""
    row, places, shares = integer_at(table, ROWS), integer_at(table, PLACES8), integer_at(table, SHARES)
    own = integer_at(row, NUMBERS)
    count, steps, zero = integer_at(own, STEPS), shorts(own, STEP_TABLE), spread(0.0)
    first = integer_at(own, PLACES) - count
    for k in range(max(output + 1, integer_at(own, INPUTS))):
        store(shares, k, zero)
    store(shares, output, spread(1.0))
    for k in range(output - first, -1, -1):
        part = load(shares, first + k)
        lanes = differs(part, zero)
        if lanes == 0:
            continue
        op, a, b = steps[4 * k], steps[4 * k + 1], steps[4 * k + 2]
        if op in (ADD, SUB):
            share = load(shares, a)
            store(shares, a, where(lanes, share + part, share))
            share = load(shares, b)
            store(shares, b, where(lanes, share + part if op == ADD else share - part, share))
        elif op == MUL:
            share, x, y = load(shares, a), load(places, a), load(places, b)
            store(shares, a, where(lanes, share + part * y, share))
            share = load(shares, b)
            store(shares, b, where(lanes, share + part * x, share))
        elif op == DIV:
            share, value, y = load(shares, a), load(places, first + k), divisors(load(places, b))
            store(shares, a, where(lanes, share + part * (1.0 / y), share))
            share = load(shares, b)
            store(shares, b, where(lanes, share + part * (value * -1.0 / y), share))
        elif op == NEG:
            share = load(shares, a)
            store(shares, a, where(lanes, share - part, share))
        elif op == TANH:
            share, value = load(shares, a), load(places, first + k)
            store(shares, a, where(lanes, share + part * (1.0 - value * value), share))
        else:
            for lane in range(WIDTH):
                if lanes >> lane & 1:
                    share_out(table, k, output, lane)


@compiled
def share_out(table: int, k: int, output: int, lane: int) -> None:
    """One operation of `interpreter.backward` in one run."""
    places, shares = integer_at(table, PLACES8), integer_at(table, SHARES)
    own = integer_at(integer_at(table, ROWS), NUMBERS)
    steps, first = shorts(own, STEP_TABLE), integer_at(own, PLACES) - integer_at(own, STEPS)
    points = carray(floats(own, POINT_TABLE), (integer_at(own, POINTS_COUNT), 2))
    op, a, b, c = steps[4 * k], steps[4 * k + 1], steps[4 * k + 2], steps[4 * k + 3]
    part, x = number_at(shares, WIDTH * (first + k) + lane), number_at(places, WIDTH * a + lane)
    value = number_at(places, WIDTH * (first + k) + lane)
    if op == CHOOSE:
        add_share(shares, b if x != 0 else c, lane, part)
    elif op in (POWER, PWR):
        dx, dy = derivatives(op, x, number_at(places, WIDTH * b + lane), value)
        add_share(shares, a, lane, part * dx)
        add_share(shares, b, lane, part * dy)
    elif op < LT:
        add_share(shares, a, lane, part * slope(op, x, value))
    elif op in (MIN, MAX):
        add_share(shares, a if value == x else b, lane, part)
    elif op >= PWL:
        add_share(shares, a, lane, part * slope_of(points, b, c, segment(x, points, b, c, op == TABLE)))
    elif op == ABS:
        add_share(shares, a, lane, part * sign(x))
    elif (op == URAMP and x > 0) or (op == U2 and 0 < x <= 1):
        add_share(shares, a, lane, part)


def evaluate_together(table: int) -> None:
    """Flows, charges and derivatives of one law in several runs: `laws.evaluate` for each."""
    set_inputs_together(table)
    forward_together(table)
    own = integer_at(integer_at(table, ROWS), NUMBERS)
    outputs, branch = shorts(own, OUTPUTS), integer_at(own, HAS_BRANCH)
    backward_together(table, outputs[0])
    write_law(table, branch, outputs[0])
    for k in range(integer_at(own, RATES)):
        backward_together(table, outputs[1 + k])
        write_rate(table, k, outputs[1 + k])


@compiled
def unknown_of(z: int, place: int, lane: int) -> float:
    """An unknown of one run."""
    found: float = number_at(z, WIDTH * place + lane)
    return found


@compiled
def write_law(table: int, branch: int, output: int) -> None:
    """What the law itself gives, to every run."""
    places, shares, z = integer_at(table, PLACES8), integer_at(table, SHARES), integer_at(table, ZS)
    lanes, own = integer_at(integer_at(table, LANES), 0), integer_at(integer_at(table, ROWS), NUMBERS)
    n, rates = integer_at(own, INPUTS) - 3, integer_at(own, RATES)
    paths, columns = 1 + branch + rates, n + 2 * branch
    for lane in range(WIDTH):
        if lanes >> lane & 1:
            row = integer_at(table, ROWS + lane)
            flows, slopes = floats(row, FLOWS), floats(row, SLOPES)
            value = number_at(places, WIDTH * output + lane)
            if branch == 1:
                for j in range(2 * columns):
                    slopes[j] = 0.0
                ends = longs(row, CONTROLS)
                flows[0] = unknown_of(z, ends[2 * n + 2], lane) - unknown_of(z, ends[2 * n + 3], lane)
                slopes[n + 1] = 1.0
                flows[1] = unknown_of(z, ends[2 * n], lane) - unknown_of(z, ends[2 * n + 1], lane) - value
                slopes[columns + n] = 1.0
                for j in range(n):
                    slopes[columns + j] = -number_at(shares, WIDTH * j + lane)
            else:
                flows[0] = value
                for j in range(n):
                    slopes[j] = number_at(shares, WIDTH * j + lane)
            if rates > 0:
                clear(row, 1 + branch, paths, columns)


@compiled
def clear(row: int, first: int, paths: int, columns: int) -> None:
    """No slopes of rows for rates, no charges and no capacitances at all."""
    slopes, charges, capacitances = floats(row, SLOPES), floats(row, CHARGES), floats(row, CAPACITANCES)
    for j in range(first * columns, paths * columns):
        slopes[j] = 0.0
    for j in range(paths):
        charges[j] = 0.0
    for j in range(paths * columns):
        capacitances[j] = 0.0


@compiled
def write_rate(table: int, k: int, output: int) -> None:
    """What the row of a ddt() gives, to every run."""
    places, shares = integer_at(table, PLACES8), integer_at(table, SHARES)
    lanes, own = integer_at(integer_at(table, LANES), 0), integer_at(integer_at(table, ROWS), NUMBERS)
    n, branch, signals = integer_at(own, INPUTS) - 3, integer_at(own, HAS_BRANCH), integer_at(own, SIGNALS)
    path, columns = 1 + branch + k, n + 2 * branch
    for lane in range(WIDTH):
        if lanes >> lane & 1:
            row = integer_at(table, ROWS + lane)
            floats(row, FLOWS)[path] = number_at(places, WIDTH * (signals + k) + lane)
            floats(row, SLOPES)[path * columns + signals + k] = 1.0
            floats(row, CHARGES)[path] = -number_at(places, WIDTH * output + lane)
            capacitances = floats(row, CAPACITANCES)
            for j in range(n):
                capacitances[path * columns + j] = -number_at(shares, WIDTH * j + lane)


@functools.cache
def compiled_loop() -> Any:
    """`evaluate_together`, compiled at first use and kept on disk."""
    return numba.cfunc(types.void(types.int64), cache=True, error_model="numpy")(evaluate_together)


class LawTable:
    """The table of one law: `words`, and the arrays that they point to."""

    def __init__(self, codes: Sequence[Code], rows: Sequence[int], lanes: int, unknowns: int, ambients: np.ndarray):
        code = codes[0]
        self._places, self._shares = np.zeros((code.places, WIDTH)), np.zeros((code.places, WIDTH))
        for lane, own in enumerate(codes):
            self._places[code.inputs : code.inputs + len(own.constants), lane] = own.constants
        self._places[code.inputs - 2] = ambients
        self.words = np.array(
            [lanes, unknowns, self._places.ctypes.data, self._shares.ctypes.data, *rows], dtype=np.int64
        )


def alike(group: Group, runs: Sequence[int]) -> bool:
    """Whether a group is a law that goes through the same operations in these runs, without delays."""
    if group.keep is None:
        return False
    codes = [group.keep.rooms[run].code for run in runs]
    first = codes[0]
    return not first.delays and all(
        np.array_equal(code.steps, first.steps)
        and np.array_equal(code.points, first.points)
        and np.array_equal(code.outputs, first.outputs)
        and code.places == first.places
        for code in codes
    )


def law_table(group: Group, runs: Sequence[int], rows: Sequence[int], lanes: int, unknowns: int) -> LawTable:
    """The table of a law in eight runs; addresses of the rows, of the bits of the lanes and of the unknowns."""
    rooms = [group.keep.rooms[run] for run in runs]
    ambients = np.array([room.w[room.code.inputs - 2] for room in rooms])
    return LawTable([room.code for room in rooms], rows, lanes, unknowns, ambients)
