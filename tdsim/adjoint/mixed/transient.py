"""The gradient of a cost of a transient of light and electronics: of the computation as it ran.

The steps of the electronics are recorded and taken again, light and voltages solved exactly at every sample. On the
way back the adjoints of the halves meet where the halves met: dL/dlight at each sample, which the electronics' sweep
gives, enters the optics backwards at the detectors, and dL/dvoltage, which comes out of these at modulators, enters the
electronics at the sample. A window no longer than the light takes from a modulator to a detector needs each half once
(the optics twice, for dL/dlight of the window itself). Where light takes no time, dL/dlight of a window depends on
itself, linearly: it is found by Anderson's method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...analysis.request import Request
from ...analysis.secant import Secant
from ...circuit import Circuit
from ...errors import SimulationError
from ..costs import Cost, value_of
from ..electronics.changes import Changes
from ..electronics.movable import make_movables
from ..electronics.moving import refuse_moving_events, refuse_moving_parameters
from ..electronics.signals import pulled_back, seen, slopes_dataset
from ..light import Passes
from ..seen import Seen
from ..targets import Parameter, Targets
from .course import LitCourse
from .forward import Joint
from .halves import Whole, halves, parted
from .light import LightBack

PIECE_NUMBERS, SHORTEST = 1 << 20, 64
"""Numbers of stages of all runs that are held at once, and the samples of the shortest piece."""

ROWS = 6
"""Stages of a sample, about."""

INSTANT = 64
"""Samples of an instant loop that are solved at once; fewer where that does not converge."""

MOST, CLOSE, ENOUGH = 40, 1e-13, 1e-9
"""Passes over such a window; what it ends at, relative to the largest dL/dlight; and what must do for one sample."""


def mixed_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: Request) -> tuple[Any, Any]:
    """See `tdsim.gradient`; for a checked circuit with light and electronics."""
    joint = Joint(circuit, request)
    system, readings = joint.electronics.system, joint.electronics.readings
    parts = halves(circuit, wrt.parameters, joint.detectors, joint.followers)
    movables = make_movables(joint.electronics.circuit, parts.electronics)
    refuse_moving_parameters(movables)
    changes = Changes(system, movables, True)
    courses = joint.record()
    for course in courses:
        refuse_moving_events(system, course)
    following = {f.instance for f in joint.followers}
    driven = [p for p in parts.light if p.instance in following]
    light = LightBack(joint.circuit, request, joint.followers, joint.detection, driven)
    pieces = _pieces(light.segments, _longest(joint))
    bookmarks = joint.solve([(a, b) for _, a, b in pieces])
    _show(joint, courses)
    samples = light.through()
    optical = Seen(light.outputs, joint.circuit, joint.runs, joint.has_runs, joint.count)
    kept = np.stack([course.outputs[:, : readings.kept.size] for course in courses])
    signals = Whole(optical.signals(samples) | seen(readings, kept, joint.has_runs))
    value = value_of(cost, signals, joint.runs, joint.has_runs)
    names = [o.name for o in light.outputs]
    of_light, of_electronics = parted(cost, signals, names, [r.probe.name for r in readings.readings])
    seeds = optical.seeds(samples, of_light.pullback(signals))
    slopes = pulled_back(of_electronics, readings, kept, joint.has_runs)
    back = _Back(light, courses, changes, joint.program.latency)
    arrived, by_light = back.run(seeds, slopes, pieces, bookmarks)
    sums = np.stack([course.sums for course in courses], axis=1)
    found = dict(zip([label for movable in movables for label in movable.labels], sums, strict=True))
    for p in driven:
        found[p.label] = found.get(p.label, 0) + light.totals[p.label]
    arriving = {name: back.waves[name] for name in back.waves}
    for p in parts.lit:
        change = joint.detection.derivative(p, arriving, (len(joint.circuit.carriers), joint.runs, joint.count))
        k = next(k for k, d in enumerate(joint.detectors) if d.instance.name == p.instance)
        found[p.label] = found[p.label] + (by_light[k] * change).sum(axis=-1)
    others = [p for p in parts.light if p.instance not in following]
    return value, _dataset(joint, wrt, others, found, {**seeds, **arrived})


def replayed(
    circuit: Circuit, request: Request, params: Sequence[Mapping[str, Any]], inputs: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, np.ndarray]]:
    """The signals of a circuit in the steps that it takes as it is, with other parameters each time: for differences.

    params  what is changed besides those of the request, one set after the other;  inputs  the same of inputs
    Raises UsageError where something happens at an instant that may move with a parameter.
    """
    original = Joint(circuit, request)
    courses, found = original.record(), []
    for course in courses:
        refuse_moving_events(original.electronics.system, course)
    for k, more in enumerate(params):
        entering = {**request.inputs, **(inputs[k] if inputs else {})}
        joint = Joint(circuit, replace(request, params={**request.params, **more}, inputs=entering))
        joint.follow(courses)
        light = LightBack(joint.circuit, joint.request, joint.followers, joint.detection, [])
        joint.solve([(0, joint.count)])
        assert joint.courses is not None
        _show(joint, joint.courses)
        optical = Seen(light.outputs, joint.circuit, joint.runs, joint.has_runs, joint.count)
        readings = joint.electronics.readings
        kept = np.stack([course.outputs[:, : readings.kept.size] for course in joint.courses])
        found.append(optical.signals(light.through()) | seen(readings, kept, joint.has_runs))
    return found


def _show(joint: Joint, courses: Sequence[LitCourse]) -> None:
    """Let the optics follow the voltages of the whole run."""
    first = joint.electronics.readings.kept.size
    for k, follower in enumerate(joint.followers):
        follower.shape.show(0, np.stack([course.outputs[:, first + k] for course in courses]))


def _longest(joint: Joint) -> int:
    """Samples whose stages are held at once: so many that these and all bookmarks take about the same room."""
    width = joint.electronics.system.size + 1
    return max(SHORTEST, int(4 * np.sqrt(joint.count)), PIECE_NUMBERS // (ROWS * width * joint.runs))


def _pieces(segments: Sequence[tuple[int, int]], longest: int) -> list[tuple[int, int, int]]:
    """Segments cut: number of the segment, from and to."""
    return [
        (number, a, min(a + longest, end))
        for number, (start, end) in enumerate(segments)
        for a in range(start, end, longest)
    ]


class _Back:
    """The way back through both halves: `waves` at detectors (carriers, runs, times)."""

    def __init__(self, light: LightBack, courses: Sequence[LitCourse], changes: Changes, latency: int | None):
        self._light, self._courses, self._changes = light, courses, changes
        self._instant, self._latency = latency == 0, latency
        self.waves: dict[str, np.ndarray] = {}

    def run(
        self,
        seeds: Mapping[str, np.ndarray],
        slopes: np.ndarray,
        pieces: Sequence[tuple[int, int, int]],
        bookmarks: Sequence[Sequence[Any]],
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """From dL/dwave of outputs and dL/dkept (runs, times, kept): dL/dwave and dL/dlight at detectors.

        These are (carriers, runs, times) by name, the cost's own included, and (detectors, runs, times).
        """
        light, courses, count = self._light, self._courses, pieces[-1][2]
        unit = _unit([*seeds.values(), slopes])
        light.begin_back({name: values / unit for name, values in seeds.items()})
        for course, slope in zip(courses, slopes, strict=True):
            course.begin_back(slope / unit, self._changes)
        names = light.detection.waves
        self._arrived = {name: np.zeros((*light.shape, count), dtype=complex) for name in names}
        self.waves = {name: np.zeros((*light.shape, count), dtype=complex) for name in names}
        entered = None
        for (number, start, end), marks in zip(reversed(pieces), reversed(bookmarks), strict=True):
            if number != entered:
                light.enter(number)
                entered = number
                self._note_waves(*light.segments[number])
            for course, mark in zip(courses, marks, strict=True):
                course.note(start, end, mark)
            self._piece(start, end)
            for course in courses:
                course.add_up()
        for course in courses:
            course.end_back()
            course.sums *= unit
        light.totals = {label: unit * total for label, total in light.totals.items()}
        arrived = {name: unit * values for name, values in self._arrived.items()}
        return arrived, unit * np.stack([course.by_light[:, 1:] for course in courses], axis=1)

    def _note_waves(self, start: int, end: int) -> None:
        for name, values in self._light.seen.items():
            if name in self.waves:
                self.waves[name][..., start:end] = values

    def _piece(self, start: int, end: int) -> None:
        width = INSTANT if self._instant else self._latency or self._light.window
        last = end
        while last > start:
            first = max(start, last - min(width, self._light.window))
            if first == 0 and last > 1:
                first = 1
            if last == 1:
                self._light.at_start()
            if not self._instant:
                self._delayed(first, last)
            else:
                first = self._together(first, last)
            last = first

    def _delayed(self, first: int, last: int) -> None:
        """A window in which light does not come back."""
        by_voltage = self._light.try_back(first, last, self._known(first, last))
        self._finish(first, last, self._electronics(first, last, by_voltage, "go_through"))

    def _together(self, first: int, last: int) -> int:
        """A window in which it does; returns where the one begins that was solved, which is shorter where need be."""
        while True:
            by_light, secant, apart = self._known(first, last), Secant(), np.inf
            for _ in range(MOST):
                by_voltage = self._light.try_back(first, last, by_light)
                answer = self._electronics(first, last, by_voltage, "try_back")
                size = np.abs(answer).max(axis=(0, 2), keepdims=True)
                apart = float((np.abs(answer - by_light) / np.where(size > 0, size, 1.0)).max(initial=0.0))
                if apart <= CLOSE:
                    break
                by_light = secant.next(by_light, answer)
            if apart <= (CLOSE if last - first > 1 else ENOUGH):
                break
            if last - first == 1:
                raise SimulationError(
                    f"the equations of light and electronics at sample {first}, turned round, have no solution that "
                    "could be found: there is no gradient"
                )
            first = last - (last - first) // 2
        by_voltage = self._light.try_back(first, last, by_light)
        self._finish(first, last, self._electronics(first, last, by_voltage, "go_through"))
        return first

    def _known(self, first: int, last: int) -> np.ndarray:
        """dL/dlight (detectors, runs, samples) from what comes later."""
        return np.stack([course.by_light[:, first + 1 : last + 1] for course in self._courses], axis=1)

    def _electronics(self, first: int, last: int, by_voltage: np.ndarray, what: str) -> np.ndarray:
        """dL/dlight (detectors, runs, samples) of all runs."""
        found = [getattr(course, what)(first, last, by_voltage[:, k]) for k, course in enumerate(self._courses)]
        return np.stack(found, axis=1)

    def _finish(self, first: int, last: int, by_light: np.ndarray) -> None:
        for name, values in self._light.go_through(first, last, by_light).items():
            self._arrived[name][..., first:last] = values


def _unit(slopes: Sequence[np.ndarray]) -> float:
    """A power of two by which slopes are divided: so they are far from what counts as dark."""
    largest = max((float(np.abs(values).max(initial=0.0)) for values in slopes), default=0.0)
    return float(2.0 ** np.floor(np.log2(largest))) if largest > 0 else 1.0


def _dataset(
    joint: Joint,
    wrt: Targets,
    others: Sequence[Parameter],
    found: Mapping[str, np.ndarray],
    seeds: Mapping[str, np.ndarray],
) -> Any:
    """All derivatives; those of light that do not belong to bridges are found as those of a circuit of light."""
    circuit, slopes = joint.circuit, dict(found)
    rest = Targets(list(others), wrt.inputs, wrt.states)
    dataset = None
    if others or wrt.inputs or wrt.states:
        passes = Passes(circuit, rest, joint.request, joint.detection.waves)
        passes.through()
        dataset = passes.back(seeds)
        for p in others:
            slopes[p.label] = slopes.get(p.label, 0) + dataset[p.label].values.reshape(-1)
    own = slopes_dataset(circuit, {p.label: slopes[p.label] for p in wrt.parameters}, joint.has_runs)
    return own if dataset is None else dataset.drop_vars([p.label for p in others]).merge(own)
