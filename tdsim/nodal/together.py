"""Newton's method for up to eight runs at once: one pattern, eight numbers in every place.

Every run steps by itself, as if it were alone (see `stepping`), on a fiber; where it asks for a solution it is put
aside until all others ask too. Then one iteration is done for all that can; those that want new factors wait until they
are as many as the others. What a run gets does not depend on the others: each operation is done lane by lane, in
the order in which it is done for a run alone.

A bench is the memory of such a block, with a seat for each run; m is the address of the words of a run.
"""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np
from numba.core import types

from ..engine.kernel import compiled
from . import words as w
from .eights import WIDTH, above, differs, gather, load, size, spread, store, where
from .equations import (
    DIVERGED,
    ENOUGH,
    FETCH,
    FINER,
    GUESSED,
    LEAVE,
    NOT_FINITE,
    ROUND_OFF,
    SINGULAR,
    SLOW,
    has_factors,
    note_wake,
)
from .fibers import address_of, at_address, switch
from .kinds import WORDS
from .lit import follow_course
from .lu import GROWTH, WEAK
from .memory import call, floats, integer_at, longs, number_at, put_integer, put_number, shorts
from .stepping import advance

(
    STATE,
    CODE,  # what `advance`, or the search for a solution, came to
    SWITCH,  # address of the function that changes contexts
    OWN,  # address of the context of the run
    MAIN,  # and of the one that it comes from
    RUN,  # address of the run's words
    UNTIL,  # the time to go on to
    COURSE,  # or the address of a course with light (see lit)
    Z,  # what is asked for: see `equations.solve`
    ALPHA,
    BETA,
    MOST,
    ALWAYS,
    PART,
    EXTRA,
    ITERATION,  # and how far the search has got
    BEFORE,
    RATE,
    FRESH,
    LIMITED,
    SEAT_WORDS,
) = range(21)

GOES_ON, ASKS, ITERATES, SUBSTITUTES, FINISHED = range(5)

(
    LANES,  # how many runs
    SEATS,
    PATTERN,  # address of the words of a run with the pattern of all
    ZS,  # eights: unknowns and what follows
    DELTAS,
    RIGHTS,
    CHARGES,
    CURRENTS,
    PATH_FLOWS,
    PATH_CHARGES,
    PATH_SLOPES,  # derivatives of flows and of charges, as in the words of a run
    PATH_CAPACITANCES,
    CONTROLS,  # where devices were last evaluated
    LATENT,  # and what they had
    CAPACITANCES,
    CONDUCTANCES,
    MATRICES,
    FACTORS,
    INVERSES,
    PIVOTS,
    ALPHAS,
    BETAS,
    LEASTS,
    NORMS,
    WORSTS,
    NEARS,
    WEAKEST,  # int64 (8,): the first weak pivot of each
    BASES,  # tables of eight addresses
    DRIVES,
    WEIGHTS,
    FLOWS,
    STORED,
    FLOW_SLOPES,
    CHARGE_SLOPES,
    SCALES,
    TOGETHER,  # for each group: address of a loop for all runs, or 0, and of its table
    CHOSEN,  # address of the bits of the runs that such a loop is for, of those with limits, and of those limited
    RANGES,  # for each group: see below
    APART,  # how many groups have no such loop
    CHARGE_TERMS,  # what the charges and the currents of linear devices are sums of: see below
    CURRENT_TERMS,
    BENCH_WORDS,
) = range(42)

(
    STARTS,  # int64 (unknowns + 1,): where the terms of each row begin
    TERMS,  # int64 (terms, 2): the unknown of each, and the place of its factor; -1 - place where all have one factor
    FACTORS_OWN,  # address of the eights of C or G
    FACTORS_COMMON,  # address of the numbers that all runs have in common
) = range(4)

(
    SIDE_BY_SIDE,  # 1 where the group's loop for all runs writes eights, 0 where runs have their own results
    FIRST_PATH,
    PATHS,
    FIRST_SLOPE,
    SLOPES,
    FIRST_CONTROL,
    CONTROLS_OWN,
    FIRST_LATENT,
    LATENT_OWN,
    RANGE_WORDS,
) = range(10)


# -- in the fiber ---------------------------------------------------------------------------------------------------


