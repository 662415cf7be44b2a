"""The names that `.options` knows."""

from __future__ import annotations

from ..circuit import Circuit
from ..errors import Diagnostics, nearest
from .nodes import Value
from .problems import Problem
from .scan import Place

WORDS = {
    "noise": ("on", "off"),
    "delay": ("exact", "round"),
    "skip": ("on", "off"),
    "method": ("trap", "trapezoidal", "gear"),
}
"""Options that take one of a few words."""

NUMBERS = frozenset(
    [
        "seed",
        "dt",
        "temp",
        "tnom",
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
    ]
)
"""Options that take a number."""

LATER = {
    ("noise", "on"): "noise of devices is not available yet; leave it out",
    ("quiescence", None): "skipping what has settled within a tolerance is not available yet; leave it out",
}
"""Options, with the value that is meant, that belong to a later capability."""

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
    later = LATER.get((name, value if isinstance(value, str) else None))
    if later:
        raise Problem(f"option {name}: {later}", place)
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
