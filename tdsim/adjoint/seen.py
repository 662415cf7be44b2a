"""Between a cost and a circuit of light: signals as a cost sees them, what it answers, and how a result looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..errors import UsageError, nearest
from ..outputs import Output
from .costs import Cost, value_of
from .targets import Targets


class Seen:
    """The signals (times,), (runs, times) or (runs, carriers, times) that a cost sees of `outputs`."""

    def __init__(self, outputs: Sequence[Output], circuit: Circuit, runs: int, has_runs: bool, count: int):
        self._outputs = {o.name: o for o in outputs}
        self.carriers, self.runs, self.has_runs, self.count = len(circuit.carriers), runs, has_runs, count

    @property
    def _shape(self) -> tuple[int, ...]:
        if self.carriers > 1:
            return self.runs, self.carriers, self.count
        return (self.runs, self.count) if self.has_runs else (self.count,)

    def signals(self, samples: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """By their names, from samples (carriers, runs, times) of the waves."""
        lit = [o for o in self._outputs.values() if o.wave in samples]
        return {o.name: np.swapaxes(o.values(samples[o.wave]), 0, 1).reshape(self._shape) for o in lit}

    def value(self, cost: Cost, signals: Mapping[str, np.ndarray]) -> Any:
        """The cost of each run (runs,), or one number. Raises UsageError when it is something else."""
        return value_of(cost, signals, self.runs, self.has_runs)

    def seeds(self, samples: Mapping[str, np.ndarray], slopes: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """dL/dwave (carriers, runs, times) of the outputs' waves, from dL/dsignal."""
        found: dict[str, np.ndarray] = {}
        for name, values in slopes.items():
            output = self._outputs.get(name)
            if output is None:
                raise UsageError(f"the cost depends on {name}, which is not saved{nearest(name, self._outputs)}")
            if output.wave not in samples:
                continue
            slope = self._unseen(values, name)
            if output.is_power:
                slope = 2 * slope.real * samples[output.wave]
            elif output.state is not None and output.state.real:
                slope = slope.real
            before = found.get(output.wave)
            found[output.wave] = slope.astype(complex, copy=False) if before is None else before + slope
        return found

    def _unseen(self, values: Any, signal: str) -> np.ndarray:
        """(carriers, runs, times) from a slope. Raises UsageError when that does not have the signal's shape."""
        array = np.asarray(values)
        if array.shape != self._shape:
            raise UsageError(f"the cost's pullback gives {array.shape} for {signal}, whose shape is {self._shape}")
        if not np.isfinite(array).all():
            raise UsageError(f"the cost's pullback gives a value for {signal} that is not finite")
        return np.swapaxes(array.reshape(self.runs, -1, self.count), 0, 1)


def entry_wave(circuit: Circuit, name: str) -> str:
    """The wave by which an input enters."""
    if name in circuit.external:
        return f"in({name})"
    instance = circuit.instances[name]
    return f"{name}.{next(iter((*instance.device.adds, *instance.ports)))}"


def dataset(
    seen: Seen,
    circuit: Circuit,
    wrt: Targets,
    parameters: Mapping[str, np.ndarray],
    inputs: Mapping[str, np.ndarray],
    states: Mapping[str, np.ndarray],
    times: np.ndarray,
) -> Any:
    """Parameters (runs,), inputs (carriers, runs[, times]) and states (carriers, runs) as one Dataset."""
    import xarray as xr

    run = ("run",) if seen.has_runs else ()
    several = ("carrier",) if seen.carriers > 1 else ()
    variables = {}
    for p in wrt.parameters:
        unit = circuit.instances[p.instance].device.params[p.name].unit
        values = parameters[p.label]
        variables[p.label] = xr.Variable(run, values if run else values[0], {"units": f"1/({unit})" if unit else "1"})

    def arranged(values: np.ndarray) -> np.ndarray:
        shape = [size for size, there in ((seen.runs, run), (values.shape[0], several)) if there]
        ordered: np.ndarray = np.swapaxes(values, 0, 1).reshape((*shape, *values.shape[2:]))
        return ordered

    for name, values in inputs.items():
        dimensions = (*run, *several, *(("time",) if values.ndim > 2 else ()))
        variables[name] = xr.Variable(dimensions, arranged(values), {"units": "1/sqrt(W)"})
    for name, values in states.items():
        state = wrt.states[name][1]
        found = arranged(values.real if state.real else values)
        variables[name] = xr.Variable((*run, *several), found, {"units": f"1/({state.unit})"})
    return xr.Dataset(variables, {"time": times} if inputs and times.size else {})
