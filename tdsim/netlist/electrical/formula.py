"""Text of expressions that have a value while the circuit runs: B sources, and what other elements have of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...behaviour import Behaviour, Constant, Signal, Term
from ...errors import UsageError
from ...units import parse_number
from ..context import Context
from ..expressions import evaluate, parse
from ..keywords import Keyword
from ..nodes import ExpressionError, number
from ..problems import Problem, Reported
from ..scan import Card, Place
from ..values import BRACED, Text
from .terms import Builder, Names

_NODE = r"((?:[^\s(),{}]|\{[^{}]*\})+)"
_SIGNAL = re.compile(rf"(?<![a-z0-9_µμ.])([vi])\s*\(\s*{_NODE}\s*(?:,\s*{_NODE}\s*)?\)")
_RUNNING = re.compile(r"(?<![a-z0-9_µμ.])(?:[vi]\s*\(|(?:time|temper|hertz)(?![a-z0-9_]))")
_NUMBER = re.compile(r"(?<![a-z0-9_µμ.])(?:\d+\.?\d*|\.\d+)(?:[ed][+-]?\d+)?[a-z0-9_µμ.]*")
_INNERMOST = re.compile(r"\{[^{}]*\}")
_FIRST, _LAST = 0xE000, 0xF8FF
"""Characters for private use: they stand for signals and numbers while the grammar reads the text around them."""
_PLACEHOLDER = re.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True)
class Formula:
    """An expression as it stands on a line; `place` is its first character."""

    text: str
    place: Place

    def behaviour(self, context: Context) -> Behaviour:
        """The expression in one context: parameters are numbers, nodes have their full names.

        Currents keep the names that the text gives them until all elements are known (see links.py). Raises Problem.
        """
        return Behaviour(self.term(context), self.text, self.place.position)

    def term(self, context: Context) -> Term:
        """The tree of the expression."""
        try:
            text, terms = self._signals_out(context)
            text = self._braces_out(text, terms, context)
            text = _numbers_out(text, terms)
            return Builder().build(parse(text), Names(context.scope, terms))
        except ExpressionError as error:
            raise Problem(error.message, self._at(error.at)) from None
        except RecursionError:
            raise Problem("the expression is nested too deeply", self.place) from None

    def _at(self, offset: int) -> Place:
        return Place(self.place.card, self.place.word, self.place.shift + offset)

    def _signals_out(self, context: Context) -> tuple[str, dict[str, Term]]:
        """The text with placeholders of the same length for v(..) and i(..), and what each stands for."""
        terms: dict[str, Term] = {}
        odd = _PLACEHOLDER.search(self.text)
        if odd:
            raise ExpressionError(f"{odd[0]!r} does not fit here", odd.start())

        def replace(match: re.Match[str]) -> str:
            kind, first, second = match.groups()
            if kind == "i" and second:
                raise ExpressionError("i(...) takes one element", match.start())
            names = [self._name(n, match.start(k), kind, context) for k, n in ((2, first), (3, second)) if n]
            return _hidden(match, Signal(kind, tuple(names)), terms)

        return _SIGNAL.sub(replace, self.text), terms

    def _name(self, name: str, at: int, kind: str, context: Context) -> str:
        place = self._at(at)
        text: str | Text = Text(name, place) if "{" in name else name
        if kind == "v":
            return context.net(text)
        return text if isinstance(text, str) else text.resolve(context.scope)

    def _braces_out(self, text: str, terms: dict[str, Term], context: Context) -> str:
        """Braces around numbers alone are parameters' expressions, and follow their rules."""

        def replace(match: re.Match[str]) -> str:
            inner = match[0][1:-1]
            if _PLACEHOLDER.search(inner) or _RUNNING.search(inner):
                return f"({inner})"
            try:
                value = number(evaluate(inner, context.scope), 0)
            except Reported:
                raise
            except ExpressionError as error:
                raise ExpressionError(error.message, match.start() + 1 + error.at) from None
            return _hidden(match, Constant(value), terms)

        while _INNERMOST.search(text):
            text = _INNERMOST.sub(replace, text)
        return text


def _numbers_out(text: str, terms: dict[str, Term]) -> str:
    """The text with placeholders for its numbers: lines that differ in their numbers alone are parsed once."""

    def replace(match: re.Match[str]) -> str:
        try:
            return _hidden(match, Constant(parse_number(match[0], False)), terms)
        except UsageError as error:
            raise ExpressionError(str(error), match.start()) from None

    return _NUMBER.sub(replace, text)


def _hidden(match: re.Match[str], term: Term, terms: dict[str, Term]) -> str:
    if _FIRST + len(terms) > _LAST:
        raise ExpressionError(f"the expression has more than {_LAST - _FIRST} signals and numbers", match.start())
    name = chr(_FIRST + len(terms)).ljust(len(match[0]), "_")
    terms[name] = term
    return name


def is_running(text: str) -> bool:
    """Whether a text has a value only while the circuit runs: it names a signal, the time or the temperature."""
    return _RUNNING.search(text) is not None


def read_formula(card: Card, first: int, last: int) -> Formula:
    """The expression in words [first, last), with or without quotes or braces around all of it."""
    word = card.words[first]
    if last - first == 1 and (word[0] in "'\"" or BRACED.fullmatch(word)):
        return Formula(word[1:-1], Place(card, first, 1))
    return Formula(card.slice(first, last), Place(card, first))


def formula_keywords(card: Card, start: int, formulas: frozenset[str], others: frozenset[str]) -> list[Keyword]:
    """`v=expression`, `tc1=..` from word `start` on.

    An expression ends where one of the known keywords follows. Raises Problem for anything else in between.
    """
    words, index, found = card.words, start, []
    while index < len(words):
        if words[index] == "," or words[index] == ")":
            index += 1
            continue
        if words[index + 1 : index + 2] != ["="]:
            raise Problem(f"{card.words[0]}: {words[index]!r} does not fit here", Place(card, index))
        last = _end(words, index + 2, formulas | others)
        if last == index + 2:
            raise Problem(f"{words[index]}= has no value", Place(card, index))
        found.append(Keyword(words[index], index, index + 2, last))
        index = last
    return found


def _end(words: list[str], index: int, known: frozenset[str]) -> int:
    """Where the value that starts at `index` ends: at the next known keyword outside parentheses, or with the card."""
    depth = 0
    while index < len(words):
        if words[index] == "(":
            depth += 1
        elif words[index] == ")":
            depth -= 1
        elif depth <= 0 and words[index] in known and _is_key(words, index):
            return index
        index += 1
    return index


def _is_key(words: list[str], index: int) -> bool:
    """Whether one equals sign, not the two of a comparison, follows the word."""
    return words[index + 1 : index + 2] == ["="] and words[index + 2 : index + 3] != ["="]
