"""An expression as a flat list of steps, which one compiled interpreter runs: no netlist ever compiles anything.

A step takes numbers from earlier places of one row of numbers and puts its result in the next place:

    inputs (signals, ddt values, delayed values, time, temper, hertz) | constants | results of the steps

ddt(g) and delay(g, td) do not compute: their values are inputs, unknowns of the circuit with an equation of their own,
and their operands g are further outputs. Equal terms are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .tree import OPERATIONS, VARIABLES, Constant, Signal, Term, Variable

MAX_STEPS = 20_000
"""Longest code: netlists are data from strangers."""

JUMPS = ("lt", "le", "gt", "ge", "sgn", "u", "floor", "ceil", "nint")
"""Operations that jump. Which piece they are on is held while time steps on, so that each step is smooth."""

KINKS = ("abs", "uramp", "u2", "min", "max", "pwl", "table")
"""Operations with corners: their places are located too, but nothing is held."""

_SMOOTH = tuple(sorted(set(OPERATIONS) - {"ddt", "delay", *JUMPS, *KINKS}))

NUMBER = {name: k for k, name in enumerate((*_SMOOTH, *JUMPS, *KINKS))}
"""The number that stands for each operation in a code: smooth ones first, then jumps, then kinks."""


@dataclass(frozen=True)
class Delay:
    """One use of delay(): its time (s), and what stands for its operand before t = 0 (NaN: the value at t = 0)."""

    time: float
    history: float = nan


@dataclass(frozen=True)
class Code:
    """The steps of an expression.

    signals    the voltages and currents that it reads, in the order of the inputs
    rates      how many ddt() it holds; their values follow the signals
    delays     its delay(); their values follow, then time, temper, hertz
    constants  (constants,) float64
    steps      (steps, 4) int32: operation, places of up to three operands (pwl, table: x, first point, count of points)
    points     (points, 2) float64: those of all pwl and table
    outputs    (1 + rates + delays,) int32: the places of the value, of each ddt operand, of each delay operand
    depends    (outputs, inputs) bool: which inputs each output may change with
    """

    signals: tuple[Signal, ...]
    rates: int
    delays: tuple[Delay, ...]
    constants: NDArray[np.float64]
    steps: NDArray[np.int32]
    points: NDArray[np.float64]
    outputs: NDArray[np.int32]
    depends: NDArray[np.bool_]

    @property
    def inputs(self) -> int:
        """How many inputs there are, time, temper and hertz included."""
        return len(self.signals) + self.rates + len(self.delays) + len(VARIABLES)

    @property
    def places(self) -> int:
        """How long the row of numbers is."""
        return self.inputs + len(self.constants) + len(self.steps)


def encode(root: Term) -> Code:
    """The code of an expression. Raises UsageError when it is too long."""
    nodes = _Nodes()
    return _lay_out(nodes.keys, nodes.add(root))


Key = tuple[Any, ...]
"""What a node is: its name, then the numbers of its operands or what else tells it from others."""


class _Nodes:
    """The different nodes of an expression, operands before what uses them.

    A node is known by its name and the numbers of its operands, never by its tree: trees may share parts, so that
    walking or comparing them whole would take for ever.
    """

    def __init__(self) -> None:
        self.keys: dict[Key, int] = {}

    def add(self, root: Term) -> int:
        """The number of a term; without recursion, for its depth is up to strangers."""
        done: dict[int, int] = {}
        waiting = [root]
        while waiting:
            term = waiting[-1]
            missing = [o for o in getattr(term, "operands", ()) if id(o) not in done] if id(term) not in done else []
            if missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if id(term) not in done:
                done[id(term)] = self._node(term, done)
        return done[id(root)]

    def _node(self, term: Term, done: dict[int, int]) -> int:
        if isinstance(term, Constant):
            return self._number(("constant", term.value))
        if isinstance(term, Signal):
            return self._number(("signal", term))
        if isinstance(term, Variable):
            return self._number(("variable", term.name))
        operands = [done[id(o)] for o in term.operands]
        if term.name in ("pwl", "table", "delay"):
            numbers = tuple(o.value for o in term.operands[1:] if isinstance(o, Constant))
            return self._number((term.name, operands[0], numbers))
        if term.name in ("min", "max"):
            return reduce(lambda a, b: self._number((term.name, a, b)), operands)
        return self._number((term.name, *operands))

    def _number(self, key: Key) -> int:
        if len(self.keys) >= MAX_STEPS:
            raise UsageError(f"the expression has more than {MAX_STEPS} different terms")
        return self.keys.setdefault(key, len(self.keys))


def _lay_out(keys: dict[Key, int], last: int) -> Code:
    """Give every node its place."""

    def called(*names: str) -> list[Key]:
        return [key for key in keys if key[0] in names]

    signals, rates, delays, constants = called("signal"), called("ddt"), called("delay"), called("constant")
    inputs: list[Key] = [*signals, *rates, *delays, *(("variable", name) for name in VARIABLES)]
    operations = called(*NUMBER)
    place = {keys[key]: k for k, key in enumerate([*inputs, *constants, *operations]) if key in keys}
    points: list[float] = []
    steps = [_step(key, place, points) for key in operations]
    outputs = [last, *(key[1] for key in [*rates, *delays])]
    bits = _dependence(keys, inputs)
    return Code(
        tuple(key[1] for key in signals),
        len(rates),
        tuple(Delay(*key[2]) for key in delays),
        np.array([key[1] for key in constants], dtype=float),
        np.array(steps, dtype=np.int32).reshape(-1, 4),
        np.array(points, dtype=float).reshape(-1, 2),
        np.array([place[o] for o in outputs], dtype=np.int32),
        np.array([[bool(bits[o] >> k & 1) for k in range(len(inputs))] for o in outputs]),
    )


def _step(key: Key, place: dict[int, int], points: list[float]) -> tuple[int, ...]:
    """One row of `steps`; the points of a pwl or table join `points`."""
    if key[0] in ("pwl", "table"):
        start = len(points) // 2
        points += key[2]
        return NUMBER[key[0]], place[key[1]], start, len(key[2]) // 2
    operands = [place[o] for o in key[1:]]
    return NUMBER[key[0]], *operands, *([0] * (3 - len(operands)))


def _dependence(keys: dict[Key, int], inputs: list[Key]) -> list[int]:
    """Of each node the inputs that it may change with, as the bits of a number."""
    bits: list[int] = []
    for key in keys:
        if key in inputs:
            bits.append(1 << inputs.index(key))
        elif key[0] == "constant":
            bits.append(0)
        else:
            operands = key[1:2] if key[0] in ("pwl", "table") else key[1:]
            bits.append(reduce(lambda found, o: found | bits[o], operands, 0))
    return bits
