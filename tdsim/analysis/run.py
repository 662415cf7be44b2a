"""Run the analyses of a circuit, one after another, into one sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Analysis, Circuit, Scattering
from ..circuit import Transient as TransientCard
from ..errors import UsageError, nearest
from ..measures import Measure
from ..results.schema import Schema, Sink
from .advice import give_advice
from .measure import evaluate_all
from .outputs import Output, requested
from .small_signal import run_scattering
from .transient import Request, Transient

Progress = Callable[[float, float], None]

STREAM = ""
"""Stands for the time axis among the signals that are kept."""


def run(
    circuit: Circuit,
    sink: Sink,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> None:
    """Run the analyses of a circuit in the order ac, dc, op, sparam, settle, tran, then evaluate `.meas`.

    only      names of analyses (tran, tran2, ...); None runs all
    progress  called with (time reached, stop) in s
    tell      called with each sentence of advice (a step too coarse, a loop that makes energy)
    Raises UsageError when there is no analysis to run, SimulationError when one fails.
    """
    measuring = MeasuringSink(sink, circuit)
    for name, analysis in _chosen(circuit, only):
        if tell is not None and isinstance(analysis, TransientCard):
            give_advice(circuit, analysis.step, tell)
        _run_one(circuit, name, analysis, measuring, progress)
    measuring.close()


def _chosen(circuit: Circuit, only: Sequence[str] | None) -> list[tuple[str, Analysis]]:
    named = circuit.analysis_names()
    if not named:
        raise UsageError("there is no analysis to run: add .tran or .sparam, or call tdsim.transient with step and stop")
    for name in only or ():
        if name not in dict(named):
            raise UsageError(f"the netlist has no analysis {name!r}{nearest(name, dict(named))}")
    return [(n, a) for n, a in named if only is None or n in only]


def _run_one(
    circuit: Circuit, name: str, analysis: Analysis, sink: MeasuringSink, progress: Progress | None
) -> None:
    if isinstance(analysis, Scattering):
        run_scattering(circuit, analysis, sink, name)
        return
    extra = sink.unseen(name, requested(circuit))
    request = Request(analysis.step, analysis.stop, analysis.start, extra=extra, name=name)
    Transient(circuit, request).run(sink, progress)


class MeasuringSink:
    """Passes results on to a sink, and keeps what `.meas` needs: also signals that the result does not hold."""

    def __init__(self, sink: Sink, circuit: Circuit):
        self._sink, self._circuit = sink, circuit
        self._kept: dict[str, dict[str, list[np.ndarray]]] = {}
        self._hidden: set[str] = set()
        self._needed: set[str] = set()
        self._analysis = ""

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

    def close(self) -> None:
        """Work the measures out and close the sink."""
        found: dict[str, np.ndarray] = {}
        for analysis, pieces in self._kept.items():
            signals = {name: np.concatenate(piece, axis=-1) for name, piece in pieces.items()}
            stream, warn = signals.get(STREAM, np.zeros(0)), self._circuit.diagnostics.warn
            found |= evaluate_all(self._measures(analysis), stream, signals.__getitem__, warn)
        self._sink.close(found)
