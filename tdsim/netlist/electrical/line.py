"""Lines of electrical elements: read once, made into instances as often as subcircuits and loops ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ... import device as _device
from ...behaviour import Behaviour
from ...circuit import Circuit, Instance
from ...device import Device
from ...errors import Diagnostics, Position, nearest
from ...probes import has_branch
from ..context import Context
from ..keywords import Keyword, plain_words
from ..problems import Problem, Reported
from ..scan import Card, Place
from ..scope import Scope
from ..values import Given, Text, read_text, read_word, real, render

if TYPE_CHECKING:
    from .links import Links


class Kind(Protocol):
    """The elements of one letter: how their lines are read, and what an instance is made of."""

    def read(self, card: Card) -> Line: ...

    def place(self, site: Site) -> None: ...


@dataclass
class Line:
    """One element line.

    given   values by the name of the parameter; `where` is the word of each, for errors
    extra   what else the kind has read
    """

    card: Card
    kind: Kind
    name: str | Text
    nodes: tuple[str | Text, ...]
    given: dict[str, Given]
    where: dict[str, int]
    extra: Any = None
    node_words: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """The name as it stands on the line."""
        return self.card.words[0]

    def locate(self, key: str) -> Position | None:
        """The place of a parameter or of a port's node."""
        word = self.where.get(key)
        return None if word is None else Place(self.card, word).position


@dataclass
class Site:
    """Where one instance of a line is made. `multiplier` is the product of m= of the subcircuits around it."""

    line: Line
    name: str
    context: Context
    circuit: Circuit
    found: Diagnostics
    links: Links
    multiplier: float = 1.0
    _nets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def scope(self) -> Scope:
        return self.context.scope

    @property
    def nets(self) -> tuple[str, ...]:
        """The nets of the line's nodes."""
        if not self._nets:
            self._nets = tuple([self.context.net(node) for node in self.line.nodes])
        return self._nets

    @property
    def local_name(self) -> str:
        """The name inside of its subcircuit."""
        return self.name.removeprefix(self.context.prefix)

    def number(self, key: str) -> float:
        """The number that the line gives for a parameter."""
        return self.resolved(self.line.given[key], self.line.where[key])

    def resolved(self, given: Given, word: int) -> float:
        """The number of a value that stands at a word of the line."""
        return real(given, self.scope, Place(self.line.card, word))

    def numbers(self, keys: Iterable[str]) -> dict[str, float]:
        """The numbers of those of the parameters that the line gives."""
        return {key: self.number(key) for key in keys if key in self.line.given}

    def problem(self, message: str, word: int = 0) -> Problem:
        return Problem(f"{self.line.label}: {message}", Place(self.line.card, word))

    def add(self, device: str, values: dict[str, Any], nets: Sequence[str] | None = None) -> Instance:
        """Add the instance to the circuit."""
        kind = kind_of(device)
        nets = self.nets if nets is None else nets
        instance = Instance(
            self.name,
            kind,
            dict(zip(kind.ports, nets, strict=True)),
            values,
            (),
            self.line.card.position,
            self.context.expansion,
            self.line.locate,
        )
        if self.multiplier != 1.0:
            self.links.multipliers[self.name] = self.multiplier
        if not self.circuit.add_instance(instance, self.found):
            raise Reported(f"{self.name} is in error")
        return instance

    def find(self, name: str, word: int) -> Instance:
        """The instance that a word of the line names. Raises Problem."""
        try:
            return self.links.find(name, self.context)
        except Reported:
            raise
        except Problem as problem:
            raise self.problem(problem.message, word) from None

    def controller(self, name: str | Text, word: int) -> tuple[Instance, float]:
        """The instance whose current controls this one, and how many copies it stands for. Raises Problem."""
        text = render(name, self.scope)
        other = self.find(text, word)
        if not has_branch(other):
            hint = "name a voltage source, one of 0 V in series with it if there is none"
            raise self.problem(f"{text} is a {other.device.name}, whose current cannot control; {hint}", word)
        return other, self.links.copies(other)

    def behave(
        self,
        kind: str,
        behaviour: Behaviour,
        values: Mapping[str, Any],
        key: str = "",
        nets: Sequence[str] | None = None,
    ) -> None:
        """Add a source of voltage (kind "v") or current ("i") that follows an expression; `key` is where it stands."""
        scaled = dict(values)
        if kind == "i" and self.multiplier != 1.0:
            scaled["m"] = scaled.get("m", 1.0) * self.multiplier
        self.line.where.setdefault(kind, self.line.where.get(key, 0))
        instance = self.add("b", {kind: behaviour, **scaled}, nets)
        self.links.later(lambda: self.links.behave(instance, kind, self.context), self.context)


def kind_of(device: str) -> type[Device]:
    """A device of the library that the language itself knows by name. Raises Problem when it is not there yet."""
    found = _device.library().get(device)
    if found is None:
        raise Problem(f"elements {device.upper()} are not available yet")
    return found


def take_keywords(card: Card, keywords: Sequence[Keyword], known: Sequence[str], form: str) -> dict[str, Keyword]:
    """The keywords by name. Raises Problem for unknown ones and for those given twice."""
    taken: dict[str, Keyword] = {}
    for keyword in keywords:
        place = Place(card, keyword.word)
        if keyword.key not in known:
            if keyword.key in REFUSED:
                raise Problem(f"{card.words[0]}: {keyword.key}= is not part of tdsim: {REFUSED[keyword.key]}", place)
            hint = nearest(keyword.key, known) or f"; {form}"
            raise Problem(f"{card.words[0]} has no parameter {keyword.key!r}{hint}", place)
        if keyword.key in taken:
            raise Problem(f"{keyword.key}= is given twice", place)
        taken[keyword.key] = keyword
    return taken


REFUSED = {
    "scale": "write the scaled value",
    "noisy": "noise of devices is set by .options noise",
    "laplace": "write the filter with R, L and C",
    "freq": "write the filter with R, L and C",
    "nt": "give the inductance",
    "q": "give the capacitance, c='...'",
}
"""Parameters of ngspice's elements that tdsim leaves out, and what to do instead."""


def take_nodes(
    card: Card, positional: Sequence[int], count: int, form: str
) -> tuple[tuple[str | Text, ...], list[int]]:
    """The first `count` positional words as nodes, and the words after them. Raises Problem when there are too few."""
    if len(positional) < count:
        missing = f"it has {len(positional)} node{'s'[: len(positional) != 1]} where it needs {count}"
        raise Problem(f"{card.words[0]}: {missing}; {form}", Place(card, positional[-1] if positional else 0))
    return tuple([read_text(card, i) for i in positional[:count]]), list(positional[count:])


def read_one(card: Card, keyword: Keyword) -> Given:
    """The one word that is the value of a keyword."""
    words = plain_words(card, keyword.first, keyword.last)
    if len(words) != 1:
        where = words[1] if words else keyword.word
        raise Problem(f"{card.words[0]}: {keyword.key}= takes one value", Place(card, where))
    return read_word(card, words[0])


def is_number(word: str) -> bool:
    """Whether a word is a value by its looks: a number, or an expression in braces or quotes."""
    return word[0] in "0123456789.+-{'\""


def refuse_more(card: Card, words: Sequence[int], form: str) -> None:
    """Raise Problem when words are left over."""
    if words:
        raise Problem(f"{card.words[0]}: {card.words[words[0]]!r} does not fit here; {form}", Place(card, words[0]))
