"""The clock: SimPy's environment in ticks of the sample interval, and what a user's process sees of the circuit.

Between two events the engine runs undisturbed in compiled code. An event at tick n happens before sample n is
computed: what a process reads is sample n - 1, and what it sets holds from sample n on.

The edges of sources are events. There is one pending at a time, the next of all sources; edges so dense that the
queue would cost more than the samples between them are passed over (edges.py) and are events only for a process that
waits for them. What comes out does not depend on it: sources are evaluated with their edges wherever a stretch ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import simpy

from ..errors import SimulationError, TdsimError, UsageError
from .edges import ON_GRID
from .state import State

if TYPE_CHECKING:
    import xarray


class Resting(Protocol):
    """What judges whether a circuit is at rest: the number of samples until its next look, and that look."""

    @property
    def window(self) -> int: ...

    def look(self, state: State) -> Any: ...

    def restart(self) -> None: ...


class Bench(Protocol):
    """What a process can do to the circuit under way."""

    step: float
    runs: int

    def next_edge(self, source: str, tick: int) -> int | None: ...

    def read(self, signal: str) -> np.ndarray: ...

    def set(self, name: str, values: Any) -> None: ...

    def judge(self, tol: float) -> Resting: ...

    def branch(
        self, seconds: float, params: Mapping[str, Any], inputs: Mapping[str, Any], save: Sequence[str]
    ) -> xarray.Dataset: ...


@dataclass
class Watch:
    """A process waits until `signal` crosses `level` (in the first run that does)."""

    signal: str
    level: float
    event: simpy.Event
    before: np.ndarray


@dataclass
class Rest:
    """A process waits until the whole state is at rest in every run; the next look is due at `tick`."""

    judge: Resting
    event: simpy.Event
    tick: int


class Clock:
    """Integer ticks; equal times are equal by construction."""

    def __init__(self, tick: int = 0):
        self.environment = simpy.Environment(initial_time=tick)
        self.started = tick
        self.watches: list[Watch] = []
        self.sims: list[Sim] = []
        self.acted = False
        """Whether a process has gone on at the present tick."""
        self.rests: list[Rest] = []
        self._waits = 0
        """How many processes wait for a time."""

    def start(self, function: Callable[..., Any], memory: dict[str, Any], bench: Bench) -> None:
        """Let a user's generator function run along."""
        self._start(function, memory, Sim(self, bench))

    def go_on(
        self, function: Callable[..., Any], memory: dict[str, Any], bench: Bench, due: float, ended: bool
    ) -> None:
        """Let it run along again, where it had waited since `due` (s), or had ended."""
        sim = Sim(self, bench, due, ended)
        if ended:
            self.sims.append(sim)
        else:
            self._start(function, memory, sim)

    def _start(self, function: Callable[..., Any], memory: dict[str, Any], sim: Sim) -> None:
        self.sims.append(sim)
        process = function(sim, memory)
        if not isinstance(process, Generator):
            raise UsageError(
                f"process {getattr(function, '__name__', function)!r} must be a generator: it has no yield"
            )
        name = getattr(function, "__name__", "process")
        self.environment.process(self._guarded(process, name, sim))

    def _guarded(self, process: Generator[Any, Any, Any], name: str, sim: Sim) -> Generator[Any, Any, Any]:
        """The process; its exceptions end the simulation with a sentence."""
        try:
            event = next(process)
            while isinstance(event, simpy.Event):
                event = process.send((yield event))
            raise UsageError(
                f"process {name!r} yields {event!r} at t = {self.environment.now:g} samples: yield what sim.wait(...), "
                "sim.wait_cross(...) and the like give"
            )
        except StopIteration:
            sim.ended = True
        except TdsimError:
            raise
        except Exception as problem:
            raise SimulationError(
                f"process {name!r} failed at t = {self.environment.now:g} samples: {type(problem).__name__}: {problem}"
            ) from problem

    def follow(self, edges: Iterable[int]) -> None:
        """Let each of these ticks, which rise, be an event."""
        self.environment.process(self._followed(edges))

    def _followed(self, edges: Iterable[int]) -> Generator[simpy.Event, None, None]:
        for tick in edges:
            yield self.environment.timeout(tick - int(self.environment.now))

    def next_tick(self) -> float:
        """Tick of the next event; infinity when there is none."""
        return self.environment.peek()

    def at_rest(self) -> bool:
        """Whether the processes can be started anew from here: one has just acted, or none waits for a time.

        A process that is started in the middle of a wait would begin that wait again.
        """
        return self.acted or not self._waits

    def timeout(self, ticks: int) -> simpy.Event:
        """What a process yields to go on after so many ticks."""
        self._waits += 1
        event = self.environment.timeout(ticks)
        event.callbacks.append(self._waited)
        return event

    def _waited(self, event: simpy.Event) -> None:
        self._waits -= 1
        self.acted = True

    def crossing(self, signal: str, level: float, before: np.ndarray) -> simpy.Event:
        """What a process yields to go on when a signal, now at `before`, has crossed a level."""
        event = self._condition()
        self.watches.append(Watch(signal, level, event, before))
        return event

    def rest(self, judge: Resting) -> simpy.Event:
        """What a process yields to go on when the circuit is at rest."""
        event = self._condition()
        self.rests.append(Rest(judge, event, int(self.environment.now) + judge.window))
        return event

    def _condition(self) -> simpy.Event:
        """An event that comes when something is found to be so."""
        event = self.environment.event()
        event.callbacks.append(self._came)
        return event

    def _came(self, event: simpy.Event) -> None:
        self.acted = True

    def wake(self, watch: Watch, tick: int) -> None:
        """Let the process that waits for a crossing go on at `tick`."""
        self.watches.remove(watch)
        self._move(tick)
        watch.event.succeed()

    def advance(self, tick: int) -> None:
        """Let everything happen that is due at or before `tick`."""
        self._move(tick)
        self.acted = False
        while self.environment.peek() <= tick:
            self.environment.step()

    def _move(self, tick: int) -> None:
        """Let everything happen that is due before `tick`, and set the time to it."""
        if tick > self.environment.now:
            self.environment.run(until=tick)