def wait_for(m: int, alpha: float, beta: float, z: Any, most: int, always: int, part: float, extra: int) -> Any:
    """What a run on a fiber calls to solve: leave what is asked for on the seat, and go on when it has been done."""
    seat = integer_at(m, w.SEAT)
    put_integer(seat, Z, address_of(z))
    put_number(seat, ALPHA, alpha)
    put_number(seat, BETA, beta)
    put_integer(seat, MOST, most)
    put_integer(seat, ALWAYS, always)
    put_number(seat, PART, part)
    put_integer(seat, EXTRA, extra)
    put_integer(seat, STATE, ASKS)
    switch(integer_at(seat, SWITCH), integer_at(seat, OWN), integer_at(seat, MAIN))
    return integer_at(seat, CODE)


def enter(low: int, high: int) -> None:
    """Where a fiber begins: advance the run on the seat whose address comes in halves."""
    seat = (np.int64(high) << 32) | (np.int64(low) & 0xFFFFFFFF)
    put_integer(seat, CODE, advance(integer_at(seat, RUN), number_at(seat, UNTIL)))
    put_integer(seat, STATE, FINISHED)
    switch(integer_at(seat, SWITCH), integer_at(seat, OWN), integer_at(seat, MAIN))


def enter_course(low: int, high: int) -> None:
    """Where a fiber with a course begins."""
    seat = (np.int64(high) << 32) | (np.int64(low) & 0xFFFFFFFF)
    put_integer(seat, CODE, follow_course(integer_at(seat, RUN), integer_at(seat, COURSE)))
    put_integer(seat, STATE, FINISHED)
    switch(integer_at(seat, SWITCH), integer_at(seat, OWN), integer_at(seat, MAIN))


@functools.cache
def waiting_solver() -> Any:
    """What stands at word SOLVER of a run on a fiber."""
    pointer: Any = types.CPointer(types.float64)  # type: ignore[no-untyped-call]
    number, real = types.int64, types.float64
    return numba.cfunc(
        number(number, real, real, pointer, number, number, real, number), cache=True, error_model="numpy"
    )(wait_for)


@functools.cache
def entrance() -> Any:
    """The compiled function that fibers begin with."""
    return numba.cfunc(types.void(types.int32, types.int32), cache=True, error_model="numpy")(enter)


@functools.cache
def course_entrance() -> Any:
    """The compiled function that fibers with a course begin with."""
    return numba.cfunc(types.void(types.int32, types.int32), cache=True, error_model="numpy")(enter_course)


# -- outside it -----------------------------------------------------------------------------------------------------


@compiled
def seat_of(bench: int, lane: int) -> Any:
    """The address of a seat."""
    return integer_at(bench, SEATS) + 8 * SEAT_WORDS * lane


@compiled
def advance_together(bench: int) -> None:
    """Let all runs go on until each has come to an end."""
    while True:
        waiting = 0
        for lane in range(integer_at(bench, LANES)):
            seat = seat_of(bench, lane)
            while integer_at(seat, STATE) == GOES_ON:
                switch(integer_at(seat, SWITCH), integer_at(seat, MAIN), integer_at(seat, OWN))
                if integer_at(seat, STATE) == ASKS:
                    take(bench, seat, lane)
            if integer_at(seat, STATE) != FINISHED:
                waiting += 1
        if waiting == 0:
            return
        serve(bench)


@compiled
def take(bench: int, seat: int, lane: int) -> None:
    """Look at what a run asks for."""
    m, most = integer_at(seat, RUN), integer_at(seat, MOST)
    if most <= FETCH:
        carry_devices(bench, lane, most == LEAVE)
        put_integer(seat, CODE, 0)
        put_integer(seat, STATE, GOES_ON)
        return
    if most < 0:
        put_column(integer_at(bench, MATRICES), lane, integer_at(m, w.MATRIX), integer_at(m, w.ENTRIES_COUNT))
        put_integer(seat, CODE, 0)
        put_integer(seat, STATE, GOES_ON)
        return
    if most == 0:
        put_integer(seat, STATE, SUBSTITUTES)
        return
    alpha, beta = number_at(seat, ALPHA), number_at(seat, BETA)
    put_number(integer_at(bench, ALPHAS), lane, alpha)
    put_number(integer_at(bench, BETAS), lane, beta)
    take_column(integer_at(bench, ZS), lane, integer_at(seat, Z), integer_at(m, w.UNKNOWNS_COUNT))
    put_integer(seat, FRESH, 0 if integer_at(seat, ALWAYS) == 0 and has_factors(m, alpha, beta) else 1)
    put_integer(seat, ITERATION, 0)
    put_number(seat, BEFORE, 0.0)
    put_number(seat, RATE, floats(m, w.KEY)[3])
    put_integer(seat, STATE, ITERATES)


