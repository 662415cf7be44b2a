"""The electronic half of a circuit that also has light, on the samples' grid, all runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.state import State
from ..nodal.block import Block
from ..nodal.drives import NEARBY
from ..nodal.eights import WIDTH
from ..nodal.integrator import Integrator
from ..nodal.lit import LitDrives, LitRun
from ..nodal.methods import method_of
from ..nodal.solver import lay_out
from ..nodal.system import Source
from ..nodal.tables import Layout
from ..nodal.words import Words
from .ahead import Ahead
from .bridges import Detector, Follower
from .electronics import Electronics, electronics_of
from .request import Request, seed_of

VOLTAGES, LIGHT_AHEAD, VOLTAGES_AHEAD = "VOLTAGES", "LIGHT_AHEAD", "VOLTAGES_AHEAD"
"""In what a run leaves behind: the voltages that its optics followed last, and what was solved ahead."""


class LitElectronics:
    """Electronics that light at `detectors` drives and that `followers` listen to.

    places    number of each detected wave among the engine's probes, by name
    state     where it begins; one without electronics is the operating point without light
    voltages  that are listened to, as they were last, (followers, runs)
    unknowns  (runs, samples, unknowns + 1) of the last `go_on`
    """

    def __init__(
        self,
        electronics: Electronics,
        request: Request,
        detectors: Sequence[Detector],
        followers: Sequence[Follower],
        places: dict[str, int],
        state: State,
    ):
        self._electronics, self._request = electronics, request
        self._detectors = detectors
        self._places = places
        system = electronics.system
        self._lit = [system.source(d.instance.name) for d in detectors]
        instances = electronics.circuit.instances
        self._heard = [system.unknowns.terminal(instances[f.instance], f.unknown) for f in followers]
        layout = lay_out(system, request.step)
        left = electronics_of(state, system, electronics.runs)
        self._runs = [
            self._begin(run, layout, left[run] if left else None, state.tick) for run in range(electronics.runs)
        ]
        integrators = [run.integrator for run in self._runs]
        self._blocks = [Block(integrators[k : k + WIDTH]) for k in range(0, len(integrators), WIDTH)]
        self.voltages = self._voltages(left)
        self.unknowns = np.zeros((electronics.runs, 0, system.size + 1))

    def _begin(self, run: int, layout: Any, left: Mapping[str, np.ndarray] | None, tick: int) -> LitRun:
        """One run: at t = 0 and the operating point without light, or from what was left behind."""
        electronics, request = self._electronics, self._request
        integrator, drives = lit_integrator(electronics, request, self._lit, run, layout)
        if left is None:
            electronics.begin(integrator, run, request.uic)
        found = LitRun(integrator, drives, request.step)
        if left is not None:
            found.carry_on(left, tick)
        return found

    def _voltages(self, left: Sequence[Mapping[str, np.ndarray]]) -> np.ndarray:
        if left and all(VOLTAGES in run and run[VOLTAGES].size == len(self._heard) for run in left):
            return np.stack([run[VOLTAGES] for run in left], axis=1)
        return np.stack([run.integrator.words["Z"][self._heard] for run in self._runs], axis=1)

    @property
    def end(self) -> int:
        """The number of samples from t = 0 to the end of the run."""
        return self._request.last + 1

    def latest_light(self) -> np.ndarray:
        """What light did to each detector at the last sample, (detectors, runs)."""
        return np.stack([run.latest_light for run in self._runs], axis=1)

    @property
    def unknown_names(self) -> tuple[str, ...]:
        """What the unknowns are."""
        return tuple(self._electronics.system.unknowns.names())

    def left_behind(self, voltages: np.ndarray, ahead: Ahead) -> tuple[dict[str, np.ndarray], ...]:
        """For each run all that it takes to carry on.

        voltages  that were followed last, (followers, runs)
        ahead     what is solved already
        """
        found = []
        for k, run in enumerate(self._runs):
            found.append(run.left_behind() | {VOLTAGES: voltages[:, k].copy()})
            if ahead.count[k]:
                solved = slice(0, ahead.count[k])
                found[-1][LIGHT_AHEAD] = ahead.light[:, k, solved].copy()
                found[-1][VOLTAGES_AHEAD] = ahead.voltages[:, k, solved].copy()
        return tuple(found)

    def solved_ahead(self, state: State) -> Ahead:
        """What a run that was cut off had solved already."""
        count = np.array([run[LIGHT_AHEAD].shape[1] if LIGHT_AHEAD in run else 0 for run in state.electronics])
        if not count.any():
            return Ahead(np.zeros(len(self._runs), dtype=np.int64))
        parts = []
        for name, rows in ((LIGHT_AHEAD, len(self._detectors)), (VOLTAGES_AHEAD, len(self._heard))):
            whole = np.zeros((rows, count.size, int(count.max())))
            for k, run in enumerate(state.electronics):
                if count[k]:
                    whole[:, k, : count[k]] = run[name]
            parts.append(whole)
        return Ahead(count, *parts)

    def begin_at(self, unknowns: np.ndarray, block: np.ndarray) -> None:
        """Be at rest in every run, with these unknowns (unknowns + 1, runs) and samples of the probes' waves."""
        light = self.light(block)
        for k, run in enumerate(self._runs):
            run.begin_at(unknowns[:, k], light[:, k, -1])
        self.voltages = self._voltages([])

    def now(self) -> np.ndarray:
        """The unknowns as they are, (runs, unknowns + 1)."""
        return np.stack([run.integrator.words["Z"] for run in self._runs])

    def light(self, block: np.ndarray) -> np.ndarray:
        """What light does to each detector, (detectors, runs, samples), from the probes' samples."""
        runs, samples = block.shape[2:]
        found = np.zeros((len(self._detectors), runs, samples))
        nothing = np.zeros(block.shape[1:], dtype=complex)
        for k, detector in enumerate(self._detectors):
            found[k] = detector.light([block[self._places[wave]] if wave else nothing for wave in detector.waves])
        return found

    def go_on(self, light: np.ndarray) -> np.ndarray:
        """Go on with this light (detectors, runs, samples); returns voltages (followers, runs, samples)."""
        courses = [run.course(light[:, k]) for k, run in enumerate(self._runs)]
        for first, block in zip(range(0, len(courses), WIDTH), self._blocks, strict=True):
            block.follow(courses[first : first + WIDTH])
        self.unknowns = np.stack([run.end(course) for run, course in zip(self._runs, courses, strict=True)])
        return self.unknowns[:, :, self._heard].transpose(2, 0, 1)

    def bookmark(self) -> list[Any]:
        """Where it is, to come back to by `go_back`."""
        return [run.bookmark() for run in self._runs]

    def go_back(self, bookmark: list[Any]) -> None:
        """Be again where the bookmark was made."""
        for run, mark in zip(self._runs, bookmark, strict=True):
            run.go_back(mark)


