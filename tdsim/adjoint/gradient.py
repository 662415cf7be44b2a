"""tdsim.gradient: the exact derivative of a number made of saved signals, by running the circuit backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ..analysis.electronics import is_electronic
from ..analysis.recorder import Block
from ..analysis.request import Request
from ..analysis.simulate import step_of
from ..circuit import Circuit, is_shape
from ..errors import UsageError, nearest
from ..outputs import Output
from ..schedule.adjoint import compile_adjoint
from ..trainable import trainable
from .costs import Cost
from .passes import Backward, Forward
from .readings import Product, Readings
from .sources import split


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
    wrt     parameters "inst.parameter" (`*` stands for any text), and names of inputs; None means what `.train` marks
    stop, step, inputs, params, save   as in `transient`: the signals are those that it would give
    Returns the value (a number, or (runs,)) and a Dataset with a variable for each of `wrt`: the derivative of each
    run's value with respect to a parameter, or to the samples of an input (dL/dRe + i dL/dIm).
    It is the gradient of the computation as it ran, delays and their filters included: the circuit runs forward twice
    and backward once, and memory grows with the square root of the number of samples, besides the signals themselves.
    Raises UsageError when there is nothing to differentiate, or no way to.
    """
    checked = circuit.check()
    _refuse(checked)
    request = Request(step_of(circuit, step), float(stop), 0.0, dict(inputs or {}), dict(params or {}), save)
    parameters, lit = _targets(checked, list(trainable(checked)) if wrt is None else wrt, request)
    seeded = Forward(checked, request, ())
    waves = sorted({o.wave for o in seeded.outputs if o.wave})
    entries = [_entry_wave(seeded, name) for name in lit]
    inner, emitted = split(seeded, parameters)
    read = [*entries, *(wave for source in emitted.values() for wave in source.adjoint)]
    rounded = seeded.circuit.options.get("delay", "exact") == "round"
    readings = Readings(seeded.circuit, inner, request.step, read, seeded.runs, seeded.wanted, rounded)
    programs = compile_adjoint(seeded.circuit, request.step, seeded.runs, waves, readings, rounded)
    forward = Forward(checked, request, sorted({p.wave for p in readings.products}))
    segments = forward.segments()
    samples, states = forward.run_through(segments)
    signals = {o.name: _seen(forward, o.values(samples[o.wave])) for o in forward.outputs if o.wave in samples}
    value = _value(forward, cost, signals)
    seeds = _seeds(forward, samples, cost.pullback(signals))
    sums = _Sums(readings.products, forward)
    longest = max(end - start for start, end in segments)
    wanted = sorted({p.adjoint for p in readings.products} | set(read))
    backward = Backward(forward, programs, seeds, wanted, longest)
    block = Block(forward.program, forward.numbers(sums.waves), longest)
    back = {name: np.zeros((*block.samples.shape[1:3], forward.count), complex) for name in entries}
    for (start, end), state in zip(reversed(segments), reversed(states), strict=True):
        there = forward.waves_of(state, block, sums.waves, end - start) if sums.waves else {}
        adjoint = backward.run(end - start)
        sums.add(there, adjoint)
        for source in emitted.values():
            source.add(start, end, adjoint)
        for name in set(entries) & adjoint.keys():
            back[name][..., start:end] = adjoint[name]
    slopes_of_inputs = {name: back[entry] for name, entry in zip(lit, entries, strict=True)}
    names = [f"{instance}.{parameter}" for instance, parameter in parameters]
    slopes = {name: sums.derivative(name) if name not in emitted else emitted[name].total for name in names}
    return value, _dataset(forward, slopes, slopes_of_inputs)


class _Sums:
    """The products of waves and adjoint waves, summed over time."""

    def __init__(self, products: Sequence[Product], forward: Forward):
        self._products = products
        self.waves = sorted({p.wave for p in products})
        self._pairs = sorted({(p.wave, p.adjoint) for p in products})
        shape = (len(forward.program.carriers), forward.program.runs)
        self._runs = forward.program.runs
        self._found = {pair: np.zeros(shape, dtype=complex) for pair in self._pairs}

    def add(self, waves: Mapping[str, np.ndarray], adjoint: Mapping[str, np.ndarray]) -> None:
        """The products of one segment."""
        for wave, back in self._pairs:
            if wave in waves and back in adjoint:
                self._found[wave, back] += np.einsum("crt,crt->cr", waves[wave], np.conj(adjoint[back]))

    def derivative(self, parameter: str) -> np.ndarray:
        """dL/dparameter (runs,)."""
        total = np.zeros(self._runs)
        for p in self._products:
            if p.parameter == parameter:
                total = total + (p.slope * self._found[p.wave, p.adjoint]).real.sum(axis=0)
        return total


def _refuse(circuit: Circuit) -> None:
    if is_electronic(circuit):
        raise UsageError("the gradient cannot go through electronics yet: only through circuits of light")
    if circuit.processes:
        raise UsageError("the gradient cannot go through a circuit with processes: what they do is not differentiable")


