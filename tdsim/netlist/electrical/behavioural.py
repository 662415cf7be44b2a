"""B: `bname n+ n- v=expression` or `i=expression`."""

from __future__ import annotations

from dataclasses import dataclass

from ..keywords import plain_words
from ..problems import Problem
from ..scan import Card, Place
from .formula import formula_keywords, read_formula
from .line import Line, Site, read_one, take_keywords, take_nodes

_NUMBERS = ("tc1", "tc2", "temp", "dtemp", "m")
_FORM = "the form is bname node node v=expression, or i=expression"


@dataclass(frozen=True)
class Behavioural:
    """The sources that follow an expression."""

    def read(self, card: Card) -> Line:
        words = plain_words(card, 1)
        nodes, rest = take_nodes(card, words, 2, _FORM)
        if not rest:
            raise Problem(f"{card.words[0]}: the expression is missing; {_FORM}", Place(card, len(card.words)))
        known = ("v", "i", *_NUMBERS)
        keywords = formula_keywords(card, rest[0], frozenset("vi"), frozenset(_NUMBERS))
        taken = take_keywords(card, keywords, known, _FORM)
        kinds = [k for k in taken if k in ("v", "i")]
        if len(kinds) != 1:
            where = taken[kinds[1]].word if kinds else rest[0]
            raise Problem(f"{card.words[0]} takes one of v= and i=; {_FORM}", Place(card, where))
        (kind,) = kinds
        formula = read_formula(card, taken[kind].first, taken[kind].last)
        line = Line(card, self, card.words[0], nodes, {}, {kind: taken[kind].first}, (kind, formula), tuple(words[:2]))
        for key in _NUMBERS:
            if key in taken:
                line.given[key], line.where[key] = read_one(card, taken[key]), taken[key].first
        return line

    def place(self, site: Site) -> None:
        kind, formula = site.line.extra
        site.behave(kind, formula.behaviour(site.context), site.numbers(site.line.given), kind)
