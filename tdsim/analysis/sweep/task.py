"""What a worker does: it computes one block of runs, in memory or on disk."""

from __future__ import annotations

import functools
import pickle
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ... import device as _device
from ...circuit import Circuit
from ...device import Device
from ...errors import UsageError
from ...results import checkpoint, segments
from ...results.blocks import RUN, BlockResult, BlockSink, block_path, held
from ...results.dataset import MemorySink
from ...results.file import whole_file
from ...results.identity import Description
from ...results.schema import Coordinate
from ...stopping import stop_at_checkpoint
from ...sweeps import Plan
from ..run import run as run_analyses
from .blocks import Block
from .variants import Variants, side_by_side

Progress = Callable[[float, float], None]

MARK = "here"
"""A file among the segments, by which a worker sees whether it has the same disk."""


@dataclass(frozen=True)
class Work:
    """A sweep as all its workers know it.

    circuit      as it stands in the netlist
    only         names of the analyses to run; None runs all
    path         the result on disk; None keeps the blocks in memory
    token        what stands in the file MARK
    description  what the result depends on
    devices      the user's own
    """

    circuit: Circuit
    plan: Plan
    seed: int
    only: Sequence[str] | None = None
    path: Path | None = None
    token: str = ""
    description: Description = field(default_factory=dict)
    devices: tuple[type[Device], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What comes back from a block.

    result  the block, when it is kept in memory
    files   the files that hold it, by name, when the worker has another disk
    """

    result: BlockResult | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def packed(work: Work) -> bytes:
    """The work as it travels to other processes. Raises UsageError when it cannot."""
    try:
        return pickle.dumps(work)
    except Exception as problem:  # pickle raises whatever it likes
        raise UsageError(
            f"the circuit cannot be sent to workers ({problem}): its processes and devices must be defined at the top "
            "level of a module"
        ) from None


@functools.lru_cache(maxsize=2)
def _unpacked(data: bytes) -> Work:
    work: Work = pickle.loads(data)
    for device in work.devices:
        _device.register(device)
    return work


def run_packed(data: bytes, block: Block) -> Outcome:
    """Compute a block in another process."""
    return run_block(_unpacked(data), block)


def run_block(work: Work, block: Block, progress: Progress | None = None) -> Outcome:
    """Compute a block of runs; on disk, it goes on where an earlier attempt was cut off."""
    variants = Variants(work.circuit, work.plan, work.seed)
    circuit = side_by_side(work.circuit, [variants.make(run) for run in block.runs], block.runs)
    warnings: list[str] = []
    if work.path is None:
        sink = MemorySink()
        run_analyses(circuit, sink, work.only, progress, warnings.append)
        return Outcome(held(sink, _along(circuit)), warnings=tuple(warnings))
    if _has_the_disk(work.path, work.token):
        _to_disk(circuit, work, block_path(work.path, block.number), progress, warnings)
        return Outcome(warnings=tuple(warnings))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / block_path(work.path, block.number).name
        _to_disk(circuit, work, path, progress, warnings)
        files = {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}
    return Outcome(files=files, warnings=tuple(warnings))


def _to_disk(circuit: Circuit, work: Work, path: Path, progress: Progress | None, warnings: list[str]) -> None:
    along = _along(circuit)
    numbers = " ".join(map(str, np.asarray(along[0].values)))
    sink = BlockSink(path, resume=True, description={**work.description, "runs": numbers})
    sink.along = along
    try:
        with stop_at_checkpoint(sink):
            run_analyses(circuit, sink, work.only, progress, warnings.append)
    except BaseException:
        sink.interrupt()
        raise


def _along(circuit: Circuit) -> tuple[Coordinate, ...]:
    """The dimension of the runs, and what distinguishes them."""
    runs = circuit.runs
    assert runs is not None
    values = (Coordinate(name, *runs.labels[name], value, RUN) for name, value in runs.values.items())
    return Coordinate(RUN, "1", RUN, runs.numbers), *values


def _has_the_disk(path: Path, token: str) -> bool:
    try:
        return (segments.folder(path) / MARK).read_text() == token
    except OSError:
        return False


def keep_files(path: Path, files: Mapping[str, bytes]) -> None:
    """Put the files of a block, which came from another machine, where they belong; its checkpoint last."""
    folder = segments.folder(path)
    states = [name for name in files if name.endswith(checkpoint.SUFFIX)]
    for name in [*(n for n in files if n not in states), *states]:
        (folder / name).parent.mkdir(exist_ok=True)
        with whole_file(folder / name) as temporary:
            temporary.write_bytes(files[name])
