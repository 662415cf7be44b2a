"""The circuits that are timed, with whole delays in samples of 0.1 ps.

Each is described by a small tuple of numbers (its layout), from which both the Circuit and the hand-written loop are
made. Losses are such that nothing rings on for ever; phases are pseudo-random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any, NamedTuple

import numpy as np

import tdsim

STEP = 0.1e-12
"""Sample interval, s."""


class Torus(NamedTuple):
    """side x side nodes of a coupler and a tap; link k of a node leads to the next one in its row (0) or column (1)."""

    side: int
    delay: np.ndarray
    phase: np.ndarray
    loss: float = 0.1
    coupling: float = 0.5
    tap: float = 0.1


class Crow(NamedTuple):
    """Rings in a row, of two half rings each."""

    rings: int
    phase: np.ndarray
    delay: int = 18
    loss: float = 0.05
    inner: float = 0.36
    outer: float = 0.75


class Mesh(NamedTuple):
    """Columns of interferometers on `lines` lines, shifted by one from column to column; angles (columns, pairs, 2)."""

    lines: int
    angle: np.ndarray
    output: np.ndarray
    delay: int = 6
    loss: float = 0.01


class Ring(NamedTuple):
    """One coupler whose output comes back to it."""

    delay: int = 40
    phase: float = 0.3
    loss: float = 0.2
    coupling: float = 0.2


class Swirl(NamedTuple):
    """4 x 4 nodes of a tap in, a coupler and a tap out; phases of the links (row or column, node they lead to)."""

    phase: np.ndarray
    delay: int = 280
    loss: float = 4.0
    tap: float = 0.1


Layout = Torus | Crow | Mesh | Ring | Swirl


@dataclass(frozen=True)
class Case:
    """One circuit to time: samples enter at every external port of `inputs`, the signals of `save` are kept."""

    name: str
    layout: Layout
    circuit: Any
    inputs: tuple[str, ...]
    save: tuple[str, ...]

    @property
    def components(self) -> int:
        """Instances, each waveguide one."""
        return len(self.circuit.instances)

    def samples(self, runs: int, count: int) -> np.ndarray:
        """What enters, (inputs, runs, count): noise, so that every run differs."""
        rng = np.random.default_rng(1)
        parts = rng.standard_normal((2, len(self.inputs), runs, count))
        return (parts[0] + 1j * parts[1]).astype(complex)


def transmission(phase: Any, loss: float) -> Any:
    """Amplitude through a link with that phase (rad) and loss (dB)."""
    return 10 ** (-loss / 20) * np.exp(1j * np.asarray(phase))


# -- torus ----------------------------------------------------------------------------------------------------------


def torus(nodes: int) -> Case:
    """Every node reads from its left and its lower neighbour, 10 to 29 samples ago."""
    rng = np.random.default_rng(nodes)
    shape = (nodes, 2)
    layout = Torus(isqrt(nodes), rng.integers(10, 30, shape), rng.uniform(0, 2 * np.pi, shape))
    circuit = tdsim.Circuit(f"Torus of {nodes} nodes")
    for node in range(nodes):
        _add_torus_node(circuit, layout, node)
    ports = range(nodes)
    return Case(f"torus {nodes}", layout, circuit, tuple(f"in{n}" for n in ports), tuple(f"e(out{n})" for n in ports))


def torus_neighbours(node: int, side: int) -> tuple[int, int]:
    """The nodes that the row link and the column link of a node lead to."""
    row, column = divmod(node, side)
    return row * side + (column + 1) % side, (row + 1) % side * side + column


def _add_torus_node(circuit: Any, layout: Torus, n: int) -> None:
    circuit.add(f"x{n}", "coupler", f"row{n}", f"col{n}", f"up{n}", f"m{n}", coupling=layout.coupling)
    circuit.add(f"t{n}", "coupler", f"m{n}", f"s{n}", f"d{n}", f"right{n}", coupling=layout.tap)
    right, up = torus_neighbours(n, layout.side)
    for k, (start, end) in enumerate(((f"right{n}", f"row{right}"), (f"up{n}", f"col{up}"))):
        _link(circuit, f"w{n}_{k}", start, end, layout.delay[n, k], layout.phase[n, k], layout.loss)
    circuit.port(f"in{n}", f"s{n}").port(f"out{n}", f"d{n}")


def _link(circuit: Any, name: str, start: str, end: str, delay: Any, phase: Any, loss: float) -> None:
    circuit.add(name, "delay", start, end, time=int(delay) * STEP, phase=float(phase), loss=loss)


# -- rings ----------------------------------------------------------------------------------------------------------


def crow(rings: int) -> Case:
    """c_i.o3 -> a_i -> c_(i+1).o1, c_(i+1).o4 -> b_i -> c_i.o2."""
    layout = Crow(rings, np.random.default_rng(rings).uniform(-0.2, 0.2, (rings, 2)))
    circuit = tdsim.Circuit(f"{rings} coupled rings")
    for i in range(rings + 1):
        coupling = layout.outer if i in (0, rings) else layout.inner
        circuit.add(f"c{i}", "coupler", f"l{i}", f"u{i}", f"r{i}", f"d{i}", coupling=coupling)
    for i in range(rings):
        _link(circuit, f"a{i}", f"r{i}", f"l{i + 1}", layout.delay, layout.phase[i, 0], layout.loss)
        _link(circuit, f"b{i}", f"d{i + 1}", f"u{i}", layout.delay, layout.phase[i, 1], layout.loss)
    circuit.port("in", "l0").port("through", "d0").port("drop", f"r{rings}")
    return Case(f"crow {rings}", layout, circuit, ("in",), ("e(through)", "e(drop)"))


def ring() -> Case:
    """A coupler and a loop of 40 samples."""
    layout = Ring()
    circuit = tdsim.Circuit("A ring")
    circuit.add("c", "coupler", "i", "end", "start", "o", coupling=layout.coupling)
    _link(circuit, "w", "start", "end", layout.delay, layout.phase, layout.loss)
    circuit.port("in", "i").port("out", "o")
    return Case("ring", layout, circuit, ("in",), ("e(out)",))


# -- meshes ---------------------------------------------------------------------------------------------------------


def clements(lines: int) -> Case:
    """Interferometers `l.k` on lines 2k + l%2 and the next one; a phase shifter behind each line."""
    rng = np.random.default_rng(lines)
    angle = rng.uniform(0, 2 * np.pi, (lines, lines // 2, 2))
    layout = Mesh(lines, angle, rng.uniform(0, 2 * np.pi, lines))
    circuit = tdsim.Circuit(f"Mesh of {lines} lines")
    for column in range(lines):
        _add_column(circuit, layout, column)
    for k in range(lines):
        circuit.add(f"p{k}", "phase_shifter", f"w{lines}_{k}", f"o{k}", phase=layout.output[k])
        circuit.port(f"in{k}", f"w0_{k}").port(f"out{k}", f"o{k}")
    ports = range(lines)
    names = tuple(f"in{k}" for k in ports), tuple(f"e(out{k})" for k in ports)
    return Case(f"clements {lines}", layout, circuit, *names)


def mesh_pairs(lines: int, column: int) -> range:
    """The lower lines of the interferometers in a column."""
    return range(column % 2, lines - 1, 2)


def _add_column(circuit: Any, layout: Mesh, l: int) -> None:  # noqa: E741
    lone = set(range(layout.lines))
    for k in mesh_pairs(layout.lines, l):
        theta, phi = layout.angle[l, k // 2]
        nets = f"w{l}_{k}", f"w{l}_{k + 1}", f"v{l}_{k + 1}", f"v{l}_{k}"
        circuit.add(f"x{l}_{k}", "mzi", *nets, theta=theta, phi=phi)
        lone -= {k, k + 1}
    for k in range(layout.lines):
        start = f"w{l}_{k}" if k in lone else f"v{l}_{k}"
        _link(circuit, f"a{l}_{k}", start, f"w{l + 1}_{k}", layout.delay, 0.0, layout.loss)


# -- swirl ----------------------------------------------------------------------------------------------------------


def swirl_links(row: int, column: int) -> tuple[int, int]:
    """The nodes (0 to 15, or -1 past the rim) that the row link and the column link of a node lead to."""
    right, down = column + (1 if row < 2 else -1), row + (-1 if column < 2 else 1)
    along = row * 4 + right if 0 <= right < 4 else -1
    across = down * 4 + column if 0 <= down < 4 else -1
    return along, across


def swirl() -> Case:
    """Rows lead right in the upper half and left in the lower one, columns up on the left and down on the right."""
    layout = Swirl(np.random.default_rng(4).uniform(0, 2 * np.pi, (2, 16)))
    circuit = tdsim.Circuit("Swirl of 16 nodes")
    for n in range(16):
        circuit.add(f"i{n}", "coupler", f"row{n}", f"s{n}", f"nca{n}", f"a{n}", coupling=layout.tap)
        circuit.add(f"x{n}", "coupler", f"a{n}", f"col{n}", f"across{n}", f"b{n}")
        circuit.add(f"o{n}", "coupler", f"b{n}", f"ncb{n}", f"d{n}", f"along{n}", coupling=layout.tap)
        for k, (start, end) in enumerate(zip(("along", "across"), swirl_links(*divmod(n, 4)), strict=True)):
            if end >= 0:
                target = f"{('row', 'col')[k]}{end}"
                _link(circuit, f"w{n}_{k}", f"{start}{n}", target, layout.delay, layout.phase[k, end], layout.loss)
        circuit.port(f"in{n}", f"s{n}").port(f"out{n}", f"d{n}")
    ports = range(16)
    return Case("swirl 16", layout, circuit, tuple(f"in{n}" for n in ports), tuple(f"e(out{n})" for n in ports))


CASES: dict[str, Callable[[], Case]] = {
    **{f"torus-{n}": lambda n=n: torus(n) for n in (16, 64, 256, 1024)},
    **{f"crow-{n}": lambda n=n: crow(n) for n in (10, 100)},
    **{f"clements-{n}": lambda n=n: clements(n) for n in (8, 32)},
    "ring": ring,
    "swirl-16": swirl,
}
"""Builders by the names that `python -m tests.benchmarks` takes."""
