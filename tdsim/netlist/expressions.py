"""Expressions of parameters: text to nodes, cached by text.

Plain numbers and names need no grammar; lark, which takes a while to import, is loaded with the first real expression.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cache import cache_folder
from ..errors import UsageError
from ..units import parse_number
from .nodes import Call, Chain, Choice, ExpressionError, Index, Logic, Name, Names, Negation, Node, Number, Sign, Value

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput

MAX_DEPTH = 60
MAX_LENGTH = 100_000
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([ed][-+]?\d+)?[a-zµμ]*\s*")
_NAME = re.compile(r"\s*([a-z_][a-z0-9_]*)\s*")


def evaluate(text: str, names: Names) -> Value:
    """The value of an expression (lower case, without its braces).

    Raises ExpressionError, which knows the character, for anything that is wrong with it.
    """
    try:
        return parse(text).evaluate(names)
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply") from None


@functools.lru_cache(maxsize=65536)
def parse(text: str) -> Node:
    """The node of an expression. Raises ExpressionError with the place of a syntax error."""
    if _NUMBER.fullmatch(text):
        return _number(text.strip(), 0)
    if match := _NAME.fullmatch(text):
        return Name(match[1], match.start(1))
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    if not text.strip():
        raise ExpressionError("the expression is empty")
    return _parse(text.translate(_PARENTHESES))


_PARENTHESES = str.maketrans("{}\t", "() ")
"""Braces inside an expression only group."""


def _parse(text: str) -> Node:
    from lark import UnexpectedInput

    try:
        node: Node = _grammar().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    return node


@functools.cache
def _grammar() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    cache: str | bool = False
    with contextlib.suppress(OSError):
        cache = str(cache_folder("grammar") / f"{sys.version_info[0]}.{sys.version_info[1]}")
    return Lark(grammar, parser="lalr", transformer=Builder(), maybe_placeholders=False, cache=cache)


def _syntax_error(text: str, error: UnexpectedInput) -> ExpressionError:
    at, token = error.pos_in_stream, str(getattr(error, "token", ""))
    if at is None or getattr(getattr(error, "token", None), "type", "") == "$END":
        return ExpressionError(f"the expression {text.strip()!r} is not complete", max(len(text) - 1, 0))
    before = re.search(r"[\d.]+[a-z]+$", text[:at])
    if before and token[:1].isdigit():
        return ExpressionError(f"{before[0]}{token} is not a number: digits after the suffix are not read", at)
    return ExpressionError(f"{token or text[at]!r} does not fit here in {text.strip()!r}", at)


def _number(text: str, at: int) -> Number:
    try:
        return Number(parse_number(text, False), at)
    except UsageError as error:
        raise ExpressionError(str(error), at) from None


class Builder:
    """Makes nodes as the grammar's rules are met (lark calls the method named like the rule)."""

    def number(self, children: list[Token]) -> Node:
        return _number(str(children[0]), _start(children[0]))

    def name(self, children: list[Token]) -> Node:
        return Name(str(children[0]), _start(children[0]))

    def sign(self, children: list[Any]) -> Node:
        factor = -1.0 if children[0] == "-" else 1.0
        return Sign(factor, children[1], _start(children[0]), _depth(children[1:]))

    def negation(self, children: list[Any]) -> Node:
        return Negation(children[1], _start(children[0]), _depth(children[1:]))

    def power(self, children: list[Any]) -> Node:
        operators = children[1::2]
        rest = tuple((str(o), n, _start(o)) for o, n in zip(operators, children[2::2], strict=True))
        return Chain(children[0], rest, children[0].at, _depth(children[::2]))

    equal = order = sum = product = power

    def either(self, children: list[Any]) -> Node:
        return Logic(True, tuple(children[::2]), children[0].at, _depth(children[::2]))

    def both(self, children: list[Any]) -> Node:
        return Logic(False, tuple(children[::2]), children[0].at, _depth(children[::2]))

    def choice(self, children: list[Any]) -> Node:
        condition, yes, no = children
        return Choice(condition, yes, no, condition.at, _depth(children))

    def call(self, children: list[Any]) -> Node:
        return Call(str(children[0]), tuple(children[1:]), _start(children[0]), _depth(children[1:]))

    def index(self, children: list[Any]) -> Node:
        return Index(str(children[0]), tuple(children[1:]), _start(children[0]), _depth(children[1:]))


def _start(token: Token) -> int:
    return token.start_pos or 0


def _depth(children: list[Node]) -> int:
    depth = 1 + max((c.depth for c in children), default=0)
    if depth > MAX_DEPTH:
        raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} deep", children[0].at)
    return depth
