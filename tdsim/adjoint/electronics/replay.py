"""Recording the steps that a transient takes, and taking the same steps again: compiled.

The gradient is that of the steps as they were taken: the recorded ones are taken again, with Newton's method as exact
as round-off allows, and nothing about their lengths is decided anew. In every function m is the address of the words
of a run (see `nodal.words`).

A recorded step is four numbers: its kind (what COUNT[RESTART] was), when it begins, how long it is (of a restart: each
of its two short steps), and when the next one begins (s).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.kernel import compiled
from ...nodal import words as w
from ...nodal.equations import SINGULAR, charges_count, copy_numbers, follow, set_drive, solve
from ...nodal.history import BREAKS, DELAY, NEXT, PASSED, POINTS, around, stretch
from ...nodal.kinds import NUMBERS, WORDS
from ...nodal.laws import ANEW, DELAYS, LOOK, REMEMBER, history
from ...nodal.memory import floats, integer_at, longs
from ...nodal.methods import ESDIRK, GAMMA, GEAR, STAGES, WHEN
from ...nodal.stepping import (
    DONE,
    FULL,
    STUCK,
    TURNING,
    UNDEFINED,
    WEAK_PIVOT,
    accept,
    add_between,
    attempt,
    guess_between,
    line,
    move_cursors,
    restart,
    stage,
    step,
    try_short_steps,
)

Array = np.ndarray[Any, Any]

KIND, FROM, LONG, AFTER = range(4)
"""The numbers of a step."""

STEP, ROLE, BETA, PLACE, OUT, MOMENT = range(6)
"""What is known of a stage: number of its step; which stage it is; beta of its equation (s); where in the step a point
between is, or the ratio of steps in Gear's formula; which point of the output it is, -1 for none; its time (s)."""

BETWEEN = STAGES
"""The role of a point between; the others are numbers of stages. Of a restart they are 1 and 2."""

END = STAGES - 1

EASIER = 7
"""Times that a point between is tried."""

SAME = 1e-12
"""Times that differ by this part are one instant."""


@compiled
def record(m: int, until: float, steps: Array, filled: int) -> tuple[int, int]:
    """Go on until there and write down the steps; returns why it stopped, and how many steps there are.

    It also stops, with FULL, where there is no room, and behind a restart at which switches have turned.
    """
    clock, count, mode = floats(m, w.CLOCK), longs(m, w.COUNT), floats(m, w.MODE)
    mode[0], mode[2] = 1.0, 0.0
    while clock[w.TIME] < until:
        if filled == steps.shape[0]:
            return FULL, filled
        t, kind = clock[w.TIME], count[w.RESTART]
        code = restart(m, until) if kind != 0 else step(m, until)
        if code != DONE:
            return code, filled
        after = clock[w.TIME]
        steps[filled, KIND], steps[filled, FROM], steps[filled, AFTER] = kind, t, after
        steps[filled, LONG] = 0.5 * (after - t) if kind != 0 else clock[w.LAST]
        filled += 1
        if kind == TURNING:
            return FULL, filled
    return DONE, filled


@compiled
def replay(
    m: int,
    steps: Array,
    first: int,
    last: int,
    grid: Array,
    given: int,
    kept: Array,
    outputs: Array,
    info: Array,
    points: Array,
    reads: Array,
    origins: Array,
    filled: int,
) -> tuple[int, int, int, int]:
    """Take the steps first <= k < last again.

    grid, kept  (times,) at which values are put out, and the unknowns (kept,): into outputs (times, kept), from `given`
    info, points  the stages (stages, 6) and their unknowns (stages, unknowns + 1), from `filled` on; empty: not wanted
    reads  (stages, delays, 2) the points that each delay was read from: first, and behind the last; -1: before them all
    origins  (stages, wake) where the unknowns of the wake (see `nodal.wake`) were at the base of each stage
    Returns the step it stopped at, why, and the next `given` and `filled`.
    """
    clock, count, mode, key = floats(m, w.CLOCK), longs(m, w.COUNT), floats(m, w.MODE), floats(m, w.KEY)
    mode[0], mode[2], mode[3] = 1.0, 0.0, 0.0
    z = floats(m, w.Z)
    noted = info.shape[0] > 0
    for k in range(first, last):
        t, h, after = steps[k, FROM], steps[k, LONG], steps[k, AFTER]
        is_restart = steps[k, KIND] != 0
        if noted and filled + STAGES > info.shape[0]:
            return k, FULL, given, filled
        if is_restart:
            code = begin_again(m, t, h)
        else:
            follow(m, LOOK, t, z)
            code = attempt(m, t, h)
        weak = code == SINGULAR or key[2] >= 0.0
        if weak and count[w.TRUSTED] == 0:
            if is_restart:
                undo(m)
            return k, WEAK_PIVOT, given, filled
        if code < 0:
            return k, STUCK, given, filled
        gamma, ratio = formula_of(m, h)
        if noted:
            before = filled
            filled = note(m, steps, k, gamma, ratio, info, points, origins, filled)
            note_reads(m, info, reads, before, filled)
        end_row = filled - 1
        if is_restart:
            clock[w.FACTORED] = 0.0
            count[w.POINTS], count[w.RESTART] = 0, 0
            grow_scale(m)
        else:
            accept(m)
            clock[w.BEFORE_LAST], clock[w.LAST], clock[w.FACTORED] = clock[w.LAST], h, h
            count[w.POINTS] = min(count[w.POINTS] + 1, 2)
        clock[w.TIME] = after
        if not follow(m, REMEMBER, after, z):
            return k, UNDEFINED, given, filled
        jumps = not is_restart and k + 1 < steps.shape[0] and steps[k + 1, KIND] != 0
        while given < grid.size and grid[given] <= after * (1 + SAME):
            row = end_row
            if is_restart or grid[given] >= after * (1 - SAME):
                if jumps:
                    break
                put(m, z, kept, outputs, given)
            else:
                x = (grid[given] - t) / h
                if solve_between(m, t, h, x, gamma) < 0:
                    return k, UNDEFINED, given, filled
                put(m, floats(m, w.BETWEEN_Z), kept, outputs, given)
                if noted and filled == info.shape[0]:
                    return k, UNDEFINED, given, filled
                if noted:
                    row = filled
                    write(m, floats(m, w.BETWEEN_Z), points, filled)
                    describe(info, filled, k, BETWEEN, gamma * h, x, t + x * h)
                    note_reads(m, info, reads, filled, filled + 1)
                    note_base(m, origins, filled)
                    filled += 1
            if noted:
                info[row, OUT] = given
            given += 1
    return last, DONE, given, filled


