"""The operations of a Program, over a window of samples of one lane.

Each makes one wave (a sum may make two, a recurrence several) from earlier ones. Where all that it reads stands
still, it repeats its last sample instead.
"""

from __future__ import annotations

from ..schedule.pack import ALLPASS, BACKSTEP, CONJUGATE, DRIVEN, RECURRENCE, ROW, TURNING, Tables
from .backstep import back_steps
from .conjugation import conjugate
from .kernel import compiled, inlined
from .lattice import allpass, allpass_still
from .plan import COUNT, FIRST, KIND, MASK, RING, TWIN, TWIN_MASK, TWIN_RING, WAVE, Plan
from .recurrence import carry_on, recurrence_still
from .rings import Array, Lane, get_one, hold, is_even, last_change, note, repeat
from .sums import weigh, weigh_driven


@compiled
def stands_still(tables: Tables, o: int, changed: Array, t0: int) -> bool:
    """Whether nothing that operation o reads from time t0 on has changed, coefficients that are driven included."""
    for k in range(tables.term_start[o], tables.term_start[o + 1]):
        if changed[tables.term_wave[k]] >= t0 - tables.term_far[k]:
            return False
        if tables.kind[o] == DRIVEN and changed[tables.term_value[k, 0]] >= t0:
            return False
    return True


@compiled
def single(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int, skip: bool) -> None:
    """One operation that is not a sum with coefficients that stay."""
    kind, wave = tables.kind[o], tables.output[o]
    still = skip and stands_still(tables, o, lane.changed, t0)
    if kind == CONJUGATE:
        conjugate(tables, plan, o, number, lane, t0, t1)
    elif kind == BACKSTEP:
        back_steps(tables, plan, o, number, lane, t0, t1)
    elif kind == ALLPASS:
        if still:
            allpass_still(tables, plan, o, number, lane, t0, t1)
            return
        allpass(tables, plan, o, number, lane, t0, t1)
    elif kind in (RECURRENCE, TURNING):
        if still:
            recurrence_still(tables, plan, o, number, lane, t0, t1)
            return
        carry_on(tables, plan, o, number, lane, t0, t1)
        for other in range(wave + 1, wave + tables.detail[o, 0]):
            note(lane, other, t0, t1)
    elif still:
        repeat(lane, wave, t0, t1)
        return
    else:
        weigh_driven(tables, plan, o, lane, t0, t1)
    note(lane, wave, t0, t1)


@inlined
def noted(ring: int, mask: int, before: int, t0: int, t1: int) -> int:
    """When a wave changed last, from its new samples t0 <= t < t1 and when it changed before them."""
    if get_one(ring, mask, t1 - 1) != get_one(ring, mask, t1 - 2):
        return t1 - 1
    return max(before, last_change(ring, mask, t0, t1))


@compiled
def asleep(tables: Tables, lane: Lane, first: int, last: int, t: int) -> bool:
    """Whether nothing that the operations read from t on has changed, and their rings hold one sample each.

    A filter or a state among them stands still, too: it has repeated its wave for as long as its ring is. A mirror for
    time never does, because it gives back light of long ago; nor does a step back, because it sums up.
    """
    for o in range(first, last):
        if tables.kind[o] in (CONJUGATE, BACKSTEP):
            return False
        wave, twin = tables.output[o], tables.twin[o]
        made = tables.detail[o, 0] if tables.kind[o] in (RECURRENCE, TURNING) else 1
        for other in range(wave, wave + made):
            if not is_even(lane, other, t):
                return False
        if (twin >= 0 and not is_even(lane, twin, t)) or not stands_still(tables, o, lane.changed, t):
            return False
    return True


@inlined
def operate(
    tables: Tables,
    plan: Plan,
    lane: Lane,
    number: int,
    first: int,
    last: int,
    begin: int,
    end: int,
    window: int,
    skip: bool,
) -> None:
    """Compute what the operations first <= o < last make for begin <= t < end, in windows.

    NOTE: what sums need is compiled into this function, and called with numbers only: handing arrays on costs more
    than a sum of twenty samples.
    """
    changed, even = lane.changed, lane.even
    operations, reads, gains = plan.operations, plan.reads, plan.gains
    term_wave, term_far = tables.term_wave, tables.term_far
    for t0 in range(begin, end, window):
        t1 = min(t0 + window, end)
        for o in range(first, last):
            kind, k, count = operations[o, KIND], operations[o, FIRST], operations[o, COUNT]
            wave, ring, mask = operations[o, WAVE], operations[o, RING], operations[o, MASK]
            twin, ring2, mask2 = operations[o, TWIN], operations[o, TWIN_RING], operations[o, TWIN_MASK]
            if kind != ROW:
                single(tables, plan, o, number, lane, t0, t1, skip)
                continue
            if skip and changed[wave] < t0 - 1 and (twin < 0 or changed[twin] < t0 - 1):
                still = True
                for term in range(k, k + count):
                    if changed[term_wave[term]] >= t0 - term_far[term]:
                        still = False
                        break
                if still:
                    hold(ring, mask, even[wave], t0, t1)
                    if twin >= 0:
                        hold(ring2, mask2, even[twin], t0, t1)
                    continue
            weigh(reads, gains, k, count, ring, mask, twin >= 0, ring2, mask2, t0, t1)
            even[wave], changed[wave] = t1, noted(ring, mask, changed[wave], t0, t1)
            if twin >= 0:
                even[twin], changed[twin] = t1, noted(ring2, mask2, changed[twin], t0, t1)
