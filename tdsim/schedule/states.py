"""Linear states (cavities) advanced by their exact exponential.

    dA/dt = M A + B s,   s(t) linear between samples   (first-order hold)
    A[n+1] = Phi A[n] + B0 s[n] + B1 s[n+1]

exact for any M and piecewise linear s; B0 and B1 come from one matrix exponential of the augmented system
(C. F. Van Loan, IEEE Trans. Autom. Control 23, 395 (1978)). Cavities that exchange energy directly (K elements,
both circulations of one ring) are advanced together. With `.options lossless=on` the trapezoidal rule gives Phi, B0
and B1 instead: less exact, but no energy is made or lost whatever arrives. A hold of higher order would be more exact
for smooth light, and amplify what is near half the sample rate.

The carry w[n] = A[n] - B1 s[n] depends on the past alone, so that the wave s[n] may itself depend on A[n]:

    w[n+1] = Phi w[n] + (Phi B1 + B0) s[n],   A[n] = w[n] + B1 s[n].
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from .graph import strong_components
from .splitting import turning
from .system import Delay, Recurrence, Row, System, add_delay, narrow


def discretise(system: System, step: float, starting: bool = False, turned: Collection[int] = ()) -> None:
    """Turn the flows of a system into recurrences and rows.

    starting  for the sample at t = 0: a state keeps the value that it has, whatever arrives
    turned    states to be advanced as ones that turn, even if they turn by nothing at present
    """
    for states in _joined(system):
        _advance(system, states, step, starting, not set(states).isdisjoint(turned))
    system.flows = {}


def _joined(system: System) -> list[list[int]]:
    """Groups of states that drive each other directly."""
    states = sorted(system.flows)
    place = {s: i for i, s in enumerate(states)}
    edges = []
    for state, row in system.flows.items():
        for source, _ in row:
            if source in place:
                edges += [(place[source], place[state]), (place[state], place[source])]
    for cell in system.cells:
        joined = [place[s] for s in (cell.resonator, cell.position, cell.momentum)]
        edges += [(a, b) for a in joined for b in joined if a != b]
    return [[states[i] for i in part] for part in strong_components(len(states), edges)]


def _advance(system: System, states: list[int], step: float, starting: bool, turned: bool) -> None:
    m, b, inputs = matrices(system, states)
    cells = [c for c in system.cells if c.resonator in states]
    turns = turning(m, b, step, [system.turns.get(s, 0j) for s in states], cells, states, turned)
    phi, b0, b1 = hold(system.lossless and turns is None)(m, b, step)
    carries = tuple(system.new(system.names[s] + "'") for s in states)
    delayed = tuple((wave, add_delay(delay, 1)) for wave, delay in inputs)
    drive = np.einsum("ijl,jkl->ikl", phi, b1) + b0
    if starting:
        turns = None
        phi, drive = np.zeros_like(phi) + np.eye(len(states))[:, :, None], np.zeros_like(drive)
    system.recurrences.append(Recurrence(carries, delayed, phi, drive, tuple(states), b1, turns))
    for i, (state, carry) in enumerate(zip(states, carries, strict=True)):
        row: Row = {(carry, 0): 1.0 + 0j}
        for j, source in enumerate(inputs):
            if np.any(b[:, j] != 0):
                row[source] = narrow(b1[i, j] * (0.0 if starting else 1.0))
        system.rows[state] = row


def matrices(system: System, states: list[int]) -> tuple[np.ndarray, np.ndarray, list[tuple[int, Delay]]]:
    """M (n, n, lanes or 1), B (n, inputs, lanes or 1) and the inputs (wave, delay) of a group of states."""
    place = {s: i for i, s in enumerate(states)}
    inputs = sorted({key for s in states for key in system.flows[s] if key[0] not in place}, key=str)
    column = {key: j for j, key in enumerate(inputs)}
    values = [c for s in states for c in system.flows[s].values()]
    lanes = max((c.size for c in values if isinstance(c, np.ndarray)), default=1)
    m = np.zeros((len(states), len(states), lanes), dtype=complex)
    b = np.zeros((len(states), len(inputs), lanes), dtype=complex)
    for i, state in enumerate(states):
        for key, value in system.flows[state].items():
            if key[0] in place:
                m[i, place[key[0]]] += value
            else:
                b[i, column[key]] += value
    return m, b, inputs


Hold = Callable[[np.ndarray, np.ndarray, float], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Phi, B0, B1 of dA/dt = M A + B s over one step, from M, B and the step; all arrays end in an axis of lanes."""


def hold(lossless: bool) -> Hold:
    """How states are advanced where none of them turns."""
    return trapezoidal_rule if lossless else first_order_hold


def trapezoidal_rule(m: np.ndarray, b: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Phi = (1 - M h)^-1 (1 + M h) and B0 = B1 = (1 - M h)^-1 B h, h half a step.

    With x[n] = (1 - M h) A[n] - B h s[n] and a lossless M, B and output, |x[n + 1]|^2 - |x[n]|^2 is what enters less
    what leaves at sample n, times the step: the energy is kept for any input.
    """
    h, one = step / 2, np.eye(m.shape[0])
    matrix, drive = np.moveaxis(m, -1, 0) * h, np.moveaxis(b, -1, 0) * h
    phi, half = np.linalg.solve(one - matrix, one + matrix), np.linalg.solve(one - matrix, drive)
    carried, driven = np.moveaxis(phi, 0, -1), np.moveaxis(half, 0, -1)
    return carried, driven, driven


def first_order_hold(m: np.ndarray, b: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Phi, B0, B1 of dA/dt = M A + B s over one step; all arrays end in an axis of lanes."""
    from scipy.linalg import expm

    n, inputs, lanes = b.shape
    augmented = np.zeros((lanes, n + 2 * inputs, n + 2 * inputs), dtype=complex)
    augmented[:, :n, :n] = np.moveaxis(m, -1, 0) * step
    augmented[:, :n, n : n + inputs] = np.moveaxis(b, -1, 0) * step
    augmented[:, n : n + inputs, n + inputs :] = np.eye(inputs)
    whole = np.stack([expm(a) for a in augmented])
    phi, held, ramp = whole[:, :n, :n], whole[:, :n, n : n + inputs], whole[:, :n, n + inputs :]
    return tuple(np.moveaxis(x, 0, -1) for x in (phi, held - ramp, ramp))  # type: ignore[return-value]
