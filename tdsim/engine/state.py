"""State: everything the future of a circuit depends on, as a flat structure of arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import UsageError, nearest
from ..schedule.mirror import Reversal
from ..schedule.program import Program
from .mirror import reversed_samples, without_kick
from .steering import Steering

_FORMAT = 4


@dataclass(frozen=True)
class State:
    """The past that a circuit still remembers, just before the sample `tick`.

    tick     number of the next sample (its time is tick * step)
    step     sample interval (s)
    names    waves with a past, "instance.port" and the like
    depth    (waves,) how many samples of each are remembered
    history  (sum of depths, carriers, runs) complex, sqrt(W): wave after wave, oldest sample first
    memory   (filter states, carriers, runs) complex
    fresh    nothing has been computed yet: the first sample has the initial values
    reversal how it runs backwards (schedule/mirror.py)
    unknowns names of the voltages and currents of its electronics
    electronics  for each run what its electronics remember (nodal/integrator.py), by name; empty where there are none
    steering  what its processes leave behind; None where there are none
    """

    tick: int
    step: float
    names: tuple[str, ...]
    depth: np.ndarray
    history: np.ndarray
    memory: np.ndarray
    fresh: bool = False
    reversal: Reversal | None = None
    unknowns: tuple[str, ...] = ()
    electronics: tuple[Mapping[str, np.ndarray], ...] = ()
    steering: Steering | None = None

    @property
    def time(self) -> float:
        """Time of the next sample, s; of electronics alone the time that was reached."""
        if self.electronics and not self.history.shape[1] and self.tick:
            return float(self.electronics[0][CLOCK][0])
        return self.tick * self.step

    @property
    def runs(self) -> int:
        return int(self.history.shape[-1])

    def copy(self) -> State:
        """An independent copy."""
        electronics = tuple({name: a.copy() for name, a in run.items()} for run in self.electronics)
        copied = replace(self, depth=self.depth.copy(), history=self.history.copy(), memory=self.memory.copy())
        return replace(copied, electronics=electronics, steering=self.steering and self.steering.copy())

    def equals(self, other: State) -> bool:
        """Whether both hold the same bits."""
        first, second = ((s.tick, s.step, s.names, s.fresh, s.unknowns, len(s.electronics)) for s in (self, other))
        return (
            first == second
            and _same_steering(self.steering, other.steering)
            and all(map(_same_arrays, self.electronics, other.electronics))
            and np.array_equal(self.depth, other.depth)
            and np.array_equal(self.history, other.history)
            and np.array_equal(self.memory, other.memory)
        )

    def take(self, runs: int | list[int] | np.ndarray) -> State:
        """The state of these runs, in this order, side by side.

        In the memory of a process, an array with as many rows as there are runs is taken for one row a run.
        """
        chosen = np.atleast_1d(np.asarray(runs))
        if chosen.size == 0 or chosen.min() < -self.runs or chosen.max() >= self.runs:
            raise UsageError(f"the state has runs 0 to {self.runs - 1}, not {runs}")
        reversal = self.reversal
        if reversal is not None:
            taken = {name: getattr(reversal, name)[..., chosen] for name in _LANES}
            reversal = reversal._replace(**taken)
        electronics = tuple(self.electronics[run] for run in chosen) if self.electronics else ()
        history, memory = self.history[..., chosen], self.memory[..., chosen]
        steering = self.steering and self.steering.take(chosen, self.runs)
        found = replace(self, history=history, memory=memory, reversal=reversal, electronics=electronics)
        return replace(found, steering=steering)

    def conjugate(self) -> State:
        """The state from which the circuit runs backwards: every wave and every state as its time-reversed partner.

        Time is turned round at the last sample. A lossless circuit that ran for a time T returns to where it was after
        another T, conjugated; `conjugate` once more gives that state itself. What cannot be reversed (loss, gain, an
        isolator, light that leaves) is named in a warning, and the echo is as good as it allows.
        Raises UsageError for a state that was not made by a simulation, and for one with electronics.
        """
        if self.electronics:
            raise UsageError("electronics do not run backwards: only states of light alone can be conjugated")
        if self.reversal is None:
            raise UsageError(
                "this state does not know its circuit: take one that transient returns (return_state=True)"
            )
        if self.reversal.reasons.size:
            listed = [str(r) for r in self.reversal.reasons]
            more = f", and {len(listed) - 4} more" if len(listed) > 4 else ""
            warnings.warn(f"the echo will not be exact: {'; '.join(listed[:4])}{more}", stacklevel=2)
        if self.fresh:
            raise UsageError("there is nothing to reverse: this circuit has not run yet")
        history, memory = reversed_samples(self.history, self.memory, self.depth, self.reversal)
        return replace(self, history=history, memory=memory)

    def displaced(self, changes: Mapping[str, Any]) -> State:
        """The state with something added to states of light, as a pulse much shorter than the step would do it.

        changes  signal "x(inst.state)" to a number, or to an array (runs,), in the unit of the state
        With several carriers all get the same. Raises UsageError for a state that is not there, and other runs.
        """
        waves = zip(self.names, np.cumsum(self.depth), strict=True)
        history, places = self.history.copy(), {f"x({w[:-1]})": end - 1 for w, end in waves if w.endswith("'")}
        for signal, change in changes.items():
            if signal not in places:
                raise UsageError(f"there is no state {signal}{nearest(signal, places)}")
            if np.shape(change) not in ((), (self.runs,)):
                raise UsageError(f"{signal} can change by a number, or by {self.runs} runs, not {np.shape(change)}")
            history[places[signal]] += change
        return replace(self, history=history)

    def at_time_zero(self) -> State:
        """The same state, from which time counts from 0 again."""
        steering = self.steering and self.steering.earlier(self.tick * self.step)
        return replace(self, tick=0, steering=steering)

    @staticmethod
    def side_by_side(states: Sequence[State]) -> State:
        """The runs of several states of one circuit at one time, as one state."""
        history = np.concatenate([s.history for s in states], axis=-1)
        memory = np.concatenate([s.memory for s in states], axis=-1)
        reversal = _joined([s.reversal for s in states])
        electronics = tuple(run for s in states for run in s.electronics)
        return replace(states[0], history=history, memory=memory, reversal=reversal, electronics=electronics)

    def save(self, path: str | Path) -> None:
        """Write the state to a file (NumPy's .npz format, whatever the name)."""
        plan = {} if self.reversal is None else {f"reversal_{k}": v for k, v in self.reversal._asdict().items()}
        runs: dict[str, Any] = {f"run{k}/{n}": a for k, run in enumerate(self.electronics) for n, a in run.items()}
        steered = {} if self.steering is None else self.steering.saved()
        with _open(path) as file:
            np.savez_compressed(
                file,
                format=_FORMAT,
                tick=self.tick,
                step=self.step,
                names=np.array(self.names, dtype=str),
                depth=self.depth,
                history=self.history,
                memory=self.memory,
                fresh=self.fresh,
                unknowns=np.array(self.unknowns, dtype=str),
                electronics=len(self.electronics),
                **runs,
                **plan,
                **steered,
            )

    @staticmethod
    def load(path: str | Path) -> State:
        """Read a state back. Raises UsageError when the file is not one."""
        try:
            with np.load(path, allow_pickle=False) as data:
                if int(data["format"]) != _FORMAT:
                    raise UsageError(f"{path} was written by another version of tdsim")
                names = tuple(str(n) for n in data["names"])
                arrays = {k: data[k] for k in ("depth", "history", "memory")}
                return State(
                    int(data["tick"]),
                    float(data["step"]),
                    names,
                    **arrays,
                    fresh=bool(data["fresh"]),
                    reversal=_loaded(data),
                    unknowns=tuple(str(n) for n in data["unknowns"]),
                    electronics=tuple(_of_run(data, f"run{k}/") for k in range(int(data["electronics"]))),
                    steering=Steering.loaded(data),
                )
        except (OSError, KeyError, ValueError) as problem:
            raise UsageError(f"{path} is not a saved state: {problem}") from None


CLOCK = "CLOCK"
"""In what electronics remember: the time (s) that they have reached comes first."""

_LANES = ("span", "factor", "ahead", "k", "turn")
"""Fields of a Reversal that end in an axis of runs."""


def _joined(plans: Sequence[Reversal | None]) -> Reversal | None:
    """The plans of several runs side by side."""
    known = [p for p in plans if p is not None]
    if len(known) < len(plans):
        return None
    return known[0]._replace(**{name: np.concatenate([getattr(p, name) for p in known], axis=-1) for name in _LANES})


def _same_arrays(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(a.tobytes() == other[name].tobytes() for name, a in one.items())


def _same_steering(one: Steering | None, other: Steering | None) -> bool:
    return one is other or (one is not None and other is not None and one.equals(other))


def _of_run(data: Any, prefix: str) -> dict[str, np.ndarray]:
    """The arrays of one run's electronics in a saved state."""
    return {name.removeprefix(prefix): data[name] for name in data.files if name.startswith(prefix)}


def _loaded(data: Any) -> Reversal | None:
    """The plan in a saved state."""
    if "reversal_swaps" not in data:
        return None
    return Reversal(**{name: data[f"reversal_{name}"] for name in Reversal._fields})


def taken_apart(state: State) -> dict[str, Any]:
    """The fields of a state by name, for a checkpoint: but for its reversal, which the circuit's program knows."""
    parts = {f.name: getattr(state, f.name) for f in fields(state) if f.name != "reversal"}
    return {**parts, "steering": state.steering and state.steering.parts()}


def put_together(parts: dict[str, Any]) -> State:
    """The state that `taken_apart` took apart."""
    steering = parts["steering"] and Steering(**parts["steering"])
    tuples = {name: tuple(parts[name]) for name in ("names", "unknowns", "electronics")}
    return State(**{**parts, **tuples, "steering": steering})


def remembered(program: Program) -> tuple[tuple[str, ...], np.ndarray]:
    """Names and depths of the waves of a program that have a past."""
    waves = np.flatnonzero(program.tables.depth)
    return tuple(program.names[w] for w in waves), program.tables.depth[waves]


def dark(program: Program, initial: dict[str, np.ndarray] | None = None) -> State:
    """The state of a circuit in which there has never been light.

    initial  values of states at t = 0 by name (inst.state), broadcast to (carriers, runs)
    """
    names, depth = remembered(program)
    shape = (len(program.carriers), program.runs)
    history = np.zeros((int(depth.sum()), *shape), dtype=complex)
    ends = dict(zip(names, np.cumsum(depth), strict=True))
    for name, value in (initial or {}).items():
        history[ends[f"{name}'"] - 1] = value
    memory = np.zeros((program.memory, *shape), dtype=complex)
    return State(0, program.step, names, depth, history, memory, fresh=True, reversal=program.reversal)


def fit(state: State, program: Program) -> State:
    """The state for a program of the same circuit. Raises UsageError when it belongs to another one."""
    if state.step != program.step:
        raise UsageError(f"the state was taken with a step of {state.step:g} s, not {program.step:g} s")
    if state.electronics and not state.history.shape[1]:
        raise UsageError("the state belongs to another circuit: it is one of electronics alone")
    if state.history.shape[1] != len(program.carriers):
        raise UsageError(f"the state has {state.history.shape[1]} carriers, the circuit {len(program.carriers)}")
    if state.runs not in (1, program.runs):
        raise UsageError(f"the state has {state.runs} runs, the simulation {program.runs}")
    names, depth = remembered(program)
    if state.names != names or not np.array_equal(state.depth, depth):
        different = sorted(set(state.names) ^ set(names))[:4]
        detail = f" (different: {', '.join(different)})" if different else ": its delays have changed"
        raise UsageError(f"the state belongs to another circuit{detail}")
    shape = (len(program.carriers), program.runs)
    history = np.ascontiguousarray(np.broadcast_to(state.history, (state.history.shape[0], *shape)))
    memory = np.ascontiguousarray(np.broadcast_to(state.memory, (state.memory.shape[0], *shape)))
    if state.reversal is not None and program.reversal is not None and not state.fresh:
        history = without_kick(history, depth, state.reversal, program.reversal)
    return replace(state, history=history, memory=memory, reversal=program.reversal)


def _open(path: str | Path) -> IO[bytes]:
    """A file to write to. Raises UsageError when there can be none."""
    try:
        return open(path, "wb")
    except OSError as error:
        raise UsageError(f"the state cannot be written to {path}: {error.strerror}") from None
