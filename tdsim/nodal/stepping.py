"""The loop over time steps, compiled once for all circuits. In every function m is the address of a run's words."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.kernel import compiled
from . import words as w
from .equations import (
    SINGULAR,
    charge_error,
    charges_count,
    copy_numbers,
    follow,
    least_margin,
    recall_matrix,
    set_drive,
    solve,
    solve_again,
    turn_switches,
)
from .history import NEARBY
from .laws import ANEW, LOOK, NEXT_BREAK, REMEMBER
from .laws import LONGEST as LONGEST_STEP
from .memory import behind, floats, integer_at, longs
from .methods import BETWEEN, ERROR, ESDIRK, GAMMA, GEAR, QUADRATURE, STAGES, TAKEN, WHEN

DONE, FULL, STUCK, WEAK_PIVOT, CHATTER, UNDEFINED = 0, 1, 2, 3, 4, 5
"""Why `advance` returns: at `until`; no room for output; no solution at any step; pivots; endless switching; an
expression that is undefined, or a delay that has to remember too much."""

TINY = 1e-7
"""The two short steps after a breakpoint, as part of what the next step may be."""

FIRST = 0.01
"""The first step after a breakpoint, as part of what the next step may be."""

SAME = 4e-16
"""Times that differ by this part are one instant."""

EPSILON = 2.2e-16
"""Round-off of numbers, as part of them."""

NOISE = 1e-13
"""Charges are known to this part; a branch's current, their difference over a step, is exact only if that is long."""

QUICK_EVENTS = 1000
"""So many changes of state without a step worth the name between them are endless."""

MOST_BETWEEN = 16
"""Points within a step."""

TURNING = 2
"""In COUNT[RESTART]: states of switches change at this instant."""

END = STAGES - 1


@compiled
def advance(m: int, until: float) -> int:
    """Step up to the time `until`; returns why it stopped, as listed above."""
    clock, count, mode = floats(m, w.CLOCK), longs(m, w.COUNT), floats(m, w.MODE)
    mode[0], mode[2] = 1.0, 0.0
    while True:
        if not hand_out(m, until):
            return FULL
        if clock[w.TIME] >= until:
            return DONE
        code = restart(m, until) if count[w.RESTART] != 0 else step(m, until)
        if code != DONE:
            return code


@compiled
def next_break(m: int, until: float) -> Any:
    """The next time that a step must end at."""
    count, breaks, t = longs(m, w.COUNT), floats(m, w.BREAKS), floats(m, w.CLOCK)[w.TIME]
    k, breakpoints = count[w.BREAK], integer_at(m, w.BREAKS_COUNT)
    while k < breakpoints and breaks[k] <= t * (1 + SAME):
        k += 1
    count[w.BREAK] = k
    limit = min(until, breaks[k]) if k < breakpoints else until
    if integer_at(m, w.FOLLOWED) == 0:
        return limit
    echo = floats(m, w.AHEAD)[NEXT_BREAK]
    return echo if echo < limit * (1 - NEARBY) else limit


@compiled
def is_break(m: int, t: float) -> bool:
    """Whether something starts anew at this time, but for round-off: a breakpoint of a source, or an echo."""
    k = longs(m, w.COUNT)[w.BREAK]
    if k < integer_at(m, w.BREAKS_COUNT) and abs(t - floats(m, w.BREAKS)[k]) <= SAME * t:
        return True
    return integer_at(m, w.FOLLOWED) != 0 and bool(abs(t - floats(m, w.AHEAD)[NEXT_BREAK]) <= NEARBY * t)


@compiled
def choose(m: int, limit: float) -> Any:
    """The next step: what the error allows, cut so that the steps up to the limit are alike."""
    clock, longest = floats(m, w.CLOCK), floats(m, w.RULES)[w.LONGEST]
    gap, factored = limit - clock[w.TIME], clock[w.FACTORED]
    if integer_at(m, w.FOLLOWED) != 0:
        longest = min(longest, floats(m, w.AHEAD)[LONGEST_STEP])
    h = min(clock[w.NEXT], longest)
    if factored <= h < 1.25 * factored and factored < gap:
        h = factored
    if h >= gap * (1 - 1e-9):
        return gap
    pieces = np.ceil(gap / h - 1e-9)
    if pieces <= 2 or h >= longest * (1 - 1e-9):
        h = gap / pieces
    return factored if abs(h - factored) < 1e-9 * h else h


