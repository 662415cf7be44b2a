"""From the nodes of an expression to the terms of a behaviour, with parameters and `.func` substituted.

The rules are those of ngspice's B sources, which differ from those of parameters: pow(x, y) is |x|^y there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...behaviour import Constant, Operation, Signal, Term, Variable
from ...errors import UsageError, nearest
from ..expressions import parse
from ..functions import FUNCTIONS, RANDOM
from ..nodes import Call, Chain, Choice, ExpressionError, Index, Logic, Name, Negation, Node, Number, Sign, number
from ..scope import MAX_CALLS, MAX_WORK, Function, Scope

VARIABLES = frozenset(("time", "temper", "hertz"))

OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power", "^": "power", "==": "eq", "!=": "ne", "<>": "ne",
    "<": "lt", ">": "gt", "<=": "le", ">=": "ge",
}  # fmt: skip

CALLS = {
    "pow": "power", "pwr": "pwr", "ln": "log", "log": "log", "arctan": "atan", "ternary_fcn": "choose",
    **{name: name for name in (
        "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "exp", "floor", "log10", "max",
        "min", "nint", "sgn", "sin", "sinh", "sqrt", "tan", "tanh", "u", "u2", "uramp", "pwl", "table", "ddt", "delay",
    )},
}  # fmt: skip
"""Functions of expressions that have a value while the circuit runs, and the operation that each is."""

MAX_CHAIN = 50
"""A sum or product longer than this is added up in pairs, so that its tree stays flat."""


@dataclass(frozen=True)
class Names:
    """What the names of one expression stand for: placeholders and arguments of .func, then parameters."""

    scope: Scope
    terms: Mapping[str, Term]


class Builder:
    """Makes terms; bounds the work that one expression may set off."""

    def __init__(self) -> None:
        self._work = 0
        self._depth = 0

    def build(self, node: Node, names: Names) -> Term:
        """The term of a node. Raises ExpressionError, which knows the character."""
        self._work += 1
        if self._work > MAX_WORK:
            raise ExpressionError("the expression is too large once its functions are put in", node.at)
        return _BUILDERS[type(node)](self, node, names)

    def _number(self, node: Number, names: Names) -> Term:
        return Constant(node.number)

    def _name(self, node: Name, names: Names) -> Term:
        known = names.terms.get(node.name)
        if known is not None:
            return known
        if node.name in VARIABLES:
            return Variable(node.name)
        return Constant(number(names.scope.value(node.name, node.at), node.at))

    def _index(self, node: Index, names: Names) -> Term:
        return Constant(number(node.evaluate(names.scope), node.at))

    def _sign(self, node: Sign, names: Names) -> Term:
        operand = self.build(node.operand, names)
        return operation("neg", (operand,), node.at) if node.factor < 0 else operand

    def _negation(self, node: Negation, names: Names) -> Term:
        return operation("not", (self.build(node.operand, names),), node.at)

    def _chain(self, node: Chain, names: Names) -> Term:
        term = self.build(node.first, names)
        if len(node.rest) > MAX_CHAIN and {operator for operator, *_ in node.rest} <= {"+", "-"}:
            return self._sum(term, node, names)
        for operator, operand, at in node.rest:
            if operator not in OPERATORS:
                raise ExpressionError(f"{operator} is known in parameters only, not while the circuit runs", at)
            term = operation(OPERATORS[operator], (term, self.build(operand, names)), at)
        return term

    def _sum(self, first: Term, node: Chain, names: Names) -> Term:
        terms = [first]
        for operator, operand, at in node.rest:
            term = self.build(operand, names)
            terms.append(operation("neg", (term,), at) if operator == "-" else term)
        return total(terms)

    def _logic(self, node: Logic, names: Names) -> Term:
        word = "or" if node.decided_by else "and"
        term, *others = [self.build(o, names) for o in node.operands]
        for other in others:
            term = operation(word, (term, other), node.at)
        return term

    def _choice(self, node: Choice, names: Names) -> Term:
        condition = self.build(node.condition, names)
        if isinstance(condition, Constant):
            return self.build(node.yes if condition.value else node.no, names)
        return operation("choose", (condition, self.build(node.yes, names), self.build(node.no, names)), node.at)

    def _call(self, node: Call, names: Names) -> Term:
        for scope in names.scope.levels():
            if node.name in scope.functions:
                return self._function(scope.functions[node.name], scope, node, names)
        arguments = tuple([self.build(a, names) for a in node.arguments])
        if node.name == "limit":
            return _limit(arguments, node.at)
        if node.name == "sqr" and len(arguments) == 1:
            return operation("mul", arguments * 2, node.at)
        if node.name not in CALLS:
            raise ExpressionError(_unknown(node.name, names.scope), node.at)
        return operation(CALLS[node.name], arguments, node.at)

    def _function(self, function: Function, home: Scope, node: Call, names: Names) -> Term:
        if len(node.arguments) != len(function.arguments):
            asked = f"{len(function.arguments)} argument{'s'[: len(function.arguments) != 1]}"
            raise ExpressionError(f"{function.name} takes {asked}, not {len(node.arguments)}", node.at)
        if self._depth >= MAX_CALLS:
            message = f"{function.name} calls itself, or functions are nested more than {MAX_CALLS} deep"
            raise ExpressionError(message, node.at)
        arguments = [self.build(a, names) for a in node.arguments]
        self._depth += 1
        try:
            inner = Names(home, dict(zip(function.arguments, arguments, strict=True)))
            return self.build(parse(function.body), inner)
        except ExpressionError as error:
            inside = error.message.startswith("in function ")
            message = error.message if inside else f"in function {function.name}: {error.message}"
            raise ExpressionError(message, node.at) from None
        finally:
            self._depth -= 1


_BUILDERS: dict[type, Callable[..., Term]] = {
    Number: Builder._number,
    Name: Builder._name,
    Index: Builder._index,
    Sign: Builder._sign,
    Negation: Builder._negation,
    Chain: Builder._chain,
    Logic: Builder._logic,
    Choice: Builder._choice,
    Call: Builder._call,
}


def operation(name: str, operands: tuple[Term, ...], at: int = 0) -> Term:
    """An operation; of numbers alone, its value where that is plain. Raises ExpressionError for bad operands."""
    values = [o.value for o in operands if isinstance(o, Constant)]
    if len(values) == len(operands):
        folded = fold(name, values)
        if folded is not None:
            return Constant(folded)
    try:
        return Operation(name, operands)
    except UsageError as error:
        raise ExpressionError(str(error), at) from None


def total(terms: Sequence[Term]) -> Term:
    """The sum of terms, added up in pairs."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return operation("add", (total(terms[:half]), total(terms[half:])))


