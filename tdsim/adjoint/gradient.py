"""tdsim.gradient: the exact derivative of a number made of saved signals, by running the circuit backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..analysis.electronics import is_electronic
from ..analysis.request import Request
from ..analysis.simulate import step_of
from ..circuit import Circuit
from ..errors import UsageError
from .costs import Cost
from .light import light_gradient
from .targets import targets


def gradient(
    circuit: Circuit,
    cost: Cost,
    wrt: Sequence[str] | None = None,
    *,
    stop: float,
    step: float | None = None,
    inputs: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    save: Sequence[str] | None = None,
) -> tuple[Any, Any]:
    """The value of a cost of a transient's signals, and its exact derivatives.

    cost    has value(signals) -> (runs,) and pullback(signals) -> dict of arrays, see `tdsim.adjoint.costs`
    wrt     parameters "inst.parameter", or "inst.parameter[k]" of a list (`*` stands for any text), names of inputs,
            and states "x(inst.state)" for their values at t = 0; None means what `.train` marks
    stop, step, inputs, params, save   as in `transient`: the signals are those that it would give
    Returns the value (a number, or (runs,)) and a Dataset with a variable for each of `wrt`: the derivative of each
    run's value with respect to a parameter, to the samples of an input, or to a state (dL/dRe + i dL/dIm).
    It is the gradient of the computation as it ran, delays and their filters included: the circuit runs forward twice
    and backward once, and memory grows with the square root of the number of samples, besides the signals themselves.
    Raises UsageError when there is nothing to differentiate, or no way to.
    """
    checked = circuit.check()
    _refuse(checked)
    request = Request(step_of(circuit, step), float(stop), 0.0, dict(inputs or {}), dict(params or {}), save)
    return light_gradient(checked, cost, targets(checked, wrt, request.inputs), request)


def _refuse(circuit: Circuit) -> None:
    if is_electronic(circuit):
        raise UsageError("the gradient cannot go through electronics yet: only through circuits of light")
    if circuit.processes:
        raise UsageError("the gradient cannot go through a circuit with processes: what they do is not differentiable")
