"""Transient analysis of electrical circuits: the operating point, then step by step, every run at its own pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..cards import Transient as Card
from ..circuit import Circuit
from ..engine.state import State
from ..errors import UsageError
from ..nodal.block import Block
from ..nodal.carrying_on import carry_on, left_behind
from ..nodal.drives import Drives
from ..nodal.eights import WIDTH
from ..nodal.integrator import Integrator, Points
from ..nodal.methods import method_of
from ..nodal.solver import lay_out
from ..nodal.tables import Layout
from ..results.schema import Coordinate, Schema, Sink, Snapshot
from .electronics import Electronics, electronics_of
from .parameters import coordinates as coordinates_of
from .parameters import set_parameters
from .request import Request, attributes, seed_of

Progress = Callable[[float, float], None]

FEWEST_STEPS = 50
"""Points are no further apart, unless a longest step is given, than the step of the card or this part of the run:
that is ngspice's longest step."""

USUAL = 1e-4
"""A reltol that is not small."""

LONGER = 4
"""Where all devices are smooth, steps may be so many times longer: their error is held, and points put out between."""


class ElectronicTransient:
    """One transient of an electrical circuit under way."""

    def __init__(self, circuit: Circuit, request: Request):
        request.check()
        self._refuse(circuit, request)
        self.request = request
        changed, runs = set_parameters(circuit, request.params)
        self.runs, self.has_runs = self._count_runs(runs)
        self.begins = -1.0 if request.state is None or request.state.tick == 0 else request.state.time
        """The time (s) after which points are kept."""
        card = Card(request.step, request.stop, request.start)
        self.electronics = Electronics(changed, card, request.save, request.extra, self.runs, not request.uic)
        self.circuit = changed
        self.spacing, self.longest = self._steps()
        self.times = self._grid()
        self._layout: Layout | None = None

    def _steps(self) -> tuple[float, float]:
        """How far apart points, and how long steps may be (s).

        Steps are as short as ngspice's where the estimate of the error could overlook something: a comparison that
        turns twice within a step, or the corners of a MOS transistor's capacitances. Who asks for a small reltol gets
        both: errors of many steps add up.
        """
        request, most = self.request, (self.request.stop - self.request.start) / FEWEST_STEPS
        if request.longest:
            return request.longest, request.longest
        spacing = min(request.step, most)
        smooth = not any(g.walked or g.switches or g.loops.follow for g in self.electronics.system.groups)
        usual = self.electronics.tolerances.reltol >= USUAL
        return spacing, min(LONGER * spacing, most) if smooth and usual else spacing

    @staticmethod
    def _refuse(circuit: Circuit, request: Request) -> None:
        if request.inputs:
            raise UsageError("an electrical circuit takes no inputs: give its sources a shape, or use params")
        if circuit.processes:
            raise UsageError("processes in electrical circuits are not available yet")

    def _count_runs(self, runs: int | None) -> tuple[int, bool]:
        """The number of runs, and whether the result has that dimension."""
        held = 1 if self.request.state is None else self.request.state.runs
        if runs is not None and held not in (1, runs):
            raise UsageError(f"parameters and state do not agree on the number of runs: {sorted((runs, held))}")
        return max(runs or 1, held), runs is not None or held > 1

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
        grid = request.grid()
        return np.asarray(grid[grid > self.begins * (1 + 1e-12)])

    def run(self, sink: Sink, progress: Progress | None = None) -> State | None:
        """Run to the end; the points go to `sink`. Returns the final State if the request asks for it."""
        began = time.perf_counter()
        if self.begins > self.request.stop:
            raise UsageError(f"the state is from t = {self.begins:g} s, past the stop at {self.request.stop:g} s")
        earlier = sink.resume(self.request.name)
        if earlier is not None:
            left, self._done, reports = earlier["electronics"], int(earlier["done"]), list(earlier["reports"])
        else:
            state, self._done, reports = self.request.state, 0, []
            left = [] if state is None else electronics_of(state, self.electronics.system, self.runs)
        anew = earlier is None and self.request.state is not None and self.request.state.tick == 0
        integrators = [self._begin(run, left[run] if left else None, anew) for run in range(self.runs)]
        reports += [i.solver.found_by for i in integrators if i.solver.found_by]
        sink.begin(self._schema())
        for times, values in self._blocks(integrators):
            sink.append(times, values)
            self._done += times.size
            sink.checkpoint(lambda: self._snapshot(integrators, reports))
            if progress is not None:
                progress(integrators[0].time, self.request.stop)
        effort: dict[str, Any] = {}
        for integrator in integrators:
            for key, count in integrator.effort().items():
                effort[key] = effort.get(key, 0) + count
        found_by = "; ".join(sorted(set(reports))) or None
        sink.finish({"wall_time": time.perf_counter() - began, **effort, "found_by": found_by})
        return self._state(integrators) if self.request.return_state else None

    def _snapshot(self, integrators: list[Integrator], reports: list[str]) -> Snapshot:
        """All that it takes to go on from here."""
        return {"electronics": [left_behind(i) for i in integrators], "done": self._done, "reports": reports}

    def _state(self, integrators: list[Integrator]) -> State:
        """Where the runs are."""
        step, nothing = self.request.step, np.zeros((0, 0, self.runs), dtype=complex)
        tick = int(np.floor(integrators[0].time / step + 1e-9)) + 1
        names, left = tuple(self.electronics.system.unknowns.names()), tuple(left_behind(i) for i in integrators)
        return State(tick, step, (), np.zeros(0, np.int64), nothing, nothing, unknowns=names, electronics=left)

    def integrator(self, run: int) -> Integrator:
        """One run, not begun."""
        electronics, request = self.electronics, self.request
        if self._layout is None:
            self._layout = lay_out(electronics.system, self.longest)
        drives = Drives(electronics.system.sources, request.step, request.stop, seed_of(self.circuit))
        solver = electronics.solver(electronics.system, run, True, layout=self._layout)
        return Integrator(solver, drives, self.longest, method_of(self.circuit.options), self.spacing)

    def _begin(self, run: int, left: Mapping[str, np.ndarray] | None, anew: bool) -> Integrator:
        """One run: at t = 0, or from what was left behind; `anew`, that is at t = 0 as well."""
        integrator = self.integrator(run)
        if left is None:
            self.electronics.begin(integrator, run, self.request.uic)
        else:
            carry_on(integrator, left, anew)
        return integrator

    def _blocks(self, integrators: list[Integrator]) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
        """Yield (times, signals) until the end."""
        readings, stop = self.electronics.readings, self.request.stop
        if self.times is None:
            begin = max(self.request.start, float(np.nextafter(self.begins, np.inf)) if self.begins > 0 else 0.0)
            for times, kept in integrators[0].points(readings.kept, begin, stop):
                yield times, readings.values(kept)
            return
        if (np.diff(self.times) < 0).any():
            raise UsageError("times must rise")
        blocks = [Block(integrators[k : k + WIDTH]) for k in range(0, self.runs, WIDTH)]
        sampled = [block.sampled(readings.kept, self.times[self._done :], stop) for block in blocks]
        for parts in self._side_by_side(sampled):
            values = readings.values(np.stack([kept for _, kept in parts]))
            yield parts[0][0], values if self.has_runs else {name: v[0] for name, v in values.items()}

    def _side_by_side(self, sampled: Sequence[Iterator[list[Points]]]) -> Iterator[list[Points]]:
        """The next points of every run, until there are none; the option `threads` says how many blocks go at once."""
        with ThreadPoolExecutor(max(1, int(self.circuit.options.get("threads", 1)))) as pool:
            while True:
                parts = list(pool.map(lambda one: next(one, None), sampled))
                found = [points for part in parts if part is not None for points in part]
                if not found:
                    return
                yield found

    def _schema(self) -> Schema:
        dimensions: tuple[str, ...] = ("time",)
        coordinates = [Coordinate("time", "s", "time")]
        if self.has_runs:
            dimensions = ("run", "time")
            coordinates.append(Coordinate("run", "1", "run", np.arange(self.runs)))
            coordinates += coordinates_of(self.circuit, self.request.params)
        variables = tuple(r.variable(dimensions) for r in self.electronics.readings.readings)
        length = None if self.times is None else self.times.size
        known = attributes(self.circuit) | {"step": self.request.step}
        return Schema(self.request.name, "time", tuple(coordinates), variables, length, known)
