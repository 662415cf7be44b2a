"""`.op` and `.dc`: the circuit at rest, and at rest again for each value of what is swept."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import numpy as np

from ..cards import TEMPERATURE, Axis, OperatingPoint, Sweep
from ..circuit import Circuit
from ..results.schema import Coordinate, Schema, Sink
from .electronics import Tell
from .joint_rest import Rest
from .parameters import set_parameters
from .readings import make_readings
from .request import attributes

POINT = "point"
"""The dimension of an operating point while it is on its way into a result, in which it has none."""


def run_operating_point(
    circuit: Circuit, analysis: OperatingPoint, sink: Sink, name: str, tell: Tell, extra: Sequence[str] = ()
) -> None:
    """Run `.op` into a sink: one number for each signal."""
    began = time.perf_counter()
    rest = Rest(circuit, analysis, extra, tell)
    electronics, light = rest.electronics, rest.light
    solver = electronics.solver(electronics.system)
    z = rest.find(solver, solver.words["LEVEL"], electronics.held(), electronics.nudged())
    readings = electronics.readings
    variables = tuple(r.variable((POINT,)) for r in readings.readings)
    values = readings.values(z[None, readings.kept])
    coordinates = [Coordinate(POINT, "1", "point")]
    if light is not None and rest.joint is not None:
        variables += light.variables((POINT,))
        values |= light.values(rest.joint.waves[None])
        coordinates += light.coordinates
    sink.begin(Schema(name, POINT, tuple(coordinates), variables, 1, attributes(circuit), single=True))
    sink.append(np.zeros(1), values)
    sink.finish({"wall_time": time.perf_counter() - began, "steps": 1, "found_by": solver.found_by})
    for sentence in rest.doubts():
        tell(sentence)


def run_sweep(circuit: Circuit, analysis: Sweep, sink: Sink, name: str, tell: Tell, extra: Sequence[str] = ()) -> None:
    """Run `.dc` into a sink: variables along (outer, inner) axes."""
    began = time.perf_counter()
    rest = Rest(circuit, analysis, extra, tell)
    electronics, light = rest.electronics, rest.light
    axes = analysis.axes[::-1]
    names, shape = _axis_names(axes), tuple(a.values.size for a in axes)
    points = np.array(list(itertools.product(*(a.values for a in axes))))
    found, waves = _Sweeper(rest, axes).solve(points)
    values = {name: value.reshape(shape) for name, value in found.items()}
    coordinates = [
        Coordinate(n, _unit(circuit, a), f"swept {n}", a.values) for n, a in zip(names[:-1], axes[:-1], strict=True)
    ]
    coordinates.append(Coordinate(names[-1], _unit(circuit, axes[-1]), f"swept {names[-1]}"))
    variables = tuple(r.variable(tuple(names)) for r in electronics.readings.readings)
    if light is not None:
        coordinates += light.coordinates
        variables += light.variables(tuple(names))
        values |= light.values(waves.reshape(*shape, *waves.shape[1:]))
    sink.begin(Schema(name, names[-1], tuple(coordinates), variables, shape[-1], attributes(circuit)))
    sink.append(axes[-1].values, values)
    sink.finish({"wall_time": time.perf_counter() - began, "steps": len(points)})


def _axis_names(axes: Sequence[Axis]) -> list[str]:
    """The names of the axes, told apart where both sweep the same."""
    names = [a.name for a in axes]
    return [n if names.index(n) == k else f"{n}_{k + 1}" for k, n in enumerate(names)]


def _unit(circuit: Circuit, axis: Axis) -> str:
    if axis.parameter == TEMPERATURE:
        return "degC"
    return circuit.instances[axis.target].device.params[axis.parameter].unit


class _Sweeper:
    """Solves point after point, each from the one before; all share the pattern of the matrix and its pivots."""

    def __init__(self, rest: Rest, axes: Sequence[Axis]):
        self.rest, self.electronics, self.axes = rest, rest.electronics, axes
        self.solver = self.electronics.solver(self.electronics.system)
        self.readings = self.electronics.readings
        self._fixed: tuple[float, ...] = ()

    def solve(self, points: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The electrical signals at every point (points,), and the waves (points, waves, carriers)."""
        held, nudged = self.electronics.held(), self.electronics.nudged()
        found, waves, first = np.empty((len(points), self.readings.kept.size)), [], 0
        parts: list[dict[str, np.ndarray]] = []
        for k, point in enumerate(points):
            before = self.readings
            self._change(point)
            if self.readings is not before:
                parts, first = [*parts, before.values(found[first:k])], k
            levels = self.solver.words["LEVEL"].copy()
            for axis, value in zip(self.axes, point, strict=True):
                if axis.parameter == "dc":
                    levels[self.solver.system.source(axis.target)] = value
            found[k] = self.rest.find(self.solver, levels, held, nudged if k == 0 else {})[self.readings.kept]
            waves.append(np.zeros((0, 0)) if self.rest.joint is None else self.rest.joint.waves)
        parts.append(self.readings.values(found[first:]))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.stack(waves)

    def _change(self, point: np.ndarray) -> None:
        """Make the equations anew where the temperature or a parameter has changed."""
        fixed = tuple(v for a, v in zip(self.axes, point, strict=True) if a.parameter != "dc")
        if fixed == self._fixed:
            return
        self._fixed = fixed
        ambient, values = None, {}
        for axis, value in zip(self.axes, point, strict=True):
            if axis.parameter == TEMPERATURE:
                ambient = float(value)
            elif axis.parameter != "dc":
                values[f"{axis.target}.{axis.parameter}"] = float(value)
        circuit, _ = set_parameters(self.electronics.circuit, values)
        before, switches = self.solver.words["Z"].copy(), self.solver.words["SWITCHES"].copy()
        system, layout = self.electronics.at(ambient, circuit=circuit), self.solver.layout
        self.solver = self.electronics.solver(system, layout=layout if layout.holds(system) else None)
        self.solver.words["Z"][:] = before
        self.solver.words["SWITCHES"][:] = switches
        self.readings = make_readings(circuit, self.solver.system, self.electronics.probes)
