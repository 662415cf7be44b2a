"""Engineering units on axes: one SI prefix for all that a panel shows."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}
PLAIN = {"rad": "rad", "dB": "dB", "deg": "°", "1": "", "": ""}
"""Units that take no prefix, and how they are shown."""
SHOWN = {"ohm": "Ω", "degC": "°C"}


def prefixed(unit: str, series: Iterable[np.ndarray]) -> tuple[float, str]:
    """The number to divide by, and the unit to show, so that the largest value lies between 1 and 1000.

    A root, as in "sqrt(W)", takes the prefix below it: divided by sqrt(1e-3), it is shown as "√mW".
    """
    if unit in PLAIN:
        return 1.0, PLAIN[unit]
    largest = max((_largest(values) for values in series), default=0.0)
    if unit.startswith("sqrt(") and unit.endswith(")"):
        scale, shown = _prefix(largest**2, unit[5:-1])
        return math.sqrt(scale), f"√{shown}"
    return _prefix(largest, unit)


def _largest(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.max(np.abs(finite))) if finite.size else 0.0


def _prefix(largest: float, unit: str) -> tuple[float, str]:
    shown = SHOWN.get(unit, unit)
    if largest == 0 or not unit.isalpha():  # "1/s" and "W/m" do not take a prefix
        return 1.0, shown
    power = 3 * math.floor(math.log10(largest * (1 + 1e-9)) / 3)
    power = max(min(PREFIXES), min(max(PREFIXES), power))
    return 10.0**power, PREFIXES[power] + shown
