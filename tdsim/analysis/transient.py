"""Transient analysis of optical circuits: compile, run stretch by stretch, hand the samples on."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..engine.engine import Engine
from ..engine.feeds import Feed
from ..engine.sources import arrange_input, feeds, from_now
from ..engine.state import State, dark, put_together
from ..errors import Diagnostic, NetlistError, SimulationError, UnfitError, UsageError, nearest
from ..outputs import requested, resolve
from ..results.schema import Coordinate, Schema, Sink, Snapshot, Variable
from ..schedule.program import Program, Wanted, compile_circuit
from ..schedule.system import System
from ..signals import Signal, parse_signal
from .parameters import coordinates as coordinates_of
from .parameters import held, set_parameters
from .recorder import Record, Recorder
from .request import Branch, Request, attributes, seed_of
from .running import RunningCircuit
from .threads import thread_count
from .trail import Trail

Progress = Callable[[float, float], None]

STRETCH_NUMBERS = 1 << 18
"""Complex numbers of outputs and inputs that one stretch is made of: they should stay in the processor's cache."""


class Transient:
    """One transient under way."""

    def __init__(self, circuit: Circuit, request: Request):
        request.check()
        self.request, self.original = request, circuit
        self.circuit, runs = set_parameters(held(circuit, request.state), request.params)
        _, branches = set_parameters(self.circuit, dict(request.sets))
        carriers = len(circuit.carriers)
        self._check_inputs()
        self.inputs = {name: arrange_input(name, x, carriers) for name, x in request.inputs.items()}
        self.runs, self.has_runs = self._count_runs(runs if branches is None else branches)
        self.outputs = requested(self.circuit, request.save)
        self.outputs += [resolve(self.circuit, parse_signal(name)) for name in request.extra]
        self._prepare()
        self.step = request.step
        self.first_kept = int(np.ceil(request.start / self.step - 1e-9))
        if request.state is not None:
            self.first_kept = max(self.first_kept, request.state.tick)
            if request.state.step == self.step and request.state.tick > request.last:
                raise UsageError(f"the state is from t = {request.state.time:g} s, past the stop at {request.stop:g} s")

    program: Program
    _simplified: System | None = None
    """What it is compiled from, where that is known already."""

    # -- before it runs ---------------------------------------------------------------------------------------

    def _check_inputs(self) -> None:
        sources = [i.name for i in self.circuit.instances.values() if i.device.emit is not None]
        known = [*sources, *self.circuit.external]
        for name in self.request.inputs:
            if name not in known:
                raise UsageError(
                    f"unknown input {name!r}: neither a source instance nor an external port{nearest(name, known)}"
                )

    def _count_runs(self, runs: int | None) -> tuple[int, bool]:
        counts = {x.shape[1] for name, x in self.inputs.items() if np.asarray(self.request.inputs[name]).ndim > 1}
        counts |= {runs} if runs is not None else set()
        counts |= {self.request.state.runs} if self.request.state is not None else set()
        many = counts - {1}
        if len(many) > 1:
            raise UsageError(f"inputs, parameters and state do not agree on the number of runs: {sorted(many)}")
        carriers = len(self.circuit.carriers)
        asked = any(np.ndim(v) > (2 if carriers > 1 else 1) for v in self.request.inputs.values()) or runs is not None
        return (many.pop(), True) if many else (1, asked)

    def _prepare(self) -> None:
        self.program = self.compile(self.circuit)

    def compile(self, circuit: Circuit) -> Program:
        """The program of the circuit, or of one with other parameter values."""
        rounded = circuit.options.get("delay", "exact") == "round"
        try:
            return compile_circuit(
                circuit, self.request.step, self.runs, self._wanted(circuit), rounded, self._simplified
            )
        except UnfitError as problem:
            where = circuit.instances[problem.instance]
            if where.position is None:
                raise
            raise NetlistError([Diagnostic(str(problem), where.position, where.expansion)]) from None
        except SimulationError as problem:
            raise located(problem, circuit) from None

    @property
    def wanted(self) -> Wanted:
        """What its program is for."""
        return self._wanted(self.circuit)

    def _wanted(self, circuit: Circuit) -> Wanted:
        """What the program is for."""
        lit = tuple(p for p in circuit.external if p in self.inputs)
        return Wanted(tuple(sorted(self._probed())), lit, tuple(self._initial()), self.request.complete, self._mutable)

    @property
    def _mutable(self) -> bool:
        """Whether parameters may change on the way."""
        return bool(self.original.processes) or self.request.branch is not None

    def _probed(self) -> set[str]:
        """The waves whose samples the engine hands out."""
        return {o.wave for o in self.outputs if o.wave}

    def _initial(self) -> dict[str, np.ndarray]:
        """Initial values of states, `.ic x(inst.state)=v`."""
        states = {k: v for k, v in self.circuit.initial.items() if k.startswith("x(")}
        return {resolve(self.circuit, parse_signal(k)).wave: np.asarray(v) for k, v in states.items()}

    # -- running ----------------------------------------------------------------------------------------------

    def run(self, sink: Sink, progress: Progress | None = None) -> State | None:
        """Run to the end; the samples go to `sink`. Returns the final State if the request asks for it."""
        began = time.perf_counter()
        earlier = sink.resume(self.request.name)
        schema, probes = self._schema(), self._probes()
        sink.begin(schema)
        recorder = self._recorder(sink, schema, self.stretch(probes))
        bench = self.begin(recorder, probes, earlier)
        for tick, count, finite in bench.blocks(self.request.last + 1, lambda: sink.checkpoint(bench.snapshot)):
            good, problem = (count, "") if finite else recorder.problem(tick, count)
            recorder.keep(tick, good)
            if problem:
                raise SimulationError(problem)
            if progress is not None:
                progress((tick + count) * self.step, self.request.stop)
        sink.finish({"wall_time": time.perf_counter() - began, "steps": bench.engine.tick - bench.first})
        return bench.state() if self.request.return_state else None

    def _recorder(self, sink: Sink, schema: Schema, longest: int) -> Recorder:
        return Recorder(sink, schema, self.outputs, self.program, self.first_kept, longest, named=self._named)

    def _probes(self) -> list[int]:
        """The waves that outputs are read from."""
        return sorted({self.program.index[wave] for wave in self._probed()})

    def stretch(self, probes: Sequence[int]) -> int:
        """The samples that are computed at once, at most, when these waves are kept."""
        driven = sum(len(m.waves) for m in self.program.modulations)
        fed = len(self.program.inputs) + len(self.program.emissions) + driven
        width = max(1, (fed + len(probes)) * self.program.lanes)
        return min(int(np.clip(STRETCH_NUMBERS // width, 256, 65536)), self.request.last + 1)

    def begin(self, record: Record, probes: Sequence[int], earlier: Snapshot | None = None) -> RunningCircuit:
        """The engine and the clock, ready to run; the samples of the `probes` go to the record."""
        state = self.request.state or dark(self.program, self._initial())
        if earlier is not None:
            state = put_together(earlier["state"])
        fed = self.feeds(self.program, self.circuit)
        engine = self._engine(fed, probes, state)
        bench = RunningCircuit(self, engine, record, self.stretch(probes), state, earlier)
        for name, values in self.request.sets.items():
            bench.set(name, values)
        return bench

    def branch(
        self,
        circuit: Circuit,
        state: State,
        seconds: float,
        params: Mapping[str, Any],
        inputs: Mapping[str, Any],
        save: Sequence[str],
    ) -> Transient:
        """What goes on from a state of this one for a while, without its processes, see `Sim.branch`.

        circuit  with all that holds at present
        """
        circuit = copy.copy(circuit)
        circuit.processes = []
        known = {output.name for output in self.outputs}
        asked = replace(
            self.request,
            start=0.0,
            stop=max(state.tick - 1, 0) * self.step + seconds,
            branch=Branch(params, self.request.horizon, self.request.complete),
            params={},
            extra=(*self.request.extra, *(name for name in save if name not in known)),
            state=state,
            return_state=False,
            name="branch",
        )
        changed = {name: from_now(samples, state.tick, asked.last) for name, samples in inputs.items()}
        asked.inputs = {**self.inputs_until(asked.last), **changed}
        return self.again_with(circuit, asked)

    def inputs_until(self, last: int) -> dict[str, Any]:
        """What enters, as the inputs of a transient to the tick `last`."""
        return self.request.inputs

    def again_with(self, circuit: Circuit, request: Request) -> Transient:
        """A transient of the same kind."""
        return Transient(circuit, request)

    def _engine(self, fed: dict[int, Feed], probes: Sequence[int], state: State) -> Engine:
        if state.electronics:
            raise UsageError("the state belongs to another circuit: it has electronics")
        skip = self.circuit.options.get("skip", "on") == "on"
        work = self.program.waves * self.program.lanes * (self.request.last + 1)
        threads = thread_count(self.circuit, self.program.lanes, work)
        return Engine(self.program, fed, probes, state, skip, bool(self.circuit.processes), threads)

    def feeds(self, program: Program, circuit: Circuit) -> dict[int, Feed]:
        """What gives the program's sources, inputs and driven coefficients."""
        return feeds(program, self.inputs, self.request.horizon, seed_of(circuit))

    def change(self, circuit: Circuit, changed: Sequence[str]) -> None:
        """Told that the circuit goes on with other parameter values at these instances: nothing but light here."""

    def changed_before(self, circuit: Circuit, state: State) -> None:
        """Told that these other parameter values held already when a run was cut off in this state."""

    def history(self, signal: Signal, count: int) -> np.ndarray | None:
        """The last samples (count, runs) of a signal that is not light's; None for one that is."""
        return None

    def unknowns(self, tick: int, count: int) -> np.ndarray:
        """The electrical unknowns from a tick of the last block on, (unknowns, 1, runs, count)."""
        return np.zeros((0, 1, self.runs, count))

    def trail(self) -> Trail | None:
        """What looks at electronics; None where there are none."""
        return None

    def memory(self) -> int | None:
        """Samples that all lines of light and electronics hold together; None where there is light alone.

        What goes round through both is not known by its loops.
        """
        return None

    def _schema(self) -> Schema:
        dimensions: tuple[str, ...] = ("time",)
        coordinates = [Coordinate("time", "s", "time")]
        if len(self.circuit.carriers) > 1:
            dimensions = ("carrier", *dimensions)
            coordinates.append(Coordinate("carrier", "m", "carrier wavelength", np.array(self.circuit.carriers)))
        if self.has_runs:
            dimensions = ("run", *dimensions)
            coordinates.append(Coordinate("run", "1", "run", np.arange(self.runs)))
            coordinates += coordinates_of(self.circuit, {**self.request.params, **self.request.sets})
        variables = self._variables(dimensions)
        length = self.request.last + 1 - self.first_kept
        return Schema(self.request.name, "time", tuple(coordinates), variables, length, self._attributes())

    def _variables(self, dimensions: tuple[str, ...]) -> tuple[Variable, ...]:
        """How the signals stand in the result."""
        return tuple(o.variable(dimensions) for o in self.outputs)

    def _named(self, run: int) -> str:
        """Which run, at the end of a clause of an error; nothing where there is one only."""
        if self.circuit.runs is not None:
            return f" in {self.circuit.runs.named(run)}"
        return f" in run {run}" if self.has_runs else ""

    def _attributes(self) -> dict[str, Any]:
        return attributes(self.circuit) | {"step": self.step}


def located(problem: SimulationError, circuit: Circuit) -> SimulationError:
    """The error with the place in the netlist of the first instance that it is about."""
    where = next((circuit.instances[n] for n in problem.instances if n in circuit.instances), None)
    if where is None or where.position is None:
        return problem
    return SimulationError(str(Diagnostic(str(problem), where.position, where.expansion)), problem.instances)
