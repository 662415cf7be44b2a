"""A sink in front of the sink: keeps what `.meas` needs and works it out at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..measures import Measure
from ..results.schema import Earlier, Measured, Room, Schema, Sink, Snapshot, Stretch
from .measure import evaluate_all

STREAM = ""
"""Stands for the time axis among the signals that are kept."""

INSTANTS = ("when", "delay", "min_at", "max_at")
"""Kinds of measures that are times."""


class MeasuringSink:
    """Passes results on to a sink, and keeps what `.meas` needs: also signals that the result does not hold."""

    def __init__(self, sink: Sink, circuit: Circuit, warn: Callable[[str], None]):
        self._sink, self._circuit, self._warn = sink, circuit, warn
        self._kept: dict[str, dict[str, list[np.ndarray]]] = {}
        self._hidden: set[str] = set()
        self._needed: set[str] = set()
        self._analysis = ""
        self._units: dict[str, str] = {}
        self._schemas: dict[str, Schema] = {}
        self._going_on = False
        self._finished: set[str] = set()
        self._room: Room | None = None
        for found in sink.earlier():
            self._recall(found)

    # -- what an earlier run has left -------------------------------------------------------------------------

    def _recall(self, found: Earlier) -> None:
        """Keep what the measures need of an analysis that was cut off, or was finished before."""
        self._open(found.schema)
        self._needed = self._signals(found.schema.analysis)
        for stretch in found.stretches if self._needed else ():
            self._keep(stretch)
        if found.finished:
            self._finished.add(found.schema.analysis)

    def is_finished(self, analysis: str) -> bool:
        """Whether an earlier run has finished the analysis."""
        return analysis in self._finished

    def earlier(self) -> list[Earlier]:
        return self._sink.earlier()

    def resume(self, analysis: str) -> Snapshot | None:
        snapshot = self._sink.resume(analysis)
        self._going_on = snapshot is not None
        return snapshot

    def checkpoint(self, snapshot: Callable[[], Snapshot]) -> None:
        self._sink.checkpoint(snapshot)

    # -- as the run goes on -----------------------------------------------------------------------------------

    def unseen(self, analysis: str, seen: Sequence[str]) -> list[str]:
        """The signals that the measures of an analysis need and the result does not hold."""
        self._needed = self._signals(analysis)
        self._hidden = self._needed - set(seen)
        return sorted(self._hidden)

    def _measures(self, analysis: str) -> list[Measure]:
        return [m for m in self._circuit.measures if m.analysis == analysis]

    def _signals(self, analysis: str) -> set[str]:
        """The signals that the measures of an analysis need, in any run."""
        runs = self._circuit.runs
        every = [self._circuit.measures, *(runs.measures if runs is not None else ())]
        return {s for measures in every for m in measures if m.analysis == analysis for s in m.signals()}

    def begin(self, schema: Schema) -> None:
        if not self._going_on:
            self._open(schema)
        self._going_on = False
        marked = tuple(replace(v, hidden=v.name in self._hidden) for v in schema.variables)
        self._sink.begin(replace(schema, variables=marked))

    def _open(self, schema: Schema) -> None:
        self._analysis = schema.analysis
        self._kept[schema.analysis] = {}
        self._units |= {v.name: v.units for v in schema.variables}
        self._schemas[schema.analysis] = schema

    def room(self, count: int) -> Room | None:
        self._room = self._sink.room(count)
        return self._room

    def append(self, stream: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        self._keep(Stretch(stream, {**self._written(len(stream)), **values}))
        self._sink.append(stream, values)

    def _written(self, count: int) -> dict[str, np.ndarray]:
        """What measures need of the samples that have been written into the sink's room."""
        if self._room is None:
            return {}
        span = slice(self._room.place, self._room.place + count)
        return {name: self._room.values[name][..., span] for name in self._needed & self._room.values.keys()}

    def _keep(self, stretch: Stretch) -> None:
        kept = self._kept[self._analysis]
        for name in self._needed & stretch.values.keys():
            kept.setdefault(name, []).append(stretch.values[name].copy())
        if self._needed:
            kept.setdefault(STREAM, []).append(stretch.stream.copy())

    def finish(self, attributes: dict[str, Any]) -> None:
        self._needed, self._hidden = set(), set()
        self._sink.finish(attributes)

    def close(self, measures: Mapping[str, Measured]) -> None:
        self._sink.close(measures)

    def complete(self) -> None:
        """Work the measures out and close the sink."""
        found: dict[str, Measured] = {}
        for analysis, pieces in self._kept.items():
            signals = {name: np.concatenate(piece, axis=-1) for name, piece in pieces.items()}
            if signals.get(STREAM, np.zeros(1))[-1] < signals.get(STREAM, np.zeros(1))[0]:
                signals = {name: values[..., ::-1] for name, values in signals.items()}  # of a sweep that falls
            values = self._of_runs(analysis, signals) if self._has_runs(analysis) else self._values(analysis, signals)
            for measure in self._measures(analysis):
                value, schema = values[measure.name], self._schemas[analysis]
                dimensions = schema.variables[0].dimensions[:-1] if np.ndim(value) else ()
                along = tuple(c for c in schema.coordinates if (c.dimension or c.name) in dimensions)
                found[measure.name] = Measured(value, dimensions, self._unit(measure), along)
        self.close(found)

    def _has_runs(self, analysis: str) -> bool:
        variables = self._schemas[analysis].variables
        return self._circuit.runs is not None and bool(variables) and variables[0].dimensions[:1] == ("run",)

    def _values(self, analysis: str, signals: dict[str, np.ndarray]) -> dict[str, Any]:
        runs, time = self._circuit.runs, signals.get(STREAM, np.zeros(0))
        warn = self._warn if runs is None else partial(self._warn_of, runs.named(0))
        return evaluate_all(self._measures(analysis), time, signals.__getitem__, warn)

    def _of_runs(self, analysis: str, signals: dict[str, np.ndarray]) -> dict[str, Any]:
        """Run by run, because what is measured may depend on swept parameters, and to name the run in warnings."""
        runs = self._circuit.runs
        assert runs is not None
        time, each = signals.get(STREAM, np.zeros(0)), []
        for run in range(runs.count):
            every = runs.measures[run] if runs.measures else self._circuit.measures
            measures = [m for m in every if m.analysis == analysis]
            one = {name: values[run] for name, values in signals.items() if name != STREAM}
            each.append(evaluate_all(measures, time, one.__getitem__, partial(self._warn_of, runs.named(run))))
        return {name: np.array([e[name] for e in each]) for name in each[0]}

    def _warn_of(self, run: str, sentence: str) -> None:
        self._warn(f"in {run}: {sentence}")

    def _unit(self, measure: Measure) -> str:
        """The unit of a measure's value."""
        schema = self._schemas.get(measure.analysis)
        axis = next((c.units for c in schema.coordinates if c.name == schema.stream), "s") if schema else "s"
        if measure.kind in INSTANTS:
            return axis
        unit = self._units.get(measure.signal, "1")
        return unit + {"integ": f" {axis}", "deriv": f"/{axis}"}.get(measure.kind, "")
