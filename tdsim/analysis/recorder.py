"""Between the engine and a sink: where samples go, and what has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from ..engine.outlets import BLOWN_UP, POWER, REAL, WHOLE, Outlet, Targets
from ..outputs import Output
from ..results.buffer import empty_values
from ..results.schema import Room, Schema, Sink
from ..schedule.program import Program
from ..units import engineering

Named = Callable[[int], str]


class Record(Protocol):
    """Where the samples of a run go. Before the tick `first` none are wanted."""

    first: int

    def targets(self, tick: int, count: int) -> tuple[Targets, int]:
        """Where the next `count` samples go: arrays, and their place in them."""
        ...


class Recorder:
    """Lets the engine write into the sink's own arrays, where it has room, and tells the sink what is there.

    first     tick of the first sample to keep; a block lies wholly before it or wholly behind
    longest   samples of the longest block
    others    gives the signals that are not the engine's, for so many samples from a tick on
    named     says at the end of a sentence which run it is about
    """

    def __init__(
        self,
        sink: Sink,
        schema: Schema,
        outputs: Sequence[Output],
        program: Program,
        first: int,
        longest: int,
        others: Callable[[int, int], dict[str, np.ndarray]] | None = None,
        named: Named = lambda run: "",
    ):
        self._others, self._named = others, named
        self._sink, self._schema, self._outputs, self._program = sink, schema, outputs, program
        self.first, self._longest = first, longest
        self._numbers, self._axis = np.arange(longest, dtype=float), np.empty(longest)
        self._own: Room | None = None
        self._room = Room({}, 0)
        self._cut: tuple[int, dict[str, np.ndarray]] = (0, {})
        """The first so many samples of our own room."""
        self._targets = Targets()

    def targets(self, tick: int, count: int) -> tuple[Targets, int]:
        if tick < self.first:
            return Targets(), 0
        room, before = self._sink.room(count), self._room
        self._room = room or self._room_of_our_own()
        if self._room.values is not before.values:
            self._targets = self._outlets(self._room.values, dark=room is not None)
        return self._targets, self._room.place

    def _outlets(self, values: Mapping[str, np.ndarray], dark: bool) -> Targets:
        index = self._program.index
        found = [Outlet(index[o.wave], _kind(o), self._by_lane(values[o.name])) for o in self._outputs if o.wave]
        return Targets(found, dark)

    def _room_of_our_own(self) -> Room:
        """A buffer that every block overwrites; what nothing arrives at stays zero."""
        if self._own is None:
            self._own = Room(empty_values(self._schema, self._longest), 0)
        return self._own

    def _by_lane(self, values: np.ndarray) -> np.ndarray:
        """An array with the dimensions of the result as (carriers, runs, times)."""
        dimensions = self._schema.variables[0].dimensions
        whole = values if "run" in dimensions else values[None]
        return (whole if "carrier" in dimensions else whole[:, None]).swapaxes(0, 1)

    def keep(self, tick: int, count: int) -> None:
        """Hand the first `count` samples of the block at `tick` on."""
        if tick >= self.first:
            times = np.add(self._numbers[:count], tick, out=self._axis[:count])
            times *= self._program.step
            others = self._others(tick, count) if self._others else {}
            self._sink.append(times, {**self._overwritten(count), **others})

    def _overwritten(self, count: int) -> dict[str, np.ndarray]:
        """The samples that the sink has not yet, because the next block overwrites them."""
        if self._own is None or self._room is not self._own:
            return {}
        if count != self._cut[0]:
            self._cut = count, {name: values[..., :count] for name, values in self._own.values.items()}
        return self._cut[1]

    def problem(self, tick: int, count: int) -> tuple[int, str]:
        """How many samples of a block are finite, and a sentence about the first that is not."""
        span = slice(self._room.place, self._room.place + count)
        found = {o: self._room.values[o.name][..., span] for o in self._outputs if o.wave}
        kept = {o.wave: values for o, values in found.items() if not o.is_power}
        powers = {o.wave: values / BLOWN_UP for o, values in found.items() if o.is_power}
        runs = "run" in self._schema.variables[0].dimensions
        by_run = {wave: values if runs else values[None] for wave, values in (powers | kept).items()}
        return first_bad(by_run, tick, self._program.step, self._named)


class Block:
    """The samples (waves, carriers, runs, times) of some waves; every block overwrites them.

    before  there is `room` for so many samples before those of the block
    """

    first = 0

    def __init__(self, program: Program, waves: Sequence[int], longest: int, before: int = 0):
        self._program, self._waves, self.before = program, waves, before
        self.room = np.zeros((len(waves), len(program.carriers), program.runs, before + longest), dtype=complex)
        self.samples = self.room[..., before:]
        self.outlets = [Outlet(wave, WHOLE, self.samples[k]) for k, wave in enumerate(waves)]
        self._targets = Targets(self.outlets)

    def targets(self, tick: int, count: int) -> tuple[Targets, int]:
        self.samples = self.room[..., self.before : self.before + count]
        return self._targets, 0

    def problem(self, tick: int, count: int) -> tuple[int, str]:
        """How many samples of a block are finite, and a sentence about the first that is not."""
        names = [self._program.names[wave] for wave in self._waves]
        by_run = self.samples[..., :count].swapaxes(1, 2)
        return first_bad(dict(zip(names, by_run, strict=True)), tick, self._program.step)


def first_bad(
    samples: Mapping[str, np.ndarray], tick: int, step: float, named: Named = lambda run: ""
) -> tuple[int, str]:
    """How many samples (runs, ..., times) of some waves from `tick` on are finite; a sentence on the first bad one."""
    firsts, runs = {}, {}
    for wave, values in samples.items():
        bad = ~((np.abs(values.real) < BLOWN_UP) & (np.abs(values.imag) < BLOWN_UP))
        bad = bad.reshape(len(values), -1, values.shape[-1]).any(axis=1)
        firsts[wave] = int(np.argmax(bad.any(axis=0))) if bad.any() else values.shape[-1]
        runs[wave] = int(np.argmax(bad[:, firsts[wave]])) if bad.any() else 0
    wave = min(firsts, key=lambda w: firsts[w])
    when = engineering((tick + firsts[wave]) * step, "s")
    return firsts[wave], (
        f"the wave at {wave} is no longer a finite number at t = {when}{named(runs[wave])}: a loop makes energy "
        "without limit, or an input is not finite"
    )


def _kind(output: Output) -> int:
    if output.state is not None and output.state.real:
        return REAL
    return POWER if output.is_power else WHOLE