@compiled
def carry_devices(bench: int, lane: int, back: bool) -> None:
    """Let a run have what its devices had at their last evaluations, where that lies side by side, or take it back."""
    m, ranges = integer_at(seat_of(bench, lane), RUN), integer_at(bench, RANGES)
    for k in range(integer_at(m, w.GROUPS_COUNT)):
        own = ranges + 8 * RANGE_WORDS * k
        if integer_at(own, SIDE_BY_SIDE) != 0:
            carry(bench, PATH_SLOPES, lane, integer_at(m, w.FLOW_SLOPES), own, FIRST_SLOPE, back)
            carry(bench, PATH_CAPACITANCES, lane, integer_at(m, w.CHARGE_SLOPES), own, FIRST_SLOPE, back)
            carry(bench, CONTROLS, lane, integer_at(m, w.CONTROLS), own, FIRST_CONTROL, back)
            carry(bench, LATENT, lane, integer_at(m, w.LATENT), own, FIRST_LATENT, back)


@compiled
def carry(bench: int, name: int, lane: int, numbers: int, own: int, place: int, back: bool) -> None:
    """Copy a range of numbers between a run and its lane."""
    first, count = integer_at(own, place), integer_at(own, place + 1)
    eights = integer_at(bench, name) + 8 * WIDTH * first
    if back:
        take_column(eights, lane, numbers + 8 * first, count)
    else:
        put_column(eights, lane, numbers + 8 * first, count)


@compiled
def take_column(eights: int, lane: int, source: int, count: int) -> None:
    """Let one lane of eights be some numbers."""
    for k in range(count):
        put_number(eights, WIDTH * k + lane, number_at(source, k))


@compiled
def put_column(eights: int, lane: int, target: int, count: int) -> None:
    """Let some numbers be one lane of eights."""
    for k in range(count):
        put_number(target, k, number_at(eights, WIDTH * k + lane))


@compiled
def lanes_in(bench: int, state: int) -> int:
    """The bits of the lanes that are in a state."""
    found = 0
    for lane in range(integer_at(bench, LANES)):
        if integer_at(seat_of(bench, lane), STATE) == state:
            found |= 1 << lane
    return found


@compiled
def serve(bench: int) -> None:
    """One iteration for all runs that wait; those that want new factors wait until they are as many as the others."""
    waiting, again, fresh = lanes_in(bench, ITERATES), lanes_in(bench, SUBSTITUTES), 0
    for lane in range(integer_at(bench, LANES)):
        if waiting >> lane & 1 and integer_at(seat_of(bench, lane), FRESH) != 0:
            fresh |= 1 << lane
    if 2 * count_of(fresh) < count_of(waiting | again):
        waiting, fresh = waiting & ~fresh, 0
    if integer_at(integer_at(bench, PATTERN), w.GROUPS_COUNT) == 0:
        solve_linear_together(bench, waiting, fresh, again)
    else:
        iterate(bench, waiting, fresh, again)
    hand_back(bench, again)


@compiled
def count_of(lanes: int) -> int:
    """How many lanes there are among these bits."""
    count = 0
    while lanes != 0:
        lanes &= lanes - 1
        count += 1
    return count


@compiled
def take_rights(bench: int, lanes: int) -> None:
    """The right sides of runs that want no more than a solution with the factors at hand."""
    n = integer_at(integer_at(bench, PATTERN), w.UNKNOWNS_COUNT)
    for lane in range(integer_at(bench, LANES)):
        if lanes >> lane & 1:
            take_column(integer_at(bench, RIGHTS), lane, integer_at(integer_at(seat_of(bench, lane), RUN), w.RIGHT), n)


@compiled
def hand_back(bench: int, lanes: int) -> None:
    """Their solutions."""
    n = integer_at(integer_at(bench, PATTERN), w.UNKNOWNS_COUNT)
    for lane in range(integer_at(bench, LANES)):
        if lanes >> lane & 1:
            seat = seat_of(bench, lane)
            put_column(integer_at(bench, DELTAS), lane, integer_at(seat, Z), n)
            put_integer(seat, CODE, 0)
            put_integer(seat, STATE, GOES_ON)


