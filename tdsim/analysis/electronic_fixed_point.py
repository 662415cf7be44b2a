"""The equilibrium of a circuit with electronics, solved for directly: where `settle` runs to, without the time between.

Sources are as they are at their end. Electronics alone are the operating point then; with light it is the voltages that
make the light that makes them (joint_rest). Each run is solved by itself.
"""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Circuit, is_shape
from ..engine.state import State
from ..errors import UsageError
from ..results.schema import Sink
from .bridges import following
from .electronics import is_optical
from .fixed_point import settled_state, solve
from .joint_rest import JointRest
from .mixed_settle import MixedSettling
from .parameters import of_runs, set_parameters
from .settle import SettleRequest
from .stillness import last_change

LATE = (0.38196601, 0.54321, 0.87654)
"""Sources must agree at these parts of the time that is left after their last kink."""


def electronic_fixed_point(circuit: Circuit, request: SettleRequest, sink: Sink) -> State:
    """The equilibrium into a sink; returns its State. `request.state` is a guess.

    Raises UsageError where a source never stands still, SimulationError where no equilibrium is found.
    """
    began = time.perf_counter()
    if request.inputs:
        raise UsageError("fixed_point takes no inputs where there are electronics: give the sources values")
    circuit = standing(circuit, request.step, request.tmax)
    whole, guess = MixedSettling(circuit, replace(request, state=None)), request.state
    found = []
    for run in range(whole.runs):
        one, _ = set_parameters(circuit, of_runs(circuit, request.params, run))
        start = None if guess is None else guess.take([run % guess.runs])
        found.append(_Point(one, replace(request, params={}, state=None), start))
    names = {o.wave for o in whole.outputs if o.wave}
    waves = {name: np.concatenate([p.wave(name) for p in found], axis=1) for name in names}
    unknowns = np.stack([p.unknowns for p in found], axis=1)[:, None, :, None]
    sink.begin(whole.schema_at_rest())
    sink.append(np.zeros(1), whole.values_at_rest(waves) | whole.electrical(unknowns))
    sink.finish({"wall_time": time.perf_counter() - began})
    return whole.ended(State.side_by_side([p.state() for p in found]))


class _Point:
    """The equilibrium of one run: `unknowns` (unknowns + 1,) of the electronics, and the waves."""

    def __init__(self, circuit: Circuit, request: SettleRequest, guess: State | None):
        self._prepared = prepared = MixedSettling(circuit, request)
        electronics = prepared.electronics
        solver = electronics.solver(electronics.system)
        joint = JointRest(circuit, electronics) if is_optical(circuit) else None
        find: Any = solver.find_rest if joint is None else lambda *given: joint.find(solver, *given)
        if guess is not None and guess.electronics:
            solver.words["Z"][:] = guess.electronics[0]["Z"]
        elif electronics.held():
            find(
                solver.words["LEVEL"], electronics.held(), electronics.nudged()
            )  # where there are several, the nearest
        self.unknowns = np.array(find(solver.words["LEVEL"], {}, electronics.nudged()))
        voltages = [] if joint is None else [float(v) for v in joint.voltages]
        light = following(prepared.circuit, prepared.followers, voltages)
        self._light = solve(light, prepared.program, {}, request.tmax, None)

    def wave(self, name: str) -> np.ndarray:
        """One wave, (carriers, 1)."""
        return self._light.of(name)

    def state(self) -> State:
        """The state of a circuit that has been there for ever."""
        program = self._prepared.program
        state = settled_state(self._light, program)
        left = self._prepared.left_behind(self.unknowns, self._light.of)
        names = tuple(self._prepared.electronics.system.unknowns.names())
        return replace(state, unknowns=names, electronics=left)


def standing(circuit: Circuit, step: float, stop: float) -> Circuit:
    """The circuit with its sources as they are at their end. Raises UsageError where one never stands still."""
    change = last_change(circuit, step, stop)
    when = change + (stop - change) * np.array(LATE)
    standing = copy.copy(circuit)
    standing.instances = dict(circuit.instances)
    for instance in circuit.instances.values():
        shapes = {name: value for name, value in instance.values.items() if is_shape(value)}
        late = {n: _late(f"{instance.name}.{n}", s.resolve(step, stop)(when)) for n, s in shapes.items()}
        if "wave" in late and "dc" in instance.device.params:
            late["dc"] = late["wave"]
        if late:
            standing.instances[instance.name] = replace(instance, values={**instance.values, **late})
    return standing


def _late(name: str, values: np.ndarray) -> Any:
    if np.abs(values - values[0]).max() > 1e-9 * np.abs(values).max():
        raise UsageError(f"{name} never stands still: there is no fixed point; settle follows it in time")
    return values[0].item()