@compiled
def begin_again(m: int, t: float, tiny: float) -> int:
    """Two short steps of the backward Euler formula, as `stepping.restart` takes them once their length is known."""
    z, charges = floats(m, w.Z), charges_count(m)
    move_cursors(m, t)
    follow(m, ANEW, t, z)
    follow(m, LOOK, t, z)
    copy_numbers(z, stage(m, w.STAGE_Z, 0), integer_at(m, w.UNKNOWNS_COUNT))
    copy_numbers(floats(m, w.HELD_CHARGE), stage(m, w.STAGE_SLOPE, 0), charges)
    return try_short_steps(m, t, tiny)


@compiled
def undo(m: int) -> None:
    """Go back to where a restart began."""
    copy_numbers(stage(m, w.STAGE_Z, 0), floats(m, w.Z), integer_at(m, w.UNKNOWNS_COUNT))
    copy_numbers(stage(m, w.STAGE_SLOPE, 0), floats(m, w.HELD_CHARGE), charges_count(m))


@compiled
def grow_scale(m: int) -> None:
    """How large the unknowns have been, after a restart."""
    z, scale = floats(m, w.Z), floats(m, w.SCALE)
    for k in range(integer_at(m, w.UNKNOWNS_COUNT)):
        scale[k] = max(abs(z[k]), scale[k])


@compiled
def formula_of(m: int, h: float) -> tuple[float, float]:
    """Gamma of a step that is not accepted yet, and in Gear's formula its ratio to the last step."""
    method = integer_at(m, w.METHOD)
    if method == ESDIRK:
        return GAMMA, 0.0
    if method != GEAR:
        return 1.0 - floats(m, w.RULES)[w.XMU], 0.0
    ratio = h / floats(m, w.CLOCK)[w.LAST] if longs(m, w.COUNT)[w.POINTS] >= 1 else 0.0
    return (1 + ratio) / (1 + 2 * ratio), ratio


@compiled
def solve_between(m: int, start: float, h: float, x: float, gamma: float) -> int:
    """The unknowns at x steps into the step that was taken last, into BETWEEN_Z, as `stepping.between` finds them.

    Where round-off does not let them be so exact, tolerances become ten times as large, again and again.
    """
    n, z, base = integer_at(m, w.UNKNOWNS_COUNT), floats(m, w.BETWEEN_Z), floats(m, w.BASE)
    rules, weight = floats(m, w.RULES), floats(m, w.WEIGHT)
    relative, charge = rules[w.RELTOL], rules[w.CHGTOL]
    code = -1
    for _ in range(EASIER):
        begin_between(m, h, x, gamma, base, z)
        set_drive(m, start + x * h)
        code = solve(m, 1.0, gamma * h, z, int(rules[w.MOST_ITERATIONS]), False, 1.0, 0)
        if code >= 0:
            break
        rules[w.RELTOL] *= 10.0
        rules[w.CHGTOL] *= 10.0
        for k in range(n):
            weight[k] *= 10.0
        floats(m, w.KEY)[0] = np.nan
    rules[w.RELTOL], rules[w.CHGTOL] = relative, charge
    return code


@compiled
def begin_between(m: int, h: float, x: float, gamma: float, base: Any, z: Any) -> None:
    """What its equation starts from, and a first guess."""
    if integer_at(m, w.METHOD) == ESDIRK:
        add_between(m, h, x, gamma, base)
        guess_between(m, x, z)
        return
    late = 0.5 * x * x - gamma * x
    early = x - gamma - late
    charge, one, other = floats(m, w.PAST_CHARGE), stage(m, w.STAGE_SLOPE, 0), stage(m, w.STAGE_SLOPE, END)
    for i in range(charges_count(m)):
        base[i] = charge[i] + h * (early * one[i] + late * other[i])
    line(z, x, integer_at(m, w.UNKNOWNS_COUNT), 0.0, stage(m, w.STAGE_Z, 0), 1.0, stage(m, w.STAGE_Z, END))


