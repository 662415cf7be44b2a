"""The netlist that a training leaves behind: the one that it began with, and what was learned on `.set` cards."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .. import Circuit

_END = re.compile(r"^\.end\s*$", re.IGNORECASE | re.MULTILINE)


def trained_netlist(circuit: Circuit, params: Mapping[str, float]) -> str:
    """The text of a netlist with these values, exact to the last bit.

    params  of parameters "inst.parameter", and of states "x(inst.state)" at t = 0
    """
    text = circuit.text.rstrip("\n") + "\n"
    cards = "* What was learned\n" + "".join(map(_card, params, params.values()))
    end = _END.search(text)
    return text + cards if end is None else text[: end.start()] + cards + text[end.start() :]


def _card(name: str, value: float) -> str:
    return f".ic {name}={value!r}\n" if name.startswith("x(") else f".set {name} {value!r}\n"
