"""tdsim.sensitivity: the derivatives of all signals with respect to a few parameters, by runs side by side.

Each parameter is moved to and fro by falling widths, all of them in one pass of the engine; the fourth-order difference
is taken where two neighbouring widths agree best. Where there are electronics the steps of the run as it is are taken
again each time, so that nothing but the parameter changes. `gradient` is exact and takes many parameters at once, but
gives the slope of one number; this gives those of whole waveforms, and says how far they can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..analysis.electronics import is_electronic, is_optical
from ..analysis.parameters import has_runs
from ..analysis.request import Request
from ..analysis.simulate import step_of, transient
from ..analysis.transients import make_transient
from ..circuit import Circuit
from ..errors import UsageError
from ..nodal.unknowns import is_electrical
from ..results.dataset import MemorySink
from ..trainable import trainable
from .electronics.movable import make_movables
from .electronics.moving import refuse_moving_parameters
from .electronics.transient import replayed as electronics_again
from .mixed.transient import replayed as mixed_again
from .slopes import WEIGHTS
from .targets import Parameter, targets

WIDTHS = 0.01 / 8.0 ** np.arange(7)
"""By how much a parameter is moved, in units of itself, or of 1 where it is zero."""


def sensitivity(
    circuit: Circuit,
    wrt: Sequence[str] | None = None,
    *,
    stop: float,
    step: float | None = None,
    inputs: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    save: Sequence[str] | None = None,
) -> Any:
    """The derivatives of a transient's signals with respect to parameters.

    wrt     as in `gradient`: parameters "inst.parameter" or "inst.parameter[k]", `*` for any text; None: those of
            `.train`
    stop, step, inputs, params, save   as in `transient`
    Returns a Dataset with the signals of that transient, each with a first dimension `parameter` (labels), in units of
    the signal over that of the parameter; `error` (parameter,) is the largest difference between the two best widths,
    relative to the largest derivative of any signal. A parameter costs 28 runs, side by side; with electronics one
    after another, and the signals are on the grid of the step.
    Raises UsageError when there is nothing to differentiate by, or no way to.
    """
    checked = circuit.check()
    inputs, params = dict(inputs or {}), dict(params or {})
    wanted = targets(checked, list(trainable(checked)) if wrt is None else wrt, inputs)
    if wanted.inputs or wanted.states:
        raise UsageError(f"{[*wanted.inputs, *wanted.states][0]} is no parameter: sensitivity takes parameters alone")
    asked: dict[str, Any] = {"stop": stop, "step": step_of(circuit, step), "save": save}
    if is_electronic(checked):
        refuse_moving_parameters(make_movables(checked, [p for p in wanted.parameters if _is_electrical(checked, p)]))
    runs_of = _one_by_one if is_electronic(checked) else _side_by_side
    nominal, signals_of = runs_of(checked, inputs, params, asked)
    found = [_of(checked, p, nominal, signals_of, params) for p in wanted.parameters]
    return _dataset(nominal, [p.label for p in wanted.parameters], found)


SignalsOf = Callable[[str, np.ndarray], dict[str, np.ndarray]]
"""All signals (values, ...) from a parameter and its values (values, runs or 1)."""

Runs = tuple[Any, SignalsOf]
"""The transient as it is, a Dataset, and what it is with other values."""


def _side_by_side(
    circuit: Circuit, inputs: dict[str, Any], params: dict[str, Any], asked: Any
) -> tuple[Any, SignalsOf]:
    """The transient of a circuit of light, and its signals with other values of a parameter."""
    nominal = transient(circuit, inputs=inputs, params=params, **asked)
    runs = nominal.sizes.get("run", 1)

    def signals_of(label: str, moved: np.ndarray) -> dict[str, np.ndarray]:
        count, shared = moved.shape[0], 2 if len(circuit.carriers) > 1 else 1
        entering = {name: _repeated(x, count) if np.ndim(x) > shared else x for name, x in inputs.items()}
        others = {name: _repeated(x, count) if has_runs(circuit, name, x) else x for name, x in params.items()}
        beside = {**others, label: np.broadcast_to(moved, (count, runs)).reshape(-1)}
        result = transient(circuit, inputs=entering, params=beside, **asked)
        return {name: result[name].values.reshape(count, *nominal[name].shape) for name in nominal.data_vars}

    return nominal, signals_of


def _one_by_one(circuit: Circuit, inputs: dict[str, Any], params: dict[str, Any], asked: Any) -> Runs:
    """The same of a circuit with electronics."""
    request = Request(asked["step"], float(asked["stop"]), 0.0, inputs, params, asked["save"])
    again = mixed_again if is_optical(circuit) else electronics_again
    sink = MemorySink()
    timed = request if is_optical(circuit) else replace(request, times=request.grid())
    make_transient(circuit, timed).run(sink)
    sink.close({})
    nominal: Any = sink.result()

    def signals_of(label: str, moved: np.ndarray) -> dict[str, np.ndarray]:
        runs = nominal.sizes.get("run")
        sets = [{label: np.broadcast_to(v, (runs,)) if runs else float(v[0])} for v in moved]
        results = again(circuit, request, sets)
        whole = {name: np.stack([found[name] for found in results]) for name in nominal.data_vars}
        return {name: values.reshape(len(moved), *nominal[name].shape) for name, values in whole.items()}

    return nominal, signals_of


def _is_electrical(circuit: Circuit, p: Parameter) -> bool:
    return is_electrical(circuit.instances[p.instance])


def _of(
    circuit: Circuit, target: Parameter, nominal: Any, signals_of: SignalsOf, params: dict[str, Any]
) -> tuple[dict[str, np.ndarray], float]:
    """The derivatives of all signals with respect to one parameter, and their relative error."""
    base = _value(circuit, target, params)
    widths = _widths(circuit, target, base)
    moved = base + np.outer(widths, list(WEIGHTS)).reshape(-1, 1)
    signals = signals_of(target.label, moved)
    differences = {name: _differences(signals[name], widths, nominal[name].shape) for name in nominal.data_vars}
    apart = [max(float(np.abs(d[k + 1] - d[k]).max()) for d in differences.values()) for k in range(len(widths) - 1)]
    best = int(np.argmin(apart)) + 1
    largest = max(float(np.abs(d[best]).max()) for d in differences.values())
    return {name: d[best] for name, d in differences.items()}, apart[best - 1] / largest if largest else 0.0


def _repeated(values: Any, count: int) -> np.ndarray:
    """The runs of an array (runs, ...) so many times one after another."""
    return np.tile(values, (count, *(1 for _ in np.shape(values)[1:])))


def _differences(values: np.ndarray, widths: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The fourth-order differences (widths, ...) from values at all moved points."""
    points = values.reshape(len(widths), len(WEIGHTS), *shape)
    summed = np.tensordot(list(WEIGHTS.values()), points, (0, 1))
    found: np.ndarray = summed / widths.reshape(-1, *(1 for _ in shape))
    return found


