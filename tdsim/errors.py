"""What can go wrong, said in sentences: where, what, the nearest valid choice, what to try."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

DEFINED, PLACED = "defined", "placed"
"""Kinds of names: those of parameters, functions, models and subcircuits; and those of instances, nets and cards."""

_BRACED = re.compile(r"\{[^}]*\}+")


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

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (str(self), self.instance)


class NetlistError(UsageError):
    """One or more errors in a netlist; `diagnostics` holds them all, with their places."""

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))

    def __reduce__(self) -> tuple[type, tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)


class SimulationError(TdsimError):
    """The simulation itself failed (a value became NaN, no solution, no convergence). Exit status 1.

    `instances` names those that it is about, where that is known.
    """

    def __init__(self, message: str, instances: Sequence[str] = ()):
        super().__init__(message)
        self.instances = tuple(instances)


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

    At most `limit` errors are kept in full; the rest are counted, so that a hostile file cannot fill memory. A card in
    error is left out of the circuit; the names that it would have brought in, DEFINED or PLACED, are `doubts`: that
    such a name is unknown is no second error.
    """

    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    limit: int = 100
    dropped: int = 0
    doubts: dict[str, set[str]] = field(default_factory=lambda: {DEFINED: set(), PLACED: set()})

    def error(self, message: str, position: Position | None = None, expansion: tuple[str, ...] = ()) -> None:
        """Collect an error; the same one at the same place, from another instance or iteration, is left out."""
        message = _shortened(message)
        if len(self.errors) >= self.limit:
            self.dropped += 1
        elif not any(e.message == message and e.position == position for e in self.errors):
            self.errors.append(Diagnostic(message, position, expansion))

    def warn(self, message: str, position: Position | None = None, expansion: tuple[str, ...] = ()) -> None:
        found = Diagnostic(_shortened(message), position, expansion, "warning")
        if len(self.warnings) < self.limit and found not in self.warnings:
            self.warnings.append(found)

    def doubt(self, kind: str, names: Iterable[str]) -> None:
        """Take note of the names on a card in error; `{...}` in one stands for any text."""
        self.doubts[kind].update(_BRACED.sub("*", name) for name in names)

    def doubtful(self, kind: str, name: str) -> bool:
        """Whether a name, or an instance that it is inside of, may come from a card in error."""
        doubts = self.doubts[kind]
        if not doubts:
            return False
        parts = {name, *name.split(".")}
        patterns = [d for d in doubts if "*" in d.strip("*")]
        return not doubts.isdisjoint(parts) or any(fnmatchcase(p, d) for p in parts for d in patterns)

    @property
    def full(self) -> bool:
        """Whether as many errors were collected as will be shown: looking for more is no use."""
        return len(self.errors) >= self.limit

    def raise_if_errors(self) -> None:
        """Raise NetlistError when at least one error was collected."""
        if self.errors:
            more = [Diagnostic(f"and {self.dropped} more errors")] if self.dropped else []
            raise NetlistError(self.errors + more)


def _shortened(message: str, most: int = 2000) -> str:
    """A sentence without its middle when a name or a list in it is endless."""
    return message if len(message) <= most else f"{message[: most // 2]} ... {message[-most // 2 :]}"


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


def about_file(name: str, message: str, line: int = 1, column: int = 1) -> UsageError:
    """An error about a file as a whole, at its first line unless another place is known."""
    return NetlistError([Diagnostic(message, Position(name, line, column))]) if name else UsageError(message)
