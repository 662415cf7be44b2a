"""A result on disk: netCDF-4, kept in segments while the run goes on and merged into one file at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TdsimError, UsageError
from . import checkpoint, file, layout, segments
from .buffer import Buffer, recut, sample_bytes
from .identity import Description, difference
from .place import check_place, remove_leftovers
from .schema import Earlier, Measured, Room, Schema, Snapshot, Stretch, schema_of

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
    finished: bool = False

    @property
    def schema(self) -> Schema:
        return self.buffer.schema

    @property
    def length(self) -> int:
        """All samples so far."""
        return self.buffer.start + self.buffer.filled

    def result(self) -> file.Content:
        """The whole analysis as the finished file holds it."""
        schema = self.schema.shown()
        attributes = layout.analysis_attributes(schema, self.final)
        longest = min(self.longest, self.length)
        return file.Content(schema, attributes, recut(self.stretches(), self.longest), self.length, longest)

    def segment(self) -> file.Content:
        """What is in memory, as the next segment."""
        attributes = layout.analysis_attributes(self.schema, self.final)
        return file.Content(
            self.schema, attributes, [self.buffer.held()], self.buffer.filled, min(self.longest, self.buffer.filled)
        )

    def stretches(self) -> Iterator[Stretch]:
        """All samples, one segment in memory at a time."""
        for path in self.written:
            yield file.read_stretch(path, self.schema)
        if self.buffer.filled:
            yield self.buffer.held()

    def record(self) -> dict[str, Any]:
        """What a checkpoint says about it."""
        names = [path.name for path in self.written]
        return {
            "schema": asdict(self.schema),
            "order": self.order,
            "length": self.buffer.start,
            "final": self.final,
            "segments": names,
            "finished": self.finished,
        }


class NetcdfSink:
    """Writes all analyses of a run to `path`; memory does not grow with their length.

    overwrite    begin an unfinished result again
    resume       go on with an unfinished result; where there is none, begin
    description  what the result depends on (see identity.py): a run of something else is not resumed
    Raises UsageError at once when the place cannot be written to, holds an unfinished result and neither `overwrite`
    nor `resume` is set, or when what was begun was another run. A finished result is replaced: as soon as the first
    segment is on disk, or else at the end.

    `stopping`, when set, ends the run at its next checkpoint with KeyboardInterrupt; `resumable` says whether one will
    come.
    """

    def __init__(
        self,
        path: str | Path,
        overwrite: bool = False,
        resume: bool = False,
        description: Description | None = None,
    ):
        self.path = check_place(Path(path), overwrite, resume)
        self.closed = False
        self.measures: dict[str, Measured] = {}
        self.stopping, self.resumable = False, False
        self._description = description or {}
        self._analyses: list[_Analysis] = []
        self._snapshot: Snapshot | None = None
        self._going_on = False
        self._unsaved = False
        self._flushed_at = time.monotonic()
        self._sync = True
        if resume:
            self._restore(checkpoint.read(self.path))

    # -- what an earlier run has left -------------------------------------------------------------------------

    def _restore(self, content: dict[str, Any]) -> None:
        if not content:
            remove_leftovers(self.path)
            return
        changed = difference(content["description"], self._description)
        if changed:
            raise UsageError(
                f"{self.path.name} cannot be resumed, because it was begun with something else: {changed}; "
                "--overwrite begins again"
            )
        self._analyses = [self._restored(record) for record in content["analyses"]]
        self._snapshot = content["snapshot"]
        segments.keep_only(self.path, {path for a in self._analyses for path in a.written})

    def _restored(self, record: dict[str, Any]) -> _Analysis:
        schema = schema_of(record["schema"])
        written = [segments.folder(self.path) / name for name in record["segments"]]
        missing = [path for path in written if not path.is_file()]
        if missing:
            raise UsageError(f"{self.path.name} cannot be resumed: {missing[0]} is gone; --overwrite begins again")
        buffer = Buffer(schema)
        buffer.start = record["length"]
        return _Analysis(buffer, record["order"], held_samples(schema), record["final"], written, record["finished"])

    def earlier(self) -> list[Earlier]:
        return [Earlier(a.schema, a.finished, a.stretches()) for a in self._analyses]

    def resume(self, analysis: str) -> Snapshot | None:
        last = self._analyses[-1] if self._analyses else None
        if last is None or last.finished or last.schema.analysis != analysis:
            return None
        self._going_on = self._snapshot is not None
        return self._snapshot

    # -- as the run goes on -----------------------------------------------------------------------------------

    def begin(self, schema: Schema) -> None:
        if self._going_on:
            self._going_on = False
            return
        if self._analyses and not self._analyses[-1].finished:  # it begins again
            for path in self._analyses.pop().written:
                path.unlink(missing_ok=True)
        self._analyses.append(_Analysis(Buffer(schema), len(self._analyses) + 1, held_samples(schema)))

    def room(self, count: int) -> Room | None:
        analysis = self._analyses[-1]
        return analysis.buffer.room(count) if analysis.buffer.filled + count <= analysis.longest else None

    def append(self, stream: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        analysis = self._analyses[-1]
        analysis.buffer.append(stream, values)
        if analysis.buffer.filled >= analysis.longest or time.monotonic() > self._flushed_at + FLUSH_SECONDS:
            self.flush()

    def checkpoint(self, snapshot: Callable[[], Snapshot]) -> None:
        self.resumable = True
        if self._unsaved or self.stopping:
            self.flush()
            segments.begin(self.path)
            records = [a.record() for a in self._analyses]
            content = {"description": self._description, "analyses": records, "snapshot": snapshot()}
            checkpoint.write(self.path, content)
            self._unsaved = False
        if self.stopping:
            raise KeyboardInterrupt

    def finish(self, attributes: dict[str, Any]) -> None:
        self._analyses[-1].final.update(attributes)
        self._analyses[-1].finished = True
        self._snapshot, self.resumable = None, False

    def flush(self) -> None:
        """Move what is in memory into segments: after that, neither a crash nor a full disk loses it."""
        for analysis in self._analyses:
            if analysis.buffer.filled:
                self._write_segment(analysis)
        self._unsaved = True
        self._flushed_at = time.monotonic()

    def close(self, measures: Mapping[str, Measured]) -> None:
        self.measures = dict(measures)
        file.write(self.path, [a.result() for a in self._analyses], measures)
        self.closed = True
        remove_leftovers(self.path)

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
        shown = [(a.length, a.schema.shown()) for a in self._analyses]
        return {s.analysis: (length, s.stream, [v.name for v in s.variables]) for length, s in shown}

    def found_by(self) -> dict[str, str]:
        """For each analysis that starts from an operating point: how that was found."""
        found = {a.schema.analysis: a.final.get("found_by") for a in self._analyses}
        return {analysis: sentence for analysis, sentence in found.items() if sentence}

    def _write_segment(self, analysis: _Analysis) -> None:
        buffer = analysis.buffer
        path = segments.segment(self.path, analysis.order, buffer.schema.analysis, buffer.start)
        segments.begin(self.path)
        file.write(path, [analysis.segment()], compress=False, sync=self._sync)
        if path not in analysis.written:
            analysis.written.append(path)
        buffer.clear()


def held_samples(schema: Schema) -> int:
    """The samples of a full segment: whole chunks."""
    limit = HELD_BYTES + HELD_BYTES_PER_VARIABLE * len(schema.variables)
    samples = max(1, limit // sample_bytes(schema))
    return samples if samples < file.CHUNK else samples - samples % file.CHUNK
