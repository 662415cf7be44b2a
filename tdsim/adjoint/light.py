"""The gradient of a circuit of light: forward with checkpoints, and back segment by segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..analysis.recorder import Block
from ..analysis.request import Request
from ..circuit import Circuit
from ..engine.products import add_product
from ..engine.state import State
from ..schedule.adjoint import Adjoint, compile_adjoint
from .costs import Cost
from .passes import Backward, Forward
from .readings import Readings
from .seen import Seen, dataset, entry_wave
from .sources import split
from .targets import Targets


def light_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: Request) -> tuple[Any, Any]:
    """What `tdsim.gradient` returns, for a checked circuit without electronics."""
    passes = _Passes(circuit, wrt, request)
    value, seeds = passes.ahead(cost)
    return value, passes.back(seeds)


class _Passes:
    """The way forward and the way back, of one circuit and what it is to be differentiated by."""

    def __init__(self, circuit: Circuit, wrt: Targets, request: Request):
        self._wrt = wrt
        self._forward = forward = Forward(circuit, request)
        self._entries = {name: entry_wave(forward.circuit, name) for name in wrt.inputs}
        self._starts = {name: f"{wave}'" for name, (wave, _) in wrt.states.items()}
        inner, self._emitted = split(forward, wrt.parameters)
        sent = [wave for source in self._emitted.values() for wave in source.adjoint]
        read = [*self._entries.values(), *self._starts.values(), *sent]
        rounded = forward.circuit.options.get("delay", "exact") == "round"
        self._readings = Readings(forward.circuit, inner, request.step, read, forward.runs, forward.wanted, rounded)
        seeded = sorted({o.wave for o in forward.outputs if o.wave})
        self._adjoint = compile_adjoint(
            forward.circuit, request.step, forward.runs, seeded, forward.count, self._readings, rounded
        )
        self._read = sorted({*read, *(p.adjoint for p in self._readings.products), *self._readings.steps})
        entering = {key[0] for name, key in self._adjoint.past.items() if name in self._adjoint.program.inputs}
        forward.look_at({p.wave for p in self._readings.products} | entering)
        self._segments = forward.segments()
        self._states: list[State] = []
        self._seen = Seen(forward.outputs, forward.circuit, forward.runs, forward.has_runs, forward.count)

    def ahead(self, cost: Cost) -> tuple[Any, dict[str, np.ndarray]]:
        """The value of a cost, and its slopes by the waves of the outputs."""
        samples, self._states = self._forward.run_through(self._segments)
        signals = self._seen.signals(samples)
        return self._seen.value(cost, signals), self._seen.seeds(samples, cost.pullback(signals))

    def back(self, slopes: Mapping[str, np.ndarray]) -> Any:
        """The derivatives, as a Dataset."""
        forward, (seeds, unit) = self._forward, _reversed(slopes)
        longest = max(end - start for start, end in self._segments)
        backward = Backward(forward, self._adjoint, seeds, self._read, longest)
        sums = _Sums(self._readings, forward)
        entering = {name for name, _ in backward.past.values() if name in forward.program.index}
        needed = sorted(sums.waves | entering)
        block = Block(forward.program, forward.numbers(needed), longest)
        shape = (len(forward.program.carriers), forward.program.runs)
        lit = {name: np.zeros((*shape, forward.count), complex) for name in self._entries}
        adjoint: Mapping[str, np.ndarray] = {}
        for (start, end), state in zip(reversed(self._segments), reversed(self._states), strict=True):
            there = forward.waves_of(state, block, needed, end - start) if needed else {}
            past = {k: forward.past(state, *key, there.get(key[0]), end - start) for k, key in backward.past.items()}
            adjoint = backward.run(end - start, past)
            sums.add(there, adjoint)
            for source in self._emitted.values():
                source.add(np.arange(start, end) * forward.step, adjoint)
            for name, entry in self._entries.items():
                if entry in adjoint:
                    lit[name][..., start:end] = unit * adjoint[entry]
        totals = sums.totals(self._adjoint, backward) | {name: e.total for name, e in self._emitted.items()}
        none = np.zeros(forward.program.runs)
        by_parameter = {p.label: unit * totals.get(p.label, none) for p in self._wrt.parameters}
        dark = np.zeros((*shape, 1), complex)
        at_start = {name: unit * adjoint.get(carry, dark)[..., 0] for name, carry in self._starts.items()}
        times = np.arange(forward.count) * forward.step
        return dataset(self._seen, forward.circuit, self._wrt, by_parameter, lit, at_start, times)


def _reversed(seeds: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Seeds backwards in time, of a size that is far from what counts as dark; and their unit, a power of two."""
    largest = max((float(np.abs(values).max(initial=0)) for values in seeds.values()), default=0.0)
    unit = 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 1.0
    return {k: np.ascontiguousarray(values[..., ::-1]) / unit for k, values in seeds.items()}, float(unit)


class _Sums:
    """What derivatives are made of, summed over time: products of waves and adjoint waves."""

    def __init__(self, readings: Readings, forward: Forward):
        self._readings = readings
        self.waves = {p.wave for p in readings.products}
        pairs = sorted({(p.wave, p.adjoint) for p in readings.products})
        shape = (len(forward.program.carriers), forward.program.runs)
        self._found = {pair: np.zeros(shape, dtype=complex) for pair in pairs}

    def add(self, waves: Mapping[str, np.ndarray], adjoint: Mapping[str, np.ndarray]) -> None:
        """The products of one segment."""
        for (wave, back), total in self._found.items():
            if wave in waves and back in adjoint:
                add_product(waves[wave], adjoint[back], total)

    def totals(self, adjoint: Adjoint, backward: Backward) -> dict[str, np.ndarray]:
        """dL/dparameter (runs,) by name, what steps back have summed up included."""
        found: dict[str, np.ndarray] = {}
        for p in self._readings.products:
            part = (p.slope * self._found[p.wave, p.adjoint]).real.sum(axis=0)
            found[p.parameter] = found.get(p.parameter, 0) + part
        for c in self._readings.changes:
            if c.back in adjoint.sums:
                steps = backward.memory(adjoint.sums[c.back], len(c.slope))
                found[c.parameter] = found.get(c.parameter, 0) + (c.slope * np.conj(steps)).real.sum(axis=0)
        return found
