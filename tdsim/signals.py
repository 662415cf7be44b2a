"""Names of signals: e(xr.o1), p(net), ein(..), pin(..), x(inst.state), v(a,b), i(v1), vdb(a), @device[param]."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import UsageError

OPTICAL_KINDS = ("e", "p", "ein", "pin")
ELECTRICAL_KINDS = tuple(kind + part for kind in "vi" for part in ("", "m", "p", "db", "r", "i"))
"""Voltages and currents, and their magnitude, phase, decibels, real and imaginary part in a small-signal analysis."""
PARTS = tuple(kind for kind in ELECTRICAL_KINDS if len(kind) > 1)
_FORM = re.compile(r"\s*(e|p|ein|pin|x|[vi](?:m|p|db|r|i)?)\s*\(\s*([^()\s,]+)\s*(?:,\s*([^()\s,]+)\s*)?\)\s*$")
_PARAMETER = re.compile(r"\s*@([^\[\]\s]+)\[([^\[\]\s]+)\]\s*$")


@dataclass(frozen=True)
class Signal:
    """One signal name taken apart: `e(xr.o1)` is kind "e", target "xr.o1"."""

    kind: str
    target: str
    second: str = ""

    def __str__(self) -> str:
        if self.kind == "@":
            return f"@{self.target}[{self.second}]"
        return f"{self.kind}({self.target},{self.second})" if self.second else f"{self.kind}({self.target})"


def parse_signal(text: str) -> Signal:
    """Read one signal name. Raises UsageError when it has none of the known forms."""
    match = _FORM.match(text.lower())
    if match and (match[3] is None or match[1][0] == "v"):
        return Signal(match[1], match[2], match[3] or "")
    match = _PARAMETER.match(text.lower())
    if match:
        return Signal("@", match[1], match[2])
    raise UsageError(
        f"{text!r} is not the name of a signal; the forms are e(inst.port) p(..) ein(..) pin(..) for waves, "
        "x(inst.state), v(node), v(a,b), i(element) (in .ac also vm vp vdb vr vi im ip idb ir ii) and @device[param]"
    )
