"""Where light and electronics meet: photodiodes, and devices whose optics follow a voltage.

A device says so itself: `detected` names the parameters that its `detect` makes from the waves that arrive, and
`followed` the parameters that follow one of its electrical unknowns.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from ..cards import OperatingPoint
from ..circuit import Circuit, Instance, Terminal
from ..device import ELECTRICAL, OPTICAL
from ..engine.followed import Followed
from ..outputs import entering
from .electronics import Electronics


@dataclass(frozen=True)
class Follower:
    """An instance with a parameter that follows one of its electrical unknowns."""

    instance: str
    parameter: str
    unknown: str
    shape: Followed


@dataclass(frozen=True)
class Detector:
    """An instance that light drives: the wave that enters each of its optical ports ("": nothing can arrive)."""

    instance: Instance
    waves: tuple[str, ...]


def detectors(circuit: Circuit) -> list[Detector]:
    """All instances that turn light into currents, and that light may reach."""
    found = []
    for instance in circuit.instances.values():
        if instance.device.detected and instance.is_wired(ELECTRICAL):
            ports = [name for name, port in instance.ports.items() if port.domain == OPTICAL]
            waves = tuple(entering(circuit, Terminal(instance.name, port)) for port in ports)
            if any(waves):
                found.append(Detector(instance, waves))
    return found


def follow(circuit: Circuit, step: float) -> tuple[Circuit, list[Follower]]:
    """The circuit with a `Followed` shape for every parameter that follows a voltage, and these parameters."""
    changed = copy.copy(circuit)
    changed.instances = dict(circuit.instances)
    followers = []
    for instance in circuit.instances.values():
        if not (instance.device.followed and instance.is_wired(ELECTRICAL) and instance.is_wired(OPTICAL)):
            continue
        values = dict(instance.values)
        for parameter, unknown in instance.device.followed:
            values[parameter] = shape = Followed(step)
            followers.append(Follower(instance.name, parameter, unknown, shape))
        changed.instances[instance.name] = replace(instance, values=values)
    return changed, followers


def biased(circuit: Circuit) -> Circuit:
    """The circuit with its optics as they are at the operating point of the electronics, in the dark."""
    changed, followers = follow(circuit, 1.0)
    if not followers:
        return circuit
    electronics = Electronics(circuit, OperatingPoint(), [])
    solver = electronics.solver(electronics.system)
    z = solver.find_rest(solver.words["LEVEL"], electronics.held(), electronics.nudged())
    for follower in followers:
        instance = changed.instances[follower.instance]
        voltage = float(z[electronics.system.unknowns.terminal(instance, follower.unknown)])
        values = {**instance.values, follower.parameter: voltage}
        changed.instances[follower.instance] = replace(instance, values=values)
    return changed
