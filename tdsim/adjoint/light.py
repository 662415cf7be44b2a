"""The gradient of a circuit of light: forward with checkpoints, and back segment by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..analysis.request import Request
from ..circuit import Circuit
from ..engine.state import State
from ..schedule.adjoint import compile_adjoint
from .costs import Cost
from .passes import Backward, Forward
from .readings import Readings
from .seen import Seen, dataset, entry_wave
from .sources import split
from .sums import Sums
from .targets import Targets


def light_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: Request) -> tuple[Any, Any]:
    """What `tdsim.gradient` returns, for a checked circuit without electronics."""
    passes = Passes(circuit, wrt, request)
    value, seeds = passes.ahead(cost)
    return value, passes.back(seeds)


class Passes:
    """The way forward and the way back, of one circuit and what it is to be differentiated by.

    more  names of waves that there are slopes of, besides those of the outputs
    """

    def __init__(self, circuit: Circuit, wrt: Targets, request: Request, more: Sequence[str] = ()):
        self._wrt = wrt
        self._forward = forward = Forward(circuit, request)
        self._entries = {name: entry_wave(forward.circuit, name) for name in wrt.inputs}
        self._starts = {name: f"{wave}'" for name, (wave, _) in wrt.states.items()}
        inner, self._emitted = split(forward, wrt.parameters)
        sent = [wave for source in self._emitted.values() for wave in source.adjoint]
        read = [*self._entries.values(), *self._starts.values(), *sent]
        rounded = forward.circuit.options.get("delay", "exact") == "round"
        self._readings = Readings(forward.circuit, inner, request.step, read, forward.runs, forward.wanted, rounded)
        seeded = sorted({*more, *(o.wave for o in forward.outputs if o.wave)})
        self._adjoint = adjoint = compile_adjoint(
            forward.circuit, request.step, forward.runs, seeded, forward.count, self._readings, forward.wanted
        )
        self._read = sorted({*read, *self._readings.steps})
        self._entering = {key[0] for name, key in adjoint.past.items() if name in adjoint.program.inputs}
        forward.look_at({*self._entering, *more}, adjoint)
        self._segments = forward.segments()
        self._states: list[State] = []
        self._seen = Seen(forward.outputs, forward.circuit, forward.runs, forward.has_runs, forward.count)

    def ahead(self, cost: Cost) -> tuple[Any, dict[str, np.ndarray]]:
        """The value of a cost, and its slopes by the waves of the outputs."""
        samples = self.through()
        signals = self._seen.signals(samples)
        return self._seen.value(cost, signals), self._seen.seeds(samples, cost.pullback(signals))

    def through(self) -> dict[str, np.ndarray]:
        """Go forward; returns samples (carriers, runs, times) of the outputs' waves."""
        samples, self._states = self._forward.run_through(self._segments)
        return samples

    def back(self, slopes: Mapping[str, np.ndarray]) -> Any:
        """The derivatives, as a Dataset."""
        forward, (seeds, unit) = self._forward, _reversed(slopes)
        sums = Sums(self._adjoint.products, forward.looked_at, self._adjoint.program)
        backward = Backward(forward, self._adjoint, seeds, self._read, sums)
        shape = (len(forward.program.carriers), forward.program.runs)
        lit = {name: np.zeros((*shape, forward.count), complex) for name in self._entries}
        adjoint: Mapping[str, np.ndarray] = {}
        for (start, end), state in zip(reversed(self._segments), reversed(self._states), strict=True):
            there = forward.waves_of(state, end - start)
            past = {k: forward.past(state, *key, there.get(key[0]), end - start) for k, key in backward.past.items()}
            adjoint = backward.run(end - start, past)
            for source in self._emitted.values():
                source.add(np.arange(start, end) * forward.step, adjoint)
            for name, entry in self._entries.items():
                if entry in adjoint:
                    lit[name][..., start:end] = unit * adjoint[entry]
        totals = self._totals(sums, backward)
        none = np.zeros(forward.program.runs)
        by_parameter = {p.label: unit * totals.get(p.label, none) for p in self._wrt.parameters}
        dark = np.zeros((*shape, 1), complex)
        at_start = {name: unit * adjoint.get(carry, dark)[..., 0] for name, carry in self._starts.items()}
        times = np.arange(forward.count) * forward.step
        return dataset(self._seen, forward.circuit, self._wrt, by_parameter, lit, at_start, times)

    def _totals(self, sums: Sums, backward: Backward) -> dict[str, np.ndarray]:
        """dL/dparameter (runs,) by name: of products, of what steps back have summed up, and of what sources send."""
        found = sums.totals()
        for c in self._readings.changes:
            if c.back in self._adjoint.sums:
                steps = backward.memory(self._adjoint.sums[c.back], len(c.slope))
                found[c.parameter] = found.get(c.parameter, 0) + (c.slope * np.conj(steps)).real.sum(axis=0)
        return found | {name: source.total for name, source in self._emitted.items()}


def _reversed(seeds: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Seeds backwards in time, of a size that is far from what counts as dark; and their unit, a power of two."""
    parts = [part for values in seeds.values() for part in (values.real, values.imag) if part.size]
    largest = max((float(max(part.max(), -part.min())) for part in parts), default=0.0)
    unit = 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 1.0
    empty = {name: np.empty(values.shape, complex) for name, values in seeds.items()}
    return {k: np.multiply(values[..., ::-1], 1 / unit, out=empty[k]) for k, values in seeds.items()}, float(unit)
