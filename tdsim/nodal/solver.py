"""One run of an electrical circuit made ready for compiled code, and its operating point."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import SimulationError
from .equations import SINGULAR, rest
from .groups import Group
from .laws import ask
from .ordering import Singular
from .starts import turned_off
from .system import System
from .tables import Layout, fill, make_words
from .unknowns import settings_of
from .words import PIVTOL, TRUSTED

SOURCE_STEPS, FIRST_SHUNT, LAST_SHUNT, MOST_INSTANTS = 20, 1e-2, 1e-13, 500
HELD = 1e10
"""The conductance (S) that holds a node at the voltage that `.ic` gives."""


@dataclass(frozen=True)
class Tolerances:
    """Of `.options`: what counts as exact."""

    reltol: float = 1e-3
    vntol: float = 1e-6
    abstol: float = 1e-12
    chgtol: float = 1e-14
    trtol: float = 7.0
    iterations: int = 100
    iterations_in_time: int = 25

    @staticmethod
    def of(options: Mapping[str, Any]) -> Tolerances:
        """Those of a circuit's options; absolute ones that are not given go down with the relative one."""
        reltol = float(options.get("reltol", 1e-3))
        finer = min(1.0, reltol / 1e-3)
        return Tolerances(
            reltol,
            float(options.get("vntol", 1e-6 * finer)),
            float(options.get("abstol", 1e-12 * finer)),
            float(options.get("chgtol", 1e-14 * finer)),
            float(options.get("trtol", 7.0)),
            max(20, int(options.get("itl1", 100)), int(options.get("itl2", 0))),
            max(25, int(options.get("itl4", 0))),
        )


