"""Laws of devices for eight runs at once, made of those that are written for one.

A law is written with branches, and each run takes its own. Here a branch is taken where any lane wants it, and what it
gives is chosen lane by lane:

    if v < knee:                            lanes = v < knee
        return a(v)                         if any(lanes):     one = a(v)
    return b(v)                             if any(~lanes):    other = b(v)
                                            return choose(lanes, one, other)

Every lane goes through the operations of its own branch, and so comes out the same to the bit as alone. Comparisons
give eight bits (see `eights`); names that a branch assigns get new ones in it, for the other branch may read the old.

Only what laws are made of is known: assignments, branches and returned values. `Unknown` is raised for anything else.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from numba.core import types
from numba.extending import overload

from .eights import EIGHT, choose, size

_types: Any = types
_overload: Any = overload


class Unknown(Exception):
    """A law holds something that has no counterpart for eight runs."""


# -- what stands in laws for eight ----------------------------------------------------------------------------------


def lanes_of(condition: Any) -> Any:
    """The bits of a condition: those of a comparison of eights, or all or none for one of numbers."""


def least(one: Any, other: Any) -> Any:
    """`min` of eights or numbers."""


def greatest(one: Any, other: Any) -> Any:
    """`max` of eights or numbers."""


def magnitude(value: Any) -> Any:
    """`abs` of an Eight or a number."""


@_overload(lanes_of)
def _lanes_of(condition):  # type: ignore[no-untyped-def]  # numba compares the arguments of the two
    if isinstance(condition, types.Boolean):
        return lambda condition: -1 if condition else 0
    return lambda condition: condition


@_overload(least)
def _least(one, other):  # type: ignore[no-untyped-def]
    if EIGHT in (one, other):
        return lambda one, other: choose(other < one, other, one)
    return lambda one, other: min(one, other)


@_overload(greatest)
def _greatest(one, other):  # type: ignore[no-untyped-def]
    if EIGHT in (one, other):
        return lambda one, other: choose(other > one, other, one)
    return lambda one, other: max(one, other)


@_overload(magnitude)
def _magnitude(value):  # type: ignore[no-untyped-def]
    return (lambda value: size(value)) if value is EIGHT else (lambda value: abs(value))


_STANDING_IN = {"min": least, "max": greatest, "abs": magnitude, "lanes_of": lanes_of, "choose": choose}


# -- the law itself -------------------------------------------------------------------------------------------------


def for_eight(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same law without branches that depend on a lane. Raises Unknown."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    law = tree.body[0]
    if not isinstance(law, ast.FunctionDef):
        raise Unknown(function.__name__)
    arguments = [a.arg for a in law.args.args]
    law.decorator_list, law.returns = [], None
    for argument in law.args.args:
        argument.annotation = None
    law.body = _Converter().body(law.body, {a: a for a in arguments}, None)
    names = {**function.__globals__, **_STANDING_IN}
    exec(compile(ast.fix_missing_locations(tree), inspect.getsourcefile(function) or "", "exec"), names)
    found: Callable[..., Any] = names[law.name]
    return found


def takes_eights(kinds: Sequence[Any]) -> bool:
    """Whether an Eight is among types, or in tuples of them."""
    return any(takes_eights(k) if isinstance(k, _types.BaseTuple) else k is EIGHT for k in kinds)


def register(function: Callable[..., Any]) -> None:
    """Let compiled code call a law: as it is written for numbers, without branches where an Eight is given to it."""
    made: list[Callable[..., Any]] = []

    def chosen(*arguments: Any) -> Any:
        if not takes_eights(arguments):
            return function
        if not made:
            made.append(for_eight(function))
        return made[0]

    _overload(function, strict=False)(chosen)


Names = Mapping[str, str]


class _Converter:
    """Statements of a law, one after the other; `names` are what its variables are called by now."""

    def __init__(self) -> None:
        self._fresh = (f"{k}" for k in itertools.count(1))

    def body(self, statements: Sequence[ast.stmt], names: Names, result: str | None) -> list[ast.stmt]:
        """Statements that end in a returned value: it is returned, or put into `result`."""
        found: list[ast.stmt] = []
        names = dict(names)
        for k, statement in enumerate(statements):
            rest = statements[k + 1 :]
            if isinstance(statement, ast.Return) and statement.value is not None:
                value = _renamed(statement.value, names)
                return [*found, ast.Return(value) if result is None else _put(result, value)]
            if isinstance(statement, ast.If) and (_returns(statement.body) or _returns(statement.orelse)):
                return [*found, *self._ways_out(statement, rest, names, result)]
            found += self._statement(statement, names)
        raise Unknown("a law that returns nothing")

    def _ways_out(
        self, branch: ast.If, rest: Sequence[ast.stmt], names: dict[str, str], result: str | None
    ) -> list[ast.stmt]:
        """A branch in which a value is returned; what follows belongs to the sides that go on."""
        lanes, ways = self._new("lanes"), [self._new("way"), self._new("way")]
        found = [_put(lanes, _lanes(_renamed(branch.test, names)))]
        for taken, way in zip((True, False), ways, strict=True):
            statements = branch.body if taken else branch.orelse
            every = list(statements) if _always_returns(statements) else [*statements, *rest]
            own, copies = self._renaming(every, names)
            found.append(_where(lanes, taken, [*copies, *self.body(every, own, way)]))
        value = _call("choose", _name(lanes), *map(_name, ways))
        return [*found, ast.Return(value) if result is None else _put(result, value)]

    def _statement(self, statement: ast.stmt, names: dict[str, str]) -> list[ast.stmt]:
        """A statement after which the law goes on; notes new names."""
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return []
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            read = ast.BinOp(_name(statement.target.id), statement.op, statement.value)
            return self._statement(ast.Assign([statement.target], read), names)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            value = _renamed(statement.value, names)
            for name in _assigned([statement]):
                names.setdefault(name, self._new(name))
            return [ast.Assign([_renamed(statement.targets[0], names)], value)]
        if isinstance(statement, ast.If):
            return self._merged(statement, names)
        raise Unknown(type(statement).__name__)

    def _merged(self, branch: ast.If, names: dict[str, str]) -> list[ast.stmt]:
        """A branch after which the law goes on with what was assigned in it."""
        lanes, every, ends = self._new("lanes"), [*branch.body, *branch.orelse], []
        found = [_put(lanes, _lanes(_renamed(branch.test, names)))]
        for taken in (True, False):
            own, inner = self._renaming(every, names)
            for statement in branch.body if taken else branch.orelse:
                inner += self._statement(statement, own)
            found += [_where(lanes, taken, inner)] if inner else []
            ends.append(own)
        for name in _assigned(every):
            if all(name in own for own in ends):
                names.setdefault(name, self._new(name))
                found.append(_put(names[name], _call("choose", _name(lanes), *(_name(own[name]) for own in ends))))
        return found

    def _renaming(self, statements: Sequence[ast.stmt], names: Names) -> tuple[dict[str, str], list[ast.stmt]]:
        """Names for one side of a branch, and the statements that begin it: known variables keep their values."""
        own, copies = dict(names), []
        for name in _assigned(statements):
            new = self._new(name)
            if name in names:
                copies.append(_put(new, _name(names[name])))
                own[name] = new
            else:
                own.pop(name, None)
        return own, copies

    def _new(self, name: str) -> str:
        return f"{name}__{next(self._fresh)}"


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _put(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_name(name), list(arguments), [])


def _where(lanes: str, taken: bool, statements: list[ast.stmt]) -> ast.stmt:
    """One side of a branch, where any of the lanes takes it."""
    own: ast.expr = _name(lanes) if taken else ast.UnaryOp(ast.Invert(), _name(lanes))
    every = ast.BinOp(own, ast.BitAnd(), ast.Constant(0xFF))
    return ast.If(ast.Compare(every, [ast.NotEq()], [ast.Constant(0)]), statements, [])


def _returns(statements: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Return) for statement in statements for node in ast.walk(statement))


def _always_returns(statements: Sequence[ast.stmt]) -> bool:
    """Whether nothing comes after these statements."""
    last = statements[-1] if statements else None
    if isinstance(last, ast.If):
        return _always_returns(last.body) and _always_returns(last.orelse)
    return isinstance(last, ast.Return)


def _assigned(statements: Sequence[ast.stmt]) -> list[str]:
    """The names that statements assign, each once."""
    found = [
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return list(dict.fromkeys(found))


def _lanes(test: ast.expr) -> ast.expr:
    """The bits of a condition."""
    if isinstance(test, ast.BoolOp):
        return _joined(ast.BitAnd() if isinstance(test.op, ast.And) else ast.BitOr(), map(_lanes, test.values))
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return ast.UnaryOp(ast.Invert(), _lanes(test.operand))
    if isinstance(test, ast.Compare) and len(test.ops) > 1:
        sides = [test.left, *test.comparators]
        parts = (ast.Compare(a, [op], [b]) for a, op, b in zip(sides, test.ops, sides[1:], strict=False))
        return _joined(ast.BitAnd(), map(_lanes, parts))
    if not isinstance(test, ast.Compare):
        raise Unknown("a condition that is no comparison")
    return _call("lanes_of", test)


def _joined(sign: ast.operator, parts: Iterator[ast.expr]) -> ast.expr:
    found = next(parts)
    for part in parts:
        found = ast.BinOp(found, sign, part)
    return found


class _Renaming(ast.NodeTransformer):
    """An expression in the names of now; `x if c else y` is a choice, and so are `min` and `max`, of two each."""

    def __init__(self, names: Names):
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test, one, other = (self.visit(part) for part in (node.test, node.body, node.orelse))
        return _call("choose", _lanes(test), one, other)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        arguments = [self.visit(argument) for argument in node.args]
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            while len(arguments) > 2:
                arguments[:2] = [_call(node.func.id, *arguments[:2])]
            return _call(node.func.id, *arguments)
        if node.keywords:
            raise Unknown("an argument by name")
        return ast.Call(self.visit(node.func), arguments, [])


def _renamed(expression: ast.expr, names: Names) -> Any:
    return _Renaming(names).visit(_copy(expression))


def _copy(expression: ast.expr) -> ast.expr:
    """An expression of its own: rest of a law may be converted twice."""
    found = ast.parse(ast.unparse(expression), mode="eval").body
    if isinstance(getattr(expression, "ctx", None), ast.Store):
        for node in ast.walk(found):
            if isinstance(node, (ast.Name, ast.Tuple, ast.List)):
                node.ctx = ast.Store()
    return found
