"""A result on disk: netCDF-4, kept in segments while the run goes on and merged into one file at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TdsimError
from . import file, layout, segments
from .buffer import Buffer, Stretch, sample_bytes
from .place import check_place
from .schema import Measured, Schema

HELD_BYTES = 16 * 2**20
HELD_BYTES_PER_VARIABLE = 2**16
"""What is held in memory before it becomes a segment; a file costs time per variable, so more of them hold more."""
FLUSH_SECONDS = 30.0
"""At most so much of a slow run is lost when the machine stops."""


@dataclass
class _Analysis:
    """One analysis: what is in memory still, what is in segments already, attributes known at its end."""

    buffer: Buffer
    order: int
    longest: int
    final: dict[str, Any] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)

    def content(self, stretches: Iterator[Stretch], length: int) -> file.Content:
        schema = self.buffer.schema
        attributes = layout.analysis_attributes(schema, self.final)
        return file.Content(schema, attributes, stretches, length, min(self.longest, length))

    @property
    def length(self) -> int:
        """All samples so far."""
        return self.buffer.start + self.buffer.filled

    def stretches(self) -> Iterator[Stretch]:
        """All samples, one segment in memory at a time."""
        for path in self.written:
            yield file.read_stretch(path, self.buffer.schema)
        if self.buffer.filled:
            yield self.buffer.held()


class NetcdfSink:
    """Writes all analyses of a run to `path`; memory does not grow with their length.

    Raises UsageError at once when the place cannot be written to, or holds an unfinished result and `overwrite` is
    not set. A finished result is replaced: as soon as the first segment is on disk, or else at the end.
    """

    def __init__(self, path: str | Path, overwrite: bool = False):
        self.path = check_place(Path(path), overwrite)
        self.closed = False
        self.measures: dict[str, Measured] = {}
        self._analyses: list[_Analysis] = []
        self._flushed_at = time.monotonic()

    def begin(self, schema: Schema) -> None:
        longest = held_samples(schema)
        self._analyses.append(_Analysis(Buffer(schema), len(self._analyses) + 1, longest))

    def append(self, stream: np.ndarray, values: dict[str, np.ndarray]) -> None:
        analysis = self._analyses[-1]
        total = len(stream)
        done = 0
        while done < total:
            part = slice(done, min(total, done + analysis.longest - analysis.buffer.filled))
            analysis.buffer.append(stream[part], {name: v[..., part] for name, v in values.items()})
            done = part.stop
            if analysis.buffer.filled >= analysis.longest or time.monotonic() > self._flushed_at + FLUSH_SECONDS:
                self.flush()

    def finish(self, attributes: dict[str, Any]) -> None:
        self._analyses[-1].final.update(attributes)

    def flush(self) -> None:
        """Move what is in memory into segments: after that, neither a crash nor a full disk loses it."""
        for analysis in self._analyses:
            if analysis.buffer.filled:
                self._write_segment(analysis)
        self._flushed_at = time.monotonic()

    def close(self, measures: Mapping[str, Measured]) -> None:
        self.measures = dict(measures)
        contents = [a.content(a.stretches(), a.length) for a in self._analyses]
        file.write(self.path, contents, measures)
        self.closed = True
        segments.remove(self.path)

    def interrupt(self) -> None:
        """The run stops here: keep what has come as an unfinished result, as far as the disk takes it."""
        if not self.closed:
            try:
                self.flush()
            except TdsimError:
                return  # the failure that brought us here matters more

    @property
    def segments(self) -> Path:
        """The folder of this run's segments, while it is unfinished."""
        return segments.folder(self.path)

    @property
    def has_segments(self) -> bool:
        """Whether something of this run is on disk that `tdsim.open` reads."""
        return any(a.written for a in self._analyses)

    def contents(self) -> dict[str, tuple[int, str, list[str]]]:
        """For each analysis: how many samples, along which dimension, of which signals."""
        buffers = [a.buffer for a in self._analyses]
        return {
            b.schema.analysis: (b.start + b.filled, b.schema.stream, [v.name for v in b.schema.variables])
            for b in buffers
        }

    def _write_segment(self, analysis: _Analysis) -> None:
        buffer = analysis.buffer
        path = segments.segment(self.path, analysis.order, buffer.schema.analysis, buffer.start)
        segments.begin(self.path)
        file.write(path, [analysis.content(iter([buffer.held()]), buffer.filled)], compress=False)
        if path not in analysis.written:
            analysis.written.append(path)
        buffer.clear()


def held_samples(schema: Schema) -> int:
    """The samples of a full segment: whole chunks."""
    limit = HELD_BYTES + HELD_BYTES_PER_VARIABLE * len(schema.variables)
    samples = max(1, limit // sample_bytes(schema))
    return samples if samples < file.CHUNK else samples - samples % file.CHUNK
