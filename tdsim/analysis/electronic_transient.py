"""Transient analysis of electrical circuits: the operating point, then step by step, every run at its own pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..cards import Transient as Card
from ..circuit import Circuit
from ..errors import UsageError
from ..nodal.drives import Drives
from ..nodal.integrator import Integrator
from ..nodal.solver import lay_out
from ..results.schema import Coordinate, Schema, Sink
from .electronics import Electronics
from .parameters import set_parameters
from .request import Request, attributes, describe, seed_of

Progress = Callable[[float, float], None]

FEWEST_STEPS = 50
"""The longest step, unless one is given, is the step of the card or this part of the run, as in ngspice."""


class ElectronicTransient:
    """One transient of an electrical circuit under way."""

    def __init__(self, circuit: Circuit, request: Request):
        request.check()
        self._refuse(circuit, request)
        self.request = request
        changed, runs = set_parameters(circuit, request.params)
        self.runs, self.has_runs = runs or 1, runs is not None
        card = Card(request.step, request.stop, request.start)
        self.electronics = Electronics(changed, card, request.save, request.extra, self.runs, not request.uic)
        self.circuit = changed
        self.longest = request.longest or min(request.step, (request.stop - request.start) / FEWEST_STEPS)
        self.times = self._grid()

    @staticmethod
    def _refuse(circuit: Circuit, request: Request) -> None:
        if request.inputs:
            raise UsageError("an electrical circuit takes no inputs: give its sources a shape, or use params")
        if request.state is not None or request.return_state:
            raise UsageError("states of electrical circuits are not available yet")
        if circuit.processes:
            raise UsageError("processes in electrical circuits are not available yet")

    def _grid(self) -> np.ndarray | None:
        """The times (s) that are asked for; None for the accepted points."""
        request = self.request
        if request.times is not None:
            times = np.atleast_1d(np.asarray(request.times, dtype=float))
            if not ((times >= 0) & (times <= request.stop * (1 + 1e-12))).all():
                raise UsageError(f"times must lie within 0 to {request.stop:g} s")
            return np.asarray(np.minimum(times, request.stop))
        if not self.has_runs:
            return None
        return request.grid()

    def run(self, sink: Sink, progress: Progress | None = None) -> None:
        """Run to the end; the points go to `sink`."""
        began = time.perf_counter()
        integrators = [self._begin(run) for run in range(self.runs)]
        sink.begin(self._schema())
        for times, values in self._blocks(integrators):
            sink.append(times, values)
            if progress is not None:
                progress(integrators[0].time, self.request.stop)
        effort: dict[str, Any] = {}
        for integrator in integrators:
            for key, count in integrator.effort().items():
                effort[key] = effort.get(key, 0) + count
        reports = sorted({sentence for i in integrators for sentence in i.solver.report})
        sink.finish({"wall_time": time.perf_counter() - began, **effort, "found_by": "; ".join(reports) or None})

    def _begin(self, run: int) -> Integrator:
        """One run at t = 0."""
        electronics, request = self.electronics, self.request
        if run == 0:
            self._layout = lay_out(electronics.system, self.longest)
        drives = Drives(electronics.system.sources, request.step, request.stop, seed_of(self.circuit))
        solver = electronics.solver(electronics.system, run, True, layout=self._layout)
        integrator = Integrator(solver, drives, self.longest, str(self.circuit.options.get("method", "")))
        electronics.begin(integrator, run, request.uic)
        return integrator

    def _blocks(self, integrators: list[Integrator]) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
        """Yield (times, signals) until the end."""
        readings, stop = self.electronics.readings, self.request.stop
        if self.times is None:
            for times, kept in integrators[0].points(readings.kept, self.request.start, stop):
                yield times, readings.values(kept)
            return
        order = np.argsort(self.times, kind="stable")
        if (np.diff(order) < 0).any():
            raise UsageError("times must rise")
        sampled = [i.sampled(readings.kept, self.times, stop) for i in integrators]
        for parts in zip(*sampled, strict=True):
            values = readings.values(np.stack([kept for _, kept in parts]))
            yield parts[0][0], values if self.has_runs else {name: v[0] for name, v in values.items()}

    def _schema(self) -> Schema:
        dimensions: tuple[str, ...] = ("time",)
        coordinates = [Coordinate("time", "s", "time")]
        if self.has_runs:
            dimensions = ("run", "time")
            coordinates.append(Coordinate("run", "1", "run", np.arange(self.runs)))
            for name, value in self.request.params.items():
                if np.ndim(value) == 1:
                    unit, doc = describe(self.circuit, name)
                    coordinates.append(Coordinate(name, unit, doc, np.asarray(value), "run"))
        variables = tuple(r.variable(dimensions) for r in self.electronics.readings.readings)
        length = None if self.times is None else self.times.size
        known = attributes(self.circuit) | {"step": self.request.step}
        return Schema(self.request.name, "time", tuple(coordinates), variables, length, known)
