"""Linear loops that make energy: waves in them would grow without limit.

From one pass through the delay lines of an island to the next, the waves u that enter them become M(f) u. In a passive
island no eigenvalue of M exceeds 1 at any frequency; where an amplifier makes one exceed it, light that comes back in
phase grows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..circuit import Circuit
from .build import build
from .graph import strong_components
from .system import LINE, System

FREQUENCIES = 256
LARGEST = 300
"""Islands of more waves than this are judged by the sizes of their coefficients alone."""


def growing_loops(circuit: Circuit, step: float) -> Iterator[tuple[float, list[str]]]:
    """For every island that can make energy: its largest gain from pass to pass, and the instances it goes through.

    Frequencies are taken from the band that samples `step` seconds apart can hold.
    """
    if all(i.device.passive or i.device.emit is not None for i in circuit.instances.values()):
        return
    system = build(circuit, 1, None)
    said = set()
    for island in _islands(system):
        if system.active.isdisjoint(island):
            continue
        gain = _largest_gain(system, island, step)
        who = tuple(sorted({system.owner(w) for w in island}))
        if gain > 1 + 1e-9 and who not in said:
            said.add(who)
            yield gain, list(who)


def _islands(system: System) -> list[list[int]]:
    edges = [(s, w) for table in (system.rows, system.flows) for w, row in table.items() for s, _ in row]
    selfs = {a for a, b in edges if a == b and a not in system.flows}
    return [p for p in strong_components(len(system.names), edges) if len(p) > 1 or p[0] in selfs]


def _largest_gain(system: System, island: list[int], step: float) -> float:
    if len(island) > LARGEST:
        return _bound(system, [w for w in island if w not in system.flows])
    delay = {line.entry: float(line.samples[0]) for line in system.lines}
    entries = [w for w in island if w in delay]
    if not entries:
        return 0.0
    order = entries + [w for w in island if w not in delay]
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0.0], rng.uniform(-0.5 / step, 0.5 / step, FREQUENCIES - 1)])
    matrices = [_between_lines(system, order, delay, f) for f in offsets]
    return float(max(np.abs(np.linalg.eigvals(m)).max() for m in matrices))


def _between_lines(system: System, order: list[int], delay: dict[int, float], f: float) -> np.ndarray:
    """M at an offset f (Hz) from the carrier: the line entries come first in `order`, the rest is eliminated."""
    place = {w: i for i, w in enumerate(order)}
    m = np.zeros((len(order), len(order)), dtype=complex)
    for wave in order:
        for (source, kind), value in (system.flows if wave in system.flows else system.rows).get(wave, {}).items():
            if source in place:
                turn = np.exp(2j * np.pi * f * delay[source]) if kind == LINE else 1
                m[place[wave], place[source]] += np.ravel(value)[0] * turn
    lines = sum(w in delay for w in order)
    own = np.array([-2j * np.pi * f if w in system.flows else 1 for w in order[lines:]])
    inner = np.diag(own) - m[lines:, lines:]
    passed: np.ndarray = m[:lines, :lines] + m[:lines, lines:] @ np.linalg.solve(inner, m[lines:, :lines])
    return passed


def _bound(system: System, waves: list[int]) -> float:
    """The largest eigenvalue of the matrix of absolute values, by power iteration: never below the true gain."""
    from scipy.sparse import csr_array

    place = {w: i for i, w in enumerate(waves)}
    entries = [
        (abs(np.ravel(value)[0]), place[wave], place[source])
        for wave in waves
        for (source, _), value in system.rows.get(wave, {}).items()
        if source in place
    ]
    values, rows, columns = zip(*entries, strict=True)
    matrix = csr_array((values, (rows, columns)), shape=(len(waves), len(waves)))
    vector, gain = np.ones(len(waves)), 0.0
    for _ in range(100):
        vector = 0.5 * (vector + matrix @ vector)
        gain = float(np.linalg.norm(vector))
        vector /= gain
    return 2 * gain - 1
