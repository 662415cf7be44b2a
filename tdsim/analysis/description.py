"""What the result of a run depends on, so that a resumed run is known to be the same one."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..circuit import Circuit, Instance
from ..digest import digest
from ..results.identity import Description
from ..version import __version__


def describe(circuit: Circuit) -> Description:
    """The netlist and its files, parameters, options, every instance and what is asked of them."""
    return {
        "tdsim's version": __version__,
        "netlist": circuit.text,
        "file": {name: digest(Path(name).read_bytes()) for name in circuit.included},
        "parameter": dict(circuit.parameters),
        "option": dict(circuit.options),
        "instance": {i.name: _instance(i) for i in circuit.instances.values()},
        "device": {d.name: _source(d) for d in {i.device for i in circuit.instances.values()}},
        "net": {n.name: " and ".join(map(str, n.terminals)) for n in circuit.nets.values()},
        "port": dict(circuit.external),
        "initial value of": {name: str(value) for name, value in circuit.initial.items()},
        "nodeset": dict(circuit.nodesets),
        "sweep": digest(circuit.sweep),
        "list of carriers": " ".join(f"{w:.17g}" for w in circuit.carriers),
        "list of analyses": _listed(circuit.analyses),
        "list of saved signals": " ".join(r.signal for r in circuit.requests),
        "list of measures": _listed(circuit.measures),
        "number of processes": len(circuit.processes),
    }


def _listed(cards: Iterable[Any]) -> str:
    return " ".join(repr(replace(card, position=None)) for card in cards)


def _instance(instance: Instance) -> str:
    return digest((instance.device.name, instance.nets, instance.references, instance.values))


def _source(device: type) -> str:
    """The text of a user's own device; those of tdsim go by its version."""
    if device.__module__.startswith("tdsim."):
        return ""
    try:
        return digest(inspect.getsource(device))
    except (OSError, TypeError):  # typed into an interpreter
        return ""
