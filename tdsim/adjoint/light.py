"""The gradient of a circuit of light: forward with checkpoints, and back segment by segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..analysis.recorder import Block
from ..analysis.request import Request
from ..circuit import Circuit
from ..errors import UsageError, nearest
from ..outputs import Output
from ..schedule.adjoint import Adjoint, compile_adjoint
from ..schedule.program import Program
from .costs import Cost
from .passes import Backward, Forward
from .readings import Readings
from .sources import split
from .targets import Targets


def light_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: Request) -> tuple[Any, Any]:
    """What `tdsim.gradient` returns, for a checked circuit without electronics."""
    seeded = Forward(circuit, request, ())
    waves = sorted({o.wave for o in seeded.outputs if o.wave})
    entries = {name: _entry_wave(seeded, name) for name in wrt.inputs}
    starts = {name: f"{wave}'" for name, (wave, _) in wrt.states.items()}
    inner, emitted = split(seeded, wrt.parameters)
    read = [*entries.values(), *starts.values(), *(wave for source in emitted.values() for wave in source.adjoint)]
    rounded = seeded.circuit.options.get("delay", "exact") == "round"
    readings = Readings(seeded.circuit, inner, request.step, read, seeded.runs, seeded.wanted, rounded)
    found = compile_adjoint(seeded.circuit, request.step, seeded.runs, waves, seeded.count, readings, rounded)
    forward = Forward(circuit, request, sorted({p.wave for p in readings.products} | _past_waves(found)))
    segments = forward.segments()
    samples, states = forward.run_through(segments)
    signals = {o.name: _seen(forward, o.values(samples[o.wave])) for o in forward.outputs if o.wave in samples}
    value = _value(forward, cost, signals)
    seeds, unit = _scaled(_seeds(forward, samples, cost.pullback(signals)))
    sums = _Sums(readings, found, forward)
    longest = max(end - start for start, end in segments)
    wanted = sorted({p.adjoint for p in readings.products} | {c.back for c in readings.changes} | set(read))
    backward = Backward(forward, found, seeds, wanted, longest)
    needed = sorted({*sums.waves, *(name for name, _ in backward.past.values() if name in forward.program.index)})
    block = Block(forward.program, forward.numbers(needed), longest)
    back = {name: np.zeros((*block.samples.shape[1:3], forward.count), complex) for name in entries}
    adjoint: Mapping[str, np.ndarray] = {}
    for (start, end), state in zip(reversed(segments), reversed(states), strict=True):
        there = forward.waves_of(state, block, needed, end - start) if needed else {}
        past = {k: forward.past(state, *key, there.get(key[0]), end - start) for k, key in backward.past.items()}
        adjoint = backward.run(end - start, past)
        sums.add(there, adjoint)
        for source in emitted.values():
            source.add(start, end, adjoint)
        for name, entry in entries.items():
            if entry in adjoint:
                back[name][..., start:end] = adjoint[entry]
    sums.close(backward)
    slopes = {p.label: sums.derivative(p.label) for p in inner} | {k: e.total for k, e in emitted.items()}
    dark = np.zeros((*block.samples.shape[1:3], 1), complex)
    at_start = {name: adjoint.get(carry, dark)[..., 0] for name, carry in starts.items()}
    by_parameter = {p.label: unit * slopes[p.label] for p in wrt.parameters}
    return value, _dataset(forward, wrt, by_parameter, _times(unit, back), _times(unit, at_start))


def _past_waves(adjoint: Adjoint) -> set[str]:
    """The waves whose past enters an adjoint."""
    return {key[0] for name, key in adjoint.past.items() if name in adjoint.program.inputs}


def _times(factor: float, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: factor * values for name, values in arrays.items()}


def _scaled(seeds: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Seeds of a size that is far from what counts as dark, and what to multiply results by: a power of two."""
    largest = max((float(np.abs(values).max(initial=0)) for values in seeds.values()), default=0.0)
    unit = 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 1.0
    return {name: values / unit for name, values in seeds.items()}, float(unit)


class _Sums:
    """What derivatives are made of, summed over time: products of waves and adjoint waves, and slopes of steps."""

    def __init__(self, readings: Readings, adjoint: Adjoint, forward: Forward):
        self._products, self._changes, self._places = readings.products, readings.changes, adjoint.sums
        self.waves = sorted({p.wave for p in self._products})
        self._pairs = sorted({(p.wave, p.adjoint) for p in self._products})
        program: Program = forward.program
        self._runs = program.runs
        self._found = {pair: np.zeros((len(program.carriers), program.runs), dtype=complex) for pair in self._pairs}
        self._steps: dict[str, np.ndarray] = {}

    def add(self, waves: Mapping[str, np.ndarray], adjoint: Mapping[str, np.ndarray]) -> None:
        """The products of one segment."""
        for wave, back in self._pairs:
            if wave in waves and back in adjoint:
                self._found[wave, back] += np.einsum("crt,crt->cr", waves[wave], np.conj(adjoint[back]))

    def close(self, backward: Backward) -> None:
        """Take what the steps back have summed up."""
        for change in self._changes:
            if change.back in self._places:
                memory = backward.memory(self._places[change.back], len(change.slope))
                self._steps[change.back] = memory

    def derivative(self, parameter: str) -> np.ndarray:
        """dL/dparameter (runs,)."""
        total = np.zeros(self._runs)
        for p in self._products:
            if p.parameter == parameter:
                total = total + (p.slope * self._found[p.wave, p.adjoint]).real.sum(axis=0)
        for c in self._changes:
            if c.parameter == parameter and c.back in self._steps:
                total = total + (c.slope * np.conj(self._steps[c.back])).real.sum(axis=0)
        return total


def _entry_wave(forward: Forward, name: str) -> str:
    """The wave by which an input enters."""
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


def _dataset(
    forward: Forward,
    wrt: Targets,
    parameters: Mapping[str, np.ndarray],
    inputs: Mapping[str, np.ndarray],
    states: Mapping[str, np.ndarray],
) -> Any:
    """Parameters (runs,), inputs (carriers, runs, times) and states (carriers, runs) as one Dataset."""
    import xarray as xr

    run = ("run",) if forward.has_runs else ()
    several = ("carrier",) if len(forward.program.carriers) > 1 else ()
    variables = {}
    for p in wrt.parameters:
        unit = forward.circuit.instances[p.instance].device.params[p.name].unit
        values = parameters[p.label]
        variables[p.label] = xr.Variable(run, values if run else values[0], {"units": f"1/({unit})" if unit else "1"})

    def arranged(values: np.ndarray) -> np.ndarray:
        shape = [size for size, there in ((forward.program.runs, run), (values.shape[0], several)) if there]
        ordered: np.ndarray = np.swapaxes(values, 0, 1).reshape((*shape, *values.shape[2:]))
        return ordered

    for name, values in inputs.items():
        variables[name] = xr.Variable((*run, *several, "time"), arranged(values), {"units": "1/sqrt(W)"})
    for name, values in states.items():
        state = wrt.states[name][1]
        found = arranged(values.real if state.real else values)
        variables[name] = xr.Variable((*run, *several), found, {"units": f"1/({state.unit})"})
    return xr.Dataset(variables, {"time": np.arange(forward.count) * forward.step} if inputs else {})
