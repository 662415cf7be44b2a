"""tdsim.sensitivity: the derivatives of all signals with respect to a few parameters, by runs side by side.

Each parameter is moved to and fro by falling widths, all of them in one pass of the engine; the fourth-order difference
is taken where two neighbouring widths agree best. `gradient` is exact and takes many parameters at once, but gives the
slope of one number; this gives those of whole waveforms, and says how far they can be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..analysis.electronics import is_electronic
from ..analysis.parameters import has_runs
from ..analysis.simulate import step_of, transient
from ..circuit import Circuit
from ..errors import UsageError
from ..trainable import trainable
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
    """The derivatives of a transient's signals with respect to parameters, for circuits of light.

    wrt     as in `gradient`: parameters "inst.parameter" or "inst.parameter[k]", `*` for any text; None: those of
            `.train`
    stop, step, inputs, params, save   as in `transient`
    Returns a Dataset with the signals of that transient, each with a first dimension `parameter` (labels), in units of
    the signal over that of the parameter; `error` (parameter,) is the largest difference between the two best widths,
    relative to the largest derivative of any signal. A parameter costs 28 runs, side by side.
    Raises UsageError when there is nothing to differentiate by, or no way to.
    """
    checked = circuit.check()
    if is_electronic(checked):
        raise UsageError("sensitivities of electronics are not available yet: only of circuits of light")
    inputs, params = dict(inputs or {}), dict(params or {})
    wanted = targets(checked, list(trainable(checked)) if wrt is None else wrt, inputs)
    if wanted.inputs or wanted.states:
        raise UsageError(f"{[*wanted.inputs, *wanted.states][0]} is no parameter: sensitivity takes parameters alone")
    asked: dict[str, Any] = {"stop": stop, "step": step_of(circuit, step), "save": save}
    nominal = transient(checked, inputs=inputs, params=params, **asked)
    found = [_of(checked, p, nominal, inputs, params, asked) for p in wanted.parameters]
    return _dataset(nominal, [p.label for p in wanted.parameters], found)


def _of(
    circuit: Circuit, target: Parameter, nominal: Any, inputs: dict[str, Any], params: dict[str, Any], asked: Any
) -> tuple[dict[str, np.ndarray], float]:
    """The derivatives of all signals with respect to one parameter, and their relative error."""
    runs = nominal.sizes.get("run", 1)
    base = _value(circuit, target, params)
    widths = _widths(circuit, target, base)
    moved = base + np.outer(widths, list(WEIGHTS)).reshape(-1, 1)
    count = moved.shape[0]
    shared = 2 if len(circuit.carriers) > 1 else 1
    inputs = {name: _repeated(x, count) if np.ndim(x) > shared else x for name, x in inputs.items()}
    params = {name: _repeated(x, count) if has_runs(circuit, name, x) else x for name, x in params.items()}
    beside = {**params, target.label: np.broadcast_to(moved, (count, runs)).reshape(-1)}
    result = transient(circuit, inputs=inputs, params=beside, **asked)
    differences = {name: _differences(result[name].values, widths, nominal[name].shape) for name in nominal.data_vars}
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
