"""From the text of a netlist to its circuit."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..circuit import Circuit
from ..errors import Diagnostics
from ..units import milli_hertz
from .blocks import build
from .include import Reader
from .recipe import Recipe
from .scan import Card
from .shadows import warn_shadows
from .source import Source

_MILLI_HERTZ = re.compile(r"(?<![a-z0-9_.])[\d.]+(?:[ed][+-]?\d+)?mhz(?![a-z0-9_])")


def read(source: Source, text: str, overrides: dict[str, str]) -> Circuit:
    """The circuit of a netlist.

    Raises NetlistError with everything that is wrong in it, UsageError when it is too large.
    """
    with _collector_paused():
        return _read(source, text, overrides)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector off: a large circuit is millions of objects that all stay, and looking through them
    again and again takes longer than making them (measured: 12 s instead of 4 s for 100,000 instances)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(source: Source, text: str, overrides: dict[str, str]) -> Circuit:
    found = Diagnostics()
    reader = Reader(found)
    cards = reader.read(source)
    _warn_milli_hertz(cards, found)
    block = build(cards, found)
    warn_shadows(block, found)
    return Recipe(source, text, reader.included, block, _global_nets(cards), overrides).nominal(found)


def _global_nets(cards: list[Card]) -> set[str]:
    """The nets of all .global cards: they keep their name inside of subcircuits."""
    return {w for card in cards if card.words[0] == ".global" for w in card.words[1:]}


def _warn_milli_hertz(cards: list[Card], found: Diagnostics) -> None:
    for card in cards:
        for match in _MILLI_HERTZ.finditer(card.text) if "mhz" in card.text else ():
            warning = milli_hertz(match[0])
            if warning:
                found.warn(warning, card.position_at(match.start()))
