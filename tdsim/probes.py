"""Electrical signals that an analysis keeps: node voltages, currents, and parameters of devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .cards import Analysis, Request
from .circuit import GROUND, Circuit, Instance, is_shape
from .device import ELECTRICAL, Quantity
from .errors import UsageError, nearest
from .signals import ELECTRICAL_KINDS, Signal, parse_signal

CURRENT, VOLTAGE, POWER, FLUX = ("i", "current"), ("v", "volt"), "p", "flux"
"""What linear elements show of themselves; the second names are ngspice's too."""

HIDDEN = "#"
"""In the names of what the netlist reader adds to a circuit itself; kept only when it is asked for by name."""


@dataclass(frozen=True)
class Probe:
    """One electrical signal.

    name    as it was asked for: v(a,b), i(v.x1.v1), vdb(out), @r1[r]
    kind    v, i or @
    target  the nodes of v (one or two, "0" is ground), the instance of i, the instance and the name after @
    part    of a small signal: m (magnitude), p (phase, radians), db, r (real), i (imaginary); "" for all of it
    """

    name: str
    kind: str
    target: tuple[str, ...]
    part: str = ""

    @property
    def unit(self) -> str:
        """SI unit of a voltage or current, of its part."""
        if self.part in ("p", "db"):
            return {"p": "rad", "db": "dB"}[self.part]
        return {"v": "V", "i": "A"}.get(self.kind, "")


def probes(circuit: Circuit, analysis: Analysis, requests: Sequence[Request] | None = None) -> list[Probe]:
    """The electrical signals to keep: those of the requests (the circuit's own when None), or the default ones.

    Parts of small signals are kept in `.ac` only. Raises UsageError for unknown signals.
    """
    found: dict[str, Probe] = {}
    for request in circuit.requests if requests is None else requests:
        for probe in expand(circuit, request.signal):
            if analysis.kind == "ac" and probe.kind == "@" and is_quantity(circuit, probe):
                continue  # small signals of it are not what its name says
            if analysis.kind == "ac" or not probe.part:
                found.setdefault(probe.name, probe)
    return list(found.values()) or default_probes(circuit)


def default_probes(circuit: Circuit) -> list[Probe]:
    """All node voltages, and the currents that are unknowns of the circuit (of sources, inductors, ...)."""
    nodes = [Probe(f"v({n})", "v", (n,)) for n in electrical_nets(circuit)]
    return nodes + [Probe(f"i({n})", "i", (n,)) for n in branches(circuit)]


def expand(circuit: Circuit, text: str) -> list[Probe]:
    """The electrical signals of one request; none for a request of another kind. Raises UsageError for unknown ones."""
    if text.strip().lower() == "all":
        return default_probes(circuit)
    signal = parse_signal(text)
    if signal.kind not in ELECTRICAL_KINDS and not (signal.kind == "@" and is_electrical(circuit, signal.target)):
        return []
    if "*" not in signal.target:
        return [probe(circuit, signal)]
    names = electrical_nets(circuit) if signal.kind[0] == "v" else branches(circuit)
    chosen = [n for n in names if fnmatchcase(n, signal.target)]
    if not chosen or signal.kind == "@":
        raise UsageError(f"no signal matches {text.strip()}{nearest(signal.target, names)}")
    return [probe(circuit, Signal(signal.kind, name)) for name in chosen]


def probe(circuit: Circuit, signal: Signal) -> Probe:
    """The signal behind one name. Raises UsageError, naming the nearest ones, when there is none."""
    kind, part = signal.kind[0], signal.kind[1:]
    if kind == "v":
        nodes = tuple([_node(circuit, signal, n) for n in (signal.target, signal.second) if n])
        return Probe(str(signal), kind, nodes, part)
    instance = circuit.find_instance(signal.target)
    if instance is None:
        raise UsageError(f"unknown signal {signal}{nearest(signal.target, branches(circuit))}")
    if kind == "@":
        known_names = [*quantities(instance), *instance.device.shows, *instance.device.params]
        if signal.second not in known_names:
            known = nearest(signal.second, known_names)
            raise UsageError(f"{signal}: {instance.device.name} has no parameter {signal.second!r}{known}")
        if not _is_number(instance, signal.second):
            raise UsageError(
                f"{signal}: {signal.second} of {instance.name} is no number: save what it makes, v() or i()"
            )
        return Probe(str(signal), kind, (instance.name, signal.second), part)
    if not has_current(instance):
        raise UsageError(f"{signal}: {signal.target} is a {instance.device.name}, which has no electrical current")
    return Probe(str(signal), kind, (instance.name,), part)


