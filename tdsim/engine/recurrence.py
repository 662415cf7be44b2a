"""Recurrences: linear states, carried on from sample to sample."""

from __future__ import annotations

import numpy as np

from ..schedule.pack import TURNING, Tables
from .kernel import compiled
from .plan import Plan, read_one
from .rings import Lane, get_one, note, put_one, repeat, ring_of
from .turning import next_states


@compiled
def recurrence(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """w[t] = F w[t-1] + G s[t-1-d]; the terms' delays already hold the one more sample."""
    wave, head, inputs = tables.output[o], tables.term_start[o], tables.term_start[o + 1] - tables.term_start[o]
    size, first, stride = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    step = tables.lanes if stride else 1
    coefficients = tables.value[first + stride * number :: step]
    for t in range(t0, t1):
        for i in range(size):
            total = 0j
            for j in range(size):
                ring, mask = ring_of(lane, wave + j)
                total += coefficients[i * size + j] * get_one(ring, mask, t - 1)
            for j in range(inputs):
                total += coefficients[size * size + i * inputs + j] * read_one(plan.reads, head + j, t)
            ring, mask = ring_of(lane, wave + i)
            put_one(ring, mask, t, total)


@compiled
def turning(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """A recurrence whose states also turn each other's phase."""
    wave, head, inputs = tables.output[o], tables.term_start[o], tables.term_start[o + 1] - tables.term_start[o]
    size, first, stride, cells = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2], tables.detail[o, 3]
    step = tables.lanes if stride else 1
    w, x, s = np.empty(size, np.complex128), np.empty(size, np.complex128), np.empty(inputs, np.complex128)
    for t in range(t0, t1):
        for i in range(size):
            ring, mask = ring_of(lane, wave + i)
            w[i] = get_one(ring, mask, t - 1)
        for j in range(inputs):
            s[j] = read_one(plan.reads, head + j, t)
        next_states(tables.value, first + stride * number, step, cells, w, s, x)
        for i in range(size):
            ring, mask = ring_of(lane, wave + i)
            put_one(ring, mask, t, w[i])


@compiled
def carry_on(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """The states of a recurrence, whether they turn or not."""
    if tables.kind[o] == TURNING:
        turning(tables, plan, o, number, lane, t0, t1)
    else:
        recurrence(tables, plan, o, number, lane, t0, t1)


@compiled
def recurrence_still(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """The recurrence behind waves that stand still: once a step changes nothing, none does."""
    first, last = tables.output[o], tables.output[o] + tables.detail[o, 0]
    even = lane.even[first]
    carry_on(tables, plan, o, number, lane, t0, t0 + 1)
    still = True
    for wave in range(first, last):
        note(lane, wave, t0, t0 + 1)
        still &= lane.changed[wave] < t0
    if not still:
        if t1 > t0 + 1:
            carry_on(tables, plan, o, number, lane, t0 + 1, t1)
            for wave in range(first, last):
                note(lane, wave, t0 + 1, t1)
        return
    for wave in range(first, last):
        lane.even[wave] = even
        repeat(lane, wave, t0 + 1, t1)
