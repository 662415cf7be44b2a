"""The functions and constants that expressions know."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from ..units import C0
from .nodes import power

CONSTANTS = {
    "pi": math.pi,
    "e": math.e,
    "c0": C0,
    "planck": 6.62607015e-34,
    "boltz": 1.380649e-23,
    "echarge": 1.602176634e-19,
    "kelvin": -273.15,
}

RANDOM = ("gauss", "agauss", "unif", "aunif", "limit")
"""Functions that draw numbers, see draws.py."""

WAVES = ("v", "i", "e", "p", "x", "ddt", "time")
"""Names that have a value only while a circuit runs."""


def sign(x: float) -> float:
    """-1, 0 or 1."""
    return float((x > 0) - (x < 0))


def step(x: float) -> float:
    """0, 0.5 at zero, 1 (ngspice's u)."""
    return 0.5 * (1 + sign(x))


def interpolate(x: float, *points: float) -> float:
    """Piecewise linear through x0, y0, x1, y1, ...; extrapolated linearly, as ngspice's pwl."""
    xs, ys = points[::2], points[1::2]
    if len(points) < 4 or len(points) % 2 or any(b <= a for a, b in itertools.pairwise(xs)):
        raise ValueError
    k = min(max(sum(x >= a for a in xs) - 1, 0), len(xs) - 2)
    return ys[k] + (ys[k + 1] - ys[k]) * (x - xs[k]) / (xs[k + 1] - xs[k])


FUNCTIONS: dict[str, tuple[Callable[..., float], int, int]] = {
    "abs": (abs, 1, 1),
    "acos": (math.acos, 1, 1),
    "acosh": (math.acosh, 1, 1),
    "arctan": (math.atan, 1, 1),
    "asin": (math.asin, 1, 1),
    "asinh": (math.asinh, 1, 1),
    "atan": (math.atan, 1, 1),
    "atan2": (math.atan2, 2, 2),
    "atanh": (math.atanh, 1, 1),
    "ceil": (math.ceil, 1, 1),
    "cos": (math.cos, 1, 1),
    "cosh": (math.cosh, 1, 1),
    "exp": (math.exp, 1, 1),
    "floor": (math.floor, 1, 1),
    "hypot": (math.hypot, 2, 2),
    "int": (math.trunc, 1, 1),
    "ln": (math.log, 1, 1),
    "log": (math.log, 1, 1),
    "log10": (math.log10, 1, 1),
    "max": (max, 1, 1000),
    "min": (min, 1, 1000),
    "nint": (round, 1, 1),
    "pow": (math.pow, 2, 2),
    "pwl": (interpolate, 5, 100_000),
    "pwr": (power, 2, 2),
    "sgn": (sign, 1, 1),
    "sin": (math.sin, 1, 1),
    "sinh": (math.sinh, 1, 1),
    "sqr": (lambda x: x * x, 1, 1),
    "sqrt": (math.sqrt, 1, 1),
    "tan": (math.tan, 1, 1),
    "tanh": (math.tanh, 1, 1),
    "ternary_fcn": (lambda c, a, b: a if c else b, 3, 3),
    "u": (step, 1, 1),
    "u2": (lambda x: min(max(x, 0.0), 1.0), 1, 1),
    "uramp": (lambda x: max(x, 0.0), 1, 1),
}
"""Name to function and its least and most arguments. `log` is the natural one, `nint` rounds halves to even."""