@compiled
def step(m: int, until: float) -> int:
    """Take one step, as long as the error and the next breakpoint allow, up to the first change of a switch in it."""
    clock, count, rules, key = floats(m, w.CLOCK), longs(m, w.COUNT), floats(m, w.RULES), floats(m, w.KEY)
    t = clock[w.TIME]
    follow(m, LOOK, t, floats(m, w.Z))
    limit = next_break(m, until)
    h = choose(m, limit)
    least = max(1e-15 * abs(t), 1e-18 * rules[w.STOP])
    switching, factor, most, looked = False, 1.0, 3.0, False
    while True:
        code = attempt(m, t, h)
        if code == SINGULAR and count[w.TRUSTED] == 0:
            return WEAK_PIVOT
        if code >= 0:
            error = estimate(m, h)
            if error > 1.0 and error < 3.0 * noise_in_error(m):
                error = 0.2
            factor = min(most, 0.9 * max(error, 1e-10) ** (-0.25 if integer_at(m, w.METHOD) == ESDIRK else -1.0 / 3.0))
            if error > 1.0 and not looked and integer_at(m, w.MARGINS_COUNT) > 0:
                looked = True  # a step across a corner whose rate jumps has errors at any length: end just past it
                at, switching = shorten_to_corner(m, t, h)
                if switching:
                    h, factor = at, 1.0
                    break
            if error > 1.0 and h > 4 * least:
                code = -1
                h *= max(0.2, min(factor, 0.9))
                clock[w.NEXT] = h
            elif integer_at(m, w.MARGINS_COUNT) == 0 or least_margin(m, stage(m, w.STAGE_Z, END)) >= 0.0:
                break
            else:
                h, code = locate(m, t, h)
                switching = code >= 0
                if switching:
                    factor = 1.0
                    break
                h *= 0.25
        else:
            h *= 0.25
        most = 1.0  # what was just too long would be so again
        count[w.REJECTED] += 1
        if h <= 4 * least:
            return STUCK
    if key[2] >= 0.0 and count[w.TRUSTED] == 0:
        return WEAK_PIVOT
    accept(m)
    end = t + h
    landed = not switching and (end >= limit * (1 - 1e-15) or abs(end - limit) < 1e-8 * h)
    clock[w.TIME] = limit if landed else end
    clock[w.BEFORE_LAST], clock[w.LAST], clock[w.FACTORED] = clock[w.LAST], h, h
    clock[w.NEXT] = max(h * factor, clock[w.NEXT] if landed and factor >= 1.0 else 0.0)
    count[w.STEPS] += 1
    count[w.POINTS] = min(count[w.POINTS] + 1, 2)
    if not follow(m, REMEMBER, clock[w.TIME], floats(m, w.Z)):
        return UNDEFINED
    over = clock[w.TIME] >= rules[w.STOP]
    if integer_at(m, w.ON_GRID) == 0:
        put_between(m, t, h)
        if over:  # whatever starts anew here, nothing comes after it
            put(m, clock[w.TIME], floats(m, w.Z))
    if switching:
        count[w.QUICK] = count[w.QUICK] + 1 if h < 1e-6 * rules[w.LONGEST] else 0
        return turn(m)
    if landed and is_break(m, limit):
        count[w.RESTART] = 1
    elif integer_at(m, w.ON_GRID) == 0 and not over:
        put(m, clock[w.TIME], floats(m, w.Z))
    return DONE


@compiled
def shorten_to_corner(m: int, t: float, h: float) -> tuple[float, bool]:
    """The step to just past the first corner in one that errs, and whether it is there and good."""
    if least_margin(m, stage(m, w.STAGE_Z, END)) >= 0.0:
        return h, False
    at, code = locate(m, t, h)
    return at, bool(code >= 0 and estimate(m, at) <= 1.0)


@compiled
def turn(m: int) -> int:
    """Let states of switches change where the next step begins: until then what is put out belongs to the last one."""
    count = longs(m, w.COUNT)
    count[w.EVENTS] += 1
    count[w.RESTART] = TURNING
    return CHATTER if count[w.QUICK] > QUICK_EVENTS else DONE


