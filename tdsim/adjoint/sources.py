"""The slopes of what sources send out, summed with the adjoint of the waves that they fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..analysis.request import seed_of
from ..analysis.transient import Transient
from ..engine.sources import emitted
from ..errors import UsageError
from ..schedule.groups import Group
from ..schedule.program import Emission, Program
from .slopes import WEIGHTS, shifted
from .targets import Parameter

NEAR = 1e-3
"""How far a parameter is moved to find its slope, relative to itself."""


class Emitted:
    """The derivatives with respect to one parameter of a source, summed segment by segment."""

    def __init__(self, forward: Transient, target: Parameter):
        instance, parameter, name = target.instance, target.name, target.label
        if target.place is not None:
            raise UsageError(f"{name} is one of a source's list of numbers, which have no derivative yet")
        if instance in forward.inputs:
            raise UsageError(f"{name} has no effect: an input takes the place of {instance}")
        self._forward, self.total = forward, np.zeros(forward.runs)
        device = forward.circuit.instances[instance]
        values = np.asarray(device.settings[parameter], dtype=float)
        low, high = device.device.params[parameter].bounds
        room = min(float(values.min()) - low, high - float(values.max()))
        self._near = min(NEAR * (float(np.abs(values).max()) or 1.0), room / 2.5)
        if self._near <= 0:
            raise UsageError(f"{name} stands at its bound, where it has no derivative; move it off")
        adds = device.device.adds
        self.adjoint = [f"{instance}.{port}+" for port in adds] or [f"{instance}.{port}" for port in device.ports]
        self._target = target
        self._programs: list[tuple[float, Program]] = []
        """The program with the source moved alone, and the weight of what it sends out then."""

    def _moved(self) -> list[tuple[float, Program]]:
        if not self._programs:
            program = self._forward.program
            found = [e for e in program.emissions if e.group.instances[e.instance].name == self._target.instance]
            self._programs = [(w / self._near, self._move(e, way)) for e in found for way, w in WEIGHTS.items()]
        return self._programs

    def _move(self, emission: Emission, way: int) -> Program:
        group, shift = emission.group, np.array([way * self._near])
        single = Group(group.device, group.ports, group.wired, group.driven, [group.instances[emission.instance]])
        moved = Emission(shifted(single, self._target.name, None, shift), 0, emission.waves)
        return replace(self._forward.program, emissions=(moved,))

    def add(self, times: np.ndarray, adjoint: Mapping[str, np.ndarray]) -> None:
        """The samples at these times (s), with the adjoint waves (carriers, runs, times) there."""
        forward = self._forward
        for weight, program in self._moved():
            for wave, _, values in emitted(program, forward.request.stop, seed_of(forward.circuit), times):
                back = adjoint.get(forward.program.names[wave])
                if back is not None:
                    self.total = self.total + weight * (values * np.conj(back)).real.sum(axis=(0, 2))


def split(forward: Transient, parameters: Sequence[Parameter]) -> tuple[list[Parameter], dict[str, Emitted]]:
    """The parameters that are not those of sources, and those that are, by name."""
    instances = forward.circuit.instances
    sources = [p for p in parameters if instances[p.instance].device.emit is not None]
    others = [p for p in parameters if p not in sources]
    return others, {p.label: Emitted(forward, p) for p in sources}
