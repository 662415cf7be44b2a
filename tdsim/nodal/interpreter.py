"""The one interpreter of behaviour codes: values, exact derivatives, and where comparisons change.

Every function takes the arrays of a `behaviour.code.Code` and `w`, its row of numbers: inputs and constants are set by
the caller, results are written behind them. What the operations mean is ngspice 39's, with its guards (a / 0 = 1e32 a,
exp and log of 0 bounded, u(0) = 0.5, pwl goes on in straight lines, table stays level, x**y = |x|**y).

`pieces` (steps,) int64 holds the piece of each jump and kink that was in force at the last accepted moment. While
`held`, jumps keep to their piece whatever their operands do, so that a step is smooth up to the moment of change.

A negative operand of sqrt or log, and the like, is NaN when `strict`; else, during Newton's iteration, something finite
from which it can come back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..behaviour.code import JUMPS, KINKS, NUMBER
from ..engine.kernel import compiled
from .curves import tanh

Array = NDArray[Any]

FUDGE = 1e-32
"""ngspice moves a divisor away from zero by this."""

EXP_LIMIT, EXP_TOP = 227.955924206411, 1e99
STEEPEST = 1e10
"""Slopes of sqrt, asin, ... are finite: where the true one is infinite they have this one."""

NOISE = 1e-12
"""An operand counts as beyond its boundary when it is so by this part of its size: round-off is no event."""

(ADD, SUB, MUL, DIV, NEG, POWER, PWR) = (NUMBER[n] for n in ("add", "sub", "mul", "div", "neg", "power", "pwr"))
(NOT, AND, OR, EQ, NE, CHOOSE) = (NUMBER[n] for n in ("not", "and", "or", "eq", "ne", "choose"))
(SQRT, EXP, LOG, LOG10) = (NUMBER[n] for n in ("sqrt", "exp", "log", "log10"))
(SIN, COS, TAN, ASIN, ACOS, ATAN) = (NUMBER[n] for n in ("sin", "cos", "tan", "asin", "acos", "atan"))
(SINH, COSH, TANH, ASINH, ACOSH, ATANH) = (NUMBER[n] for n in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"))
(LT, LE, GT, GE, SGN, U, FLOOR, CEIL, NINT) = (NUMBER[n] for n in JUMPS)
(ABS, URAMP, U2, MIN, MAX, PWL, TABLE) = (NUMBER[n] for n in KINKS)


@compiled
def sign(x: float) -> Any:
    """-1, 0 or 1."""
    return 1 if x > 0 else (-1 if x < 0 else 0)


@compiled
def power(x: float, y: float) -> Any:
    """|x|**y, with the divisor's guard where y is negative."""
    size = abs(x)
    if y == 2.0:
        return size * size
    return np.power(size + FUDGE if y < 0 else size, y)


@compiled
def divisor(y: float) -> Any:
    """y, moved away from zero."""
    return y + FUDGE if y >= 0 else y - FUDGE


