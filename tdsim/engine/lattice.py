"""All-pass filters: fractional delays in loops."""

from __future__ import annotations

from ..schedule.pack import Tables
from .kernel import compiled
from .plan import Plan, read_one
from .rings import Lane, note, put_one, repeat, ring_of, tiny_to_zero


@compiled
def allpass(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """Normalised lattice: each section turns (wave, state) by an angle, so that their energy is kept exactly.

    The transposed form is the lattice run from the other end; it serves the backward wave of a link. `number` is that
    of the lane.
    """
    wave, term, memory = tables.output[o], tables.term_start[o], lane.memory
    ring, mask = ring_of(lane, wave)
    order, first, stride = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    m, transposed = tables.detail[o, 3], tables.detail[o, 4]
    step = tables.lanes if stride else 1
    sines = tables.value[first + stride * number :: step].real
    cosines = tables.value[first + order * step + stride * number :: step].real
    for t in range(t0, t1):
        f = read_one(plan.reads, term, t)
        if transposed:
            above, f = f, memory[m]
            for i in range(order):
                g = memory[m + i + 1] if i < order - 1 else above
                memory[m + i] = tiny_to_zero(cosines[i] * g - sines[i] * f)
                f = cosines[i] * f + sines[i] * g
        else:
            left = 0j
            for i in range(order - 1, -1, -1):
                s = memory[m + i]
                g = sines[i] * f + cosines[i] * s
                f = cosines[i] * f - sines[i] * s
                if i < order - 1:
                    memory[m + i + 1] = tiny_to_zero(g)
                else:
                    left = g
            memory[m] = tiny_to_zero(f)
            f = left
        put_one(ring, mask, t, f)


@compiled
def allpass_still(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """The all-pass behind a wave that stands still: once a sample leaves its states as they were, all do."""
    order, start, wave = tables.detail[o, 0], tables.detail[o, 3], tables.output[o]
    before = lane.memory[start : start + order].copy()
    even = lane.even[wave]
    allpass(tables, plan, o, number, lane, t0, t0 + 1)
    note(lane, wave, t0, t0 + 1)
    for n in range(order):
        if lane.memory[start + n] != before[n]:
            if t1 > t0 + 1:
                allpass(tables, plan, o, number, lane, t0 + 1, t1)
                note(lane, wave, t0 + 1, t1)
            return
    lane.even[wave] = even if lane.changed[wave] < t0 else t0
    repeat(lane, wave, t0 + 1, t1)
