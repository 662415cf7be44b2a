"""The search for an equilibrium of electronics, alone or with light: sample by sample, as a mixed transient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..circuit import Circuit
from ..engine.state import State, dark
from .ahead import Ahead
from .electronics import is_optical
from .mixed_transient import MixedTransient, with_carriers
from .settle import SettleRequest, Settles, transient_request

WATCHED = 12
"""Voltages, spread over the circuit, by which what does not settle is judged."""


class MixedSettling(MixedTransient, Settles):
    """The search for an equilibrium of a circuit with electronics."""

    def __init__(self, circuit: Circuit, request: SettleRequest):
        self._has_light = is_optical(circuit)
        self.asked = request
        MixedTransient.__init__(self, circuit, transient_request(request, len(circuit.carriers)))

    def again(self, circuit: Circuit, asked: SettleRequest) -> Settles:
        return MixedSettling(circuit, asked)

    def electrical(self, unknowns: np.ndarray) -> dict[str, np.ndarray]:
        readings = self.electronics.readings
        found = readings.values(unknowns[readings.kept, 0].transpose(1, 2, 0))
        return {n: v if self.has_runs else v[0] for n, v in found.items()}

    def seen(self, unknowns: np.ndarray) -> np.ndarray:
        count = self.electronics.system.unknowns.voltages
        chosen = np.unique(np.linspace(0, count - 1, WATCHED).astype(int)) if count else np.zeros(0, dtype=int)
        found: np.ndarray = unknowns[chosen, 0]
        return found

    def left_behind(self, unknowns: np.ndarray, wave: Callable[[str], np.ndarray]) -> tuple[dict[str, np.ndarray], ...]:
        """What electronics leave behind that rested at these unknowns (unknowns + 1, runs) with these waves by name."""
        probes = self._probes()
        self._place = {self.program.names[w]: k for k, w in enumerate(probes)}
        electronics = self._lit(self.circuit, self.electronics, dark(self.program))
        shape = (len(probes), len(self.circuit.carriers), self.runs, 1)
        block = np.zeros(shape, dtype=complex)
        for name, k in self._place.items():
            block[k, ..., 0] = wave(name)
        electronics.begin_at(unknowns, block)
        return electronics.left_behind(electronics.voltages, Ahead(np.zeros(self.runs, dtype=np.int64)))

    def ended(self, state: State) -> State:
        return state if self._has_light else with_carriers(state, 0)
