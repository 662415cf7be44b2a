"""V and I: `vname n+ n- [dc] value [ac [magnitude [phase]]] [shape(...)]`, in any order, parentheses optional."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import nearest
from ...shapes import SHAPE_NAMES
from ..keywords import SEPARATORS, plain_words
from ..problems import Problem
from ..scan import Card, Place
from ..values import Given, Shaped, read_word
from .line import Line, Site, is_number, refuse_more, take_nodes

_SHAPES = SHAPE_NAMES - {"dc"}
_LATER = {"external": "a source that a program drives", "portnum": "a port of .sp", "distof1": ".disto",
          "distof2": ".disto"}  # fmt: skip
_AFTER_SHAPE = {"pwl": ("r", "td")}
"""Keywords that may follow the parentheses of a shape."""


@dataclass(frozen=True)
class Independent:
    """The sources of one of the letters V and I."""

    device: str

    @property
    def form(self) -> str:
        return f"the form is {self.device}name node node [dc value] [ac magnitude [phase]] [shape(...)]"

    def read(self, card: Card) -> Line:
        nodes, rest = take_nodes(card, plain_words(card, 1), 2, self.form)
        node_words = tuple(plain_words(card, 1)[:2])
        line = Line(card, self, card.words[0], nodes, {}, {}, None, node_words)
        while rest:
            word = card.words[rest[0]]
            if word in _LATER:
                raise Problem(
                    f"{line.label}: {word} belongs to {_LATER[word]}, which is not part of tdsim", Place(card, rest[0])
                )
            if word in _SHAPES:
                rest = self._shape(line, rest)
            elif word == "dc":
                rest = self._take(line, "dc", rest[1:], rest[0])
            elif word == "ac":
                rest = self._small(line, rest)
            elif word == "m" and self.device == "i":
                rest = self._take(line, "m", rest[1:], rest[0])
            elif not is_number(word) and card.words[rest[0] + 1 : rest[0] + 2] == ["("]:
                message = f"{line.label}: unknown source shape {word!r}{nearest(word, _SHAPES)}"
                raise Problem(message, Place(card, rest[0]))
            else:
                rest = self._take(line, "dc", rest, rest[0])
        return line

    def _take(self, line: Line, key: str, rest: list[int], named_at: int) -> list[int]:
        """Take the next word as the value of a parameter."""
        if not rest or self._is_key(line.card, rest[0]):
            raise Problem(f"{line.label}: {key} has no value; {self.form}", Place(line.card, named_at))
        if key in line.given:
            refuse_more(line.card, rest, self.form)
        line.given[key], line.where[key] = read_word(line.card, rest[0]), rest[0]
        return rest[1:]

    def _is_key(self, card: Card, word: int) -> bool:
        text = card.words[word]
        return text in _SHAPES or text in ("dc", "ac") or text in _LATER or (text == "m" and self.device == "i")

    def _small(self, line: Line, rest: list[int]) -> list[int]:
        """ac [magnitude [phase]]"""
        at, rest = rest[0], rest[1:]
        if "ac" in line.where:
            raise Problem(f"{line.label}: ac is given twice", Place(line.card, at))
        line.where["ac"] = at
        line.extra = True
        for key in ("ac", "acphase"):
            if not rest or self._is_key(line.card, rest[0]):
                break
            line.given[key], line.where[key] = read_word(line.card, rest[0]), rest[0]
            rest = rest[1:]
        return rest

    # -- shapes -----------------------------------------------------------------------------------------------------

    def _shape(self, line: Line, rest: list[int]) -> list[int]:
        """A shape and what is between its parentheses, or what follows it up to the next keyword."""
        card, start = line.card, rest[0]
        if "wave" in line.given:
            raise Problem(f"{line.label}: a second shape does not fit here", Place(card, start))
        end = self._end(card, start)
        keys: list[tuple[str, Given]] = []
        arguments: list[Given] = []
        words = [i for i in rest[1:] if i < end]
        after = [i for i in rest if i >= end]
        while words:
            words = self._argument(card, start, words, arguments, keys)
        while after and card.words[after[0]] in _AFTER_SHAPE.get(card.words[start], ()):
            after = self._argument(card, start, after, arguments, keys)
        line.given["wave"] = Shaped(card.words[start], tuple(arguments), tuple(keys), Place(card, start))
        line.where["wave"] = start
        return after

    def _argument(
        self, card: Card, shape: int, words: list[int], arguments: list[Given], keys: list[tuple[str, Given]]
    ) -> list[int]:
        """Take one argument, or one keyword with its value."""
        name = card.words[words[0]]
        if name in _AFTER_SHAPE.get(card.words[shape], ()):
            if len(words) < 2:
                raise Problem(f"{card.words[0]}: {name}= has no value", Place(card, words[0]))
            keys.append((name, read_word(card, words[1])))
            return words[2:]
        arguments.append(read_word(card, words[0]))
        return words[1:]

    def _end(self, card: Card, start: int) -> int:
        """The word after the last argument of the shape at `start`."""
        words = card.words
        if words[start + 1 : start + 2] == ["("]:
            depth = 0
            for index in range(start + 1, len(words)):
                depth += (words[index] == "(") - (words[index] == ")")
                if depth == 0:
                    return index + 1
            raise Problem(f"{words[start]}( does not close", Place(card, start + 1))
        for index in range(start + 1, len(words)):
            follows = words[index] in _AFTER_SHAPE.get(words[start], ()) and words[index + 1 : index + 2] == ["="]
            if words[index] not in SEPARATORS and (self._is_key(card, index) or follows):
                return index
        return len(words)

    # -- instances --------------------------------------------------------------------------------------------------

    def place(self, site: Site) -> None:
        line = site.line
        values: dict[str, object] = {k: site.number(k) for k in line.given if k != "wave"}
        if "wave" in line.given:
            values["wave"] = line.given["wave"].resolve(site.scope)
            self._warn(site, values["wave"])
        elif "dc" not in values:
            values["dc"] = 0.0
        if line.extra and "ac" not in values:
            values["ac"] = 1.0
        if self.device == "i" and site.multiplier != 1.0:
            values["m"] = float(values.get("m", 1.0)) * site.multiplier  # type: ignore[arg-type]
        site.add(self.device, values)

    def _warn(self, site: Site, shape: object) -> None:
        warning = getattr(shape, "warning", None)
        if warning:
            site.found.warn(f"{site.name}: {warning}", site.line.locate("wave"), site.context.expansion)


VOLTAGE = Independent("v")
CURRENT = Independent("i")
