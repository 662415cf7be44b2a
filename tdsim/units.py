"""Numbers with SPICE suffixes in, engineering notation out."""

from __future__ import annotations

import math

C0 = 299792458.0
"""Speed of light in vacuum, m/s."""

_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def engineering(value: float, unit: str = "", digits: int = 4) -> str:
    """`value` with an SI prefix, as people write it: engineering(3.2e-12, "s") is "3.2 ps"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    power = max(-18, min(12, 3 * math.floor(math.log10(abs(value)) / 3 + 1e-12)))
    return f"{value / 10.0**power:.{digits}g} {_PREFIXES[power]}{unit}".rstrip()
