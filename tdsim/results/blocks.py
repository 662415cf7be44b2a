"""Blocks of runs on their way to one result: each is computed alone, in memory or on disk; all are joined along `run`.

On disk a block is a run of its own in the folder of the result's segments, with segments and a checkpoint, so that it
is resumed as any run is; when it is finished it stays like that until all are there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SimulationError, UsageError
from . import checkpoint, file, layout, segments
from .buffer import joined, part, sample_bytes
from .dataset import MemorySink
from .place import remove_leftovers
from .schema import Coordinate, Measured, Schema, Sink, Stretch, schema_of
from .store import NetcdfSink

if TYPE_CHECKING:
    import xarray as xr

JOINED_BYTES = 64 * 2**20
"""What is held in memory of all blocks together while they are joined."""

RUN, SETTLE = "run", "settle"


@dataclass(frozen=True)
class Part:
    """One analysis of one block. `stretches` are in memory, or files with the number of the first sample in each."""

    schema: Schema
    final: Mapping[str, Any]
    length: int
    held: Stretch | None = None
    files: tuple[tuple[int, Path], ...] = ()

    def read(self, start: int, stop: int) -> Stretch:
        """Samples start to stop, as far as there are any; the last one, where there are none."""
        start, stop = min(start, self.length - 1), min(stop, self.length)
        if self.held is not None:
            return part(self.held, start, stop)
        ends = [*(first for first, _ in self.files[1:]), self.length]
        found = [
            file.read_stretch(path, self.schema, max(start, first) - first, min(stop, end) - first)
            for (first, path), end in zip(self.files, ends, strict=True)
            if first < stop and end > start
        ]
        return joined(found)


@dataclass(frozen=True)
class BlockResult:
    """What a block of runs gave; `along` are the coordinates of its runs, their numbers first."""

    parts: tuple[Part, ...]
    measures: Mapping[str, Measured]
    along: tuple[Coordinate, ...]

    @property
    def numbers(self) -> np.ndarray:
        return np.asarray(self.along[0].values)


# -- one block --------------------------------------------------------------------------------------------------


def block_path(path: Path, number: int) -> Path:
    """Where a block of the result `path` is."""
    return segments.folder(path) / f"block{number:06d}"


def is_done(path: Path) -> bool:
    """Whether the block at `path` is finished. One that was damaged, when the power failed, is removed."""
    try:
        content = checkpoint.read(path)
        whole = all(_sum(segments.folder(path) / name) == number for name, number in content.get("sums", {}).items())
    except (UsageError, OSError):
        whole, content = False, {}
    if not whole:
        remove_leftovers(path)
    return whole and "measures" in content


def _sum(path: Path) -> int:
    return zlib.crc32(path.read_bytes())


class BlockSink(NetcdfSink):
    """A sink whose result stays in segments, with its measures in the checkpoint.

    A short block is not synced to the disk: that would take longer than the block. Sums tell whether it is whole.
    `along` are the coordinates of its runs.
    """

    along: tuple[Coordinate, ...] = ()

    def close(self, measures: Mapping[str, Measured]) -> None:
        self._sync = any(a.written for a in self._analyses)
        self.flush()
        segments.begin(self.path)
        records = [a.record() for a in self._analyses]
        names = [] if self._sync else [name for record in records for name in record["segments"]]
        content = {
            "description": self._description,
            "analyses": records,
            "snapshot": None,
            "along": [asdict(c) for c in self.along],
            "measures": {name: asdict(m) for name, m in measures.items()},
            "sums": {name: _sum(segments.folder(self.path) / name) for name in names},
        }
        checkpoint.write(self.path, content, self._sync)
        self.closed = True


def stored(path: Path) -> BlockResult:
    """The finished block at `path`."""
    content = checkpoint.read(path)
    parts = []
    for record in content["analyses"]:
        folder = segments.folder(path)
        files = tuple((int(name.split(".")[2]), folder / name) for name in record["segments"])
        parts.append(Part(schema_of(record["schema"]).shown(), record["final"], record["length"], files=files))
    measures = {
        n: Measured(m["values"], tuple(m["dimensions"]), m["units"], tuple(Coordinate(**c) for c in m["coordinates"]))
        for n, m in content["measures"].items()
    }
    return BlockResult(tuple(parts), measures, tuple(Coordinate(**c) for c in content["along"]))


def held(sink: MemorySink, along: tuple[Coordinate, ...]) -> BlockResult:
    """A block that is in memory."""
    parts = tuple(Part(b.schema.shown(), final, b.start + b.filled, b.held()) for b, final in sink.analyses)
    return BlockResult(parts, sink.measures, along)


# -- all blocks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joined:
    """Blocks side by side.

    runs     for each block, which runs of the whole it holds
    numbers  (runs,) of all runs in the sweep
    """

    blocks: Sequence[BlockResult]
    runs: Sequence[Sequence[int]]
    numbers: np.ndarray
    attributes: Mapping[str, Any]

    @property
    def count(self) -> int:
        return int(self.numbers.size)

    def into_memory(self, sink: Sink) -> None:
        """Hand everything to a sink."""
        for number in range(len(self.blocks[0].parts)):
            schema = self._schema(number)
            sink.begin(schema)
            for stretch in self._stretches(number, schema):
                sink.append(stretch.stream, dict(stretch.values))
            sink.finish(self._final(number))
        sink.close(self.measures())

    def into_file(self, path: Path) -> None:
        """Write everything to a netCDF file."""
        contents = []
        for number in range(len(self.blocks[0].parts)):
            schema = self._schema(number).shown()
            length, longest = self._length(number), self._longest(schema)
            attributes = layout.analysis_attributes(schema, self._final(number))
            contents.append(file.Content(schema, attributes, self._stretches(number, schema), length, longest))
        file.write(path, contents, self.measures())

    def summary(self) -> dict[str, tuple[int, str, list[str]]]:
        """For each analysis: how many samples, along which dimension, of which signals."""
        schemas = [self._schema(k).shown() for k in range(len(self.blocks[0].parts))]
        return {s.analysis: (self._length(k), s.stream, [v.name for v in s.variables]) for k, s in enumerate(schemas)}

    def problems(self) -> list[str]:
        """A sentence for each analysis that some runs have not come to rest in."""
        found = []
        for number, part_ in enumerate(self.blocks[0].parts):
            settled = np.broadcast_to(np.asarray(self._final(number).get("settled", 1)), (self.count,))
            missed = self.numbers[settled == 0]
            if missed.size:
                some = ", ".join(map(str, missed[:6])) + (", ..." if missed.size > 6 else "")
                found.append(f"{part_.schema.analysis}: {missed.size} of {self.count} runs did not settle: {some}")
        return found

    # -- axes ---------------------------------------------------------------------------------------------------

    def _parts(self, number: int) -> list[Part]:
        return [block.parts[number] for block in self.blocks]

    def _length(self, number: int) -> int:
        """Samples of the longest run: those that came to rest earlier stay at their last value."""
        lengths = {p.length for p in self._parts(number)}
        name = self._parts(number)[0].schema.analysis
        if len(lengths) > 1 and not name.startswith(SETTLE):
            raise SimulationError(f"{name}: the runs have different numbers of samples ({sorted(lengths)})")
        return max(lengths)

    def _schema(self, number: int) -> Schema:
        """The schema of the whole: that of the first block, with all runs."""
        first = self._parts(number)[0].schema
        variables = tuple(
            v if RUN in v.dimensions else replace(v, dimensions=(RUN, *v.dimensions)) for v in first.variables
        )
        others = tuple(c for c in first.coordinates if c.name != RUN and c.dimension != RUN)
        along = self._along_run()
        attributes = {**first.attributes, **self.attributes}
        return replace(first, coordinates=(*others, *along), variables=variables, attributes=attributes)

    def _along_run(self) -> tuple[Coordinate, ...]:
        """The numbers of the runs, and what distinguishes them, from all blocks."""
        found: dict[str, Coordinate] = {}
        for block, runs in zip(self.blocks, self.runs, strict=True):
            for c in block.along[1:]:
                empty = np.full(self.numbers.size, np.nan)
                whole = found.setdefault(c.name, Coordinate(c.name, c.units, c.long_name, empty, RUN))
                assert whole.values is not None
                whole.values[list(runs)] = c.values
        return Coordinate(RUN, "1", RUN, self.numbers), *found.values()

    def _final(self, number: int) -> dict[str, Any]:
        """Attributes: sums of times, the most steps; of others what all blocks have, or one for each run."""
        each = [p.final for p in self._parts(number)]
        found: dict[str, Any] = {}
        for name in each[0]:
            values: list[Any] = [e.get(name) for e in each]
            if name == "wall_time":
                found[name] = float(sum(values))
            elif name == "steps":
                found[name] = max(values)
            else:
                found[name] = self._of_all_runs(values)
        return found

    def _of_all_runs(self, values: list[Any]) -> Any:
        """One attribute of every block as one of all runs: words, numbers, or arrays (runs, ...)."""
        if all(type(v) is type(values[0]) and np.ndim(v) == 0 and v == values[0] for v in values):
            return values[0]
        if any(isinstance(v, str) or v is None for v in values):
            words = np.full(self.count, "-", dtype=object)
            for value, runs in zip(values, self.runs, strict=True):
                split = (value or "-").split()
                words[list(runs)] = split if len(split) == len(runs) else (value or "-").replace(" ", "_")
            return " ".join(words)
        shape = next((np.shape(v)[1:] for v in values if np.ndim(v) > 1), ())
        whole = np.full((self.count, *shape), np.nan)
        for value, runs in zip(values, self.runs, strict=True):
            whole[list(runs)] = value
        return whole

    # -- samples ------------------------------------------------------------------------------------------------

    def _longest(self, schema: Schema) -> int:
        """Samples at a time: whole chunks."""
        samples = max(1, JOINED_BYTES // sample_bytes(schema))
        return samples if samples < file.SHORTEST_CHUNK else samples - samples % file.SHORTEST_CHUNK

    def _stretches(self, number: int, schema: Schema) -> Iterator[Stretch]:
        parts, length, size = self._parts(number), self._length(number), self._longest(schema)
        for start in range(0, length, size):
            stop = min(length, start + size)
            pieces = [p.read(start, stop) for p in parts]
            going = [piece.stream for p, piece in zip(parts, pieces, strict=True) if p.length > start]
            stream = max(going, key=len)
            if any(not np.array_equal(s, stream[: len(s)]) for s in going):
                raise SimulationError(f"{schema.analysis}: the runs do not have the same values along {schema.stream}")
            yield Stretch(stream, {v.name: self._side_by_side(v.name, parts, pieces) for v in schema.variables})

    def _side_by_side(self, name: str, parts: list[Part], pieces: list[Stretch]) -> np.ndarray:
        """All runs of a variable; where a block gives it without that dimension, it holds for all runs of the block."""
        whole: np.ndarray | None = None
        count = max(len(piece.stream) for piece in pieces)
        for part_, piece, runs in zip(parts, pieces, self.runs, strict=True):
            has_runs = any(v.name == name and RUN in v.dimensions for v in part_.schema.variables)
            values = piece.values[name]
            values = values if has_runs else values[None]
            if values.shape[-1] < count:
                more = [(0, 0)] * (values.ndim - 1) + [(0, count - values.shape[-1])]
                values = np.pad(values, more, mode="edge")
            if whole is None:
                whole = np.empty((self.count, *values.shape[1:]), dtype=values.dtype)
            whole[list(runs)] = values
        assert whole is not None
        return whole

    def measures(self) -> dict[str, Measured]:
        """The results of `.meas`, of all runs."""
        along = self._along_run()
        found: dict[str, Measured] = {}
        for name in self.blocks[0].measures:
            each = [block.measures[name] for block in self.blocks]
            arrays = [np.asarray(m.values) if RUN in m.dimensions else np.asarray(m.values)[None] for m in each]
            whole = np.empty((self.count, *arrays[0].shape[1:]), np.result_type(*arrays))
            for values, runs in zip(arrays, self.runs, strict=True):
                whole[list(runs)] = values
            others = tuple(d for d in each[0].dimensions if d != RUN)
            coordinates = tuple(c for c in each[0].coordinates if c.name != RUN and c.dimension != RUN)
            found[name] = Measured(whole, (RUN, *others), each[0].units, (*coordinates, *along))
        return found


# -- unfinished sweeps ------------------------------------------------------------------------------------------


def finished(path: Path) -> list[Path]:
    """The blocks of the unfinished result `path` that are complete."""
    found = sorted(segments.folder(path).glob(f"block*{checkpoint.SUFFIX}"))
    return [p.with_suffix("") for p in found if is_done(p.with_suffix(""))]


def some(paths: Sequence[Path]) -> xr.Dataset | xr.DataTree:
    """What is there of an unfinished sweep: a Dataset, or a DataTree, of the runs of these blocks."""
    found = [stored(path) for path in paths]
    numbers = [[int(n) for n in block.numbers] for block in found]
    order = {number: place for place, number in enumerate(sorted(n for block in numbers for n in block))}
    places = [[order[n] for n in block] for block in numbers]
    sink = MemorySink()
    Joined(found, places, np.array(list(order)), {"unfinished": 1}).into_memory(sink)
    result = sink.result()
    result.attrs["unfinished"] = 1
    return result
