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
from .changes import Changes
from .movable import make_movables
from .rest import settled
from .signals import pulled_back, seen, slopes_dataset


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
    changed, _ = set_parameters(circuit, {**params, **held_sources(circuit, inputs)})
    runs, has_runs = _runs(changed, [*params.values(), *inputs.values()])
    electronics = Electronics(standing(changed, stop / 1000, stop), Card(stop / 1000, stop), save, (), runs)
    held = [Parameter(name, "dc") for name in found.inputs]
    movables = make_movables(electronics.circuit, [*found.parameters, *held])
    changes = Changes(electronics.system, movables, False)
    layout = lay_out(electronics.system, RESTING)
    left = [] if state is None else electronics_of(state, electronics.system, runs)
    guesses: list[np.ndarray | None] = [one["Z"] for one in left] if left else [None] * runs
    solvers = [electronics.solver(electronics.system, run, layout=layout) for run in range(runs)]
    rests = [settled(electronics, solver, guess) for solver, guess in zip(solvers, guesses, strict=True)]
    readings = electronics.readings
    kept = np.stack([rest.unknowns[readings.kept] for rest in rests])[:, None, :]
    value = value_of(cost, seen(readings, kept, has_runs), runs, has_runs)
    slopes = pulled_back(cost, readings, kept, has_runs)
    sums = np.zeros((changes.count, runs))
    for run, rest in enumerate(rests):
        by_unknowns = np.zeros(rest.unknowns.size)
        np.add.at(by_unknowns, readings.kept, slopes[run, 0])
        changes.add_rest(rest, run, np.zeros(by_unknowns.size), -rest.adjoint(by_unknowns), sums[:, run])
    labels = {f"{name}.dc": name for name in found.inputs}
    names = [labels.get(label, label) for movable in movables for label in movable.labels]
    order = [p.label for p in found.parameters] + found.inputs
    by_name = dict(zip(names, sums, strict=True))
    return value, slopes_dataset(changed, {name: by_name[name] for name in order}, has_runs)


def held_sources(circuit: Circuit, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of V and I as values of sources. Raises UsageError where there is no such source, or no constant value."""
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
