"""The names that `.options` knows."""

from __future__ import annotations

from ..circuit import Circuit
from ..errors import Diagnostics, nearest
from .nodes import Value
from .scan import Place, Problem

WORDS = {"noise": ("on", "off"), "delay": ("exact", "round"), "method": ("trap", "trapezoidal", "gear")}
"""Options that take one of a few words."""

NUMBERS = frozenset(
    [
        "seed",
        "dt",
        "temp",
        "tnom",
        "quiescence",
        "reltol",
        "abstol",
        "vntol",
        "chgtol",
        "trtol",
        "gmin",
        "gshunt",
        "rshunt",
        "cshunt",
        "itl1",
        "itl2",
        "itl4",
        "maxord",
        "xmu",
        "defl",
        "defw",
        "defad",
        "defas",
        "noopiter",
        "gminsteps",
        "srcsteps",
        "pivtol",
        "pivrel",
        "block",
        "chunk",
    ]
)
"""Options that take a number."""

IGNORED = frozenset(
    [
        "acct",
        "list",
        "node",
        "nopage",
        "noacct",
        "noinit",
        "bypass",
        "klu",
        "sparse",
        "savecurrents",
        "interp",
        "opts",
        "nomod",
    ]
)
"""Options of ngspice without a meaning here."""


def set_option(name: str, value: Value, place: Place, circuit: Circuit, found: Diagnostics) -> None:
    """Set one option of the circuit. Unknown ones are warned about; raises Problem for impossible values."""
    if name in IGNORED:
        return
    if name in WORDS:
        if value not in WORDS[name]:
            shown = "on its own" if value is True else repr(value)
            raise Problem(f"option {name} is {' or '.join(WORDS[name])}, not {shown}", place)
    elif name in NUMBERS:
        if not isinstance(value, float):
            raise Problem(f"option {name} takes a number", place)
    else:
        known = {*WORDS, *NUMBERS}
        found.warn(f"unknown option {name!r} is ignored{nearest(name, known)}", place.position)
        return
    circuit.options[name] = value
