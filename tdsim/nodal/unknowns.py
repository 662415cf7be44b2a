"""The unknowns of an electrical circuit: node voltages, inner nodes of devices, currents of branches, in this order.

Last come hidden ones: what each ddt() and delay() in an expression stands for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..behaviour.code import Code, encode
from ..circuit import GROUND, Circuit, Instance
from ..device import ELECTRICAL, Device
from ..errors import UsageError


def electrodes(device: type[Device]) -> list[str]:
    """The names of a device's electrical ports."""
    return [name for name, port in device.ports.items() if port.domain == ELECTRICAL]


def is_electrical(instance: Instance) -> bool:
    """Whether an instance has a place in the electrical equations: electrodes may be left out."""
    return instance.device.couples or instance.is_wired(ELECTRICAL)


def electrical_instances(circuit: Circuit) -> list[Instance]:
    """The instances that have a place in the electrical equations, in the order of the netlist."""
    return [i for i in circuit.instances.values() if is_electrical(i)]


@dataclass
class Unknowns:
    """Numbers of the unknowns. `nodes` by net, the others by (instance, name); ground is `size`."""

    nodes: dict[str, int] = field(default_factory=dict)
    inner: dict[tuple[str, str], int] = field(default_factory=dict)
    branches: dict[tuple[str, str], int] = field(default_factory=dict)
    hidden: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.nodes) + len(self.inner) + len(self.branches) + len(self.hidden)

    @property
    def voltages(self) -> int:
        """How many of the unknowns, the first ones, are voltages."""
        return len(self.nodes) + len(self.inner)

    def node(self, net: str) -> int:
        """The number of a net; that of ground is `size`."""
        return self.size if net in GROUND else self.nodes[net]

    def names(self) -> list[str]:
        """What each unknown is, for messages: v(out), v(d1.anode), i(l1)."""
        found = [f"v({net})" for net in self.nodes]
        found += [f"v({instance}.{name})" for instance, name in self.inner]
        found += [f"i({instance})" for instance, _ in self.branches]
        return found + [f"{name.split('.')[0]} of {instance}" for instance, name in self.hidden]

    def terminal(self, instance: Instance, name: str) -> int:
        """The number of a port, inner node or branch of an instance; ground for "" and for ports that are not wired.

        An inner node that the instance does not have is the port that it stands behind.
        """
        if name in instance.nets:
            return self.node(instance.nets[name])
        if (instance.name, name) in self.inner:
            return self.inner[instance.name, name]
        if (instance.name, name) in self.branches:
            return self.branches[instance.name, name]
        if name in instance.device.inner:
            return self.terminal(instance, instance.device.inner[name].onto)
        return self.size

    def current(self, instance: str) -> int | None:
        """The number of the current through an instance; None when it is no unknown."""
        return next((k for (name, _), k in self.branches.items() if name == instance), None)


def number_unknowns(circuit: Circuit, instances: Iterable[Instance]) -> Unknowns:
    """Number everything that has to be solved for."""
    found = Unknowns()
    instances = list(instances)
    for name, net in circuit.nets.items():
        if net.domain == ELECTRICAL and name not in GROUND:
            found.nodes[name] = len(found.nodes)
    for instance in instances:
        for name in instance.device.inner_of(instance.settings) if instance.device.inner else ():
            found.inner[instance.name, name] = found.size
    for instance in instances:
        for name in instance.device.variant(instance.settings).branches:
            found.branches[instance.name, name] = found.size
    for instance in instances:
        for name in hidden_names(instance) if instance.device.laws else ():
            found.hidden[instance.name, name] = found.size
    return found


def hidden_names(instance: Instance) -> list[str]:
    """Names of the unknowns that the ddt() and delay() in the laws of an instance stand for."""
    assert instance.device.laws is not None
    codes = [encode(law.term) for law in instance.device.laws(settings_of(instance, 0), 27.0)]
    return [name for number, code in enumerate(codes) for name in hidden_of(code, number)]


def hidden_of(code: Code, number: int) -> list[str]:
    """Those of one law: its number comes last in their names."""
    kinds = [("ddt", code.rates), ("delay", len(code.delays))]
    return [f"{kind}{k}.{number}" for kind, count in kinds for k in range(count)]


def settings_of(instance: Instance, run: int) -> dict[str, Any]:
    """The parameters of an instance in one run."""
    return {n: float(v[run % v.size]) if is_varying(v) else v for n, v in instance.settings.items()}


def is_varying(value: Any) -> bool:
    """Whether a parameter differs from run to run."""
    return isinstance(value, np.ndarray) and value.ndim > 0


def referred_branches(circuit: Circuit, instance: Instance, unknowns: Unknowns) -> list[int]:
    """The currents of the instances that an instance names. Raises UsageError for one without a current of its own."""
    firsts = {}
    for name in instance.references:
        branch = unknowns.current(name)
        if branch is None:
            raise UsageError(
                f"{instance.name}: {name} has no current of its own to refer to: name a voltage source (one of 0 V in "
                "series will do), an inductor, or a controlled voltage source"
            )
        firsts[name] = branch
    return [firsts[name] for name in instance.references]
