"""Numbers with SPICE suffixes in, engineering notation out."""

from __future__ import annotations

import functools
import math
import re
from decimal import Decimal

from .errors import UsageError

C0 = 299792458.0
"""Speed of light in vacuum, m/s."""

_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def engineering(value: float, unit: str = "", digits: int = 4) -> str:
    """`value` with an SI prefix, as people write it: engineering(3.2e-12, "s") is "3.2 ps"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    power = max(-18, min(12, 3 * math.floor(math.log10(abs(value)) / 3 + 1e-12)))
    return f"{value / 10.0**power:.{digits}g} {_PREFIXES[power]}{unit}".rstrip()


def shifted(value: float, power: int) -> float:
    """`value` times 10 to the `power`, rounded once: shifted(1549.7, -9) is the float 1549.7e-9."""
    return float(Decimal(repr(float(value))).scaleb(power)) if power and math.isfinite(value) else float(value)


_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[ed]([+-]?\d+))?([a-zµμ]*)", re.IGNORECASE)
_POWERS = {"t": 12, "g": 9, "k": 3, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15}


@functools.lru_cache(maxsize=65536)
def parse_number(text: str, mil: bool = True) -> float:
    """The value of a SPICE number: "10uF" is 1e-5, "1meg" 1e6, "1M" 1e-3; letters after the suffix are ignored.

    In expressions ngspice does not know `mil` (there "1mil" is a milli): pass `mil=False` for these.
    Raises UsageError for what is not a number, `4k7` (which ngspice reads as 4000) and numbers too large for a float.
    """
    match = _NUMBER.match(text)
    if match is None:
        raise UsageError(f"{text!r} is not a number")
    digits, exponent, letters = match.groups()
    if match.end() < len(text):
        raise UsageError(_not_a_number(text, digits, letters, text[match.end() :]))
    most = 1000.0 + len(digits)  # beyond, a number is 0 or infinite whatever its digits
    suffix, power = letters.lower(), int(max(-most, min(most, float(exponent or 0))))
    if mil and suffix.startswith("mil"):
        value = 25.4e-6 * float(f"{digits}e{power}")
    else:
        power += 6 if suffix.startswith("meg") else _POWERS.get(suffix[:1], 0)
        value = float(f"{digits}e{power}")  # exact to the last bit, which a multiplication is not
    if math.isinf(value):
        raise UsageError(f"{text!r} is too large")
    return value


def _not_a_number(text: str, digits: str, letters: str, rest: str) -> str:
    if letters and rest.isdigit():
        return f"{text!r} is not a number: digits after the suffix are not read; write {digits}.{rest}{letters}"
    return f"{text!r} is not a number: {rest!r} follows {text[: len(text) - len(rest)]!r}"


def milli_hertz(text: str) -> str | None:
    """A warning for numbers such as "200MHz", which is 0.2 Hz in SPICE; None for all others."""
    match = _NUMBER.fullmatch(text)
    if match is None or match[3].lower() != "mhz":
        return None
    return f"{text!r} is {parse_number(text):g} Hz: m and M both mean milli in SPICE, mega is meg"
