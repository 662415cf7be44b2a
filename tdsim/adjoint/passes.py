"""The two passes of a gradient: forward with checkpoints of State, and backward segment by segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ..analysis.recorder import Block, first_bad
from ..analysis.request import Request, seed_of
from ..analysis.transient import Transient
from ..circuit import Circuit
from ..engine.engine import Engine
from ..engine.feeds import FOREVER, Feed, Piece
from ..engine.outlets import WHOLE, Outlet, Targets
from ..engine.sources import modulate, nothing, replay
from ..engine.state import State, dark
from ..errors import SimulationError
from ..schedule.adjoint import Adjoint
from ..schedule.system import Delay

SEGMENT_NUMBERS = 1 << 20
"""Complex numbers of waves that a segment may hold, whatever its length."""

SHORTEST = 256


class Forward(Transient):
    """A transient that also gives the waves that a gradient needs, from any of its own states on."""

    def __init__(self, circuit: Circuit, request: Request):
        self._waves: set[str] = set()
        self._again: Engine | None = None
        super().__init__(circuit, request)

    def _prepare(self) -> None:
        """Not yet: which waves are needed is not known."""

    def look_at(self, waves: Iterable[str]) -> None:
        """Compile the circuit for its outputs and these waves."""
        self._waves = set(waves)
        self.program = self.compile(self.circuit)

    def _probed(self) -> set[str]:
        return super()._probed() | self._waves

    @property
    def count(self) -> int:
        """Samples of the whole run."""
        return self.request.last + 1

    def segments(self) -> list[tuple[int, int]]:
        """From and to of each: so long that their waves and all states take about the same room."""
        waves = max(1, len(self._waves))
        past = int(self.program.tables.depth.sum()) + self.program.memory
        even = np.sqrt(self.count * past / waves)
        length = int(max(SHORTEST, even, SEGMENT_NUMBERS // (waves * self.program.lanes)))
        starts = range(0, self.count, length)
        return [(a, min(a + length, self.count)) for a in starts]

    def run_through(self, segments: Iterable[tuple[int, int]]) -> tuple[dict[str, np.ndarray], list[State]]:
        """The samples (carriers, runs, times) of the output waves, and the state at the start of each segment."""
        names = sorted({o.wave for o in self.outputs if o.wave})
        shape = (len(self.program.carriers), self.program.runs, self.count)
        samples = {name: np.zeros(shape, dtype=complex) for name in names}
        probes = self.numbers(names)
        engine = self._engine(self.feeds(self.program, self.circuit), probes, dark(self.program, self._initial()))
        targets = Targets([Outlet(w, WHOLE, samples[n]) for n, w in zip(names, probes, strict=True)], dark=True)
        states = []
        for start, end in segments:
            states.append(engine.state())
            if not engine.run(end - start, targets, start):
                raise SimulationError(first_bad(samples, 0, self.step)[1])
        return samples, states

    def waves_of(self, state: State, block: Block, names: Sequence[str], count: int) -> dict[str, np.ndarray]:
        """Samples (carriers, runs, count) of the waves that a block is for, from a state on, until the next call."""
        if self._again is None:
            self._again = self._engine(self.feeds(self.program, self.circuit), self.numbers(names), state)
        else:
            self._again.go_to(state)
        self._again.run(count, *block.targets(0, count))
        samples = dict(zip(names, block.samples, strict=True))
        if state.fresh and state.tick == 0:
            self._settle_carries(samples)
        return samples

    def numbers(self, names: Sequence[str]) -> list[int]:
        """The numbers of waves in the program."""
        return [self.program.index[name] for name in names]

    def past(self, state: State, name: str, delay: Delay, samples: np.ndarray | None, count: int) -> np.ndarray:
        """A wave (carriers, runs, count) a delay before each of `count` samples from a state on, dark before t = 0.

        samples  of the wave from the state on; None: it is always dark
        """
        shape = (len(self.program.carriers), self.program.runs)
        found = np.zeros((*shape, count), dtype=complex)
        if samples is None:
            return found
        before = self._remembered(state, name)
        whole = np.concatenate([before, samples], axis=-1)
        delays = np.broadcast_to(np.asarray(delay), self.program.lanes).reshape(shape)
        for lane in np.ndindex(*shape):
            first = before.shape[-1] - int(delays[lane])
            found[lane] = whole[lane][first : first + count]
        return found

    def _remembered(self, state: State, name: str) -> np.ndarray:
        """The samples (carriers, runs, times) of a wave that a state remembers; none before t = 0."""
        place = state.names.index(name)
        start = int(state.depth[:place].sum())
        samples = np.moveaxis(state.history[start : start + int(state.depth[place])], 0, -1)
        return np.zeros_like(samples) if state.fresh else samples

    def _settle_carries(self, samples: dict[str, np.ndarray]) -> None:
        """At t = 0 a carry is what starts from the initial value: w = A - B1 s."""
        shape, names = (len(self.program.carriers), self.program.runs), self.program.names
        for recurrence in self.program.recurrences:
            for i, carry in enumerate(recurrence.outputs):
                for j, (wave, delay) in enumerate(recurrence.inputs):
                    if recurrence.ahead is not None and {names[carry], names[wave]} <= samples.keys() and delay == 1:
                        ahead = np.broadcast_to(recurrence.ahead[i, j], self.program.lanes).reshape(shape)
                        samples[names[carry]][..., 0] -= ahead * samples[names[wave]][..., 0]


class Backward:
    """The adjoint under way, from the last sample to the first.

    adjoint   what runs backwards
    seeds     dL/dwave (carriers, runs, times) by the name of the wave, in reversed time
    names     of the adjoint waves to read, those that are always dark left out
    longest   samples of the longest segment
    """

    def __init__(
        self,
        forward: Forward,
        adjoint: Adjoint,
        seeds: dict[str, np.ndarray],
        names: Sequence[str],
        longest: int,
    ):
        self._program, self._first = adjoint.program, adjoint.first
        self.past = {name: key for name, key in adjoint.past.items() if name in self._program.inputs}
        self._given = {name: _Given() for name in self.past}
        self._count = forward.count
        self.names = [name for name in names if name in self._program.index]
        probes = [self._program.index[name] for name in self.names]
        self._feeds = self._reversed_feeds(forward, seeds)
        self._engine = Engine(self._program, self._feeds, probes, dark(self._program))
        self._block = Block(self._program, probes, longest)

    def _reversed_feeds(self, forward: Forward, seeds: dict[str, np.ndarray]) -> dict[int, Feed]:
        found: dict[int, Feed] = {}
        for name, wave in self._program.inputs.items():
            given = self._given.get(name)
            found[wave] = given or (replay(seeds[name]) if name in seeds else nothing)
        circuit, stop = forward.circuit, forward.request.stop
        for modulation in self._program.modulations:
            for wave, feed in modulate(modulation, self._program, stop, seed_of(circuit)).items():
                found[wave] = mirrored(feed, self._count)
        return found

    def run(self, count: int, past: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The next `count` samples back, (carriers, runs, count) in the order of time, by name; reused by the next.

        past  (carriers, runs, count) in the order of time, for each of the `past` that it asks for
        """
        for name, given in self._given.items():
            given.give(self._engine.tick, past[name])
        last = self._engine.tick + count == self._count
        targets, _ = self._block.targets(0, count)
        if count - last:
            self._engine.run(count - last, targets)
        if last:
            self._engine.use(self._first, self._feeds)
            self._engine.run(1, targets, count - 1)
        return dict(zip(self.names, self._block.samples[..., ::-1], strict=True))

    def memory(self, place: int, count: int) -> np.ndarray:
        """Numbers (count, lanes) of the adjoint's memory."""
        return self._engine.memory[:, place : place + count].T


class _Given:
    """A feed of samples that are given segment by segment, in the order of time, and read backwards."""

    def __init__(self) -> None:
        self._piece = Piece(0, 0, np.zeros((1, 1, 0), complex))

    def give(self, start: int, samples: np.ndarray) -> None:
        """The samples of the next segment, which begins at `start` in reversed time."""
        values = np.ascontiguousarray(samples[..., ::-1])
        self._piece = Piece(start, start + values.shape[-1], values)

    def __call__(self, t0: int, t1: int) -> list[Piece]:
        return [self._piece]


def mirrored(feed: Feed, count: int) -> Feed:
    """The feed of conjugates in reversed time, when there are `count` samples in all."""

    def pieces(t0: int, t1: int) -> Iterator[Piece]:
        for piece in reversed(list(feed(max(0, count - t1), max(1, count - t0)))):
            stop = min(piece.stop, count)
            values = np.conj(piece.values[..., : stop - piece.start][..., ::-1])
            yield Piece(count - stop, count - piece.start, np.ascontiguousarray(values))
        if t1 > count:
            yield Piece(count, FOREVER, np.zeros((1, 1, 1), complex))

    return lambda t0, t1: list(pieces(t0, t1))