def _node(circuit: Circuit, signal: Signal, name: str) -> str:
    problem = node_problem(circuit, name)
    if problem:
        raise UsageError(f"{signal}: {problem}")
    return "0" if name in GROUND else name


def node_problem(circuit: Circuit, node: str) -> str | None:
    """What is wrong with the name of a node; None when it is an electrical net or ground."""
    net = circuit.nets.get(node)
    if node in GROUND or (net is not None and net.domain == ELECTRICAL):
        return None
    if net is not None:
        return f"net {node!r} is {net.domain}: it has no voltage"
    return f"unknown node {node!r}{nearest(node, electrical_nets(circuit))}"


def electrical_nets(circuit: Circuit) -> list[str]:
    """The names of all nodes but ground."""
    return [n.name for n in circuit.nets.values() if n.domain == ELECTRICAL and n.name != "0" and HIDDEN not in n.name]


def branches(circuit: Circuit) -> list[str]:
    """The instances whose currents are unknowns of the circuit."""
    return [n for n, i in circuit.instances.items() if HIDDEN not in n and has_branch(i)]


def has_branch(instance: Instance) -> bool:
    """Whether the current of an instance is one of the unknowns of the circuit."""
    found = list(instance.device.variant(instance.settings).branches.values())
    return len(found) == 1 and found[0].unit == "A"


def has_current(instance: Instance) -> bool:
    """Whether i(..) of an instance means something: the current into the first of its electrical ports."""
    return has_branch(instance) or sum(p.domain == ELECTRICAL for p in instance.ports.values()) >= 2


def quantities(instance: Instance) -> dict[str, Quantity]:
    """What an electrical instance shows of itself while it runs: `@r1[p]`, `@m1[gm]`.

    The power of an element without quantities of its own is that of its first two ports.
    """
    own = instance.device.quantities
    if own:
        return own | {POWER: _read("W", "power that it turns into heat")}
    if not has_current(instance):
        return {}
    found = dict.fromkeys(CURRENT, _read("A", "current from the first port through it"))
    found |= dict.fromkeys(VOLTAGE, _read("V", "voltage from its first port to its second"))
    if has_branch(instance) and instance.device.letter == "l":
        found[FLUX] = _read("Wb", "flux through it")
    return found | {POWER: _read("W", "power that goes into it")}


def _is_number(instance: Instance, name: str) -> bool:
    """Whether what is shown under a name is a number, not a word, a list or a waveform."""
    param = instance.device.params.get(name)
    if name in quantities(instance) or param is None:
        return True
    return param.kind == "number" and not param.choices and not is_shape(instance.settings[name])


def _read(unit: str, doc: str) -> Quantity:
    """A quantity that is read from the unknowns alone."""
    return Quantity(unit, doc, lambda p, u, i, g, q, c: 0.0)


def is_quantity(circuit: Circuit, probe: Probe) -> bool:
    """Whether a signal @device[name] changes while the circuit runs; else it is a parameter."""
    instance, name = circuit.instances[probe.target[0]], probe.target[1]
    param = instance.device.params.get(name)
    hides = name in instance.device.quantities or param is None or param.kind == "expression"
    return name in quantities(instance) and hides


def measured_currents(circuit: Circuit, probes: Sequence[Probe]) -> list[str]:
    """The instances whose currents these signals are made of."""
    found = [p.target[0] for p in probes if p.kind == "i"]
    made = [p for p in probes if p.kind == "@" and p.target[1] in (*CURRENT, POWER) and is_quantity(circuit, p)]
    return found + [p.target[0] for p in made if not circuit.instances[p.target[0]].device.quantities]


def is_electrical(circuit: Circuit, name: str) -> bool:
    """Whether an instance is an electrical one; True for unknown names."""
    instance = circuit.find_instance(name)
    return instance is None or has_current(instance) or instance.device.couples
