"""T: `tname p1 n1 p2 n2 z0=impedance td=delay`, or f=frequency with nl=length in wavelengths (0.25 when left out)."""

from __future__ import annotations

from dataclasses import dataclass

from ..keywords import plain_words, split
from ..problems import Problem
from ..scan import Card, Place
from ..values import read_word
from .line import Line, Site, read_one, refuse_more, take_keywords, take_nodes

_FORM = "the form is tname node node node node z0=impedance td=delay"
_INITIAL = ("v1", "i1", "v2", "i2")


@dataclass(frozen=True)
class LosslessLine:
    """Lossless transmission lines."""

    def read(self, card: Card) -> Line:
        positional, keywords = split(card, 1)
        nodes, rest = take_nodes(card, positional, 4, _FORM)
        refuse_more(card, rest, _FORM)
        taken = take_keywords(card, keywords, ("z0", "zo", "td", "f", "nl", "ic", "m"), _FORM)
        line = Line(card, self, card.words[0], nodes, {}, {}, None, tuple(positional[:4]))
        for key, keyword in taken.items():
            name = "z0" if key == "zo" else key
            line.where[name] = keyword.first
            if key == "ic":
                line.extra = self._initial(card, keyword.first, keyword.last)
            else:
                line.given[name] = read_one(card, keyword)
        if "z0" not in line.given:
            raise Problem(f"{line.label}: the impedance z0= is missing; {_FORM}", Place(card, len(card.words)))
        if "td" not in line.given and "f" not in line.given:
            raise Problem(f"{line.label}: the delay td= (or f=) is missing; {_FORM}", Place(card, len(card.words)))
        if "td" in line.given and ("f" in line.given or "nl" in line.given):
            key = "f" if "f" in line.given else "nl"
            raise Problem(f"{line.label}: give td=, or f= and nl=, not both", Place(card, line.where[key]))
        return line

    def _initial(self, card: Card, first: int, last: int) -> tuple[int, ...]:
        words = plain_words(card, first, last)
        refuse_more(card, words[4:], "ic= takes v1, i1, v2, i2")
        return tuple(words)

    def place(self, site: Site) -> None:
        given = site.numbers(site.line.given)
        if "f" in given:
            if given["f"] <= 0:
                raise site.problem(f"f = {given['f']:g} Hz must be above zero", site.line.where["f"])
            given["td"] = given.pop("nl", 0.25) / given.pop("f")
        given["z0"] /= given.pop("m", 1.0) * site.multiplier
        values: dict[str, object] = dict(given)
        if site.line.extra:
            numbers = [site.resolved(read_word(site.line.card, word), word) for word in site.line.extra]
            values["ic"] = (*numbers, *[0.0] * (len(_INITIAL) - len(numbers)))
        site.add("t", values)


T = LosslessLine()
