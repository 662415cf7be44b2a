"""The opponents: a compiled loop for each circuit, with everything known beforehand done beforehand.

What they leave out of what tdsim does: no limits on delays, no flushing of tiny waves, no check that waves are
finite, no snapshot, and inputs and outputs in the layout that suits them (real and imaginary parts apart, eight runs
side by side, padded to whole vectors). Double precision; fused and reordered signs of zero are allowed (see lanes.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from tdsim.schedule.islands import find_islands

from . import kernels
from .circuits import Case, Crow, Mesh, Ring, Swirl, Torus, mesh_pairs, swirl_links, torus_neighbours, transmission
from .lanes import WIDTH

LONGEST_WINDOW = {1: 128, WIDTH: 32}
"""Samples that pay best for one run and for eight side by side, where delays allow more."""
PIECE_NUMBERS = 1 << 14
"""Numbers of outputs held at once."""

Read = tuple[int, int]
"""(wave, samples ago)."""

Key = int | tuple[str, int]
"""A wave, or ("out", n) for what leaves node n."""


class Node(NamedTuple):
    """What one turn of a loop computes: waves by number, an input is -1 - its number, nothing at all is None."""

    reads: tuple[Read | None, Read | None]
    writes: tuple[int | None, int | None]
    gains: Sequence[float]
    source: int | None = None
    output: int | None = None


class Plan(NamedTuple):
    """A circuit as a list of nodes. `outputs` are the waves to keep when nodes have no outputs of their own."""

    kernel: Callable[..., None]
    nodes: list[Node]
    outputs: tuple[int, ...] = ()


def parts(*values: complex) -> list[float]:
    """Real and imaginary parts one after another."""
    return [float(part) for value in values for part in (complex(value).real, complex(value).imag)]


@singledispatch
def plan(layout: Any) -> Plan:
    """The nodes of a circuit."""
    raise TypeError(f"no loop is written for {layout}")


@plan.register
def _(layout: Torus) -> Plan:
    t, ik = np.sqrt(1 - layout.coupling), 1j * np.sqrt(layout.coupling)
    count = layout.side**2
    incoming: dict[tuple[int, int], Read] = {}
    gain = {}
    for n in range(count):
        for k, end in enumerate(torus_neighbours(n, layout.side)):
            incoming[end, k] = (2 * n + k, int(layout.delay[n, k]))
            gain[end, k] = transmission(layout.phase[n, k], layout.loss)
    tap = [np.sqrt(1 - layout.tap), np.sqrt(layout.tap)]
    nodes = []
    for n in range(count):
        a, b = gain[n, 0], gain[n, 1]
        gains = parts(ik * a, t * b, t * a, ik * b) + tap
        nodes.append(Node((incoming[n, 0], incoming[n, 1]), (2 * n, 2 * n + 1), gains, n, n))
    return Plan(kernels.torus, nodes)


@plan.register
def _(layout: Swirl) -> Plan:
    t, k = np.sqrt(0.5), np.sqrt(0.5)
    tt, tk = np.sqrt(1 - layout.tap), np.sqrt(layout.tap)
    incoming: dict[tuple[int, int], Read] = {}
    for n in range(16):
        for way, end in enumerate(swirl_links(*divmod(n, 4))):
            incoming[end, way] = (2 * n + way, layout.delay)
    nodes = []
    for n in range(16):
        a, b = tt * transmission(layout.phase[0, n], layout.loss), transmission(layout.phase[1, n], layout.loss)
        gains = [*parts(1j * k * a, t * b, t * a, 1j * k * b), -k * tk, t * tk, tt, tk]
        nodes.append(Node((incoming.get((n, 0)), incoming.get((n, 1))), (2 * n, 2 * n + 1), gains, n, n))
    return Plan(kernels.swirl, nodes)


@plan.register
def _(layout: Ring) -> Plan:
    t, ik = np.sqrt(1 - layout.coupling), 1j * np.sqrt(layout.coupling)
    back = transmission(layout.phase, layout.loss)
    gains = parts(ik, t * back, t, ik * back)
    return Plan(kernels.pairs, [Node(((-1, 0), (0, layout.delay)), (0, 1), gains)], (1,))


@plan.register
def _(layout: Crow) -> Plan:
    nodes = []
    for i in range(layout.rings + 1):
        coupling = layout.outer if i in (0, layout.rings) else layout.inner
        t, ik = np.sqrt(1 - coupling), 1j * np.sqrt(coupling)
        a = transmission(layout.phase[i - 1, 0], layout.loss) if i else 1.0
        b = transmission(layout.phase[i, 1], layout.loss) if i < layout.rings else 0.0
        left = (2 * i - 2, layout.delay) if i else (-1, 0)
        right = (2 * i + 3, layout.delay) if i < layout.rings else None
        nodes.append(Node((left, right), (2 * i, 2 * i + 1), parts(ik * a, t * b, t * a, ik * b)))
    return Plan(kernels.pairs, nodes, (1, 2 * layout.rings))


@plan.register
def _(layout: Mesh) -> Plan:
    """Lines that pass a column by are folded into the reads behind it, output phases into the last nodes."""
    step = transmission(0.0, layout.loss)
    reads: list[Read] = [(-1 - k, 0) for k in range(layout.lines)]
    gain = np.ones(layout.lines, dtype=complex)
    nodes: list[Node] = []
    for column in range(layout.lines):
        wave = 2 * len(nodes)
        pairs = {k: wave + 2 * i for i, k in enumerate(mesh_pairs(layout.lines, column))}
        for k, w in pairs.items():
            gains = interferometer(*layout.angle[column, k // 2], gain[k], gain[k + 1])
            nodes.append(Node((reads[k], reads[k + 1]), (w, w + 1), parts(*gains)))
        moved = {k: (w, 0) for k, w in pairs.items()} | {k + 1: (w + 1, 0) for k, w in pairs.items()}
        gain = np.where([k in moved for k in range(layout.lines)], step, gain * step)
        reads = [moved.get(k, reads[k]) for k in range(layout.lines)]
        reads = [(w, d + layout.delay) for w, d in reads]
    return _with_ends(layout, nodes, reads, gain * np.exp(1j * layout.output))


def interferometer(theta: float, phi: float, lower: complex, upper: complex) -> tuple[complex, ...]:
    """Lower output from both inputs, then upper output, with the gains of what enters."""
    common = 1j * np.exp(0.5j * theta)
    bar, cross, turn = -common * np.sin(theta / 2), common * np.cos(theta / 2), np.exp(1j * phi)
    return bar * lower, cross * turn * upper, cross * lower, -bar * turn * upper


def _with_ends(layout: Mesh, nodes: list[Node], reads: list[Read], gain: np.ndarray) -> Plan:
    """Two output lines a node: each is late by its last arm."""
    first = 2 * len(nodes)
    for k in range(0, layout.lines, 2):
        gains = parts(gain[k], 0.0, 0.0, gain[k + 1])
        nodes.append(Node((reads[k], reads[k + 1]), (first + k, first + k + 1), gains))
    return Plan(kernels.pairs, nodes, tuple(range(first, first + layout.lines)))


# -- running a plan -------------------------------------------------------------------------------------------------


class Loop:
    """The loop of one circuit, set up for the samples (inputs, runs, times) that enter it."""

    def __init__(self, case: Case, samples: np.ndarray):
        self.kernel, nodes, self.kept = plan(case.layout)
        self.count, self.runs = samples.shape[2], samples.shape[1]
        self.stride, self.step = (1, WIDTH) if self.runs == 1 else (WIDTH, 1)
        self.blocks = 1 if self.runs == 1 else -(-self.runs // WIDTH)
        nodes, self.window = _ordered(nodes, LONGEST_WINDOW[self.stride])
        self.padded = -(-self.count // self.window) * self.window
        self.outputs = len(self.kept) or len(nodes)
        self.piece = _power_of_two(PIECE_NUMBERS // (self.outputs * self.stride), 256, 1 << 14)
        self._allocate(nodes, samples)
        self.gains = np.array([node.gains for node in nodes])
        self.tables = [self._table(nodes, block) for block in range(self.blocks)]

    def _allocate(self, nodes: list[Node], samples: np.ndarray) -> None:
        """Place the rings, then the outputs, then what enters, in one array."""
        depth: dict[int, int] = {}
        for node in nodes:
            for wave, delay in (r for r in node.reads if r):
                depth[wave] = max(depth.get(wave, 0), delay)
        self.place: dict[Key, tuple[int, int]] = {}
        end = WIDTH  # the first line stays dark, for reads of nothing
        for wave in sorted({w for node in nodes for w in node.writes if w is not None}):
            if wave not in self.kept:
                end = self._ring(wave, depth.get(wave, 0) + self.window, end)
        for wave in self.kept:
            end = self._ring(wave, max(self.piece, depth.get(wave, 0) + self.window), end)
        for n in range(0 if self.kept else self.outputs):
            end = self._ring(("out", n), self.piece, end)
        self.first_input = end
        self.input_size = self.window * self.stride
        self.jump = samples.shape[0] * self.input_size
        self.block_size = self.padded // self.window * self.jump
        self.re, self.im = (_aligned(end + self.blocks * self.block_size) for _ in range(2))
        self._fill(samples)

    def _ring(self, key: Key, slots: int, start: int) -> int:
        """Give a wave a ring; returns where it ends.

        NOTE: one cache line more than a power of two keeps rings out of each other's way in the cache.
        """
        size = _power_of_two(slots, 8, 1 << 30)
        self.place[key] = (start, size - 1)
        return start + size * self.stride + WIDTH

    def _fill(self, samples: np.ndarray) -> None:
        """Lay out what enters as it is read: block by block, window by window, input by input."""
        lanes = self.stride
        padded = np.zeros((samples.shape[0], self.blocks * lanes, self.padded), dtype=complex)
        padded[:, : self.runs, : self.count] = samples
        blocks = padded.reshape(-1, self.blocks, lanes, self.padded // self.window, self.window)
        blocks = blocks.transpose(1, 3, 0, 4, 2).reshape(-1)
        self.re[self.first_input :], self.im[self.first_input :] = blocks.real, blocks.imag

    def _table(self, nodes: list[Node], block: int) -> np.ndarray:
        start = self.first_input + block * self.block_size
        rows = []
        for node in nodes:
            row: list[int] = []
            for read in node.reads:
                row += self._read(read, start)
            for wave in node.writes:
                row += self.place[wave] if wave is not None else (0, 0)
            source = (start + node.source * self.input_size, self.jump) if node.source is not None else (0, 0)
            output = self.place["out", node.output] if node.output is not None else (0, 0)
            rows.append([*row, *source, *output])
        return np.array(rows)

    def _read(self, read: Read | None, start: int) -> tuple[int, int, int, int]:
        if read is None:
            return 0, 0, 0, 0
        wave, delay = read
        if wave >= 0:
            return (*self.place[wave], delay, 0)
        assert delay == 0
        return start + (-1 - wave) * self.input_size, self.window - 1, 0, self.jump

    def run(self, keep: bool = False) -> np.ndarray | None:
        """Run from darkness to the end; with `keep` returns the outputs (outputs, runs, times)."""
        kept = np.zeros((self.outputs, self.blocks * self.stride, self.padded), dtype=complex) if keep else None
        for block, table in enumerate(self.tables):
            self.re[: self.first_input], self.im[: self.first_input] = 0.0, 0.0
            for t0 in range(0, self.padded, self.piece):
                t1 = min(t0 + self.piece, self.padded)
                self.kernel(self.re, self.im, table, self.gains, t0, t1, self.window, self.step, self.stride)
                if kept is not None:
                    self._keep(kept, block, t0, t1)
        return None if kept is None else kept[:, : self.runs, : self.count]

    def _keep(self, kept: np.ndarray, block: int, t0: int, t1: int) -> None:
        for n in range(self.outputs):
            base, mask = self.place[self.kept[n] if self.kept else ("out", n)]
            place = base + (np.arange(t0, t1) & mask)[None] * self.stride + np.arange(self.stride)[:, None]
            kept[n, block * self.stride : (block + 1) * self.stride, t0:t1] = self.re[place] + 1j * self.im[place]


def _ordered(nodes: list[Node], longest: int) -> tuple[list[Node], int]:
    """The nodes in an order that allows a long window, a power of two up to `longest`, and that window."""
    owner = {w: i for i, node in enumerate(nodes) for w in node.writes if w is not None}
    reads = [(owner[r[0]], i, r[1]) for i, node in enumerate(nodes) for r in node.reads if r and r[0] in owner]
    islands = find_islands(len(nodes), reads)
    window = min((island.window for island in islands if island.window), default=longest)
    order = [n for island in islands for n in island.operations]
    return [nodes[n] for n in order], min(1 << window.bit_length() - 1, longest)


def _power_of_two(least: int, low: int, high: int) -> int:
    """The first power of two at or above `least`, between the bounds."""
    return min(max(1 << max(0, least - 1).bit_length(), low), high)


def _aligned(size: int) -> np.ndarray:
    """Zeros that start at a cache line."""
    room = np.zeros(size + WIDTH)
    skip = -(room.ctypes.data // 8) % WIDTH
    return room[skip : skip + size]
