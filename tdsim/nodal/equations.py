"""Compiled evaluation of the equations: sources, charges, currents, the matrix, and Newton's method for one instant.

All methods of integration, and the operating point, solve for z

    alpha [C z + q(z)] + beta [G z + i(z) - s(t)] = base

In every function m is the address of the words of a run (see `words`).
"""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np
from numba.core import types

from ..engine.kernel import compiled
from . import words as w
from .kinds import WORDS
from .laws import LOOK
from .lu import factorise, substitute
from .memory import behind, call, call_solver, floats, integer_at, longs, shorts

_types: Any = types

DIVERGED, NOT_FINITE, SINGULAR = -1, -2, -3
"""What `solve` returns instead of a number of iterations."""

AGAIN, RECALL, FETCH, LEAVE = 0, -1, -2, -3
"""In place of iterations: only a solution with the factors at hand; only the matrix that they are of; what devices had
at their last evaluations, which may lie elsewhere; that it is to be put there again."""

SAME = 1e-9
"""Factors are used again for a step that is the same to this part."""

SLOW = 0.1
"""An iteration that gains less than this factor gets new factors.

No more is expected of the first iteration of a step: how well the factors did before says little where a diode turns.
"""

GUESSED = 0.2
"""What an iteration with new factors is taken to leave of an error."""

ROUND_OFF = 1e-14
"""Charges and currents are known to this part of them at best."""

FINER = 5.0
"""Charges are solved for so much more exactly than they are allowed to be wrong after a step: the estimate of that is
a difference of their slopes, which would be noise in short steps."""

ENOUGH = 0.02
"""Newton's method stops where what is left is this part of the tolerance."""


@compiled
def copy_numbers(source: Any, target: Any, count: int) -> None:
    """target[:count] = source[:count]"""
    for k in range(count):
        target[k] = source[k]


@compiled
def segment_at(m: int, k: int, t: float) -> Any:
    """Segment k of a source at t; at its end this is the left limit (see `shapes.segments`)."""
    lines, terms, first = floats(m, w.SEGMENT_LINES), floats(m, w.SEGMENT_TERMS), longs(m, w.SEGMENT_FIRST)
    s = t - floats(m, w.SEGMENT_TIMES)[k]
    value = lines[2 * k] + lines[2 * k + 1] * s
    for j in range(first[k], first[k + 1]):
        term = behind(terms, 7 * j)
        phase = term[2] * s + term[3]
        if term[4] != 0.0:
            phase += term[4] * np.sin(term[5] * s + term[6])
        value += term[0] * np.exp(-term[1] * s) * np.sin(phase)
    return value


@compiled
def set_drive(m: int, t: float) -> None:
    """What the sources add to every row at the time t, into DRIVE; segments are those at CURSOR."""
    level, cursor, drive = floats(m, w.LEVEL), longs(m, w.CURSOR), floats(m, w.DRIVE)
    row, source, value = longs(m, w.DRIVE_ROW), longs(m, w.DRIVE_SOURCE), floats(m, w.DRIVE_VALUE)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT) + 1):
        drive[i] = 0.0
    last, height = -1, 0.0
    for j in range(integer_at(m, w.DRIVES_COUNT)):
        k = source[j]
        if k != last:
            last = k
            height = level[k]
            if cursor[k] >= 0:
                height += segment_at(m, cursor[k], t)
        drive[row[j]] += value[j] * height
    floats(m, w.DEVICE_TIME)[0] = t


@compiled
def evaluate_devices(m: int, z: Any) -> None:
    """Let the loops of all groups evaluate their devices at z, outside of Newton's method."""
    call_solver(integer_at(m, w.SOLVER), m, 0.0, 0.0, z, FETCH, 0, 0.0, 0)
    evaluate_groups(m, z)
    call_solver(integer_at(m, w.SOLVER), m, 0.0, 0.0, z, LEAVE, 0, 0.0, 0)


@compiled
def evaluate_groups(m: int, z: Any) -> None:
    """Let the loops of all groups evaluate their devices at z."""
    groups = integer_at(m, w.GROUPS_COUNT)
    if groups > 0:
        copy_numbers(z, floats(m, w.DEVICE_UNKNOWNS), integer_at(m, w.UNKNOWNS_COUNT))
        kinds, rows = longs(m, w.KINDS), integer_at(m, w.GROUP_ROWS)
        for k in range(groups):
            call(kinds[4 * k], rows + 8 * WORDS * k)