def _targets(circuit: Circuit, wrt: Sequence[str], request: Request) -> tuple[list[tuple[str, str]], list[str]]:
    """The parameters (instance, parameter) and the inputs that are named."""
    if not wrt:
        raise UsageError(
            "there is nothing to differentiate by: mark parameters by .train, or name some ('xps*.phase') or inputs"
        )
    parameters: list[tuple[str, str]] = []
    lit = []
    for name in wrt:
        if name in request.inputs:
            lit.append(name)
            continue
        pattern, _, parameter = name.lower().rpartition(".")
        found = [
            (i.name, parameter)
            for i in circuit.instances.values()
            if fnmatchcase(i.name, pattern) and parameter in i.device.params
        ]
        if not found:
            known = [f"{i.name}.{p}" for i in circuit.instances.values() for p in i.device.params]
            raise UsageError(f"unknown parameter or input {name!r}{nearest(name, [*known, *request.inputs])}")
        for one in found:
            _check_target(circuit, *one)
        parameters += [one for one in found if one not in parameters]
    return parameters, lit


def _check_target(circuit: Circuit, name: str, parameter: str) -> None:
    instance = circuit.instances[name]
    value = instance.settings[parameter]
    if instance.device.params[parameter].kind != "number" or is_shape(value):
        raise UsageError(f"{name}.{parameter} is not a number, so there is no derivative with respect to it")
    if instance.device.emit is None and any(is_shape(v) for v in instance.values.values()):
        raise UsageError(
            f"{name}.{parameter}: the gradient with respect to a device that follows a shape is not available yet"
        )


def _entry_wave(forward: Forward, name: str) -> str:
    """The wave that an input fills."""
    if name in forward.circuit.external:
        return f"in({name})"
    instance = forward.circuit.instances[name]
    return f"{name}.{next(iter((*instance.device.adds, *instance.ports)))}"


def _signal_shape(forward: Forward) -> tuple[int, ...]:
    """The shape that a cost sees: (times,), (runs, times) or (runs, carriers, times)."""
    carriers, runs = len(forward.program.carriers), forward.program.runs
    if carriers > 1:
        return runs, carriers, forward.count
    return (runs, forward.count) if forward.has_runs else (forward.count,)


def _seen(forward: Forward, values: np.ndarray) -> np.ndarray:
    """Samples (carriers, runs, times) as a cost sees them."""
    return np.swapaxes(values, 0, 1).reshape(_signal_shape(forward))


def _unseen(forward: Forward, values: Any, signal: str) -> np.ndarray:
    """The inverse of `_seen`. Raises UsageError when the array does not have the signal's shape."""
    array, shape = np.asarray(values), _signal_shape(forward)
    if array.shape != shape:
        raise UsageError(f"the cost's pullback gives {array.shape} for {signal}, whose shape is {shape}")
    if not np.isfinite(array).all():
        raise UsageError(f"the cost's pullback gives a value for {signal} that is not finite")
    return np.swapaxes(array.reshape(forward.program.runs, -1, forward.count), 0, 1)


def _value(forward: Forward, cost: Cost, signals: Mapping[str, np.ndarray]) -> Any:
    """The cost of each run (runs,), or one number. Raises UsageError when it is something else."""
    value = np.asarray(cost.value(signals))
    if value.size != forward.program.runs or value.ndim > 1 or np.iscomplexobj(value):
        raise UsageError(
            f"the cost's value must be a real number for each of {forward.program.runs} runs, not an array "
            f"{value.shape} of {value.dtype}"
        )
    return value if forward.has_runs else float(value.reshape(()))


def _seeds(forward: Forward, samples: Mapping[str, np.ndarray], slopes: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """dL/dwave of the outputs' waves in reversed time, from dL/dsignal."""
    found: dict[str, np.ndarray] = {}
    outputs: dict[str, Output] = {o.name: o for o in forward.outputs}
    for name, values in slopes.items():
        output = outputs.get(name)
        if output is None:
            raise UsageError(f"the cost depends on {name}, which is not saved{nearest(name, outputs)}")
        if output.wave not in samples:
            continue
        slope = _unseen(forward, values, name)
        if output.is_power:
            slope = 2 * slope.real * samples[output.wave]
        elif output.state is not None and output.state.real:
            slope = slope.real
        backwards = np.ascontiguousarray(slope[..., ::-1], dtype=complex)
        found[output.wave] = found[output.wave] + backwards if output.wave in found else backwards
    return found


def _dataset(forward: Forward, slopes: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray]) -> Any:
    import xarray as xr

    run = ("run",) if forward.has_runs else ()
    several = ("carrier",) if len(forward.program.carriers) > 1 else ()
    variables = {}
    for name, values in slopes.items():
        instance, _, parameter = name.rpartition(".")
        unit = forward.circuit.instances[instance].device.params[parameter].unit
        variables[name] = xr.Variable(run, values if run else values[0], {"units": f"1/({unit})" if unit else "1"})
    for name, values in inputs.items():
        shape = [size for size, there in ((forward.program.runs, run), (values.shape[0], several)) if there]
        ordered = np.swapaxes(values, 0, 1).reshape(*shape, forward.count)
        variables[name] = xr.Variable((*run, *several, "time"), ordered, {"units": "1/sqrt(W)"})
    coordinates = {"time": np.arange(forward.count) * forward.step} if inputs else {}
    return xr.Dataset(variables, coordinates)
