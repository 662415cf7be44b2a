"""The recorded stages of a transient run backwards: compiled. In every function m is the address of a run's words.

A stage solves  Q(z) + beta (I(z) - s) = base,  S = s - I(z),  with charges Q and slopes S. From dL/dz, dL/dQ and dL/dS

    w = dL/dz + C' dL/dQ - G' dL/dS,    (C + beta G)' mu = w,    dL/dbase = mu

and what a parameter changes in Q and in I - s counts  u = dL/dQ - mu  and  v = -(beta mu + dL/dS)  times. Base is
made of earlier charges and slopes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.kernel import compiled
from ...nodal import words as w
from ...nodal.equations import copy_numbers, evaluate_devices, factorise_for, has_factors
from ...nodal.memory import call, floats, integer_at, longs, shorts
from ...nodal.methods import BETWEEN, ESDIRK, GAMMA, GEAR, QUADRATURE, STAGES, TAKEN

Array = np.ndarray[Any, Any]

KIND, FROM, LONG, AFTER = range(4)
STEP, ROLE, BETA, PLACE, OUT, MOMENT = range(6)
POINT, END = STAGES, STAGES - 1
"""As in `replay`."""

EQUATION, LAW, PATH, OWN, FROM_FIRST = range(5)
"""What is known of a delay: the row of its equation; the number of its law; its path there; the control that its own
value is; whether what comes out at first is its first point."""

ADDRESS, LOOP, CONTROLS, FIRST_SLOPE, FIRST_END = range(5)
"""What is known of a law with delays: the addresses of its row and its loop; how many controls it has; where its slopes
and the ends of its controls begin."""


(
    WALKERS,
    WALK_CONTROLS,
    WALK_PATHS,
    WALK_LOOP,
    WALK_ROW,
    FIRST_PATH,
    FIRST_OFFSET,
    FIRST_NUMBER,
    WALK_END,
    WALK_TABLE,
) = range(10)
"""What is known of a group with walked paths: how many devices, controls and paths; addresses of its loop and its row;
and where its paths, its bases, its capacitances, the ends of its controls and its table of the wake begin."""

REFINEMENTS, ROUND_OFF = 4, 4e-16
"""Times that a transposed solution is refined, at most; what is left then, as part of what adds up to it."""


@compiled
def sweep(
    m: int,
    steps: Array,
    info: Array,
    points: Array,
    reads: Array,
    filled: int,
    states: Array,
    first_step: int,
    kept: Array,
    seeds: Array,
    adjoint: Array,
    delays: Array,
    laws: Array,
    ends: Array,
    slopes: Array,
    ages: Array,
    times: Array,
    pending: Array,
    u: Array,
    v: Array,
    origins: Array,
    extra: Array,
    walks: Array,
    tables: Array,
    offsets: Array,
    capacitances: Array,
) -> int:
    """Go back through the stages of a segment; returns 0, or -1 where equations were singular.

    states    (steps, states) of switches in each step of the segment, which begins with `first_step`
    seeds     (times, kept) dL/dkept at the points of the output
    adjoint   (3, rows + wake) dL/d of charges, of slopes, and of the charges one step ago: of the state, overwritten
    delays, laws  (delays, 5) and (laws, 5), see above; ends (controls, 2) and slopes of the laws; ages (delays,) in s
    times     (points,) of what the delays remember;  pending  (delays, points) dL/d of it, added to
    u, v      (stages, unknowns + 1), written
    origins   (stages, wake), see `replay`;  extra (stages, paths): by how much more the charges of walked paths count
              than u says, written;  walks, tables, offsets, capacitances  see `Walks`
    """
    n = integer_at(m, w.UNKNOWNS_COUNT)
    mode, z, switches = floats(m, w.MODE), floats(m, w.Z), longs(m, w.SWITCHES)
    mode[0], mode[2], mode[3] = 0.0, 0.0, 0.0
    wide, wake = adjoint.shape[1], integer_at(m, w.WAKE_COUNT)
    by_slope, by_charge, before = np.zeros((STAGES, wide)), np.zeros((STAGES, wide)), np.zeros((2, wide))
    by_base, base = np.zeros(wide), floats(m, w.BASE)
    gz = np.zeros(n + 1)
    current = -1
    for r in range(filled - 1, -1, -1):
        k, role, beta = int(info[r, STEP]), int(info[r, ROLE]), info[r, BETA]
        is_restart, h = steps[k, KIND] != 0, steps[k, LONG]
        last = 2 if is_restart else END
        if k != current:
            if current >= 0:
                hand_back(adjoint, before, by_slope)
            current = k
            by_slope[:], by_charge[:], before[:] = 0.0, 0.0, 0.0
            by_charge[last], by_slope[last], before[0] = adjoint[0], adjoint[1], adjoint[2]
            for j in range(states.shape[1]):
                switches[j] = states[k - first_step, j]
        for i in range(n + 1):
            gz[i] = 0.0
            z[i] = points[r, i]
        out = int(info[r, OUT])
        if out >= 0:
            for j in range(kept.size):
                gz[kept[j]] += seeds[out, j]
        if role == last:
            add_operands(m, k + 1, info[r, MOMENT], delays, laws, ends, slopes, pending, gz)
        floats(m, w.DEVICE_TIME)[0] = info[r, MOMENT]
        q, s = by_charge[min(role, END)], by_slope[min(role, END)]
        if role == POINT:
            q, s = np.zeros(wide), np.zeros(wide)
        for j in range(wake):
            base[n + 1 + j] = origins[r, j]
        if not solve_back(m, beta, gz, q, s, u[r], v[r], extra[min(r, len(extra) - 1)]):
            return -1
        for i in range(n):
            by_base[i] = q[i] - u[r, i]
        if wake > 0:
            walk_back(m, beta, s, u[r], extra[min(r, len(extra) - 1)], walks, tables, offsets, capacitances, by_base)
        give_to_base(m, role, is_restart, h, info[r, PLACE], beta, by_base, before, by_slope, by_charge)
        give_to_delays(r, reads, info[r, MOMENT], delays, ages, times, pending, v[r])
    if current >= 0:
        hand_back(adjoint, before, by_slope)
    return 0


@compiled
def hand_back(adjoint: Array, before: Array, by_slope: Array) -> None:
    """What a step has found of the state before it."""
    for i in range(adjoint.shape[1]):
        adjoint[0, i], adjoint[1, i], adjoint[2, i] = before[0, i], by_slope[0, i], before[1, i]


@compiled
def solve_back(m: int, beta: float, gz: Array, q: Array, s: Array, u: Array, v: Array, extra: Array) -> bool:
    """The transposed equations of a stage at the unknowns in Z: u and v of it; gz becomes the right side."""
    n = integer_at(m, w.UNKNOWNS_COUNT)
    linear = integer_at(m, w.GROUPS_COUNT) == 0
    if not linear:
        evaluate_devices(m, floats(m, w.Z))
    if not (linear and has_factors(m, 1.0, beta)) and not factorise_for(m, 1.0, beta):
        return False
    add_wake(m, beta, gz, q, s, extra)
    add_transposed(m, gz, q, s, extra)
    solve_transposed(m, gz, u)
    for i in range(n):
        v[i] = -(beta * u[i] + s[i])
        u[i] = q[i] - u[i]
    u[n], v[n] = 0.0, 0.0
    return True


@compiled
def add_wake(m: int, beta: float, gz: Array, q: Array, s: Array, extra: Array) -> None:
    """What the unknowns and charges of the wake count by themselves: the first into gz, the others into `extra`."""
    unknown, path, first = longs(m, w.WAKE_UNKNOWN), longs(m, w.WAKE_PATH), integer_at(m, w.UNKNOWNS_COUNT) + 1
    for j in range(integer_at(m, w.WAKE_COUNT)):
        counts = q[first + j] + s[first + j] / beta
        if unknown[j] >= 0:
            gz[unknown[j]] += counts
        elif path[j] >= 0:
            extra[path[j]] = counts


@compiled
def walk_back(
    m: int,
    beta: float,
    s: Array,
    u: Array,
    extra: Array,
    walks: Array,
    tables: Array,
    offsets: Array,
    capacitances: Array,
    by_base: Array,
) -> None:
    """dL/dbase of the wake, at the unknowns in Z: a charge is its base and C(u) times what u has moved from its own."""
    unknown, path = longs(m, w.WAKE_UNKNOWN), longs(m, w.WAKE_PATH)
    ends, first = longs(m, w.PATH), integer_at(m, w.UNKNOWNS_COUNT) + 1
    for j in range(integer_at(m, w.WAKE_COUNT)):
        by_base[first + j] = 0.0
        if unknown[j] >= 0:
            by_base[first + j] = -s[first + j] / beta
        elif path[j] >= 0:
            k = path[j]
            by_base[first + j] = u[ends[2 * k]] - u[ends[2 * k + 1]] + extra[k] - s[first + j] / beta
    z, zero = floats(m, w.Z), first
    copy_numbers(z, floats(m, w.DEVICE_UNKNOWNS), integer_at(m, w.UNKNOWNS_COUNT))
    for g in range(walks.shape[0]):
        count, controls, paths = walks[g, WALKERS], walks[g, WALK_CONTROLS], walks[g, WALK_PATHS]
        first_offset, first_number, first_path = walks[g, FIRST_OFFSET], walks[g, FIRST_NUMBER], walks[g, FIRST_PATH]
        first_end, first_table = walks[g, WALK_END], walks[g, WALK_TABLE]
        reach = 2 * controls + paths
        for j in range(count * controls):
            offsets[first_offset + j] = z[tables[first_end + 2 * j]] - z[tables[first_end + 2 * j + 1]]
        call(walks[g, WALK_LOOP], walks[g, WALK_ROW])
        for i in range(count):
            for p in range(paths):
                if tables[first_table + reach * i + 2 * controls + p] == zero:
                    continue
                k = first_path + paths * i + p
                counts = u[ends[2 * k]] - u[ends[2 * k + 1]] + extra[k]
                for c in range(controls):
                    part = counts * capacitances[first_number + (paths * i + p) * controls + c]
                    by_base[tables[first_table + reach * i + 2 * c]] -= part
                    by_base[tables[first_table + reach * i + 2 * c + 1]] += part


@compiled
def add_transposed(m: int, gz: Array, q: Array, s: Array, extra: Array) -> None:
    """gz += C' q - G' s, devices included."""
    start, row, unknown = shorts(m, w.START), longs(m, w.ROW), shorts(m, w.UNKNOWN)
    capacitance, conductance = floats(m, w.CAPACITANCE), floats(m, w.CONDUCTANCE)
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        held, flowing = q[row[i]], s[row[i]]
        if held != 0.0 or flowing != 0.0:
            for p in range(start[i], start[i + 1]):
                gz[unknown[p]] += capacitance[p] * held - conductance[p] * flowing
    slope, path = longs(m, w.SLOPE), longs(m, w.PATH)
    flow_slopes, charge_slopes = floats(m, w.FLOW_SLOPES), floats(m, w.CHARGE_SLOPES)
    n = integer_at(m, w.UNKNOWNS_COUNT)
    for j in range(integer_at(m, w.SLOPES_COUNT)):
        k, at = slope[4 * j], slope[4 * j + 3]
        a, b = path[2 * k], path[2 * k + 1]
        value = charge_slopes[at] * (q[a] - q[b] + extra[k]) - flow_slopes[at] * (s[a] - s[b])
        gz[slope[4 * j + 1]] += value
        gz[slope[4 * j + 2]] -= value
    gz[n] = 0.0


@compiled
def solve_transposed(m: int, right: Array, solution: Array) -> None:
    """The solution (rows,) of the transposed equations: again for what is left, while round-off of pivots leaves any.

    Forward, Newton's method does the same.
    """
    n = integer_at(m, w.UNKNOWNS_COUNT)
    substitute_transposed(m, right, solution)
    left, more = right.copy(), np.zeros(n + 1)
    for _ in range(REFINEMENTS):
        if not residual(m, right, solution, left):
            return
        substitute_transposed(m, left, more)
        for i in range(n):
            solution[i] += more[i]


@compiled
def residual(m: int, right: Array, solution: Array, left: Array) -> bool:
    """What a solution leaves of the right side; returns whether that is more than round-off of the sums themselves."""
    start, row, unknown = shorts(m, w.START), longs(m, w.ROW), shorts(m, w.UNKNOWN)
    matrix, n = floats(m, w.MATRIX), integer_at(m, w.UNKNOWNS_COUNT)
    size = np.abs(right)
    left[:] = right
    for i in range(n):
        x = solution[row[i]]
        for p in range(start[i], start[i + 1]):
            left[unknown[p]] -= matrix[p] * x
            size[unknown[p]] += abs(matrix[p] * x)
    left_over = 0
    for k in range(n):
        left_over += abs(left[k]) > ROUND_OFF * size[k]
    return bool(left_over > 0)


@compiled
def substitute_transposed(m: int, right: Array, solution: Array) -> None:
    """The solution (rows,) of the transposed equations for a right side (unknowns,), by the factors at hand."""
    lu_start, lu_place, diagonal = shorts(m, w.LU_START), shorts(m, w.LU_PLACE), shorts(m, w.DIAGONAL)
    lu, inverse, work = floats(m, w.LU), floats(m, w.INVERSE), floats(m, w.PIVOTS)
    row, column = longs(m, w.ROW), longs(m, w.COLUMN)
    n = integer_at(m, w.UNKNOWNS_COUNT)
    for i in range(n):
        work[i] = right[column[i]]
    for i in range(n):
        work[i] *= inverse[i]
        for p in range(diagonal[i] + 1, lu_start[i + 1]):
            work[lu_place[p]] -= lu[p] * work[i]
    for i in range(n - 1, -1, -1):
        for p in range(lu_start[i], diagonal[i]):
            work[lu_place[p]] -= lu[p] * work[i]
    for i in range(n):
        solution[row[i]] = work[i]


@compiled
def give_to_base(
    m: int,
    role: int,
    is_restart: bool,
    h: float,
    place: float,
    beta: float,
    by_base: Array,
    before: Array,
    by_slope: Array,
    by_charge: Array,
) -> None:
    """Add dL/dbase to what the base is made of: `before`, the charges at the start and one step earlier; slopes."""
    method = integer_at(m, w.METHOD)
    for i in range(by_base.size):
        mu = by_base[i]
        if mu == 0.0:
            continue
        if is_restart:
            if role == 2:
                by_charge[1, i] += mu
            else:
                before[0, i] += mu
        elif role == POINT:
            before[0, i] += mu
            if method == ESDIRK:
                for j in range(BETWEEN.size):
                    by_slope[BETWEEN[j], i] += h * weight_between(j, place) * mu
            else:
                late = 0.5 * place * place - beta / h * place
                by_slope[0, i] += h * (place - beta / h - late) * mu
                by_slope[END, i] += h * late * mu
        elif method == ESDIRK:
            before[0, i] += mu
            for j in range(role):
                by_slope[j, i] += h * TAKEN[role, j] * mu
        elif method == GEAR:
            near = (1 + place) ** 2 / (1 + 2 * place)
            before[0, i] += near * mu
            before[1, i] += (1 - near) * mu
        else:
            before[0, i] += mu
            by_slope[0, i] += floats(m, w.RULES)[w.XMU] * h * mu


@compiled
def weight_between(j: int, x: float) -> float:
    """How much of a slope goes into a point between, see `stepping.add_between`."""
    part, power = 0.0, 1.0
    for k in range(BETWEEN.size):
        part += QUADRATURE[j, k] * power * (x / (k + 1) - GAMMA)
        power *= x
    return part


# -- delays ---------------------------------------------------------------------------------------------------------


@compiled
def add_operands(
    m: int, point: int, t: float, delays: Array, laws: Array, ends: Array, slopes: Array, pending: Array, gz: Array
) -> None:
    """Add dL/dunknowns by what the delays remember of this point, at the unknowns in Z."""
    done = -1
    for d in range(delays.shape[0]):
        share = pending[d, point]
        if share == 0.0:
            continue
        law = delays[d, LAW]
        if law != done:
            floats(m, w.DEVICE_TIME)[0] = t
            copy_numbers(floats(m, w.Z), floats(m, w.DEVICE_UNKNOWNS), integer_at(m, w.UNKNOWNS_COUNT))
            call(laws[law, LOOP], laws[law, ADDRESS])
            done = law
        count, first = laws[law, CONTROLS], laws[law, FIRST_END]
        place = laws[law, FIRST_SLOPE] + delays[d, PATH] * count
        for j in range(count):
            slope = (1.0 if j == delays[d, OWN] else 0.0) - slopes[place + j]
            gz[ends[first + j, 0]] += slope * share
            gz[ends[first + j, 1]] -= slope * share
    gz[gz.size - 1] = 0.0


@compiled
def give_to_delays(
    r: int, reads: Array, t: float, delays: Array, ages: Array, times: Array, pending: Array, v: Array
) -> None:
    """What the values that left the delays count, as dL/d of the points that they were interpolated from."""
    for d in range(delays.shape[0]):
        share = -v[delays[d, EQUATION]]
        if share == 0.0:
            continue
        first, last = reads[r, d, 0], reads[r, d, 1]
        if first < 0:
            if delays[d, FROM_FIRST] != 0:
                pending[d, 0] += share
            continue
        s = t - ages[d]
        for a in range(first, last):
            part = 1.0
            for b in range(first, last):
                if b != a:
                    part *= (s - times[b]) / (times[a] - times[b])
            pending[d, a] += part * share
