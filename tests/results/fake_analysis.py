"""An analysis that computes nothing: it pushes known samples into a sink."""

from __future__ import annotations

import numpy as np

from tdsim.results.schema import Coordinate, Schema, Sink, Variable

STEP = 1e-13


def schema(analysis: str = "tran", length: int | None = None, carriers: int = 0, runs: int = 0) -> Schema:
    """Signals of every kind: complex, real, with names that a file cannot hold, with and without leading dimensions."""
    leading = [*(["run"] if runs else []), *(["carrier"] if carriers else [])]
    coordinates = [Coordinate("time", "s", "time")]
    if carriers:
        coordinates.append(Coordinate("carrier", "m", "carrier wavelength", 1550e-9 + 0.8e-9 * np.arange(carriers)))
    if runs:
        coordinates.append(Coordinate("run", "1", "run", np.arange(runs)))
        coordinates.append(Coordinate("coupling", "1", "coupling of xdc", np.linspace(0.1, 0.9, runs), "run"))
    dimensions = (*leading, "time")
    variables = (
        Variable("e(out)", dimensions, "sqrt(W)", "envelope at out", True),
        Variable("p(out)", dimensions, "W", "power at out"),
        Variable("@xps[phase]", ("time",), "rad", "phase of xps"),
        Variable("v(a/b)", ("time",), "V", "voltage of a/b"),
    )
    attributes = {"title": "a ring", "netlist": "a ring\n.end\n", "seed": 7, "parameters": {"g": 1.5}, "noise": False}
    return Schema(analysis, "time", tuple(coordinates), variables, length, attributes)


def block(plan: Schema, start: int, stop: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Samples start to stop of each variable; they depend on their place only."""
    time = np.arange(start, stop) * STEP
    shapes = {c.name: np.size(c.values) for c in plan.coordinates if not c.dimension}
    values = {}
    for number, variable in enumerate(plan.variables):
        leading = tuple(shapes[d] for d in variable.dimensions[:-1])
        scale = 1.0 + np.arange(int(np.prod(leading))).reshape(leading)[..., None]
        wave = scale * np.sin(2e11 * time + number)
        values[variable.name] = wave * np.exp(1e11j * time) if variable.complex else wave
    return time, values


def push(sink: Sink, plan: Schema, length: int, size: int) -> None:
    """One analysis of `length` samples in blocks of `size`."""
    sink.begin(plan)
    for start in range(0, length, size):
        sink.append(*block(plan, start, min(length, start + size)))
    sink.finish({"wall_time": 1.5, "steps": length})
