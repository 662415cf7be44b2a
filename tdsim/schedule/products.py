"""What is summed up over time for a gradient: products of waves and adjoint waves.

Most waves need not be computed for it: a wave that is a short sum of others, which are computed anyway, makes its
product a sum of theirs, y~ x = sum of b* z~ a w. What remains is about one sum for each coefficient of the simplified
circuit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .simplify import driven_waves
from .system import Coefficient, Delay, Row, System

SHORT = 3
"""Terms of a sum that is short."""


@dataclass(frozen=True)
class Product:
    """For one parameter: a wave, `delay` samples before an adjoint wave, whose product counts.

    slope  (carriers or 1, runs or 1)
    """

    parameter: str
    wave: str
    adjoint: str
    slope: np.ndarray
    delay: Delay = 0


Part = tuple[str, Delay, Coefficient]
"""A wave, how long ago, and with which coefficient it counts."""


def parts_of_waves(system: System, products: Sequence[Product], kept: set[int]) -> dict[str, list[Part]]:
    """Of the waves of products: those that are short sums of `kept` ones, and not kept themselves.

    What a state begins with does not count: at t = 0 it is another sum.
    """
    carried = {wave for r in system.recurrences if r.states for wave in r.outputs}
    found = {}
    for name in {p.wave for p in products if p.delay == 0}:
        row = _short(system, system.index[name])
        if row and system.index[name] not in kept and not any(w in carried or w not in kept for w, _ in row):
            found[name] = _named(system, row)
    return found


def parts_of_adjoints(systems: Sequence[System], names: Iterable[str]) -> dict[str, list[Part]]:
    """Of these waves: those that are the same short sum of others at that moment in each of some systems."""
    found = {}
    for name in names:
        rows = [_short(system, system.index[name]) for system in systems]
        row = rows[0]
        if row and all(delay == 0 for _, delay in row) and all(_same(row, other) for other in rows[1:]):
            found[name] = _named(systems[0], row)
    return found


def _short(system: System, wave: int) -> Row | None:
    """The row of a wave, if that is short and has coefficients that stay."""
    row = system.rows.get(wave)
    return row if row and len(row) <= SHORT and wave not in driven_waves(system) else None


def _named(system: System, row: Row) -> list[Part]:
    return [(system.names[wave], delay, value) for (wave, delay), value in row.items()]


def _same(row: Row, other: Row | None) -> bool:
    return other is not None and row.keys() == other.keys() and all(np.array_equal(c, other[k]) for k, c in row.items())


def taken_apart(
    products: Iterable[Product], waves: dict[str, list[Part]], adjoints: dict[str, list[Part]], carriers: int
) -> list[Product]:
    """The products of the parts, where there are any."""

    def times(value: Coefficient, slope: np.ndarray) -> np.ndarray:
        return slope * (value.reshape(carriers, -1) if isinstance(value, np.ndarray) else value)

    found = []
    for p in products:
        for wave, delay, a in waves.get(p.wave, [(p.wave, p.delay, 1.0)]) if p.delay == 0 else [(p.wave, p.delay, 1.0)]:
            for adjoint, _, b in adjoints.get(p.adjoint, [(p.adjoint, 0, 1.0)]):
                found.append(Product(p.parameter, wave, adjoint, times(np.conj(b), times(a, p.slope)), delay))
    return found