@compiled
def stage(m: int, name: int, k: int) -> Any:
    """One row of the arrays of stages."""
    return behind(floats(m, name), k * (integer_at(m, w.UNKNOWNS_COUNT) + 1 + integer_at(m, w.WAKE_COUNT)))


# -- one step -------------------------------------------------------------------------------------------------------


@compiled
def attempt(m: int, t: float, h: float) -> int:
    """Solve the stages of one step; the result is the last stage. Returns iterations, or below 0 what went wrong."""
    n = integer_at(m, w.UNKNOWNS_COUNT)
    copy_numbers(floats(m, w.Z), stage(m, w.STAGE_Z, 0), n)
    copy_numbers(floats(m, w.HELD_SLOPE), stage(m, w.STAGE_SLOPE, 0), charges_count(m))
    weigh(m, h)
    if integer_at(m, w.METHOD) == ESDIRK:
        return solve_stages(m, t, h)
    gamma = formula(m, h)
    predict(m, END, h)
    return solve_stage(m, t + h, gamma * h, END)


@compiled
def solve_stages(m: int, t: float, h: float) -> int:
    """The stages of the ESDIRK method."""
    n, base, nonlinear = charges_count(m), floats(m, w.BASE), integer_at(m, w.GROUPS_COUNT) > 0
    total = 0
    for k in range(1, STAGES):
        copy_numbers(floats(m, w.HELD_CHARGE), base, n)
        for j in range(k):
            part = h * TAKEN[k, j]
            if part != 0.0:
                slope = stage(m, w.STAGE_SLOPE, j)
                for i in range(n):
                    base[i] += part * slope[i]
        if nonlinear:
            predict(m, k, h)
        else:  # any guess will do, but the same one whatever was tried before
            copy_numbers(stage(m, w.STAGE_Z, 0), stage(m, w.STAGE_Z, k), n)
        code = solve_stage(m, t + WHEN[k] * h, GAMMA * h, k)
        if code < 0:
            return code
        total += code
    return total


@compiled
def solve_stage(m: int, t: float, beta: float, k: int) -> int:
    """Solve one stage for what is in BASE, and note its slope and what flows."""
    set_drive(m, t)
    code = solve(m, 1.0, beta, stage(m, w.STAGE_Z, k), int(floats(m, w.RULES)[w.MOST_ITERATIONS]), False, 1.0, 0)
    if code >= 0:
        slope, charge, base = stage(m, w.STAGE_SLOPE, k), floats(m, w.CHARGE), floats(m, w.BASE)
        for i in range(charges_count(m)):
            slope[i] = (charge[i] - base[i]) / beta
        longs(m, w.COUNT)[w.ITERATIONS] += code
    return code


@compiled
def formula(m: int, h: float) -> Any:
    """Base and gamma of the trapezoidal rule, or of Gear's formula once there is a point to look back to."""
    n = charges_count(m)
    base, charge, slope = floats(m, w.BASE), floats(m, w.HELD_CHARGE), floats(m, w.HELD_SLOPE)
    if integer_at(m, w.METHOD) != GEAR:
        old = floats(m, w.RULES)[w.XMU]
        for i in range(n):
            base[i] = charge[i] + old * h * slope[i]
        return 1.0 - old
    ratio, near, past = 0.0, 1.0, floats(m, w.PAST_CHARGE)
    if longs(m, w.COUNT)[w.POINTS] >= 1:
        ratio = h / floats(m, w.CLOCK)[w.LAST]
        near = (1 + ratio) ** 2 / (1 + 2 * ratio)
    for i in range(n):
        base[i] = near * charge[i] + (1 - near) * past[i]
    return (1 + ratio) / (1 + 2 * ratio)


