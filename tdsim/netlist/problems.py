"""What is wrong with a card, on its way to the list of errors."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import Diagnostics, TdsimError

if TYPE_CHECKING:
    from .scan import Place


MOST = 100
"""Problems on one card."""


class Problem(TdsimError):
    """An error on one card. Whoever works through the cards adds the expansion and collects it."""

    def __init__(self, message: str, place: Place | None = None):
        super().__init__(message)
        self.message, self.place = message, place


class Reported(Problem):
    """A use of something whose own error is reported already."""


class Several(Problem):
    """More than one error on one card."""

    def __init__(self, parts: Iterable[Problem]):
        self.parts = tuple(parts)
        super().__init__("; ".join(p.message for p in self.parts))


class Together:
    """Gathers the problems of one card, so that one of them does not hide the others.

    Each `with together:` catches a Problem of the lines in it; `check` raises what was caught. When there are more
    than anybody reads, they are raised at once.
    """

    __slots__ = ("problems",)

    def __init__(self, problems: Iterable[Problem] = ()):
        self.problems = list(problems)

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, Problem):
            self.problems.append(error)
            if len(self.problems) > MOST:
                raise Several(self.problems)
            return True
        return False

    def check(self) -> None:
        """Raise Problem when anything was caught."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            raise Several(self.problems)


def report(problem: Problem, found: Diagnostics, expansion: tuple[str, ...] = ()) -> None:
    """Put a problem on the list of errors, unless it is there already."""
    if isinstance(problem, Several):
        for part in problem.parts:
            report(part, found, expansion)
    elif found.full:
        found.dropped += 1  # where it is would take long to find out on a card of a thousand errors
    elif not isinstance(problem, Reported):
        found.error(problem.message, problem.place.position if problem.place else None, expansion)