def lit_integrator(
    electronics: Electronics, request: Request, lit: Sequence[int], run: int, layout: Layout
) -> tuple[Integrator, LitDrives]:
    """One run, not begun, with light on some of its sources."""
    system, step = electronics.system, request.step
    drives = _SampledDrives(system.sources, lit, step, request.stop, seed_of(electronics.circuit), request.horizon)
    solver = electronics.solver(system, run, True, layout=layout)
    longest = min(step, request.longest or step)
    return Integrator(solver, drives, longest, method_of(electronics.circuit.options)), drives


class _SampledDrives(LitDrives):
    """The same with kinks of sources at the very instants of samples, where only round-off lies between the two.

    Steps as short as that would be taken otherwise, and what delays remember would have two values at one time.
    """

    def __init__(
        self, sources: Sequence[Source], lit: Sequence[int], step: float, stop: float, seed: int, horizon: float
    ):
        super().__init__(sources, lit, step, stop, seed, horizon)
        self._step = step

    def load(self, words: Words, start: float) -> float:
        reached = super().load(words, start)
        for times in (words["SEGMENT_TIMES"], words["BREAKS"]):
            samples = np.rint(times / self._step) * self._step
            times[:] = np.where(np.abs(times - samples) <= NEARBY * np.abs(times), samples, times)
        return reached
