"""The netlist that a training leaves behind: the one that it began with, and what was learned on `.set` cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import Circuit

_END = re.compile(r"^\.end\s*$", re.IGNORECASE | re.MULTILINE)

_FILE = re.compile(
    r"""^(?P<before>\s*\.(?:include|inc)\s+|\s*\.lib\s+(?=\S+[ \t]+\S)|[^*\n].*?\bfile\(\s*)"""
    r"""(?P<quote>["']?)(?P<name>[^"'\s)]+|(?<=["'])[^"'\n]+)(?P=quote)""",
    re.IGNORECASE | re.MULTILINE,
)
"""Where a line names a file: .include, .inc, .lib with a section, and the shape file(..)."""


def trained_netlist(circuit: Circuit, params: Mapping[str, float]) -> str:
    """The text of a netlist with these values, exact to the last bit; it runs wherever it stands.

    params  of parameters "inst.parameter", and of states "x(inst.state)" at t = 0
    Parameters of the netlist that were given other values (`[circuit] set`) keep these; names of files are absolute.
    """
    title, _, rest = (circuit.text.rstrip("\n") + "\n").partition("\n")
    text = f"{title}\n{_FILE.sub(_absolute(Path(circuit.source).resolve().parent), rest)}"
    given = {} if circuit.recipe is None else circuit.recipe.overrides
    cards = "".join(f".param {name}={{{value}}}\n" for name, value in given.items())
    cards += "* What was learned\n" + "".join(map(_card, params, params.values()))
    end = _END.search(text)
    return text + cards if end is None else text[: end.start()] + cards + text[end.start() :]


def _card(name: str, value: float) -> str:
    return f".ic {name}={value!r}\n" if name.startswith("x(") else f".set {name} {value!r}\n"


def _absolute(folder: Path) -> Callable[[re.Match[str]], str]:
    """Puts the whole path where a name stands that counts from a folder."""

    def replaced(found: re.Match[str]) -> str:
        path = (folder / Path(found["name"]).expanduser()).resolve()
        return f'{found["before"]}"{path}"'

    return replaced