@compiled
def solve_linear_together(bench: int, lanes: int, fresh: int, again: int) -> None:
    """As `equations.solve_linear` for some runs; others want a solution for their right side alone."""
    lanes &= ~refresh(bench, fresh)
    right_sides(bench)
    take_rights(bench, again)
    substitute_eights(bench)
    if lanes == 0:
        return
    replace_unknowns(bench, lanes)
    add_linear_parts(bench)
    for lane in range(integer_at(bench, LANES)):
        if lanes >> lane & 1:
            finish(bench, lane, 1 if number_at(integer_at(bench, NORMS), lane) < np.inf else NOT_FINITE)


@compiled
def iterate(bench: int, lanes: int, fresh: int, again: int) -> None:
    """One iteration of Newton's method for some runs; others want a solution for their right side alone."""
    if lanes != 0:
        evaluate_together(bench, lanes)
        lanes &= ~refresh(bench, fresh)
    if lanes != 0:
        take_devices(bench)
        add_linear_parts(bench)
        add_device_parts(bench)
        what_is_missing(bench)
    take_rights(bench, again)
    substitute_eights(bench)
    if lanes == 0:
        return
    add_changes(bench, lanes)
    charge_errors(bench)
    done = 0
    for lane in range(integer_at(bench, LANES)):
        if lanes >> lane & 1 and judge(bench, lane):
            done |= 1 << lane
    end(bench, done)


@compiled
def end(bench: int, lanes: int) -> None:
    """Hand runs that have converged what they have asked for."""
    if lanes == 0:
        return
    take_slopes(bench)
    follow_tangents(bench)
    add_linear_parts(bench)
    add_device_parts(bench)
    for lane in range(integer_at(bench, LANES)):
        if lanes >> lane & 1:
            finish(bench, lane, integer_at(seat_of(bench, lane), ITERATION) + 1)


@compiled
def evaluate_together(bench: int, lanes: int) -> None:
    """Let the loops of all groups evaluate the devices of these runs, where there are such at once."""
    chosen, limiting = integer_at(bench, CHOSEN), 0
    for lane in range(integer_at(bench, LANES)):
        mode = floats(integer_at(seat_of(bench, lane), RUN), w.MODE)
        limiting |= 1 << lane if mode[0] != 0.0 else 0
        put_number(integer_at(bench, NEARS), lane, mode[3])
    put_integer(chosen, 0, lanes)
    put_integer(chosen, 1, limiting)
    put_integer(chosen, 2, 0)
    groups, loops = integer_at(integer_at(bench, PATTERN), w.GROUPS_COUNT), integer_at(bench, TOGETHER)
    for k in range(groups):
        if integer_at(loops, 2 * k) != 0:
            call(integer_at(loops, 2 * k), integer_at(loops, 2 * k + 1))
    for lane in range(integer_at(bench, LANES)):
        if lanes >> lane & 1:
            m = integer_at(seat_of(bench, lane), RUN)
            n, mode = integer_at(m, w.UNKNOWNS_COUNT), floats(m, w.MODE)
            if integer_at(bench, APART) != 0:
                put_column(integer_at(bench, ZS), lane, integer_at(m, w.DEVICE_UNKNOWNS), n)
            mode[1] = 0.0
            kinds, rows = longs(m, w.KINDS), integer_at(m, w.GROUP_ROWS)
            for k in range(groups):
                if integer_at(loops, 2 * k) == 0:
                    call(kinds[4 * k], rows + 8 * WORDS * k)
            put_integer(seat_of(bench, lane), LIMITED, int(mode[1] != 0.0 or integer_at(chosen, 2) >> lane & 1))


