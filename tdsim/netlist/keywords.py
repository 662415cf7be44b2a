"""Cards as positional words and `key=value` pairs."""

from __future__ import annotations

from typing import NamedTuple

from .problems import Problem
from .scan import Card, Place


class Keyword(NamedTuple):
    """`key=value`: the word of the key, and the words [first, last) of the value."""

    key: str
    word: int
    first: int
    last: int


def split(card: Card, start: int, end: int | None = None) -> tuple[list[int], list[Keyword]]:
    """The positional words of a card and its `key=value` pairs, from word `start` on.

    Parentheses and commas between positional words count as blanks. Raises Problem for `key=` without a value.
    """
    words, index, end = card.words, start, len(card.words) if end is None else end
    positional: list[int] = []
    keywords: list[Keyword] = []
    while index < end:
        if index + 1 < end and words[index + 1] == "=":
            last = _end_of_value(words, index + 2, end)
            trimmed = last - 1 if words[last - 1] == "," else last
            if trimmed <= index + 2:
                raise Problem(f"{words[index]}= has no value", Place(card, index))
            keywords.append(Keyword(words[index], index, index + 2, trimmed))
            index = last
        else:
            if words[index] not in "(),":
                positional.append(index)
            index += 1
    return positional, keywords


def _end_of_value(words: list[str], index: int, end: int) -> int:
    """The index of the next `key =` outside brackets, or `end`."""
    depth = 0
    while index < end:
        word = words[index]
        if word in ("(", "["):
            depth += 1
        elif word in (")", "]"):
            depth -= 1
        elif depth <= 0 and index + 1 < end and words[index + 1] == "=":
            return index
        index += 1
    return end


SEPARATORS = frozenset("(),=")
"""What stands for a blank on element lines."""


def plain_words(card: Card, start: int, end: int | None = None) -> list[int]:
    """The words of a card that are no separators."""
    words = card.words
    return [i for i in range(start, len(words) if end is None else end) if words[i] not in SEPARATORS]
