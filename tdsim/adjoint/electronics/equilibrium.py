"""The gradient of a cost of the equilibrium of an electrical circuit, by implicit differentiation.

At rest F(z, theta) = 0, the operating point with sources as they are at their end. With F_z' y = dL/dz one transposed
solution gives dL/dtheta = -y' dF/dtheta for all parameters.

Reference: e.g. S. W. Director and R. A. Rohrer, IEEE Trans. Circuit Theory 16, 318 (1969) (the adjoint network).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...analysis.electronic_fixed_point import standing
from ...analysis.electronics import RESTING, Electronics, electronics_of
from ...analysis.parameters import set_parameters
from ...cards import Transient as Card
from ...circuit import Circuit, is_shape
from ...engine.state import State
from ...errors import UsageError, nearest
from ...nodal.solver import lay_out
from ..costs import Cost, value_of
from ..targets import Parameter, Targets
from .behaviour import law_slopes
from .linear import linear_entries, sum_linear
from .movable import Movable, make_movables
from .nonlinear import Bench, device_slopes, sum_flows
from .rest import Rest
from .signals import pulled_back, seen


def equilibrium_gradient(
    circuit: Circuit,
    cost: Cost,
    found: Targets,
    inputs: Mapping[str, Any],
    params: Mapping[str, Any],
    save: Sequence[str] | None,
    state: State | None,
    stop: float,
) -> tuple[Any, Any]:
    """See `tdsim.gradient` with `settled`; `stop` (s) sets the defaults of source shapes."""
    changed, _ = set_parameters(circuit, {**params, **_held(circuit, inputs)})
    runs, has_runs = _runs(changed, [*params.values(), *inputs.values()])
    electronics = Electronics(standing(changed, stop / 1000, stop), Card(stop / 1000, stop), save, (), runs)
    held = [Parameter(name, "dc") for name in found.inputs]
    movables = make_movables(electronics.circuit, [*found.parameters, *held])
    backward = Backward(electronics, movables)
    layout = lay_out(electronics.system, RESTING)
    left = [] if state is None else electronics_of(state, electronics.system, runs)
    guesses: list[np.ndarray | None] = [one["Z"] for one in left] if left else [None] * runs
    solvers = [electronics.solver(electronics.system, run, layout=layout) for run in range(runs)]
    rests = [Rest(electronics, solver, guess) for solver, guess in zip(solvers, guesses, strict=True)]
    readings = electronics.readings
    kept = np.stack([rest.unknowns[readings.kept] for rest in rests])[:, None, :]
    value = value_of(cost, seen(readings, kept, has_runs), runs, has_runs)
    slopes = pulled_back(cost, readings, kept, has_runs)
    sums = np.stack([backward.run(run, rest, slopes[run, 0]) for run, rest in enumerate(rests)], axis=-1)
    labels = {f"{name}.dc": name for name in found.inputs}
    names = [labels.get(label, label) for movable in movables for label in movable.labels]
    order = [p.label for p in found.parameters] + found.inputs
    by_name = dict(zip(names, sums, strict=True))
    return value, _dataset(changed, {name: by_name[name] for name in order}, has_runs)


class Backward:
    """The transposed solution of each run, and its products with what parameters change."""

    def __init__(self, electronics: Electronics, movables: Sequence[Movable]):
        self._system, self._kept = electronics.system, electronics.readings.kept
        self._movables = movables
        self._linear = [linear_entries(self._system, movable, False) for movable in movables]
        self._devices = [list(device_slopes(self._system, movable)) for movable in movables]

    def run(self, run: int, rest: Rest, slope: np.ndarray) -> np.ndarray:
        """dL/dparameters of one run, from dL/dkept (kept,)."""
        by_unknowns = np.zeros(rest.unknowns.size)
        np.add.at(by_unknowns, self._kept, slope)
        against = rest.adjoint(by_unknowns)
        parts = []
        for movable, entries, devices in zip(self._movables, self._linear, self._devices, strict=True):
            total = np.zeros(len(movable.instances))
            sum_linear(entries, against, rest.unknowns, run, total)
            for place, slopes in devices:
                sum_flows(slopes, Bench(self._system, rest.words, place), against, run, total)
            for place, law in law_slopes(self._system, movable, run):
                sum_flows(law, Bench(self._system, rest.words, place), against, run, total)
            parts.append(-total)
        return np.concatenate(parts) if parts else np.zeros(0)


def _held(circuit: Circuit, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as values of sources. Raises UsageError where there is no such source, or no constant value."""
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        instance = circuit.instances.get(name.lower())
        if instance is None or not {"dc", "wave"} <= instance.device.params.keys():
            sources = [i.name for i in circuit.instances.values() if {"dc", "wave"} <= i.device.params.keys()]
            raise UsageError(f"no source {name!r} takes an input{nearest(name, sources)}")
        if is_shape(value) or np.ndim(value) > 1:
            raise UsageError(f"the input {name} is held: give it a number, or one for each run (runs,)")
        found[f"{instance.name}.dc"] = found[f"{instance.name}.wave"] = value
    return found


def _runs(circuit: Circuit, values: Sequence[Any]) -> tuple[int, bool]:
    """How many runs there are, and whether the signals have that axis."""
    sizes = {len(v) for v in values if np.ndim(v) == 1}
    return (sizes.pop(), True) if sizes else (1, False)


def _dataset(circuit: Circuit, slopes: Mapping[str, np.ndarray], has_runs: bool) -> Any:
    import xarray as xr

    variables = {}
    for name, values in slopes.items():
        instance, _, parameter = name.partition("[")[0].rpartition(".")
        unit = circuit.instances[instance or parameter].device.params[parameter if instance else "dc"].unit
        units = {"units": f"1/({unit})" if unit not in ("", "1") else "1"}
        variables[name] = xr.Variable(("run",), values, units) if has_runs else xr.Variable((), values[0], units)
    return xr.Dataset(variables)
