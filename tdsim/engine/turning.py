"""One sample of states that turn their own phase: schedule/splitting.py has the equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..schedule.splitting import LENGTHS, TURNS
from .kernel import compiled

Array = np.ndarray[Any, Any]

STAGES = 2 * len(LENGTHS)


@compiled
def turn(value: Array, start: int, width: int, size: int, inputs: int, cells: int, x: Array, part: float) -> None:
    """Turn each state by its energy and each resonator by its cell, and push the cells, for a part of a step."""
    gamma = start + size * inputs * width
    joins = gamma + size * width
    chi = joins + 3 * cells * width
    for cell in range(cells):
        place = joins + 3 * cell * width
        a, q, p = int(value[place].real), int(value[place + width].real), int(value[place + 2 * width].real)
        energy = x[a].real * x[a].real + x[a].imag * x[a].imag
        strength = value[chi + cell * width].real * part
        x[p] -= strength * energy
        angle = -strength * x[q].real
        x[a] *= complex(math.cos(angle), math.sin(angle))
    for i in range(size):
        g = value[gamma + i * width].real
        if g != 0.0:
            angle = g * part * (x[i].real * x[i].real + x[i].imag * x[i].imag)
            x[i] *= complex(math.cos(angle), math.sin(angle))


@compiled
def shift(value: Array, start: int, width: int, inputs: int, w: Array, s: Array, sign: float) -> None:
    """w + B1 s, or w - B1 s."""
    for i in range(w.size):
        total = w[i]
        for j in range(inputs):
            total += sign * value[start + (i * inputs + j) * width] * s[j]
        w[i] = total


@compiled
def move(value: Array, free: int, held: int, width: int, k: int, w: Array, s: Array, x: Array) -> None:
    """The linear motion during part k of a step, from w to x."""
    size, inputs = w.size, s.size
    for i in range(size):
        total = 0j
        for j in range(size):
            total += value[free + ((k * size + i) * size + j) * width] * w[j]
        for j in range(inputs):
            total += value[held + ((k * size + i) * inputs + j) * width] * s[j]
        x[i] = total


@compiled
def next_states(value: Array, start: int, width: int, cells: int, w: Array, s: Array, x: Array) -> None:
    """From the carries w of one sample and its drive s to the carries of the next one; x is room for as many numbers.

    value[start + k * width] is the k-th number of what pack.py lays out for the operation.
    """
    size, inputs = w.size, s.size
    free = start + (size * inputs + size + 4 * cells) * width
    held = free + len(LENGTHS) * size * size * width
    shift(value, start, width, inputs, w, s, 1.0)
    turn(value, start, width, size, inputs, cells, w, TURNS[0])
    for stage in range(STAGES):
        move(value, free, held, width, min(stage, STAGES - 1 - stage), w, s, x)
        w[:] = x
        turn(value, start, width, size, inputs, cells, w, TURNS[stage + 1])
    shift(value, start, width, inputs, w, s, -1.0)
