"""State: everything the future of a circuit depends on, as a flat structure of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError
from ..schedule.program import Program

_FORMAT = 2


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
    """

    tick: int
    step: float
    names: tuple[str, ...]
    depth: np.ndarray
    history: np.ndarray
    memory: np.ndarray
    fresh: bool = False

    @property
    def time(self) -> float:
        """Time of the next sample, s."""
        return self.tick * self.step

    @property
    def runs(self) -> int:
        return int(self.history.shape[-1])

    def copy(self) -> State:
        """An independent copy."""
        return replace(self, depth=self.depth.copy(), history=self.history.copy(), memory=self.memory.copy())

    def equals(self, other: State) -> bool:
        """Whether both hold the same bits."""
        return (
            (self.tick, self.step, self.names, self.fresh) == (other.tick, other.step, other.names, other.fresh)
            and np.array_equal(self.depth, other.depth)
            and np.array_equal(self.history, other.history)
            and np.array_equal(self.memory, other.memory)
        )

    def take(self, runs: int | list[int] | np.ndarray) -> State:
        """The state of these runs, in this order, side by side."""
        chosen = np.atleast_1d(np.asarray(runs))
        if chosen.size == 0 or chosen.min() < -self.runs or chosen.max() >= self.runs:
            raise UsageError(f"the state has runs 0 to {self.runs - 1}, not {runs}")
        return replace(self, history=self.history[..., chosen], memory=self.memory[..., chosen])

    def at_time_zero(self) -> State:
        """The same state, from which time counts from 0 again."""
        return replace(self, tick=0)

    @staticmethod
    def side_by_side(states: Sequence[State]) -> State:
        """The runs of several states of one circuit at one time, as one state."""
        history = np.concatenate([s.history for s in states], axis=-1)
        return replace(states[0], history=history, memory=np.concatenate([s.memory for s in states], axis=-1))

    def save(self, path: str | Path) -> None:
        """Write the state to a file (NumPy's .npz format, whatever the name)."""
        with open(path, "wb") as file:
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
                return State(int(data["tick"]), float(data["step"]), names, **arrays, fresh=bool(data["fresh"]))
        except (OSError, KeyError, ValueError) as problem:
            raise UsageError(f"{path} is not a saved state: {problem}") from None


def taken_apart(state: State) -> dict[str, Any]:
    """The fields of a state by name, for a checkpoint."""
    return {f.name: getattr(state, f.name) for f in fields(state)}


def put_together(parts: dict[str, Any]) -> State:
    """The state that `taken_apart` took apart."""
    return State(**{**parts, "names": tuple(parts["names"])})


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
    return State(0, program.step, names, depth, history, memory, fresh=True)


def fit(state: State, program: Program) -> State:
    """The state for a program of the same circuit. Raises UsageError when it belongs to another one."""
    if state.step != program.step:
        raise UsageError(f"the state was taken with a step of {state.step:g} s, not {program.step:g} s")
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
    return replace(state, history=history, memory=memory)
