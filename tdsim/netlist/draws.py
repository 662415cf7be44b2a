"""Random numbers in expressions: gauss, agauss, unif, aunif, limit.

A number depends on the seed, the number of the run and the path of the parameter that asks for it, and on nothing else:
neither on the order in which parameters are evaluated, nor on what other parameters there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import NormalDist

from .nodes import ExpressionError

_NORMAL = NormalDist()


@dataclass
class Draws:
    """The random numbers of one run; `run` None stands for nominal values.

    seen  by path, the last value that a parameter there drew
    """

    seed: int = 0
    run: int | None = None
    seen: dict[str, float] = field(default_factory=dict)

    def draw(self, function: str, arguments: list[float], path: str, count: int) -> float:
        """The value of a random function, the `count`-th that the parameter at `path` asks for.

        Raises ExpressionError for arguments that make no sense.
        """
        form, least, most = _FORMS[function]
        if not least <= len(arguments) <= most:
            raise ExpressionError(f"the form is {form}")
        nominal, *spread = arguments
        if any(s < 0 for s in spread):
            raise ExpressionError(f"a spread is zero or more: {form}")
        offset = _OFFSETS[function](nominal, spread, self._uniform(path, count) if self.run is not None else 0.5)
        value = nominal if self.run is None else nominal + offset
        self.seen[path] = value
        return value

    def _uniform(self, path: str, count: int) -> float:
        """A number above 0 and below 1, 53 bits of it random."""
        key = f"{self.seed}|{self.run}|{path}|{count}".encode()
        bits = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
        return ((bits >> 11) + 0.5) * 2.0**-53


def _gauss(nominal: float, spread: list[float], u: float) -> float:
    """Of two arguments the second is the standard deviation; of three (ngspice), sigma times the relative one."""
    return (spread[0] if len(spread) == 1 else nominal * spread[0] / _divisor(spread)) * _NORMAL.inv_cdf(u)


def _agauss(nominal: float, spread: list[float], u: float) -> float:
    return spread[0] / _divisor(spread) * _NORMAL.inv_cdf(u)


def _unif(nominal: float, spread: list[float], u: float) -> float:
    if spread[0] > 1:
        raise ExpressionError(
            "unif spreads by a part of the nominal value; aunif(nominal, spread) by a number as it is"
        )
    return nominal * spread[0] * (2 * u - 1)


def _aunif(nominal: float, spread: list[float], u: float) -> float:
    return spread[0] * (2 * u - 1)


def _limit(nominal: float, spread: list[float], u: float) -> float:
    return spread[0] if u > 0.5 else -spread[0]


def _divisor(spread: list[float]) -> float:
    """How many standard deviations the spread is."""
    if len(spread) > 1 and spread[1] == 0:
        raise ExpressionError("a spread of zero sigma has no standard deviation")
    return spread[1] if len(spread) > 1 else 1.0


_OFFSETS: dict[str, Callable[[float, list[float], float], float]] = {
    "gauss": _gauss,
    "agauss": _agauss,
    "unif": _unif,
    "aunif": _aunif,
    "limit": _limit,
}
_FORMS = {
    "gauss": ("gauss(nominal, standard deviation), or gauss(nominal, relative spread, sigmas)", 2, 3),
    "agauss": ("agauss(nominal, spread [, sigmas])", 2, 3),
    "unif": ("unif(nominal, relative spread)", 2, 2),
    "aunif": ("aunif(nominal, spread)", 2, 2),
    "limit": ("limit(nominal, spread)", 2, 2),
}
"""How each is written, with its least and most arguments."""
