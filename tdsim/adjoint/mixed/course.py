"""One run of electronics in the light of a mixed transient: recorded, taken again, and gone through backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...analysis.electronics import Electronics
from ...analysis.lit_electronics import lit_integrator
from ...analysis.request import Request
from ...nodal.integrator import Integrator
from ...nodal.lit import LitDrives
from ...nodal.solver import lay_out
from ...nodal.stepping import DONE, FULL, TURNING
from ..electronics.bank import Stages
from ..electronics.changes import Banks, Changes
from ..electronics.course import Course, without_output
from ..electronics.delays import Delays
from ..electronics.replay import KIND, MOMENT, STEP
from ..electronics.walks import Walks
from .samples import jumps, record_light, replay_light


@dataclass(frozen=True)
class LitTransient:
    """The electrical half of a mixed transient: sources that are `lit`, unknowns that optics hear."""

    electronics: Electronics
    request: Request
    runs: int
    lit: Sequence[int]
    heard: Sequence[int]

    def drives_of(self, run: int) -> tuple[Integrator, LitDrives]:
        layout = lay_out(self.electronics.system, self.request.step)
        return lit_integrator(self.electronics, self.request, self.lit, run, layout)

    def integrator(self, run: int) -> Integrator:
        return self.drives_of(run)[0]


class LitCourse(Course):
    """One run, sample by sample: `light` (lit, 2 + samples) begins with two samples of darkness.

    outputs  (samples, kept): what readings are made of, and then the voltages that optics follow
    """

    def __init__(self, transient: LitTransient, run: int):
        kept = np.concatenate([transient.electronics.readings.kept, np.asarray(transient.heard, dtype=np.int64)])
        super().__init__(transient, run, kept.astype(np.int64))
        self._lit, self._step = np.asarray(transient.lit, dtype=np.int64), transient.request.step
        self._heard = len(transient.heard)
        self.samples = self._grid.size
        self.light = np.zeros((self._lit.size, 2 + self.samples))
        self._jumped = np.zeros((self._lit.size, self.samples), dtype=bool)
        self._marks = np.zeros(0, dtype=np.int64)

    # -- forward ----------------------------------------------------------------------------------------------------

    def record_in(self, light: np.ndarray) -> None:
        """Let the integrator choose its steps in this light (lit, samples)."""
        self.light[:, 2:], run = light, self.run
        self._jumped = jumps(self.light)
        assert isinstance(self._transient, LitTransient)
        integrator, drives = self._transient.drives_of(run)
        self._transient.electronics.begin(integrator, run, False)
        without_output(integrator)
        steps, marks, filled, n = np.zeros((1024, 4)), np.zeros(1024, np.int64), 0, 0
        while n < self.samples:
            reach = min(int(np.ceil(integrator.reached / self._step - 0.5)), self.samples)
            if reach <= n:
                self._loads.add(filled)
                integrator.load()
                continue
            places = integrator.words["SEGMENT_BEGIN"][drives.lit]
            n, code, filled = record_light(
                integrator.words.address, places, self.light, self._jumped, n, reach, self._step, steps, marks, filled
            )
            if filled and steps[filled - 1, KIND] == TURNING:
                self.turned.setdefault(filled - 1, integrator.words["SWITCHES"].copy())
            if code == FULL and filled == len(steps):
                steps, marks = np.concatenate([steps, np.zeros_like(steps)]), np.concatenate([marks, marks])
            elif code not in (DONE, FULL):
                integrator.judge(code)
        self.steps, self._marks = steps[:filled].copy(), marks[:filled].copy()

    def follow(self, other: Course) -> None:
        super().follow(other)
        assert isinstance(other, LitCourse)
        self._marks, self._jumped = other._marks, other._jumped

    def start(self) -> None:
        """Be at the equilibrium, before the first sample."""
        self.begin()
        self._delays = Delays(self.system, self._words, self.run, self.steps)
        self._walks = Walks(self.system, self._words)

    def steps_of(self, first: int, last: int) -> tuple[int, int]:
        """The steps of the samples first <= n < last: the first one, and the one behind the last."""
        a, b = np.searchsorted(self._marks, (2 * first, 2 * last))
        return int(a), int(b)

    def go_on(self, first: int, light: np.ndarray) -> np.ndarray:
        """Go through the next samples in this light (lit, samples); returns the voltages (heard, samples)."""
        last = first + light.shape[1]
        self.light[:, first + 2 : last + 2] = light
        self._replay(*self.steps_of(first, last), first, False)
        return self.outputs[first:last, self._kept.size - self._heard :].T

    def bookmark(self) -> Any:
        return self._integrator.save()

    def go_back(self, bookmark: Any) -> None:
        self._integrator.restore(bookmark)
        self._words["KEY"][0] = np.nan  # pivots may be others by now

    def _take(self, first: int, last: int, given: int, *noted: Any) -> tuple[int, int, int, int]:
        words = self._words
        return replay_light(
            words.address, words["SEGMENT_BEGIN"][self._lit], self.light, self._jumped, self._step, self._marks,
            self.steps, first, last, self._grid, given, self._kept, self.outputs, *noted,
        )  # fmt: skip

    # -- backward ---------------------------------------------------------------------------------------------------

    def begin_back(self, seeds: np.ndarray, changes: Changes) -> None:
        """Begin at the end, with dL/dkept (samples, readings) of the readings."""
        self._changes, self.sums = changes, np.zeros(changes.count)
        self._seeds = np.concatenate([seeds, np.zeros((self.samples, self._heard))], axis=1)
        self._adjoint = np.zeros((3, self.system.size + 1 + self._walks.count))
        self.by_light = np.zeros((self._lit.size, self.samples + 1))
        """dL/dlight of the samples from the darkness before t = 0 on, of the stages that were gone through."""
        self._banks: Banks = changes.banks(self._words, self.run)
        words = self._words
        self._rows, self._sources = words["DRIVE_ROW"].copy(), words["DRIVE_SOURCE"].copy()
        self._values = words["DRIVE_VALUE"].copy()

    def note(self, first: int, last: int, bookmark: Any) -> None:
        """Go through some samples again, from a bookmark, and keep the stages."""
        self.go_back(bookmark)
        self._noted = self._replay(*self.steps_of(first, last), first, True)
        self._swept: list[Stages] = []

    def try_back(self, first: int, last: int, by_voltage: np.ndarray) -> np.ndarray:
        """dL/dlight (lit, samples) of some samples, from dL/dvoltage (heard, samples); it stays where it is."""
        adjoint, pending = self._adjoint.copy(), self._delays.pending.copy()
        found = self._through(first, last, by_voltage)[1]
        self._adjoint, self._delays.pending = adjoint, pending
        by_light: np.ndarray = self.by_light[:, first + 1 : last + 1] + found[:, 1:]
        return by_light

    def go_through(self, first: int, last: int, by_voltage: np.ndarray) -> np.ndarray:
        """The same, for good."""
        stages, found, shining = self._through(first, last, by_voltage)
        self.by_light[:, first : last + 1] += found
        light = np.zeros_like(stages.v)
        for row, source in zip(self._rows, self._sources, strict=True):
            for k in np.flatnonzero(self._lit == source):
                light[:, row] = shining[k]
        self._changes.add_lit(stages.v, light, self.run, self.sums)
        self._swept.append(stages)
        return self.by_light[:, first + 1 : last + 1]

    def add_up(self) -> None:
        """Add what parameters change in the samples that were noted and gone through."""
        if self._swept:
            self._banks.add(joined(self._swept), self.sums)

    def end_back(self) -> None:
        """Add what counts at the equilibrium that it began from."""
        self._end_at_rest(self._adjoint, self._changes, self.sums)

    def _through(self, first: int, last: int, by_voltage: np.ndarray) -> tuple[Stages, np.ndarray, np.ndarray]:
        """The stages, dL/dlight (lit, 1 + samples), and the light (lit, stages) at each stage."""
        self._seeds[first:last, self._kept.size - self._heard :] = by_voltage.T
        a, b = self.steps_of(first, last)
        rows = slice(*np.searchsorted(self._noted[0][:, STEP], (a, b)))
        noted = tuple(part[rows] for part in self._noted)
        stages = self._sweep(noted, a, b, self._seeds, self._adjoint)
        marks = self._marks[noted[0][:, STEP].astype(np.int64)]
        n, held = marks // 2, marks % 2 == 1
        part = noted[0][:, MOMENT] / self._step - (n - 1)
        found, shining = np.zeros((self._lit.size, last - first + 1)), np.zeros((self._lit.size, n.size))
        for k, source in enumerate(self._lit):
            later = np.where(held, 1.0, np.where(self._jumped[k, n], 0.0, part))
            mine = self._sources == source
            slope = -(stages.v[:, self._rows[mine]] @ self._values[mine])
            np.add.at(found[k], n - first, (1 - later) * slope)
            np.add.at(found[k], n - first + 1, later * slope)
            shining[k] = (1 - later) * self.light[k, n + 1] + later * self.light[k, n + 2]
        return stages, found, shining


def joined(parts: Sequence[Stages]) -> Stages:
    """Stages one after another."""
    names = ("points", "moments", "states", "u", "v", "origins", "extra")
    arrays = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
    points = [p.of_points for p in parts if p.of_points is not None]
    return Stages(**arrays, of_points=joined(points) if points else None)