@compiled
def follow(m: int, asked: int, t: float, z: Any) -> bool:
    """Ask all laws for what goes on behind their delays (see `laws`); returns whether all is well."""
    if integer_at(m, w.FOLLOWED) == 0:
        return True
    ahead, kinds, rows = floats(m, w.AHEAD), longs(m, w.KINDS), integer_at(m, w.GROUP_ROWS)
    ahead[0], ahead[3] = asked, 0.0
    if asked == LOOK:
        ahead[1], ahead[2] = np.inf, np.inf
    floats(m, w.DEVICE_TIME)[0] = t
    copy_numbers(z, floats(m, w.DEVICE_UNKNOWNS), integer_at(m, w.UNKNOWNS_COUNT))
    for k in range(integer_at(m, w.GROUPS_COUNT)):
        if kinds[4 * k + 3] != 0:
            call(kinds[4 * k + 3], rows + 8 * WORDS * k)
    return bool(ahead[3] == 0.0)


@compiled
def follow_run(m: int, asked: int) -> bool:
    """The same at the time and the unknowns that the run has reached."""
    return follow(m, asked, floats(m, w.CLOCK)[w.TIME], floats(m, w.Z))


@compiled
def linear_parts(m: int, z: Any) -> None:
    """C z into CHARGE and G z into CURRENT."""
    start, row, unknown = shorts(m, w.START), longs(m, w.ROW), shorts(m, w.UNKNOWN)
    capacitance, conductance = floats(m, w.CAPACITANCE), floats(m, w.CONDUCTANCE)
    charge, current = floats(m, w.CHARGE), floats(m, w.CURRENT)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        held = 0.0
        flowing = 0.0
        for p in range(start[i], start[i + 1]):
            x = z[unknown[p]]
            held += capacitance[p] * x
            flowing += conductance[p] * x
        charge[row[i]] = held
        current[row[i]] = flowing


@compiled
def add_devices(m: int) -> None:
    """Add to CHARGE and CURRENT those of the non-linear devices, as they were last evaluated."""
    start, path, sign = longs(m, w.END_START), longs(m, w.END_PATH), floats(m, w.END_SIGN)
    flows, charges, charge, current = (
        floats(m, w.FLOWS),
        floats(m, w.CHARGES),
        floats(m, w.CHARGE),
        floats(m, w.CURRENT),
    )
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        held, flowing = charge[i], current[i]
        for k in range(start[i], start[i + 1]):
            held += sign[k] * charges[path[k]]
            flowing += sign[k] * flows[path[k]]
        charge[i], current[i] = held, flowing


@compiled
def follow_devices(m: int, delta: Any) -> None:
    """Move the flows and charges of the devices along their tangents, for unknowns that moved by delta."""
    slope, flows, charges = longs(m, w.SLOPE), floats(m, w.FLOWS), floats(m, w.CHARGES)
    flow_slopes, charge_slopes = floats(m, w.FLOW_SLOPES), floats(m, w.CHARGE_SLOPES)
    for j in range(integer_at(m, w.SLOPES_COUNT)):
        path, at = slope[4 * j], slope[4 * j + 3]
        moved = delta[slope[4 * j + 1]] - delta[slope[4 * j + 2]]
        flows[path] += flow_slopes[at] * moved
        charges[path] += charge_slopes[at] * moved


@compiled
def load_matrix(m: int, alpha: float, beta: float) -> None:
    """alpha (C + dq/dz) + beta (G + di/dz), with what holds nodes, into MATRIX."""
    matrix, capacitance, conductance = floats(m, w.MATRIX), floats(m, w.CAPACITANCE), floats(m, w.CONDUCTANCE)
    for p in range(integer_at(m, w.ENTRIES_COUNT)):
        matrix[p] = alpha * capacitance[p] + beta * conductance[p]
    place, slope = longs(m, w.SLOPE_PLACE), longs(m, w.SLOPE)
    flow_slopes, charge_slopes = floats(m, w.FLOW_SLOPES), floats(m, w.CHARGE_SLOPES)
    for j in range(integer_at(m, w.SLOPES_COUNT)):
        at = slope[4 * j + 3]
        value = alpha * charge_slopes[at] + beta * flow_slopes[at]
        if value != 0.0:
            matrix[place[4 * j]] += value
            matrix[place[4 * j + 1]] -= value
            matrix[place[4 * j + 2]] -= value
            matrix[place[4 * j + 3]] += value
    if floats(m, w.MODE)[2] != 0.0:
        entry, hold = longs(m, w.NODE_ENTRY), floats(m, w.HOLD)
        for k in range(integer_at(m, w.VOLTAGES_COUNT)):
            matrix[entry[k]] += beta * hold[k]