@compiled
def weigh(m: int, h: float) -> None:
    """How large an error of each unknown counts as 1; of currents also what round-off of charges makes in a step h."""
    rules, scale, weight = floats(m, w.RULES), floats(m, w.SCALE), floats(m, w.WEIGHT)
    voltages, hidden = integer_at(m, w.VOLTAGES_COUNT), integer_at(m, w.HIDDEN_COUNT)
    n, largest = integer_at(m, w.UNKNOWNS_COUNT) - hidden, 0.0
    for k in range(voltages):
        weight[k] = rules[w.RELTOL] * scale[k] + rules[w.VNTOL]
    for k in range(voltages, n):
        largest = max(largest, scale[k])
    charge, noise = floats(m, w.HELD_CHARGE), 0.0
    for k in range(voltages):
        noise = max(noise, NOISE * abs(charge[k]) / h)
    for k in range(voltages, n):
        weight[k] = rules[w.RELTOL] * max(scale[k], 1e-3 * largest) + rules[w.ABSTOL] + noise
    for k in range(n, n + hidden):
        weight[k] = rules[w.RELTOL] * scale[k] + rules[w.VNTOL]


@compiled
def predict(m: int, k: int, h: float) -> None:
    """A first guess for a stage: a parabola through what is known nearby."""
    z, now, past = stage(m, w.STAGE_Z, k), stage(m, w.STAGE_Z, 0), floats(m, w.PAST_Z)
    points, clock, x = longs(m, w.COUNT)[w.POINTS], floats(m, w.CLOCK), WHEN[k]
    n, last = integer_at(m, w.UNKNOWNS_COUNT), clock[w.LAST]
    known = points >= 1 and h < 4 * last
    if k > 2 and integer_at(m, w.METHOD) == ESDIRK:
        a, b, c = stage(m, w.STAGE_Z, k - 3), stage(m, w.STAGE_Z, k - 2), stage(m, w.STAGE_Z, k - 1)
        parabola(z, x, n, WHEN[k - 3], a, WHEN[k - 2], b, WHEN[k - 1], c)
    elif k == 2 and known:
        parabola(z, x, n, -last / h, past, 0.0, now, WHEN[1], stage(m, w.STAGE_Z, 1))
    elif k == 2:
        line(z, x, n, 0.0, now, WHEN[1], stage(m, w.STAGE_Z, 1))
    elif known and points >= 2:
        before = last + clock[w.BEFORE_LAST]
        parabola(z, x, n, -before / h, behind(past, n + 1), -last / h, past, 0.0, now)
    elif known:
        line(z, x, n, -last / h, past, 0.0, now)
    else:
        copy_numbers(now, z, n)


@compiled
def line(z: Any, x: float, n: int, a: float, za: Any, b: float, zb: Any) -> None:
    """The line through (a, za) and (b, zb), at x."""
    part = (x - a) / (b - a)
    for k in range(n):
        z[k] = za[k] + part * (zb[k] - za[k])


@compiled
def parabola(z: Any, x: float, n: int, a: float, za: Any, b: float, zb: Any, c: float, zc: Any) -> None:
    """The parabola through three points, at x."""
    wa = (x - b) * (x - c) / ((a - b) * (a - c))
    wb = (x - a) * (x - c) / ((b - a) * (b - c))
    wc = (x - a) * (x - b) / ((c - a) * (c - b))
    for k in range(n):
        z[k] = wa * za[k] + wb * zb[k] + wc * zc[k]


# -- the error ------------------------------------------------------------------------------------------------------


@compiled
def estimate(m: int, h: float) -> Any:
    """The estimated error of the step, as a multiple of what is allowed.

    The error of the charges is turned into one of the unknowns by the matrix of the step, which damps what is stiff.
    Currents of branches count where their device stores flux.
    """
    n = integer_at(m, w.UNKNOWNS_COUNT)
    if integer_at(m, w.METHOD) == ESDIRK:
        right = floats(m, w.RIGHT)
        for i in range(n):
            right[i] = 0.0
        for j in range(STAGES):
            part, slope = h * ERROR[j], stage(m, w.STAGE_SLOPE, j)
            if part != 0.0:
                for i in range(n):
                    right[i] += part * slope[i]
    else:
        classic_error(m, h)
    worst = charge_error(m)
    delta = floats(m, w.DELTA)
    solve_again(m, delta)
    end, scale, weight, counted = stage(m, w.STAGE_Z, END), floats(m, w.SCALE), floats(m, w.WEIGHT), longs(m, w.COUNTED)
    rules = floats(m, w.RULES)
    for k in range(n):
        if counted[k] != 0:
            size = abs(delta[k]) / (weight[k] + rules[w.RELTOL] * max(0.0, abs(end[k]) - scale[k]))
            if size > worst or size != size:
                worst = size
    return worst / rules[w.ALLOWED]


