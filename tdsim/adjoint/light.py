"""The gradient of a circuit of light: forward with checkpoints, and back segment by segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..analysis.recorder import Block
from ..analysis.request import Request
from ..circuit import Circuit
from ..engine.products import add_product
from ..schedule.adjoint import Adjoint, compile_adjoint
from ..schedule.program import Program
from .costs import Cost
from .passes import Backward, Forward
from .readings import Readings
from .seen import Seen, dataset, entry_wave
from .sources import split
from .targets import Targets


def light_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: Request) -> tuple[Any, Any]:
    """What `tdsim.gradient` returns, for a checked circuit without electronics."""
    forward = Forward(circuit, request)
    waves = sorted({o.wave for o in forward.outputs if o.wave})
    entries = {name: entry_wave(forward.circuit, name) for name in wrt.inputs}
    starts = {name: f"{wave}'" for name, (wave, _) in wrt.states.items()}
    inner, emitted = split(forward, wrt.parameters)
    read = [*entries.values(), *starts.values(), *(wave for source in emitted.values() for wave in source.adjoint)]
    rounded = forward.circuit.options.get("delay", "exact") == "round"
    readings = Readings(forward.circuit, inner, request.step, read, forward.runs, forward.wanted, rounded)
    found = compile_adjoint(forward.circuit, request.step, forward.runs, waves, forward.count, readings, rounded)
    forward.look_at({p.wave for p in readings.products} | _past_waves(found))
    segments = forward.segments()
    samples, states = forward.run_through(segments)
    seen = Seen(forward.outputs, forward.circuit, forward.runs, forward.has_runs, forward.count)
    signals = seen.signals(samples)
    value = seen.value(cost, signals)
    seeds, unit = _reversed(seen.seeds(samples, cost.pullback(signals)))
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
            source.add(np.arange(start, end) * forward.step, adjoint)
        for name, entry in entries.items():
            if entry in adjoint:
                back[name][..., start:end] = adjoint[entry]
    sums.close(backward)
    slopes = {p.label: sums.derivative(p.label) for p in inner} | {k: e.total for k, e in emitted.items()}
    dark = np.zeros((*block.samples.shape[1:3], 1), complex)
    at_start = {name: adjoint.get(carry, dark)[..., 0] for name, carry in starts.items()}
    by_parameter = {p.label: unit * slopes[p.label] for p in wrt.parameters}
    times = np.arange(forward.count) * forward.step
    inputs, starting = _times(unit, back), _times(unit, at_start)
    return value, dataset(seen, forward.circuit, wrt, by_parameter, inputs, starting, times)


def _past_waves(adjoint: Adjoint) -> set[str]:
    """The waves whose past enters an adjoint."""
    return {key[0] for name, key in adjoint.past.items() if name in adjoint.program.inputs}


def _times(factor: float, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: factor * values for name, values in arrays.items()}


def _reversed(seeds: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Seeds backwards in time, of a size that is far from what counts as dark; and their unit, a power of two."""
    largest = max((float(np.abs(values).max(initial=0)) for values in seeds.values()), default=0.0)
    unit = 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 1.0
    return {k: np.ascontiguousarray(values[..., ::-1]) / unit for k, values in seeds.items()}, float(unit)


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
                add_product(waves[wave], adjoint[back], self._found[wave, back])

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
