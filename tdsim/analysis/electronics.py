"""Electrical circuits in an analysis: their equations under given conditions, and where they start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..ammeters import with_ammeters
from ..cards import Analysis, Request
from ..circuit import GROUND, Circuit
from ..device import OPTICAL
from ..engine.state import State
from ..errors import UsageError
from ..nodal.initial import given_charges, given_unknowns
from ..nodal.integrator import Integrator
from ..nodal.linear import Conditions
from ..nodal.solver import Solver, Tolerances, lay_out
from ..nodal.system import System, build
from ..nodal.tables import Layout
from ..nodal.unknowns import is_electrical
from ..nodal.wellposed import examine
from ..probes import Probe, expand, measured_currents, probes
from .readings import Readings, make_readings

RESTING = 1e6
"""A time (s) so long that capacitances hardly matter to the choice of pivots."""

Tell = Callable[[str], None]


def is_electronic(circuit: Circuit) -> bool:
    """Whether a circuit has something that electrical equations describe."""
    return any(is_electrical(i) for i in circuit.instances.values())


def is_optical(circuit: Circuit) -> bool:
    """Whether a circuit has something that light passes."""
    return any(i.is_wired(OPTICAL) for i in circuit.instances.values())


class Electronics:
    """The electrical equations of a circuit for one analysis."""

    def __init__(
        self,
        circuit: Circuit,
        analysis: Analysis,
        save: Sequence[str] | None = None,
        extra: Sequence[str] = (),
        runs: int = 1,
        at_rest: bool = True,
    ):
        requests = None if save is None else [Request(name) for name in save]
        self.probes: list[Probe] = probes(circuit, analysis, requests)
        known = {p.name for p in self.probes}
        hidden = probes(circuit, analysis, [Request(name) for name in extra]) if extra else []
        self.probes += [p for p in hidden if p.name not in known]
        measured = [probe for m in circuit.measures for signal in m.signals() for probe in expand(circuit, signal)]
        currents = measured_currents(circuit, [*self.probes, *measured])
        self.circuit = with_ammeters(circuit, currents)  # those of all analyses, whose states have to fit
        self.tolerances = Tolerances.of(circuit.options)
        self.runs = runs
        self.at_rest = at_rest
        self.said: list[str] = []
        """What the user should know about the circuit."""
        self.system = self.at()
        self.readings: Readings = make_readings(self.circuit, self.system, self.probes)

    def at(
        self,
        ambient: float | None = None,
        small_signal: bool = False,
        circuit: Circuit | None = None,
        like: System | None = None,
        runs: int | None = None,
    ) -> System:
        """The equations at a temperature (degC; that of the options by default); `like` as in `nodal.build`."""
        options = self.circuit.options
        temperature = options.get("temp", 27.0) if ambient is None else ambient
        conditions = Conditions(float(temperature), float(options.get("tnom", 27.0)), small_signal)
        system = build(circuit or self.circuit, conditions, runs or self.runs, like)
        held = {n for n in self._held_nets() if n in system.unknowns.nodes}
        self.said = examine(system, self.at_rest, [system.unknowns.nodes[n] for n in held])
        return system

    def solver(self, system: System, run: int = 0, transient: bool = False, layout: Layout | None = None) -> Solver:
        """One run made ready."""
        return Solver(system, layout or lay_out(system, RESTING), run, transient, self.tolerances)

    def begin(self, integrator: Integrator, run: int, uic: bool) -> None:
        """Start a run: from the operating point, or with `uic` from what was given."""
        if not uic:
            integrator.begin(self.held(), self.nudged())
            return
        z = given_unknowns(self.system, self.held(), run)
        integrator.begin_from(given_charges(self.system, z, run), z)

    def _held_nets(self) -> list[str]:
        return [name[2:-1] for name in self.circuit.initial if name.startswith("v(")]

    def held(self) -> dict[int, float]:
        """Nodes that `.ic` holds."""
        return self._nodes({k: float(np.real(v)) for k, v in self.circuit.initial.items() if k.startswith("v(")})

    def nudged(self) -> dict[int, float]:
        """Nodes that `.nodeset` starts from a voltage."""
        return self._nodes(self.circuit.nodesets)

    def _nodes(self, values: dict[str, float]) -> dict[int, float]:
        names = {k[2:-1]: v for k, v in values.items()}
        return {self.system.unknowns.node(n): float(v) for n, v in names.items() if n not in GROUND}


def electronics_of(state: State, system: System, runs: int) -> list[Mapping[str, np.ndarray]]:
    """What each run carries on from; empty where a state has no electronics, but its circuit begins anew.

    Raises UsageError when the state belongs to another circuit.
    """
    if not state.electronics and not state.fresh and state.tick:
        raise UsageError("the state belongs to another circuit: it has no electronics")
    if state.electronics and state.unknowns != tuple(system.unknowns.names()):
        different = sorted(set(state.unknowns) ^ set(system.unknowns.names()))[:4]
        raise UsageError(
            f"the state belongs to another circuit (different: {', '.join(different)}); where only a current is "
            "different, save the same currents"
        )
    if len(state.electronics) not in (0, 1, runs):
        raise UsageError(f"the state has {len(state.electronics)} runs, the simulation {runs}")
    return list(state.electronics) * (runs if len(state.electronics) == 1 else 1)