def _value(circuit: Circuit, target: Parameter, params: Mapping[str, Any]) -> np.ndarray:
    """The parameter as it stands, (runs or 1,)."""
    whole = f"{target.instance}.{target.name}"
    if target.label in params:
        return np.atleast_1d(np.asarray(params[target.label], dtype=float))
    value = params.get(whole, circuit.instances[target.instance].settings[target.name])
    if target.place is not None:
        value = np.moveaxis(np.asarray(value, dtype=float), -1, 0)[target.place]
    return np.atleast_1d(np.asarray(value, dtype=float))


def _widths(circuit: Circuit, target: Parameter, base: np.ndarray) -> np.ndarray:
    """How far to move the parameter, at most as far as its bounds allow."""
    low, high = circuit.instances[target.instance].device.params[target.name].bounds
    far = min(float(base.min()) - low, high - float(base.max()))
    if far <= 0:
        raise UsageError(f"{target.label} stands at its bound, where it has no derivative; move it off")
    return np.asarray(min(float(np.abs(base).max()) or 1.0, 100 * far / 2.5) * WIDTHS)


def _dataset(nominal: Any, labels: Sequence[str], found: Sequence[tuple[dict[str, np.ndarray], float]]) -> Any:
    import xarray as xr

    variables = {
        name: (("parameter", *signal.dims), np.stack([slopes[name] for slopes, _ in found]), signal.attrs)
        for name, signal in nominal.data_vars.items()
    }
    errors = ("parameter", [error for _, error in found])
    return xr.Dataset({**variables, "error": errors}, {"parameter": list(labels), **nominal.coords})