@compiled
def refresh(bench: int, wanted: int) -> int:
    """New factors for some runs; returns the lanes that have none, which are finished."""
    if wanted == 0:
        return 0
    take_slopes(bench)
    load_matrices(bench, wanted)
    for lane in range(WIDTH):
        run = integer_at(seat_of(bench, lane if wanted >> lane & 1 else first_of(wanted)), RUN)
        beta = number_at(integer_at(bench, BETAS), lane)
        put_number(integer_at(bench, LEASTS), lane, floats(run, w.RULES)[w.PIVTOL] * beta)
    factorise_together(bench, wanted)
    failed = 0
    for lane in range(integer_at(bench, LANES)):
        if wanted >> lane & 1:
            seat = seat_of(bench, lane)
            m = integer_at(seat, RUN)
            key, weak = floats(m, w.KEY), integer_at(integer_at(bench, WEAKEST), lane)
            key[0], key[1], key[2], key[3] = number_at(seat, ALPHA), number_at(seat, BETA), float(weak), 0.0
            put_number(seat, RATE, 0.0)
            if weak >= 0:
                pivot = number_at(integer_at(bench, FACTORS), WIDTH * shorts(m, w.DIAGONAL)[weak] + lane)
                if pivot == 0.0 or pivot != pivot:
                    key[0] = np.nan
                    failed |= 1 << lane
                    finish(bench, lane, SINGULAR)
    return failed


@compiled
def first_of(lanes: int) -> int:
    """The first of some lanes."""
    lane = 0
    while not lanes >> lane & 1:
        lane += 1
    return lane


@compiled
def judge(bench: int, lane: int) -> bool:
    """Whether a run has converged with this iteration, as `equations.newton` has it; others are made ready for more."""
    seat = seat_of(bench, lane)
    m, iteration = integer_at(seat, RUN), integer_at(seat, ITERATION)
    norm, before, rate = number_at(integer_at(bench, NORMS), lane), number_at(seat, BEFORE), number_at(seat, RATE)
    fresh, limited = integer_at(seat, FRESH) != 0, integer_at(seat, LIMITED) != 0
    if not norm < np.inf:
        finish(bench, lane, NOT_FINITE)
        return False
    if number_at(seat, ALPHA) != 0.0:
        norm = max(norm, FINER * number_at(integer_at(bench, WORSTS), lane))
    if not fresh and before > 0.0:
        rate = max(norm / before, 1e-4)
        floats(m, w.KEY)[3] = rate
        put_number(seat, RATE, rate)
    slow = rate if iteration > 0 else max(rate, SLOW)
    left = GUESSED * norm if fresh else (norm * slow / (1.0 - slow) if 0.0 < slow < 0.9 else norm)
    part = number_at(seat, PART)
    stalled = iteration > 1 and norm > 0.3 * before and (norm <= part or all_round_off(bench, lane))
    if (left <= ENOUGH * part or stalled) and not limited:
        extra = integer_at(seat, EXTRA)
        if extra == 0:
            return True
        put_integer(seat, EXTRA, extra - 1)
    put_integer(seat, FRESH, int(integer_at(seat, ALWAYS) != 0 or limited or rate > SLOW or norm > 1e3))
    put_number(seat, BEFORE, norm)
    put_integer(seat, ITERATION, iteration + 1)
    if iteration + 1 >= integer_at(seat, MOST):
        finish(bench, lane, DIVERGED)
    return False


@compiled
def all_round_off(bench: int, lane: int) -> bool:
    """As `equations.is_round_off`."""
    seat = seat_of(bench, lane)
    m, alpha, beta = integer_at(seat, RUN), number_at(seat, ALPHA), number_at(seat, BETA)
    base, right = floats(m, w.BASE), integer_at(bench, RIGHTS)
    charge, current = integer_at(bench, CHARGES), integer_at(bench, CURRENTS)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        k = WIDTH * i + lane
        total = max(abs(base[i]), alpha * abs(number_at(charge, k)), beta * abs(number_at(current, k)))
        if abs(number_at(right, k)) > ROUND_OFF * total:
            return False
    return True


@compiled
def finish(bench: int, lane: int, code: int) -> None:
    """Hand a run what it has asked for."""
    seat = seat_of(bench, lane)
    m = integer_at(seat, RUN)
    n = integer_at(m, w.UNKNOWNS_COUNT)
    put_column(integer_at(bench, ZS), lane, integer_at(seat, Z), n)
    put_column(integer_at(bench, CHARGES), lane, integer_at(m, w.CHARGE), n)
    put_column(integer_at(bench, CURRENTS), lane, integer_at(m, w.CURRENT), n)
    if code < 0:
        put_column(integer_at(bench, DELTAS), lane, integer_at(m, w.DELTA), n)
    elif integer_at(m, w.WAKE_COUNT) > 0:
        put_column(integer_at(bench, PATH_CHARGES), lane, integer_at(m, w.CHARGES), integer_at(m, w.PATHS_COUNT))
        note_wake(m, at_address(integer_at(seat, Z)))
    put_integer(seat, CODE, code)
    put_integer(seat, STATE, GOES_ON)