def signals_of(term: Term) -> set[Signal]:
    """All signals of a term."""
    found, open_terms = set(), [term]
    while open_terms:
        here = open_terms.pop()
        if isinstance(here, Signal):
            found.add(here)
        elif isinstance(here, Operation):
            open_terms += here.operands
    return found


def substituted(term: Term, terms: Mapping[Term, Term]) -> Term:
    """The term with some of its signals replaced."""
    if isinstance(term, Operation):
        return Operation(term.name, tuple([substituted(o, terms) for o in term.operands]))
    return terms.get(term, term)


def fold(name: str, values: list[float]) -> float | None:
    """The value of an operation on numbers; None where B sources have rules of their own (1/0, log(0), ...)."""
    function = _PLAIN.get(name)
    if function is None:
        return None
    try:
        value = float(function(*values))
    except (ArithmeticError, ValueError, TypeError):
        return None
    return value if math.isfinite(value) else None


_PLAIN: dict[str, Callable[..., float]] = {
    **{name: FUNCTIONS[name][0] for name in (
        "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "floor", "log", "log10", "max",
        "min", "nint", "sgn", "sin", "sinh", "sqrt", "tan", "tanh", "u", "u2", "uramp",
    )},
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "power": lambda a, b: math.pow(abs(a), b),
    "pwr": lambda a, b: math.copysign(math.pow(abs(a), b), a),
    "exp": lambda a: math.exp(a) if a <= 227.9 else math.nan,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "and": lambda a, b: bool(a and b),
    "or": lambda a, b: bool(a or b),
    "not": lambda a: not a,
    "choose": lambda c, a, b: a if c else b,
}  # fmt: skip


def _limit(arguments: tuple[Term, ...], at: int) -> Term:
    """limit(nominal, variation) of ngspice draws one of nominal +- variation, once; it is no clamp."""
    if len(arguments) < 2:
        raise ExpressionError(f"limit takes at least 2 arguments, not {len(arguments)}", at)
    if arguments[1] == Constant(0.0):
        return arguments[0]
    message = "limit() draws a random number in ngspice, it does not clamp: write min(max(x, low), high)"
    raise ExpressionError(message, at)


def _unknown(name: str, scope: Scope) -> str:
    if name in ("v", "i"):
        return f"{name}(...) is written v(node), v(node, node) or i(element)"
    if name in RANDOM:
        return f"{name}() draws one number a run: draw it in .param, and name that parameter here"
    if name in FUNCTIONS:
        return f"{name}() is known in parameters only, not while the circuit runs: put it in braces if it is a number"
    own = {n for s in scope.levels() for n in s.functions}
    return f"unknown function {name!r}{nearest(name, own | set(CALLS))}"
