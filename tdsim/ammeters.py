"""Sources of 0 V in series with elements whose current is no unknown of the circuit, so that it becomes one."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace

from .circuit import Circuit, Instance, Net, Terminal
from .device import ELECTRICAL, find
from .probes import HIDDEN, has_branch


def ammeter(instance: str) -> str:
    """The name of the source that measures the current into the first port of an instance."""
    return f"{instance}{HIDDEN}current"


def put_ammeter(circuit: Circuit, name: str) -> Instance:
    """The ammeter of an instance of the circuit; put in when it is not there yet."""
    meter = ammeter(name)
    if meter not in circuit.instances:
        instance = circuit.instances[name]
        port = next(n for n, p in instance.ports.items() if p.domain == ELECTRICAL)
        outer, here = instance.nets[port], Terminal(name, port)
        instance.nets[port] = meter
        circuit.nets[meter] = Net(meter, ELECTRICAL, [here, Terminal(meter, "n")])
        circuit.nets[outer].terminals[circuit.nets[outer].terminals.index(here)] = Terminal(meter, "p")
        circuit.instances[meter] = replace(
            instance, name=meter, device=find("v"), nets={"p": outer, "n": meter}, values={"dc": 0.0}, references=()
        )
    return circuit.instances[meter]


def with_ammeters(circuit: Circuit, names: Iterable[str]) -> Circuit:
    """The circuit with an ammeter for each of the instances whose current is no unknown; a copy where one is put in."""
    missing = [n for n in sorted(set(names)) if not has_branch(circuit.instances[n])]
    missing = [n for n in missing if ammeter(n) not in circuit.instances]
    if not missing:
        return circuit
    found = copy.copy(circuit)
    found.instances = dict(circuit.instances)
    found.nets = {name: Net(net.name, net.domain, list(net.terminals)) for name, net in circuit.nets.items()}
    for name in missing:
        instance = circuit.instances[name]
        found.instances[name] = replace(instance, nets=dict(instance.nets))
        put_ammeter(found, name)
    return found