@compiled
def factorise_for(m: int, alpha: float, beta: float) -> bool:
    """Factors of the matrix for alpha and beta; returns whether they exist. A weak pivot is noted in KEY."""
    key = floats(m, w.KEY)
    load_matrix(m, alpha, beta)
    key[0], key[1], key[3] = alpha, beta, 0.0
    weak = factorise(m)
    key[2] = float(weak)
    if weak >= 0:
        pivot = floats(m, w.LU)[shorts(m, w.DIAGONAL)[weak]]
        if pivot == 0.0 or pivot != pivot:
            key[0] = np.nan
            return False
    return True


@compiled
def has_factors(m: int, alpha: float, beta: float) -> bool:
    """Whether the factors at hand are for this alpha and beta."""
    key = floats(m, w.KEY)
    return bool(key[0] == alpha and abs(key[1] - beta) <= SAME * beta)


@compiled
def solve(m: int, alpha: float, beta: float, z: Any, most: int, always: bool, part: float, extra: int) -> int:
    """Solve the equations for z, from the z given; DRIVE holds the sources, BASE the right side.

    most    iterations;  always  whether every one of them gets new factors
    part    of the weights that is to be reached;  extra  iterations after that
    Returns the number of iterations, or what went wrong. CHARGE is C z + q(z) afterwards.
    """
    found: int = call_solver(integer_at(m, w.SOLVER), m, alpha, beta, z, most, int(always), part, extra)
    return found


@compiled
def solve_again(m: int, solution: Any) -> None:
    """The solution (unknowns,) for what stands in RIGHT, with the factors at hand."""
    call_solver(integer_at(m, w.SOLVER), m, 0.0, 0.0, solution, AGAIN, 0, 0.0, 0)


@compiled
def recall_matrix(m: int) -> None:
    """Let MATRIX be what the factors at hand are of."""
    call_solver(integer_at(m, w.SOLVER), m, 0.0, 0.0, floats(m, w.MATRIX), RECALL, 0, 0.0, 0)


@functools.cache
def solver() -> Any:
    """What `solve` calls by address: the functions that use it need not hold it, which halves their compiling."""
    number, real = types.int64, types.float64
    signature = number(number, real, real, _types.CPointer(real), number, number, real, number)
    return numba.cfunc(signature, cache=True, error_model="numpy")(newton)


def newton(m: int, alpha: float, beta: float, z: Any, most: int, always: int, part: float, extra: int) -> int:
    """Newton's method: see `solve`."""
    if most <= AGAIN:
        if most == AGAIN:
            substitute(m, z)
        return 0
    if integer_at(m, w.GROUPS_COUNT) == 0 and floats(m, w.MODE)[2] == 0.0:
        return solve_linear(m, alpha, beta, z)
    mode, key, delta = floats(m, w.MODE), floats(m, w.KEY), floats(m, w.DELTA)
    fresh = always != 0 or not has_factors(m, alpha, beta)
    before, rate = 0.0, key[3]
    for iteration in range(most):
        mode[1] = 0.0
        evaluate_groups(m, z)
        limited = mode[1] != 0.0
        if fresh:
            rate = 0.0
            if not factorise_for(m, alpha, beta):
                return SINGULAR
        missing(m, alpha, beta, z)
        substitute(m, delta)
        norm = add_change(m, z)
        if not norm < np.inf:
            return NOT_FINITE
        if alpha != 0.0:
            norm = max(norm, FINER * charge_error(m))
        if not fresh and before > 0.0:
            rate = max(norm / before, 1e-4)
            key[3] = rate
        slow = rate if iteration > 0 else max(rate, SLOW)
        left = GUESSED * norm if fresh else (norm * slow / (1.0 - slow) if 0.0 < slow < 0.9 else norm)
        stalled = iteration > 1 and norm > 0.3 * before
        if stalled:
            content = floats(m, w.RULES)[w.CONTENT] if fresh else 0.0
            stalled = norm <= max(1.0, content) * part or is_round_off(m, alpha, beta)
        if (left <= ENOUGH * part or stalled) and not limited:
            if extra == 0:
                follow_devices(m, delta)
                linear_parts(m, z)
                add_devices(m)
                note_wake(m, z)
                return iteration + 1
            extra -= 1
        fresh = always != 0 or limited or rate > SLOW or norm > 1e3
        before = norm
    return DIVERGED


