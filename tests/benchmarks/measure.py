"""Timing of tdsim and of the hand-written loops, in turn and in the same process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdsim.analysis.request import Request
from tdsim.analysis.transient import Transient

from .circuits import STEP, Case
from .loops import Loop

TOLERANCE = 1e-10


class Discard:
    """A sink that keeps nothing."""

    def earlier(self) -> list[Any]:
        return []

    def resume(self, analysis: str) -> None: ...

    def checkpoint(self, snapshot: Any) -> None: ...

    def begin(self, schema: Any) -> None: ...

    def room(self, count: int) -> None: ...

    def append(self, stream: np.ndarray, values: dict[str, np.ndarray]) -> None: ...

    def finish(self, attributes: dict[str, Any]) -> None: ...

    def close(self, measures: dict[str, np.ndarray], units: Mapping[str, str] | None = None) -> None: ...


class Keep(Discard):
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []

    def append(self, stream: np.ndarray, values: dict[str, np.ndarray]) -> None:
        self.pieces.append(np.stack(list(values.values())))


def prepared(case: Case, samples: np.ndarray) -> Transient:
    """tdsim's transient of a circuit for the samples (inputs, runs, times), compiled."""
    alone = samples.shape[1] == 1
    inputs = {port: samples[k, 0] if alone else samples[k] for k, port in enumerate(case.inputs)}
    stop = (samples.shape[2] - 1) * STEP
    return Transient(case.circuit.check(), Request(STEP, stop, inputs=inputs, save=case.save))


def run_kept(transient: Transient) -> np.ndarray:
    """The outputs (outputs, runs, times)."""
    sink = Keep()
    transient.run(sink)
    found = np.concatenate(sink.pieces, axis=-1)
    return found if found.ndim == 3 else found[:, None]


@dataclass(frozen=True)
class Timing:
    """Seconds a sample of tdsim and of the loop (best of several turns), and to compile the program."""

    case: Case
    runs: int
    count: int
    compiling: float
    tdsim: float
    loop: float

    @property
    def ratio(self) -> float:
        return self.tdsim / self.loop


def sample_count(case: Case, runs: int, numbers: int) -> int:
    """Samples such that all that enters is about `numbers` numbers, or what leaves if that is more.

    At least so many that starting a run with a thousand ports counts for little.
    """
    ports = max(len(case.inputs), len(case.save))
    return int(np.clip(numbers // (ports * runs), max(256, 4096 // runs), 1 << 20))


def measure(case: Case, runs: int, numbers: int, seconds: float) -> Timing:
    """Check that both give the same, then time them in turn for about `seconds` each."""
    count = sample_count(case, runs, numbers)
    check(case, runs)
    samples = case.samples(runs, count)
    began = time.perf_counter()
    transient = prepared(case, samples)
    compiling = time.perf_counter() - began
    loop = Loop(case, samples)
    del samples
    ours, theirs = in_turn(lambda: transient.run(Discard()), loop.run, seconds)
    return Timing(case, runs, count, compiling, ours / count, theirs / count)


def check(case: Case, runs: int, count: int = 300) -> None:
    """Raise AssertionError when the loop and tdsim disagree."""
    samples = case.samples(runs, count)
    expected = run_kept(prepared(case, samples))
    found = Loop(case, samples).run(keep=True)
    error = np.abs(found - expected).max() / np.abs(expected).max()
    assert error <= TOLERANCE, f"{case.name}: loop and tdsim differ by {error:.2g}"


def in_turn(one: Callable[[], Any], other: Callable[[], Any], seconds: float, turns: int = 4) -> tuple[float, float]:
    """Least time of each, run for `seconds` in all, turn by turn so that both meet the same disturbances."""
    gc.collect()
    laps = [(least_time(one, seconds / turns), least_time(other, seconds / turns)) for _ in range(turns)]
    return min(a for a, _ in laps), min(b for _, b in laps)


def least_time(run: Callable[[], Any], seconds: float) -> float:
    """The shortest of the times that it takes, tried again for `seconds`."""
    times: list[float] = []
    while sum(times) < seconds:
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)
