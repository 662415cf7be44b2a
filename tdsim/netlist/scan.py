"""From lines to cards: comments, continuation, case and words, with every column kept.

A card's words are plain strings. Where a word stands is worked out only when somebody asks, by splitting the card once
more: asking is for errors, and this makes scanning several times faster than building a token object a word.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from ..errors import Diagnostics, Position
from .source import MAX_LINE, Source

_BRACES = r"\{(?:[^{}]|\{[^{}]*\})*\}"
WORD = re.compile(rf"""'[^']*'|"[^"]*"|(?:[^\s(),=\[\]{{}}'"]|{_BRACES})+|[(),=\[\]]|\S""")
_COMMENT = re.compile(r""""[^"]*"|(;|//|(?:(?<=[\s,])|^)\$)""")
_QUOTED = re.compile(r'("[^"]*")')


class Piece(NamedTuple):
    """Where a part of a card's text comes from: from `start` on it is `line`, from 0-based `column` on."""

    start: int
    line: int
    column: int


class Card:
    """One logical line: its text (folded to lower case outside double quotes) and its words.

    A card is not `sound` when its braces or quotes do not close: then only its first word is good for anything.
    """

    __slots__ = ("_spans", "pieces", "sound", "source", "text", "words")

    def __init__(self, source: Source, text: str, pieces: tuple[Piece, ...]):
        self.source, self.text, self.pieces = source, text, pieces
        self.words: list[str] = WORD.findall(text)
        self.sound = True
        self._spans: list[tuple[int, int]] | None = None

    @property
    def position(self) -> Position:
        return self.position_at(0)

    def position_at(self, offset: int) -> Position:
        """The place of a character of `text`."""
        piece = next(p for p in reversed(self.pieces) if p.start <= max(offset, 0))
        return self.source.position(piece.line, piece.column + offset - piece.start)

    def span(self, word: int) -> tuple[int, int]:
        """Start and end of a word in `text`; just past the last word for a word that is not there."""
        if self._spans is None:
            self._spans = [m.span() for m in WORD.finditer(self.text)]
        return self._spans[word] if word < len(self._spans) else (len(self.text), len(self.text))

    def slice(self, first: int, last: int) -> str:
        """The text from word `first` up to, not including, word `last`."""
        spans = [m.span() for m in WORD.finditer(self.text)]
        return self.text[spans[first][0] : spans[last - 1][1]]

    def raw(self, word: int) -> str:
        """A word as it was typed, before case was folded, and without quotes (for names of files)."""
        start, end = self.span(word)
        where = self.position_at(start)
        return where.text[where.column - 1 : where.column - 1 + end - start].strip("'\"")


class Place(NamedTuple):
    """A word of a card, or a character inside it: what an error points at."""

    card: Card
    word: int = 0
    shift: int = 0

    @property
    def position(self) -> Position:
        return self.card.position_at(self.card.span(self.word)[0] + self.shift)


def fold(text: str) -> str:
    """Lower case outside double quotes, character for character, so that columns stay."""
    if '"' in text:
        return "".join(t if t.startswith('"') else _lower(t) for t in _QUOTED.split(text))
    return _lower(text)


def _lower(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def strip_comment(line: str) -> str:
    """The line without its trailing comment (`;`, `//`, ` $`)."""
    if ";" in line or "//" in line or "$" in line:
        for match in _COMMENT.finditer(line):
            if match[1]:
                return line[: match.start()]
    return line


def scan(source: Source, title: bool, found: Diagnostics) -> list[Card]:
    """The cards of a text in order. With `title`, the first line is not a card.

    Lines that are too long, and braces and quotes that do not close, go to `found`.
    """
    cards: list[Card] = []
    pending: list[tuple[str, int, int]] = []
    continues = False
    for number, raw in enumerate(source.lines):
        line = strip_comment(raw).rstrip()
        body = line.lstrip()
        if not body or body[0] == "*" or (title and number == 0):
            continue
        column = len(line) - len(body)
        if pending and (continues or body[0] == "+"):
            skip = int(body[0] == "+")
            pending.append((body[skip:], number, column + skip))
        else:
            _close(source, pending, cards, found)
            pending = [(body, number, column)]
        text, *place = pending[-1]
        continues = text.endswith("\\\\")
        if continues:
            pending[-1] = (text[:-2], place[0], place[1])
    _close(source, pending, cards, found)
    _check(cards, found)
    return cards


def _check(cards: list[Card], found: Diagnostics) -> None:
    """Look at the braces and quotes of all cards; the commands between .control and .endc may have any."""
    in_script = False
    for card in cards:
        in_script = card.words[0] == ".control" or (in_script and card.words[0] != ".endc")
        card.sound = in_script or is_sound(card, found)


def _close(source: Source, parts: list[tuple[str, int, int]], cards: list[Card], found: Diagnostics) -> None:
    """Make one card from the parts of a logical line: (text, line, column)."""
    if not parts:
        return
    pieces, start = [], 0
    for text, line, column in parts:
        pieces.append(Piece(start, line, column))
        start += len(text) + 1
    if start > MAX_LINE:
        where = source.position(parts[0][1], parts[0][2])
        found.error(
            f"the line is longer than {MAX_LINE} characters: put long data into a file", replace(where, text="")
        )
        return
    card = Card(source, fold(" ".join(p[0] for p in parts)), tuple(pieces))
    if card.words:
        cards.append(card)


def is_sound(card: Card, found: Diagnostics) -> bool:
    """Whether all braces and quotes close; if not, that goes to `found`."""
    text = card.text
    if "{" in text or "}" in text or "'" in text or '"' in text:
        for index, word in enumerate(card.words):
            if word in ("{", "}", "'", '"'):
                kind = "brace" if word in "{}" else "quote"
                message = f"{word} without its partner: the {kind} does not close on this line"
                found.error(message, Place(card, index).position)
                return False
    return True
