"""Lines of X elements: `X... nodes name parameters`."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..device import Device
from ..errors import Position
from .keywords import Keyword, split
from .problems import Problem, Together
from .refused import refuse_letter
from .scan import Card, Place
from .values import Given, Text, read_text, read_value


@dataclass
class Element:
    """One element line, read once; instances are made from it as often as its subcircuit or loop asks.

    `target` is what it instantiates. `bindings` remembers how the line
    fits a device (see binding.py).
    """

    card: Card
    name: str | Text
    target: str | Text
    nodes: tuple[str | Text, ...]
    node_words: tuple[int, ...]
    keywords: tuple[Keyword, ...]
    target_word: int
    position: Position
    bindings: dict[type[Device], object] = field(default_factory=dict)
    _given: dict[str, Given] = field(default_factory=dict)

    def given(self, keyword: Keyword) -> Given:
        """The value of one of the keywords, read once."""
        if keyword.key not in self._given:
            self._given[keyword.key] = read_value(self.card, keyword.first, keyword.last)
        return self._given[keyword.key]

    def node_of(self, keyword: Keyword) -> str | Text:
        """The value of a keyword as the name of a node: `o1=in`."""
        if keyword.last - keyword.first != 1:
            message = f"{keyword.key}= takes one node"
            raise Problem(message, Place(self.card, keyword.first))
        return read_text(self.card, keyword.first)


def read_element(card: Card) -> Element:
    """Read an element line. Raises Problem for letters that tdsim does not have, and lines without a device."""
    refuse_letter(card)
    if card.words[0][0] == "x":
        return _instance(card)
    hint = "; a comment starts with *" if card.words[0][0] == "#" else ""
    raise Problem(
        f"unknown kind of element {card.words[0]!r}: electrical elements start with their letter of SPICE, photonic "
        f"components with x{hint}",
        Place(card),
    )


def _instance(card: Card) -> Element:
    positional, keywords = split(card, 1)
    positional = [i for i in positional if card.words[i] != "params:"]
    if not positional:
        raise Problem("the form is xname nodes ... device parameter=value ...: the device is missing", Place(card))
    *nodes, target = positional
    return _element(card, target, nodes, keywords)


def _element(card: Card, target: int, nodes: list[int], keywords: list[Keyword]) -> Element:
    seen: set[str] = set()
    together = Together()
    for keyword in keywords:
        if keyword.key in seen:
            with together:
                raise Problem(f"{keyword.key}= is given twice", Place(card, keyword.word))
        seen.add(keyword.key)
    together.check()
    return Element(
        card,
        read_text(card, 0),
        read_text(card, target),
        tuple([read_text(card, i) for i in nodes]),
        tuple(nodes),
        tuple(keywords),
        target,
        card.position,
    )
