"""The cards that say where a circuit starts: .ic and .nodeset."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import Position
from .card_control import Control
from .problems import Together
from .scan import Place
from .values import read_text, render


def ic(c: Control) -> None:
    """`.ic v(node)=value x(instance.state)=value ...`"""
    _settings(c, "vx", ".ic v(node)=value, or .ic x(instance.state)=value", _take_initial)


def nodeset(c: Control) -> None:
    """`.nodeset v(node)=value ...`"""
    _settings(c, "v", ".nodeset v(node)=value", _take_guess)


def _take_initial(c: Control, signal: str, value: float, position: Position) -> None:
    c.circuit.initial[signal] = value
    c.circuit.initial_positions[signal] = position


def _take_guess(c: Control, signal: str, value: float, position: Position) -> None:
    c.circuit.nodesets[signal] = value
    c.circuit.nodeset_positions[signal] = position


def _settings(c: Control, kinds: str, form: str, take: Callable[[Control, str, float, Position], None]) -> None:
    """Take all settings of a card."""
    words, together = c.card.words, Together()
    starts = [i for i in range(1, len(words)) if words[i] != ","]
    if not starts:
        raise c.problem(f"the form is {form}")
    index = starts[0]
    while index < len(words):
        with together:
            _setting(c, index, kinds, form, take)
        if words[index + 1 : index + 2] != ["("] or words[index + 3 : index + 5] != [")", "="]:
            break  # what follows cannot be told apart
        index += 7 if words[index + 6 : index + 7] == [","] else 6
    together.check()


def _setting(
    c: Control, index: int, kinds: str, form: str, take: Callable[[Control, str, float, Position], None]
) -> None:
    """One `v(node)=value`."""
    words = c.card.words
    if words[index] not in tuple(kinds):
        raise c.problem(f"the form is {form}", index)
    if words[index + 1 : index + 2] != ["("] or words[index + 3 : index + 5] != [")", "="]:
        raise c.problem(f"the form is {form}", index)
    if index + 5 >= len(words):
        raise c.problem(f"the value is missing: {form}", index)
    text = read_text(c.card, index + 2)
    name = c.context.net(text) if words[index] == "v" else c.context.prefix + render(text, c.context.scope)
    take(c, f"{words[index]}({name})", c.number(index + 5), Place(c.card, index).position)
