"""E, G, F and H: sources controlled by voltages or by currents; linear, or an expression, a polynomial or a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...behaviour import Behaviour, Constant, Signal, Term
from ..keywords import plain_words, split
from ..nodes import ExpressionError
from ..problems import Problem
from ..scan import Card, Place
from ..values import BRACED, Given, Text, integer, read_text, read_word, render
from .formula import Formula, formula_keywords, read_formula
from .line import REFUSED, Line, Site, read_one, refuse_more, take_keywords, take_nodes
from .polynomial import polynomial
from .terms import operation

MAX_DIMENSIONS = 100


@dataclass(frozen=True)
class Controlled:
    """The sources of one of the letters E, G, F and H.

    kind      "v" for sources of voltage, "i" for those of current
    control   "v" when two nodes control the source, "i" when an element does
    spelling  the keyword for an expression, besides value=
    """

    device: str
    kind: str
    control: str
    spelling: str

    @property
    def form(self) -> str:
        control = "node node" if self.control == "v" else "element"
        return f"the form is {self.device}name node node {control} gain, or {self.device}name node node value={{...}}"

    @property
    def _extra(self) -> frozenset[str]:
        return frozenset(("m",)) if self.kind == "i" else frozenset()

    def read(self, card: Card) -> Line:
        words = plain_words(card, 1)
        nodes, rest = take_nodes(card, words, 2, self.form)
        line = Line(card, self, card.words[0], nodes, {}, {}, None, tuple(words[:2]))
        head = card.words[rest[0]] if rest else ""
        if head in ("laplace", "freq"):
            raise Problem(f"{card.words[0]}: {head}= is not part of tdsim: {REFUSED[head]}", Place(card, rest[0]))
        if head in ("value", self.spelling):
            self._read_value(line, rest[0])
        elif head in ("poly", "table") and not (head == "table" and self.control == "i"):
            line.where["value"] = rest[0]
            line.extra = self._polynomial(line, rest) if head == "poly" else self._table(line, rest)
        else:
            self._read_linear(line)
        return line

    # -- the forms ----------------------------------------------------------------------------------------------------

    def _read_value(self, line: Line, start: int) -> None:
        """value={..}, vol='..', cur='..'"""
        formulas = frozenset(("value", self.spelling))
        keywords = formula_keywords(line.card, start, formulas, self._extra)
        taken = take_keywords(line.card, keywords, (*formulas, *self._extra), self.form)
        if "m" in taken:
            line.given["m"], line.where["m"] = read_one(line.card, taken["m"]), taken["m"].first
        (value,) = (taken[k] for k in taken if k in formulas)
        line.where["value"] = value.first
        line.extra = read_formula(line.card, value.first, value.last)

    def _read_linear(self, line: Line) -> None:
        card = line.card
        positional, keywords = split(card, 1)
        count = 2 if self.control == "v" else 1
        _, rest = take_nodes(card, positional, 2, self.form)
        taken = take_keywords(card, keywords, ("gain", *self._extra), self.form)
        if len(rest) < count:
            raise Problem(f"{line.label}: the control is missing; {self.form}", Place(card, len(card.words)))
        line.extra = _Linear(tuple([read_text(card, i) for i in rest[:count]]), tuple(rest[:count]))
        for key, keyword in taken.items():
            line.given[key], line.where[key] = read_one(card, keyword), keyword.first
        if len(rest) > count and "gain" not in line.given:
            line.given["gain"], line.where["gain"] = read_word(card, rest[count]), rest[count]
            count += 1
        refuse_more(card, rest[count:], self.form)
        if "gain" not in line.given:
            raise Problem(f"{line.label}: the gain is missing; {self.form}", Place(card, len(card.words)))

    def _polynomial(self, line: Line, rest: Sequence[int]) -> _Polynomial:
        """poly(n) controls coefficients"""
        card, form = line.card, f"the form is {self.device}name node node poly(n) controls ... coefficients ..."
        if len(rest) < 2:
            raise Problem(f"{line.label}: the number of dimensions is missing; {form}", Place(card, rest[0]))
        place = Place(card, rest[1])
        size = integer(_literal(read_word(card, rest[1]), place), place)
        if not 1 <= size <= MAX_DIMENSIONS:
            raise Problem(f"{line.label}: poly takes 1 to {MAX_DIMENSIONS} dimensions, not {size}", place)
        rest = self._multiplier(line, rest[2:])
        count = size * (2 if self.control == "v" else 1)
        if len(rest) <= count:
            what = "nodes" if self.control == "v" else "elements"
            message = f"poly({size}) needs {count} {what} and coefficients, but {len(rest)} words follow it"
            raise Problem(f"{line.label}: {message}", place)
        controls = tuple([read_text(card, i) for i in rest[:count]])
        return _Polynomial(size, controls, tuple((i, read_word(card, i)) for i in rest[count:]))

    def _multiplier(self, line: Line, rest: Sequence[int]) -> list[int]:
        """The words without m= and its value."""
        words = line.card.words
        for k, word in enumerate(rest):
            if words[word] == "m" and words[word + 1 : word + 2] == ["="] and "m" in self._extra and k + 1 < len(rest):
                line.given["m"], line.where["m"] = read_word(line.card, rest[k + 1]), rest[k + 1]
                return [*rest[:k], *rest[k + 2 :]]
        return list(rest)

    def _table(self, line: Line, rest: Sequence[int]) -> _Table:
        """table {expression} = (x0, y0) (x1, y1) ..."""
        card, form = line.card, f"the form is {self.device}name node node table {{expression}} = (x0,y0) (x1,y1) ..."
        if len(rest) < 2 or not (card.words[rest[1]][0] == "'" or BRACED.fullmatch(card.words[rest[1]])):
            where = rest[1] if len(rest) > 1 else rest[0]
            raise Problem(f"{line.label}: an expression in braces is needed here; {form}", Place(card, where))
        points = self._multiplier(line, rest[2:])
        if len(points) < 2 or len(points) % 2:
            message = f"a table takes pairs of numbers, but {len(points)} follow; {form}"
            raise Problem(f"{line.label}: {message}", Place(card, points[-1] if points else rest[1]))
        formula = read_formula(card, rest[1], rest[1] + 1)
        return _Table(formula, tuple((i, read_word(card, i)) for i in points))

    # -- instances ----------------------------------------------------------------------------------------------------

    def place(self, site: Site) -> None:
        what = site.line.extra
        if isinstance(what, _Linear):
            self._place_linear(site, what)
            return
        values = site.numbers(("m",))
        behaviour: Behaviour = what.behaviour(site.context) if isinstance(what, Formula) else what.behaviour(self, site)
        site.behave(self.kind, behaviour, values, "value")

    def _place_linear(self, site: Site, what: _Linear) -> None:
        values = site.numbers(site.line.given)
        if self.kind == "i" and site.multiplier != 1.0:
            values["m"] = values.get("m", 1.0) * site.multiplier
        if self.control == "v":
            for key, word in zip(("cp", "cn"), what.words, strict=True):
                site.line.where.setdefault(key, word)
            site.add(self.device, values, (*site.nets, *(site.context.net(c) for c in what.controls)))
            return
        instance = site.add(self.device, values)

        def refer() -> None:
            other, copies = site.controller(what.controls[0], what.words[0])
            instance.references = (other.name,)
            instance.values["gain"] /= copies

        site.links.later(refer, site.context)


@dataclass(frozen=True)
class _Linear:
    """The controlling nodes, or the controlling element, and their words."""

    controls: tuple[str | Text, ...]
    words: tuple[int, ...]


@dataclass(frozen=True)
class _Polynomial:
    """poly(n): the controls, and the coefficients with their words."""

    size: int
    controls: tuple[str | Text, ...]
    coefficients: tuple[tuple[int, Given], ...]

    def behaviour(self, source: Controlled, site: Site) -> Behaviour:
        numbers = [site.resolved(given, word) for word, given in self.coefficients]
        root = polynomial(self._signals(source, site), numbers)
        return Behaviour(root, f"poly({self.size})", site.line.locate("value"))

    def _signals(self, source: Controlled, site: Site) -> list[Term]:
        if source.control == "i":
            return [Signal("i", (render(c, site.scope),)) for c in self.controls]
        nets = [site.context.net(c) for c in self.controls]
        return [Signal("v", (p, n)) for p, n in zip(nets[::2], nets[1::2], strict=True)]


@dataclass(frozen=True)
class _Table:
    """table: the expression, and the points with their words."""

    formula: Formula
    points: tuple[tuple[int, Given], ...]

    def behaviour(self, source: Controlled, site: Site) -> Behaviour:
        numbers = [Constant(site.resolved(given, word)) for word, given in self.points]
        try:
            root = operation("table", (self.formula.term(site.context), *numbers))
        except ExpressionError as error:
            raise site.problem(error.message, self.points[0][0]) from None
        return Behaviour(root, self.formula.text, self.formula.place.position)


def _literal(given: Given, place: Place) -> object:
    """The value of a number that no parameter may stand for."""
    value = getattr(given, "value", None)
    if not isinstance(value, float):
        raise Problem("a number is needed here", place)
    return value


E = Controlled("e", "v", "v", "vol")
G = Controlled("g", "i", "v", "cur")
F = Controlled("f", "i", "i", "cur")
H = Controlled("h", "v", "i", "vol")