@compiled
def noise_in_error(m: int) -> Any:
    """How much of an estimated error may be round-off of large charges, in the same measure.

    In such a step the error cannot be seen, and a shorter one has more of it.
    """
    right, scale, weight, delta = floats(m, w.RIGHT), floats(m, w.CHARGE_SCALE), floats(m, w.WEIGHT), floats(m, w.DELTA)
    n, counted, charged, rules = (
        integer_at(m, w.UNKNOWNS_COUNT),
        longs(m, w.COUNTED),
        longs(m, w.CHARGED),
        floats(m, w.RULES),
    )
    for i in range(n):
        right[i] = EPSILON * scale[i]
    solve_again(m, delta)
    recall_matrix(m)
    worst, matrix, entry = 0.0, floats(m, w.MATRIX), longs(m, w.NODE_ENTRY)
    for k in range(n):
        if counted[k] != 0:
            worst = max(worst, abs(delta[k]) / weight[k])
        if charged[k] != 0 and k < integer_at(m, w.VOLTAGES_COUNT):
            charge = abs(matrix[entry[k]] * delta[k])
            worst = max(worst, charge / (rules[w.RELTOL] * scale[k] + rules[w.CHGTOL]))
    return worst / rules[w.ALLOWED]


@compiled
def classic_error(m: int, h: float) -> None:
    """What the trapezoidal rule or Gear's formula leaves out, from differences of slopes, into RIGHT."""
    right, slope, past = floats(m, w.RIGHT), floats(m, w.HELD_SLOPE), floats(m, w.PAST_SLOPE)
    end, last = stage(m, w.STAGE_SLOPE, END), floats(m, w.CLOCK)[w.LAST]
    gear, known = integer_at(m, w.METHOD) == GEAR, longs(m, w.COUNT)[w.POINTS] >= 1
    first = 0.0 if gear else 0.5 - floats(m, w.RULES)[w.XMU]
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        second = (end[i] - slope[i]) / h
        if known:
            third = 2 * (second - (slope[i] - past[i]) / last) / (h + last)
            part = (h + last) / (6 * (2 * h + last)) * h * (h + last) if gear else h * h / 12
            right[i] = part * h * third + first * h * h * second
        else:
            right[i] = (0.5 if gear else max(first, 0.05)) * h * h * second


# -- what follows a step --------------------------------------------------------------------------------------------


@compiled
def accept(m: int) -> None:
    """Make the last stage the state."""
    n = integer_at(m, w.UNKNOWNS_COUNT)
    z, charge, slope = floats(m, w.Z), floats(m, w.HELD_CHARGE), floats(m, w.HELD_SLOPE)
    past, end = floats(m, w.PAST_Z), stage(m, w.STAGE_Z, END)
    copy_numbers(past, behind(past, n + 1), n)
    copy_numbers(z, past, n)
    copy_numbers(end, z, n)
    charges = charges_count(m)
    copy_numbers(charge, floats(m, w.PAST_CHARGE), charges)
    copy_numbers(slope, floats(m, w.PAST_SLOPE), charges)
    copy_numbers(floats(m, w.CHARGE), charge, charges)
    copy_numbers(stage(m, w.STAGE_SLOPE, END), slope, charges)
    scale = floats(m, w.SCALE)
    for k in range(n):
        scale[k] = max(abs(z[k]), 0.97 * scale[k])
    scale = floats(m, w.CHARGE_SCALE)
    for k in range(n):
        scale[k] = max(abs(charge[k]), 0.97 * scale[k])


