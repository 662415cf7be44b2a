"""Run a circuit until it is at rest: `.settle`, and `tdsim.settle`.

Every run of a batch is judged by itself, and those at rest are soon left out of the computation. A circuit that has not
come to rest by `tmax` is said to be too slow, to oscillate, to drift or to move irregularly (verdict.py).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..engine.feeds import Feed
from ..engine.sources import input_waves, standing
from ..engine.state import State
from ..errors import SimulationError, UsageError
from ..results.schema import Schema, Sink
from ..schedule.program import Program
from ..units import engineering
from .fixed_point import settled_state, solve
from .parameters import of_runs
from .recorder import Block
from .request import Request
from .running import RunningCircuit
from .stillness import SHORTEST, Look, Stillness, last_change
from .transient import Progress, Transient
from .verdict import Verdict, judge

WINDOWS = 12
"""At least so many windows fit between the start and tmax."""

RECORD = 1 << 21
"""Numbers kept to judge by what does not settle."""

WATCHED = 12
"""Waves, spread over the circuit, that are watched for that."""


@dataclass
class SettleRequest:
    """One search for an equilibrium: tolerance, longest time and step in s; the rest as in a transient.

    inputs  constant waves by source instance or external port: a number, (runs,) or (runs, carriers)
    """

    tol: float
    tmax: float
    step: float
    inputs: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    save: Any = None
    state: State | None = None
    extra: Any = ()
    name: str = "settle"

    def check(self) -> None:
        """Raise UsageError for a tolerance or times that make no sense."""
        if not 1e-12 <= self.tol < 1:
            raise UsageError(f"tol must lie between 1e-12 and 1, not {self.tol:g}: it is a part of the largest value")
        if not (np.isfinite(self.tmax) and self.tmax > 0):
            raise UsageError(f"tmax must be above zero, not {self.tmax:g} s")


def fixed_point(circuit: Circuit, request: SettleRequest, sink: Sink) -> State:
    """The equilibrium by direct solution, into a sink; returns its State."""
    began = time.perf_counter()
    prepared = Settling(circuit, replace(request, state=None))
    found = solve(prepared.circuit, prepared.program, prepared.inputs, request.tmax, request.state)
    names = {o.wave for o in prepared.outputs if o.wave}
    waves = {name: found.of(name) for name in names}
    sink.begin(prepared.schema_at_rest())
    sink.append(np.zeros(1), prepared.values_at_rest(waves))
    sink.finish({"wall_time": time.perf_counter() - began})
    return settled_state(found, prepared.program)


@dataclass
class Outcome:
    """What became of each run; arrays are (runs,).

    state        at the end, all runs
    settled      whether it came to rest
    settle_time  s, nan where it did not
    residual     what is still to come, in units of the largest value; inf where that cannot be said
    contraction  of the changes from one look to the next
    rotation     (carriers, runs) Hz: a positive one is a higher frequency; 0 for what stands still
    verdicts     what does not settle does
    """

    state: State
    settled: np.ndarray
    settle_time: np.ndarray
    residual: np.ndarray
    contraction: np.ndarray
    rotation: np.ndarray
    verdicts: list[Verdict]

    def attributes(self, single: bool) -> dict[str, Any]:
        """How a result says it: numbers, or arrays along the runs."""

        def plain(values: np.ndarray) -> Any:
            return values[0].item() if single else values

        words = [v.word for v in self.verdicts]
        periods = np.array([v.period for v in self.verdicts])
        found = {
            "settled": plain(self.settled.astype(int)),
            "settle_time": plain(self.settle_time),
            "residual": plain(self.residual),
            "contraction": plain(self.contraction),
            "verdict": words[0] if single else " ".join(w.replace(" ", "_") for w in words),
        }
        if np.any(self.rotation != 0):
            found["rotation"] = plain(self.rotation[0]) if len(self.rotation) == 1 else self.rotation.T
        if np.isfinite(periods).any():
            found["period"] = plain(periods)
        return found

    def problem(
        self, request: SettleRequest, named: Callable[[int], str] = "run {}".format, single: str = "the circuit"
    ) -> str:
        """A sentence about the first run that did not settle, or the `single` one; "" when all did."""
        missed = np.flatnonzero(~self.settled)
        if not missed.size:
            return ""
        first = int(missed[0])
        what = self.verdicts[first].sentence(request.tol, engineering(request.tmax, "s"))
        which = (
            f"{named(first)}, one of {missed.size} of {self.settled.size} runs," if self.settled.size > 1 else single
        )
        return f"{which} did not settle to {request.tol:g} within {engineering(request.tmax, 's')}: {what}"


def transient_request(asked: SettleRequest, carriers: int) -> Request:
    """The transient that a search for an equilibrium runs. Raises UsageError for what makes no sense."""
    asked.check()
    held = {name: _held(name, value, carriers) for name, value in asked.inputs.items()}
    start = 0 if asked.state is None else asked.state.tick
    stop = asked.tmax + start * asked.step
    given = {"inputs": held, "params": asked.params, "save": asked.save, "state": asked.state, "extra": asked.extra}
    return Request(asked.step, stop, return_state=True, name=asked.name, **given)


class Settles(Transient):
    """A transient that ends when every run is at rest; `asked` is set before anything else."""

    asked: SettleRequest
    # -- electronics, where there are any -------------------------------------------------------------------------

    def electrical(self, unknowns: np.ndarray) -> dict[str, np.ndarray]:
        """The electrical signals of a result, (runs, samples) or (samples,)."""
        return {}

    def seen(self, unknowns: np.ndarray) -> np.ndarray:
        """Signals (signals, runs, samples) that show what the electronics do."""
        return np.zeros((0, *unknowns.shape[2:]))

    def ended(self, state: State) -> State:
        """The final state as the result gives it."""
        return state

    def settle(self, sink: Sink, progress: Progress | None = None) -> Outcome:
        """Run until all is at rest, or to tmax. Raises SimulationError when a wave is no longer finite."""
        began = time.perf_counter()
        sink.resume(self.request.name)  # always from its beginning: it leaves no checkpoints
        sink.begin(self._schema())
        course = _Course(self, sink)
        steps = course.follow(progress)
        outcome = course.outcome()
        outcome.state = self.ended(outcome.state)
        final = {"wall_time": time.perf_counter() - began, "steps": steps, "tol": self.asked.tol}
        sink.finish({**final, **outcome.attributes(not self.has_runs)})
        return outcome

    def feeds(self, program: Program, circuit: Circuit) -> dict[int, Feed]:
        """What gives the program's sources, inputs and driven coefficients; inputs stand still."""
        found = super().feeds(program, circuit)
        for wave, name in input_waves(program):
            if name in self.inputs:
                found[wave] = standing(self.inputs[name])
        return found

    def inputs_until(self, last: int) -> dict[str, Any]:
        return {name: np.repeat(x, last + 1, axis=-1) for name, x in self.request.inputs.items()}

    def _schema(self) -> Schema:
        return replace(super()._schema(), length=None)

    def schema_at_rest(self) -> Schema:
        """The schema of one instant."""
        return replace(super()._schema(), length=1)

    def values_at_rest(self, waves: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs from waves (carriers, runs)."""
        place = {name: k for k, name in enumerate(waves)}
        stacked = np.stack(list(waves.values())) if waves else np.zeros((0, len(self.circuit.carriers), self.runs))
        return self._values(place, stacked[..., None])

    def put(self, sink: Sink, tick: int, block: np.ndarray, unknowns: np.ndarray) -> None:
        """Hand samples (waves of the outputs, carriers, runs, times) of all runs on, and electrical unknowns."""
        times = np.arange(tick, tick + block.shape[-1]) * self.step
        place = {self.program.names[w]: k for k, w in enumerate(self._probes())}
        sink.append(times, self._values(place, block) | self.electrical(unknowns))

    def _values(self, place: dict[str, int], block: np.ndarray) -> dict[str, np.ndarray]:
        """Samples (waves, carriers, runs, times), whose places go by name, with the dimensions of the result."""
        ordered = block.transpose(0, 2, 1, 3)
        if len(self.circuit.carriers) == 1:
            ordered = ordered[:, :, 0]
        if not self.has_runs:
            ordered = ordered[:, 0]
        dark = np.zeros(ordered.shape[1:], dtype=complex)
        return {o.name: o.values(ordered[place[o.wave]] if o.wave else dark) for o in self.outputs}

    def watch(self) -> tuple[RunningCircuit, Block]:
        """The engine and the clock, ready to run, and the samples of the outputs' waves, then of those `watched`."""
        probes = [*self._probes(), *self.watched()]
        block = Block(self.program, probes, self.stretch(probes))
        return self.begin(block, probes), block

    def only(self, runs: np.ndarray, state: State) -> Settles:
        """The same for some of the runs, from their state on."""
        taken = replace(
            self.asked,
            inputs={k: _some(v, runs) for k, v in self.asked.inputs.items()},
            params=of_runs(self.circuit, self.asked.params, runs),
            state=state,
            tmax=self.asked.tmax - (state.tick - self.first_tick) * self.step,
        )
        circuit = copy.copy(self.original)
        circuit.runs = None if circuit.runs is None else circuit.runs.take(runs)
        return self.again(circuit, taken)

    def again(self, circuit: Circuit, asked: SettleRequest) -> Settles:
        """A search of the same kind."""
        raise NotImplementedError

    @property
    def first_tick(self) -> int:
        return 0 if self.asked.state is None else self.asked.state.tick

    def watched(self) -> list[int]:
        """Waves that show what the circuit does: the states of devices, then delay lines from all over it."""
        names = [f"{i.name}.{s}" for i in self.circuit.instances.values() for s in i.device.states]
        states = [self.program.index[n] for n in names if n in self.program.index][:WATCHED]
        waves = np.flatnonzero(self.program.tables.depth)
        spread = waves[np.unique(np.linspace(0, waves.size - 1, WATCHED).astype(int))] if waves.size else waves
        return sorted({*states, *map(int, spread[: WATCHED - len(states)])})


class Settling(Settles):
    """The search for an equilibrium of a circuit of light."""

    def __init__(self, circuit: Circuit, request: SettleRequest):
        self.asked = request
        super().__init__(circuit, transient_request(request, len(circuit.carriers)))

    def again(self, circuit: Circuit, asked: SettleRequest) -> Settles:
        return Settling(circuit, asked)


def _held(name: str, value: Any, carriers: int) -> np.ndarray:
    """A constant input as one sample: (1,), (runs, 1, 1) or (runs, carriers, 1)."""
    array: np.ndarray = np.asarray(value)
    if array.ndim > 2 or (array.ndim == 2 and array.shape[1] not in (1, carriers)):
        raise UsageError(f"input {name!r} of a search for an equilibrium is a number, (runs,) or (runs, carriers)")
    return array[:, None, None] if array.ndim == 1 else array[..., None]


def _some(value: Any, runs: np.ndarray) -> Any:
    """What belongs to these runs of a value that may differ between runs."""
    return np.asarray(value)[runs] if np.ndim(value) > 0 and len(value) > 1 else value


class _Course:
    """The run itself: which runs are still computed, and what became of the others."""

    def __init__(self, whole: Settles, sink: Sink):
        self.whole, self.sink = whole, sink
        self.runs = whole.runs
        self.active = np.arange(self.runs)
        self.settled = np.zeros(self.runs, dtype=bool)
        self.settle_time = np.full(self.runs, np.nan)
        self.residual = np.full(self.runs, np.inf)
        self.contraction = np.full(self.runs, np.nan)
        self.rotation = np.zeros((len(whole.circuit.carriers), self.runs))
        self.verdicts = [Verdict("settled")] * self.runs
        self.held: dict[str, np.ndarray] = {}
        self.left: dict[int, State] = {}
        self.now = whole
        self.bench = self._begin(whole)
        self.end = whole.request.last + 1
        step = whole.step
        change = last_change(whole.circuit, step, whole.request.stop)
        longest = max(1, (self.end - self.bench.engine.tick) // WINDOWS)
        self.trail = whole.trail()
        kinds = self.trail.kinds if self.trail else 0
        last = int(change / step)
        self.stillness = Stillness(whole.circuit, whole.program, whole.asked.tol, longest, last, whole.memory(), kinds)
        self.record: list[np.ndarray] = []

    def _begin(self, settling: Settles) -> RunningCircuit:
        bench, self.block = settling.watch()
        self.names = [settling.program.names[w] for w in settling.watched()]
        return bench

    def follow(self, progress: Progress | None) -> int:
        """Advance until all is at rest, or to the end; returns the number of samples."""
        first = self.bench.engine.tick
        while self.bench.engine.tick < self.end and not self.settled.all():
            self._advance(min(self.end, self.bench.engine.tick + self.stillness.window))
            if progress is not None:
                progress((self.bench.engine.tick - first) * self.whole.step, self.whole.asked.tmax)
            others = (self.trail.quantities(), self.trail.sizes()) if self.trail else ()
            self._take(self.stillness.look(self.bench.engine.state(), *others))
            computed = self.settled[self.active]
            if computed.any() and not computed.all() and 2 * computed.sum() >= computed.size:
                self._leave_out(computed & ~self.rotation[:, self.active].any(axis=0))
        if not self.settled.all():
            self._judge()
        return self.bench.engine.tick - first

    def _advance(self, target: int) -> None:
        for tick, count, finite in self.bench.blocks(target, _nothing):
            good, problem = (count, "") if finite else self.block.problem(tick, count)
            outputs = len(self.block.samples) - len(self.names)
            unknowns = self.now.unknowns(tick, good)
            light = self._all_runs("light", self.block.samples[:outputs, ..., :good])
            self.whole.put(self.sink, tick, light, self._all_runs("unknowns", unknowns))
            if problem:
                raise SimulationError(problem)
            if self.trail:
                self.trail.add(unknowns)
            self._remember(self.block.samples[outputs:], unknowns)

    def _all_runs(self, what: str, block: np.ndarray) -> np.ndarray:
        """Samples of all runs from those that are computed; what is at rest repeats its last one."""
        if self.active.size == self.runs:
            if block.shape[-1]:
                self.held[what] = block[..., -1:].copy()
            return block
        whole = np.repeat(self.held[what], block.shape[-1], axis=-1)
        whole[:, :, self.active] = block
        return whole

    def _remember(self, block: np.ndarray, unknowns: np.ndarray) -> None:
        """Keep moduli and products of the watched waves, and voltages, as far back as there is room."""
        self.record.append(np.concatenate([_observables(block), self.now.seen(unknowns)]))
        size = self.record[0][..., :1].size
        while len(self.record) > 1 and (sum(r.shape[-1] for r in self.record[1:])) * size > RECORD:
            self.record.pop(0)

    def _take(self, look: Look) -> None:
        """Write down what a look has found about the runs that are not at rest yet."""
        fresh = ~self.settled[self.active]
        runs = self.active[fresh]
        self.residual[runs], self.contraction[runs] = look.residual[fresh], look.contraction[fresh]
        new = fresh & look.settled
        runs = self.active[new]
        self.settled[runs] = True
        self.settle_time[runs] = (look.tick - 1) * self.whole.step
        if look.turned[:, new].any():
            self.rotation[:, runs] = self._rotation(look)[:, new]

    def _rotation(self, look: Look) -> np.ndarray:
        """The frequency (Hz) at which each carrier's waves turn, (carriers, runs), from sample to sample."""
        waves = np.stack([self.bench.engine.latest(name, SHORTEST) for name in self.names])
        product = (waves[:, :-1].conj() * waves[:, 1:]).sum(axis=(0, 1))
        frequency: np.ndarray = -np.angle(product) / (2 * np.pi * self.whole.step)
        return np.where(look.turned != 0, frequency, 0.0)

    def _leave_out(self, done: np.ndarray) -> None:
        """Go on without the runs that are at rest."""
        if not done.any() or self.whole.circuit.processes:
            return
        state = self.bench.engine.state()
        for place in np.flatnonzero(done):
            self.left[int(self.active[place])] = state.take([int(place)])
        keep = np.flatnonzero(~done)
        self.active = self.active[keep]
        self.now = self.whole.only(self.active, state.take(keep))
        self.bench = self._begin(self.now)
        self.stillness.take(keep)
        self.record = [r[:, keep] for r in self.record]
        if self.trail:
            self.trail.take(keep)

    def _judge(self) -> None:
        """Say what the runs do that have not come to rest."""
        signals = np.concatenate(self.record, axis=-1)
        signals = signals[..., signals.shape[-1] // 2 :]
        for place, run in enumerate(self.active):
            if not self.settled[run]:
                self.verdicts[run] = judge(signals[:, place], self.whole.step)

    def outcome(self) -> Outcome:
        last = self.bench.state()
        state = last
        if self.left:
            parts = {**self.left, **{int(run): last.take([k]) for k, run in enumerate(self.active)}}
            state = State.side_by_side([replace(parts[run], tick=last.tick) for run in range(self.runs)])
        return Outcome(
            state, self.settled, self.settle_time, self.residual, self.contraction, self.rotation, self.verdicts
        )


def _nothing() -> None:
    """For what has no checkpoints."""


def _observables(block: np.ndarray) -> np.ndarray:
    """What can be told of waves (waves, carriers, runs, times) whatever their common phase: (signals, runs, times)."""
    power = block.real**2 + block.imag**2
    between = (block[:1].conj() * block[1:]).real
    found: np.ndarray = np.concatenate([power, between])
    return found.reshape(found.shape[0] * found.shape[1], *found.shape[2:])
