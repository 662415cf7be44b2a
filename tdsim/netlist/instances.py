"""What an element line instantiates, and the instance of a device that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import device as _device
from ..circuit import Circuit, Instance
from ..device import Device
from ..errors import Diagnostics, Position, nearest
from .binding import bind
from .blocks import Subcircuit
from .context import Context
from .elements import Element
from .nodes import Value
from .problems import Problem, Reported
from .refused import DEVICES
from .scan import Place
from .scope import Scope
from .values import render


@dataclass(frozen=True, slots=True)
class Target:
    """A device with the values of its model, or a subcircuit and the scope that defines it."""

    kind: type[Device] | Subcircuit
    values: dict[str, Value] = field(default_factory=dict)
    scope: Scope | None = None


def target_of(element: Element, scope: Scope) -> Target:
    """Look up what the element instantiates: a subcircuit, then a model, then a device of the library.

    Raises Problem, naming the nearest, for unknown ones.
    """
    name = render(element.target, scope)
    found = scope.find_subcircuit(name)
    if found is not None:
        return Target(found[0], scope=found[1])
    model = scope.find_model(name)
    if model is not None:
        return Target(_instantiable(element, model.device), model.values)
    device = _device.library().get(name)
    if device is None and scope.doubtful(name):
        raise Reported(f"what {name!r} stands for is in error")
    if device is None:
        raise Problem(_unknown(element, name, scope), Place(element.card, element.target_word))
    return Target(_instantiable(element, device))


def _instantiable(element: Element, device: type[Device]) -> type[Device]:
    if device.letter != "x":
        message = f"{device.name} is not instantiated with X: its line starts with {device.letter.upper()}"
        raise Problem(message, Place(element.card, element.target_word))
    return device


def _unknown(element: Element, name: str, scope: Scope) -> str:
    own = {n for s in scope.levels() for n in (*s.subcircuits, *s.models)}
    known = own | {n for n, d in _device.library().items() if d.letter == "x"}
    earlier = [n for n in element.nodes if isinstance(n, str) and n in known]
    if earlier:
        return f"{name!r} after {earlier[-1]!r} does not fit: nodes come before the device, parameters are name=value"
    if name in DEVICES:
        return f"device {name!r} is not available yet: {DEVICES[name]} will come with a later version"
    return f"unknown device {name!r}{nearest(name, known)}"


def refuse_taken(name: str, element: Element, first: Position | None) -> None:
    """Raise Problem: the name is taken."""
    raise Problem(f"duplicate name {name!r} (first at {first})", Place(element.card))


def place(
    name: str,
    element: Element,
    device: type[Device],
    base: dict[str, Value],
    context: Context,
    circuit: Circuit,
    found: Diagnostics,
) -> None:
    """Add one instance of a device; `base` are the values of its model. Raises Problem when it could not be added."""
    if context.multiplier != 1.0:
        message = f"m={context.multiplier:g} of the subcircuit around it multiplies electrical elements; {name} is none"
        raise Problem(message, Place(element.card))
    binding = bind(element, device)
    values = binding.values(name, context.scope, base)
    nets = {port: context.net(node) for port, node in binding.wiring(values)}
    references = tuple(context.name(node) for node in element.nodes) if device.references else ()
    instance = Instance(name, device, nets, values, references, element.position, context.expansion, binding.locate)
    if not circuit.add_instance(instance, found):
        raise Reported(f"{name} is in error")
