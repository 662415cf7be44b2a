"""A sink in front of the sink: keeps what `.meas` needs and works it out at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..measures import Measure
from ..outputs import Output
from ..results.schema import Measured, Schema, Sink
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
        self._leading: dict[str, tuple[str, ...]] = {}

    def unseen(self, analysis: str, outputs: Sequence[Output]) -> list[str]:
        """The signals that the measures of an analysis need and the result does not hold."""
        self._needed = {s for m in self._measures(analysis) for s in m.signals()}
        self._hidden = self._needed - {o.name for o in outputs}
        return sorted(self._hidden)

    def _measures(self, analysis: str) -> list[Measure]:
        return [m for m in self._circuit.measures if m.analysis == analysis]

    def begin(self, schema: Schema) -> None:
        self._analysis = schema.analysis
        self._kept[schema.analysis] = {}
        self._units |= {v.name: v.units for v in schema.variables}
        self._leading[schema.analysis] = schema.variables[0].dimensions[:-1] if schema.variables else ()
        seen = tuple(v for v in schema.variables if v.name not in self._hidden)
        self._sink.begin(replace(schema, variables=seen))

    def append(self, stream: np.ndarray, values: dict[str, np.ndarray]) -> None:
        kept = self._kept[self._analysis]
        for name in self._needed & values.keys():
            kept.setdefault(name, []).append(values[name].copy())
        if self._needed:
            kept.setdefault(STREAM, []).append(stream.copy())
        self._sink.append(stream, {k: v for k, v in values.items() if k not in self._hidden})

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
            time = signals.get(STREAM, np.zeros(0))
            measures = self._measures(analysis)
            values = evaluate_all(measures, time, signals.__getitem__, self._warn)
            for measure in measures:
                dimensions = self._leading[analysis] if np.ndim(values[measure.name]) else ()
                found[measure.name] = Measured(values[measure.name], dimensions, self._unit(measure))
        self.close(found)

    def _unit(self, measure: Measure) -> str:
        """The unit of a measure's value."""
        if measure.kind in INSTANTS:
            return "s"
        unit = self._units.get(measure.signal, "1")
        return unit + {"integ": " s", "deriv": "/s"}.get(measure.kind, "")
