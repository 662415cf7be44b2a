"""From Python: netlist in, Dataset out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cards import Scattering
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
from .electronic_transient import ElectronicTransient
from .electronics import is_electronic
from .request import Request
from .run import run
from .small_signal import run_scattering
from .transient import Transient

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
    Returns the Dataset of one analysis, or a DataTree with one group each when there are several; with `path` it is
    read from the file as it is used.
    Raises UsageError when there is no such analysis, or when what is to be resumed is another run; SimulationError
    when an analysis fails.
    """
    only = None if analysis is None else [analysis]
    if path is None:
        result = _in_memory(circuit, only, times)
    else:
        result = _on_disk(circuit, only, Path(path), resume, overwrite, times)
    return result if times is None or is_electronic(circuit) else at_times(result, times)


def _in_memory(circuit: Circuit, only: Sequence[str] | None, times: Any) -> Any:
    sink = MemorySink()
    run(circuit.check(), sink, only, tell=_warn, times=times)
    return sink.result()


def _on_disk(
    circuit: Circuit, only: Sequence[str] | None, path: Path, resume: bool, overwrite: bool, times: Any
) -> Any:
    if not (resume and is_finished(path, circuit.text, circuit.parameters)):
        sink = NetcdfSink(path, overwrite, resume, describe(circuit.check()))
        try:
            with stop_at_checkpoint(sink):
                run(circuit, sink, only, tell=_warn, times=times)
        except BaseException:
            sink.interrupt()
            raise
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
    if step is None:
        step = circuit.options.get("dt")
        if step is None:
            raise UsageError("transient needs a step (s), or the circuit an option dt")
    sink = MemorySink()
    request = Request(float(step), float(stop), float(start), inputs or {}, params or {}, save, state, return_state)
    if is_electronic(circuit.check()):
        ElectronicTransient(circuit, request).run(sink)
        sink.close({})
        return sink.result()
    prepared = Transient(circuit, request)
    give_advice(circuit, prepared.step, prepared.request.stop, _warn)
    for sentence in (*input_advice(prepared), *cost_advice(prepared)):
        _warn(sentence)
    last = prepared.run(sink)
    sink.close({})
    return (sink.result(), last) if return_state else sink.result()


def sparam(circuit: Circuit, *, points: int, span: float) -> xarray.Dataset:
    """S-parameters s(a,b), complex along `frequency`: `points` over `span` Hz around each carrier."""
    sink = MemorySink()
    run_scattering(circuit.check(), Scattering(points, span), sink, "sparam")
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
            "optical signals exist at multiples of the step only: ask for such times, or take another step"
        )
    return result.isel(time=index)
