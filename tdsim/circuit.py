"""The flat circuit: instances, nets, external ports, carriers and analyses.

The netlist reader builds one; so does a script, with `Circuit().add(...)`. All checks of names, values and wiring
are here, so that both ways give the same sentences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from . import device as _device
from .cards import Analysis, Request, Set, Settle, Train, Transient
from .checks import check_values as check_values
from .checks import is_shape as is_shape
from .checks import value_problem as value_problem
from .completeness import check_complete
from .device import OPTICAL, Device, Port
from .errors import Diagnostics, Position, UsageError, nearest
from .sweeps import Plan, SideBySide

DEFAULT_CARRIER = 1550e-9
GROUND = ("0", "gnd")


class Recipe(Protocol):
    """A netlist that has been read."""

    @property
    def parameters(self) -> set[str]:
        """The names of its own parameters."""
        ...

    @property
    def overrides(self) -> Mapping[str, str]:
        """The texts that took the place of parameters' values, by name."""
        ...

    def variant(
        self, values: Mapping[str, float], seed: int = 0, draw: int | None = None
    ) -> tuple[Circuit, dict[str, float]]:
        """The circuit with other values of parameters, and what was drawn for the paths of random ones."""
        ...


@dataclass
class Instance:
    """One component: its device, the net at each wired port, and the parameters that were given.

    Values are numbers, arrays over runs, tuples (lists), words, or source shapes (see shapes.py).
    """

    name: str
    device: type[Device]
    nets: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    position: Position | None = None
    expansion: tuple[str, ...] = ()
    locate: Callable[[str], Position | None] | None = field(default=None, repr=False, compare=False)
    """Where in the netlist a parameter or the node of a port stands; None when that is not known."""

    @property
    def ports(self) -> dict[str, Port]:
        return self.device.ports if self.device.has_fixed_ports() else self.device.ports_of(self.settings)

    def is_wired(self, domain: str) -> bool:
        """Whether one of its ports of that domain is on a net."""
        ports = self.ports
        return any(ports[port].domain == domain for port in self.nets)

    def place_of(self, key: str) -> Position | None:
        """The place of a parameter or port for an error about it; that of the instance when it has none."""
        return (self.locate(key) if self.locate is not None else None) or self.position

    @property
    def settings(self) -> dict[str, Any]:
        """All parameters with defaults filled in."""
        return {name: self.values.get(name, param.default) for name, param in self.device.params.items()}


@dataclass(frozen=True)
class Terminal:
    """One port of one instance."""

    instance: str
    port: str

    def __str__(self) -> str:
        return f"{self.instance}.{self.port}"


@dataclass
class Net:
    """What is joined under one name: up to two optical terminals, or any number of electrical ones."""

    name: str
    domain: str
    terminals: list[Terminal] = field(default_factory=list)


