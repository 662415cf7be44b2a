"""The terms of an expression that has a value while a circuit runs.

The netlist reader makes these trees, with parameters and user functions substituted, so that they hold numbers, signals
and operations only. What the operations mean is written next to their equations, in `operations`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import Position, UsageError, nearest

ANY = 100_000
"""As many operands as one likes (bounded, because netlists are data from strangers)."""

OPERATIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "power", "pwr"), (2, 2)),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "and", "or"), (2, 2)),
    **dict.fromkeys(("neg", "not", "abs", "sgn", "u", "u2", "uramp", "floor", "ceil", "nint"), (1, 1)),
    **dict.fromkeys(("sqrt", "exp", "log", "log10"), (1, 1)),
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"), (1, 1)),
    **dict.fromkeys(("asinh", "acosh", "atanh"), (1, 1)),
    "choose": (3, 3),
    "min": (1, ANY),
    "max": (1, ANY),
    "pwl": (5, ANY),
    "table": (3, ANY),
    "ddt": (1, 1),
    "delay": (2, 3),
}
"""Each operation with the least and the most operands that it takes.

`power` is x**y, x^y and pow(x, y); `pwr` is sgn(x) |x|^y; `log` is the natural one (log and ln); `choose` is c ? a : b.
`pwl` (goes on in straight lines outside) and `table` (stays level outside) take x, then constants x0, y0, x1, y1, ...
`delay` takes x, the delay (s) as a constant above 0, and, if given, a constant that stands for x before t = 0.
"""

VARIABLES = ("time", "temper", "hertz")
"""time (s), temperature (degrees Celsius), and frequency (Hz; 0 outside .ac)."""


@dataclass(frozen=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True)
class Signal:
    """What a circuit computes: v(a) and v(a, b) are ("v", ("a", "b")), i(vx) is ("i", ("vx",)). Names are flat."""

    kind: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.names) not in {"v": (1, 2), "i": (1,)}.get(self.kind, ()):
            raise UsageError(f"{self} is not a signal of an expression: v(node), v(node, node) and i(instance) are")

    def __str__(self) -> str:
        return f"{self.kind}({','.join(self.names)})"


@dataclass(frozen=True)
class Variable:
    """time, temper or hertz."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in VARIABLES:
            raise UsageError(f"{self.name!r} is not known in an expression{nearest(self.name, VARIABLES)}")


@dataclass(frozen=True)
class Operation:
    """An operation on other terms; raises UsageError, as a sentence, when its operands are not those it takes."""

    name: str
    operands: tuple[Term, ...]

    def __post_init__(self) -> None:
        if self.name not in OPERATIONS:
            raise UsageError(f"there is no function {self.name!r} in expressions{nearest(self.name, OPERATIONS)}")
        least, most = OPERATIONS[self.name]
        count = len(self.operands)
        if not least <= count <= most:
            asked = f"{least}" if least == most else f"{least} or {most}" if most == least + 1 else f"{least} or more"
            raise UsageError(f"{self.name}() takes {asked} argument{'s'[: asked != '1']}, not {count}")
        if self.name in ("pwl", "table"):
            self._check_points()
        if self.name == "delay":
            self._check_delay()

    def _check_points(self) -> None:
        if len(self.operands) % 2 == 0:
            raise UsageError(f"{self.name}() takes x and pairs of numbers x0, y0, x1, y1, ...; the last has no partner")
        points = self._constants(self.operands[1:], "points")
        for before, after in itertools.pairwise(points[::2]):
            if after <= before:
                raise UsageError(f"{self.name}(): the x of its points must increase, but {after:g} follows {before:g}")

    def _check_delay(self) -> None:
        time = self._constants(self.operands[1:], "time and history")[0]
        if time <= 0:
            raise UsageError(
                f"delay(): the time must be above zero, not {time:g} s; leave the delay out if there is none"
            )

    def _constants(self, operands: Iterable[Term], what: str) -> list[float]:
        found = [o.value for o in operands if isinstance(o, Constant) and math.isfinite(o.value)]
        if len(found) < len(tuple(operands)):
            raise UsageError(f"{self.name}(): its {what} must be numbers that do not change while the circuit runs")
        return found


Term = Constant | Signal | Variable | Operation


@dataclass(frozen=True)
class Behaviour:
    """An expression as a parameter holds it: its tree, its text as written, and its place in the netlist."""

    root: Term
    text: str = ""
    place: Position | None = None

    def __str__(self) -> str:
        return self.text
