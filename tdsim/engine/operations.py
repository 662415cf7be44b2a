"""The operations of a Program, over a window of samples of all lanes.

Each makes one wave (a recurrence: several) from earlier ones. Where all that it reads stands still, it repeats its
last sample instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..schedule.pack import ALLPASS, DRIVEN, RECURRENCE, ROW, TURNING, UNIFORM, Tables
from .kernel import compiled
from .simd import WIDTH, go_on, go_on_one, weigh, weigh_one
from .tape import Tapes, flushed, note_change, repeat, set_flushed, stands_still
from .turning import next_states


@compiled
def locate(tables: Tables, tapes: Tapes) -> None:
    """Note where terms read and operations write, less time times lanes: until tapes are shifted again."""
    lanes = tables.lanes
    for o in range(tables.output.size):
        wave = tables.output[o]
        tapes.writes[o] = tapes.base[wave] - tapes.origin[wave] * lanes
    for term in range(tables.term_wave.size):
        wave = tables.term_wave[term]
        tapes.reads[term] = tapes.base[wave] - (tapes.origin[wave] + max(tables.term_delay[term], 0)) * lanes


@compiled
def row_split(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """y[t] = sum of c x[t - d], where coefficients or delays differ between lanes."""
    re, im, lanes, wave = tapes.re, tapes.im, tables.lanes, tables.output[o]
    out = tapes.base[wave] + (t0 - tapes.origin[wave]) * lanes
    re[out : out + (t1 - t0) * lanes] = 0
    im[out : out + (t1 - t0) * lanes] = 0
    for term in range(tables.term_start[o], tables.term_start[o + 1]):
        value, stride = tables.term_value[term], tables.term_stride[term]
        if tables.term_delay[term] >= 0:
            a = tapes.reads[term] + t0 * lanes
            for t in range(t1 - t0):
                for lane in range(lanes):
                    n = t * lanes + lane
                    go_on_one(re, im, out + n, (a + n,), (tables.value[value + stride * lane],))
        else:
            for lane in range(lanes):
                c = tables.value[value + stride * lane]
                a = source_at(tables, tapes, term, t0, lane)
                for n in range(0, (t1 - t0) * lanes, lanes):
                    go_on_one(re, im, out + n + lane, (a + n,), (c,))
    for n in range(out, out + (t1 - t0) * lanes):
        set_flushed(re, im, n, complex(re[n], im[n]))


@compiled
def row_driven(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """y[t] = sum of c[t] x[t]: the coefficients are waves themselves."""
    re, im, lanes, wave = tapes.re, tapes.im, tables.lanes, tables.output[o]
    out = tapes.base[wave] + (t0 - tapes.origin[wave]) * lanes
    count = (t1 - t0) * lanes
    re[out : out + count] = 0
    im[out : out + count] = 0
    for term in range(tables.term_start[o], tables.term_start[o + 1]):
        a = tapes.reads[term] + t0 * lanes
        modulator = tables.term_value[term]
        c = tapes.base[modulator] + (t0 - tapes.origin[modulator]) * lanes
        for n in range(count):
            go_on_one(re, im, out + n, (a + n,), (complex(re[c + n], im[c + n]),))
    for n in range(out, out + count):
        set_flushed(re, im, n, complex(re[n], im[n]))


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
    re, im, memory = tapes.re, tapes.im, tapes.memory
    order, first, stride = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    width = lanes if stride else 1
    for lane in range(lanes):
        a = source_at(tables, tapes, term, t0, lane)
        out = tapes.base[wave] + (t0 - tapes.origin[wave]) * lanes + lane
        m = tables.detail[o, 3] * lanes + lane
        k0 = first + stride * lane
        c0 = k0 + order * width
        if tables.detail[o, 4]:
            for t in range(t1 - t0):
                f = memory[m]
                for i in range(order):
                    k, c = tables.value[k0 + i * width].real, tables.value[c0 + i * width].real
                    g = memory[m + (i + 1) * lanes] if i < order - 1 else complex(re[a + t * lanes], im[a + t * lanes])
                    memory[m + i * lanes] = flushed(c * g - k * f)
                    f = c * f + k * g
                set_flushed(re, im, out + t * lanes, f)
        else:
            for t in range(t1 - t0):
                f = complex(re[a + t * lanes], im[a + t * lanes])
                g = 0j
                for i in range(order - 1, -1, -1):
                    k, c = tables.value[k0 + i * width].real, tables.value[c0 + i * width].real
                    s = memory[m + i * lanes]
                    g = k * f + c * s
                    f = c * f - k * s
                    if i < order - 1:
                        memory[m + (i + 1) * lanes] = flushed(g)
                    else:
                        set_flushed(re, im, out + t * lanes, g)
                memory[m] = flushed(f)


@compiled
def recurrence(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """w[t] = F w[t-1] + G s[t-1-d]; the terms' delays already hold the one more sample."""
    re, im, base, origin = tapes.re, tapes.im, tapes.base, tapes.origin
    lanes, wave = tables.lanes, tables.output[o]
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
                    n = base[wave + j] + (t - 1 - origin[wave + j]) * lanes + lane
                    total += tables.value[first + (i * size + j) * width + stride * lane] * complex(re[n], im[n])
                for j in range(inputs):
                    n = source_at(tables, tapes, head + j, t, lane)
                    total += tables.value[drive + (i * inputs + j) * width + stride * lane] * complex(re[n], im[n])
                set_flushed(re, im, out + lane, total)


