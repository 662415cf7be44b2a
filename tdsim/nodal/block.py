"""Runs of one circuit that go on together, up to eight in a block: see `together`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from . import kinds_together as side
from . import together as t
from .eights import WIDTH
from .equations import solver
from .fibers import Fiber, possible, switch_address
from .groups import Group
from .integrator import Integrator, Points, room_for
from .kinds import WAKE
from .laws_together import LawTable, alike, compiled_loop, law_table
from .lit import LitCourse
from .solver import Solver
from .stepping import advance
from .tables import Layout
from .words import INDEX

FEWEST = 3
"""Fewer runs than this go faster one after the other."""

FEWEST_SAMPLES = 4
"""Between fewer samples than this, laying runs side by side takes longer than it saves."""

TABLES = {
    t.BASES: "BASE",
    t.DRIVES: "DRIVE",
    t.WEIGHTS: "WEIGHT",
    t.FLOWS: "FLOWS",
    t.STORED: "CHARGES",
    t.FLOW_SLOPES: "FLOW_SLOPES",
    t.CHARGE_SLOPES: "CHARGE_SLOPES",
    t.SCALES: "CHARGE_SCALE",
}
"""What is gathered from the words of each run."""

CONSTANT = {t.CAPACITANCES: "CAPACITANCE", t.CONDUCTANCES: "CONDUCTANCE"}
FACTORED = {t.MATRICES: "MATRIX", t.FACTORS: "LU", t.INVERSES: "INVERSE"}
LATEST = {
    t.PATH_SLOPES: "FLOW_SLOPES",
    t.PATH_CAPACITANCES: "CHARGE_SLOPES",
    t.CONTROLS: "CONTROLS",
    t.LATENT: "LATENT",
}
"""What lies side by side, for good or from the beginning of a stretch to its end."""


class Bench:
    """The memory of up to eight runs with the same pattern; see the words of `together`."""

    def __init__(self, solvers: Sequence[Solver]):
        self._solvers, self.runs = list(solvers), [solver.words for solver in solvers]
        self._seats = np.zeros((WIDTH, t.SEAT_WORDS), dtype=np.int64)
        self._words = np.zeros(t.BENCH_WORDS, dtype=np.int64)
        self._arrays: dict[int, np.ndarray] = {}
        self._fibers = [Fiber() for _ in range(len(self.runs) + 1)]
        self._words[[t.LANES, t.SEATS, t.PATTERN]] = len(self.runs), self._seats.ctypes.data, self.runs[0].address
        self._make_room()
        for seat, run, fiber in zip(self._seats, self.runs, self._fibers[1:], strict=False):
            seat[[t.SWITCH, t.MAIN, t.OWN]] = switch_address(), self._fibers[0].address, fiber.address
            seat[t.RUN] = run.address

    def _make_room(self) -> None:
        first = self.runs[0]
        rows, paths = first["Z"].size, first["FLOWS"].size
        wide = dict.fromkeys((t.ZS, t.DELTAS, t.RIGHTS, t.CHARGES, t.CURRENTS), rows)
        wide |= dict.fromkeys((t.PATH_FLOWS, t.PATH_CHARGES), paths) | {t.PIVOTS: rows - 1}
        wide |= dict.fromkeys((t.ALPHAS, t.BETAS, t.LEASTS, t.NORMS, t.WORSTS, t.NEARS), 1)
        wide |= {word: first[name].size for word, name in (CONSTANT | FACTORED | LATEST).items()}
        for word, count in wide.items():
            self._put(word, np.zeros((count, WIDTH)))
        self._put(t.WEAKEST, np.zeros(WIDTH, dtype=np.int64))
        for word, name in TABLES.items():
            self._put(word, np.array([run[name].ctypes.data for run in self._filled(self.runs)], dtype=np.int64))
        for word, name in CONSTANT.items():
            self._load(word, name)
        self._terms = [self._sum_up(t.CHARGE_TERMS, t.CAPACITANCES), self._sum_up(t.CURRENT_TERMS, t.CONDUCTANCES)]
        self._seat_groups()

    def _sum_up(self, word: int, matrix: int) -> list[np.ndarray]:
        """The terms of charges or currents: see `together.add_terms`. Returns what has to be kept."""
        factors, first = self._arrays[matrix], self.runs[0]
        used, common = (factors != 0).any(axis=1), (factors == factors[:, :1]).all(axis=1)
        starts = np.concatenate([[0], np.cumsum(used)])[first["START"]].astype(np.int64)
        places = np.arange(len(factors))
        places = np.where(common, -1 - places, places)
        terms = np.ascontiguousarray(np.stack([first["UNKNOWN"], places[: first["UNKNOWN"].size]], axis=1)[used])
        kept = [starts, terms.astype(np.int64), factors, np.ascontiguousarray(factors[:, 0])]
        self._put(word, np.array([array.ctypes.data for array in kept], dtype=np.int64))
        return kept

    def _seat_groups(self) -> None:
        """Tables of the laws and devices that are evaluated for all runs at once."""
        groups, numbers = self._solvers[0].system.groups, [solver.run for solver in self._filled(self._solvers)]
        self._put(t.CHOSEN, np.zeros(3, dtype=np.int64))
        loops, self._tables = np.zeros((len(groups), 2), dtype=np.int64), list[side.DeviceTable | LawTable]()
        ranges, first = np.zeros((len(groups), t.RANGE_WORDS), dtype=np.int64), np.zeros(4, dtype=np.int64)
        for k, group in enumerate(groups):
            count, paths, controls = group.count, group.paths.shape[1], group.controls.shape[1]
            sizes = np.array([paths, paths * controls, controls, controls + 2 * paths]) * count
            ranges[k, t.FIRST_PATH :: 2], ranges[k, t.PATHS :: 2] = first, sizes
            if alike(group, numbers):
                rows = [int(run["GROUP_ROWS"][k].ctypes.data) for run in self._filled(self.runs)]
                chosen, unknowns = self._words[[t.CHOSEN, t.ZS]].tolist()
                self._tables.append(law_table(group, numbers, rows, chosen, unknowns))
                loops[k] = compiled_loop().address, self._tables[-1].words.ctypes.data
            elif (loop := side.loop_for(group)) != 0:
                ranges[k, t.SIDE_BY_SIDE] = 1
                self._tables.append(self._device_table(k, group, numbers, first))
                loops[k] = loop, self._tables[-1].words.ctypes.data
            first += sizes
        self._put(t.TOGETHER, loops)
        self._put(t.RANGES, ranges)
        self._words[t.APART] = np.count_nonzero(loops[:, 0] == 0)

    def _device_table(self, k: int, group: Group, numbers: list[int], first: np.ndarray) -> side.DeviceTable:
        """Where one group's numbers lie side by side; `first` are its first path, slope, control and latent number."""

        def eights(word: int, place: int) -> int:
            return int(self._words[word]) + 8 * WIDTH * int(first[place])

        chosen = int(self._words[t.CHOSEN])
        return side.DeviceTable(
            group,
            numbers,
            {
                side.LANES: chosen,
                side.LIMITING: chosen + 8,
                side.LIMITED: chosen + 16,
                side.ZS: int(self._words[t.ZS]),
                side.FLOWS: eights(t.PATH_FLOWS, 0),
                side.CHARGES: eights(t.PATH_CHARGES, 0),
                side.SLOPES: eights(t.PATH_SLOPES, 1),
                side.CAPACITANCES: eights(t.PATH_CAPACITANCES, 1),
                side.BEFORE: eights(t.CONTROLS, 2),
                side.LATENT: eights(t.LATENT, 3),
                side.NEARS: int(self._words[t.NEARS]),
                side.BASES: int(self._words[t.BASES]),
                side.WAKE: int(self.runs[0]["GROUP_ROWS"][k][WAKE]),
            },
        )

    @staticmethod
    def _filled(seated: list[Any]) -> list[Any]:
        """What belongs to each seat; empty ones have that of the first."""
        return seated + [seated[0]] * (WIDTH - len(seated))

    def _put(self, word: int, array: np.ndarray) -> None:
        self._arrays[word] = array
        self._words[word] = array.ctypes.data

    def _load(self, word: int, name: str) -> None:
        for lane, run in enumerate(self._filled(self.runs)):
            self._arrays[word][:, lane] = run[name]

    def advance(self, until: Mapping[int, float]) -> dict[int, int]:
        """Let some runs go on to a time (s) each; returns what `stepping.advance` came to."""
        for lane, time in until.items():
            self._seats[lane, t.UNTIL : t.UNTIL + 1].view(float)[0] = time
        return self._go(list(until), t.entrance().address)

    def follow(self, courses: Mapping[int, np.ndarray]) -> dict[int, int]:
        """Let some runs follow light, by the words of their courses; returns what `lit.follow_course` came to."""
        for lane, words in courses.items():
            self._seats[lane, t.COURSE] = words.ctypes.data
        return self._go(list(courses), t.course_entrance().address)

    def _go(self, lanes: Sequence[int], entrance: int) -> dict[int, int]:
        for word, name in (FACTORED | LATEST).items():
            self._load(word, name)
        self._seats[:, t.STATE] = t.FINISHED
        for lane in lanes:
            seat, words = self._seats[lane], self.runs[lane].words
            seat[t.STATE] = t.GOES_ON
            words[[INDEX["SOLVER"], INDEX["SEAT"]]] = t.waiting_solver().address, seat.ctypes.data
            self._fibers[1 + lane].begin(entrance, seat.ctypes.data)
        t.advance_together(int(self._words.ctypes.data))
        for lane in lanes:
            run = self.runs[lane]
            run.words[INDEX["SOLVER"]] = solver().address
            for word, name in FACTORED.items():
                run[name][:] = self._arrays[word][:, lane]
            t.carry_devices(int(self._words.ctypes.data), lane, False)
        return {lane: int(self._seats[lane, t.CODE]) for lane in lanes}