class Circuit:
    """A flat circuit with its analyses. Build one with `tdsim.load(...)` or `Circuit().add(...)`.

    Attributes that other layers read: title, text (the netlist), instances, external (port name to net), carriers
    (wavelengths, m), analyses, requests, measures, options, parameters (resolved top-level ones), warnings.
    """

    def __init__(self, title: str = ""):
        self.title = title
        self.text = ""
        self.source = ""
        self.included: list[str] = []
        """Files that the netlist includes."""
        self.instances: dict[str, Instance] = {}
        self.nets: dict[str, Net] = {}
        self.external: dict[str, str] = {}
        self.external_positions: dict[str, Position | None] = {}
        self.carriers: tuple[float, ...] = (DEFAULT_CARRIER,)
        self.analyses: list[Analysis] = []
        self.requests: list[Request] = []
        self.measures: list[Any] = []
        self.options: dict[str, Any] = {}
        self.parameters: dict[str, float] = {}
        self.initial: dict[str, complex] = {}
        """`.ic`: signal name (x(inst.state), v(node)) to value."""
        self.initial_positions: dict[str, Position | None] = {}
        self.nodesets: dict[str, float] = {}
        """`.nodeset`: signal name (v(node)) to the voltage from which the search for the operating point starts."""
        self.nodeset_positions: dict[str, Position | None] = {}
        self.processes: list[tuple[Callable[..., Any], dict[str, Any]]] = []
        self.training: list[Train] = []
        """`.train`: what may be trained, see `tdsim.trainable`."""
        self.sets: list[Set] = []
        """`.set`: numbers that replaced those of instances."""
        self.sweep: Plan | None = None
        """`.step` and `.mc`: the runs that are asked for."""
        self.runs: SideBySide | None = None
        """The runs that the circuit holds side by side, where it is part of a sweep: values are (runs,) arrays then."""
        self.recipe: Recipe | None = None
        self.chosen: dict[str, Any] = {}
        """Values, numbers or arrays (runs,), that parameters of the netlist have been given since it was read."""
        """What makes the circuit of a netlist with other values of its parameters."""
        self.diagnostics = Diagnostics()
        self.advised: set[float] = set()
        """Steps (s) about which the user has been told what there is to tell."""

    # -- building ---------------------------------------------------------------------------------------------

    def add(self, name: str, device: str | type[Device], *nets: str, **settings: Any) -> Circuit:
        """Add an instance: nets in port order, or by port name (`o1="in"`); the other keywords are parameters.

        Returns the circuit, so that calls can be chained. Raises UsageError with the sentence a netlist would give.
        """
        kind = _device.find(device) if isinstance(device, str) else device
        found = Diagnostics()
        settings = {_device.plain_name(k): v for k, v in settings.items()}
        values = {k: v for k, v in settings.items() if k in kind.params}
        ports = kind.ports_of({**{n: p.default for n, p in kind.params.items()}, **values})
        named = {k: str(v) for k, v in settings.items() if k in ports}
        unknown = [k for k in settings if k not in values and k not in named]
        references: tuple[str, ...] = ()
        for key in unknown:
            found.error(f"{name}: {kind.name} has no parameter or port {key!r}{nearest(key, [*kind.params, *ports])}")
        if kind.references:
            nets, references = nets[: len(ports)], nets[len(ports) :]
            if len(references) != kind.references:
                found.error(f"{name}: {kind.name} names {kind.references} instances, not {len(references)}")
        elif len(nets) > len(ports):
            found.error(f"{name}: {kind.name} has {len(ports)} ports ({' '.join(ports)}), not {len(nets)}")
        wired = dict(zip(ports, nets, strict=False))
        for port in named:
            if port in wired:
                found.error(f"{name}: port {port} is wired twice")
        instance = Instance(name, kind, {**wired, **named}, values, references)
        self._raise_usage(found)
        self.add_instance(instance, found)
        self._raise_usage(found)
        return self

    def add_instance(self, instance: Instance, found: Diagnostics) -> bool:
        """Check one instance and wire it; what is wrong goes to `found`. Returns whether all is well."""
        if instance.name in self.instances:
            where = self.instances[instance.name].position
            found.error(
                f"duplicate name {instance.name!r}" + (f" (first at {where})" if where else ""),
                instance.position,
                instance.expansion,
            )
            return False
        sound = check_values(instance, found)
        self.instances[instance.name] = instance
        if not sound and not instance.device.has_fixed_ports():
            return False
        ports = instance.ports
        for port, net in instance.nets.items():
            sound &= self._join(instance, port, ports[port], net, found)
        return sound

    def _join(self, instance: Instance, port: str, declared: Port, name: str, found: Diagnostics) -> bool:
        net = self.nets.get(name)
        if net is None:
            net = self.nets[name] = Net(name, declared.domain)
        here = Terminal(instance.name, port)
        problem = _joint_problem(net, declared.domain, here)
        if problem:
            found.error(problem, instance.place_of(port), instance.expansion)
            return False
        net.terminals.append(here)
        return True

    def port(self, name: str, net: str, position: Position | None = None) -> Circuit:
        """Declare an external port on an open optical net: an input, an output, a port of `.sparam`."""
        if name in self.external:
            raise UsageError(f"port {name!r} is declared twice")
        other = next((p for p, n in self.external.items() if n == net), None)
        if other is not None:
            raise UsageError(f"net {net!r} is port {other!r} already")
        self.external[name] = net
        self.external_positions[name] = position
        return self

    def carrier(self, *wavelengths: float) -> Circuit:
        """Set the optical carriers (m)."""
        if not wavelengths or not all(math.isfinite(w) and w > 0 for w in wavelengths):
            raise UsageError("carriers are wavelengths in m, each above zero: .carrier 1550n")
        self.carriers = tuple(float(w) for w in wavelengths)
        return self

    def save(self, *signals: str) -> Circuit:
        """Keep these signals."""
        self.requests += [Request(s) for s in signals]
        return self

    def process(self, function: Callable[..., Any], memory: dict[str, Any] | None = None) -> Circuit:
        """Let `function(sim, memory)`, a generator (a SimPy process), run along with every transient of the circuit."""
        self.processes.append((function, {} if memory is None else memory))
        return self

    # -- checking ---------------------------------------------------------------------------------------------

    def finish(self, found: Diagnostics) -> None:
        """Check what can be seen only when all of the circuit is there; what is wrong goes to `found`."""
        check_complete(self, found)

    def check(self) -> Circuit:
        """Raise UsageError when the circuit is not complete; collect warnings in `diagnostics`."""
        found = Diagnostics()
        self.finish(found)
        self.diagnostics.warnings += [w for w in found.warnings if w not in self.diagnostics.warnings]
        self._raise_usage(found)
        return self

    @staticmethod
    def _raise_usage(found: Diagnostics) -> None:
        if found.errors:
            raise UsageError("\n".join(e.message for e in found.errors))

    # -- reading ----------------------------------------------------------------------------------------------

    @property
    def warnings(self) -> list[str]:
        return [str(w) for w in self.diagnostics.warnings]

    def find_instance(self, name: str) -> Instance | None:
        """The instance of that name, or of ngspice's name for it: `v.x1.v1` is the element v1 in x1, here `x1.v1`."""
        found = self.instances.get(name)
        letter, _, rest = name.partition(".")
        if found is None and len(letter) == 1 and rest.rpartition(".")[2].startswith(letter):
            return self.instances.get(rest)
        return found

    def open_nets(self) -> list[Net]:
        """Optical nets with one end, in the order in which they were made."""
        return [n for n in self.nets.values() if n.domain == OPTICAL and len(n.terminals) == 1]

    def partner(self, terminal: Terminal) -> Terminal | None:
        """The other end of the optical link at this terminal; None when it is open."""
        net = self.instances[terminal.instance].nets.get(terminal.port)
        if net is None:
            return None
        return next((t for t in self.nets[net].terminals if t != terminal), None)

    def settle_step(self, card: Settle) -> float | None:
        """The step of a search for an equilibrium: its own, that of the first transient, or option dt (s)."""
        steps = [a.step for a in self.analyses if isinstance(a, Transient)]
        return card.step or (steps[0] if steps else self.options.get("dt"))

    def analysis_names(self) -> list[tuple[str, Analysis]]:
        """The analyses in the order in which they run, with the names of their results (tran, tran2, ...)."""
        order = {"ac": 0, "dc": 1, "op": 2, "sparam": 3, "settle": 4, "tran": 5}
        named: list[tuple[str, Analysis]] = []
        count: dict[str, int] = {}
        for analysis in sorted(self.analyses, key=lambda a: order[a.kind]):
            count[analysis.kind] = count.get(analysis.kind, 0) + 1
            suffix = "" if count[analysis.kind] == 1 else str(count[analysis.kind])
            named.append((analysis.kind + suffix, analysis))
        return named


def _joint_problem(net: Net, domain: str, here: Terminal) -> str | None:
    """Why a port of this domain cannot be joined to the net; None when it can."""
    if domain == OPTICAL and net.name in GROUND:
        return f"optical port {here} cannot be joined to ground ({net.name!r})"
    if net.domain != domain:
        return f"net {net.name!r} joins {net.domain} port {net.terminals[0]} and {domain} port {here}"
    if domain == OPTICAL and len(net.terminals) == 2:
        first, second = net.terminals
        return (
            f"optical net {net.name!r} already joins {first} and {second}; {here} is a third port: "
            "an optical net joins two (put a splitter or coupler between them)"
        )
    return None