@compiled
def turning(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """A recurrence whose states also turn each other's phase."""
    re, im, base, origin = tapes.re, tapes.im, tapes.base, tapes.origin
    lanes, wave, cells = tables.lanes, tables.output[o], tables.detail[o, 3]
    size, first, stride = tables.detail[o, 0], tables.detail[o, 1], tables.detail[o, 2]
    width = lanes if stride else 1
    head, inputs = tables.term_start[o], tables.term_start[o + 1] - tables.term_start[o]
    w, x, s = np.empty(size, np.complex128), np.empty(size, np.complex128), np.empty(inputs, np.complex128)
    for t in range(t0, t1):
        for lane in range(lanes):
            for i in range(size):
                n = base[wave + i] + (t - 1 - origin[wave + i]) * lanes + lane
                w[i] = complex(re[n], im[n])
            for j in range(inputs):
                n = source_at(tables, tapes, head + j, t, lane)
                s[j] = complex(re[n], im[n])
            next_states(tables.value, first + stride * lane, width, size, inputs, cells, w, s, x)
            for i in range(size):
                set_flushed(re, im, base[wave + i] + (t - origin[wave + i]) * lanes + lane, w[i])


@compiled
def carry_on(tables: Tables, o: int, tapes: Tapes, t0: int, t1: int) -> None:
    """The states of a recurrence, whether they turn or not."""
    if tables.kind[o] == TURNING:
        turning(tables, o, tapes, t0, t1)
    else:
        recurrence(tables, o, tapes, t0, t1)


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
    carry_on(tables, o, tapes, t0, t0 + 1)
    for wave in range(first, last):
        note_change(tapes, wave, lanes, t0, t0 + 1)
    for wave in range(first, last):
        if tapes.changed[wave] == t0:
            carry_on(tables, o, tapes, t0 + 1, t1)
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
    elif kind in (RECURRENCE, TURNING):
        if still:
            recurrence_still(tables, o, tapes, t0, t1)
            return
        carry_on(tables, o, tapes, t0, t1)
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
def operate(tables: Tables, tapes: Tapes, first: int, last: int, begin: int, end: int, window: int, skip: bool) -> None:
    """Compute what the operations first <= o < last make for begin <= t < end, in windows.

    Uniform rows are computed here: y[t] = sum of c x[t - d] with coefficients and delays that all lanes share. NOTE:
    they call nothing that takes arrays, because handing arrays on costs more than a row of twenty samples.
    """
    re, im, changed, even, reads, writes = tapes.re, tapes.im, tapes.changed, tapes.even, tapes.reads, tapes.writes
    kind, detail, output, term_start = tables.kind, tables.detail, tables.output, tables.term_start
    term_wave, term_far, gain, lanes = tables.term_wave, tables.term_far, tables.term_gain, tables.lanes
    for t0 in range(begin, end, window):
        t1 = min(t0 + window, end)
        count = (t1 - t0) * lanes
        whole = count - count % WIDTH
        here = t0 * lanes
        for o in range(first, last):
            if kind[o] != ROW or detail[o, 0] != UNIFORM:
                single(tables, o, tapes, t0, t1, skip)
                continue
            wave, k, stop = output[o], term_start[o], term_start[o + 1]
            still = skip
            for term in range(k, stop):
                if changed[term_wave[term]] >= t0 - term_far[term]:
                    still = False
                    break
            if still:
                if even[wave] == 0:
                    repeat(tapes, wave, lanes, t0)
                continue
            out = writes[o] + here
            if stop - k == 1:
                a, ca = reads[k] + here, gain[k]
                for n in range(0, whole, WIDTH):
                    weigh(re, im, out + n, (a + n,), (ca,))
                for n in range(whole, count):
                    weigh_one(re, im, out + n, (a + n,), (ca,))
            elif stop - k == 2:
                a, b, ca, cb = reads[k] + here, reads[k + 1] + here, gain[k], gain[k + 1]
                for n in range(0, whole, WIDTH):
                    weigh(re, im, out + n, (a + n, b + n), (ca, cb))
                for n in range(whole, count):
                    weigh_one(re, im, out + n, (a + n, b + n), (ca, cb))
            elif stop - k == 3:
                a, b, c = reads[k] + here, reads[k + 1] + here, reads[k + 2] + here
                ca, cb, cc = gain[k], gain[k + 1], gain[k + 2]
                for n in range(0, whole, WIDTH):
                    weigh(re, im, out + n, (a + n, b + n, c + n), (ca, cb, cc))
                for n in range(whole, count):
                    weigh_one(re, im, out + n, (a + n, b + n, c + n), (ca, cb, cc))
            else:
                for n in range(out, out + count):
                    re[n] = im[n] = 0.0
                for term in range(k, stop):
                    a, ca = reads[term] + here, gain[term]
                    for n in range(0, whole, WIDTH):
                        go_on(re, im, out + n, (a + n,), (ca,))
                    for n in range(whole, count):
                        go_on_one(re, im, out + n, (a + n,), (ca,))
            for n in range(out + count - 1, out - 1, -1):
                if re[n] != re[n - lanes] or im[n] != im[n - lanes]:
                    changed[wave] = t0 + (n - out) // lanes
                    even[wave] = 0
                    break
