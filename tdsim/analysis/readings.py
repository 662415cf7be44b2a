"""How electrical signals are read off the unknowns of a circuit."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..circuit import Circuit, Net, Terminal
from ..device import ELECTRICAL, find
from ..nodal.unknowns import Unknowns
from ..probes import HIDDEN, Probe
from ..results.schema import Variable


@dataclass(frozen=True)
class Reading:
    """One signal: the difference of two kept unknowns, or a constant."""

    probe: Probe
    first: int
    second: int
    constant: Any = None

    def values(self, kept: np.ndarray) -> np.ndarray:
        """The signal from the kept unknowns (..., unknowns)."""
        if self.constant is not None:
            shape = kept.shape[:-1]
            constant = np.asarray(self.constant, dtype=float)
            return np.broadcast_to(constant[:, None] if constant.ndim else constant, shape)
        found: np.ndarray = kept[..., self.first] - kept[..., self.second]
        return found

    def variable(self, dimensions: tuple[str, ...], is_complex: bool = False) -> Variable:
        """How the signal stands in the result."""
        kind, target = self.probe.kind, self.probe.target
        if kind == "v":
            text = "voltage of node " + target[0] if len(target) == 1 else f"voltage from {target[0]} to {target[1]}"
        else:
            text = f"current of {target[0]}" if kind == "i" else f"parameter {target[1]} of {target[0]}"
        return Variable(self.probe.name, dimensions, self.probe.unit or "1", text, is_complex and not self.probe.part)


@dataclass(frozen=True)
class Readings:
    """The signals of an analysis. `kept` holds the unknowns that they are read from; ground is the last of them."""

    kept: np.ndarray
    readings: tuple[Reading, ...]

    def values(self, kept: np.ndarray) -> dict[str, np.ndarray]:
        """All signals from the kept unknowns (..., unknowns)."""
        return {r.probe.name: r.values(kept) for r in self.readings}


def make_readings(circuit: Circuit, unknowns: Unknowns, probes: Sequence[Probe]) -> Readings:
    """Which unknowns the signals are read from; the circuit has ammeters where they are needed."""
    place: dict[int, int] = {}

    def keep(unknown: int) -> int:
        return place.setdefault(unknown, len(place))

    found = []
    for probe in probes:
        if probe.kind == "@":
            found.append(Reading(probe, 0, 0, circuit.instances[probe.target[0]].settings[probe.target[1]]))
        elif probe.kind == "v":
            nodes = [unknowns.node(n) for n in probe.target]
            found.append(Reading(probe, keep(nodes[0]), keep(nodes[1] if len(nodes) > 1 else unknowns.size)))
        else:
            current = unknowns.current(probe.target[0])
            if current is None:
                current = unknowns.current(ammeter(probe.target[0]))
            assert current is not None
            found.append(Reading(probe, keep(current), keep(unknowns.size)))
    return Readings(np.array(list(place), dtype=np.int64), tuple(found))


def ammeter(instance: str) -> str:
    """The name of the source of 0 V that measures the current into the first port of an instance."""
    return f"{instance}{HIDDEN}current"


def with_ammeters(circuit: Circuit, probes: Sequence[Probe]) -> Circuit:
    """The circuit with a source of 0 V in series with every instance whose current is asked for and is no unknown."""
    names = {p.target[0] for p in probes if p.kind == "i"}
    names = {n for n in names if not _has_branch(circuit, n)}
    if not names:
        return circuit
    found = copy.copy(circuit)
    found.instances, found.nets = dict(circuit.instances), dict(circuit.nets)
    for name in sorted(names):
        instance = circuit.instances[name]
        port = next(n for n, p in instance.ports.items() if p.domain == ELECTRICAL)
        outer, inner = instance.nets[port], ammeter(name)
        found.instances[name] = replace(instance, nets={**instance.nets, port: inner})
        meter = replace(
            instance, name=inner, device=find("v"), nets={"p": outer, "n": inner}, values={"dc": 0.0}, references=()
        )
        found.instances[inner] = meter
        found.nets[inner] = Net(inner, ELECTRICAL, [Terminal(name, port), Terminal(inner, "n")])
    return found


def _has_branch(circuit: Circuit, name: str) -> bool:
    instance = circuit.instances[name]
    return bool(instance.device.variant(instance.settings).branches)
