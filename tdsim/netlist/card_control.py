"""A control card where it stands, and the numbers on it."""

from __future__ import annotations

from dataclasses import dataclass

from ..circuit import Circuit
from ..errors import Diagnostics
from .context import Context
from .problems import Problem
from .scan import Card, Place
from .values import integer, read_word, real


@dataclass(frozen=True)
class Control:
    """A control card and where it stands."""

    card: Card
    context: Context
    circuit: Circuit
    found: Diagnostics

    def number(self, word: int) -> float:
        """The number at a word. Raises Problem."""
        return real(read_word(self.card, word), self.context.scope, Place(self.card, word))

    def numbers(self, words: list[int]) -> list[float]:
        return [self.number(w) for w in words]

    def positive(self, word: int, what: str) -> float:
        """The number at a word, which must be above zero."""
        value = self.number(word)
        if value <= 0:
            raise Problem(f"{what} must be above zero, not {value:g}", Place(self.card, word))
        return value

    def integer(self, word: int) -> int:
        """The integer at a word."""
        return integer(self.number(word), Place(self.card, word))

    def problem(self, message: str, word: int = 0) -> Problem:
        return Problem(message, Place(self.card, word))
