"""The structure of a netlist: subcircuits, conditionals and loops, each with a body of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..circuit import GROUND
from ..errors import Diagnostics
from .definitions import FunctionCard, ModelCard, Parameters, func_card, model_card, param_card, read_params
from .elements import Element, read_element
from .keywords import split
from .scan import Card, Place, Problem
from .scope import Scope
from .values import Formula, Given, read_word

MAX_NESTING = 50


@dataclass
class Block:
    """A body: `definitions` hold for all of it, whatever their place; `actions` are carried out in order."""

    definitions: list[Parameters | FunctionCard | ModelCard | Subcircuit] = field(default_factory=list)
    actions: list[Card | Element | Loop | Conditional] = field(default_factory=list)

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

    def declare(self, scope: Scope) -> None:
        scope.subcircuits[self.name] = self


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


Open = Subcircuit | Conditional | Loop
_CLOSING = {".ends": Subcircuit, ".endif": Conditional, ".endfor": Loop}
_NAMES = {Subcircuit: ".subckt", Conditional: ".if", Loop: ".for"}
_ENDS = {".subckt": ".ends", ".if": ".endif", ".for": ".endfor"}


def build(cards: list[Card], found: Diagnostics) -> Block:
    """The top-level block of a netlist. Errors of form go to `found`."""
    builder = _Builder()
    for card in cards:
        if found.full:
            break
        try:
            builder.take(card)
        except Problem as problem:
            place = problem.place or Place(card)
            found.error(problem.message, place.position)
    for unclosed in builder.open:
        kind = _NAMES[type(unclosed)]
        found.error(f"{kind} is not closed: its {_ENDS[kind]} is missing", unclosed.card.position)
    return builder.top


class _Builder:
    """Keeps the stack of blocks that are open."""

    def __init__(self) -> None:
        self.top = Block()
        self.open: list[Open] = []
        self._handlers: dict[str, Callable[[Card], None]] = {
            ".param": lambda c: self.block.definitions.append(param_card(c)),
            ".func": lambda c: self.block.definitions.append(func_card(c)),
            ".model": lambda c: self.block.definitions.append(model_card(c)),
            ".subckt": lambda c: self._begin(_subcircuit(c)),
            ".if": lambda c: self._begin(Conditional(c, [Branch(_condition(c), Place(c))])),
            ".elseif": lambda c: self._branch(c, _condition(c)),
            ".else": lambda c: self._branch(c, None),
            ".for": lambda c: self._begin(_loop(c)),
            ".ends": self._end,
            ".endif": self._end,
            ".endfor": self._end,
        }

    @property
    def block(self) -> Block:
        return self.open[-1].body if self.open else self.top

    def take(self, card: Card) -> None:
        """Put a card where it belongs."""
        head = card.words[0]
        if head[0] != ".":
            self.block.actions.append(read_element(card))
        elif head in self._handlers:
            self._handlers[head](card)
        else:
            self.block.actions.append(card)

    def _begin(self, opened: Open) -> None:
        if len(self.open) >= MAX_NESTING:
            raise Problem(f"blocks are nested more than {MAX_NESTING} deep", Place(opened.card))
        if isinstance(opened, Subcircuit):
            self.block.definitions.append(opened)
        else:
            self.block.actions.append(opened)
        self.open.append(opened)

    def _branch(self, card: Card, condition: Given | None) -> None:
        if not self.open or not isinstance(self.open[-1], Conditional):
            raise Problem(f"{card.words[0]} without .if", Place(card))
        conditional = self.open[-1]
        if conditional.branches[-1].condition is None:
            raise Problem(f"{card.words[0]} after .else", Place(card))
        conditional.branches.append(Branch(condition, Place(card)))

    def _end(self, card: Card) -> None:
        head = card.words[0]
        kind = _NAMES[_CLOSING[head]]
        if not self.open:
            raise Problem(f"{head} without {kind}", Place(card))
        last = self.open[-1]
        if not isinstance(last, _CLOSING[head]):
            opened = _NAMES[type(last)]
            raise Problem(
                f"{head} where {_ENDS[opened]} is expected: {opened} at {last.card.position} is open", Place(card)
            )
        if isinstance(last, Subcircuit) and len(card.words) > 1 and card.words[1] != last.name:
            raise Problem(f".ends {card.words[1]} closes .subckt {last.name}: is an .ends missing?", Place(card, 1))
        self.open.pop()


def _subcircuit(card: Card) -> Subcircuit:
    positional, _ = split(card, 1)
    names = [card.words[i] for i in positional if card.words[i] != "params:"]
    if not names:
        raise Problem("the form is .subckt name ports ... parameter=default ...", Place(card))
    ports = tuple(names[1:])
    for index, port in zip(positional[1:], ports, strict=False):
        if port in GROUND:
            raise Problem(f"{port} is ground everywhere and cannot be a port", Place(card, index))
        if ports.count(port) > 1:
            raise Problem(f"port {port!r} is listed twice", Place(card, index))
    start = positional[len(positional) - 1] + 1
    return Subcircuit(names[0], ports, read_params(card, start), card)


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
