"""The equilibrium of a circuit with electronics, solved for directly: where `settle` runs to, without the time between.

Sources are as they are at their end. Electronics alone are the operating point then; with light it is the voltages that
make the light that makes them (joint_rest). Runs of electronics alone share their equations and the pattern of the
matrix, as in a transient; with light, each is solved by itself.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Circuit, is_shape
from ..engine.state import State
from ..errors import UsageError
from ..nodal.solver import Solver, lay_out
from ..results.schema import Sink
from .bridges import following
from .electronics import RESTING, Electronics, electronics_of, is_optical
from .fixed_point import Solution, settled_state, solve
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
    whole = MixedSettling(circuit, replace(request, state=None))
    solve_all = _with_light if is_optical(circuit) else _alone
    unknowns, waves, state = solve_all(circuit, whole, request)
    sink.begin(whole.schema_at_rest())
    sink.append(np.zeros(1), whole.values_at_rest(waves) | whole.electrical(unknowns[:, None, :, None]))
    sink.finish({"wall_time": time.perf_counter() - began})
    return whole.ended(state)


Solved = tuple[np.ndarray, dict[str, np.ndarray], State]
"""Unknowns (unknowns + 1, runs) of the electronics, kept waves (carriers, runs) by name, and the State of all runs."""


def _alone(_: Circuit, whole: MixedSettling, request: SettleRequest) -> Solved:
    """The operating points of electronics alone."""
    electronics, guess = whole.electronics, request.state
    layout = lay_out(electronics.system, RESTING)
    left = [] if guess is None else electronics_of(guess, electronics.system, whole.runs)
    solvers = [electronics.solver(electronics.system, run, layout=layout) for run in range(whole.runs)]
    rests = [
        rest_of(electronics, s, s.find_rest, s.words["LEVEL"], left[run]["Z"] if left else None)
        for run, s in enumerate(solvers)
    ]
    unknowns = np.stack(rests, axis=1)
    return unknowns, {}, _state(whole, unknowns, solve(whole.circuit, whole.program, {}, request.tmax, None))


def equilibria(circuit: Circuit, runs: int, request: SettleRequest) -> list[Equilibrium]:
    """The equilibria of light and electronics of a circuit whose sources stand, run by run."""
    found, guess = [], request.state
    for run in range(runs):
        one, _ = set_parameters(circuit, of_runs(circuit, request.params, run))
        start = None if guess is None else guess.take([run % guess.runs])
        found.append(Equilibrium(one, replace(request, params={}, state=None), start))
    return found


def _with_light(circuit: Circuit, whole: MixedSettling, request: SettleRequest) -> Solved:
    """The equilibria of light and electronics, one by one."""
    found = equilibria(circuit, whole.runs, request)
    names = {o.wave for o in whole.outputs if o.wave}
    waves = {name: np.concatenate([p.light.of(name) for p in found], axis=1) for name in names}
    unknowns = np.stack([p.unknowns for p in found], axis=1)
    return unknowns, waves, State.side_by_side([_state(p.prepared, p.unknowns[:, None], p.light) for p in found])


class Equilibrium:
    """The equilibrium of one run with light.

    unknowns  (unknowns + 1,) of the electronics;  voltages  (followers,) that optics follow;  light  the waves
    """

    def __init__(self, circuit: Circuit, request: SettleRequest, guess: State | None):
        self.prepared = prepared = MixedSettling(circuit, request)
        electronics = prepared.electronics
        solver, joint = electronics.solver(electronics.system), JointRest(circuit, electronics)
        if joint.steady.turned:
            raise UsageError("fixed_point does not know Kerr resonators beside electronics: settle follows them")
        left = guess.electronics[0] if guess is not None and guess.electronics else None
        near = None if left is None else left["Z"]
        self.unknowns = rest_of(
            electronics, solver, lambda *given: joint.find(solver, *given), solver.words["LEVEL"], near
        )
        self.voltages = joint.voltages.copy()
        light = following(prepared.circuit, prepared.followers, [float(v) for v in joint.voltages])
        self.light = solve(light, prepared.program, {}, request.tmax, None)


def rest_of(
    electronics: Electronics,
    solver: Solver,
    find: Callable[..., np.ndarray],
    values: np.ndarray,
    near: np.ndarray | None,
) -> np.ndarray:
    """Where one run is at rest with these values of its sources, near other unknowns, or else near what `.ic` gives."""
    nudged = electronics.nudged()
    if near is not None:
        solver.words["Z"][:] = near
    elif electronics.held():
        find(values, electronics.held(), nudged)  # where there are several, the nearest
    return np.array(find(values, {}, nudged))


def _state(prepared: MixedSettling, unknowns: np.ndarray, light: Solution) -> State:
    """The state of a circuit that has been there for ever."""
    names = tuple(prepared.electronics.system.unknowns.names())
    left = prepared.left_behind(unknowns, light.of)
    return replace(settled_state(light, prepared.program), unknowns=names, electronics=left)


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
