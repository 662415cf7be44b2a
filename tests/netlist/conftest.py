"""Helpers for the tests of the netlist language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tdsim.circuit import Circuit
from tdsim.errors import Diagnostic, NetlistError
from tdsim.netlist import loads


@pytest.fixture
def read() -> Callable[[str], Circuit]:
    """The circuit of a netlist, whose title line is added."""
    return lambda text: loads("title\n" + text, "t.cir")


@pytest.fixture
def errors() -> Callable[[str], list[Diagnostic]]:
    """The errors of a bad netlist, whose title line is added: the first card is on line 2."""

    def found(text: str) -> list[Diagnostic]:
        with pytest.raises(NetlistError) as info:
            loads("title\n" + text, "t.cir")
        return list(info.value.diagnostics)

    return found


@pytest.fixture
def value(read: Callable[[str], Circuit]) -> Callable[..., float]:
    """The value of an expression, after the given cards."""
    return lambda text, cards="": read(f"{cards}\n.param result={{{text}}}\n").parameters["result"]
