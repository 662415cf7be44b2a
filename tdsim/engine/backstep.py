"""The way back through one sample of states that turn their own phase: what a change before the step does to a cost.

The step (turning.py) is run again from where it began, and gone through from its end: with dL = Re(conj(b) dx) a linear
part x = F w + H s takes the adjoint b of x to F^H b and H^H b, and a turn y = x exp(i g |x|^2) takes b to

    exp(-i g |x|^2) b + 2 g k x,   k = Re(conj(b) i y),   dL/dg = k |x|^2

What the numbers of the step do to the cost (dL = Re(conj(sum) dnumber)) is summed up in the memory of the operation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..schedule.pack import Tables
from ..schedule.splitting import LENGTHS, TURNS
from .kernel import compiled
from .plan import Plan, read_one
from .rings import Lane, get_one, put_one, ring_of
from .turning import STAGES, move, shift, turn

Array = np.ndarray[Any, Any]


@compiled
def back_steps(tables: Tables, plan: Plan, o: int, number: int, lane: Lane, t0: int, t1: int) -> None:
    """One operation: its terms are what comes back to the carries after the step, the carries before it, its inputs."""
    wave, head, size = tables.output[o], tables.term_start[o], tables.detail[o, 0]
    inputs = tables.term_start[o + 1] - head - 2 * size
    first, stride, cells, memory = tables.detail[o, 1], tables.detail[o, 2], tables.detail[o, 3], tables.detail[o, 4]
    width = tables.lanes if stride else 1
    start = first + stride * number
    b, s, back = np.empty(size, np.complex128), np.empty(inputs, np.complex128), np.empty(inputs, np.complex128)
    track = np.empty((2 * STAGES + 2, size), np.complex128)
    for t in range(t0, t1):
        for i in range(size):
            ring, mask = ring_of(lane, wave + i)
            b[i] = read_one(plan.reads, head + i, t) + get_one(ring, mask, t - 1)
            track[0, i] = read_one(plan.reads, head + size + i, t)
        for j in range(inputs):
            s[j] = read_one(plan.reads, head + 2 * size + j, t)
        follow(tables.value, start, width, cells, s, track)
        go_back(tables.value, start, width, cells, s, track, lane.memory[memory:], b, back)
        for i in range(size):
            ring, mask = ring_of(lane, wave + i)
            put_one(ring, mask, t, b[i])
        for j in range(inputs):
            ring, mask = ring_of(lane, wave + size + j)
            put_one(ring, mask, t, back[j])


@compiled
def follow(value: Array, start: int, width: int, cells: int, s: Array, track: Array) -> None:
    """The states on their way through a step: track[2 k] before, track[2 k + 1] after the k-th turn."""
    size, inputs = track.shape[1], s.size
    free = start + (size * inputs + size + 4 * cells) * width
    held = free + len(LENGTHS) * size * size * width
    shift(value, start, width, inputs, track[0], s, 1.0)
    for stage in range(STAGES + 1):
        after = track[2 * stage + 1]
        after[:] = track[2 * stage]
        turn(value, start, width, size, inputs, cells, after, TURNS[stage])
        if stage < STAGES:
            move(value, free, held, width, min(stage, STAGES - 1 - stage), after, s, track[2 * stage + 2])


@compiled
def go_back(
    value: Array, start: int, width: int, cells: int, s: Array, track: Array, sums: Array, b: Array, back: Array
) -> None:
    """From the adjoint b of the carries after the step to that before it, and `back` to the inputs."""
    size, inputs = b.size, s.size
    gamma = size * inputs
    chi = gamma + size
    free = chi + cells
    held = free + len(LENGTHS) * size * size
    lead = start + 3 * cells * width  # the places of the cells stand before chi, and have no slopes
    x = np.empty(size, np.complex128)
    for j in range(inputs):
        back[j] = 0j
        for i in range(size):
            back[j] -= value[start + (i * inputs + j) * width].conjugate() * b[i]
            sums[i * inputs + j] -= b[i] * s[j].conjugate()
    for stage in range(STAGES, -1, -1):
        turn_back(value, start, width, size, inputs, cells, track[2 * stage + 1], TURNS[stage], sums, b)
        if stage == 0:
            break
        k, before = min(stage - 1, STAGES - stage), track[2 * stage - 1]
        for j in range(inputs):
            for i in range(size):
                place = held + (k * size + i) * inputs + j
                back[j] += value[lead + place * width].conjugate() * b[i]
                sums[place] += b[i] * s[j].conjugate()
        x[:] = 0j
        for i in range(size):
            for j in range(size):
                place = free + (k * size + i) * size + j
                x[j] += value[lead + place * width].conjugate() * b[i]
                sums[place] += b[i] * before[j].conjugate()
        b[:] = x
    for j in range(inputs):
        for i in range(size):
            back[j] += value[start + (i * inputs + j) * width].conjugate() * b[i]
            sums[i * inputs + j] += b[i] * s[j].conjugate()


@compiled
def turn_back(
    value: Array,
    start: int,
    width: int,
    size: int,
    inputs: int,
    cells: int,
    x: Array,
    part: float,
    sums: Array,
    b: Array,
) -> None:
    """Back through a turn that ended in x, which becomes what it was before its cells turned it."""
    gamma = size * inputs
    joins = start + (gamma + size) * width
    for i in range(size):
        g, energy = value[start + (gamma + i) * width].real, x[i].real * x[i].real + x[i].imag * x[i].imag
        k = b[i].imag * x[i].real - b[i].real * x[i].imag
        sums[gamma + i] += part * energy * k
        angle = g * part * energy
        back = complex(math.cos(angle), -math.sin(angle))
        x[i] *= back
        b[i] = back * b[i] + 2 * g * part * k * x[i]
    for cell in range(cells - 1, -1, -1):
        place = joins + 3 * cell * width
        a, q, p = int(value[place].real), int(value[place + width].real), int(value[place + 2 * width].real)
        strength = value[joins + (3 * cells + cell) * width].real * part
        k = b[a].real * x[a].imag - b[a].imag * x[a].real
        b[q] += strength * k
        sums[gamma + size + cell] += part * (x[q].real * k)
        angle = strength * x[q].real
        back = complex(math.cos(angle), math.sin(angle))
        x[a] *= back
        energy = x[a].real * x[a].real + x[a].imag * x[a].imag
        b[a] = back * b[a] - 2 * strength * b[p].real * x[a]
        sums[gamma + size + cell] -= part * energy * b[p].real
