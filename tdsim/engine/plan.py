"""The operations of a Program as compiled code reads them: rows of numbers, with the addresses of one lane's rings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..schedule.pack import Tables
from .kernel import compiled, inlined
from .rings import Array, Lane, get, get_one, ring_of

KIND, FIRST, COUNT, WAVE, RING, MASK, TWIN, TWIN_RING, TWIN_MASK = range(9)
COLUMNS = 9


class Plan(NamedTuple):
    """What one lane computes.

    operations  (operations, COLUMNS): its KIND, the FIRST and the COUNT of its terms, the WAVE that it makes with the
                address and the mask of its RING, and the same of the other wave that it makes (TWIN, -1: none)
    reads       (terms, 3) address and mask of the ring that a term reads, and how many samples ago
    gains       (terms, 2) its coefficients in the wave and in the twin
    """

    operations: Array
    reads: Array
    gains: Array


@compiled
def empty_plan(tables: Tables) -> Plan:
    """Room for the plan of a program."""
    operations = np.zeros((tables.kind.size, COLUMNS), dtype=np.int64)
    terms = tables.term_wave.size
    return Plan(operations, np.zeros((terms, 3), dtype=np.int64), np.zeros((terms, 2), dtype=np.complex128))


@compiled
def make_plan(plan: Plan, tables: Tables, lane: Lane, number: int) -> None:
    """Fill in the plan of a lane, by its number."""
    for o in range(tables.kind.size):
        row, wave, twin, first = plan.operations[o], tables.output[o], tables.twin[o], tables.term_start[o]
        row[KIND], row[FIRST], row[COUNT] = tables.kind[o], first, tables.term_start[o + 1] - first
        row[WAVE], row[TWIN] = wave, twin
        row[RING], row[MASK] = ring_of(lane, wave)
        row[TWIN_RING], row[TWIN_MASK] = ring_of(lane, max(twin, 0))
    for k in range(tables.term_wave.size):
        delay = tables.term_delay[k]
        plan.reads[k, 0], plan.reads[k, 1] = ring_of(lane, tables.term_wave[k])
        plan.reads[k, 2] = delay if delay >= 0 else tables.lane_delay[-1 - delay + number]
        for twin in range(2):
            plan.gains[k, twin] = tables.value[tables.term_value[k, twin] + tables.term_stride[k, twin] * number]


@inlined
def place(reads: Array, k: int) -> Any:
    """Where term k reads: address and mask of a ring, samples ago."""
    return reads[k, 0], reads[k, 1], reads[k, 2]


@inlined
def read(place: Any, t: int) -> Any:
    """Eight samples from t on of what a term reads."""
    return get(place[0], place[1], t - place[2])


@inlined
def read_one(reads: Array, k: int, t: int) -> Any:
    """The sample at t of what term k reads."""
    return get_one(reads[k, 0], reads[k, 1], t - reads[k, 2])
