"""Run the analyses of a circuit, one after another, into one sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..cards import Analysis, OperatingPoint, Scattering, Settle, SmallSignal, Sweep
from ..cards import Transient as TransientCard
from ..circuit import Circuit
from ..engine.state import State
from ..errors import UsageError, nearest
from ..results.schema import Sink
from .advice import give_advice
from .cost import cost_advice
from .electronics import is_electronic, is_optical
from .equilibria import Equilibria, seen
from .lit_scattering import lit
from .measuring import MeasuringSink
from .request import Request
from .response import run_small_signal
from .rest import run_operating_point, run_sweep
from .small_signal import run_scattering
from .transient import Transient
from .transients import make_transient, said_of

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
    equilibria = Equilibria(circuit, tell or _ignore)
    measuring = MeasuringSink(sink, circuit, tell or _ignore)
    for name, analysis in _chosen(circuit, only):
        if measuring.is_finished(name):
            equilibria.skipped[name] = analysis
        elif isinstance(analysis, Settle):
            equilibria.settle(name, analysis, measuring, progress)
        elif isinstance(analysis, TransientCard):
            state = equilibria.start(name, analysis)
            _run_transient(circuit, name, analysis, state, measuring, progress, tell or _ignore, times)
        elif isinstance(analysis, Scattering) and is_optical(circuit):
            run_scattering(*lit(circuit), analysis, measuring, name)
        else:
            _run_electrical(circuit, name, analysis, measuring, tell or _ignore)
    measuring.complete()
    return equilibria.problems


def advise(circuit: Circuit, only: Sequence[str] | None, tell: Callable[[str], None]) -> None:
    """Tell the advice for the steps of all analyses that `run` would run."""
    for _, analysis in _chosen(circuit, only):
        _advise(circuit, analysis, tell)


def _advise(circuit: Circuit, analysis: Analysis, tell: Callable[[str], None]) -> None:
    if isinstance(analysis, TransientCard):
        give_advice(circuit, analysis.step, analysis.stop, tell)


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


def _run_transient(
    circuit: Circuit,
    name: str,
    card: TransientCard,
    state: State | None,
    sink: MeasuringSink,
    progress: Progress | None,
    tell: Callable[[str], None],
    times: Any,
) -> None:
    """A transient, from a state or from its own beginning."""
    optical = is_optical(circuit)
    extra = sink.unseen(name, seen(circuit, card))
    request = Request(card.step, card.stop, card.start, state=state, extra=extra, name=name)
    request.longest, request.uic, request.times = card.max_step, card.uic, None if optical else times
    if circuit.runs is not None:  # all runs at the same times
        request.params, request.times = dict(circuit.runs.params), None if optical else request.grid()
    if optical and circuit.runs is None:
        give_advice(circuit, card.step, card.stop, tell)
    transient = make_transient(circuit, request)
    for sentence in (*said_of(transient), *(cost_advice(transient) if isinstance(transient, Transient) else ())):
        tell(sentence)
    transient.run(sink, progress)


def _run_electrical(
    circuit: Circuit, name: str, card: Analysis, sink: MeasuringSink, tell: Callable[[str], None]
) -> None:
    """An analysis at rest, or of small signals around it."""
    if not is_electronic(circuit):
        raise UsageError(f".{card.kind} belongs to electrical circuits, and this one has no electrical device")
    extra = sink.unseen(name, seen(circuit, card))
    if isinstance(card, OperatingPoint):
        run_operating_point(circuit, card, sink, name, tell, extra)
    elif isinstance(card, Sweep):
        run_sweep(circuit, card, sink, name, tell, extra)
    elif isinstance(card, SmallSignal):
        run_small_signal(circuit, card, sink, name, tell, extra)
    else:
        raise UsageError(f".{card.kind} belongs to optical circuits, and this one has no optical device")
