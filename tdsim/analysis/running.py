"""A transient under way: the engine and the clock together, and what a user's process may do to them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuit import Instance, is_shape
from ..engine.clock import Clock, Watch
from ..engine.edges import Edges, next_edge
from ..engine.engine import Engine
from ..engine.state import State, taken_apart
from ..engine.steering import Steering
from ..errors import SimulationError, UsageError, nearest
from ..outputs import Output, resolve
from ..results.dataset import MemorySink
from ..results.schema import Snapshot
from ..shapes import Waveform
from ..signals import parse_signal
from .parameters import given, name_of, set_parameters, single
from .recorder import Record
from .stillness import LONGEST, Stillness, last_change
from .trail import Trail

if TYPE_CHECKING:
    import xarray

    from .transient import Transient


class RunningCircuit:
    """The engine and the clock together: what a user's process reads from and sets."""

    def __init__(
        self,
        transient: Transient,
        engine: Engine,
        recorder: Record,
        stretch: int,
        begin: State,
        earlier: Snapshot | None = None,
    ):
        self.transient, self.engine, self.recorder, self.stretch = transient, engine, recorder, stretch
        self.step, self.runs = transient.step, transient.runs
        self.first = engine.tick if earlier is None else earlier["first"]
        self.circuit = transient.circuit
        self.clock = Clock(engine.tick)
        self._end = transient.request.last + 1
        waveforms = self._waveforms(self.circuit.instances.values())
        self.clock.follow(Edges(waveforms, self.step, engine.tick, self._end, stretch))
        self._outputs: dict[str, Output] = {}
        self._trail: Trail | None = None
        self._settings: dict[str, Any] = {}
        """What processes have set, in the order in which it holds."""
        self._latest: Mapping[str, np.ndarray] = {}
        """The last samples before the start, where a process reads them."""
        self._memories = [copy.deepcopy(memory) for _, memory in self.circuit.processes]
        if begin.steering is not None:
            self._go_on(begin, begin.steering, cut_off=earlier is not None)
        else:
            for (function, _), memory in zip(self.circuit.processes, self._memories, strict=True):
                self.clock.start(function, memory, self)

    # -- states -----------------------------------------------------------------------------------------------

    def state(self) -> State:
        """Where the circuit and its processes are, independent of what they do next.

        Raises UsageError when a process keeps in its memory what a file cannot hold.
        """
        return replace(self.engine.state(), steering=self._steering().copy() if self.circuit.processes else None)

    def snapshot(self) -> Snapshot:
        """All that it takes to go on from here."""
        steering = self._steering() if self.circuit.processes else None
        return {"state": taken_apart(replace(self.engine.state(), steering=steering)), "first": self.first}

    def _steering(self) -> Steering:
        processes = [
            {"name": name_of(function), "memory": memory, "due": sim.due_before, "ended": sim.ended}
            for (function, _), memory, sim in zip(self.circuit.processes, self._memories, self.clock.sims, strict=True)
        ]
        settings = [[name, values] for name, values in self._settings.items()]
        return Steering(processes, settings, {wave: self.engine.latest(wave) for wave in self.engine.program.names})

    def _go_on(self, begin: State, steering: Steering, cut_off: bool) -> None:
        """Start the processes with what they had kept in memory.

        cut_off  what they had set has to be set again; for a run that begins in a state it holds already
        """
        self._latest = steering.latest
        if cut_off:
            for name, values in steering.settings:
                self._set(name, values, again=True)
            if steering.settings:
                self.transient.changed_before(self.circuit, begin)
        else:
            new = given(self.circuit, self.transient.request.params)
            self._settings = {n: v for n, v in steering.settings if n not in new and n.partition("[")[0] not in new}
        for k, ((function, memory), kept) in enumerate(zip(self.circuit.processes, steering.processes, strict=True)):
            if not (memory or kept["memory"] or kept["ended"]):
                raise UsageError(
                    f"process {name_of(function)!r} keeps no memory, so it cannot go on where "
                    "it was left: give circuit.process a dictionary, and let the process keep in it what it needs"
                )
            self._memories[k] = {**memory, **kept["memory"]}
            self.clock.go_on(function, self._memories[k], self, kept["due"], kept["ended"])

    # -- running ----------------------------------------------------------------------------------------------

    def blocks(self, end: int, rest: Callable[[], None]) -> Iterator[tuple[int, int, bool]]:
        """Yield (first tick, samples, whether all is finite) for block after block, until sample `end` - 1 is done.

        rest  called where a snapshot can be taken: all that was yielded before belongs to it
        """
        self.clock.advance(self.engine.tick)
        while self.engine.tick < end:
            tick = self.engine.tick
            looks = [rest.tick for rest in self.clock.rests]
            target = int(min(end, tick + self.stretch, max(tick + 1, min([self.clock.next_tick(), *looks]))))
            if tick < self.recorder.first:
                target = min(target, self.recorder.first)
            finite = self._watched(target) if self.clock.watches else self._run(target - tick)
            if self._trail is not None:
                self._trail.add(self.transient.unknowns(tick, self.engine.tick - tick))
            yield tick, self.engine.tick - tick, finite
            self._look()
            self.clock.advance(self.engine.tick)
            if self.engine.resumable and self.clock.at_rest():
                rest()

    def _look(self) -> None:
        """Wake the processes that wait for rest and have it."""
        due = [rest for rest in self.clock.rests if rest.tick <= self.engine.tick]
        state = self.engine.state() if due else None
        for rest in due:
            assert state is not None
            others = (self._trail.quantities(), self._trail.sizes()) if self._trail else ()
            if rest.judge.look(state, *others).settled.all():
                self.clock.rests.remove(rest)
                rest.event.succeed()
            rest.tick = self.engine.tick + rest.judge.window

    def judge(self, tol: float) -> Stillness:
        """What judges whether the circuit is at rest."""
        if not 1e-12 <= tol < 1:
            raise UsageError(f"wait_settled takes a tolerance between 1e-12 and 1, not {tol:g}")
        change = last_change(self.circuit, self.step, self.transient.request.horizon)
        last, memory = int(change / self.step), self.transient.memory()
        if self._trail is None:
            self._trail = self.transient.trail()
        kinds = self._trail.kinds if self._trail else 0
        return Stillness(self.circuit, self.engine.program, tol, LONGEST, last, memory, kinds)

    def _run(self, count: int) -> bool:
        """Run on for `count` samples; whether all is finite."""
        return self.engine.run(count, *self.recorder.targets(self.engine.tick, count))

    # -- crossings --------------------------------------------------------------------------------------------

    def _watched(self, target: int) -> bool:
        """Run up to `target`, or up to the first crossing that a process waits for."""
        tick = self.engine.tick
        count = min(target - tick, self.engine.chunk)
        bookmark = self.engine.bookmark()
        finite = self._run(count)
        crossings = [(self._crossing(watch, count), watch) for watch in self.clock.watches]
        first = min(sample for sample, _ in crossings)
        if first >= count:
            for _, watch in crossings:
                watch.before = self.read(watch.signal)
            return finite
        self.engine.go_back(bookmark)
        finite = self._run(first + 1)
        for sample, watch in crossings:
            watch.before = self.read(watch.signal)
            if sample == first:
                self.clock.wake(watch, self.engine.tick)
        return finite

    def _crossing(self, watch: Watch, count: int) -> int:
        """Which of the last `count` samples is the first on the other side of the level, in any run; count if none."""
        values = self._history(watch.signal, count)
        below = np.concatenate([watch.before[None] < watch.level, values < watch.level])
        crossed = (below[1:] != below[:-1]).reshape(count, -1).any(axis=1)
        return int(np.argmax(crossed)) if crossed.any() else count

    # -- what a process may do --------------------------------------------------------------------------------

    def next_edge(self, source: str, tick: int) -> int | None:
        """The first tick after `tick` at or after an edge of the shapes that drive an instance."""
        instance = self.circuit.instances.get(source.lower())
        waveforms = self._waveforms([instance] if instance else [])
        if not waveforms:
            driven = [i.name for i in self.circuit.instances.values() if self._waveforms([i])]
            raise UsageError(f"no source shape drives {source!r}{nearest(source, driven)}")
        edge = next_edge(waveforms, self.step, tick, self._end)
        return edge if edge < self._end else None

    def _waveforms(self, instances: Iterable[Instance]) -> list[Waveform]:
        """The shapes that drive instances."""
        stop = self.transient.request.horizon
        return [v.resolve(self.step, stop) for i in instances for v in i.values.values() if is_shape(v)]

    def read(self, signal: str) -> np.ndarray:
        """The latest sample of a signal: (runs,), or (runs, carriers) with several carriers."""
        latest: np.ndarray = self._history(signal, 1)[0]
        return latest

    def _history(self, signal: str, count: int) -> np.ndarray:
        electrical = self.transient.history(parse_signal(signal), count)
        if electrical is not None:
            return electrical
        if signal not in self._outputs:
            self._outputs[signal] = resolve(self.circuit, parse_signal(signal))
        output = self._outputs[signal]
        values = np.moveaxis(output.values(self._samples(output.wave, count)), 1, 2)
        history: np.ndarray = values[..., 0] if values.shape[-1] == 1 else values
        return history

    def _samples(self, wave: str, count: int) -> np.ndarray:
        """The last samples of a wave (count, carriers, runs)."""
        if count == 1 and self.engine.tick == self.clock.started and wave in self._latest:
            return self._latest[wave]
        return self.engine.latest(wave, count)

    def set(self, name: str, values: Any) -> None:
        """Change an instance parameter from the next sample on."""
        self._set(name, values)

    def _set(self, name: str, values: Any, again: bool = False) -> None:
        """Change a parameter; `again` where it had been changed before the run was cut off."""
        each = single(self.circuit, name)
        changed, runs = set_parameters(self.circuit, {name: values})
        if runs is not None and runs not in (1, self.runs):
            raise UsageError(f"set({name!r}) got {runs} values for {self.runs} runs")
        program = self.transient.compile(changed)
        if program.fingerprint != self.engine.program.fingerprint:
            raise SimulationError(
                f"{name} cannot change during a run: it moves a delay; stop, and start with the new one"
            )
        names = [n for n, instance in changed.instances.items() if instance is not self.circuit.instances[n]]
        self.circuit = changed
        for one in each:
            self._settings.pop(one, None)
            self._settings[one] = np.array(values) if np.ndim(values) else values
        self.engine.use(program, self.transient.feeds(program, changed), again)
        if not again:
            self.transient.change(changed, names)
        for rest in self.clock.rests:
            rest.judge.restart()

    def branch(
        self, seconds: float, params: Mapping[str, Any], inputs: Mapping[str, Any], save: Sequence[str]
    ) -> xarray.Dataset:
        """What would become of the circuit, see `Sim.branch`."""
        if not (np.isfinite(seconds) and seconds > 0):
            raise UsageError(f"branch takes a time above zero, not {seconds}")
        circuit, _ = set_parameters(self.transient.original, self.transient.request.params)
        circuit, _ = set_parameters(circuit, self._settings)
        sink = MemorySink()
        self.transient.branch(circuit, self.engine.state(), seconds, params, inputs, save).run(sink)
        sink.close({})
        return sink.result()  # type: ignore[return-value]
