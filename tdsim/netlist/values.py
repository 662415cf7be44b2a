"""What may stand as a value: numbers, expressions, words, lists, arrays from files and source shapes.

A value is read from its card once and resolved once per instance, in the scope of that instance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ..errors import UsageError, nearest
from ..shapes import SHAPE_NAMES, make_shape
from ..units import parse_number
from .expressions import evaluate
from .keywords import split
from .nodes import ExpressionError, Value, number
from .problems import Problem
from .scan import Card, Place
from .scope import Scope

BRACED = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
MOST_ITEMS = 1_000_000
_START_OF_NUMBER = frozenset("0123456789.+-")


class Given(Protocol):
    """A value as it stands in the netlist. `resolve` raises Problem, which knows the place."""

    def resolve(self, scope: Scope) -> Value: ...


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a quoted string."""

    value: Value

    def resolve(self, scope: Scope) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression; `place` is its first character."""

    text: str
    place: Place

    def resolve(self, scope: Scope) -> Value:
        try:
            return evaluate(self.text, scope)
        except ExpressionError as error:
            place = Place(self.place.card, self.place.word, self.place.shift + error.at)
            raise Problem(error.message, place) from None


@dataclass(frozen=True, slots=True)
class Text:
    """A name, a node or a file name that may hold `{...}`, printed as integers."""

    text: str
    place: Place

    def resolve(self, scope: Scope) -> str:
        def printed(match: re.Match[str]) -> str:
            place = Place(self.place.card, self.place.word, self.place.shift + match.start() + 1)
            return str(integer(Formula(match[0][1:-1], place).resolve(scope), place))

        return BRACED.sub(printed, self.text)


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: the parameter of that name when there is one, else the word itself."""

    text: str
    place: Place

    def resolve(self, scope: Scope) -> Value:
        return self.number(scope) if scope.knows(self.text) else self.text

    def number(self, scope: Scope) -> Value:
        """The parameter of that name; Problem when there is none."""
        return Formula(self.text, self.place).resolve(scope)


@dataclass(frozen=True, slots=True)
class Listed:
    """`[a b c]`."""

    items: tuple[Given, ...]
    place: Place

    def resolve(self, scope: Scope) -> Value:
        items: list[Value] = []
        for item in self.items:
            value = item.resolve(scope)
            items += value if isinstance(value, tuple) else (value,)
            if len(items) > MOST_ITEMS:
                raise Problem(
                    f"the list grows to more than {MOST_ITEMS:,} items: put long data into a file", self.place
                )
        return tuple(items)


@dataclass(frozen=True, slots=True)
class Shaped:
    """A source shape: `pulse(0 1m 10p)`, `pwl(0 0 1n 1) td=1n`, `file("in.nc" "e")`."""

    name: str
    arguments: tuple[Given, ...]
    keywords: tuple[tuple[str, Given], ...]
    place: Place

    def resolve(self, scope: Scope) -> Value:
        arguments = [a.resolve(scope) for a in self.arguments]
        keywords = {key: given.resolve(scope) for key, given in self.keywords}
        try:
            return make_shape(self.name, arguments, keywords, str(self.place.card.source.folder))
        except UsageError as error:
            raise Problem(str(error), self.place) from None

    def extended(self, key: str, given: Given) -> Shaped:
        """The shape with one more keyword."""
        return Shaped(self.name, self.arguments, (*self.keywords, (key, given)), self.place)


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """`.param w=file("w.nc" "w")`: a variable of a netCDF file as an array."""

    path: Given
    variable: Given
    place: Place

    def resolve(self, scope: Scope) -> Value:
        path = self.place.card.source.folder / str(self.path.resolve(scope))
        return read_array(str(path), str(self.variable.resolve(scope)), self.place)


def read_array(path: str, variable: str, place: Place) -> np.ndarray:
    """A variable of a netCDF file. Raises Problem when there is no such file, variable, or it holds no numbers."""
    import netCDF4

    try:
        if not Path(path).is_file():
            raise Problem(f"{path} cannot be read: there is no such file", place)
        with netCDF4.Dataset(path) as data:
            if variable not in data.variables:
                raise Problem(f"{path} has no variable {variable!r}; it has {', '.join(data.variables)}", place)
            return np.asarray(np.ma.filled(data.variables[variable][...], np.nan), dtype=float)
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Problem(f"{path} cannot be read as netCDF: {reason}", place) from None


