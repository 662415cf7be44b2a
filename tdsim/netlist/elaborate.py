"""From the structure of a netlist to the flat circuit."""

from __future__ import annotations

from ..circuit import Circuit
from ..errors import Diagnostics, UsageError
from .blocks import Block, Conditional, Loop, Subcircuit, doubt
from .context import Context
from .controls import control
from .electrical import Line, Links, Site
from .elements import Element
from .instances import place, refuse_taken, target_of
from .nodes import ExpressionError, number
from .problems import Problem, report
from .scan import Card, Place
from .scope import Scope
from .subcircuits import enter
from .values import integer

BUDGET = 2_000_000


class Enough(Exception):
    """As many errors were found as will be shown; elaboration stops there."""


class TooLarge(UsageError):
    """The netlist expands to more than the budget; elaboration stops there."""

    def __init__(self, card: Card):
        self.message = f"the netlist expands to more than {BUDGET:,} instances and iterations"
        self.position = card.position
        super().__init__(f"{self.position}: {self.message}")


class Elaborator:
    """Carries out the actions of blocks: instances, subcircuits, loops, conditionals and control cards.

    `run` never raises for what is wrong in the netlist: that goes to `found`. Raises TooLarge when the netlist expands
    to more than BUDGET instances and iterations, Enough when no more errors can be shown.
    """

    def __init__(self, circuit: Circuit, found: Diagnostics):
        self.circuit, self.found = circuit, found
        self.left = BUDGET
        self.calls: dict[str, Element] = {}
        self.links = Links(circuit, found)

    def run(self, block: Block, context: Context) -> None:
        """Declare what the block defines, then carry out its actions."""
        chosen = self._declare(block, context) if block.definitions or block.conditionals else {}
        self._carry_out(block, context, chosen)

    def _carry_out(self, block: Block, context: Context, chosen: dict[int, Block]) -> None:
        for action in block.actions:
            try:
                if isinstance(action, Line):
                    self._line(action, context)
                elif isinstance(action, Element):
                    self._element(action, context)
                elif isinstance(action, Loop):
                    self._loop(action, context)
                elif isinstance(action, Card):
                    control(action, context, self.circuit, self.found)
                elif id(action) in chosen:
                    self._carry_out(chosen[id(action)], context, chosen)
            except Problem as problem:
                report(problem, self.found, context.expansion)
                doubt(action, self.found)
                if self.found.full:
                    raise Enough from None

    # -- definitions and conditionals ---------------------------------------------------------------------------

    def _declare(self, block: Block, context: Context) -> dict[int, Block]:
        """Declare all names of a body; returns the branch that each of its conditionals takes, by its id."""
        chosen: dict[int, Block] = {}
        for definition in block.definitions:
            try:
                definition.declare(context.scope, self.found)
            except Problem as problem:
                report(problem, self.found, context.expansion)
        for conditional in block.conditionals:
            try:
                branch = self._choose(conditional, context)
            except Problem as problem:
                report(problem, self.found, context.expansion)
                doubt(conditional, self.found)
                continue
            if branch is not None:
                chosen[id(conditional)] = branch
                chosen.update(self._declare(branch, context))
        return chosen

    def _choose(self, conditional: Conditional, context: Context) -> Block | None:
        """The branch whose condition is the first true one; None when there is none. Raises Problem."""
        for branch in conditional.branches:
            if branch.condition is None:
                return branch.body
            try:
                if number(branch.condition.resolve(context.scope), 0):
                    return branch.body
            except ExpressionError as error:
                raise Problem(error.message, branch.place) from None
        return None

    def evaluate_all(self, context: Context) -> None:
        """Evaluate every parameter of the scope, so that errors in unused ones are found too."""
        for name in context.scope.given:
            try:
                context.scope.value(name)
            except Problem as problem:
                report(problem, self.found, context.expansion)
            except ExpressionError:
                continue  # a cycle, which is reported where it was met first

    # -- actions ------------------------------------------------------------------------------------------------

    def _spend(self, card: Card, count: int = 1) -> None:
        self.left -= count
        if self.left < 0:
            raise TooLarge(card)
        if self.found.full:
            raise Enough

    def _loop(self, loop: Loop, context: Context) -> None:
        first = integer(loop.first.resolve(context.scope), Place(loop.card, 2))
        last = integer(loop.last.resolve(context.scope), Place(loop.card, 3))
        self._spend(loop.card, max(last - first + 1, 0))
        where = loop.card.position
        for value in range(first, last + 1):
            step = f"iteration {loop.variable}={value} of .for at {where.file}:{where.line}"
            path = f"{context.scope.path}{loop.variable}={value}."
            scope = Scope(context.scope, {loop.variable: float(value)}, path=path)
            self.run(loop.body, context.inside(scope, step))

    def _line(self, line: Line, context: Context) -> None:
        self._spend(line.card)
        name = context.name(line.name)
        with context.scope.work.drawing(name):
            line.kind.place(Site(line, name, context, self.circuit, self.found, self.links, context.multiplier))

    def _element(self, element: Element, context: Context) -> None:
        self._spend(element.card)
        target = target_of(element, context.scope)
        name = context.name(element.name)
        if name in self.calls:
            refuse_taken(name, element, self.calls[name].position)
        if isinstance(target.kind, Subcircuit):
            if name in self.circuit.instances:
                refuse_taken(name, element, self.circuit.instances[name].position)
            inside = enter(name, element, target.kind, target.scope or context.scope, context)
            self.calls[name] = element
            self.run(target.kind.body, inside)
        else:
            place(name, element, target.kind, target.values, context, self.circuit, self.found)