# -- eight at once --------------------------------------------------------------------------------------------------


@compiled
def add_linear_parts(bench: int) -> None:
    """As `equations.linear_parts`."""
    add_terms(bench, integer_at(bench, CHARGE_TERMS), integer_at(bench, CHARGES))
    add_terms(bench, integer_at(bench, CURRENT_TERMS), integer_at(bench, CURRENTS))


@compiled
def add_terms(bench: int, sums: int, found: int) -> None:
    """A sum of unknowns for every row; most factors are the same in all runs, and many are zero and left out."""
    m, z = integer_at(bench, PATTERN), integer_at(bench, ZS)
    row, start, term = longs(m, w.ROW), longs(sums, STARTS), longs(sums, TERMS)
    own, common = integer_at(sums, FACTORS_OWN), integer_at(sums, FACTORS_COMMON)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        total = spread(0.0)
        for p in range(start[i], start[i + 1]):
            x, place = load(z, term[2 * p]), term[2 * p + 1]
            factor = spread(number_at(common, -1 - place)) if place < 0 else load(own, place)
            total = total + x * factor
        store(found, row[i], total)


@compiled
def take_devices(bench: int) -> None:
    """Flows and charges of all runs side by side, where they are not."""
    flows, charges, ranges = integer_at(bench, PATH_FLOWS), integer_at(bench, PATH_CHARGES), integer_at(bench, RANGES)
    for k in range(integer_at(integer_at(bench, PATTERN), w.GROUPS_COUNT)):
        own = ranges + 8 * RANGE_WORDS * k
        if integer_at(own, SIDE_BY_SIDE) == 0:
            for j in range(integer_at(own, FIRST_PATH), integer_at(own, FIRST_PATH) + integer_at(own, PATHS)):
                store(flows, j, gather(integer_at(bench, FLOWS), j))
                store(charges, j, gather(integer_at(bench, STORED), j))


@compiled
def take_slopes(bench: int) -> None:
    """The same of the derivatives."""
    slopes, capacitances = integer_at(bench, PATH_SLOPES), integer_at(bench, PATH_CAPACITANCES)
    ranges = integer_at(bench, RANGES)
    for k in range(integer_at(integer_at(bench, PATTERN), w.GROUPS_COUNT)):
        own = ranges + 8 * RANGE_WORDS * k
        if integer_at(own, SIDE_BY_SIDE) == 0:
            for j in range(integer_at(own, FIRST_SLOPE), integer_at(own, FIRST_SLOPE) + integer_at(own, SLOPES)):
                store(slopes, j, gather(integer_at(bench, FLOW_SLOPES), j))
                store(capacitances, j, gather(integer_at(bench, CHARGE_SLOPES), j))


@compiled
def add_device_parts(bench: int) -> None:
    """As `equations.add_devices`."""
    m = integer_at(bench, PATTERN)
    start, path, sign = longs(m, w.END_START), longs(m, w.END_PATH), floats(m, w.END_SIGN)
    flows, charges = integer_at(bench, PATH_FLOWS), integer_at(bench, PATH_CHARGES)
    charge, current = integer_at(bench, CHARGES), integer_at(bench, CURRENTS)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        held, flowing = load(charge, i), load(current, i)
        for k in range(start[i], start[i + 1]):
            held = held + load(charges, path[k]) * sign[k]
            flowing = flowing + load(flows, path[k]) * sign[k]
        store(charge, i, held)
        store(current, i, flowing)


@compiled
def follow_tangents(bench: int) -> None:
    """As `equations.follow_devices`."""
    m, deltas = integer_at(bench, PATTERN), integer_at(bench, DELTAS)
    slope, flows, charges = longs(m, w.SLOPE), integer_at(bench, PATH_FLOWS), integer_at(bench, PATH_CHARGES)
    flow_slopes, charge_slopes = integer_at(bench, PATH_SLOPES), integer_at(bench, PATH_CAPACITANCES)
    for j in range(integer_at(m, w.SLOPES_COUNT)):
        path, at = slope[4 * j], slope[4 * j + 3]
        moved = load(deltas, slope[4 * j + 1]) - load(deltas, slope[4 * j + 2])
        store(flows, path, load(flows, path) + load(flow_slopes, at) * moved)
        store(charges, path, load(charges, path) + load(charge_slopes, at) * moved)