def read_value(card: Card, first: int, last: int) -> Given:
    """The value in words [first, last) of a card."""
    head = card.words[first]
    if head in SHAPE_NAMES and (last - first > 1 or head != "file"):
        return _shape(card, first, last)
    if head == "[":
        return _list(card, first, last)
    if last - first > 1 and card.words[first + 1] == "(" and _NAME.fullmatch(head):
        close = nearest(head, SHAPE_NAMES)
        raise Problem(f"unknown source shape {head!r}{close}; an expression stands in braces", Place(card, first))
    if last - first > 1:
        raise Problem(f"{card.words[first + 1]!r} does not fit here after {head!r}", Place(card, first + 1))
    return read_word(card, first)


def read_word(card: Card, index: int) -> Given:
    """The value of one word: a number, `{...}`, `'...'`, a quoted string, or a name."""
    word = card.words[index]
    head = word[0]
    place = Place(card, index)
    if head in _START_OF_NUMBER:
        return Literal(_plain_number(word, place))
    if head == "'" or BRACED.fullmatch(word):
        return Formula(word[1:-1], Place(card, index, 1))
    if head == '"':
        return Text(word[1:-1], Place(card, index, 1)) if "{" in word else Literal(word[1:-1])
    if _NAME.fullmatch(word):
        return Word(word, place)
    if head == "{":
        rest = BRACED.sub("", word)
        raise Problem(f"{rest!r} cannot follow an expression: write it inside the braces, as in {{a*1{rest}}}", place)
    raise Problem(f"{word!r} is neither a number nor a name; expressions stand in braces: {{{word}}}", place)


def _plain_number(word: str, place: Place) -> float:
    try:
        return parse_number(word)
    except UsageError as error:
        hint = f"; expressions stand in braces: {{{word}}}" if any(c in word[1:] for c in "*/+-") else ""
        raise Problem(f"{error}{hint}", place) from None


def _list(card: Card, first: int, last: int) -> Given:
    if card.words[last - 1] != "]":
        raise Problem("the list does not close with ]", Place(card, first))
    inner = (i for i in range(first + 1, last - 1) if card.words[i] != ",")
    return Listed(tuple(read_word(card, i) for i in inner), Place(card, first))


def _shape(card: Card, first: int, last: int) -> Given:
    words = card.words
    if last - first > 1 and words[first + 1] == "(" and words[last - 1] != ")":
        close = next((i for i in range(first, last) if words[i] == ")"), None)
        raise Problem(
            f"{words[first]}( does not close" if close is None else f"{words[close + 1]!r} does not fit here",
            Place(card, first + 1 if close is None else close + 1),
        )
    positional, keywords = split(card, first + 1, last)
    given = tuple((k.key, read_word(card, k.first)) for k in keywords)
    return Shaped(words[first], tuple(read_word(card, i) for i in positional), given, Place(card, first))


def read_text(card: Card, index: int) -> str | Text:
    """A name or a node: a plain string, or a template when it holds `{...}`."""
    word = card.words[index]
    return Text(word, Place(card, index)) if "{" in word else word


def render(text: str | Text, scope: Scope) -> str:
    """The name in this scope."""
    return text if isinstance(text, str) else text.resolve(scope)


def integer(value: Value, place: Place) -> int:
    """`value` as an integer. Raises Problem when it is none."""
    try:
        real = number(value, 0)
    except ExpressionError as error:
        raise Problem(error.message, place) from None
    nearest_integer = round(real) if abs(real) < 1e15 else 0
    if abs(real - nearest_integer) > 1e-6:
        raise Problem(f"an integer is needed here, not {real:g}", place)
    return nearest_integer


def real(given: Given, scope: Scope, place: Place) -> float:
    """The number that stands at `place`."""
    value = given.number(scope) if isinstance(given, Word) else given.resolve(scope)
    try:
        return number(value, 0)
    except ExpressionError as error:
        raise Problem(error.message, place) from None