@compiled
def put(m: int, z: Any, kept: Array, outputs: Array, row: int) -> None:
    """The kept unknowns as a row of the output."""
    for j in range(kept.size):
        outputs[row, j] = z[kept[j]]


# -- what is written down -------------------------------------------------------------------------------------------


@compiled
def note(
    m: int,
    steps: Array,
    k: int,
    gamma: float,
    ratio: float,
    info: Array,
    points: Array,
    origins: Array,
    filled: int,
) -> int:
    """Write down the stages of a step that has just been solved; returns where the next ones go."""
    t, h = steps[k, FROM], steps[k, LONG]
    if steps[k, KIND] != 0:
        write(m, stage(m, w.STAGE_Z, 1), points, filled)
        describe(info, filled, k, 1, h, 0.0, t + h)
        note_origins(m, stage(m, w.STAGE_Z, 0), stage(m, w.STAGE_SLOPE, 1), 0.0, origins, filled)
        note_origins(m, stage(m, w.STAGE_Z, 1), stage(m, w.STAGE_SLOPE, 1), 0.0, origins, filled + 1)
        write(m, floats(m, w.Z), points, filled + 1)
        describe(info, filled + 1, k, 2, h, 0.0, t + 2 * h)
        return filled + 2
    first = 1 if integer_at(m, w.METHOD) == ESDIRK else END
    for j in range(first, STAGES):
        write(m, stage(m, w.STAGE_Z, j), points, filled)
        describe(info, filled, k, j, gamma * h, ratio, t + WHEN[j] * h)
        note_origins(m, stage(m, w.STAGE_Z, j), stage(m, w.STAGE_SLOPE, j), gamma * h, origins, filled)
        filled += 1
    return filled


@compiled
def note_origins(m: int, z: Any, slope: Any, beta: float, origins: Array, row: int) -> None:
    """Where the unknowns of the wake were at the base of a stage: slopes are what they have moved since, over beta."""
    unknown, first = longs(m, w.WAKE_UNKNOWN), integer_at(m, w.UNKNOWNS_COUNT) + 1
    for j in range(integer_at(m, w.WAKE_COUNT)):
        if unknown[j] >= 0:
            origins[row, j] = z[unknown[j]] - (beta * slope[first + j] if beta != 0.0 else 0.0)


@compiled
def note_base(m: int, origins: Array, row: int) -> None:
    """The same of a stage that has just been solved."""
    unknown, base, first = longs(m, w.WAKE_UNKNOWN), floats(m, w.BASE), integer_at(m, w.UNKNOWNS_COUNT) + 1
    for j in range(integer_at(m, w.WAKE_COUNT)):
        if unknown[j] >= 0:
            origins[row, j] = base[first + j]


@compiled
def describe(info: Array, row: int, k: int, role: int, beta: float, place: float, t: float) -> None:
    """What a stage is; no point of the output so far."""
    info[row, STEP], info[row, ROLE], info[row, BETA] = k, role, beta
    info[row, PLACE], info[row, OUT], info[row, MOMENT] = place, -1, t


@compiled
def write(m: int, z: Any, points: Array, row: int) -> None:
    """The unknowns of a stage."""
    n = integer_at(m, w.UNKNOWNS_COUNT)
    for i in range(n):
        points[row, i] = z[i]
    points[row, n] = 0.0


@compiled
def note_reads(m: int, info: Array, reads: Array, first: int, last: int) -> None:
    """From which points the delays were read in these stages, before another point is stored."""
    kinds, rows = longs(m, w.KINDS), integer_at(m, w.GROUP_ROWS)
    delay = 0
    for k in range(integer_at(m, w.GROUPS_COUNT)):
        if kinds[4 * k + 3] == 0:
            continue
        row = rows + 8 * WORDS * k
        for j in range(integer_at(integer_at(row, NUMBERS), DELAYS)):
            stored, breaks, counts, facts = history(row, j)
            for r in range(first, last):
                begin, end = read_from(stored, breaks, counts, facts, info[r, MOMENT])
                reads[r, delay, 0], reads[r, delay, 1] = begin, end
            delay += 1


@compiled
def read_from(points: Array, breaks: Array, counts: Array, facts: Array, t: float) -> tuple[int, int]:
    """The points that `history.read` interpolates with at the time t; -1 where it takes what came before them all."""
    s, size = t - facts[DELAY], breaks.shape[0]
    k = counts[PASSED] - 1
    while k + 1 < counts[BREAKS] and breaks[(k + 1) % size, 0] <= s and breaks[(k + 1) % size, 0] < facts[NEXT]:
        k += 1
    first, last = stretch(breaks, counts, k)
    if first == last:
        return -1, -1
    begin, end = around(points, max(first, counts[POINTS] - points.shape[0] + 1), last, s)
    return begin, end
