"""Lexical scopes: what parameters, functions, models and subcircuits are called where.

Parameters are evaluated when they are first needed, so that their order in the file does not matter; a scope that is
asked for an unfinished one has found a cycle. In a scope, the last definition of a parameter or a function holds, and
the first one of a model or a subcircuit, as in ngspice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import nearest
from .draws import Draws
from .expressions import evaluate
from .functions import CONSTANTS, FUNCTIONS, RANDOM, WAVES
from .nodes import ExpressionError, Value, guarded, number
from .problems import Problem, Reported
from .scan import Place

if TYPE_CHECKING:
    from .blocks import Subcircuit
    from .definitions import Model
    from .values import Given

MAX_CALLS = 50
MAX_WORK = 100_000
_PENDING = object()
_FAILED = object()


@dataclass(frozen=True)
class Function:
    """`.func name(arguments) {body}`."""

    name: str
    arguments: tuple[str, ...]
    body: str
    place: Place


@dataclass
class Work:
    """Counts what one expression sets off: calls in progress, calls in all, and the parameters being evaluated.

    draws  the random numbers of this run
    path   the parameter, or the instance, for which numbers are drawn; "" where none can be
    drawn  how many were
    """

    depth: int = 0
    calls: int = 0
    chain: tuple[str, ...] = ()
    draws: Draws = field(default_factory=Draws)
    path: str = ""
    drawn: int = 0

    @contextmanager
    def drawing(self, path: str) -> Iterator[None]:
        """Let numbers be drawn for the parameter of that path."""
        before = self.path, self.drawn
        self.path, self.drawn = path, 0
        try:
            yield
        finally:
            self.path, self.drawn = before

    def draw(self, function: str, arguments: list[float], at: int) -> float:
        """A random number for whoever is being evaluated. Raises ExpressionError."""
        if not self.path:
            raise ExpressionError(f"{function}() belongs into .param, or into a value of an instance or a model", at)
        self.drawn += 1
        try:
            return self.draws.draw(function, arguments, self.path, self.drawn)
        except ExpressionError as error:
            raise ExpressionError(f"{function}: {error.message}", at) from None


class Scope:
    """One level of names.

    `values` holds parameters that are known: passed in (a loop's variable, what an instance gives), or `evaluated`
    from their definitions in `given`. Those that were passed in are `fixed`: no definition replaces them. `doubtful`
    says whether a name that is not known may come from a card in error. `path` stands before the names of the
    parameters that are defined here, to tell them from those of other instances.
    """

    __slots__ = (
        "doubtful", "evaluated", "fixed", "functions", "given", "models", "parent", "path", "subcircuits", "values",
        "work",
    )  # fmt: skip

    def __init__(
        self,
        parent: Scope | None = None,
        values: dict[str, Value] | None = None,
        doubtful: Callable[[str], bool] = lambda name: False,
        path: str | None = None,
        work: Work | None = None,
    ):
        self.parent = parent
        self.path: str = path if path is not None else parent.path if parent else ""
        self.doubtful: Callable[[str], bool] = parent.doubtful if parent else doubtful
        self.values: dict[str, Value] = {} if values is None else values
        self.given: dict[str, Given] = {}
        self.fixed: set[str] = set(self.values)
        self.evaluated: set[str] = set()
        self.functions: dict[str, Function] = {}
        self.models: dict[str, Model] = {}
        self.subcircuits: dict[str, Subcircuit] = {}
        self.work: Work = parent.work if parent else work or Work()

    def levels(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def define(self, name: str, given: Given) -> None:
        """Define a parameter, unless its value was passed in; forgets what was evaluated from earlier definitions."""
        if name in self.fixed:
            return
        if self.evaluated:
            for known in self.evaluated:
                self.values.pop(known, None)
            self.evaluated.clear()
        self.given[name] = given

    # -- names of an expression ---------------------------------------------------------------------------------

    def value(self, name: str, at: int = 0) -> Value:
        """The value of a parameter. Raises ExpressionError when there is none of that name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope._checked(name, scope.values[name], at)
            if name in scope.given:
                return scope._evaluate(name, at)
            scope = scope.parent
        if name in CONSTANTS:
            return CONSTANTS[name]
        if self.doubtful(name):
            raise Reported(f"what defines {name!r} is in error")
        raise ExpressionError(f"unknown parameter {name!r}{nearest(name, self.known())}", at)

    def knows(self, name: str) -> bool:
        return any(name in s.values or name in s.given for s in self.levels())

    def known(self) -> set[str]:
        """The names of all parameters that can be seen from here."""
        return {n for s in self.levels() for n in (*s.values, *s.given)}

    def _checked(self, name: str, value: Value, at: int) -> Value:
        if value is _FAILED:
            raise Reported(f"parameter {name!r} has no value")
        if value is _PENDING:
            chain = self.work.chain
            raise ExpressionError(f"parameter {name!r} depends on itself: {' -> '.join([*chain, name])}", at)
        return value

    def _evaluate(self, name: str, at: int) -> Value:
        given, before = self.given[name], self.work.chain
        if len(before) >= MAX_CALLS:
            raise ExpressionError(f"parameters depend on each other more than {MAX_CALLS} deep", at)
        self.evaluated.add(name)
        self.values[name] = _PENDING
        self.work.chain = (*before, name)
        try:
            with self.work.drawing(self.path + name):
                self.values[name] = given.resolve(self)
        except Problem:
            self.values[name] = _FAILED
            raise
        finally:
            self.work.chain = before
        return self.values[name]

    # -- functions ----------------------------------------------------------------------------------------------

    def call(self, name: str, arguments: list[Value], at: int) -> Value:
        """The value of a function: one of `.func`, or a known one."""
        for scope in self.levels():
            if name in scope.functions:
                return self._call(scope.functions[name], scope, arguments, at)
        if name in RANDOM:
            return self.work.draw(name, [number(a, at) for a in arguments], at)
        if name not in FUNCTIONS and self.doubtful(name):
            raise Reported(f"what defines {name!r} is in error")
        if name not in FUNCTIONS:
            raise ExpressionError(_unknown_function(name, self), at)
        function, least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise ExpressionError(f"{name} takes {_count(least, most)}, not {len(arguments)}", at)
        try:
            return guarded(function, [number(a, at) for a in arguments], at)
        except ExpressionError as error:
            raise ExpressionError(f"{name}: {error.message}", at) from None

    def _call(self, function: Function, home: Scope, arguments: list[Value], at: int) -> Value:
        if len(arguments) != len(function.arguments):
            count = _count(len(function.arguments), len(function.arguments))
            raise ExpressionError(f"{function.name} takes {count}, not {len(arguments)}", at)
        work = self.work
        work.calls = work.calls + 1 if work.depth else 1
        if work.depth >= MAX_CALLS or work.calls > MAX_WORK:
            raise ExpressionError(
                f"{function.name} calls itself, or functions are nested more than {MAX_CALLS} deep", at
            )
        work.depth += 1
        try:
            return evaluate(function.body, Scope(home, dict(zip(function.arguments, arguments, strict=True))))
        except ExpressionError as error:
            inner = error.message.startswith("in function ")
            message = error.message if inner else f"in function {function.name}: {error.message}"
            raise ExpressionError(message, at) from None
        finally:
            work.depth -= 1

    # -- definitions --------------------------------------------------------------------------------------------

    def find_model(self, name: str) -> Model | None:
        return next((s.models[name] for s in self.levels() if name in s.models), None)

    def find_subcircuit(self, name: str) -> tuple[Subcircuit, Scope] | None:
        """A subcircuit and the scope that defines it."""
        return next(((s.subcircuits[name], s) for s in self.levels() if name in s.subcircuits), None)


def _unknown_function(name: str, scope: Scope) -> str:
    if name in WAVES:
        return f"{name}(...) is known only while the circuit runs; parameters are evaluated before"
    own = {n for s in scope.levels() for n in s.functions}
    return f"unknown function {name!r}{nearest(name, own | set(FUNCTIONS))}"


def _count(least: int, most: int) -> str:
    count = str(least) if least == most else f"at least {least}"
    return f"{count} argument{'s' if count != '1' else ''}"
