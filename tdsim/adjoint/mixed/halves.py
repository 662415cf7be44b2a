"""What belongs to the light of a circuit, what to its electronics, and what to the bridges between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...analysis.bridges import Detector, Follower
from ...circuit import Circuit
from ...device import OPTICAL
from ...errors import UsageError, nearest
from ...nodal.unknowns import is_electrical
from ..costs import Cost, Signals
from ..targets import Parameter


class Halves(NamedTuple):
    """Parameters by where they may count: one of a bridge counts in both halves.

    lit  those of detectors, which may change what these make of light
    """

    light: list[Parameter]
    electronics: list[Parameter]
    lit: list[Parameter]


def halves(
    circuit: Circuit, parameters: Sequence[Parameter], detectors: Sequence[Detector], followers: Sequence[Follower]
) -> Halves:
    """Where parameters count. Raises UsageError for those that the other half sets."""
    bridged = {(f.instance, f.parameter) for f in followers}
    bridged |= {(d.instance.name, name) for d in detectors for name in d.instance.device.detected}
    lit = {d.instance.name for d in detectors}
    found = Halves([], [], [])
    for p in parameters:
        instance = circuit.instances[p.instance]
        if (p.instance, p.name) in bridged:
            what = "light arrives at it" if p.instance in lit else "its electrodes are wired"
            raise UsageError(f"{p.label} has no effect: {what}, which sets it")
        if is_electrical(instance):
            found.electronics.append(p)
        if instance.is_wired(OPTICAL) or not is_electrical(instance):
            found.light.append(p)
        if p.instance in lit:
            found.lit.append(p)
    return found


class Part:
    """What a cost has answered for some of the signals, in the place of the cost."""

    def __init__(self, slopes: Mapping[str, np.ndarray]):
        self._slopes = slopes

    def value(self, signals: Signals) -> np.ndarray:
        raise NotImplementedError

    def pullback(self, signals: Signals) -> Mapping[str, np.ndarray]:
        return self._slopes


def parted(cost: Cost, signals: Signals, light: Sequence[str], electronics: Sequence[str]) -> tuple[Part, Part]:
    """The cost's slopes by signals of light, and of electronics. Raises UsageError for others."""
    slopes = cost.pullback(signals)
    known = {*light, *electronics}
    for name in slopes:
        if name not in known:
            raise UsageError(f"the cost depends on {name}, which is not saved{nearest(name, known)}")
    return Part({n: s for n, s in slopes.items() if n in light}), Part(
        {n: s for n, s in slopes.items() if n not in light}
    )


class Whole(dict[str, np.ndarray]):
    """The signals of both halves; one that is not there is a mistake of the user's."""

    def __missing__(self, name: str) -> Any:
        raise UsageError(f"the cost depends on {name}, which is not saved{nearest(name, self)}")
