"""What a transient will cost, before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..engine.engine import chunk_length
from ..engine.layout import ring_lengths
from ..schedule.program import Program
from ..units import engineering
from .mixed_transient import MixedTransient
from .transient import Transient

NANOSECONDS = 4.0
"""Rough time of one operation, sample and lane on one core."""

STEP, INSTANT = 1e3, 6e4
"""The same for one electrical unknown and sample (ns), and where light and electronics make a loop without delay."""

LOADING = 0.1
"""The time (s) that it takes to load the compiled code of electronics."""

HELD_BYTES = 64 << 20
"""Most that is held in memory of results on their way to disk."""

LONG, LARGE = 3600.0, 4e9
"""Seconds, and bytes of results, from which on a user is told before the run."""


class Cost(NamedTuple):
    """Seconds on one core; bytes that the run holds at once; bytes of its results, uncompressed."""

    seconds: float
    memory: float
    results: float

    def __str__(self) -> str:
        memory, results = engineering(self.memory, "B", 2), engineering(self.results, "B", 2)
        return f"{engineering(self.seconds, 's', 2)}, {memory} of memory, {results} of results"

    def of_runs(self, runs: int, at_a_time: int) -> Cost:
        """The cost of so many such runs, so many at a time in memory."""
        state = self.memory - min(self.results, HELD_BYTES)
        held = min(self.results * at_a_time, HELD_BYTES)
        return Cost(self.seconds * runs, state * at_a_time + held, self.results * runs)


def estimate(run: Transient) -> Cost:
    """A rough guess, within a factor of a few."""
    samples, lanes = float(run.request.last + 1), run.program.lanes
    kept = sum(8 if o.is_power else 16 for o in run.outputs)
    seconds = len(run.program.tables.kind) * samples * lanes * NANOSECONDS * 1e-9
    if isinstance(run, MixedTransient):
        kept += 8 * len(run.electronics.readings.readings)
        each = INSTANT if run.program.latency == 0 else STEP
        seconds += LOADING + run.electronics.system.size * samples * run.runs * each * 1e-9
    results = kept * (samples - run.first_kept) * lanes
    return Cost(seconds, _memory(run.program) + min(results, HELD_BYTES), results)


def cost_advice(run: Transient) -> Iterator[str]:
    """Sentences about runs that take long or whose results are large."""
    cost = estimate(run)
    what = f"{run.request.name}: {run.request.last + 1:,} samples, {engineering(run.step, 's')} apart,"
    if cost.seconds > LONG:
        yield f"{what} will take about {cost.seconds / 3600:.2g} hours; a longer step or an earlier stop takes less"
    if cost.results > LARGE:
        yield (f"{what} make {engineering(cost.results, 'B', 2)} of results; save fewer signals, or take a longer step")


def _memory(program: Program) -> int:
    lengths = ring_lengths(program.tables, chunk_length(program), list(program.inputs.values()))
    return int(lengths.sum()) * program.lanes * 16