@compiled
def restart(m: int, until: float) -> int:
    """Find what jumps at this instant, and the slopes after it, by two tiny steps of the backward Euler formula.

    The first takes up jumps, the second gives the slopes, also of charges that a source dictates.
    """
    clock, count, rules = floats(m, w.CLOCK), longs(m, w.COUNT), floats(m, w.RULES)
    n, charges, t = integer_at(m, w.UNKNOWNS_COUNT), charges_count(m), clock[w.TIME]
    if count[w.RESTART] == TURNING:
        set_drive(m, t)
        least_margin(m, floats(m, w.Z))
        turn_switches(m)
        floats(m, w.KEY)[0] = np.nan  # the factors are those of the old states
    move_cursors(m, t)
    follow(m, ANEW, t, floats(m, w.Z))
    follow(m, LOOK, t, floats(m, w.Z))
    gap = next_break(m, until) - t
    size = min(rules[w.LONGEST], gap)
    if count[w.STEPS] > 0:
        size = min(size, clock[w.NEXT])
    least = 64 * 2.3e-16 * abs(t)
    tiny = max(2.0 ** np.floor(np.log2(TINY * size)), least)
    z, before, charge = floats(m, w.Z), stage(m, w.STAGE_Z, 0), floats(m, w.HELD_CHARGE)
    copy_numbers(z, before, n)
    copy_numbers(charge, stage(m, w.STAGE_SLOPE, 0), charges)
    tiny = best_short_step(m, t, tiny, least, max(tiny, 1e-3 * size))
    code = try_short_steps(m, t, tiny)
    if code < 0:
        copy_numbers(before, z, n)
        copy_numbers(stage(m, w.STAGE_SLOPE, 0), charge, charges)
        weak = code == SINGULAR or floats(m, w.KEY)[2] >= 0.0
        return WEAK_PIVOT if weak and count[w.TRUSTED] == 0 else STUCK
    if floats(m, w.KEY)[2] >= 0.0 and count[w.TRUSTED] == 0:
        copy_numbers(before, z, n)
        copy_numbers(stage(m, w.STAGE_SLOPE, 0), charge, charges)
        return WEAK_PIVOT
    show_restart(m, t, t + 2 * tiny)
    clock[w.TIME] = t + 2 * tiny
    clock[w.FACTORED] = 0.0
    clock[w.NEXT] = FIRST * min(clock[w.NEXT] if t > 0.0 else rules[w.LONGEST], gap)
    count[w.POINTS], count[w.RESTART] = 0, 0
    if not follow(m, REMEMBER, clock[w.TIME], z):
        return UNDEFINED
    if integer_at(m, w.MARGINS_COUNT) > 0 and least_margin(m, z) < 0.0:
        count[w.QUICK] += 1
        return turn(m)
    return DONE


@compiled
def best_short_step(m: int, t: float, tiny: float, least: float, most: float) -> Any:
    """A step as short as jumps and slopes ask for, but not so short that round-off of charges makes noise of them."""
    best = change_in_short_step(m, t, tiny)
    for factor in (2.0**-10, 2.0**10):
        while best >= 0.01 and least <= tiny * factor <= most:
            change = change_in_short_step(m, t, tiny * factor)
            if not change < 0.5 * best:
                break
            best = change
            tiny *= factor
    return tiny


@compiled
def change_in_short_step(m: int, t: float, tiny: float) -> Any:
    """How far the second of two short steps goes on from the first; infinity where they fail."""
    if try_short_steps(m, t, tiny) < 0:
        return np.inf
    return moved(m, floats(m, w.Z), stage(m, w.STAGE_Z, 1))


@compiled
def try_short_steps(m: int, t: float, tiny: float) -> int:
    """Two short steps from what is kept among the stages: the unknowns and, in place of slopes, the charges."""
    copy_numbers(stage(m, w.STAGE_Z, 0), floats(m, w.Z), integer_at(m, w.UNKNOWNS_COUNT))
    copy_numbers(stage(m, w.STAGE_SLOPE, 0), floats(m, w.HELD_CHARGE), charges_count(m))
    weigh(m, tiny)
    return two_short_steps(m, t, tiny)


