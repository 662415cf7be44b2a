"""The structure of a netlist: subcircuits, conditionals and loops, each with a body of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..circuit import GROUND
from ..errors import DEFINED, PLACED, Diagnostics
from .definitions import FunctionCard, ModelCard, Parameters, func_card, ignored, model_card, param_card, read_params
from .electrical import KINDS, Line, read_line
from .elements import Element, read_element
from .keywords import split
from .problems import Problem, Together, report
from .scan import Card, Place
from .scope import Scope
from .values import Formula, Given, read_word

MAX_NESTING = 50


@dataclass
class Block:
    """A body: `definitions` hold for all of it, whatever their place; `actions` are carried out in order."""

    definitions: list[Parameters | FunctionCard | ModelCard | Subcircuit] = field(default_factory=list)
    actions: list[Card | Element | Line | Loop | Conditional] = field(default_factory=list)

    @property
    def conditionals(self) -> list[Conditional]:
        return [a for a in self.actions if isinstance(a, Conditional)]


@dataclass
class Subcircuit:
    """`.subckt name ports [name=default ...]` and its body."""

    name: str
    ports: tuple[str, ...]
    defaults: tuple[tuple[str, Given], ...]
    card: Card
    body: Block = field(default_factory=Block)

    def declare(self, scope: Scope, found: Diagnostics) -> None:
        earlier = scope.subcircuits.setdefault(self.name, self)
        ignored(".subckt", self.name, self.card, earlier.card, found)

    def names(self) -> Iterator[str]:
        yield self.name


@dataclass
class Broken:
    """The body of a block whose first card is in error: read, but never carried out."""

    kind: type[Subcircuit] | type[Conditional] | type[Loop]
    card: Card
    body: Block = field(default_factory=Block)


@dataclass
class Branch:
    """One branch of an .if; a condition of None is .else."""

    condition: Given | None
    place: Place
    body: Block = field(default_factory=Block)


@dataclass
class Conditional:
    """`.if (..) ... .elseif (..) ... .else ... .endif`."""

    card: Card
    branches: list[Branch]

    @property
    def body(self) -> Block:
        return self.branches[-1].body


@dataclass
class Loop:
    """`.for i first last ... .endfor`, bounds inclusive."""

    variable: str
    first: Given
    last: Given
    card: Card
    body: Block = field(default_factory=Block)


Open = Subcircuit | Conditional | Loop | Broken
_CLOSING = {".ends": Subcircuit, ".endif": Conditional, ".endfor": Loop}
_NAMES = {Subcircuit: ".subckt", Conditional: ".if", Loop: ".for"}
_KINDS: dict[str, type[Subcircuit] | type[Conditional] | type[Loop]] = {n: k for k, n in _NAMES.items()}
_ENDS = {".subckt": ".ends", ".if": ".endif", ".for": ".endfor"}


def _kind(opened: Open) -> str:
    """The card that opens such a block."""
    return _NAMES[opened.kind if isinstance(opened, Broken) else type(opened)]


def doubt_card(card: Card, found: Diagnostics) -> None:
    """Take note that the names which a card would bring in may be missing."""
    words = card.words
    if words[0] in (".param", ".func", ".model", ".subckt"):
        found.doubt(DEFINED, [*words[1:2], *(a for a, b in itertools.pairwise(words) if b == "=")])
    elif words[0][0] != ".":
        found.doubt(PLACED, words)
    else:
        name = {".port": 1, ".meas": 2, ".measure": 2}.get(words[0], len(words))
        found.doubt(PLACED, [words[0], *words[name : name + 1]])


def doubt(action: Card | Element | Line | Loop | Conditional, found: Diagnostics) -> None:
    """Take note that the names which an action, or the blocks in it, would bring in may be missing."""
    doubt_card(action if isinstance(action, Card) else action.card, found)
    if isinstance(action, Loop | Conditional):
        branches = action.branches if isinstance(action, Conditional) else [action]
        for body in (branch.body for branch in branches):
            for inner in body.actions:
                doubt(inner, found)
            for definition in body.definitions:
                found.doubt(DEFINED, definition.names())


def build(cards: list[Card], found: Diagnostics) -> Block:
    """The top-level block of a netlist. Errors of form go to `found`."""
    builder = _Builder(found)
    for card in cards:
        if found.full:
            break
        try:
            builder.take(card)
        except Problem as problem:
            report(problem, found)
            doubt_card(card, found)
    for unclosed in builder.open:
        kind = _kind(unclosed)
        found.error(f"{kind} is not closed: its {_ENDS[kind]} is missing", unclosed.card.position)
    return builder.top


class _Builder:
    """Keeps the stack of blocks that are open."""

    def __init__(self, found: Diagnostics) -> None:
        self.found = found
        self.top = Block()
        self.open: list[Open] = []
        self._handlers: dict[str, Callable[[Card], None]] = {
            ".param": self._parameters,
            ".func": lambda c: self.block.definitions.append(func_card(c)),
            ".model": lambda c: self.block.definitions.append(model_card(c)),
            ".subckt": lambda c: self._begin(c, _subcircuit),
            ".if": lambda c: self._begin(c, _conditional),
            ".elseif": lambda c: self._branch(c, _condition(c)),
            ".else": lambda c: self._branch(c, None),
            ".for": lambda c: self._begin(c, _loop),
            ".ends": self._end,
            ".endif": self._end,
            ".endfor": self._end,
        }

    @property
    def block(self) -> Block:
        return self.open[-1].body if self.open else self.top

    def take(self, card: Card) -> None:
        """Put a card where it belongs. Raises Problem; what could be read of the card is in its place then."""
        head = card.words[0]
        if not card.sound or any(isinstance(b, Broken) for b in self.open):
            doubt_card(card, self.found)
        if not card.sound:
            if head in _KINDS:
                self.open.append(Broken(_KINDS[head], card))
            elif head in _CLOSING:
                self._handlers[head](card)
        elif head[0] != ".":
            self.block.actions.append(read_line(card) if head[0] in KINDS else read_element(card))
        elif head in self._handlers:
            self._handlers[head](card)
        else:
            self.block.actions.append(card)

    def _parameters(self, card: Card) -> None:
        together = Together()
        self.block.definitions.append(param_card(card, together))
        together.check()

    def _begin(self, card: Card, read: Callable[[Card], Subcircuit | Conditional | Loop]) -> None:
        """Open a block; one that cannot be read is opened as well, so that its end finds it."""
        try:
            if len(self.open) >= MAX_NESTING:
                raise Problem(f"blocks are nested more than {MAX_NESTING} deep", Place(card))
            opened = read(card)
        except Problem:
            self.open.append(Broken(_KINDS[card.words[0]], card))
            raise
        if isinstance(opened, Subcircuit):
            self.block.definitions.append(opened)
        else:
            self.block.actions.append(opened)
        self.open.append(opened)

    def _branch(self, card: Card, condition: Given | None) -> None:
        conditional = self.open[-1] if self.open else None
        if isinstance(conditional, Broken) and conditional.kind is Conditional:
            return
        if not isinstance(conditional, Conditional):
            raise Problem(f"{card.words[0]} without .if", Place(card))
        if conditional.branches[-1].condition is None:
            raise Problem(f"{card.words[0]} after .else", Place(card))
        conditional.branches.append(Branch(condition, Place(card)))

    def _end(self, card: Card) -> None:
        """Close the innermost block of that kind, and with it those that were left open inside."""
        head = card.words[0]
        kind = _NAMES[_CLOSING[head]]
        if not self.open:
            raise Problem(f"{head} without {kind}", Place(card))
        last = self.open[-1]
        if any(_kind(opened) == kind for opened in self.open):
            while _kind(self.open.pop()) != kind:
                pass
        if _kind(last) != kind:
            opened = _kind(last)
            raise Problem(
                f"{head} where {_ENDS[opened]} is expected: {opened} at {last.card.position} is open", Place(card)
            )
        if isinstance(last, Subcircuit) and len(card.words) > 1 and card.words[1] != last.name:
            raise Problem(f".ends {card.words[1]} closes .subckt {last.name}: is an .ends missing?", Place(card, 1))


def _subcircuit(card: Card) -> Subcircuit:
    positional, _ = split(card, 1)
    names = [card.words[i] for i in positional if card.words[i] != "params:"]
    if not names:
        raise Problem("the form is .subckt name ports ... parameter=default ...", Place(card))
    ports = tuple(names[1:])
    seen: set[str] = set()
    for index, port in zip(positional[1:], ports, strict=False):
        if port in GROUND:
            raise Problem(f"{port} is ground everywhere and cannot be a port", Place(card, index))
        if port in seen:
            raise Problem(f"port {port!r} is listed twice", Place(card, index))
        seen.add(port)
    start = positional[len(positional) - 1] + 1
    return Subcircuit(names[0], ports, read_params(card, start), card)


def _conditional(card: Card) -> Conditional:
    return Conditional(card, [Branch(_condition(card), Place(card))])


def _condition(card: Card) -> Given:
    if len(card.words) < 2:
        raise Problem(f"the form is {card.words[0]} (condition)", Place(card))
    return Formula(card.slice(1, len(card.words)), Place(card, 1))


def _loop(card: Card) -> Loop:
    words = card.words
    if len(words) != 4 or not words[1].isidentifier():
        raise Problem("the form is .for i first last", Place(card))
    return Loop(words[1], _bound(card, 2), _bound(card, 3), card)


def _bound(card: Card, index: int) -> Given:
    word = card.words[index]
    return read_word(card, index) if word[0] in "{'" else Formula(word, Place(card, index))
