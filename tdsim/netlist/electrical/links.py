"""What can be settled only when all elements are known: whom F, H, W, K and i(..) name, and whether nodes exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...ammeters import put_ammeter
from ...behaviour import Behaviour, Constant, Operation, Signal, Term
from ...circuit import Circuit, Instance
from ...errors import PLACED, Diagnostics, nearest
from ...probes import has_branch, has_current, node_problem
from ..context import Context
from ..definitions import Model
from ..problems import Problem, Reported, report
from .terms import signals_of, substituted


@dataclass(frozen=True)
class _Later:
    """An action that waits for all elements."""

    action: Callable[[], None]
    context: Context


class Links:
    """Collects what waits for all elements of a circuit, and settles it.

    `multipliers` holds, for instances in subcircuits with m=, the number of copies that each stands for.
    """

    def __init__(self, circuit: Circuit, found: Diagnostics):
        self.circuit, self.found = circuit, found
        self.multipliers: dict[str, float] = {}
        self.models: dict[int, tuple[Model, dict[str, float]]] = {}
        """By the identity of a model: the model, and its numbers."""
        self._waiting: list[_Later] = []

    def later(self, action: Callable[[], None], context: Context) -> None:
        """Let an action wait; Problems that it raises are reported in its context."""
        self._waiting.append(_Later(action, context))

    def settle(self) -> None:
        """Carry out what waits."""
        for waiting in self._waiting:
            if self.found.full:
                return
            try:
                waiting.action()
            except Problem as problem:
                report(problem, self.found, waiting.context.expansion)

    # -- instances by name ----------------------------------------------------------------------------------------

    def find(self, name: str, context: Context) -> Instance:
        """The instance that a name means: in the same subcircuit first, then by its full name.

        Raises Problem, without a place, when there is none.
        """
        for full in (context.prefix + name, name):
            instance = self.circuit.find_instance(full)
            if instance is not None:
                return instance
        if self.found.doubtful(PLACED, name):
            raise Reported(f"{name} may be on a card in error")
        prefix = context.prefix
        known = {n.removeprefix(prefix) for n in self.circuit.instances if n.startswith(prefix)}
        raise Problem(f"unknown instance {name!r}{nearest(name, known)}")

    # -- currents -------------------------------------------------------------------------------------------------

    def source_of_current(self, instance: Instance) -> Instance | None:
        """The instance whose branch carries the current of an element; None for what is not electrical."""
        if has_branch(instance):
            return instance
        return self._meter(instance) if has_current(instance) else None

    def _meter(self, instance: Instance) -> Instance:
        meter = put_ammeter(self.circuit, instance.name)
        if instance.name in self.multipliers:
            self.multipliers[meter.name] = self.multipliers[instance.name]
        return meter

    def copies(self, instance: Instance) -> float:
        """The number of parallel copies that an instance stands for: the m= of the subcircuits around it."""
        return self.multipliers.get(instance.name, 1.0)

    # -- behaviours -----------------------------------------------------------------------------------------------

    def behave(self, instance: Instance, key: str, context: Context) -> None:
        """Settle the signals of an expression that an instance holds as a parameter."""
        behaviour: Behaviour = instance.values[key]
        signals = signals_of(behaviour.root)
        if not signals:
            return
        found: dict[Term, Term] = {}
        for signal in sorted(signals, key=str):
            if signal.kind == "v":
                self._check_nodes(signal, instance, key)
            else:
                found[signal] = self._current(signal, instance, key, context)
        if found:
            instance.values[key] = replace(behaviour, root=substituted(behaviour.root, found))

    def _check_nodes(self, signal: Signal, instance: Instance, key: str) -> None:
        for node in signal.names:
            problem = node_problem(self.circuit, node)
            if problem and not self.found.doubtful(PLACED, node):
                self.found.error(f"{instance.name}: {problem}", instance.place_of(key), instance.expansion)

    def _current(self, signal: Signal, instance: Instance, key: str, context: Context) -> Term:
        name = signal.names[0]
        try:
            other = self.find(name, context)
            source = self.source_of_current(other)
            if source is None:
                raise Problem(f"{name} is a {other.device.name}, which has no electrical current")
        except Reported:
            return signal
        except Problem as problem:
            self.found.error(f"{instance.name}: {problem.message}", instance.place_of(key), instance.expansion)
            return signal
        current, copies = Signal("i", (source.name,)), self.copies(other)
        return current if copies == 1.0 else Operation("div", (current, Constant(copies)))
