"""Electronics sample by sample, with light on some of their sources and voltages read at every sample.

Between two samples light is taken for a straight line, or, where it jumps, for level up to the later one. It jumps
where its increment is more than JUMP times the one before: an edge, or the sample in which slow light begins to move,
where level or sloped makes no difference to the order of the error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numba
import numpy as np

from ..engine.kernel import compiled
from ..errors import UsageError
from ..shapes.segments import Segments
from . import words as w
from .carrying_on import carry_on, left_behind
from .drives import Drives
from .integrator import Integrator
from .memory import floats, integer_at, longs, number_at, put_integer
from .stepping import DONE, advance
from .system import Source
from .words import RESTART

carray: Any = getattr(numba, "carray")  # noqa: B009  numba does not say that it exports it

Array = np.ndarray[Any, Any]

(PLACES, SOURCES, LIGHT_AT, COLUMNS, VALUES, WIDTH, TICK, DONE_SAMPLES, LAST_SAMPLE, STEP, COURSE_WORDS) = range(11)
"""Words of a course: addresses of its arrays and their sizes, and where it is."""

JUMP, SEEN = 8.0, 1e-3
"""How much larger than the one before, and than the light itself, an increment must be to count as a jump."""

AFTER, PART = 1e-8, 1e-12
"""The voltages behind a jump are read so many steps after it, and this part of its time: more than round-off."""


LIGHT = "LIGHT"
"""In what a run leaves behind: the last two samples of light."""


class LitDrives(Drives):
    """The waveforms of a circuit, and one segment for each source that light falls on, filled sample by sample."""

    def __init__(
        self, sources: Sequence[Source], lit: Sequence[int], step: float, stop: float, seed: int, horizon: float
    ):
        super().__init__(sources, step, stop + step, seed, horizon)
        self.lit = np.asarray(lit, dtype=np.int64)
        for source in lit:
            self.waveforms[source] = _Light()


class _Light:
    """Stands for light that is not known yet."""

    straight: ClassVar[bool] = True

    def __call__(self, t: np.ndarray) -> np.ndarray:
        return np.zeros(np.shape(t))

    def breakpoints(self, start: float, stop: float) -> np.ndarray:
        return np.zeros(0)

    def segments(self, start: float, stop: float) -> Segments:
        return Segments(np.array([start]), np.zeros((1, 2)), np.zeros((0, 7)), np.zeros(2, dtype=np.int64))


class LitRun:
    """One run of electronics with light on it: `go_on` takes it from sample to sample."""

    def __init__(self, integrator: Integrator, drives: LitDrives, step: float):
        self.integrator, self.drives, self.step = integrator, drives, step
        self.tick = 0
        self._light = np.zeros((drives.lit.size, 2))
        """The last two samples."""
        self.integrator.words.put(OUT_TIMES=np.array([np.inf]), FILLED=np.zeros(1, np.int64))
        self.integrator.words.count(ON_GRID=1, ROOM=1, KEPT_COUNT=0)

    def course(self, light: np.ndarray) -> LitCourse:
        """The way through samples with this light (sources, samples)."""
        return LitCourse(self, np.concatenate([self._light, light], axis=1))

    @property
    def latest_light(self) -> np.ndarray:
        """The light (sources,) at the last sample."""
        return self._light[:, -1]

    def bookmark(self) -> tuple[Any, ...]:
        """Where it is, to come back to by `go_back`."""
        return self.tick, self._light, self.integrator.save()

    def go_back(self, bookmark: tuple[Any, ...]) -> None:
        """Be again where the bookmark was made."""
        self.tick, self._light, saved = bookmark
        self.integrator.restore(saved)

    def begin_at(self, z: np.ndarray, light: np.ndarray) -> None:
        """Be at rest, with these unknowns (unknowns + 1,) and this light (sources,), at the first sample."""
        self.integrator.begin_at(z)
        self.tick, self._light = 1, np.repeat(light[:, None], 2, axis=1)

    def left_behind(self) -> dict[str, np.ndarray]:
        """All that it takes to carry on elsewhere, arrays by name."""
        return left_behind(self.integrator) | {LIGHT: self._light.copy()}

    def carry_on(self, left: Mapping[str, np.ndarray], tick: int) -> None:
        """Carry on from what another run has left behind; the next sample is `tick`."""
        light = left.get(LIGHT, self._light[:0])
        if light.shape != self._light.shape and self._light.size + light.size:
            raise UsageError("the state belongs to another circuit: light reaches other electrical devices")
        carry_on(self.integrator, left, tick == 0)
        self.tick, self._light = tick, light.reshape(self._light.shape).copy()

    def go_on(self, light: np.ndarray) -> np.ndarray:
        """Go on through samples with this light (sources, samples); returns the unknowns (samples, unknowns + 1)."""
        course = self.course(light)
        while course.goes_on():
            course.follow()
        return self.end(course)

    def end(self, course: LitCourse) -> np.ndarray:
        """Be at the end of a course that has been gone through; returns its unknowns."""
        self.tick += course.count
        self._light = course.light[:, -2:].copy()
        return course.values


class LitCourse:
    """Samples that a run goes through: light (sources, 2 + samples), values (samples, unknowns + 1)."""

    def __init__(self, run: LitRun, light: np.ndarray):
        self.run, self.light, self.count = run, np.ascontiguousarray(light), light.shape[1] - 2
        self.values = np.empty((self.count, run.integrator.words["Z"].size))
        self._done, self._last, self._places = 0, 0, np.zeros(0, dtype=np.int64)
        self._words = np.zeros(COURSE_WORDS, dtype=np.int64)

    def goes_on(self) -> bool:
        """Whether there are samples left; loads what the sources do next."""
        integrator, run = self.run.integrator, self.run
        while self._done < self.count:
            reach = int(np.ceil(integrator.reached / run.step - 0.5)) - run.tick
            if reach > self._done:
                self._last = min(self.count, reach)
                self._places = integrator.words["SEGMENT_BEGIN"][run.drives.lit]
                return True
            integrator.load()
        return False

    def follow(self) -> None:
        """Go on alone."""
        run, address = self.run, self.run.integrator.words.address
        self.judge(
            *follow_light(address, self._places, self.light, run.tick, self._done, self._last, run.step, self.values)
        )

    def judge(self, done: int, code: int) -> None:
        """Note which samples are done; raises SimulationError where there is no way on."""
        self._done = done
        self.run.integrator.judge(code)

    def words(self) -> np.ndarray:
        """What `follow_course` takes: the words of the rest of the course."""
        self._words[:] = 0
        for word, array in ((PLACES, self._places), (LIGHT_AT, self.light), (VALUES, self.values)):
            self._words[word] = array.ctypes.data
        sizes = (len(self._places), self.light.shape[1], self.values.shape[1])
        self._words[[SOURCES, COLUMNS, WIDTH]] = sizes
        self._words[[TICK, DONE_SAMPLES, LAST_SAMPLE]] = self.run.tick, self._done, self._last
        self._words[STEP : STEP + 1].view(float)[0] = self.run.step
        return self._words

    def judge_words(self, code: int) -> None:
        """The same as `judge`, after `follow_course`."""
        self.judge(int(self._words[DONE_SAMPLES]), code)


@compiled
def follow_course(m: int, course: int) -> int:
    """`follow_light` by the words of a course; returns why it stopped."""
    sources, columns, width = integer_at(course, SOURCES), integer_at(course, COLUMNS), integer_at(course, WIDTH)
    last = integer_at(course, LAST_SAMPLE)
    done, code = follow_light(
        m,
        carray(longs(course, PLACES), (sources,)),
        carray(floats(course, LIGHT_AT), (sources, columns)),
        integer_at(course, TICK),
        integer_at(course, DONE_SAMPLES),
        last,
        number_at(course, STEP),
        carray(floats(course, VALUES), (columns - 2, width)),
    )
    put_integer(course, DONE_SAMPLES, done)
    return int(code)


@compiled
def follow_light(
    m: int, places: Array, light: Array, tick: int, first: int, last: int, step: float, values: Array
) -> tuple[int, int]:
    """Samples first <= n < last, n counted from `tick`; returns those that are done, and why it stopped.

    light  (sources, 2 + samples): column n + 2 is sample n
    """
    clock, count = floats(m, w.CLOCK), longs(m, w.COUNT)
    unknowns = floats(m, w.Z)
    for n in range(first, last):
        t = (tick + n) * step
        if clock[w.TIME] < t:
            shine(m, places, light, n + 1, t - step, step)
            code = advance(m, t)
            if code != DONE:
                return n, code
        if count[RESTART] != 0 or jumps_in_any(light, n + 1):
            hold_light(m, places, light, n + 2, t)
            count[RESTART] = 1
            code = advance(m, t + AFTER * step + PART * t)
            if code != DONE:
                return n, code
        for k in range(integer_at(m, w.UNKNOWNS_COUNT)):
            values[n, k] = unknowns[k]
        values[n, integer_at(m, w.UNKNOWNS_COUNT)] = 0.0
    return last, DONE


@compiled
def shine(m: int, places: Array, light: Array, column: int, start: float, step: float) -> None:
    """Light from the sample in `column` to the next one."""
    times, lines = floats(m, w.SEGMENT_TIMES), floats(m, w.SEGMENT_LINES)
    for k in range(places.size):
        times[places[k]] = start
        lines[2 * places[k]] = light[k, column]
        lines[2 * places[k] + 1] = 0.0 if jumps(light, k, column) else (light[k, column + 1] - light[k, column]) / step


@compiled
def hold_light(m: int, places: Array, light: Array, column: int, start: float) -> None:
    """Light that stays as it is in `column`."""
    times, lines = floats(m, w.SEGMENT_TIMES), floats(m, w.SEGMENT_LINES)
    for k in range(places.size):
        times[places[k]] = start
        lines[2 * places[k]], lines[2 * places[k] + 1] = light[k, column], 0.0


@compiled
def jumps(light: Array, k: int, column: int) -> bool:
    """Whether a source's light jumps at the end of the interval that begins in `column`."""
    here, then = light[k, column], light[k, column + 1]
    by = abs(then - here)
    return bool(by > JUMP * abs(here - light[k, column - 1]) and by > SEEN * max(abs(here), abs(then)))


@compiled
def jumps_in_any(light: Array, column: int) -> bool:
    """Whether the light of any source does."""
    found = False
    for k in range(light.shape[0]):
        found = found or jumps(light, k, column)
    return found
