"""The operations of a Program, over a window of samples of all lanes.

Each makes one wave (a recurrence: several) from earlier ones. Where all that it reads stands still, it repeats its
last sample instead.
"""

from __future__ import annotations

from typing import Any

from ..schedule.pack import ALLPASS, DRIVEN, RECURRENCE, ROW, UNIFORM, Tables
from .kernel import compiled
from .tape import Tapes, flushed, note_change, repeat, stands_still


@compiled
def place(tables: Tables, tapes: Tapes, term: int, t: int) -> Any:
    """Where a term of uniform delay reads at time t."""
    wave = tables.term_wave[term]
    return tapes.base[wave] + (t - tables.term_delay[term] - tapes.origin[wave]) * tables.lanes


@compiled
def rows_uniform(tables: Tables, o: int, stop: int, tapes: Tapes, t0: int, t1: int, skip: bool) -> int:
    """y[t] = sum of c x[t - d] with coefficients and delays that all lanes share, for operations o, o + 1, ...

    Stops at the first operation of another kind and returns its number. NOTE: one call serves many rows because a
    call that hands arrays on costs more than a row of twenty samples.
    """
    lanes, kind, detail, output = tables.lanes, tables.kind, tables.detail, tables.output
    term_start, term_wave, term_delay = tables.term_start, tables.term_wave, tables.term_delay
    term_far, term_value, value = tables.term_far, tables.term_value, tables.value
    tape, base, origin, changed, even = tapes.samples, tapes.base, tapes.origin, tapes.changed, tapes.even
    count = (t1 - t0) * lanes
    while o < stop and kind[o] == ROW and detail[o, 0] == UNIFORM:
        wave, first, size = output[o], term_start[o], term_start[o + 1] - term_start[o]
        out = base[wave] + (t0 - origin[wave]) * lanes
        o += 1
        still = skip
        for term in range(first, first + size):
            if changed[term_wave[term]] >= t0 - term_far[term]:
                still = False
                break
        if still:
            if even[wave] == 0:
                repeat(tapes, wave, lanes, t0)
            continue
        if size == 0:
            for n in range(count):
                tape[out + n] = 0
        else:
            a = base[term_wave[first]] + (t0 - term_delay[first] - origin[term_wave[first]]) * lanes
            ca = value[term_value[first]]
            if size == 1:
                for n in range(count):
                    tape[out + n] = flushed(ca * tape[a + n])
            else:
                second = first + 1
                b = base[term_wave[second]] + (t0 - term_delay[second] - origin[term_wave[second]]) * lanes
                cb = value[term_value[second]]
                if size == 2:
                    for n in range(count):
                        tape[out + n] = flushed(ca * tape[a + n] + cb * tape[b + n])
                else:
                    third = first + 2
                    c = base[term_wave[third]] + (t0 - term_delay[third] - origin[term_wave[third]]) * lanes
                    cc = value[term_value[third]]
                    if size == 3:
                        for n in range(count):
                            tape[out + n] = flushed(ca * tape[a + n] + cb * tape[b + n] + cc * tape[c + n])
                    else:
                        for n in range(count):
                            tape[out + n] = ca * tape[a + n] + cb * tape[b + n] + cc * tape[c + n]
                        for term in range(first + 3, first + size):
                            d = base[term_wave[term]] + (t0 - term_delay[term] - origin[term_wave[term]]) * lanes
                            cd = value[term_value[term]]
                            for n in range(count):
                                tape[out + n] += cd * tape[d + n]
                        for n in range(count):
                            tape[out + n] = flushed(tape[out + n])
        for n in range(out + count - 1, out - 1, -1):
            if tape[n] != tape[n - lanes]:
                changed[wave] = t0 + (n - out) // lanes
                even[wave] = 0
                break
    return o


