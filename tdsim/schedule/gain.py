"""Linear loops that make energy: waves in them would grow without limit.

Once round a loop, the waves b of an island become M(f) b. In a passive island no eigenvalue of M exceeds 1 at any
frequency; where an amplifier makes one exceed it, light that comes round in phase grows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..circuit import Circuit
from .graph import strong_components
from .system import LINE, System, build

FREQUENCIES = 256
LARGEST = 300
"""Islands of more waves than this are judged by the sizes of their coefficients alone."""


def growing_loops(circuit: Circuit, step: float) -> Iterator[tuple[float, list[str]]]:
    """For every island that can make energy: its largest gain once round, and the instances it goes through.

    Frequencies are taken from the band that samples `step` seconds apart can hold.
    """
    if all(i.device.passive or i.device.emit is not None for i in circuit.instances.values()):
        return
    system = build(circuit, 1, None)
    for island in _islands(system):
        if system.active.isdisjoint(island):
            continue
        gain = _largest_gain(system, island, step)
        if gain > 1 + 1e-9:
            yield gain, sorted({system.owner(w) for w in island})


def _islands(system: System) -> list[list[int]]:
    edges = [(s, w) for table in (system.rows, system.flows) for w, row in table.items() for s, _ in row]
    selfs = {a for a, b in edges if a == b and a not in system.flows}
    return [p for p in strong_components(len(system.names), edges) if len(p) > 1 or p[0] in selfs]


def _largest_gain(system: System, island: list[int], step: float) -> float:
    states = [w for w in island if w in system.flows]
    waves = [w for w in island if w not in system.flows]
    if len(island) > LARGEST:
        return _bound(system, waves)
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0.0], rng.uniform(-0.5 / step, 0.5 / step, FREQUENCIES - 1)])
    order = [*waves, *states]
    matrices = [_matrix(system, order, len(waves), f) for f in offsets]
    return float(max(np.abs(np.linalg.eigvals(m)).max() for m in matrices))


def _matrix(system: System, order: list[int], waves: int, f: float) -> np.ndarray:
    """M at an offset f (Hz) from the carrier, the states eliminated."""
    place = {w: i for i, w in enumerate(order)}
    delay = {line.entry: float(line.samples[0]) for line in system.lines}
    m = np.zeros((len(order), len(order)), dtype=complex)
    for wave in order:
        for (source, kind), value in (system.flows if wave in system.flows else system.rows).get(wave, {}).items():
            if source in place:
                turn = np.exp(2j * np.pi * f * delay[source]) if kind == LINE else 1
                m[place[wave], place[source]] += np.ravel(value)[0] * turn
    if waves == len(order):
        return m
    inner = -2j * np.pi * f * np.eye(len(order) - waves) - m[waves:, waves:]
    through: np.ndarray = m[:waves, :waves] + m[:waves, waves:] @ np.linalg.solve(inner, m[waves:, :waves])
    return through


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
