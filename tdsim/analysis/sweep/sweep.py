"""A whole sweep: its blocks, where they are computed, and the one result of all."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ... import device as _device
from ...circuit import Circuit
from ...errors import UsageError
from ...results import blocks as results
from ...results import checkpoint, segments
from ...results.blocks import BlockResult, Joined, block_path, is_done
from ...results.dataset import MemorySink
from ...results.identity import difference
from ...results.place import check_place, remove_leftovers
from ...results.schema import Measured
from ...sweeps import Plan
from ..description import describe
from ..request import attributes, seed_of
from ..run import advise
from .blocks import Block, blocks_of, without_effect
from .task import MARK, Outcome, Work, keep_files, packed, run_block
from .variants import Variants
from .workers import Cluster, Pool, Processes, compute

Progress = Callable[[float, float, str], None]
"""Called with what is done, how much there is, and in what: runs looked at, runs computed."""


@dataclass
class Options:
    """How a sweep is computed.

    only       names of the analyses to run; None runs all
    workers    processes
    scheduler  address of a dask scheduler, instead of processes
    progress   called as the sweep goes on
    tell       called with each warning
    """

    only: Sequence[str] | None = None
    workers: int = 1
    scheduler: str | None = None
    progress: Progress | None = None
    tell: Callable[[str], None] | None = None
    told: set[str] = field(default_factory=set)

    def warn(self, sentence: str) -> None:
        """Tell a warning, once."""
        if self.tell is not None and sentence not in self.told:
            self.told.add(sentence)
            self.tell(sentence)


def plan_of(circuit: Circuit) -> Plan:
    """The circuit's sweep, checked. Raises UsageError."""
    assert circuit.sweep is not None
    circuit.sweep.check()
    return circuit.sweep


def seeded(circuit: Circuit) -> Circuit:
    """The circuit with the seed of `.mc`, if that has one, in the place of that of `.options`."""
    draws = circuit.sweep.draws if circuit.sweep else None
    if draws is None or draws.seed is None:
        return circuit
    circuit = copy.copy(circuit)
    circuit.options = {**circuit.options, "seed": draws.seed}
    return circuit


def sweep_in_memory(circuit: Circuit, options: Options) -> Any:
    """Compute all runs of the circuit's sweep in memory; the Dataset, or DataTree, of all."""
    job = _Job(seeded(circuit), options)
    found: dict[int, BlockResult] = {}

    def done(block: Block, outcome: Outcome) -> None:
        assert outcome.result is not None
        found[block.number] = outcome.result

    job.compute(job.blocks, done)
    sink = MemorySink()
    joined = job.joined([found[b.number] for b in job.blocks])
    joined.into_memory(sink)
    for problem in joined.problems():
        options.warn(problem)
    return sink.result()


class SweepOnDisk:
    """A sweep whose blocks go to disk as they come, and are joined into one file at the end.

    Raises UsageError as NetcdfSink does.
    """

    def __init__(
        self, path: str | Path, circuit: Circuit, options: Options, overwrite: bool = False, resume: bool = False
    ):
        self.path = check_place(Path(path), overwrite, resume)
        circuit = seeded(circuit)
        self._description = describe(circuit)
        self.measures: dict[str, Measured] = {}
        self.problems: list[str] = []
        """What did not come to rest, a sentence each."""
        self._summary: dict[str, tuple[int, str, list[str]]] = {}
        if resume:
            self._check(checkpoint.read(self.path))
        self._job = _Job(circuit, options)

    def _check(self, content: dict[str, Any]) -> None:
        changed = difference(content["description"], self._description) if content else ""
        if changed:
            raise UsageError(
                f"{self.path.name} cannot be resumed, because it was begun with something else: {changed}; "
                "--overwrite begins again"
            )
        if not content:
            remove_leftovers(self.path)

    def run(self) -> None:
        """Compute the blocks that are not there yet, and write the result."""
        job = self._job
        job.work = self._begun(job.work)
        job.compute([b for b in job.blocks if not is_done(block_path(self.path, b.number))], self._keep)
        joined = job.joined([results.stored(block_path(self.path, b.number)) for b in job.blocks])
        self.measures, self._summary, self.problems = joined.measures(), joined.summary(), joined.problems()
        joined.into_file(self.path)
        remove_leftovers(self.path)

    def _begun(self, work: Work) -> Work:
        """The work with its place on disk, which is marked."""
        segments.begin(self.path)
        checkpoint.write(self.path, {"description": self._description})
        token = secrets.token_hex(8)
        (segments.folder(self.path) / MARK).write_text(token)
        return replace(work, path=self.path, token=token, description=self._description)

    def _keep(self, block: Block, outcome: Outcome) -> None:
        if outcome.files:
            keep_files(self.path, outcome.files)

    # -- what the command line shows ----------------------------------------------------------------------------

    @property
    def segments(self) -> Path:
        """The folder of the blocks, while the sweep is unfinished."""
        return segments.folder(self.path)

    @property
    def has_segments(self) -> bool:
        """Whether something of the sweep is on disk that `tdsim.open` reads."""
        return any(is_done(block_path(self.path, b.number)) for b in self._job.blocks)

    def contents(self) -> dict[str, tuple[int, str, list[str]]]:
        """For each analysis: how many samples, along which dimension, of which signals."""
        return self._summary

    def found_by(self) -> dict[str, str]:
        """Nothing: each run finds operating points in its own way."""
        return {}


class _Job:
    """What is to be computed, and with what."""

    def __init__(self, circuit: Circuit, options: Options):
        self.circuit, self.options, self.plan = circuit, options, plan_of(circuit)
        seed = seed_of(circuit)
        own = [d for d in _device.library().values() if not d.__module__.startswith("tdsim.devices.")]
        self.work = Work(circuit, self.plan, seed, options.only, devices=tuple(own))
        advise(circuit, options.only, options.warn)
        variants = Variants(circuit, self.plan, seed)
        for name in without_effect(variants):
            options.warn(f"nothing depends on {name}: runs that differ in it alone are the same")
        self.blocks = blocks_of(variants, self._looked)
        self._done = 0.0

    def _looked(self, runs: int, count: int) -> None:
        if self.options.progress is not None:
            self.options.progress(runs, count, "runs looked at")

    def compute(self, blocks: Sequence[Block], keep: Callable[[Block, Outcome], None]) -> None:
        """Compute blocks; `keep` is called with each."""
        self._done = float(self.plan.count - sum(len(b.runs) for b in blocks))

        def done(block: Block, outcome: Outcome) -> None:
            for sentence in outcome.warnings:
                self.options.warn(sentence)
            keep(block, outcome)
            self._done += len(block.runs)
            self._progress(0.0)

        pool = self._pool(len(blocks))
        if pool is not None:
            compute(pool, packed(self.work), blocks, done)
            return
        for block in blocks:
            done(block, run_block(self.work, block, partial(self._within, len(block.runs))))

    def _within(self, runs: int, now: float, stop: float) -> None:
        """A block of so many runs has got to a time."""
        self._progress(runs * now / (stop or 1.0))

    def _pool(self, count: int) -> Pool | None:
        if self.options.scheduler:
            return Cluster(self.options.scheduler)
        workers = min(self.options.workers, count)
        return Processes(workers) if workers > 1 else None

    def _progress(self, more: float) -> None:
        if self.options.progress is not None:
            self.options.progress(min(self._done + more, self.plan.count), self.plan.count, "runs")

    def joined(self, found: Sequence[BlockResult]) -> Joined:
        """All blocks as one."""
        return Joined(found, [b.runs for b in self.blocks], np.arange(self.plan.count), attributes(self.circuit))