@compiled
def is_round_off(m: int, alpha: float, beta: float) -> bool:
    """Whether what is missing, in RIGHT, is no more than round-off of the charges and currents that add up to it.

    In short steps large charges make voltages uncertain by more than is asked for, and no iteration can help.
    """
    right, base, charge, current = floats(m, w.RIGHT), floats(m, w.BASE), floats(m, w.CHARGE), floats(m, w.CURRENT)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        size = max(abs(base[i]), alpha * abs(charge[i]), beta * abs(current[i]))
        if abs(right[i]) > ROUND_OFF * size:
            return False
    return True


@compiled
def charge_error(m: int) -> Any:
    """The charges of non-linear devices that are amiss, in RIGHT, as a multiple of what counts as 1.

    A junction in which charge is stored hides errors of it: a tenth of its charge is 3 mV.
    """
    right, scale, charged = floats(m, w.RIGHT), floats(m, w.CHARGE_SCALE), longs(m, w.CHARGED)
    rules, worst = floats(m, w.RULES), 0.0
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        if charged[i] != 0:
            worst = max(worst, abs(right[i]) / (rules[w.RELTOL] * scale[i] + rules[w.CHGTOL]))
    return worst


@compiled
def add_change(m: int, z: Any) -> Any:
    """z += DELTA; returns the largest change as a multiple of its weight."""
    delta, weight = floats(m, w.DELTA), floats(m, w.WEIGHT)
    norm = 0.0
    for k in range(integer_at(m, w.UNKNOWNS_COUNT)):
        z[k] += delta[k]
        size = abs(delta[k]) / weight[k]
        if size > norm or size != size:
            norm = size
    return norm


@compiled
def solve_linear(m: int, alpha: float, beta: float, z: Any) -> int:
    """`solve` for a circuit without non-linear devices: one solution, with new factors where the step is new."""
    if not has_factors(m, alpha, beta) and not factorise_for(m, alpha, beta):
        return SINGULAR
    right, base, drive = floats(m, w.RIGHT), floats(m, w.BASE), floats(m, w.DRIVE)
    n = integer_at(m, w.UNKNOWNS_COUNT)
    for i in range(n):
        right[i] = base[i] + beta * drive[i]
    substitute(m, z)
    linear_parts(m, z)
    total = 0.0
    for k in range(n):
        total += abs(z[k])
    return 1 if total < np.inf else NOT_FINITE


@compiled
def missing(m: int, alpha: float, beta: float, z: Any) -> None:
    """What is missing in every row, into RIGHT."""
    linear_parts(m, z)
    add_devices(m)
    right, base, drive = floats(m, w.RIGHT), floats(m, w.BASE), floats(m, w.DRIVE)
    charge, current = floats(m, w.CHARGE), floats(m, w.CURRENT)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        right[i] = base[i] + beta * (drive[i] - current[i]) - alpha * charge[i]
    if floats(m, w.MODE)[2] != 0.0:
        hold, target = floats(m, w.HOLD), floats(m, w.TARGET)
        for k in range(integer_at(m, w.VOLTAGES_COUNT)):
            right[k] -= beta * hold[k] * (z[k] - target[k])


@compiled
def evaluate_devices_of(m: int) -> None:
    """Evaluate the devices at Z."""
    begin_wake(m)
    evaluate_devices(m, floats(m, w.Z))