@compiled
def row_split(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """y[t] = sum of c x[t - d], where coefficients or delays differ between lanes."""
    lanes, wave = tables.lanes, tables.output[o]
    tape, base, origin = tapes.samples, tapes.base, tapes.origin
    out = base[wave] + (t0 - origin[wave]) * lanes
    tape[out : out + (t1 - t0) * lanes] = 0
    for term in range(tables.term_start[o], tables.term_start[o + 1]):
        value, stride = tables.term_value[term], tables.term_stride[term]
        if tables.term_delay[term] >= 0:
            a = place(tables, tapes, term, t0)
            for t in range(t1 - t0):
                for lane in range(lanes):
                    c = tables.value[value + stride * lane]
                    tape[out + t * lanes + lane] += c * tape[a + t * lanes + lane]
        else:
            source = tables.term_wave[term]
            for lane in range(lanes):
                c = tables.value[value + stride * lane]
                delay = tables.lane_delay[-1 - tables.term_delay[term] + lane]
                a = base[source] + (t0 - delay - origin[source]) * lanes + lane
                for t in range(t1 - t0):
                    tape[out + t * lanes + lane] += c * tape[a + t * lanes]
    for n in range((t1 - t0) * lanes):
        tape[out + n] = flushed(tape[out + n])


@compiled
def row_driven(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """y[t] = sum of c[t] x[t]: the coefficients are waves themselves."""
    lanes, wave = tables.lanes, tables.output[o]
    tape, base, origin = tapes.samples, tapes.base, tapes.origin
    out = base[wave] + (t0 - origin[wave]) * lanes
    count = (t1 - t0) * lanes
    tape[out : out + count] = 0
    for term in range(tables.term_start[o], tables.term_start[o + 1]):
        a = place(tables, tapes, term, t0)
        modulator = tables.term_value[term]
        c = base[modulator] + (t0 - origin[modulator]) * lanes
        for n in range(count):
            tape[out + n] += tape[c + n] * tape[a + n]
    for n in range(count):
        tape[out + n] = flushed(tape[out + n])


@compiled
def source_at(tables: Tables, tapes: Tapes, term: int, t: int, lane: int) -> Any:
    """Where a term reads at time t in one lane."""
    wave, delay = tables.term_wave[term], tables.term_delay[term]
    if delay < 0:
        delay = tables.lane_delay[-1 - delay + lane]
    return tapes.base[wave] + (t - delay - tapes.origin[wave]) * tables.lanes + lane


@compiled
def allpass(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """Normalised lattice: each section turns (wave, state) by an angle, so that their energy is kept exactly.

    The transposed form is the lattice run from the other end; it serves the backward wave of a link.
    """
    lanes, wave, term = tables.lanes, tables.output[o], tables.term_start[o]
    tape, base, origin, memory = tapes.samples, tapes.base, tapes.origin, tapes.memory
    order, first, stride = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    width = lanes if stride else 1
    for lane in range(lanes):
        a = source_at(tables, tapes, term, t0, lane)
        out = base[wave] + (t0 - origin[wave]) * lanes + lane
        m = tables.detail[o, 3] * lanes + lane
        k0 = first + stride * lane
        c0 = k0 + order * width
        if tables.detail[o, 4]:
            for t in range(t1 - t0):
                f = memory[m]
                for i in range(order):
                    k, c = tables.value[k0 + i * width].real, tables.value[c0 + i * width].real
                    g = memory[m + (i + 1) * lanes] if i < order - 1 else tape[a + t * lanes]
                    memory[m + i * lanes] = flushed(c * g - k * f)
                    f = c * f + k * g
                tape[out + t * lanes] = flushed(f)
        else:
            for t in range(t1 - t0):
                f = tape[a + t * lanes]
                g = 0j
                for i in range(order - 1, -1, -1):
                    k, c = tables.value[k0 + i * width].real, tables.value[c0 + i * width].real
                    s = memory[m + i * lanes]
                    g = k * f + c * s
                    f = c * f - k * s
                    if i < order - 1:
                        memory[m + (i + 1) * lanes] = flushed(g)
                    else:
                        tape[out + t * lanes] = flushed(g)
                memory[m] = flushed(f)


@compiled
def recurrence(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """w[t] = F w[t-1] + G s[t-1-d]; the terms' delays already hold the one more sample."""
    lanes, wave = tables.lanes, tables.output[o]
    tape, base, origin = tapes.samples, tapes.base, tapes.origin
    size, first, stride = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    width = lanes if stride else 1
    head, inputs = tables.term_start[o], tables.term_start[o + 1] - tables.term_start[o]
    drive = first + size * size * width
    for t in range(t0, t1):
        for i in range(size):
            out = base[wave + i] + (t - origin[wave + i]) * lanes
            for lane in range(lanes):
                total = 0j
                for j in range(size):
                    before = base[wave + j] + (t - 1 - origin[wave + j]) * lanes + lane
                    total += tables.value[first + (i * size + j) * width + stride * lane] * tape[before]
                for j in range(inputs):
                    g = tables.value[drive + (i * inputs + j) * width + stride * lane]
                    total += g * tape[source_at(tables, tapes, head + j, t, lane)]
                tape[out + lane] = flushed(total)


@compiled
def allpass_still(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """The all-pass behind a wave that stands still: once a sample leaves its states as they were, all do."""
    size = tables.detail[o, 0] * tables.lanes
    start = tables.detail[o, 3] * tables.lanes
    before = tapes.memory[start : start + size].copy()
    allpass(tables, o, tapes, t0, t0 + 1)
    wave = tables.output[o]
    note_change(tapes, wave, tables.lanes, t0, t0 + 1)
    for n in range(size):
        if tapes.memory[start + n] != before[n]:
            allpass(tables, o, tapes, t0 + 1, t1)
            note_change(tapes, wave, tables.lanes, t0 + 1, t1)
            return
    repeat(tapes, wave, tables.lanes, t0 + 1)


@compiled
def recurrence_still(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """The recurrence behind waves that stand still: once a step changes nothing, none does."""
    lanes = tables.lanes
    first, last = tables.output[o], tables.output[o] + tables.detail[o, 0]
    recurrence(tables, o, tapes, t0, t0 + 1)
    for wave in range(first, last):
        note_change(tapes, wave, lanes, t0, t0 + 1)
    for wave in range(first, last):
        if tapes.changed[wave] == t0:
            recurrence(tables, o, tapes, t0 + 1, t1)
            for other in range(first, last):
                note_change(tapes, other, lanes, t0 + 1, t1)
            return
    for wave in range(first, last):
        repeat(tapes, wave, lanes, t0 + 1)


@compiled
def single(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int, skip: bool) -> None:
    """One operation that is not a uniform row."""
    kind, wave, lanes = tables.kind[o], tables.output[o], tables.lanes
    still = skip and stands_still(tables, o, tapes.changed, t0)
    if kind == ALLPASS:
        if still:
            allpass_still(tables, o, tapes, t0, t1)
            return
        allpass(tables, o, tapes, t0, t1)
    elif kind == RECURRENCE:
        if still:
            recurrence_still(tables, o, tapes, t0, t1)
            return
        recurrence(tables, o, tapes, t0, t1)
        for other in range(wave + 1, wave + tables.detail[o, 0]):
            note_change(tapes, other, lanes, t0, t1)
    elif still:
        repeat(tapes, wave, lanes, t0)
        return
    elif kind == DRIVEN:
        row_driven(tables, o, tapes, t0, t1)
    else:
        row_split(tables, o, tapes, t0, t1)
    note_change(tapes, wave, lanes, t0, t1)


@compiled
def operate(tables: Tables, first: int, last: int, tapes: Tapes, t0: int, t1: int, skip: bool) -> None:
    """Compute what the operations first <= o < last make, for the samples t0 <= t < t1."""
    o = first
    while o < last:
        o = rows_uniform(tables, o, last, tapes, t0, t1, skip)
        if o < last:
            single(tables, o, tapes, t0, t1, skip)
            o += 1
