"""How an element line fits a device: which keyword is a parameter and which a port, and what is wired where."""

from __future__ import annotations

from dataclasses import dataclass

from ..circuit import value_problem
from ..device import Device, Port
from ..errors import Position, nearest
from .elements import Element
from .keywords import Keyword
from .nodes import Value
from .problems import Problem, Together
from .scan import Place
from .scope import Scope
from .values import Given, Literal, Shaped, Text, Word

Wires = tuple[tuple[str, str | Text], ...]


@dataclass
class Binding:
    """An element line bound to a device, and what is wrong with that.

    `wires` is None when the ports depend on the values, or are in error.
    """

    element: Element
    device: type[Device]
    given: tuple[tuple[str, Given], ...]
    named: tuple[Keyword, ...]
    wires: Wires | None = None
    problems: tuple[Problem, ...] = ()

    def values(self, instance: str, scope: Scope, base: dict[str, Value]) -> dict[str, Value]:
        """The parameters that were given: those of the model, then those of the line. Raises Problem."""
        own: dict[str, Value] = {}
        problems = [*self.problems]
        for name, given in self.given:
            try:
                if isinstance(given, Literal):
                    own[name] = given.value
                    continue
                with scope.work.drawing(f"{instance}.{name}"):
                    own[name] = given.resolve(scope)
            except Problem as problem:
                problems.append(problem)
        if problems:
            together = Together(problems)
            self._check(own, together)
            together.check()
        return {**base, **own} if base else own

    def wiring(self, values: dict[str, Value]) -> Wires:
        """The node at each wired port. Raises Problem."""
        if self.wires is not None:
            return self.wires
        together = Together()
        self._check(values, together)
        together.check()
        defaults = {name: param.default for name, param in self.device.params.items()}
        wires = self._wire(self.device.ports_of({**defaults, **values}), together)
        together.check()
        return wires

    def _check(self, values: dict[str, Value], together: Together) -> None:
        """Gather what is wrong with values, before the device is asked which ports such an instance has."""
        for name, value in values.items():
            problem = value_problem(self.device.params[name], value)
            if problem:
                word = next((k.first for k in self.element.keywords if k.key == name), 0)
                with together:
                    raise Problem(f"{self.element.card.words[0]}: {name} {problem}", Place(self.element.card, word))

    def _wire(self, ports: dict[str, Port], together: Together) -> Wires:
        """Join nodes and ports; `together` gathers wrong counts and unknown ports."""
        element, names = self.element, list(ports)
        with together:
            if len(element.nodes) > len(names) or (not self.named and self._missing(ports)):
                extra = element.node_words[len(names) :]
                place = Place(element.card, extra[0] if extra else element.target_word)
                raise Problem(_wrong_count(element, self.device.name, ports), place)
        wires = dict(zip(names, element.nodes, strict=False))
        for keyword in self.named:
            place = Place(element.card, keyword.word)
            with together:
                if keyword.key not in ports:
                    raise Problem(self._unknown(keyword.key, ports), place)
                if keyword.key in wires:
                    raise Problem(f"{element.card.words[0]}: port {keyword.key} is wired twice", place)
                wires[keyword.key] = element.node_of(keyword)
        return tuple(wires.items())

    def _missing(self, ports: dict[str, Port]) -> bool:
        return any(not p.optional for p in list(ports.values())[len(self.element.nodes) :])

    def _unknown(self, key: str, ports: dict[str, Port]) -> str:
        known = [*self.device.params, *ports]
        return f"{self.element.card.words[0]}: {self.device.name} has no parameter or port {key!r}{nearest(key, known)}"

    def locate(self, key: str) -> Position | None:
        """The place of a parameter or of a port's node on the line; None when it is not there.

        The instances that stand in the place of nodes go by "1", "2" and so on.
        """
        element = self.element
        for keyword in element.keywords:
            if keyword.key == key:
                return Place(element.card, keyword.first).position
        names = list(self.device.ports) or [str(k + 1) for k in range(self.device.references)]
        if key in names and names.index(key) < len(element.node_words):
            return Place(element.card, element.node_words[names.index(key)]).position
        return None


def bind(element: Element, device: type[Device]) -> Binding:
    """Fit the line to the device; remembered by the element."""
    bound = element.bindings.get(device)
    if isinstance(bound, Binding):
        return bound
    given: list[tuple[str, Given]] = []
    named: list[Keyword] = []
    together = Together()
    for keyword in element.keywords:
        shape = given[-1][1] if given else None
        with together:
            if keyword.key in device.params:
                given.append((keyword.key, fitted(element.given(keyword), device, keyword.key)))
            elif keyword.key in ("r", "td") and isinstance(shape, Shaped) and shape.name == "pwl":
                given[-1] = (given[-1][0], shape.extended(keyword.key, element.given(keyword)))
            else:
                named.append(keyword)
    binding = Binding(element, device, tuple(given), tuple(named))
    if device.references:
        binding.wires = ()
        _check_references(binding, together)
    elif device.has_fixed_ports():
        binding.wires = binding._wire(device.ports, together)
    binding.problems = tuple(together.problems)
    element.bindings[device] = binding
    return binding


def _check_references(binding: Binding, together: Together) -> None:
    """The line must name as many instances as the device needs in the place of nodes, and nothing unknown."""
    element, device = binding.element, binding.device
    for keyword in binding.named:
        with together:
            raise Problem(binding._unknown(keyword.key, {}), Place(element.card, keyword.word))
    with together:
        if len(element.nodes) != device.references:
            message = f"{element.card.words[0]}: {device.name} names {device.references} other instance"
            message += f"{'s' * (device.references > 1)}, not {len(element.nodes)}"
            raise Problem(message, Place(element.card, element.node_words[-1] if element.nodes else 0))


@dataclass(frozen=True, slots=True)
class _Number:
    """A bare word where a number belongs: it can only be a parameter."""

    word: Word

    def resolve(self, scope: Scope) -> Value:
        return self.word.number(scope)


def fitted(given: Given, device: type[Device], name: str) -> Given:
    """A bare word as the parameter's declaration wants it: a choice or the name of a parameter."""
    if not isinstance(given, Word):
        return given
    return Literal(given.text) if device.params[name].kind == "text" else _Number(given)


def _wrong_count(element: Element, kind: str, ports: dict[str, Port]) -> str:
    required = sum(not p.optional for p in ports.values())
    count = str(required) if required == len(ports) else f"{required} to {len(ports)}"
    listed = " ".join(f"[{n}]" if p.optional else n for n, p in ports.items())
    return f"{element.card.words[0]}: {kind} has {count} ports ({listed}), not {len(element.nodes)}"
