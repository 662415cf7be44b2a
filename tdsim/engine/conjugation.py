"""Waves that are the conjugates of others, at once or in reverse order: what phase-conjugating mirrors send out."""

from __future__ import annotations

from ..schedule.pack import Tables
from .kernel import compiled
from .plan import Plan
from .rings import Lane, get_one, put_one, ring_of


@compiled
def conjugate(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """y[t] = c conj(x[t]); or, after an instant before sample n, c conj(x[2 n - 1 - t]) as far as was stored."""
    term = tables.term_start[o]
    source, source_mask = plan.reads[term, 0], plan.reads[term, 1]
    ring, mask = ring_of(lane, tables.output[o])
    first, stride, instants = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    c = tables.value[first + instants + stride * number]
    for t in range(t0, t1):
        if instants == 0:
            put_one(ring, mask, t, c * get_one(source, source_mask, t).conjugate())
            continue
        turn, before = -1, 0
        for k in range(instants):
            n = int(tables.value[first + k].real)
            if n <= t:
                before = turn if turn >= 0 else 0
                turn = n
        when = 2 * turn - 1 - t
        if turn < 0 or when < before:
            put_one(ring, mask, t, 0j)
        else:
            put_one(ring, mask, t, c * get_one(source, source_mask, when).conjugate())
