"""What can go wrong, said in sentences: where, what, the nearest valid choice, what to try."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


class TdsimError(Exception):
    """Base of every error that tdsim raises on purpose. `exit_status` is what the command line returns."""

    exit_status = 1


class UsageError(TdsimError):
    """The request cannot be meant: a bad option, signal, file or value. Exit status 2."""

    exit_status = 2


class UnfitError(UsageError):
    """An instance does not fit the request (a delay shorter than the step). Exit status 2."""

    def __init__(self, message: str, instance: str):
        super().__init__(message)
        self.instance = instance


class NetlistError(UsageError):
    """One or more errors in a netlist; `diagnostics` holds them all, with their places."""

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class SimulationError(TdsimError):
    """The simulation itself failed (a value became NaN, no solution, no convergence). Exit status 1."""


@dataclass(frozen=True)
class Position:
    """A place in a netlist: 1-based line and column, and the physical line itself for the caret."""

    file: str
    line: int
    column: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Diagnostic:
    """One error or warning. `expansion` lists the subcircuit instances and loop iterations that led here."""

    message: str
    position: Position | None = None
    expansion: tuple[str, ...] = ()
    severity: str = "error"

    def __str__(self) -> str:
        head = f"{self.position}: " if self.position else ""
        lines = [f"{head}{self.severity}: {self.message}"]
        if self.position and self.position.text:
            shown = self.position.text.rstrip("\n").replace("\t", " ")
            first = max(0, self.position.column - 60)
            lines.append("    " + shown[first : first + 120])
            lines.append("    " + " " * (self.position.column - 1 - first) + "^")
        lines += [f"    in {step}" for step in self.expansion]
        return "\n".join(lines)


@dataclass
class Diagnostics:
    """Collects what is wrong in one netlist, so that all of it is reported at once.

    At most `limit` errors are kept in full; the rest are counted, so that a hostile file cannot fill memory.
    """

    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    limit: int = 100
    dropped: int = 0

    def error(self, message: str, position: Position | None = None, expansion: tuple[str, ...] = ()) -> None:
        found = Diagnostic(message, position, expansion)
        if len(self.errors) >= self.limit:
            self.dropped += 1
        elif found not in self.errors:
            self.errors.append(found)

    def warn(self, message: str, position: Position | None = None, expansion: tuple[str, ...] = ()) -> None:
        found = Diagnostic(message, position, expansion, "warning")
        if len(self.warnings) < self.limit and found not in self.warnings:
            self.warnings.append(found)

    @property
    def full(self) -> bool:
        """Whether as many errors were collected as will be shown: looking for more is no use."""
        return len(self.errors) >= self.limit

    def raise_if_errors(self) -> None:
        """Raise NetlistError when at least one error was collected."""
        if self.errors:
            more = [Diagnostic(f"and {self.dropped} more errors")] if self.dropped else []
            raise NetlistError(self.errors + more)


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """The end of an error sentence that names the valid choices nearest to `name`."""
    among = set(known)
    if len(among) > 500:  # comparing costs microseconds each: in large circuits look among the likely ones only
        among = {c for c in among if abs(len(c) - len(name)) <= 1 and (c[:1] == name[:1] or c[-1:] == name[-1:])}
    choices = sorted(among)[:500]
    close = difflib.get_close_matches(name, choices, n=count, cutoff=0.5)
    if close:
        return "; did you mean " + " or ".join(repr(c) for c in close) + "?"
    if choices:
        shown = ", ".join(choices[:12]) + (", ..." if len(choices) > 12 else "")
        return f"; known: {shown}"
    return ""
