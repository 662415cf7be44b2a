"""A mixed transient whose steps are recorded, and one that takes them again, light and voltages solved exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...analysis.ahead import Ahead
from ...analysis.bridges import Detector, Follower
from ...analysis.electronics import Electronics
from ...analysis.lit_electronics import LitElectronics
from ...analysis.mixed import MixedEngine
from ...analysis.mixed_transient import MixedTransient
from ...analysis.recorder import first_bad
from ...analysis.request import Request
from ...circuit import Circuit
from ...engine.outlets import WHOLE, Outlet, Targets
from ...engine.state import State, dark
from ...errors import SimulationError
from .course import LitCourse, LitTransient
from .detection import Detection


class Joint(MixedTransient):
    """A mixed transient that is run as a whole: first by itself, then in the steps of its `courses`."""

    def __init__(self, circuit: Circuit, request: Request):
        super().__init__(circuit, request)
        self.courses: list[LitCourse] | None = None
        self.detection = Detection.of(self.circuit, self.detectors)
        self.count = request.last + 1

    def record(self) -> list[LitCourse]:
        """Run, and let every run's electronics choose its steps; they are taken from then on."""
        engine, light = self._begun(), np.zeros((len(self.detectors), self.runs, self.count))
        shape, names = (len(self.circuit.carriers), self.runs, self.count), self.detection.waves
        samples = {name: np.zeros(shape, dtype=complex) for name in names}
        outlets = [Outlet(self.program.index[name], WHOLE, samples[name]) for name in names]
        if not engine.run(self.count, Targets(outlets)):
            raise SimulationError(first_bad(samples, 0, self.step)[1])
        light = self.detection.light(samples, shape)
        courses = self._courses()
        for course in courses:
            course.record_in(light[:, course.run])
        self.courses = courses
        return courses

    def follow(self, others: Sequence[LitCourse]) -> None:
        """Take the steps that another transient, with other parameters perhaps, has chosen."""
        self.courses = self._courses()
        for course, other in zip(self.courses, others, strict=True):
            course.follow(other)

    def solve(self, pieces: Sequence[tuple[int, int]]) -> list[list[Any]]:
        """Go through all pieces, from and to, in the steps of the courses; returns their bookmarks at each start."""
        assert self.courses is not None
        for course in self.courses:
            course.start()
        engine, found = self._begun(), []
        for start, end in pieces:
            found.append([course.bookmark() for course in self.courses])
            engine.run(end - start)
        return found

    def _begun(self) -> MixedEngine:
        probes = self._probes()
        fed, state = self.feeds(self.program, self.circuit), dark(self.program, self._initial())
        engine: MixedEngine = self._engine(fed, probes, state)
        return engine

    def _courses(self) -> list[LitCourse]:
        system, instances = self.electronics.system, self.electronics.circuit.instances
        lit = [system.source(d.instance.name) for d in self.detectors]
        heard = [system.unknowns.terminal(instances[f.instance], f.unknown) for f in self.followers]
        half = LitTransient(self.electronics, self.request, self.runs, lit, heard)
        return [LitCourse(half, run) for run in range(self.runs)]

    def _lit(self, circuit: Circuit, electronics: Electronics, state: State) -> LitElectronics:
        if self.courses is None:
            return super()._lit(circuit, electronics, state)
        return _Again(electronics, self.request, self.detection.detectors, self.followers, self._place, self.courses)


class _Again(LitElectronics):
    """The electronics of all runs in steps that are taken again."""

    def __init__(
        self,
        electronics: Electronics,
        request: Request,
        detectors: Sequence[Detector],
        followers: Sequence[Follower],
        places: dict[str, int],
        courses: Sequence[LitCourse],
    ):
        self._electronics, self._request, self._detectors, self._places = electronics, request, detectors, places
        self._courses, self._next = courses, 0
        system, instances = electronics.system, electronics.circuit.instances
        heard = [system.unknowns.terminal(instances[f.instance], f.unknown) for f in followers]
        self.voltages = np.stack([course.rest.unknowns[heard] for course in courses], axis=1)
        self.unknowns = np.zeros((len(courses), 0, 0))

    def solved_ahead(self, state: State) -> Ahead:
        return Ahead(np.zeros(len(self._courses), dtype=np.int64))

    def latest_light(self) -> np.ndarray:
        return np.stack([course.light[:, self._next + 1] for course in self._courses], axis=1)

    def go_on(self, light: np.ndarray) -> np.ndarray:
        found = [course.go_on(self._next, light[:, k]) for k, course in enumerate(self._courses)]
        self._next += light.shape[2]
        self.unknowns = np.zeros((len(self._courses), light.shape[2], 0))
        return np.stack(found, axis=1)

    def bookmark(self) -> list[Any]:
        return [self._next, *(course.bookmark() for course in self._courses)]

    def go_back(self, bookmark: list[Any]) -> None:
        self._next = bookmark[0]
        for course, mark in zip(self._courses, bookmark[1:], strict=True):
            course.go_back(mark)
