"""Which signals an analysis keeps, and how they are read off the waves."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from .cards import Request
from .circuit import Circuit, Terminal
from .device import OPTICAL, State
from .errors import PLACED, Diagnostics, NetlistError, UsageError, about_file, nearest
from .probes import electrical_nets, expand
from .results.schema import Variable
from .signals import ELECTRICAL_KINDS, OPTICAL_KINDS, Signal, parse_signal


@dataclass(frozen=True)
class Output:
    """One signal to keep: the wave it is read from ("" where nothing can ever arrive), and how."""

    name: str
    kind: str
    wave: str
    state: State | None = None

    @property
    def is_power(self) -> bool:
        return self.kind in ("p", "pin")

    def values(self, samples: np.ndarray) -> np.ndarray:
        """The signal from the samples of its wave."""
        if self.state is not None and self.state.real:
            return samples.real
        return samples.real**2 + samples.imag**2 if self.is_power else samples

    def variable(self, dimensions: tuple[str, ...]) -> Variable:
        """How the signal stands in the result."""
        if self.state is not None:
            return Variable(self.name, dimensions, self.state.unit, f"state {self.name[2:-1]}", not self.state.real)
        what = "power" if self.is_power else "envelope"
        way = "entering" if self.kind in ("ein", "pin") else "leaving"
        target = self.name[self.name.index("(") + 1 : -1]
        return Variable(
            self.name, dimensions, "W" if self.is_power else "sqrt(W)", f"{what} {way} {target}", not self.is_power
        )


def requested(circuit: Circuit, save: Sequence[str] | None = None) -> list[Output]:
    """The signals to keep: those named, or those of the netlist, or the default ones, in that order of precedence.

    Raises UsageError (NetlistError with places, when the netlist named them) for unknown signals.
    """
    if save is not None:
        return _resolve_all(circuit, [Request(s) for s in save])
    if circuit.requests:
        return _resolve_all(circuit, circuit.requests)
    return default_outputs(circuit)


def default_outputs(circuit: Circuit) -> list[Output]:
    """Field and power at every external port, and the power on every other open optical net."""
    found = []
    for port in circuit.external:
        found += [resolve(circuit, Signal("e", port)), resolve(circuit, Signal("p", port))]
    taken = set(circuit.external.values())
    for net in circuit.open_nets():
        if net.name not in taken:
            found.append(resolve(circuit, Signal("p", net.name)))
    if not found and not electrical_nets(circuit):
        raise about_file(circuit.source, "there is nothing to keep: no open optical net, no .port and no .save")
    return found


def _resolve_all(circuit: Circuit, requests: Sequence[Request]) -> list[Output]:
    found: dict[str, Output] = {}
    problems = Diagnostics()
    for request in requests:
        for output in _checked(circuit, request, problems):
            found.setdefault(output.name, output)
    if problems.errors:
        if any(e.position for e in problems.errors):
            raise NetlistError(problems.errors)
        raise UsageError("\n".join(e.message for e in problems.errors))
    return list(found.values())


def check_requests(circuit: Circuit, found: Diagnostics) -> None:
    """Look for every signal that the netlist keeps or measures; unknown ones go to `found`."""
    measured = (
        Request(signal, measure.places.get(signal, measure.position))
        for measure in circuit.measures
        for signal in measure.signals()
    )
    for request in itertools.chain(circuit.requests, measured):
        if found.full:
            return
        _checked(circuit, request, found)


def _checked(circuit: Circuit, request: Request, found: Diagnostics) -> list[Output]:
    """The outputs of a request; an unknown signal goes to `found`, unless it may come from a card in error."""
    try:
        return _expand(circuit, request.signal)
    except UsageError as problem:
        target = re.sub(r"^[^(]*\(|[)\]].*", "", request.signal)
        if not (found.doubtful(PLACED, target) or (found.errors and ("*" in target or target == "all"))):
            found.error(str(problem), request.position)
        return []


def _expand(circuit: Circuit, text: str) -> list[Output]:
    """One request as outputs: a `*` in it stands for any text."""
    if text.strip().lower() == "all":
        return default_outputs(circuit)
    signal = parse_signal(text)
    if signal.kind in ELECTRICAL_KINDS or (signal.kind == "@" and expand(circuit, text)):
        expand(circuit, text)
        return []
    if "*" not in signal.target:
        return [resolve(circuit, signal)]
    names = [n for n in _names(circuit, signal.kind) if fnmatchcase(n, signal.target)]
    if not names:
        raise UsageError(f"no signal matches {text.strip()}{nearest(signal.target, _names(circuit, signal.kind))}")
    return [resolve(circuit, Signal(signal.kind, name)) for name in names]


def _names(circuit: Circuit, kind: str) -> list[str]:
    """All targets that a signal of that kind may have."""
    if kind == "x":
        return [f"{i.name}.{s}" for i in circuit.instances.values() for s in i.device.variant(i.settings).states]
    terminals = [str(t) for n in circuit.nets.values() if n.domain == OPTICAL for t in n.terminals]
    return terminals + [n.name for n in circuit.nets.values() if n.domain == OPTICAL] + list(circuit.external)


def resolve(circuit: Circuit, signal: Signal) -> Output:
    """The output behind one signal name. Raises UsageError, naming the nearest ones, when there is none."""
    if signal.kind == "@":
        raise UsageError(f"{signal}: parameters of optical devices as signals are not available yet")
    if signal.kind == "x":
        return _state(circuit, signal)
    terminal = _terminal(circuit, signal)
    leaving = signal.kind in ("e", "p")
    return Output(str(signal), signal.kind, str(terminal) if leaving else entering(circuit, terminal))


def _state(circuit: Circuit, signal: Signal) -> Output:
    name, _, state = signal.target.rpartition(".")
    instance = circuit.instances.get(name)
    if instance is None or state not in instance.device.variant(instance.settings).states:
        raise UsageError(f"unknown state {signal}{nearest(signal.target, _names(circuit, 'x'))}")
    return Output(str(signal), "x", signal.target, instance.device.variant(instance.settings).states[state])


def _terminal(circuit: Circuit, signal: Signal) -> Terminal:
    """The port that a target means: inst.port, an external port, or a net (its first instance's side)."""
    assert signal.kind in OPTICAL_KINDS
    name, _, port = signal.target.rpartition(".")
    instance = circuit.instances.get(name)
    if instance is not None and port in instance.ports and instance.ports[port].domain == OPTICAL:
        return Terminal(name, port)
    net = circuit.nets.get(circuit.external.get(signal.target, signal.target))
    if net is not None and net.domain == OPTICAL:
        return net.terminals[0]
    if instance is not None:
        raise UsageError(f"{name} has no optical port {port!r}{nearest(port, instance.ports)}")
    raise UsageError(f"unknown signal {signal}{nearest(signal.target, _names(circuit, signal.kind))}")


def entering(circuit: Circuit, terminal: Terminal) -> str:
    """The name of the wave that enters a port; "" where nothing can arrive."""
    partner = circuit.partner(terminal)
    if partner is not None:
        return str(partner)
    net = circuit.instances[terminal.instance].nets.get(terminal.port)
    return next((f"in({port})" for port, name in circuit.external.items() if name == net), "")
