"""From Python: netlist in, Dataset out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cards import Scattering, Settle
from ..cards import Transient as TransientCard
from ..circuit import Circuit
from ..engine.state import State
from ..errors import UsageError
from ..results import open as open_result
from ..results.dataset import MemorySink
from ..results.reader import is_finished
from ..results.store import NetcdfSink
from ..stopping import stop_at_checkpoint
from .advice import give_advice, input_advice
from .cost import cost_advice
from .description import describe
from .electronic_fixed_point import electronic_fixed_point
from .electronics import is_electronic, is_optical
from .lit_scattering import lit
from .request import Request
from .run import run
from .settle import SettleRequest
from .settle import fixed_point as find_fixed_point
from .small_signal import run_scattering
from .sweeping import sweep
from .transient import Transient
from .transients import make_settling, make_transient, said_of

if TYPE_CHECKING:
    import xarray


def simulate(
    circuit: Circuit,
    analysis: str | None = None,
    times: Any = None,
    *,
    path: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> Any:
    """Run the analyses of a circuit's netlist.

    analysis   the name of one (tran, tran2, sparam); None runs all
    times      with a transient: the instants (s) to give values at, right limits at jumps; optical signals exist on
               the grid of the step only
    path       a netCDF file to write the result to while the run goes on, instead of keeping it in memory
    resume     go on with what a run that was cut off has left at `path`
    overwrite  begin such a run again
    A circuit with `.step` or `.mc` is swept, see `sweep`.
    Returns the Dataset of one analysis, or a DataTree with one group each when there are several; with `path` it is
    read from the file as it is used.
    Raises UsageError when there is no such analysis, or when what is to be resumed is another run; SimulationError
    when an analysis fails.
    """
    if circuit.sweep is not None:
        swept = sweep(circuit, analysis=analysis, path=path, resume=resume, overwrite=overwrite)
        return swept if times is None else at_times(swept, times)
    only = None if analysis is None else _with_its_start(circuit, analysis)
    if path is None:
        result = _in_memory(circuit, only, times)
    else:
        result = _on_disk(circuit, only, Path(path), resume, overwrite, times)
    if only is not None and len(only) > 1:
        result = result[analysis].to_dataset()
    return result if times is None or not is_optical(circuit) else at_times(result, times)


def _in_memory(circuit: Circuit, only: Sequence[str] | None, times: Any) -> Any:
    sink = MemorySink()
    for problem in run(circuit.check(), sink, only, tell=_warn, times=times):
        _warn(problem)
    return sink.result()


def _on_disk(
    circuit: Circuit, only: Sequence[str] | None, path: Path, resume: bool, overwrite: bool, times: Any
) -> Any:
    if not (resume and is_finished(path, circuit.text, circuit.parameters)):
        sink = NetcdfSink(path, overwrite, resume, describe(circuit.check()))
        try:
            with stop_at_checkpoint(sink):
                problems = run(circuit, sink, only, tell=_warn, times=times)
        except BaseException:
            sink.interrupt()
            raise
        for problem in problems:
            _warn(problem)
    return open_result(path)


def transient(
    circuit: Circuit,
    *,
    stop: float,
    step: float | None = None,
    start: float = 0.0,
    inputs: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    save: Sequence[str] | None = None,
    state: State | None = None,
    return_state: bool = False,
) -> Any:
    """Run one transient.

    stop, step, start  s; the result's time axis is start, ..., stop on the grid of the step (default: option `dt`)
    inputs   samples at t = 0, step, 2 step, ... by source instance or external port: (times,), (runs, times) or
             (runs, carriers, times). At a port they are the wave that enters. The run takes stop/step + 1 of them:
             after the last one it is dark (which brings a warning unless it is zero), and more are not used
    params   "inst.parameter" to a number, or to an array (runs,) that makes as many runs side by side
    save     names of signals to keep; None keeps what the netlist names, else every port and open net
    state    go on from this state: the result starts after its last sample
    return_state  return (Dataset, State)
    Raises UsageError for what makes no sense, SimulationError when the simulation fails.
    """
    sink = MemorySink()
    step = step_of(circuit, step)
    request = Request(step, float(stop), float(start), inputs or {}, params or {}, save, state, return_state)
    prepared = make_transient(circuit.check(), request)
    if isinstance(prepared, Transient):
        give_advice(circuit, prepared.step, prepared.request.stop, _warn)
        for sentence in (*input_advice(prepared), *cost_advice(prepared)):
            _warn(sentence)
    for sentence in said_of(prepared):
        _warn(sentence)
    last = prepared.run(sink)
    sink.close({})
    return (sink.result(), last) if return_state else sink.result()


def settle(
    circuit: Circuit,
    *,
    tmax: float,
    tol: float = 1e-6,
    step: float | None = None,
    inputs: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    save: Sequence[str] | None = None,
    state: State | None = None,
    return_state: bool = False,
) -> Any:
    """Run a circuit until its whole state, delay lines included, is in equilibrium.

    tmax     s, after which a run that has not settled is given up, and said to be too slow, to oscillate, to drift or
             to move irregularly
    tol      how far from its equilibrium a run may end, in units of the largest value that its waves have had
    step     s; default: option `dt`
    inputs   constant waves by source instance or external port: a number, (runs,) or (runs, carriers)
    params, save, state, return_state   as in `transient`; a state of one run may be the start of many
    The Dataset has the way to the equilibrium along `time`, and the attributes settled (0 or 1), settle_time (s),
    residual, contraction, verdict, and where there are any, rotation (Hz) and period (s): numbers, or arrays (runs,).
    Raises UsageError for what makes no sense, SimulationError when a wave is no longer finite.
    """
    request = SettleRequest(tol, float(tmax), step_of(circuit, step), inputs or {}, params or {}, save, state)
    sink = MemorySink()
    prepared = make_settling(circuit.check(), request)
    for sentence in said_of(prepared):
        _warn(sentence)
    outcome = prepared.settle(sink)
    sink.close({})
    if problem := outcome.problem(request):
        _warn(problem)
    return (sink.result(), outcome.state) if return_state else sink.result()


def fixed_point(
    circuit: Circuit,
    *,
    step: float | None = None,
    inputs: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    save: Sequence[str] | None = None,
    guess: State | None = None,
    return_state: bool = False,
    stop: float = 1e-6,
) -> Any:
    """Solve for the equilibrium that `settle` runs to: no delays to wait for, and unstable ones are found as well.

    step, inputs, params, save  as in `settle`; the step matters because the equilibrium is that of the sampled circuit
    guess    a State near the equilibrium; it decides which one is found where there are several
    stop     s, the length of a run: it sets the defaults of source shapes, which are taken at their last values
    return_state  return (Dataset, State); a transient that goes on from that State stays in it
    The Dataset has no time. Raises UsageError where a source never stands still, SimulationError where there is no
    equilibrium, or none is found.
    """
    sink = MemorySink()
    request = SettleRequest(1e-9, stop, step_of(circuit, step), inputs or {}, params or {}, save, guess, name="op")
    find = electronic_fixed_point if is_electronic(circuit.check()) else find_fixed_point
    state = find(circuit, request, sink)
    sink.close({})
    result: Any = sink.result()
    result = result.isel(time=0, drop=True)
    return (result, state) if return_state else result


def step_of(circuit: Circuit, step: float | None) -> float:
    given = circuit.options.get("dt") if step is None else step
    if given is None:
        raise UsageError("give a step (s), or the circuit an option dt")
    return float(given)


def _with_its_start(circuit: Circuit, analysis: str) -> list[str]:
    """An analysis, and the search for the equilibrium that it starts from."""
    named = dict(circuit.analysis_names())
    card = named.get(analysis)
    if not isinstance(card, TransientCard) or not card.settled:
        return [analysis]
    return [*[n for n, a in named.items() if isinstance(a, Settle)][-1:], analysis]


def sparam(circuit: Circuit, *, points: int, span: float) -> xarray.Dataset:
    """S-parameters s(a,b), complex along `frequency`: `points` over `span` Hz around each carrier."""
    sink = MemorySink()
    run_scattering(*lit(circuit.check()), Scattering(points, span), sink, "sparam")
    sink.close({})
    return sink.result()  # type: ignore[return-value]


def _warn(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=5)


def at_times(result: xarray.Dataset, times: Any) -> xarray.Dataset:
    """The samples of a transient at these instants, which must lie on its grid."""
    wanted = np.atleast_1d(np.asarray(times, dtype=float))
    grid = result["time"].values
    step = grid[1] - grid[0] if grid.size > 1 else 1.0
    index = np.rint((wanted - grid[0]) / step).astype(int)
    inside = (index >= 0) & (index < grid.size)
    if not inside.all() or np.abs(grid[np.clip(index, 0, grid.size - 1)] - wanted).max() > 1e-6 * step:
        raise UsageError(
            "with light, and in sweeps, there are samples at multiples of the step only: ask for such times, or "
            "take another step"
        )
    return result.isel(time=index)
