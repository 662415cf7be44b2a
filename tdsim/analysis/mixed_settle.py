"""The search for an equilibrium of electronics, alone or with light: sample by sample, as a mixed transient.

The whole state is looked at: that of the light, and the electrical unknowns, which say all about capacitors and coils,
over as many samples as delays in the electronics remember.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..engine.state import State
from ..nodal.laws import delays_of
from .electronics import is_optical
from .mixed_transient import MixedTransient
from .settle import SettleRequest, Settles, transient_request
from .stillness import LONGEST

ROOM = 1 << 22
"""Numbers of past unknowns that are compared; more samples than that are taken every so often."""

WEAK = 1e-6
"""Currents are not measured by less than this times the largest voltage (S): smaller ones are mostly round-off."""

WATCHED = 12
"""Voltages, spread over the circuit, by which what does not settle is judged."""


class MixedSettling(MixedTransient, Settles):
    """The search for an equilibrium of a circuit with electronics."""

    def __init__(self, circuit: Circuit, request: SettleRequest):
        self._asked_of = circuit
        self._has_light = is_optical(circuit)
        if request.state is not None and not self._has_light:
            request = replace(request, state=_with_carriers(request.state, len(circuit.carriers)))
        self.asked = request
        MixedTransient.__init__(self, circuit, transient_request(request, len(circuit.carriers)))
        self.original = circuit
        unknowns = self.electronics.system.unknowns
        hidden = range(unknowns.size - len(unknowns.hidden), unknowns.size)
        self._parts = [slice(0, unknowns.voltages), slice(unknowns.voltages, hidden.start)]
        self._parts += [slice(k, k + 1) for k in hidden]
        self.kinds = len(self._parts)

    def again(self, circuit: Circuit, asked: SettleRequest) -> Settles:
        return MixedSettling(circuit, asked)

    def unknowns(self, engine: Any, tick: int, count: int) -> np.ndarray:
        found: np.ndarray = engine.unknowns(tick, count).transpose(2, 0, 1)[:, None]
        return found

    def electrical(self, unknowns: np.ndarray) -> dict[str, np.ndarray]:
        readings = self.electronics.readings
        found = readings.values(unknowns[readings.kept, 0].transpose(1, 2, 0))
        return {n: v if self.has_runs else v[0] for n, v in found.items()}

    def by_kind(self, past: np.ndarray) -> list[np.ndarray]:
        every = max(1, past.size // ROOM)
        chosen = past[..., ::-1][..., ::every]
        return [np.moveaxis(chosen[part, 0], 2, 1).reshape(-1, 1, past.shape[2]) for part in self._parts]

    def sizes(self, unknowns: np.ndarray) -> np.ndarray:
        largest = np.abs(unknowns[:, 0]).max(axis=2, initial=0.0)
        found = np.stack([largest[part].max(axis=0, initial=0.0) for part in self._parts])
        found[1] = np.maximum(found[1], WEAK * found[0])
        return found

    def seen(self, unknowns: np.ndarray) -> np.ndarray:
        count = self._parts[0].stop
        chosen = np.unique(np.linspace(0, count - 1, WATCHED).astype(int)) if count else np.zeros(0, dtype=int)
        found: np.ndarray = unknowns[chosen, 0]
        return found

    def memory(self) -> int | None:
        """All that lines of both halves hold together: what goes round through both is not known by its loops."""
        return int(self.program.tables.depth.sum()) + self.program.memory + self.past

    @property
    def past(self) -> int:
        groups = self.electronics.system.groups
        each = [sum(delays_of(groups, run).values()) for run in range(self.runs)]
        return int(np.clip(np.ceil(max(each, default=0.0) / self.step), 0, LONGEST)) + 1

    def ended(self, state: State) -> State:
        return state if self._has_light else _with_carriers(state, 0)


def _with_carriers(state: State, carriers: int) -> State:
    """The state of electronics alone with so many carriers of light, all dark."""
    nothing = np.zeros((0, carriers, state.runs), dtype=complex)
    return replace(state, history=nothing, memory=nothing)