@compiled
def what_is_missing(bench: int) -> None:
    """As `equations.missing`."""
    alpha, beta = load(integer_at(bench, ALPHAS), 0), load(integer_at(bench, BETAS), 0)
    bases, drives, right = integer_at(bench, BASES), integer_at(bench, DRIVES), integer_at(bench, RIGHTS)
    charge, current = integer_at(bench, CHARGES), integer_at(bench, CURRENTS)
    for i in range(integer_at(integer_at(bench, PATTERN), w.UNKNOWNS_COUNT)):
        flowing = beta * (gather(drives, i) - load(current, i))
        store(right, i, gather(bases, i) + flowing - alpha * load(charge, i))


@compiled
def right_sides(bench: int) -> None:
    """As in `equations.solve_linear`."""
    beta, right = load(integer_at(bench, BETAS), 0), integer_at(bench, RIGHTS)
    bases, drives = integer_at(bench, BASES), integer_at(bench, DRIVES)
    for i in range(integer_at(integer_at(bench, PATTERN), w.UNKNOWNS_COUNT)):
        store(right, i, gather(bases, i) + beta * gather(drives, i))


@compiled
def replace_unknowns(bench: int, lanes: int) -> None:
    """The solution as the unknowns of these runs; NORMS is the sum of their sizes."""
    z, deltas, total = integer_at(bench, ZS), integer_at(bench, DELTAS), spread(0.0)
    for k in range(integer_at(integer_at(bench, PATTERN), w.UNKNOWNS_COUNT)):
        found = load(deltas, k)
        store(z, k, where(lanes, found, load(z, k)))
        total = total + size(found)
    store(integer_at(bench, NORMS), 0, total)


@compiled
def add_changes(bench: int, lanes: int) -> None:
    """As `equations.add_change`, for these runs; NORMS is the largest change of each."""
    z, deltas, weights, norm = (
        integer_at(bench, ZS),
        integer_at(bench, DELTAS),
        integer_at(bench, WEIGHTS),
        spread(0.0),
    )
    for k in range(integer_at(integer_at(bench, PATTERN), w.UNKNOWNS_COUNT)):
        delta, now = load(deltas, k), load(z, k)
        store(z, k, where(lanes, now + delta, now))
        change = size(delta) / gather(weights, k)
        norm = where(above(change, norm) | differs(change, change), change, norm)
    store(integer_at(bench, NORMS), 0, norm)


@compiled
def charge_errors(bench: int) -> None:
    """As `equations.charge_error`, into WORSTS."""
    m, rights, scales, worst = (
        integer_at(bench, PATTERN),
        integer_at(bench, RIGHTS),
        integer_at(bench, SCALES),
        spread(0.0),
    )
    charged, rules = longs(m, w.CHARGED), floats(m, w.RULES)
    reltol, chgtol = spread(rules[w.RELTOL]), spread(rules[w.CHGTOL])
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        if charged[i] != 0:
            error = size(load(rights, i)) / (reltol * gather(scales, i) + chgtol)
            worst = where(above(error, worst), error, worst)
    store(integer_at(bench, WORSTS), 0, worst)


@compiled
def load_matrices(bench: int, lanes: int) -> None:
    """As `equations.load_matrix`, for these runs."""
    m, matrix, zero = integer_at(bench, PATTERN), integer_at(bench, MATRICES), spread(0.0)
    alpha, beta = load(integer_at(bench, ALPHAS), 0), load(integer_at(bench, BETAS), 0)
    capacitance, conductance = integer_at(bench, CAPACITANCES), integer_at(bench, CONDUCTANCES)
    for p in range(integer_at(m, w.ENTRIES_COUNT)):
        value = alpha * load(capacitance, p) + beta * load(conductance, p)
        store(matrix, p, where(lanes, value, load(matrix, p)))
    place, slope = longs(m, w.SLOPE_PLACE), longs(m, w.SLOPE)
    flow_slopes, charge_slopes = integer_at(bench, PATH_SLOPES), integer_at(bench, PATH_CAPACITANCES)
    for j in range(integer_at(m, w.SLOPES_COUNT)):
        at = slope[4 * j + 3]
        value = where(lanes, alpha * load(charge_slopes, at) + beta * load(flow_slopes, at), zero)
        a, b, c, d = place[4 * j], place[4 * j + 1], place[4 * j + 2], place[4 * j + 3]
        store(matrix, a, load(matrix, a) + value)
        store(matrix, b, load(matrix, b) - value)
        store(matrix, c, load(matrix, c) - value)
        store(matrix, d, load(matrix, d) + value)


