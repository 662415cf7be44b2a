"""A state run backwards: the plan of schedule/mirror.py carried out on the samples of a State."""

from __future__ import annotations

import numpy as np

from ..schedule.mirror import Reversal


def reversed_samples(
    history: np.ndarray, memory: np.ndarray, depth: np.ndarray, plan: Reversal
) -> tuple[np.ndarray, np.ndarray]:
    """History and memory of a State (see there) after time has been turned round at the last sample."""
    ends = np.cumsum(depth)
    found = np.zeros_like(history)
    for (wave, other), span, factor in zip(plan.swaps, plan.span, plan.factor, strict=True):
        if other >= 0:
            _swap(history, found, (ends[wave], ends[other]), span, factor)
    _carry(history, found, ends, plan)
    return found, _filter(history, memory, ends, plan)


def _swap(history: np.ndarray, found: np.ndarray, ends: tuple[int, int], span: np.ndarray, factor: np.ndarray) -> None:
    """The last span + 1 samples of one wave, reversed and conjugated, as those of another; span may differ by lane."""
    end, other = ends
    for count in np.unique(span):
        lanes = span == count
        piece = history[other - count - 1 : other][::-1].conj() * factor
        found[end - count - 1 : end][:, lanes] = piece[:, lanes]


def _carry(history: np.ndarray, found: np.ndarray, ends: np.ndarray, plan: Reversal) -> None:
    """States: A = w + B1 s now, its conjugate afterwards, and w from that again."""
    last = ends[plan.carries[:, 0]] - 1
    state = history[last]
    for (n, wave, delay), ahead in zip(plan.inputs, plan.ahead, strict=True):
        state[n] += ahead * history[ends[wave] - 1 - delay]
    own = {place: n for n, place in enumerate(plan.carries[:, 0])}
    taken = [own[other] for other in plan.carries[:, 1]]
    turned = plan.carries[:, 2, None, None] * state[taken].conj()
    for (n, wave, delay), ahead in zip(plan.inputs, plan.ahead, strict=True):
        turned[n] -= ahead * found[ends[wave] - 1 - delay]
    found[last] = turned


def without_kick(history: np.ndarray, depth: np.ndarray, before: Reversal, after: Reversal) -> np.ndarray:
    """A history for other parameters, in which every state is what it was: w + B1 s, although B1 has changed."""
    if before.inputs.shape == after.inputs.shape and np.array_equal(before.ahead, after.ahead):
        return history
    ends, found = np.cumsum(depth), history.copy()
    for plan, sign in ((before, 1.0), (after, -1.0)):
        for (n, wave, delay), ahead in zip(plan.inputs, plan.ahead, strict=True):
            found[ends[plan.carries[n, 0]] - 1] += sign * ahead * history[ends[wave] - 1 - delay]
    return found


def _filter(history: np.ndarray, memory: np.ndarray, ends: np.ndarray, plan: Reversal) -> np.ndarray:
    """The memories of all-pass filters: conjugates of those of the other direction, one sample later."""
    found = np.zeros_like(memory)
    for (own, other, order, transposed, drive), k, turn in zip(plan.filters, plan.k, plan.turn, strict=True):
        wave = turn * history[ends[drive] - 1].conj() if drive >= 0 else np.zeros_like(turn)
        before = turn * memory[other : other + order].conj()
        found[own : own + order] = lattice(k[:order], bool(transposed), before, wave)
    return found


def lattice(k: np.ndarray, transposed: bool, memory: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """The memory (order, ...) of a normalised lattice, reflections k (order, ...), after one more sample of a wave.

    engine/lattice.py is the same in compiled form.
    """
    m, order, c = memory.copy(), len(k), np.sqrt(1 - k**2)
    if transposed:
        f = m[0].copy()
        for i in range(order):
            g = m[i + 1].copy() if i < order - 1 else wave
            m[i], f = c[i] * g - k[i] * f, c[i] * f + k[i] * g
        return m
    f = wave
    for i in range(order - 1, -1, -1):
        g, f = k[i] * f + c[i] * m[i], c[i] * f - k[i] * m[i]
        if i < order - 1:
            m[i + 1] = g
    m[0] = f
    return m
