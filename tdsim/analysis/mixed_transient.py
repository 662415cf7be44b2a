"""Transient analysis of circuits with light and electronics: one run, one clock, one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..ammeters import ammeter
from ..cards import Transient as Card
from ..circuit import Circuit
from ..engine.engine import Engine
from ..engine.feeds import Feed
from ..engine.state import State, dark
from ..errors import UsageError
from ..nodal.unknowns import is_electrical
from ..probes import expand, probe
from ..results.schema import Schema, Sink, Variable
from ..schedule.program import Wanted
from ..signals import ELECTRICAL_KINDS, Signal
from .bridges import Detector, detectors, follow, listening
from .electronics import Electronics, is_optical
from .lit_electronics import LitElectronics
from .mixed import MixedEngine
from .readings import make_readings
from .recorder import Recorder
from .request import Request
from .trail import Trail
from .transient import Transient


class MixedTransient(Transient):
    """One transient of a circuit with light and electronics; both are kept on the grid of the step."""

    def __init__(self, circuit: Circuit, request: Request):
        _refuse(circuit, request)
        given = circuit
        if request.state is not None and not is_optical(circuit):
            request = replace(request, state=with_carriers(request.state, len(circuit.carriers)))
        self.detectors = detectors(circuit)
        extra = [name for name in request.extra if expand(circuit, name)]
        circuit, self.followers = follow(listening(circuit, self.detectors), request.step)
        super().__init__(circuit, replace(request, extra=[n for n in request.extra if n not in extra]))
        save = request.save
        if save is None and not circuit.requests:
            wanted = None
        else:
            named = [r.signal for r in circuit.requests] if save is None else save
            wanted = [n for n in named if expand(circuit, n)]
        self.original = given
        self._kept = wanted, extra
        self.electronics = self.make_electronics(self.circuit)

    def make_electronics(self, circuit: Circuit) -> Electronics:
        """The electrical half of the circuit, or of one with other parameter values."""
        card, (wanted, extra) = Card(self.request.step, self.request.horizon, self.request.start), self._kept
        return Electronics(circuit, card, wanted, extra, self.runs, not self.request.uic)

    def _wanted(self, circuit: Circuit) -> Wanted:
        followed = tuple(sorted({f.instance for f in self.followers}))
        return super()._wanted(circuit)._replace(detected=tuple(sorted(self._detected())), followed=followed)

    def _probed(self) -> set[str]:
        return super()._probed() | self._detected()

    def _detected(self) -> set[str]:
        return {wave for detector in self.detectors for wave in detector.waves if wave}

    def _engine(self, fed: dict[int, Feed], probes: Sequence[int], state: State) -> Any:
        skip = self.circuit.options.get("skip", "on") == "on"
        engine = Engine(self.program, fed, probes, state, skip, watched=True)
        self._place = {self.program.names[w]: k for k, w in enumerate(probes)}
        electronics = self._lit(self.circuit, self.electronics, state)
        earlier = state if state is not self.request.state else dark(self.program)  # others may have other parameters
        ahead = electronics.solved_ahead(earlier)
        self._mixed = MixedEngine(engine, probes, electronics, self.followers, self.stretch(probes), ahead)
        return self._mixed

    def _lit(self, circuit: Circuit, electronics: Electronics, state: State) -> LitElectronics:
        here = [Detector(circuit.instances[d.instance.name], d.waves) for d in self.detectors]
        return LitElectronics(electronics, self.request, here, self.followers, self._place, state)

    def change(self, circuit: Circuit, changed: Sequence[str]) -> None:
        """Go on with the electronics of a circuit with other parameter values at these instances.

        Voltages of nodes and currents of inductors stay as they are.
        """
        electronics = None
        if any(is_electrical(circuit.instances[name]) for name in changed):
            electronics = self._lit(circuit, self.make_electronics(circuit), self._mixed.state())
        self._mixed.change(electronics)

    def changed_before(self, circuit: Circuit, state: State) -> None:
        electronics = self._lit(circuit, self.make_electronics(circuit), state)
        self._mixed.change(electronics, electronics.solved_ahead(state))

    def history(self, signal: Signal, count: int) -> np.ndarray | None:
        """The last samples (count, runs) of an electrical signal; None for one of light."""
        if signal.kind not in ELECTRICAL_KINDS:
            return None
        wanted, unknowns = probe(self.circuit, signal), self.electronics.system.unknowns
        if wanted.kind == "i" and not any(
            unknowns.current(n) is not None for n in (wanted.target[0], ammeter(wanted.target[0]))
        ):
            raise UsageError(f"{signal} is not measured: save it, so that a process can read it")
        found = make_readings(self.electronics.circuit, self.electronics.system, [wanted])
        latest = self._mixed.latest_unknowns(count)
        return np.asarray(found.readings[0].values(latest[:, :, found.kept]).T)

    def unknowns(self, tick: int, count: int) -> np.ndarray:
        found: np.ndarray = self._mixed.unknowns(tick, count).transpose(2, 0, 1)[:, None]
        return found

    def trail(self) -> Trail:
        return Trail(self.electronics.system, self.step)

    def memory(self) -> int:
        return int(self.program.tables.depth.sum()) + self.program.memory + self.trail().samples

    def again_with(self, circuit: Circuit, request: Request) -> Transient:
        return MixedTransient(circuit, request)

    def _recorder(self, sink: Sink, schema: Schema, longest: int) -> Recorder:
        more = self._electrical
        return Recorder(sink, schema, self.outputs, self.program, self.first_kept, longest, more, self._named)

    def _electrical(self, tick: int, count: int) -> dict[str, np.ndarray]:
        """The electrical signals for `count` samples from a tick on."""
        readings = self.electronics.readings
        unknowns = self._mixed.unknowns(tick, count)
        found = readings.values(unknowns[:, :, readings.kept])
        return {n: v if self.has_runs else v[0] for n, v in found.items()}

    def _variables(self, dimensions: tuple[str, ...]) -> tuple[Variable, ...]:
        electrical = tuple(d for d in dimensions if d != "carrier")
        readings = self.electronics.readings.readings
        return super()._variables(dimensions) + tuple(r.variable(electrical) for r in readings)


def with_carriers(state: State, carriers: int) -> State:
    """The state of electronics alone with so many carriers of light, all dark."""
    nothing = np.zeros((0, carriers, state.runs), dtype=complex)
    return replace(state, history=nothing, memory=nothing)


def _refuse(circuit: Circuit, request: Request) -> None:
    """Raise UsageError for what circuits with light and electronics cannot do yet."""
    if request.times is not None:
        raise UsageError("a circuit with light has samples at multiples of the step only: leave out times")
