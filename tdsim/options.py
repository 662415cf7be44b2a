"""The options of a circuit: names, and the values that they take."""

from __future__ import annotations

from typing import Any

from .errors import nearest

WORDS = {
    "noise": ("on", "off"),
    "delay": ("exact", "round"),
    "skip": ("on", "off"),
    "lossless": ("on", "off"),
    "method": ("esdirk", "trap", "trapezoidal", "gear"),
}
"""Options that take one of a few words."""

NUMBERS = frozenset(
    [
        "seed",
        "threads",
        "block",
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
        "gminsteps",
        "srcsteps",
        "pivtol",
        "pivrel",
    ]
)
"""Options that take a number."""

ZERO_KELVIN = -273.15
"""The lowest temperature (degC)."""

ABOVE = {
    "reltol": 0.0,
    "abstol": 0.0,
    "vntol": 0.0,
    "chgtol": 0.0,
    "trtol": 0.0,
    "dt": 0.0,
    "temp": ZERO_KELVIN,
    "tnom": ZERO_KELVIN,
}
"""Options whose number must lie above this one."""

LEAST = {
    "gmin": 0,
    "gshunt": 0,
    "rshunt": 0,
    "cshunt": 0,
    "itl1": 1,
    "itl2": 1,
    "itl4": 1,
    "threads": 1,
    "block": 1,
    "seed": 0,
    "maxord": 1,
    "xmu": 0,
    "pivtol": 0,
    "pivrel": 0,
}
"""Options whose number must be this one at least."""

MOST = {"maxord": 6, "xmu": 0.5, "pivrel": 1}
"""Options whose number must be this one at most."""

COUNTS = frozenset(("itl1", "itl2", "itl4", "threads", "block", "seed", "maxord"))
"""Options that count something."""

SWEPT = NUMBERS - {"seed", "threads", "block", "dt", "defl", "defw", "defad", "defas"}
"""Options that may differ between the runs of a sweep: those that the analyses read, and not the netlist's reader."""

FLAGS = frozenset(("noopiter",))
"""Options that stand alone; `name=1` says the same, `name=0` the opposite."""

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


def option_problem(name: str, value: Any) -> str | None:
    """The sentence that says what is wrong with a known option's value; None when nothing is."""
    later = LATER.get((name, value if isinstance(value, str) else None))
    if later:
        return f"option {name}: {later}"
    if name in WORDS and value not in WORDS[name]:
        return f"option {name} is {' or '.join(WORDS[name])}, not {'on its own' if value is True else repr(value)}"
    if name in FLAGS and value not in (True, False):
        return f"option {name} stands alone"
    if name in NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"option {name} takes a number"
    return _range_problem(name, value) if name in NUMBERS else None


def _range_problem(name: str, value: float) -> str | None:
    if name in ABOVE and not value > ABOVE[name]:
        return f"option {name} must be above {ABOVE[name]:g}, not {value:g}"
    if name in LEAST and not value >= LEAST[name]:
        return f"option {name} must be {LEAST[name]} or more, not {value:g}"
    if name in MOST and not value <= MOST[name]:
        return f"option {name} must be {MOST[name]:g} or less, not {value:g}"
    if name in COUNTS and value != int(value):
        return f"option {name} is a whole number, not {value:g}"
    if name == "reltol" and value >= 1:
        return f"option reltol is a part of what is solved for, below 1, not {value:g}"
    return None


def unknown_option(name: str) -> str | None:
    """The sentence that warns of an option that nothing reads; None when it is known."""
    known = {*WORDS, *NUMBERS, *FLAGS}
    if name in known or name in IGNORED or any(name == later for later, _ in LATER):
        return None
    return f"unknown option {name!r} is ignored{nearest(name, known)}"