@compiled
def two_short_steps(m: int, t: float, tiny: float) -> int:
    """Two steps of the backward Euler formula; the result of the first is left among the stages."""
    n, count, most = integer_at(m, w.UNKNOWNS_COUNT), longs(m, w.COUNT), int(floats(m, w.RULES)[w.MOST_ITERATIONS])
    z, slope, charge, found = floats(m, w.Z), floats(m, w.HELD_SLOPE), floats(m, w.HELD_CHARGE), floats(m, w.CHARGE)
    drive, current, charges = floats(m, w.DRIVE), floats(m, w.CURRENT), charges_count(m)
    code = 0
    for k in range(2):
        set_drive(m, t + (k + 1) * tiny)
        copy_numbers(charge, floats(m, w.BASE), charges)
        code = solve(m, 1.0, tiny, z, 4 * most, False, 1.0, 0)
        if code < 0:
            return code
        count[w.ITERATIONS] += code
        for i in range(charges):  # a difference of charges over so short a time is mostly round-off
            slope[i] = drive[i] - current[i] if i < n else (found[i] - charge[i]) / tiny
        copy_numbers(found, charge, charges)
        if k == 0:
            copy_numbers(z, stage(m, w.STAGE_Z, 1), n)
    return code


@compiled
def moved(m: int, one: Any, other: Any) -> Any:
    """The largest difference between two sets of unknowns, as a multiple of what counts as 1."""
    weight, counted, largest = floats(m, w.WEIGHT), longs(m, w.COUNTED), 0.0
    for k in range(integer_at(m, w.UNKNOWNS_COUNT)):
        if counted[k] != 0:
            largest = max(largest, abs(one[k] - other[k]) / weight[k])
    return largest


@compiled
def move_cursors(m: int, t: float) -> None:
    """Let every source be on the segment that begins at t or before."""
    cursor, begin, times = longs(m, w.CURSOR), longs(m, w.SEGMENT_BEGIN), floats(m, w.SEGMENT_TIMES)
    for k in range(integer_at(m, w.SOURCES_COUNT)):
        j = max(cursor[k], begin[k])
        while j + 1 < begin[k + 1] and times[j + 1] <= t * (1 + SAME):
            j += 1
        cursor[k] = j if begin[k + 1] > begin[k] else -1


@compiled
def show_restart(m: int, t: float, after: float) -> None:
    """Put out the instant of a restart: both limits where something jumped."""
    z, before, weight, scale = floats(m, w.Z), stage(m, w.STAGE_Z, 0), floats(m, w.WEIGHT), floats(m, w.SCALE)
    jumped = False
    for k in range(integer_at(m, w.UNKNOWNS_COUNT)):
        jumped = jumped or abs(z[k] - before[k]) > 0.1 * weight[k]
        scale[k] = max(abs(z[k]), scale[k])
    if integer_at(m, w.ON_GRID) == 0:
        if t > 0.0 and jumped:
            put(m, np.nextafter(t, 0.0), before)
        put(m, t, z)
        return
    filled, times = longs(m, w.FILLED), floats(m, w.OUT_TIMES)
    while filled[0] < integer_at(m, w.ROOM) and times[filled[0]] <= after:
        store(m, z)


# -- switching ------------------------------------------------------------------------------------------------------


@compiled
def locate(m: int, t: float, h: float) -> tuple[float, int]:
    """Find and solve the step that ends just past the first change of a switch, by false position (Illinois)."""
    end = stage(m, w.STAGE_Z, END)
    low, high, at = 0.0, h, h
    above, below = max(least_margin(m, floats(m, w.Z)), 0.0), least_margin(m, end)
    side = 0
    for _ in range(60):
        if high - low <= max(1e-12 * h, 4e-16 * abs(t)) or 0.0 <= -below <= 1e-14:
            break
        at = low + min(max(above / (above - below), 0.001), 0.999) * (high - low)
        code = attempt(m, t, at)
        if code < 0:
            return at, code
        margin = least_margin(m, end)
        if margin < 0.0:
            above *= 0.5 if side == 1 else 1.0
            high, below, side = at, margin, 1
        else:
            below *= 0.5 if side == -1 else 1.0
            low, above, side = at, margin, -1
    if at != high:
        code = attempt(m, t, high)
        least_margin(m, end)
        return high, code
    return high, 0


# -- output ---------------------------------------------------------------------------------------------------------


@compiled
def store(m: int, z: Any) -> None:
    """The kept unknowns as the next row of the output."""
    filled, kept, count = longs(m, w.FILLED), longs(m, w.KEPT), integer_at(m, w.KEPT_COUNT)
    row = behind(floats(m, w.OUT_VALUES), filled[0] * count)
    for j in range(count):
        row[j] = z[kept[j]]
    filled[0] += 1