@compiled
def segment(x: float, points: Array, start: int, count: int, is_table: bool) -> Any:
    """The piece of a pwl or table that x is on: k between points k and k + 1; a table has one more at either end."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if points[start + middle, 0] <= x:
            low = middle + 1
        else:
            high = middle
    return low - 1 if is_table else min(max(low - 1, 0), count - 2)


@compiled
def slope_of(points: Array, start: int, count: int, k: int) -> Any:
    """The slope of piece k."""
    if k < 0 or k >= count - 1:
        return 0.0
    a, b = start + k, start + k + 1
    return (points[b, 1] - points[a, 1]) / (points[b, 0] - points[a, 0])


@compiled
def height(x: float, points: Array, start: int, count: int, k: int) -> Any:
    """The value at x of piece k."""
    at = start + max(k, 0)
    return points[at, 1] + slope_of(points, start, count, k) * (x - points[at, 0])


@compiled
def smooth(op: int, x: float, y: float, strict: bool) -> Any:
    """The value of an operation of one or two operands without pieces."""
    if op == ADD:
        return x + y
    if op == SUB:
        return x - y
    if op == MUL:
        return x * y
    if op == DIV:
        return x / divisor(y)
    if op == NEG:
        return -x
    if op == POWER:
        return power(x, y)
    if op == PWR:
        return sign(x) * power(x, y)
    if op == NOT:
        return 1.0 if x == 0 else 0.0
    if op == AND:
        return 1.0 if x != 0 and y != 0 else 0.0
    if op == OR:
        return 1.0 if x != 0 or y != 0 else 0.0
    if op == EQ:
        return 1.0 if x == y else 0.0
    if op == NE:
        return 1.0 if x != y else 0.0
    return function(op, x, strict)


@compiled
def function(op: int, x: float, strict: bool) -> Any:
    """The value of a smooth function of one operand."""
    if op == EXP:
        return EXP_TOP if x > EXP_LIMIT else np.exp(x)
    if op == SIN:
        return np.sin(x)
    if op == COS:
        return np.cos(x)
    if op == TAN:
        return np.tan(x)
    if op == SINH:
        return np.sinh(x)
    if op == COSH:
        return np.cosh(x)
    if op == TANH:
        return tanh(x)
    if op == ATAN:
        return np.arctan(x)
    if op == ASINH:
        return np.arcsinh(x)
    return partial_function(op, x, strict)


@compiled
def partial_function(op: int, x: float, strict: bool) -> Any:
    """The value of a function that is not defined everywhere."""
    if strict and outside(op, x):
        return np.nan
    if op == SQRT:
        return sign(x) * np.sqrt(abs(x))
    if op == LOG:
        return np.log(x) if x > 0 else -EXP_TOP
    if op == LOG10:
        return np.log10(x) if x > 0 else -EXP_TOP
    if op == ACOSH:
        return np.arccosh(max(x, 1.0))
    bounded = min(max(x, -1.0), 1.0)
    if op == ASIN:
        return np.arcsin(bounded)
    if op == ACOS:
        return np.arccos(bounded)
    return np.arctanh(min(max(x, -1.0 + 1e-16), 1.0 - 1e-16))


@compiled
def outside(op: int, x: float) -> Any:
    """Whether x is where the function is not defined."""
    if op in (SQRT, LOG, LOG10):
        return x < 0
    if op == ACOSH:
        return x < 1
    if op == ATANH:
        return abs(x) >= 1
    return abs(x) > 1


@compiled
def choose(op: int, x: float, y: float, points: Array, start: int, count: int) -> Any:
    """The piece of a jump or kink at these operands."""
    if op == LT:
        return 1 if x < y else 0
    if op == LE:
        return 1 if x <= y else 0
    if op == GT:
        return 1 if x > y else 0
    if op == GE:
        return 1 if x >= y else 0
    if op in (SGN, U, ABS, URAMP):
        return sign(x)
    if op == FLOOR:
        return whole(np.floor(x))
    if op == CEIL:
        return whole(np.ceil(x))
    if op == NINT:
        return whole(np.rint(x))
    if op == U2:
        return (1 if x > 0 else 0) + (1 if x > 1 else 0)
    if op == MIN:
        return 0 if x <= y else 1
    if op == MAX:
        return 0 if x >= y else 1
    return segment(x, points, start, count, op == TABLE)


@compiled
def whole(x: float) -> Any:
    """A number as an integer, bounded."""
    return int(min(max(x, -9e15), 9e15)) if x == x else 0


@compiled
def on_piece(op: int, x: float, y: float, piece: int, points: Array, start: int, count: int) -> Any:
    """The value of a jump or kink on a piece."""
    if op == U:
        return 0.5 * (1 + piece)
    if op < ABS:
        return float(piece)
    if op == ABS:
        return piece * x
    if op == URAMP:
        return x if piece > 0 else 0.0
    if op == U2:
        return x if piece == 1 else (0.0 if piece == 0 else 1.0)
    if op in (MIN, MAX):
        return x if piece == 0 else y
    return height(x, points, start, count, piece)


@compiled
def forward(steps: Array, points: Array, first: int, w: Array, pieces: Array, held: bool, strict: bool) -> None:
    """Run the code: results go to w[first:]. Unless `held`, the pieces are chosen anew and written."""
    for k in range(len(steps)):
        op, a, b, c = steps[k]
        if op == CHOOSE:
            w[first + k] = w[b] if w[a] != 0 else w[c]
        elif op < LT:
            w[first + k] = smooth(op, w[a], w[b], strict)
        else:
            other = 0.0 if op >= PWL else w[b]
            piece = pieces[k]
            if not (held and op < ABS):
                piece = choose(op, w[a], other, points, b, c)
            if not held:
                pieces[k] = piece
            w[first + k] = on_piece(op, w[a], other, piece, points, b, c)


@compiled
def beyond(op: int, x: float, y: float, piece: int, points: Array, start: int, count: int) -> Any:
    """How far the operands have left their piece: above 0 when they have."""
    if op in (LT, LE):
        return x - y if piece == 1 else y - x
    if op in (GT, GE):
        return y - x if piece == 1 else x - y
    if op == MIN:
        return x - y if piece == 0 else y - x
    if op == MAX:
        return y - x if piece == 0 else x - y
    if op == FLOOR:
        return max(piece - x, x - piece - 1)
    if op == CEIL:
        return max(piece - 1 - x, x - piece)
    if op == NINT:
        return abs(x - piece) - 0.5
    if op == U2:
        return x if piece == 0 else (1 - x if piece == 2 else max(-x, x - 1))
    if op >= PWL:
        least = -1 if op == TABLE else 0
        most = count - 1 if op == TABLE else count - 2
        left = points[start + piece, 0] - x if piece > least else -np.inf
        right = x - points[start + piece + 1, 0] if piece < most else -np.inf
        return max(left, right)
    return abs(x) if piece == 0 else -piece * x


@compiled
def excess(steps: Array, points: Array, first: int, w: Array, pieces: Array) -> Any:
    """How far the operands of some jump or kink lie beyond its piece; 0 or less when none has left it."""
    most = -np.inf
    for k in range(len(steps)):
        op, a, b, c = steps[k]
        if op >= LT:
            other = 0.0 if op >= PWL else w[b]
            found = beyond(op, w[a], other, pieces[k], points, b, c)
            most = max(most, found - NOISE * (abs(w[a]) + abs(other)) if found > 0 else found)
    return most


@compiled
def derivatives(op: int, x: float, y: float, value: float) -> tuple[Any, Any]:
    """d value/dx and d value/dy of a smooth operation of two operands."""
    if op == ADD:
        return 1.0, 1.0
    if op == SUB:
        return 1.0, -1.0
    if op == MUL:
        return y, x
    if op == DIV:
        return 1 / divisor(y), -value / divisor(y)
    if op in (POWER, PWR):
        size = max(abs(x), FUDGE)
        along = y * np.power(size, y - 1) if x != 0 or y >= 1 else 0.0
        across = value * np.log(size) if x != 0 else 0.0
        return along * (sign(x) if op == POWER else 1.0), across
    return 0.0, 0.0


@compiled
def slope(op: int, x: float, value: float) -> Any:
    """d value/dx of a smooth function of one operand, bounded where the true one is infinite."""
    if op == NEG:
        return -1.0
    if op == EXP:
        return value
    if op == SIN:
        return np.cos(x)
    if op == COS:
        return -np.sin(x)
    if op == TAN:
        return 1 + value * value
    if op == SINH:
        return np.cosh(x)
    if op == COSH:
        return np.sinh(x)
    if op == TANH:
        return 1 - value * value
    if op == ATAN:
        return 1 / (1 + x * x)
    if op == ASINH:
        return 1 / np.sqrt(1 + x * x)
    if op == SQRT:
        return 0.5 / max(abs(value), 0.5 / STEEPEST)
    if op == LOG:
        return 1 / max(x, FUDGE) if x > 0 else 0.0
    if op == LOG10:
        return 1 / (max(x, FUDGE) * np.log(10.0)) if x > 0 else 0.0
    if op == ASIN:
        return 1 / np.sqrt(max(1 - x * x, STEEPEST**-2))
    if op == ACOS:
        return -1 / np.sqrt(max(1 - x * x, STEEPEST**-2))
    if op == ACOSH:
        return 1 / np.sqrt(max(x * x - 1, STEEPEST**-2))
    if op == ATANH:
        return 1 / max(1 - x * x, 1 / STEEPEST)
    return 0.0


@compiled
def backward(steps: Array, points: Array, first: int, w: Array, output: int, share: Array, gradient: Array) -> None:
    """The derivatives of w[output] with respect to every input, into gradient (inputs,).

    Jumps count as level, as they are between their changes. `share` (as long as w) is room to work in.
    """
    share[: max(output + 1, len(gradient))] = 0.0
    share[output] = 1.0
    for k in range(output - first, -1, -1):
        part = share[first + k]
        if part == 0:
            continue
        op, a, b, c = steps[k]
        if op == CHOOSE:
            share[b if w[a] != 0 else c] += part
        elif op in (ADD, SUB, MUL, DIV, POWER, PWR):
            dx, dy = derivatives(op, w[a], w[b], w[first + k])
            share[a] += part * dx
            share[b] += part * dy
        elif op < LT:
            share[a] += part * slope(op, w[a], w[first + k])
        elif op in (MIN, MAX):
            share[a if w[first + k] == w[a] else b] += part
        elif op >= PWL:
            share[a] += part * slope_of(points, b, c, segment(w[a], points, b, c, op == TABLE))
        elif op == ABS:
            share[a] += part * sign(w[a])
        elif (op == URAMP and w[a] > 0) or (op == U2 and 0 < w[a] <= 1):
            share[a] += part
    gradient[:] = share[: len(gradient)]
