"""The circuit as one linear system of waves.

Every wave is a weighted sum of other waves, now or some samples ago:

    y[t] = sum of c_k x_k[t - d_k]

A `Row` holds one such sum. The waves are numbered: first those of the instances (one leaving each optical port, one
entering each delay line, one for each state), then external inputs, then helpers (filtered delays, state carries).
Besides rows there are five ways for a wave to come about: it is emitted by a source, enters at an external port,
leaves an all-pass filter, is the conjugate of another wave, or is carried by a recurrence (the exact solution of linear
states over one sample). In an adjoint a sixth: it comes back through a step of states that turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .groups import Group

if TYPE_CHECKING:
    from .splitting import Turning

Delay = int | tuple[int, ...]
"""Whole samples; a tuple when the lanes (carrier and run) differ."""

Coefficient = complex | np.ndarray
"""A number, or (lanes,) numbers when the lanes differ."""

Row = dict[tuple[int, Delay], Coefficient]


@dataclass(frozen=True)
class Line:
    """A delay line of an instance: the wave that enters it, and its delay in samples, one a lane or one for all.

    `reverse` names the line of the same instance that takes its light back.
    """

    entry: int
    samples: np.ndarray
    name: str
    transposed: bool
    reverse: str = ""


@dataclass(frozen=True)
class Allpass:
    """A fractional delay in a loop: `output` is `source`, `delay` samples ago, through the lattice `k`.

    k  (order, lanes or 1) reflection coefficients.
    """

    output: int
    source: int
    delay: Delay
    k: np.ndarray
    transposed: bool


@dataclass(frozen=True)
class Recurrence:
    """w[t] = F w[t-1] + G s[t-1-d]: `outputs` are the w, `inputs` the s with their delays (already one more).

    F (n, n, lanes or 1), G (n, inputs, lanes or 1). `states` are the waves that hold the states' values, `ahead` is
    B1 of states.py (n, inputs, lanes or 1). With a `turning` the states do not move linearly: splitting.py.
    """

    outputs: tuple[int, ...]
    inputs: tuple[tuple[int, Delay], ...]
    f: np.ndarray
    g: np.ndarray
    states: tuple[int, ...] = ()
    ahead: np.ndarray | None = None
    turning: Turning | None = None

    @property
    def numbers(self) -> int:
        """How many numbers a lane takes to say how the states turn, joins left out."""
        assert self.ahead is not None
        assert self.turning is not None
        return sum(a[..., 0].size for a in (self.ahead, *self.turning.coefficients))


@dataclass(frozen=True)
class BackStep:
    """The adjoint of a step of a recurrence that turns, which depends on where the step began.

    outputs  what comes back to the carries before the step, then to its inputs
    reads    what comes back to the carries after the step, from others
    past     the carries, then the inputs, as they were before the step: waves that enter from outside
    step     the recurrence
    """

    outputs: tuple[int, ...]
    reads: tuple[int, ...]
    past: tuple[int, ...]
    step: Recurrence


@dataclass(frozen=True)
class Cell:
    """A learning cell: the states that it is made of, the resonator that it shifts, and by how much (rad/s)."""

    resonator: int
    position: int
    momentum: int
    coupling: Coefficient


@dataclass(frozen=True)
class Conjugation:
    """`output` is the conjugate of `source`, times `gain`: at once, or in reverse order from the samples `turns` on."""

    output: int
    source: int
    gain: Coefficient
    turns: tuple[int, ...]

    @property
    def reach(self) -> int:
        """How many samples it looks back at most."""
        return max((2 * (n - before) for before, n in zip((0, *self.turns), self.turns, strict=False)), default=0)


@dataclass(frozen=True)
class Driven:
    """The group (of one instance) whose coefficients follow a shape in time, and which waves they join.

    `joins` maps (row, column) of the group's matrix to (wave that leaves, wave that enters).
    """

    group: Group
    joins: dict[tuple[int, int], tuple[int, int]]


@dataclass
class System:
    """The whole circuit, before anything is dropped or merged. `lanes` is carriers times runs, the run fastest.

    `flows` are the time derivatives of states; to them come `turns`, the phase that a state turns by its own energy
    (rad/s for each unit of it), and `cells`. `outlets` say where the output of a line is read, by the wave that enters
    it: a wave and a whole delay; `looped` are the waves that come back to themselves. `lossless` systems keep their
    energy to round-off, at some cost in accuracy.
    """

    lanes: int
    lossless: bool = False
    names: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    outlets: dict[int, tuple[int, Delay]] = field(default_factory=dict)
    allpasses: list[Allpass] = field(default_factory=list)
    recurrences: list[Recurrence] = field(default_factory=list)
    backsteps: list[BackStep] = field(default_factory=list)
    conjugations: list[Conjugation] = field(default_factory=list)
    driven: list[Driven] = field(default_factory=list)
    emitters: dict[int, tuple[Group, int]] = field(default_factory=dict)
    external: dict[str, int] = field(default_factory=dict)
    incident: dict[tuple[str, str], int] = field(default_factory=dict)
    flows: dict[int, Row] = field(default_factory=dict)
    turns: dict[int, Coefficient] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    active: set[int] = field(default_factory=set)
    looped: set[int] = field(default_factory=set)

    def new(self, name: str) -> int:
        """Number a new wave."""
        self.names.append(name)
        self.index[name] = len(self.names) - 1
        return len(self.names) - 1

    def owner(self, wave: int) -> str:
        """The instance that a wave belongs to."""
        return self.names[wave].rsplit(".", 1)[0]


LINE = -1
"""Stands for the delay of a term that reads a delay line, until the line has been split."""


def narrow(values: np.ndarray) -> Coefficient:
    """One number when all lanes share it."""
    return complex(values[0]) if values.size == 1 else values.astype(complex)


def as_delay(samples: Sequence[int]) -> Delay:
    """Whole delays of the lanes as one number when they agree."""
    return int(samples[0]) if all(s == samples[0] for s in samples) else tuple(int(s) for s in samples)


def least(delay: Delay) -> int:
    """The shortest delay over the lanes."""
    return delay if isinstance(delay, int) else min(delay)


def longest(delay: Delay) -> int:
    """The longest delay over the lanes."""
    return delay if isinstance(delay, int) else max(delay)


def add_delay(delay: Delay, more: Delay) -> Delay:
    """A delay that is longer by `more` samples."""
    if isinstance(delay, int) and isinstance(more, int):
        return delay + more
    return as_delay(np.add(delay, more).tolist())