class Block:
    """Up to eight runs of one circuit."""

    def __init__(self, integrators: Sequence[Integrator]):
        self._integrators = integrators
        self._benches: dict[int, tuple[Layout, list[int], Bench]] = {}

    def sampled(self, kept: np.ndarray, wanted: np.ndarray, until: float) -> Iterator[list[Points]]:
        """Go on to `until`; yields times and values of every run, as `Integrator.sampled` does of one."""
        room = room_for(kept)
        for first in range(0, max(1, wanted.size), room):
            times = wanted[first : first + room].astype(float)
            values = [np.empty((times.size, kept.size)) for _ in self._integrators]
            for integrator, found in zip(self._integrators, values, strict=True):
                integrator.offer(kept, times, found, True)
            self._advance(until)
            yield [(times, found) for found in values]

    def follow(self, courses: Sequence[LitCourse]) -> None:
        """Let every run go through its course."""
        going = [k for k, course in enumerate(courses) if course.goes_on()]
        while going:
            for members in self._alike(going):
                if not self._pays(members) or courses[0].count < FEWEST_SAMPLES:
                    for k in members:
                        courses[k].follow()
                    continue
                seated, bench = self._bench(self._integrators[members[0]].solver.layout)
                codes = bench.follow({seated.index(k): courses[k].words() for k in members})
                for lane, code in codes.items():
                    courses[seated[lane]].judge_words(code)
            going = [k for k in going if courses[k].goes_on()]

    def _advance(self, until: float) -> None:
        going = list(range(len(self._integrators)))
        while going:
            codes: dict[int, int] = {}
            for members in self._alike(going):
                codes |= self._advance_some(members, until)
            going = [k for k in going if not self._integrators[k].has_ended(codes[k], until)]

    def _alike(self, going: Sequence[int]) -> list[list[int]]:
        """Runs with one pattern each."""
        found: dict[int, list[int]] = {}
        for k in going:
            found.setdefault(id(self._integrators[k].solver.layout), []).append(k)
        return list(found.values())

    @staticmethod
    def _pays(members: Sequence[int]) -> bool:
        return len(members) >= FEWEST and possible()

    def _advance_some(self, members: list[int], until: float) -> dict[int, int]:
        """Let runs with one pattern go on."""
        stops = {k: self._integrators[k].next_stop(until) for k in members}
        if not self._pays(members):
            return {k: advance(self._integrators[k].words.address, stop) for k, stop in stops.items()}
        seated, bench = self._bench(self._integrators[members[0]].solver.layout)
        codes = bench.advance({seated.index(k): stop for k, stop in stops.items()})
        return {seated[lane]: code for lane, code in codes.items()}

    def _bench(self, layout: Layout) -> tuple[list[int], Bench]:
        """The runs with a pattern, and their bench; each is made once, as long as the pattern is theirs."""
        seated = [k for k, integrator in enumerate(self._integrators) if integrator.solver.layout is layout]
        known = self._benches.get(id(layout))
        if known is None or known[1] != seated:
            known = layout, seated, Bench([self._integrators[k].solver for k in seated])
            self._benches[id(layout)] = known
        return known[1:]
