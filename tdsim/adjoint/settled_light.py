"""The gradient at an equilibrium of light: the settled equations, solved once more with every arrow turned round.

At rest nothing depends on delays: the adjoint waves (schedule/transpose.py) are constant, too, and solve one sparse
linear system a lane. What comes back through steps of states that turn depends on the adjoint waves and on their
conjugates, so that these few are solved for by their real and imaginary parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..analysis.fixed_point import Lane, Solution, driven_at_rest, late, solve
from ..analysis.settle import SettleRequest, Settles, Settling
from ..circuit import Circuit
from ..engine.backstep import follow, go_back
from ..engine.turning import STAGES
from ..errors import UsageError
from ..schedule.build import build
from ..schedule.pack import turning_numbers
from ..schedule.states import discretise
from ..schedule.system import BackStep, System
from ..schedule.transpose import seed_name, transposed
from .costs import Cost
from .readings import Readings
from .seen import Seen, dataset, entry_wave
from .sources import split
from .targets import Parameter, Targets


def settled_light_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: SettleRequest) -> tuple[Any, Any]:
    """What `tdsim.gradient` returns for an equilibrium, for a checked circuit without electronics."""
    if wrt.states:
        raise UsageError(f"{next(iter(wrt.states))} is what a state was at t = 0, which an equilibrium does not know")
    prepared = Settling(circuit, SettleRequest(**{**vars(request), "state": None}))
    found = solve(prepared.circuit, prepared.program, prepared.inputs, request.tmax, request.state)
    seen = Seen(prepared.outputs, prepared.circuit, prepared.runs, prepared.has_runs, 1)
    samples = {o.wave: found.of(o.wave)[..., None] for o in prepared.outputs if o.wave}
    signals = seen.signals(samples)
    value = seen.value(cost, signals)
    seeds = {name: values[..., 0] for name, values in seen.seeds(samples, cost.pullback(signals)).items()}
    back = Back(prepared, prepared.circuit, found, wrt.parameters, list(seeds)).turned(seeds)
    by_parameter = {p.label: back.derivative(p.label) for p in wrt.parameters}
    inputs = {name: back.adjoint(entry_wave(prepared.circuit, name)) for name in wrt.inputs}
    return value, dataset(seen, prepared.circuit, wrt, by_parameter, inputs, {}, np.zeros(0))


class Back:
    """The adjoint equations at rest, for any seeds.

    circuit     as it stands, which `prepared` made ready
    seeded      names of the waves that there may be seeds of
    """

    def __init__(
        self,
        prepared: Settles,
        circuit: Circuit,
        found: Solution,
        parameters: Sequence[Parameter],
        seeded: Sequence[str],
    ):
        program = prepared.program
        self.found, self.shape = found, (len(program.carriers), program.runs)
        inner, emitted = split(prepared, parameters)
        self._prepared, self._sources = prepared, [p for p in parameters if p.label in emitted]
        rounded = circuit.options.get("delay", "exact") == "round"
        self.readings = Readings(circuit, inner, program.step, (), program.runs, prepared.wanted, rounded)
        system = build(circuit, program.runs, program.step, False, rounded)
        discretise(system, program.step, turned=[system.index[name] for name in self.readings.turned])
        self.system = transposed(system, seeded, 1, False)
        self.readings(system, self.system, False)
        driven = driven_at_rest(system, circuit, program, prepared.asked.tmax)
        turned_round = {
            there.joins[place]: np.conj(driven[joined])
            for here, there in zip(system.driven, self.system.driven, strict=True)
            for place, joined in here.joins.items()
        }
        self._lanes = [Lane(self.system, lane, turned_round) for lane in range(system.lanes)]
        self._when = late(circuit, program.step, prepared.asked.tmax)[-1:]

    def turned(self, seeds: Mapping[str, np.ndarray]) -> Turned:
        """The solution for seeds: dL/dwave (carriers, runs) by the name of the wave."""
        sources = np.zeros((len(self.system.names), self.system.lanes), dtype=complex)
        for name, values in seeds.items():
            sources[self.system.index[seed_name(name)]] = values.reshape(-1)
        found = Turned(self, np.zeros_like(sources))
        for lane in self._lanes:
            found.waves[:, lane.lane] = self._solve(lane, sources[:, lane.lane], found.sums)
        emitted = split(self._prepared, self._sources)[1]
        for label, source in emitted.items():
            source.add(self._when, {name: found.adjoint(name)[..., None] for name in source.adjoint})
            found.sent[label] = source.total
        return found

    def _solve(self, lane: Lane, sources: np.ndarray, sums: dict[str, np.ndarray]) -> np.ndarray:
        """All adjoint waves (waves,) of a lane; `sums` are written."""
        plain = lane.linear(sources)
        steps = [_Step(back, self.system, self.found, lane.lane) for back in self.system.backsteps]
        if not steps:
            return plain
        outputs = [wave for step in steps for wave in step.back.outputs]
        unit = np.zeros((sources.size, len(outputs)), dtype=complex)
        unit[outputs, range(len(outputs))] = 1
        answer = lane.linear(unit)
        came = _solved(steps, plain, answer)
        waves: np.ndarray = plain + answer @ came
        for step in steps:
            found = step.sums(waves)
            name = self.system.names[step.back.outputs[0]]
            sums.setdefault(name, np.zeros((found.size, self.system.lanes), complex))[:, lane.lane] = found
        return waves


@dataclass
class Turned:
    """The adjoint waves (waves, lanes) for some seeds.

    sums  by the first wave that comes back through a step, what the numbers of the step do to the cost
    sent  dL/dparameter (runs,) of sources
    """

    back: Back
    waves: np.ndarray
    sums: dict[str, np.ndarray] = field(default_factory=dict)
    sent: dict[str, np.ndarray] = field(default_factory=dict)

    def adjoint(self, name: str) -> np.ndarray:
        """An adjoint wave (carriers, runs)."""
        found: np.ndarray = self.waves[self.back.system.index[name]].reshape(self.back.shape)
        return found

    def derivative(self, parameter: str) -> np.ndarray:
        """dL/dparameter (runs,)."""
        if parameter in self.sent:
            return self.sent[parameter]
        total = np.zeros(self.back.shape[1])
        for p in self.back.readings.products:
            if p.parameter == parameter:
                product = self.back.found.of(p.wave) * np.conj(self.adjoint(p.adjoint))
                total = total + (p.slope * product).real.sum(axis=0)
        for c in self.back.readings.changes:
            if c.parameter == parameter:
                total = total + (c.slope * np.conj(self.sums[c.back])).real.sum(axis=0)
        return total


class _Step:
    """One step of states that turn, gone back through where it stands still."""

    def __init__(self, back: BackStep, system: System, found: Solution, lane: int):
        assert back.step.turning is not None
        self.back, self.size = back, len(back.reads)
        self.carried = list(back.outputs[: self.size])
        numbers = turning_numbers(back.step)
        self._value = np.ascontiguousarray(numbers[:, lane if numbers.shape[-1] > 1 else 0])
        self._cells, self._count = len(back.step.turning.joins), back.step.numbers

        def wave(name: str) -> complex:
            return complex(found.of(name).reshape(-1)[lane])

        entered = [system.names[w].removeprefix("past(").rpartition(">")[0] for w in back.past]
        here = np.array([wave(name) for name in entered])
        self._inputs = here[self.size :]
        self._track = np.zeros((2 * STAGES + 2, self.size), complex)
        self._track[0] = here[: self.size]
        follow(self._value, 0, 1, self._cells, self._inputs, self._track)

    def through(self, arriving: np.ndarray, sums: np.ndarray | None = None) -> np.ndarray:
        """What comes back (outputs,) of what arrives (carries,), and in `sums` what the step's numbers do."""
        b, driven = arriving.astype(complex), np.zeros(self._inputs.size, complex)
        kept = np.zeros(self._count, complex) if sums is None else sums
        go_back(self._value, 0, 1, self._cells, self._inputs, self._track.copy(), kept, b, driven)
        return np.concatenate([b, driven])

    def sums(self, waves: np.ndarray) -> np.ndarray:
        found = np.zeros(self._count, complex)
        self.through(waves[list(self.back.reads)] + waves[self.carried], found)
        return found


def _solved(steps: list[_Step], plain: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """What comes back through all steps, z = R(r + z): a real linear system of real and imaginary parts."""
    count = answer.shape[1]
    moved = np.concatenate([np.zeros((count, 1)), np.eye(count), 1j * np.eye(count)], axis=1)
    arriving = np.concatenate([answer @ moved, moved]) + np.concatenate([plain[:, None], 0 * moved[:, :1]])
    values, first = np.empty_like(moved), 0
    for step in steps:
        last, carried = first + len(step.back.outputs), len(plain) + first
        reaching = arriving[list(step.back.reads)] + arriving[carried : carried + step.size]
        values[first:last] = np.stack([step.through(case) for case in reaching.T], axis=1)
        first = last
    parts = np.concatenate([values.real, values.imag])
    slope = parts[:, 1:] - parts[:, :1] - np.eye(2 * count)
    found = np.linalg.solve(slope, -parts[:, 0])
    return np.asarray(found[:count] + 1j * found[count:])