@compiled
def put(m: int, t: float, z: Any) -> None:
    """Keep an accepted point."""
    if t >= floats(m, w.RULES)[w.BEGIN]:
        floats(m, w.OUT_TIMES)[longs(m, w.FILLED)[0]] = t
        store(m, z)


@compiled
def put_between(m: int, start: float, h: float) -> None:
    """Keep points within a step that is longer than they may be apart."""
    pieces = int(np.ceil(min(h / floats(m, w.RULES)[w.SPACING], float(MOST_BETWEEN)) - 1e-9))
    for k in range(1, pieces):
        x = k / pieces
        put(m, start + x * h, between(m, start, h, x))


@compiled
def hand_out(m: int, until: float) -> bool:
    """On a grid: the points within the last step. Returns whether to go on: points, if any, are still wanted."""
    filled, times, room = longs(m, w.FILLED), floats(m, w.OUT_TIMES), integer_at(m, w.ROOM)
    if integer_at(m, w.ON_GRID) == 0:
        return bool(filled[0] + 3 + MOST_BETWEEN <= room)
    clock, count = floats(m, w.CLOCK), longs(m, w.COUNT)
    t, h = clock[w.TIME], clock[w.LAST]
    last = t >= until and (count[w.RESTART] == 0 or t >= floats(m, w.RULES)[w.STOP])
    while filled[0] < room and (times[filled[0]] < t or (last and times[filled[0]] <= t * (1 + 1e-12))):
        if times[filled[0]] >= t or count[w.POINTS] == 0:
            store(m, floats(m, w.Z))
        else:
            store(m, between(m, t - h, h, (times[filled[0]] - (t - h)) / h))
    return bool(room == 0 or filled[0] < room or t >= until)


@compiled
def between(m: int, start: float, h: float, x: float) -> Any:
    """The unknowns at `x` steps into the step that was taken last: one more stage (see `methods.QUADRATURE`)."""
    n, beta, z = integer_at(m, w.UNKNOWNS_COUNT), floats(m, w.KEY)[1], floats(m, w.BETWEEN_Z)
    gamma, base = beta / h, floats(m, w.BASE)
    if integer_at(m, w.METHOD) == ESDIRK:
        add_between(m, h, x, gamma, base)
        guess_between(m, x, z)
    else:
        late = 0.5 * x * x - gamma * x
        early = x - gamma - late
        charge, one, other = floats(m, w.PAST_CHARGE), stage(m, w.STAGE_SLOPE, 0), stage(m, w.STAGE_SLOPE, END)
        for i in range(charges_count(m)):
            base[i] = charge[i] + h * (early * one[i] + late * other[i])
        line(z, x, n, 0.0, stage(m, w.STAGE_Z, 0), 1.0, stage(m, w.STAGE_Z, END))
    set_drive(m, start + x * h)
    if solve(m, 1.0, beta, z, int(floats(m, w.RULES)[w.MOST_ITERATIONS]), False, 1.0, 0) < 0:
        line(z, x, n, 0.0, stage(m, w.STAGE_Z, 0), 1.0, stage(m, w.STAGE_Z, END))
    return z


@compiled
def add_between(m: int, h: float, x: float, gamma: float, base: Any) -> None:
    """The charges at the start of the step and what has flowed since, but for the value's own slope."""
    n = charges_count(m)
    copy_numbers(floats(m, w.PAST_CHARGE), base, n)
    for j in range(BETWEEN.size):
        part, power = 0.0, 1.0
        for k in range(BETWEEN.size):
            part += QUADRATURE[j, k] * power * (x / (k + 1) - gamma)
            power *= x
        slope = stage(m, w.STAGE_SLOPE, BETWEEN[j])
        for i in range(n):
            base[i] += h * part * slope[i]


@compiled
def guess_between(m: int, x: float, z: Any) -> None:
    """A first guess: the parabola through the three nearest stages."""
    n = integer_at(m, w.UNKNOWNS_COUNT)
    a, b, c = (0, 2, 3) if x < 0.5 else (2, 3, END)
    parabola(z, x, n, WHEN[a], stage(m, w.STAGE_Z, a), WHEN[b], stage(m, w.STAGE_Z, b), WHEN[c], stage(m, w.STAGE_Z, c))
