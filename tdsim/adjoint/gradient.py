"""tdsim.gradient: the exact derivative of a number made of saved signals, by running the circuit backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..analysis.electronics import is_electronic, is_optical
from ..analysis.request import Request
from ..analysis.settle import SettleRequest
from ..analysis.simulate import step_of
from ..circuit import Circuit
from ..engine.state import State
from ..errors import UsageError
from ..trainable import trainable
from .chain import chains, joined
from .costs import Cost
from .electronics.equilibrium import equilibrium_gradient
from .electronics.transient import electronic_gradient
from .light import light_gradient
from .mixed.rest import settled_mixed_gradient
from .mixed.transient import mixed_gradient
from .settled_light import settled_light_gradient
from .targets import Targets, targets

SHAPES_END = 1e-6
"""s: what the length of a run counts as in the defaults of source shapes, as in `fixed_point`."""


def gradient(
    circuit: Circuit,
    cost: Cost,
    wrt: Sequence[str] | None = None,
    *,
    stop: float | None = None,
    step: float | None = None,
    settled: bool = False,
    state: State | None = None,
    inputs: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    save: Sequence[str] | None = None,
) -> tuple[Any, Any]:
    """The value of a cost of a transient's signals, and its exact derivatives.

    cost    has value(signals) -> (runs,) and pullback(signals) -> dict of arrays, see `tdsim.adjoint.costs`
    wrt     parameters "inst.parameter", or "inst.parameter[k]" of a list (`*` stands for any text), names of inputs,
            states "x(inst.state)" for their values at t = 0, and parameters of the netlist (`.param`) by their names;
            None means what `.train` marks
    stop, step, inputs, params, save   as in `transient`: the signals are those that it would give
    settled  instead of `stop`: at the equilibrium that `fixed_point` finds, near `state` (what `settle` returned) where
             one is given. Inputs are constants: waves as there, values of V and I sources; the signals have one instant
    Returns the value (a number, or (runs,)) and a Dataset with a variable for each of `wrt`: the derivative of each
    run's value with respect to a parameter, to the samples of an input, or to a state (dL/dRe + i dL/dIm).
    It is the gradient of the computation as it ran, delays and their filters included: the circuit runs forward once
    and backward once; where its waves do not fit in 64 MB, it runs forward twice, and memory grows with the square root
    of the number of samples, besides the signals themselves.
    Steps of electronics are recorded, taken again exactly, and gone through backwards; signals are on the grid of the
    step. Of light and electronics together both halves go back together, as they went forward: light and voltages agree
    exactly at every sample. It does not go through events that a parameter moves.
    At an equilibrium the settled equations are solved, and once more with every arrow turned round.
    Raises UsageError when there is nothing to differentiate, or no way to.
    """
    checked = circuit.check()
    _refuse(checked)
    given = dict(inputs or {}), dict(params or {}), save
    names = list(trainable(checked)) if wrt is None else list(wrt)
    chained = chains(checked, names, given[1])
    plain = [name for name in names if name not in chained]
    wanted = targets(checked, [*plain, *(label for chain in chained.values() for label in chain)], given[0])
    value, slopes = _gradient(checked, cost, wanted, given, stop, step, settled, state)
    return value, joined(slopes, chained, names) if chained else slopes


def _gradient(
    checked: Circuit,
    cost: Cost,
    wanted: Targets,
    given: tuple[dict[str, Any], dict[str, Any], Sequence[str] | None],
    stop: float | None,
    step: float | None,
    settled: bool,
    state: State | None,
) -> tuple[Any, Any]:
    """The same for what has been looked up."""
    if settled:
        if stop is not None:
            raise UsageError("a gradient at the equilibrium takes no stop: the circuit is at rest")
        if is_electronic(checked) and not is_optical(checked):
            return equilibrium_gradient(checked, cost, wanted, *given, state, SHAPES_END)
        request = SettleRequest(1e-9, SHAPES_END, step_of(checked, step), *given, state)
        gradient_of = settled_mixed_gradient if is_electronic(checked) else settled_light_gradient
        return gradient_of(checked, cost, wanted, request)
    if stop is None:
        raise UsageError("give a stop (s), or settled=True for the gradient at the equilibrium")
    if state is not None:
        raise UsageError("a state is where an equilibrium is looked for (settled=True); transients start at t = 0 here")
    asked = Request(step_of(checked, step), float(stop), 0.0, *given)
    if not is_electronic(checked):
        return light_gradient(checked, cost, wanted, asked)
    return (mixed_gradient if is_optical(checked) else electronic_gradient)(checked, cost, wanted, asked)


def _refuse(circuit: Circuit) -> None:
    if circuit.processes:
        raise UsageError("the gradient cannot go through a circuit with processes: what they do is not differentiable")