class Sim:
    """The circuit as a process sees it.

    `now`, `runs`, `read` and `set`; `branch` looks ahead; `wait`, `wait_edge`, `wait_cross` and `wait_settled` give
    what the process has to yield.
    """

    def __init__(self, clock: Clock, bench: Bench, left: float | None = None, ended: bool = False):
        self._clock, self._bench = clock, bench
        self._left = left
        """Since when (s) the process waited where the run was left; None once it waits again."""
        self.due = self.due_before = left or 0.0
        """The time, s, up to which this process has asked to wait: steps do not add up to an error."""
        self.ended = ended
        """Whether the process has come to its end."""

    @property
    def now(self) -> float:
        """Time, s."""
        return self._clock.environment.now * self._bench.step

    @property
    def runs(self) -> int:
        """How many runs go on side by side."""
        return self._bench.runs

    def wait(self, seconds: float) -> simpy.Event:
        """`yield sim.wait(1e-9)`: go on at the first sample at or after that time.

        Waits that follow each other add up exactly, however they lie between the samples.
        """
        if not math.isfinite(seconds) or seconds <= 0:
            raise UsageError(f"wait takes a time above zero, not {seconds}")
        step, tick = self._bench.step, int(self._clock.environment.now)
        under_way = self._left is not None and self.due <= tick * step < self.due + seconds
        self._left = None
        if not under_way and math.ceil(self.due / step - ON_GRID) != tick:
            self.due = tick * step
        self.due_before = self.due
        self.due += seconds
        return self._clock.timeout(max(0, math.ceil(self.due / step - ON_GRID) - tick))

    def wait_edge(self, source: str) -> simpy.Event:
        """`yield sim.wait_edge("xl")`: go on at the source's next edge, just before the first sample after it.

        An edge is a kink or a jump of a shape that drives the instance; after the last one the process never goes on.
        """
        self._left, now = None, int(self._clock.environment.now)
        tick = self._bench.next_edge(source, now)
        return self._clock.environment.event() if tick is None else self._clock.timeout(tick - now)

    def wait_cross(self, signal: str, level: float) -> simpy.Event:
        """`yield sim.wait_cross("p(out)", 1e-3)`: go on after the first sample on the other side of the level."""
        self._left = None
        return self._clock.crossing(signal, level, self.read(signal))

    def wait_settled(self, tol: float = 1e-6) -> simpy.Event:
        """`yield sim.wait_settled()`: go on when the whole state is in equilibrium, in every run."""
        self._left = None
        return self._clock.rest(self._bench.judge(tol))

    def read(self, signal: str) -> np.ndarray:
        """The latest sample of a signal, (runs,), or (runs, carriers) with several carriers."""
        return self._bench.read(signal)

    def set(self, name: str, values: Any) -> None:
        """Set an instance parameter, `sim.set("xps.phase", 0.3)`: a number, or (runs,) numbers, from this sample on."""
        self._bench.set(name, values)

    def branch(
        self,
        seconds: float,
        params: Mapping[str, Any] | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        save: Sequence[str] = (),
    ) -> xarray.Dataset:
        """What would become of the circuit from here: it is continued in branches, and itself stays where it is.

        seconds  how far, from the latest sample on
        params   "inst.parameter" to a number, or to an array (branches,), which makes as many branches side by side;
                 where the transient has many runs, (runs,). They hold as from `set`, in the branches only
        inputs   what enters sources and external ports from now on: a number holds all the way; samples as in
                 `tdsim.transient`, the first of them for the next sample
        save     signals to keep besides those of the transient
        Returns a Dataset as a transient does, from the next sample on. Other processes do nothing in branches; noise
        and the shapes of sources go on as they will in the transient itself.
        Raises UsageError and SimulationError as `tdsim.transient`.
        """
        return self._bench.branch(seconds, params or {}, inputs or {}, save)
