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
from ..schedule.program import Wanted
from ..schedule.system import Delay, System, longest
from .sums import Sums

WHOLE_NUMBERS, SEGMENT_NUMBERS = 1 << 22, 1 << 18
"""Complex numbers of waves that are held at once where that is the whole run; and of a segment of longer ones."""

SHORTEST = 256


class Forward(Transient):
    """A transient that also gives the waves that a gradient needs, from any of its own states on."""

    block: Block
    """The samples of the waves that are looked at, from one of its states on."""

    def __init__(self, circuit: Circuit, request: Request):
        self._past: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._again: Engine | None = None
        self._simplified: System | None = None
        self._recorded: State | None = None
        super().__init__(circuit, request)

    def _prepare(self) -> None:
        """Not yet: which waves are needed is not known."""

    def look_at(self, waves: Iterable[str], adjoint: Adjoint) -> None:
        """Compile the circuit for its outputs, these waves, and those of the products."""
        self._past = dict.fromkeys(waves, 0)
        for p in adjoint.products:
            self._past[p.wave] = max(self._past.get(p.wave, 0), longest(p.delay))
        self._simplified = adjoint.forward
        self.program = self.compile(self.circuit)
        self._past = {name: far for name, far in self._past.items() if name in self.program.index}

    @property
    def looked_at(self) -> list[str]:
        """Names of the waves that the block holds."""
        return sorted(self._past)

    def _probed(self) -> set[str]:
        return super()._probed() | self._past.keys()

    def _wanted(self, circuit: Circuit) -> Wanted:
        remembered = tuple((name, far) for name, far in self._past.items() if far)
        return super()._wanted(circuit)._replace(remembered=remembered)

    @property
    def count(self) -> int:
        """Samples of the whole run."""
        return self.request.last + 1

    @property
    def longest(self) -> int:
        """Samples of the longest segment: so many that their waves and all states take about the same room."""
        waves = max(1, len(self._past))
        if self.count * waves * self.program.lanes <= WHOLE_NUMBERS:
            return self.count
        past = int(self.program.tables.depth.sum()) + self.program.memory
        even = np.sqrt(self.count * past / waves)
        return min(self.count, int(max(SHORTEST, even, SEGMENT_NUMBERS // (waves * self.program.lanes))))

    def segments(self) -> list[tuple[int, int]]:
        """From and to of each; the last one is the longest, because it need not be computed again."""
        starts = range(self.count - self.longest, -self.longest, -self.longest)
        return [(max(start, 0), start + self.longest) for start in reversed(starts)]

    def run_through(self, segments: Sequence[tuple[int, int]]) -> tuple[dict[str, np.ndarray], list[State]]:
        """The samples (carriers, runs, times) of the output waves, and the state at the start of each segment.

        The waves of the last segment are in the block then.
        """
        names = sorted({o.wave for o in self.outputs if o.wave})
        shape = (len(self.program.carriers), self.program.runs, self.count)
        samples = {name: np.zeros(shape, dtype=complex) for name in names}
        self.block = Block(
            self.program, self.numbers(self.looked_at), self.longest, max(self._past.values(), default=0)
        )
        probes = self.numbers(names)
        fed = self.feeds(self.program, self.circuit)
        state = dark(self.program, self._initial())
        engine = self._engine(fed, [*probes, *self.numbers(self.looked_at)], state)
        states = []
        for start, end in segments:
            states.append(engine.state())
            outlets = [Outlet(w, WHOLE, samples[n][..., start:]) for n, w in zip(names, probes, strict=True)]
            outlets += self.block.outlets if end == self.count else []
            if not engine.run(end - start, Targets(outlets, dark=True)):
                raise SimulationError(first_bad(samples, 0, self.step)[1])
        self._recorded = states[-1]
        return samples, states

    def waves_of(self, state: State, count: int) -> dict[str, np.ndarray]:
        """Samples (carriers, runs, count) of the waves in the block, from a state on, until the next call."""
        targets, place = self.block.targets(0, count)
        if not self._past:
            return {}
        if state is not self._recorded:
            if self._again is None:
                self._again = self._engine(self.feeds(self.program, self.circuit), self.numbers(self.looked_at), state)
            else:
                self._again.go_to(state)
            self._again.run(count, targets, place)
        samples = dict(zip(self.looked_at, self.block.samples, strict=True))
        for k, (name, far) in enumerate(sorted(self._past.items())):
            if far:
                self.block.room[k, ..., self.block.before - far : self.block.before] = self._remembered(
                    state, name, far
                )
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
        before = self._remembered(state, name, int(np.max(delay)))
        whole = np.concatenate([before, samples], axis=-1)
        delays = np.broadcast_to(np.asarray(delay), self.program.lanes).reshape(shape)
        for lane in np.ndindex(*shape):
            first = before.shape[-1] - int(delays[lane])
            found[lane] = whole[lane][first : first + count]
        return found

    def _remembered(self, state: State, name: str, count: int) -> np.ndarray:
        """The last samples (carriers, runs, count) of a wave that a state remembers; zeros before t = 0."""
        if not self._ends:
            self._ends = dict(zip(state.names, np.cumsum(state.depth).tolist(), strict=True))
        end = self._ends[name]
        samples = np.moveaxis(state.history[end - count : end], 0, -1)
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
    sums      the products to sum up on the way
    """

    def __init__(
        self,
        forward: Forward,
        adjoint: Adjoint,
        seeds: dict[str, np.ndarray],
        names: Sequence[str],
        sums: Sums,
    ):
        self._program, self._first = adjoint.program, adjoint.first
        self.past = {name: key for name, key in adjoint.past.items() if name in self._program.inputs}
        self._given = {name: Given() for name in self.past}
        self._count = forward.count
        self.names = [name for name in names if name in self._program.index]
        probes = [self._program.index[name] for name in self.names]
        self._forward, self._sums = forward, sums
        self._feeds = self._reversed_feeds(forward, seeds)
        self._engine = Engine(self._program, self._feeds, [*probes, *sums.adjoints], dark(self._program))
        self._block = Block(self._program, probes, forward.longest)

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
        """Go back through the `count` samples that the forward block holds, and sum up products.

        Returns the waves to read, (carriers, runs, count) in the order of time, by name; reused by the next.

        past  (carriers, runs, count) in the order of time, for each of the `past` that it asks for
        """
        for name, given in self._given.items():
            given.give(self._engine.tick, past[name])
        last = self._engine.tick + count == self._count
        targets, _ = self._block.targets(0, count)
        products = self._sums.products(self._forward.block, count)
        if count - last:
            self._engine.run(count - last, targets, 0, products)
        if last:
            self._engine.use(self._first, self._feeds)
            self._engine.run(1, targets, count - 1, products)
        return dict(zip(self.names, self._block.samples[..., ::-1], strict=True))

    def memory(self, place: int, count: int) -> np.ndarray:
        """Numbers (count, lanes) of the adjoint's memory."""
        return self._engine.memory[:, place : place + count].T


class Given:
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
