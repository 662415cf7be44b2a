"""The cards that define names: .param, .func, .model and the head of .subckt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .. import device as _device
from ..device import Device
from ..errors import Diagnostics, nearest
from .binding import fitted
from .expressions import parse
from .keywords import Keyword, split
from .nodes import ExpressionError, Value
from .problems import Problem, Together
from .refused import MODEL_TYPES
from .scan import Card, Place
from .scope import Function, Scope
from .values import ArrayFile, Formula, Given, Text, read_text, read_value, read_word

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_FUNC = re.compile(r"\.func\s+([a-z_]\w*)\s*\(([^()]*)\)\s*=?\s*(.*)")


def ignored(kind: str, name: str, card: Card, first: Card, found: Diagnostics) -> None:
    """Warn of a second definition of that name in a scope: as in ngspice, the first one holds.

    A file that is included twice defines nothing anew.
    """
    if card is not first and card.position != first.position:
        found.warn(f"{kind} {name} is defined already, at {first.position}: this one is ignored", card.position)


@dataclass(frozen=True)
class Parameters:
    """The definitions of one .param card; a name may hold `{...}`."""

    given: tuple[tuple[str | Text, Given], ...]

    def declare(self, scope: Scope, found: Diagnostics) -> None:
        for name, value in self.given:
            scope.define(name if isinstance(name, str) else name.resolve(scope), value)

    def names(self) -> Iterator[str]:
        """The names that it defines; one may hold `{...}`."""
        for name, _ in self.given:
            yield name if isinstance(name, str) else name.text


@dataclass(frozen=True)
class FunctionCard:
    """One .func card."""

    function: Function

    def declare(self, scope: Scope, found: Diagnostics) -> None:
        name, here = self.function.name, self.function.place.position
        earlier = scope.functions.get(name)
        if earlier is not None and earlier.place.position != here:
            found.warn(f".func {name} is defined twice: this one replaces that at {earlier.place.position}", here)
        scope.functions[name] = self.function

    def names(self) -> Iterator[str]:
        yield self.function.name


@dataclass(frozen=True)
class ModelCard:
    """One .model card: a device with parameters."""

    name: str | Text
    kind: str
    given: tuple[tuple[str, Given, Keyword], ...]
    card: Card

    def declare(self, scope: Scope, found: Diagnostics) -> None:
        name = self.name if isinstance(self.name, str) else self.name.resolve(scope)
        earlier = scope.models.setdefault(name, Model(name, self, scope))
        ignored(".model", name, self.card, earlier.source.card, found)

    def names(self) -> Iterator[str]:
        yield self.name if isinstance(self.name, str) else self.name.text


@dataclass
class Model:
    """A model in the scope that defines it; its values are resolved when they are first needed."""

    name: str
    source: ModelCard
    scope: Scope
    _values: dict[str, Value] | None = field(default=None, repr=False)

    @property
    def device(self) -> type[Device]:
        """The device of the model. Raises Problem for a type that is none."""
        kind = self.source.kind
        found = _device.library().get(kind)
        if found is None:
            place = Place(self.source.card, 2)
            if kind in MODEL_TYPES:
                raise Problem(
                    f"models of type {kind} belong to electrical elements, which are not instantiated with X", place
                )
            raise Problem(f"unknown model type {kind!r}{nearest(kind, _device.library())}", place)
        return found

    @property
    def values(self) -> dict[str, Value]:
        """Its parameters. Raises Problem for those that the device does not have, and those without a value."""
        if self._values is None:
            values: dict[str, Value] = {}
            together, params = Together(), self.device.params
            for key, given, keyword in self.source.given:
                with together:
                    if key not in params:
                        message = f"{self.device.name} has no parameter {key!r}{nearest(key, params)}"
                        raise Problem(f"model {self.name}: {message}", Place(self.source.card, keyword.word))
                    with self.scope.work.drawing(f"{self.scope.path}{self.name}.{key}"):
                        values[key] = fitted(given, self.device, key).resolve(self.scope)
            together.check()
            self._values = values
        return self._values


def read_params(card: Card, start: int = 1) -> tuple[tuple[str, Given], ...]:
    """The `name=value` pairs of a .param card or of the head of a .subckt."""
    positional, keywords = split(card, start)
    if positional:
        word = card.words[positional[0]]
        raise Problem(f"{word!r} does not fit here: parameters are written name=value", Place(card, positional[0]))
    return tuple((_checked_name(card, k), read_definition(card, k.first, k.last)) for k in keywords)


def param_card(card: Card, together: Together) -> Parameters:
    """Read `.param name=value ...`: the definitions without those in error, which `together` gathers."""
    given: list[tuple[str | Text, Given]] = []
    keywords: list[Keyword] = []
    with together:
        positional, keywords = split(card, 1)
        if positional or not keywords:
            raise Problem("the form is .param name=value", Place(card, positional[0] if positional else 0))
    for keyword in keywords:
        with together:
            name = read_text(card, keyword.word) if "{" in keyword.key else _checked_name(card, keyword)
            given.append((name, read_definition(card, keyword.first, keyword.last)))
    return Parameters(tuple(given))


def _checked_name(card: Card, keyword: Keyword) -> str:
    if not _NAME.fullmatch(keyword.key):
        raise Problem(f"{keyword.key!r} is not a name for a parameter", Place(card, keyword.word))
    return keyword.key


def read_definition(card: Card, first: int, last: int) -> Given:
    """The value of a .param: as elsewhere, but an expression needs no braces, and file("w.nc" "w") is an array."""
    head = card.words[first]
    if head == "file" and last > first + 1:
        names = [i for i in range(first + 1, last) if card.words[i] not in ("(", ")", ",")]
        if len(names) != 2:
            raise Problem('the form is file("file.nc" "variable")', Place(card, first))
        return ArrayFile(read_word(card, names[0]), read_word(card, names[1]), Place(card, first))
    if head == "[" or head[0] == '"' or (last == first + 1 and head[0] in "{'"):
        return read_value(card, first, last)
    return Formula(card.slice(first, last), Place(card, first))


def func_card(card: Card) -> FunctionCard:
    """Read `.func name(a,b) {body}`."""
    match = _FUNC.fullmatch(card.text)
    if match is None or not match[3]:
        raise Problem("the form is .func name(a,b) {expression}", Place(card))
    arguments = tuple(a for a in re.split(r"[\s,]+", match[2].strip()) if a)
    wrong = next((a for a in arguments if not _NAME.fullmatch(a)), None)
    if wrong is not None:
        raise Problem(f"{wrong!r} is not a name for an argument", Place(card, 1))
    start = match.start(3)
    body = match[3][1:-1] if match[3][0] in "{'" else match[3]
    try:
        parse(body)
    except ExpressionError as error:
        raise Problem(error.message, Place(card, 0, start + (match[3][0] in "{'") + error.at)) from None
    return FunctionCard(Function(match[1], arguments, body, Place(card)))


def model_card(card: Card) -> ModelCard:
    """Read `.model name device(k=v ...)`, with or without parentheses."""
    words = card.words
    if len(words) < 3:
        raise Problem("the form is .model name device(parameter=value ...)", Place(card))
    end = len(words)
    start = 3
    if end > 3 and words[3] == "(":
        if words[-1] != ")":
            raise Problem("the parenthesis does not close", Place(card, 3))
        start, end = 4, end - 1
    positional, keywords = split(card, start, end)
    if positional:
        message = f"{words[positional[0]]!r} does not fit here: parameters are written name=value"
        raise Problem(message, Place(card, positional[0]))
    given = tuple((k.key, read_value(card, k.first, k.last), k) for k in keywords)
    return ModelCard(read_text(card, 1), words[2], given, card)