@compiled
def take_charges(m: int) -> None:
    """The charges at Z, and nothing flowing into them, as the state."""
    z = floats(m, w.Z)
    evaluate_devices_of(m)
    linear_parts(m, z)
    add_devices(m)
    note_wake(m, z)
    count = charges_count(m)
    copy_numbers(floats(m, w.CHARGE), floats(m, w.HELD_CHARGE), count)
    slope = floats(m, w.HELD_SLOPE)
    for i in range(count):
        slope[i] = 0.0


@compiled
def add_charges(m: int) -> None:
    """Add the charges of the non-linear devices at Z to those of the linear ones, which are the state already."""
    z, mode, charge, held = floats(m, w.Z), floats(m, w.MODE), floats(m, w.CHARGE), floats(m, w.HELD_CHARGE)
    mode[0] = 0.0
    evaluate_devices_of(m)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT) + 1):
        charge[i] = 0.0
    add_devices(m)
    note_wake(m, z)
    for i in range(charges_count(m)):
        held[i] += charge[i]


# -- the wake -------------------------------------------------------------------------------------------------------


@compiled
def charges_count(m: int) -> Any:
    """How many charges there are: those of the rows and, where there is one, ground's and the wake (see `wake`)."""
    behind = integer_at(m, w.WAKE_COUNT)
    return integer_at(m, w.UNKNOWNS_COUNT) + (1 + behind if behind > 0 else 0)


@compiled
def begin_wake(m: int) -> None:
    """Let a stage start at Z, with no charge passed yet."""
    base, z, first = floats(m, w.BASE), floats(m, w.Z), integer_at(m, w.UNKNOWNS_COUNT) + 1
    unknown = longs(m, w.WAKE_UNKNOWN)
    for j in range(integer_at(m, w.WAKE_COUNT)):
        base[first + j] = z[unknown[j]] if unknown[j] >= 0 else 0.0


@compiled
def note_wake(m: int, z: Any) -> None:
    """The unknowns and charges of the wake, as they have been found, into CHARGE."""
    charge, charges, first = floats(m, w.CHARGE), floats(m, w.CHARGES), integer_at(m, w.UNKNOWNS_COUNT) + 1
    unknown, path = longs(m, w.WAKE_UNKNOWN), longs(m, w.WAKE_PATH)
    for j in range(integer_at(m, w.WAKE_COUNT)):
        if unknown[j] >= 0:
            charge[first + j] = z[unknown[j]]
        elif path[j] >= 0:
            charge[first + j] = charges[path[j]]


# -- switches -------------------------------------------------------------------------------------------------------


@compiled
def least_margin(m: int, z: Any) -> Any:
    """The least margin of all switches at z; below zero when one of them must change its state."""
    evaluate_devices(m, z)
    kinds, rows = longs(m, w.KINDS), integer_at(m, w.GROUP_ROWS)
    for k in range(integer_at(m, w.GROUPS_COUNT)):
        if kinds[4 * k + 1] != 0:
            call(kinds[4 * k + 1], rows + 8 * WORDS * k)
    margins, least = floats(m, w.MARGINS), np.inf
    for j in range(integer_at(m, w.MARGINS_COUNT)):
        least = min(least, margins[j])
    return least


@compiled
def turn_switches(m: int) -> None:
    """Let the switches whose margins were found below zero change their states."""
    kinds, rows = longs(m, w.KINDS), integer_at(m, w.GROUP_ROWS)
    for k in range(integer_at(m, w.GROUPS_COUNT)):
        if kinds[4 * k + 2] != 0:
            call(kinds[4 * k + 2], rows + 8 * WORDS * k)


@compiled
def settle_switches(m: int, z: Any) -> bool:
    """Turn the switches that want to at z; returns whether there were any."""
    if least_margin(m, z) >= 0.0:
        return False
    turn_switches(m)
    return True


@compiled
def rest(m: int, alpha: float, most: int, part: float, extra: int) -> int:
    """Solve for Z with every source at its constant level: Newton's method, and switches turned until none wants to."""
    z = floats(m, w.Z)
    for _ in range(100):
        floats(m, w.KEY)[0] = np.nan
        code = solve(m, alpha, 1.0, z, most, True, part, extra)
        if code < 0 or integer_at(m, w.MARGINS_COUNT) == 0 or not settle_switches(m, z):
            return code
    return DIVERGED
