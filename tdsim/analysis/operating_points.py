"""Operating points of electronics, for one set of parameter values after another: what does not change is kept.

Training asks for thousands of them. What they have in common, the pattern of the matrix with its pivots, and the laws
of expressions, is made once; of the rest only numbers are made anew. Runs that differ in the levels of sources alone
share one solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..cards import OperatingPoint
from ..circuit import Circuit, Instance
from ..errors import UsageError
from ..nodal.solver import Solver, lay_out
from ..nodal.system import source_of
from ..nodal.unknowns import is_varying
from .electronic_fixed_point import rest_of, standing
from .electronics import RESTING, Electronics, is_optical
from .parameters import set_parameters

ANY_STEP = 1e-9
"""s: what shapes of sources are resolved with, which are taken at their end."""

LEVELS = ("dc", "wave")
"""The parameters of a source that its level is."""


class OperatingPoints:
    """The equilibria of a circuit without light, as `tdsim.fixed_point` finds them.

    save  signals, as in `.save`
    stop  s, the length of a run: it sets the defaults of source shapes, which are taken at their last values
    Raises UsageError for a circuit with light, for unknown signals, and for sources that never stand still.
    """

    def __init__(self, circuit: Circuit, save: Sequence[str], stop: float = 1e-6):
        if is_optical(circuit.check()):
            raise UsageError("operating points are those of electronics: with light, ask fixed_point")
        self._electronics = Electronics(standing(circuit, ANY_STEP, stop), OperatingPoint(), list(save))
        self._circuit, self._system = self._electronics.circuit, self._electronics.system
        self._layout = lay_out(self._system, RESTING)
        self._params: dict[str, Any] = {}
        self._count: int | None = None

    def find(
        self, params: Mapping[str, Any], near: np.ndarray | None = None
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Signals (runs,), and the unknowns (runs, unknowns + 1) that they are read from.

        params  as in `tdsim.fixed_point`
        near    unknowns that an earlier search has found: where to begin
        Raises UsageError for wrong parameters, SimulationError where there is no equilibrium, or none is found.
        """
        electronics, known = self._electronics, self._electronics.circuit.instances
        levels = {name: value for name, value in params.items() if _is_level(known, name)}
        self._set({name: value for name, value in params.items() if name not in levels})
        circuit, count = set_parameters(self._circuit, levels)
        if None not in (count, self._count) and count != self._count:
            raise UsageError(f"parameters do not agree on the number of runs: {self._count} and {count}")
        runs, alike = count or self._count or 1, self._count is None
        system, layout = self._system, self._layout
        level = np.empty((len(system.sources), runs))
        for row, source in zip(level, system.sources, strict=True):
            instance = circuit.instances[source.instance.name]
            row[:] = (source if instance is source.instance else source_of(instance)).level(False)
        found = np.empty((runs, system.size + 1))
        solver: Solver | None = None
        for run in range(runs):
            if solver is None or not alike:
                solver = electronics.solver(system, 0 if alike else run, layout=layout)
            else:
                _begin_anew(solver)
            guess = None if near is None else near[run]
            found[run] = rest_of(electronics, solver, solver.find_rest, level[:, run], guess)
            if solver.chosen_for is not None:
                self._layout = layout = solver.keep_pivots()
        readings = electronics.readings
        return readings.values(found[:, readings.kept]), found

    def _set(self, params: dict[str, Any]) -> None:
        """Make the equations with these values, unless they are there."""
        same = self._count is None and not any(map(is_varying, params.values()))
        if same and params == self._params:
            return
        circuit, count = set_parameters(self._electronics.circuit, params)
        system = self._electronics.at(circuit=circuit, like=self._system, runs=count or 1)
        if not self._layout.holds(system):
            self._layout = lay_out(system, RESTING)
        self._circuit, self._count, self._system, self._params = circuit, count, system, params


def _is_level(instances: Mapping[str, Instance], name: str) -> bool:
    """Whether a name is that of the level of a source."""
    instance, _, parameter = name.rpartition(".")
    device = instances[instance].device if instance in instances else None
    return device is not None and device.drive is not None and not device.detected and parameter in LEVELS


def _begin_anew(solver: Solver) -> None:
    """Forget what the run before has found."""
    solver.words["Z"][:] = 0.0
    states = [group.states for group in solver.system.groups]
    if states:
        solver.words["SWITCHES"][:] = np.concatenate(states)
