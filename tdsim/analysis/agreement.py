"""Light and voltages that make each other without a delay, over a window of samples at once: Newton's method.

Voltages follow from the light L at the detectors, v = Z(L), and light from voltages, L = O(v). What is sought is the
light with O(Z(L)) = L. A change of light moves voltages from that sample on, by the answer E of the electronics to a
pulse; a change of voltages moves light at once, by the slope A of the optics, sample by sample. So a step of the method
solves (1 - A E) dL = O(Z(L)) - L, lower triangular in time. E is found once a window, A as well and then brought up to
date by what each pass shows (Broyden's rule, at every sample). What A and E leave out (delays beside the instant path,
electronics that are not linear) only takes more passes.

A window depends on nothing but where it starts from, so that a run may be cut anywhere between windows.

Reference: C. G. Broyden, Math. Comp. 19, 577 (1965); E. Lelarasmee, A. E. Ruehli and A. L. Sangiovanni-Vincentelli,
IEEE Trans. CAD 1, 131 (1982) (relaxation of whole waveforms).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

PASSES = 12
"""Most passes over a window before it is given up."""

CLOSE = 1e-12
"""Voltages that a further pass would move by less than this, relative to 1 V or to their size, have converged."""

NUDGE = 1e-6
"""Voltages are moved by this, relative to 1 V or to their size, to see by how much light changes."""

PULSE, LEAST_PULSE = 1e-3, 1e-9
"""A pulse of light is this part of the light, or so many watts."""

TURN = 0.5
"""What 1 - A E may change by from one sample to the next, relative to itself: more of it may be another solution."""

Wave = Callable[[np.ndarray], np.ndarray]


class Agreed(NamedTuple):
    """Light (detectors, runs, samples), the voltages (followers, runs, samples) that it makes, and which runs' are so.

    Of the other runs they mean nothing.
    """

    light: np.ndarray
    voltages: np.ndarray
    solved: np.ndarray


def agree(voltages: Wave, light: Wave, start: Agreed) -> Agreed:
    """Solve a window. Every run goes by itself; not solved are those with no solution, or perhaps one of several.

    voltages, light  Z and O, always from the start of the window
    start            a guess of the light; runs that are solved already stay as they are
    """
    now, given = start.light, start.solved
    answer, usual = _answer(voltages, now)
    volts = np.where(given[:, None], start.voltages, usual)
    seen = light(volts)
    slope = _slope(light, volts, seen)
    solved, going = given.copy(), ~given
    for _ in range(PASSES):
        move = _move(_loop(slope, answer), seen - now)
        going &= np.isfinite(move).all(axis=(0, 2))
        move = np.where(going[:, None], move, 0.0)
        now = now + move
        closing = np.abs(_answered(answer, move)) <= CLOSE * np.maximum(1.0, np.abs(volts))
        ended = going & closing.all(axis=(0, 2))
        solved, going = solved | ended, going & ~ended
        if not going.any():
            break
        before, shown = volts, seen
        volts = np.where(going[:, None], voltages(now), volts)
        seen = light(volts)
        slope = _learnt(slope, volts - before, seen - shown)
    return Agreed(now, volts, given | (solved & _is_smooth(slope, answer)))


def _answer(voltages: Wave, light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """E: what a pulse of light at the first sample does to voltages, (runs, samples, followers, detectors).

    Also gives the voltages without it.
    """
    usual, columns = voltages(light), []
    for detector in range(light.shape[0]):
        pulse = PULSE * np.abs(light[detector]).max(axis=1) + LEAST_PULSE
        changed = light.copy()
        changed[detector, :, 0] += pulse
        columns.append((voltages(changed) - usual) / pulse[:, None])
    return np.stack(columns, axis=-1).transpose(1, 2, 0, 3), usual


def _slope(light: Wave, volts: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """A: by how much light changes with every voltage, (runs, samples, detectors, followers)."""
    columns = []
    for follower in range(volts.shape[0]):
        nudge = NUDGE * np.maximum(1.0, np.abs(volts[follower]))
        changed = volts.copy()
        changed[follower] += nudge
        columns.append((light(changed) - usual) / nudge)
    return np.stack(columns, axis=-1).transpose(1, 2, 0, 3)


def _learnt(slope: np.ndarray, volts: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The slope that agrees with what was seen last, and changes least."""
    dv, dl = volts.transpose(1, 2, 0)[..., None], light.transpose(1, 2, 0)[..., None]
    size = (dv * dv).sum(axis=2, keepdims=True)
    seen = size > NUDGE**4
    turn: np.ndarray = np.where(seen, (dl - slope @ dv) * dv.swapaxes(2, 3) / np.where(seen, size, 1.0), 0.0)
    turned: np.ndarray = slope + turn
    return turned


def _late(answer: np.ndarray) -> np.ndarray:
    """The answer to a pulse at every sample: (runs, samples, samples of the pulses, followers, detectors)."""
    lag = np.arange(answer.shape[1])[:, None] - np.arange(answer.shape[1])
    found: np.ndarray = np.where((lag >= 0)[:, :, None, None], answer[:, lag], 0.0)
    return found


def _loop(slope: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """1 - A E as a matrix (runs, samples * detectors, samples * detectors)."""
    runs, samples, detectors = slope.shape[:3]
    product = np.einsum("rndf,rnmfe->rndme", slope, _late(answer)).reshape(runs, samples * detectors, -1)
    loop: np.ndarray = np.eye(samples * detectors) - product
    return loop


def _move(loop: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """The change of light (detectors, runs, samples); not a number where there is none."""
    detectors, runs, samples = residual.shape
    right = residual.transpose(1, 2, 0).reshape(runs, -1, 1)
    found = np.full(right.shape, np.nan)
    for run in range(runs):
        with contextlib.suppress(np.linalg.LinAlgError):
            found[run] = np.linalg.solve(loop[run], right[run])
    return found.reshape(runs, samples, detectors).transpose(2, 0, 1)


def _answered(answer: np.ndarray, light: np.ndarray) -> np.ndarray:
    """What a change of light (detectors, runs, samples) does to voltages (followers, runs, samples)."""
    found: np.ndarray = np.einsum("rnmfd,drm->frn", _late(answer), light)
    return found


def _is_smooth(slope: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """Which runs are nowhere near a fold, every sample's solution going on from that of the one before: (runs,)."""
    instant = np.linalg.det(np.eye(slope.shape[2]) - slope @ answer[:, :1])
    alike = np.abs(np.diff(instant, axis=1)) <= TURN * np.abs(instant[:, 1:])
    smooth: np.ndarray = alike.all(axis=1) & (instant > 0).all(axis=1)
    return smooth
