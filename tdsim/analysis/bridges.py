"""Where light and electronics meet: photodiodes, and devices whose optics follow a voltage.

A device says so itself: `detected` names the parameters that its `detect` makes from the waves that arrive, and
`followed` the parameters that follow one of its electrical unknowns.
"""

from __future__ import annotations

import copy
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..circuit import Circuit, Instance, Terminal
from ..device import ELECTRICAL, OPTICAL
from ..engine.followed import Followed
from ..outputs import entering


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

    @cached_property
    def _parameters(self) -> SimpleNamespace:
        """Its parameters, shaped as waves (carriers, runs, times) are."""
        settings = self.instance.settings
        return SimpleNamespace(**{n: np.reshape(v, (1, -1, 1)) if np.ndim(v) else v for n, v in settings.items()})

    @cached_property
    def _incident(self) -> Any:
        return namedtuple("incident", [name for name, port in self.instance.ports.items() if port.domain == OPTICAL])

    def light(self, arriving: Sequence[np.ndarray]) -> np.ndarray:
        """What light does to it, (runs, times), from what arrives at its ports, (carriers, runs, times) each."""
        detect = self.instance.device.detect
        assert detect is not None
        found: np.ndarray = detect(self._parameters, self._incident(*arriving))[0][0]
        return found


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


def listening(circuit: Circuit, found: Sequence[Detector]) -> Circuit:
    """The circuit with detectors whose light is what arrives, whatever it was set to."""
    changed = copy.copy(circuit)
    changed.instances = dict(circuit.instances)
    for detector in found:
        instance = detector.instance
        values = {k: v for k, v in instance.values.items() if k not in instance.device.detected}
        changed.instances[instance.name] = replace(instance, values=values)
    return changed


def following(circuit: Circuit, followers: Sequence[Follower], voltages: Sequence[float]) -> Circuit:
    """The circuit with its optics as they are at these voltages."""
    changed = copy.copy(circuit)
    changed.instances = dict(circuit.instances)
    for follower, voltage in zip(followers, voltages, strict=True):
        instance = changed.instances[follower.instance]
        values = {**instance.values, follower.parameter: float(voltage)}
        changed.instances[follower.instance] = replace(instance, values=values)
    return changed
