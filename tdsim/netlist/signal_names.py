"""Signal names on cards: `e(xr.o1)`, `v(a,b)`, `@xl[power]`."""

from __future__ import annotations

from .problems import Problem
from .scan import Card, Place
from .scope import Scope
from .values import read_text, render


def signal_names(card: Card, start: int, scope: Scope) -> list[tuple[str, int]]:
    """All signal names from word `start` to the end of the card, each with its first word."""
    names, index = [], start
    while index < len(card.words):
        if card.words[index] == ",":
            index += 1
            continue
        name, after = signal_name(card, index, scope)
        names.append((name, index))
        index = after
    if not names:
        raise Problem(f"{card.words[0]} names no signal", Place(card))
    return names


def signal_name(card: Card, index: int, scope: Scope) -> tuple[str, int]:
    """The signal name that starts at word `index`, and the index of the word after it."""
    words = card.words
    opening = words[index + 1] if index + 1 < len(words) else ""
    if opening not in ("(", "["):
        return render(read_text(card, index), scope), index + 1
    closing = ")" if opening == "(" else "]"
    try:
        end = words.index(closing, index + 2)
    except ValueError:
        raise Problem(f"{words[index]}{opening} does not close", Place(card, index)) from None
    inner = ",".join(render(read_text(card, i), scope) for i in range(index + 2, end) if words[i] != ",")
    return f"{words[index]}{opening}{inner}{closing}", end + 1
