"""The optical half of a mixed transient, gone through backwards window by window, as often as need be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...analysis.bridges import Follower
from ...analysis.recorder import Block
from ...analysis.request import Request, seed_of
from ...circuit import Circuit
from ...engine.engine import Engine
from ...engine.feeds import Feed
from ...engine.followed import Followed
from ...engine.sources import coefficients, modulate, nothing, replay
from ...engine.state import dark
from ...schedule.adjoint import compile_adjoint
from ...schedule.groups import Group
from ...schedule.products import Product
from ...schedule.system import Driven, System
from ..passes import Forward, Given, mirrored
from ..slopes import Found, differences, range_of, shifted
from ..targets import Parameter
from .detection import Detection

Range = tuple[np.ndarray, np.ndarray, np.ndarray]
"""See `range_of`."""

Joins = dict[tuple[int, int], tuple[str, str]]
"""Names of the waves that leave and enter a device, by their place in its matrix."""


class _Heard:
    """What is read of the adjoint: the waves that leave devices whose optics follow voltages."""

    def __init__(self, names: set[str]):
        self.turned: Sequence[str] = ()
        self.products: list[Product] = []
        self._names = names
        self.joins: dict[str, Joins] = {}
        self.groups: dict[str, Group] = {}

    def __call__(self, system: System, adjoint: System, first: bool) -> list[str]:
        for driven in system.driven:
            if driven.group.instances[0].name in self._names:
                self._add(driven, system)
        return sorted({leaving for joins in self.joins.values() for leaving, _ in joins.values()})

    def _add(self, driven: Driven, system: System) -> None:
        name = driven.group.instances[0].name
        names = {p: (system.names[a], system.names[b]) for p, (a, b) in driven.joins.items()}
        self.joins[name], self.groups[name] = names, driven.group


class LightBack:
    """The optics with known voltages at the followers, forward as a whole and back by windows.

    samples  (carriers, runs, times) of the outputs' waves
    window   most samples that may be gone back through at once
    """

    def __init__(
        self,
        circuit: Circuit,
        request: Request,
        followers: Sequence[Follower],
        detection: Detection,
        parameters: Sequence[Parameter],
    ):
        self._followers, self.detection, self._parameters = followers, detection, parameters
        self._forward = forward = Forward(circuit, request)
        self._reading = _Heard({f.instance for f in followers})
        seeded = sorted({*detection.waves, *(o.wave for o in forward.outputs if o.wave)})
        self._adjoint = compile_adjoint(
            forward.circuit, request.step, forward.runs, seeded, forward.count, self._reading, forward.wanted
        )
        program = self._adjoint.program
        entering = {key[0] for name, key in self._adjoint.past.items() if name in program.inputs}
        heard = {entering for joins in self._reading.joins.values() for _, entering in joins.values()}
        forward.look_at({*entering, *heard, *detection.waves}, self._adjoint)
        self.outputs, self.segments = forward.outputs, forward.segments()
        self.shape = len(program.carriers), program.runs
        self.totals = {p.label: np.zeros(program.runs) for p in parameters}

    def through(self) -> dict[str, np.ndarray]:
        """Go forward; returns the samples of the outputs' waves."""
        samples, self._states = self._forward.run_through(self.segments)
        return samples

    # -- backward ---------------------------------------------------------------------------------------------------

    def begin_back(self, seeds: Mapping[str, np.ndarray]) -> None:
        """Begin at the end, with dL/dwave (carriers, runs, times) of a cost."""
        program, count = self._adjoint.program, self._forward.count
        self._seeds = {name: seeds.get(name) for name in self.detection.waves}
        self._given = {n: Given() for n in self._adjoint.past if n in program.inputs}
        self._live = {n: Given() for n in self.detection.waves if n in program.inputs}
        feeds: dict[int, Feed] = {}
        for name, wave in program.inputs.items():
            cost = replay(np.ascontiguousarray(seeds[name][..., ::-1])) if name in seeds else nothing
            feeds[wave] = self._given.get(name) or self._live.get(name) or cost
        for modulation in program.modulations:
            made = modulate(modulation, program, self._forward.request.stop, seed_of(self._forward.circuit))
            feeds |= {wave: self._wide(mirrored(feed, count)) for wave, feed in made.items()}
        self._feeds = feeds
        leaving = {wave for joins in self._reading.joins.values() for wave, _ in joins.values()}
        self._names = sorted(leaving & program.index.keys())
        probes = [program.index[name] for name in self._names]
        self._engine = Engine(program, feeds, probes, dark(program), watched=True)
        self._block = Block(program, probes, self._engine.chunk)
        self.window = self._engine.chunk

    def _wide(self, feed: Feed) -> Feed:
        """A feed that is asked once for a whole segment."""
        return lambda t0, t1: feed(t0, max(t1, self._reach))

    def enter(self, number: int) -> None:
        """Make ready to go back through a segment, from its end."""
        (start, end), state = self.segments[number], self._states[number]
        self._start, self._segment = start, self._forward.waves_of(state, end - start)
        for name, given in self._given.items():
            wave, delay = self._adjoint.past[name]
            samples = self._segment.get(wave)
            given.give(self._engine.tick, self._forward.past(state, wave, delay, samples, end - start))
        self._detected = self.detection.slopes(self._segment, (*self.shape, end - start))
        self._reach = self._forward.count - start
        times = np.arange(start, end) * self._forward.step
        self._slopes = [self._voltage_slopes(f, times) for f in self._followers]
        self._other = {p.label: (p.instance, self._parameter_slopes(p, times)) for p in self._parameters}

    @property
    def seen(self) -> Mapping[str, np.ndarray]:
        """The waves of the segment, (carriers, runs, samples)."""
        return self._segment

    def at_start(self) -> None:
        """Only the sample at t = 0 is left."""
        if self._adjoint.first is not self._adjoint.program:
            self._engine.use(self._adjoint.first, self._feeds)

    def try_back(self, first: int, last: int, by_light: np.ndarray) -> np.ndarray:
        """dL/dvoltage (followers, runs, samples), from dL/dlight (detectors, runs, samples); it stays where it is."""
        bookmark = self._engine.bookmark()
        found = self._through(first, last, by_light)[0]
        self._engine.go_back(bookmark)
        return found

    def go_through(self, first: int, last: int, by_light: np.ndarray) -> dict[str, np.ndarray]:
        """The same for good; returns dL/dwave (carriers, runs, samples) at detectors, a cost of them included."""
        _, seeds, adjoint = self._through(first, last, by_light)
        for label, (instance, slopes) in self._other.items():
            self.totals[label] = self.totals[label] + self._summed(instance, slopes, adjoint, first, last).sum(axis=-1)
        return seeds

    def _through(
        self, first: int, last: int, by_light: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
        count, here = last - first, slice(first - self._start, last - self._start)
        seeds = self.detection.seeds(by_light, self._detected, here)
        for name, values in seeds.items():
            cost = self._seeds[name]
            if cost is not None:
                values += cost[..., first:last]
            if name in self._live:
                self._live[name].give(self._engine.tick, values)
        self._engine.forget([self._adjoint.program.inputs[name] for name in self._live])
        targets, place = self._block.targets(0, count)
        self._engine.run(count, targets, place)
        adjoint = dict(zip(self._names, self._block.samples[..., ::-1], strict=True))
        found = np.zeros((len(self._followers), self.shape[1], count))
        for k, follower in enumerate(self._followers):
            found[k] = self._summed(follower.instance, self._slopes[k], adjoint, first, last)
        return found, seeds, adjoint

    def _summed(
        self, instance: str, slopes: Found, adjoint: Mapping[str, np.ndarray], first: int, last: int
    ) -> np.ndarray:
        """dL/dparameter at each of some samples, (runs, samples)."""
        here, total = slice(first - self._start, last - self._start), np.zeros((self.shape[1], last - first))
        for place, (leaving, entering) in self._reading.joins.get(instance, {}).items():
            if place in slopes and leaving in adjoint and entering in self._segment:
                slope = slopes[place][..., here if slopes[place].shape[-1] > 1 else slice(None)]
                product = slope * self._segment[entering][..., here] * np.conj(adjoint[leaving])
                total += product.real.sum(axis=0)
        return total

    # -- slopes -----------------------------------------------------------------------------------------------------

    def _voltage_slopes(self, follower: Follower, times: np.ndarray) -> Found:
        """How the device changes with the voltage that it follows, (carriers, runs, times) by place in its matrix."""
        name, size = follower.parameter, max(1.0, float(np.abs(follower.shape.values).max(initial=0.0)))

        def moved(group: Group, shift: float) -> Group:
            shape = follower.shape
            instance = group.instances[0]
            values = {**instance.values, name: Followed(shape.step, shape.first, shape.values + shift)}
            return replace_instance(group, replace(instance, values=values))

        guess = np.array([1e-3 * size]), np.array([np.inf]), np.array([size])
        return self._differences(follower.instance, moved, guess, name, times)

    def _parameter_slopes(self, p: Parameter, times: np.ndarray) -> Found:
        """The same with a parameter of such a device."""
        group = self._reading.groups.get(p.instance)
        if group is None:
            return {}

        def moved(group: Group, shift: float) -> Group:
            return shifted(group, p.name, p.place, np.array([shift]))

        return self._differences(p.instance, moved, range_of(group, p.name, p.place), p.name, times)

    def _differences(self, instance: str, moved: Any, guess: Range, parameter: str, times: np.ndarray) -> Found:
        group = self._reading.groups.get(instance)
        if group is None:
            return {}
        carriers, runs = self.shape
        stop, seed = self._forward.request.stop, seed_of(self._forward.circuit)

        def evaluate(shift: np.ndarray) -> Found:
            entries = coefficients(moved(group, float(shift[0])), self._adjoint.program, stop, seed, times)
            whole = (carriers, runs, times.size)
            return {("entry", p): np.broadcast_to(v[0], whole).reshape(1, carriers, -1) for p, v in entries.items()}

        step, far, size = guess
        found = differences(evaluate, step, far, size, f"{instance}.{parameter}")
        return {key[1]: v.reshape(carriers, runs, times.size) for key, v in found.items()}


def replace_instance(group: Group, instance: Any) -> Group:
    """A group of one with another instance."""
    return Group(group.device, group.ports, group.wired, group.driven, [instance])
