"""How electrical signals are read off the unknowns of a circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ammeters import ammeter
from ..circuit import Circuit
from ..nodal.unknowns import Unknowns
from ..probes import Probe
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
