"""Run the analyses of a circuit, one after another, into one sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..cards import Analysis, OperatingPoint, SmallSignal, Sweep
from ..cards import Transient as TransientCard
from ..circuit import Circuit
from ..errors import UsageError, nearest
from ..probes import probes
from ..results.schema import Sink
from .advice import give_advice
from .electronic_transient import ElectronicTransient
from .electronics import is_electronic
from .measuring import MeasuringSink
from .optical_analyses import OpticalAnalyses
from .request import Request
from .response import run_small_signal
from .rest import run_operating_point, run_sweep

Progress = Callable[[float, float], None]


def run(
    circuit: Circuit,
    sink: Sink,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
    times: Any = None,
) -> list[str]:
    """Run the analyses of a circuit in the order ac, dc, op, sparam, settle, tran, then evaluate `.meas`.

    only      names of analyses (tran, tran2, ...); None runs all
    progress  called with (time reached, stop) in s
    tell      called with each sentence of advice (a step too coarse, a loop that makes energy)
    times     of transients of electrical circuits: the instants (s) to give values at
    Returns a sentence for each analysis that has a result but not the one asked for: what did not settle.
    Raises UsageError when there is no analysis to run, SimulationError when one fails.
    """
    series = OpticalAnalyses(circuit, tell or _ignore)
    measuring = MeasuringSink(sink, circuit, tell or _ignore)
    electronic = is_electronic(circuit)
    for name, analysis in _chosen(circuit, only):
        if measuring.is_finished(name):
            series.skipped[name] = analysis
            continue
        if electronic:
            _run_electronic(circuit, name, analysis, measuring, progress, tell or _ignore, times)
            continue
        if tell is not None and isinstance(analysis, TransientCard):
            give_advice(circuit, analysis.step, analysis.stop, tell)
        series.run(name, analysis, measuring, progress)
    measuring.complete()
    return series.problems


def _chosen(circuit: Circuit, only: Sequence[str] | None) -> list[tuple[str, Analysis]]:
    named = circuit.analysis_names()
    if not named:
        raise UsageError(
            "there is no analysis to run: add .tran or .sparam, or call tdsim.transient with step and stop"
        )
    for name in only or ():
        if name not in dict(named):
            raise UsageError(f"the netlist has no analysis {name!r}{nearest(name, dict(named))}")
    return [(n, a) for n, a in named if only is None or n in only]


def _ignore(sentence: str) -> None:
    """For callers who do not want advice."""


def _run_electronic(
    circuit: Circuit,
    name: str,
    analysis: Analysis,
    sink: MeasuringSink,
    progress: Progress | None,
    tell: Callable[[str], None],
    times: Any,
) -> None:
    extra = sink.unseen(name, [p.name for p in probes(circuit, analysis)])
    if isinstance(analysis, OperatingPoint):
        run_operating_point(circuit, analysis, sink, name, tell, extra)
    elif isinstance(analysis, Sweep):
        run_sweep(circuit, analysis, sink, name, tell, extra)
    elif isinstance(analysis, SmallSignal):
        run_small_signal(circuit, analysis, sink, name, tell, extra)
    elif isinstance(analysis, TransientCard):
        a = analysis
        request = Request(a.step, a.stop, a.start, extra=extra, name=name, longest=a.max_step, uic=a.uic, times=times)
        ElectronicTransient(circuit, request).run(sink, progress)
    else:
        raise UsageError(f".{analysis.kind} belongs to optical circuits, and this one has no optical device")
