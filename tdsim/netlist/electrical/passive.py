"""R, C and L: a value, a model, or an expression of what the circuit does.

Of an expression R is v/R as a source of current, C is C dv/dt (not d(Cv)/dt, as in ngspice), L is L di/dt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...behaviour import Operation, Signal, Term
from ..keywords import Keyword, plain_words, split
from ..problems import Problem
from ..scan import Card, Place
from ..values import Given, read_word
from .formula import Formula, is_running, read_formula
from .line import (
    Line,
    Site,
    is_number,
    read_one,
    refuse_more,
    take_keywords,
    take_nodes,
)
from .models import ModelType, find_model, model_values

_THERMAL = ("tc1", "tc2", "temp", "dtemp")


@dataclass(frozen=True)
class Passive:
    """The elements of one of the letters R, C and L.

    value      the parameter, and other words for it on the line
    others     the other parameters that the line may give
    behaviour  whether an expression of it makes a source of voltage (v) or of current (i), and its tree
    """

    device: str
    value: str
    spellings: tuple[str, ...]
    others: tuple[str, ...]
    model: ModelType
    behaviour: tuple[str, Callable[[str, tuple[str, ...], Term], Term]]

    @property
    def form(self) -> str:
        return f"the form is {self.device}name node node value [model] [parameter=value ...]"

    def read(self, card: Card) -> Line:
        positional, keywords = split(card, 1)
        nodes, rest = take_nodes(card, positional, 2, self.form)
        refuse_more(card, rest[2:], self.form)
        known = (self.value, *self.spellings, *self.others, *_THERMAL, "tc")
        taken = take_keywords(card, keywords, known, self.form)
        line = Line(card, self, card.words[0], nodes, {}, {}, _Words([], None), tuple(positional[:2]))
        for word in rest:
            if is_number(card.words[word]):
                self._value(line, word, word + 1)
            else:
                line.extra.names.append(word)
        for key, keyword in taken.items():
            if key == "tc":
                _coefficients(line, keyword)
            elif key in (self.value, *self.spellings):
                self._value(line, keyword.first, keyword.last)
            else:
                _take(line, key, read_one(card, keyword), keyword.first)
        return line

    def _value(self, line: Line, first: int, last: int) -> None:
        """Take words [first, last) as the value: a number, or an expression of what the circuit does."""
        card = line.card
        if self.value in line.given or line.extra.formula is not None:
            raise Problem(f"{line.label}: the value is given twice", Place(line.card, first))
        line.where[self.value] = first
        if is_running(card.slice(first, last)):
            line.extra.formula = read_formula(card, first, last)
            return
        words = plain_words(card, first, last)
        refuse_more(card, words[1:], self.form)
        line.given[self.value] = read_word(card, words[0])

    def place(self, site: Site) -> None:
        line = site.line
        values: dict[str, float] = {}
        for word in line.extra.names:
            name = line.card.words[word]
            model = site.scope.find_model(name)
            if model is not None:
                values |= model_values(site, model, self.model, word)
            elif self.value in line.given or line.extra.formula is not None or not site.scope.knows(name):
                find_model(site, name, word)
            else:
                values[self.value] = site.resolved(read_word(line.card, word), word)
        values |= site.numbers(line.given)
        if line.extra.formula is not None:
            self._behave(site, line.extra.formula, values)
            return
        if not self._is_defined(values):
            raise site.problem(f"the value is missing; {self.form}", len(line.card.words))
        if site.multiplier != 1.0:
            values["m"] = values.get("m", 1.0) * site.multiplier
        if self.device == "r" and values.get("r") == 0:
            site.found.warn(f"{site.name}: a resistance of 0 is taken as 1 milliohm", line.locate("r"))
        site.add(self.device, values)

    def _is_defined(self, values: dict[str, float]) -> bool:
        shaped = "l" in values and self.device != "l" and bool({"rsh", "cj", "cjsw"} & values.keys())
        return shaped or bool({self.value, "cap", "ind"} & values.keys())

    def _behave(self, site: Site, formula: Formula, values: dict[str, float]) -> None:
        odd = next((k for k in values if k not in ("tc1", "tc2", "temp", "dtemp", "m")), None)
        if odd is not None:
            raise site.problem(f"{odd}= does not fit a value that is an expression", site.line.where.get(odd, 0))
        kind, make = self.behaviour
        behaviour = formula.behaviour(site.context)
        root = make(site.local_name, site.nets, behaviour.root)
        if self.device == "r" and values.keys() & {"tc1", "tc2"}:
            values["reciproctc"] = 1.0  # they belong to the resistance, which divides
        site.behave(kind, replace(behaviour, root=root), values, self.value)


@dataclass
class _Words:
    """What else a line has: words that name a model or a parameter, and an expression as the value."""

    names: list[int]
    formula: Formula | None


def _take(line: Line, key: str, given: Given, word: int) -> None:
    line.given[key], line.where[key] = given, word


def _coefficients(line: Line, keyword: Keyword) -> None:
    """tc=tc1[,tc2]"""
    words = plain_words(line.card, keyword.first, keyword.last)
    refuse_more(line.card, words[2:], "tc= takes tc1 and tc2")
    for key, word in zip(("tc1", "tc2"), words, strict=False):
        if key in line.given:
            raise Problem(f"{line.label}: {key} is given twice", Place(line.card, word))
        _take(line, key, read_word(line.card, word), word)


def _across(nets: tuple[str, ...]) -> Term:
    return Signal("v", nets)


def _resistance(name: str, nets: tuple[str, ...], value: Term) -> Term:
    return Operation("div", (_across(nets), value))


def _capacitance(name: str, nets: tuple[str, ...], value: Term) -> Term:
    return Operation("mul", (value, Operation("ddt", (_across(nets),))))


def _inductance(name: str, nets: tuple[str, ...], value: Term) -> Term:
    return Operation("mul", (value, Operation("ddt", (Signal("i", (name,)),))))


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


RESISTOR = Passive(
    "r",
    "r",
    ("resistance",),
    ("ac", "m", "l", "w"),
    ModelType(
        ("r", "res"),
        {
            **_same("r", "rsh", "tc1", "tc2", "defw", "narrow", "short", "tnom"),
            **{"res": "r", "resistance": "r", "dw": "narrow"},
        },
        frozenset(("kf", "af", "bv_max", "wf", "lf", "ef", "noisy")),
        frozenset(("tce", "tc1r", "dlr", "l", "defl")),
    ),
    ("i", _resistance),
)  # fmt: skip
CAPACITOR = Passive(
    "c",
    "c",
    ("cap", "capacitance"),
    ("ic", "m", "l", "w"),
    ModelType(
        ("c", "cap"),
        {
            **_same("cap", "cj", "cjsw", "tc1", "tc2", "defw", "narrow", "short", "tnom"),
            **{"c": "cap", "capacitance": "cap"},
        },
        frozenset(("bv_max",)),
        frozenset(("di", "thick", "del", "defl")),
    ),
    ("i", _capacitance),
)  # fmt: skip
INDUCTOR = Passive(
    "l",
    "l",
    ("ind", "inductance"),
    ("ic", "m"),
    ModelType(
        ("l", "ind"),
        {**_same("ind", "tc1", "tc2", "tnom"), "inductance": "ind", "l": "ind"},
        frozenset(),
        frozenset(("csect", "length", "dia", "nt", "mu", "lmin")),
    ),
    ("v", _inductance),
)