@compiled
def factorise_together(bench: int, lanes: int) -> None:
    """As `lu.factorise`, for these runs; the others keep their factors. First weak pivots (or -1) go to WEAKEST."""
    m = integer_at(bench, PATTERN)
    start, place = shorts(m, w.START), shorts(m, w.PLACE)
    lu_start, lu_place, diagonal = shorts(m, w.LU_START), shorts(m, w.LU_PLACE), shorts(m, w.DIAGONAL)
    matrix, lu, inverse = integer_at(bench, MATRICES), integer_at(bench, FACTORS), integer_at(bench, INVERSES)
    work, weakest = integer_at(bench, PIVOTS), integer_at(bench, WEAKEST)
    zero, one, least = spread(0.0), spread(1.0), load(integer_at(bench, LEASTS), 0)
    noticed, stopped = 0, 0
    for lane in range(WIDTH):
        put_integer(weakest, lane, -1)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        first, middle, end = lu_start[i], diagonal[i], lu_start[i + 1]
        for p in range(first, end):
            store(work, lu_place[p], zero)
        given, largest = zero, zero
        for p in range(start[i], start[i + 1]):
            value = load(matrix, p)
            store(work, place[p], value)
            given = where(above(size(value), given), size(value), given)
        for p in range(first, middle):
            k = lu_place[p]
            factor = load(work, k)
            if differs(factor, zero) != 0:
                factor = factor * load(inverse, k)
                for q in range(diagonal[k] + 1, lu_start[k + 1]):
                    at = lu_place[q]
                    store(work, at, load(work, at) - factor * load(lu, q))
            store(lu, p, where(lanes, factor, load(lu, p)))
        for p in range(middle, end):
            value = load(work, lu_place[p])
            store(lu, p, where(lanes, value, load(lu, p)))
            largest = where(above(size(value), largest), size(value), largest)
        pivot = load(work, i)
        bound = spread(WEAK) * largest
        sound = above(size(pivot), where(above(least, bound), least, bound))
        weak = (~sound | above(largest, spread(GROWTH) * given)) & lanes
        if weak & ~stopped:
            none = ~(above(pivot, zero) | above(zero, pivot)) & lanes
            for lane in range(WIDTH):
                if (weak & ~noticed | none & ~stopped) >> lane & 1:
                    put_integer(weakest, lane, i)
            noticed, stopped = noticed | weak, stopped | none
        store(inverse, i, where(lanes, one / pivot, load(inverse, i)))


@compiled
def substitute_eights(bench: int) -> None:
    """As `lu.substitute`, from RIGHTS into DELTAS."""
    m = integer_at(bench, PATTERN)
    lu_start, lu_place, diagonal = shorts(m, w.LU_START), shorts(m, w.LU_PLACE), shorts(m, w.DIAGONAL)
    lu, inverse, work = integer_at(bench, FACTORS), integer_at(bench, INVERSES), integer_at(bench, PIVOTS)
    right, solution = integer_at(bench, RIGHTS), integer_at(bench, DELTAS)
    row, column, n = longs(m, w.ROW), longs(m, w.COLUMN), integer_at(m, w.UNKNOWNS_COUNT)
    for i in range(n):
        total = load(right, row[i])
        for p in range(lu_start[i], diagonal[i]):
            total = total - load(lu, p) * load(work, lu_place[p])
        store(work, i, total)
    for i in range(n - 1, -1, -1):
        total = load(work, i)
        for p in range(diagonal[i] + 1, lu_start[i + 1]):
            total = total - load(lu, p) * load(work, lu_place[p])
        total = total * load(inverse, i)
        store(work, i, total)
        store(solution, column[i], total)
