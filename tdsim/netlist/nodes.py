"""The parts of an expression. Each evaluates itself; nothing here reaches Python's `eval`.

Values are floats; words, arrays and source shapes pass through names untouched but take no part in arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import UsageError

Value = Any
"""float, str, numpy array or source shape."""


class ExpressionError(UsageError):
    """What is wrong in an expression, and at which character of its text."""

    def __init__(self, message: str, at: int = 0):
        super().__init__(message)
        self.message, self.at = message, at


class Names(Protocol):
    """Where an expression finds its names: a scope. Both raise ExpressionError for unknown names."""

    def value(self, name: str, at: int) -> Value: ...

    def call(self, name: str, arguments: list[Value], at: int) -> Value: ...


class Node(Protocol):
    """One part of an expression; `depth` counts the levels below it."""

    @property
    def at(self) -> int: ...

    @property
    def depth(self) -> int: ...

    def evaluate(self, names: Names) -> Value: ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number, its suffix applied."""

    number: float
    at: int = 0
    depth: int = 0

    def evaluate(self, names: Names) -> Value:
        return self.number


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter or a constant."""

    name: str
    at: int = 0
    depth: int = 0

    def evaluate(self, names: Names) -> Value:
        return names.value(self.name, self.at)


@dataclass(frozen=True, slots=True)
class Sign:
    """`-a` (factor -1), `+a` (factor 1)."""

    factor: float
    operand: Node
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        return self.factor * number(self.operand.evaluate(names), self.at)


@dataclass(frozen=True, slots=True)
class Negation:
    """`!a`: 1 when a is 0, else 0."""

    operand: Node
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        return float(number(self.operand.evaluate(names), self.at) == 0)


@dataclass(frozen=True, slots=True)
class Chain:
    """`a op b op c ...`, all of one precedence, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node, int], ...]
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        value = number(self.first.evaluate(names), self.first.at)
        for operator, operand, at in self.rest:
            right = number(operand.evaluate(names), operand.at)
            value = guarded(OPERATORS[operator], [value, right], at)
        return value


@dataclass(frozen=True, slots=True)
class Logic:
    """`a && b && ...` or `a || b || ...`; what comes after the decision is not evaluated."""

    decided_by: bool
    operands: tuple[Node, ...]
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        truth = (bool(number(o.evaluate(names), o.at)) for o in self.operands)
        return float(self.decided_by if any(t is self.decided_by for t in truth) else not self.decided_by)


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? a : b`; only the chosen branch is evaluated."""

    condition: Node
    yes: Node
    no: Node
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        chosen = self.yes if number(self.condition.evaluate(names), self.condition.at) else self.no
        return chosen.evaluate(names)


@dataclass(frozen=True, slots=True)
class Call:
    """`f(a, b)`, a function of .func or a known one."""

    name: str
    arguments: tuple[Node, ...]
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        return names.call(self.name, [a.evaluate(names) for a in self.arguments], self.at)


@dataclass(frozen=True, slots=True)
class Index:
    """`w[i,j]`: one element of an array parameter, counted from 0."""

    name: str
    indices: tuple[Node, ...]
    at: int
    depth: int

    def evaluate(self, names: Names) -> Value:
        array = names.value(self.name, self.at)
        if isinstance(array, tuple):
            array = np.array([number(item, self.at) for item in array])
        if not isinstance(array, np.ndarray):
            raise ExpressionError(f"{self.name} is neither a list nor an array", self.at)
        if array.ndim != len(self.indices):
            raise ExpressionError(f"{self.name} has {array.ndim} dimensions, not {len(self.indices)}", self.at)
        where = tuple(self._index(node, names, size) for node, size in zip(self.indices, array.shape, strict=True))
        return number(array[where].item(), self.at)

    def _index(self, node: Node, names: Names, size: int) -> int:
        value = number(node.evaluate(names), node.at)
        if value != int(value) or not 0 <= value < size:
            raise ExpressionError(f"index {value:g} of {self.name} is not one of 0 to {size - 1}", node.at)
        return int(value)


def names_in(node: Node) -> Iterator[tuple[str, int]]:
    """The parameters that an expression names, each with its character."""
    if isinstance(node, Name | Index):
        yield node.name, node.at
    for part in fields(node):  # type: ignore[arg-type]
        yield from _names_among(getattr(node, part.name))


def _names_among(value: Any) -> Iterator[tuple[str, int]]:
    if isinstance(value, tuple):
        for item in value:
            yield from _names_among(item)
    elif is_dataclass(value):
        yield from names_in(value)  # type: ignore[arg-type]


def number(value: Value, at: int) -> float:
    """`value` as a number. Raises ExpressionError for words, arrays and shapes."""
    if isinstance(value, float):
        return value
    if isinstance(value, np.ndarray | tuple):
        kind = "a list" if isinstance(value, tuple) else "an array"
        raise ExpressionError(f"{kind} takes no part in arithmetic: pick one element, as in w[0]", at)
    if isinstance(value, int):
        return float(value)
    raise ExpressionError(f"{value!r} is not a real number", at)


def guarded(function: Callable[..., float], arguments: list[float], at: int) -> float:
    """`function(*arguments)`, with what Python raises for bad arguments as sentences."""
    try:
        value = float(function(*arguments))
    except ZeroDivisionError:
        raise ExpressionError("division by zero", at) from None
    except OverflowError:
        raise ExpressionError("the result is too large", at) from None
    except ValueError:
        shown = ", ".join(f"{a:g}" for a in arguments)
        raise ExpressionError(f"not defined for {shown}", at) from None
    if not math.isfinite(value):
        raise ExpressionError("the result is not finite", at)
    return value


def power(base: float, exponent: float) -> float:
    """`a ** b` and `a ^ b` of ngspice's parameters: |a| to the b."""
    return math.pow(abs(base), exponent)


OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: math.fmod(a, b) if b else a / b,
    "\\": lambda a, b: math.trunc(a / b),
    "**": power,
    "^": power,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