class Solver:
    """The words of one run, and the search for its operating point.

    found_by  how the operating point was found; empty before there is one
    """

    def __init__(self, system: System, layout: Layout, run: int, transient: bool, tolerances: Tolerances):
        self.system, self.layout, self.run, self.tolerances = system, layout, run, tolerances
        self.words = make_words(system, layout, run, transient)
        self.words["RULES"][PIVTOL] = float(system.circuit.options.get("pivtol", 0.0))
        self.found_by = ""
        self.chosen_for: np.ndarray | None = None
        """The matrix that pivots were chosen for on the way."""
        self._held: dict[int, float] = {}
        for group in system.groups:
            if group.keep is not None:
                group.keep.rest(run, transient)
        self._reordered, self._resting = 0, False

    def reorder(self) -> bool:
        """Choose other pivots, sound for the matrix at hand; returns whether there are any.

        They are put up with from then on, whatever they turn out to be.
        """
        if not np.isfinite(self.words["MATRIX"][:-1]).all():
            return False
        try:
            self.choose_for(self.layout.by_place(self.words["MATRIX"][:-1]))
        except Singular:
            return False
        self.words["COUNT"][TRUSTED] = 1
        return True

    def choose_for(self, matrix: np.ndarray) -> None:
        """Use pivots that are sound for a matrix, whose entries stand by rows and columns. Raises Singular."""
        self._use(self.layout.reordered(matrix))
        self.chosen_for = matrix

    def keep_pivots(self) -> Layout:
        """Begin with the pivots that were chosen on the way from now on; returns their layout."""
        if self.chosen_for is not None:
            self._use(self.layout.reordered(self.chosen_for))
            self.chosen_for = None
        self._reordered = 0
        return self.layout

    def _use(self, layout: Layout) -> None:
        self.layout = layout
        fill(self.words, self.system, layout, self.run)
        if self._resting:
            self._add_resting(1.0)

    # -- the operating point ------------------------------------------------------------------------------------

    def find_rest(self, values: np.ndarray, held: dict[int, float], nudged: dict[int, float]) -> np.ndarray:
        """The operating point (unknowns + 1,) for these values of the sources, from what Z is now.

        held, nudged  nodes held at a voltage, and those that start from one
        Raises SimulationError, naming the node that is worst, when none is found.
        """
        layout, self._held, self._resting = self.layout, held, True
        near, self.words["MODE"][3] = self.words["MODE"][3], 0.0
        self._add_resting(1.0)
        try:
            return self._search(values, nudged)
        finally:
            self._resting, self.words["MODE"][3] = False, near
            if self.layout is layout:
                self._add_resting(-1.0)
            else:
                self._use(layout)  # the pivots of a matrix with capacitances are others
                self.words["COUNT"][TRUSTED] = 0

    def _add_resting(self, factor: float) -> None:
        conductance = self.words["CONDUCTANCE"]
        conductance += factor * self.words["RESTING"]

    def _search(self, values: np.ndarray, nudged: dict[int, float]) -> np.ndarray:
        """One way after the other."""
        words, held = self.words, self._held
        words["DRIVE"][:] = 0.0
        words["BASE"][:] = 0.0
        np.add.at(words["DRIVE"], words["DRIVE_ROW"], words["DRIVE_VALUE"] * values[words["DRIVE_SOURCE"]])
        if nudged or any(group.off.any() for group in self.system.groups):
            self._hold({**held, **nudged})
            with turned_off(words, self.system.groups):
                self._newton(20)
        self._hold(held)
        for attempt in self._attempts():
            if attempt():
                self.found_by = f"the operating point was found by {attempt.__doc__}"
                if self.undefined():
                    raise SimulationError(f"at the operating point {self.undefined()}")
                return words["Z"]
        if self._is_undecided():
            raise SimulationError(f"no operating point was found: {self.chatters()}")
        raise SimulationError(self.failure("no operating point was found"))

    def _attempts(self) -> list[Callable[[], bool]]:
        """The ways to try, one after the other; options leave some out."""
        options = self.system.circuit.options
        ways = [
            (self._plain, not options.get("noopiter", False)),
            (self._by_gmin, options.get("gminsteps", 1) > 0),
            (self._by_sources, options.get("srcsteps", 1) > 0),
            (self._by_time, True),
        ]
        return [way for way, wanted in ways if wanted]

    def _hold(self, held: dict[int, float], shunt: float = 0.0, towards: np.ndarray | None = None) -> None:
        """Hold nodes at voltages, and join every other one by `shunt` (S) to ground or to what it was."""
        voltages = self.system.unknowns.voltages
        hold, target = self.words["HOLD"], self.words["TARGET"]
        hold[:voltages] = shunt
        target[:voltages] = 0.0 if towards is None else towards[:voltages]
        for node, value in held.items():
            hold[node], target[node] = HELD, value
        self.words["MODE"][0], self.words["MODE"][2] = 1.0, float(bool(held) or shunt > 0)

    def _newton(self, iterations: int) -> bool:
        """Newton's method with what is set; two more steps after it has converged."""
        self._weigh()
        code = rest(self.words.address, 0.0, iterations, 1.0, 2)
        weak = code == SINGULAR or self.words["KEY"][2] >= 0
        if weak and self._reordered < 3 and self.reorder():
            self._reordered += 1
            return self._newton(iterations)
        return code >= 0

    def _weigh(self) -> None:
        """What is converged: the sources and what is known of the unknowns set the scale."""
        t, voltages, weight = self.tolerances, self.system.unknowns.voltages, self.words["WEIGHT"]
        sizes = np.abs(self.words["Z"][:-1])
        reltol = min(t.reltol, 1e-3)
        weight[:voltages] = reltol * sizes[:voltages] + t.vntol
        weight[voltages:] = reltol * sizes[voltages:] + 1e3 * t.abstol

    def _plain(self) -> bool:
        """Newton's method"""
        return self._newton(self.tolerances.iterations)

    def _by_gmin(self) -> bool:
        """gmin stepping"""
        z = self.words["Z"]
        z[:] = 0.0
        shunt, factor, good = FIRST_SHUNT, 10.0, z.copy()
        while shunt > LAST_SHUNT and factor > 1.01:
            self._hold(self._held, shunt)
            if self._newton(50):
                good = z.copy()
                factor = min(factor * 1.5, 10.0)
            else:
                z[:] = good
                shunt *= factor
                factor = factor**0.5
            shunt /= factor
        self._hold(self._held)
        return self._plain()

    def _by_sources(self) -> bool:
        """source stepping"""
        z, drive = self.words["Z"], self.words["DRIVE"]
        full = drive.copy()
        z[:] = 0.0
        part, stride, good = 0.0, 1.0 / SOURCE_STEPS, z.copy()
        while part < 1.0 and stride > 1e-5:
            drive[:] = min(part + stride, 1.0) * full
            if self._newton(50):
                good, part = z.copy(), min(part + stride, 1.0)
                stride *= 1.5
            else:
                z[:] = good
                stride *= 0.3
        drive[:] = full
        return part >= 1.0

    def _by_time(self) -> bool:
        """pseudo-transient analysis"""
        z = self.words["Z"]
        z[:] = 0.0
        shunt, good = 1.0, z.copy()
        for _ in range(MOST_INSTANTS):
            if shunt <= LAST_SHUNT:
                break
            self._hold(self._held, shunt, good)
            if self._newton(50):
                good = z.copy()
                shunt /= 2.0
            else:
                z[:] = good
                shunt *= 8.0
                if shunt > 1e6:
                    break
        self._hold(self._held)
        return self._plain()

    # -- expressions --------------------------------------------------------------------------------------------

    def start_delays(self, uic: bool) -> None:
        """From now on delays remember; with `uic` what comes out first may be given by the device."""
        for group in self.system.groups:
            if group.loops.follow:
                instance = self.system.circuit.instances[group.instances[0]]
                given = instance.device.histories(settings_of(instance, self.run)) if instance.device.histories else ()
                group.keep.begin(self.run, given[group.number :][:1] if uic else ())

    def undefined(self, tried: bool = False) -> str:
        """Whose expression is undefined at the unknowns as they are, or whose delay has to remember too much.

        tried  also at those that the last step has tried, and a little further on
        """
        words = self.words
        stages = [z for z in words["STAGE_Z"][:, : words["Z"].size] if z.any()]
        further = 3.0 * words["Z"] - 2.0 * words["PAST_Z"][0]
        points = [words["Z"], *([*stages, further] if tried else ())]
        laws = [pair for pair in zip(words["GROUP_ROWS"], self.system.groups, strict=True) if pair[1].loops.follow]
        numbers = [z for z in points if np.isfinite(z).all()]  # of anything else no expression can make sense
        for z, (row, group) in itertools.product(numbers, laws):
            trouble = ask(group, row, words, z)
            if trouble == 1 and group.keep.partial:
                return (
                    f"the expression of {group.instances[0]} is undefined: {' or '.join(group.keep.partial)} in it has "
                    "no finite value there; keep its argument in range with max() or a comparison"
                )
            if trouble == 2:
                return f"the delay of {group.instances[0]} has to remember more points than fit: allow longer steps"
        return ""

    def _is_undecided(self) -> bool:
        """Whether Newton's method converged at last, and states of switches were found to be others all the same."""
        converged = np.abs(self.words["DELTA"][:-1]) <= self.words["WEIGHT"]
        return bool(converged.all() and (self.words["MARGINS"] < 0.0).any())

    # -- messages -----------------------------------------------------------------------------------------------

    def failure(self, what: str) -> str:
        """A sentence that names the unknown whose last change was the largest, and what is joined to it."""
        delta = self.words["DELTA"][:-1]
        sizes = np.abs(delta) / self.words["WEIGHT"]
        worst = int(np.argmax(np.where(np.isfinite(sizes), sizes, np.inf)))
        name = self.system.unknowns.names()[worst]
        if not np.isfinite(delta).all():
            return f"{what}: {name} became infinite or not a number; joined to it: {self._joined(worst)}"
        return (
            f"{what}: {name} does not settle (its last change was {delta[worst]:.3g}); joined to it: "
            f"{self._joined(worst)}; try .nodeset or .ic for it, a series resistance, or another reltol"
        )

    def _joined(self, unknown: int, most: int = 6) -> str:
        found = devices_at(self.system, unknown)
        return ", ".join(found[:most]) + (" and others" if len(found) > most else "")

    def chatters(self) -> str:
        """What switches without end, by the margins as they were found last."""
        turning = self._turning()
        who = " and ".join(turning) or "some switch or comparison"
        return (
            f"{who} {'go' if len(turning) > 1 else 'goes'} back and forth without end, since each state brings about "
            "the other: give it hysteresis (vh of a switch), the node that it watches a capacitor, or put a smooth "
            "function, such as tanh(), in place of a comparison"
        )

    def _turning(self, most: int = 4) -> list[str]:
        """The switches and expressions that want to change their states, each with what it watches."""
        margins, found, first = self.words["MARGINS"], [], 0
        for group in self.system.groups:
            own = margins[first : first + group.switches].reshape(group.count, -1)
            first += group.switches
            for k in np.flatnonzero((own < 0.0).any(axis=1)):
                watched = self._watched(group, int(k))
                found.append(group.instances[k] + (f" (which watches {', '.join(watched)})" if watched else ""))
        return found[:most] + (["others"] if len(found) > most else [])

    def _watched(self, group: Group, k: int) -> list[str]:
        """The signals that a device's states depend on."""
        if group.keep is not None:
            return [str(signal) for signal in group.keep.rooms[self.run].code.signals]
        names = [*self.system.unknowns.names(), ""]
        return [name for name in dict.fromkeys(names[unknown] for unknown in group.controls[k].flat) if name]


def devices_at(system: System, unknown: int) -> list[str]:
    """Instances with a terminal at an unknown."""
    found = []
    for instance in system.instances:
        device = instance.device
        names = (*device.ports, *device.inner, *device.branches)
        if any(system.unknowns.terminal(instance, name) == unknown for name in names):
            found.append(instance.name)
    return found + [owner for (owner, _), place in system.unknowns.hidden.items() if place == unknown]


def lay_out(system: System, typical: float) -> Layout:
    """The pattern of a system's matrix. Raises SimulationError when it has no solution."""
    try:
        return Layout(system, typical)
    except Singular:
        raise SimulationError(
            "the equations of the circuit have no unique solution: some node has no path to ground, or sources "
            "contradict each other; add a large resistor to ground or a small one in series"
        ) from None
