"""K: two inductors that share flux (`k1 l1 l2 0.98`), or two resonators that share light (`kab xr1 xr2 j=1e9`)."""

from __future__ import annotations

from dataclasses import dataclass

from ... import device as _device
from ...circuit import Instance
from ..keywords import split
from ..problems import Problem
from ..scan import Card, Place
from ..values import read_text, read_word, render
from .line import Line, Site, read_one, refuse_more, take_keywords

_FORM = "the form is kname l1 l2 coefficient for inductors, or kname x1 x2 j=rate for resonators"


@dataclass(frozen=True)
class Coupling:
    """Couplings; which kind it is shows when all elements are known."""

    def read(self, card: Card) -> Line:
        positional, keywords = split(card, 1)
        if len(positional) < 2:
            count = len(positional)
            raise Problem(
                f"{card.words[0]} names 2 instances, not {count}; {_FORM}", Place(card, positional[0] if count else 0)
            )
        names = tuple([read_text(card, i) for i in positional[:2]])
        params = {p for d in (_device.find("mutual"), _device.find("k")) for p in d.params}
        taken = take_keywords(card, keywords, sorted(params), _FORM)
        where = {"1": positional[0], "2": positional[1]}
        line = Line(card, self, card.words[0], names, {}, where, None, tuple(positional[:2]))
        for key, keyword in taken.items():
            line.given[key], line.where[key] = read_one(card, keyword), keyword.first
        rest = positional[2:]
        if rest and "k" not in line.given:
            self._check_number(card, rest)
            line.given["k"], line.where["k"] = read_word(card, rest[0]), rest[0]
            rest = rest[1:]
        refuse_more(card, rest, _FORM)
        return line

    def _check_number(self, card: Card, rest: list[int]) -> None:
        """Raise Problem when a third name stands where the number belongs."""
        if len(rest) > 1 or card.words[rest[0]][0] in "lx":
            count = 2 + len(rest) - (card.words[rest[-1]][0] not in "lx")
            if count > 2:
                message = f"{card.words[0]} names 2 instances, not {count}: every pair needs a line of its own"
                raise Problem(message, Place(card, rest[0]))

    def place(self, site: Site) -> None:
        site.links.later(lambda: self._couple(site), site.context)

    def _couple(self, site: Site) -> None:
        line = site.line
        others = [
            site.find(render(name, site.scope), word) for name, word in zip(line.nodes, line.node_words, strict=True)
        ]
        letters = {o.device.letter for o in others}
        if letters == {"l"}:
            device, needed, unfit = "mutual", "k", "j"
        elif "l" not in letters:
            device, needed, unfit = "k", "", "k"
        else:
            raise site.problem(
                f"{others[0].name} and {others[1].name} are not of one kind; {_FORM}", line.node_words[1]
            )
        kind = _device.find(device)
        if unfit in line.given:
            message = f"{unfit} does not belong to the coupling of {others[0].device.name} and {others[1].device.name}"
            raise site.problem(f"{message}; {_FORM}", line.where[unfit])
        if needed and needed not in line.given:
            raise site.problem(f"the coefficient is missing; {_FORM}", len(line.card.words))
        names = tuple([o.name for o in others])
        position, expansion = line.card.position, site.context.expansion
        values = site.numbers(line.given)
        instance = Instance(site.name, kind, {}, values, names, position, expansion, line.locate)
        site.circuit.add_instance(instance, site.found)


K = Coupling()
