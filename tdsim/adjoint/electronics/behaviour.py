"""How the laws of expressions and lines change with a number of their instances (tc1, m, z0, ...), at given unknowns.

A law with another number is another code: it is made four times, and each is evaluated by the loop that all laws share.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...behaviour.code import encode
from ...nodal import kinds
from ...nodal.laws import Memory
from ...nodal.system import System
from ...nodal.unknowns import settings_of
from .differences import WEIGHTS
from .movable import Movable
from .nonlinear import Bench


class LawSlopes:
    """The derivatives of the flows and charges of one law in one run by one parameter of its instance.

    transient  whether delays at rest give what was said to have come before, rather than their operands
    """

    def __init__(self, system: System, place: int, movable: Movable, run: int, transient: bool):
        self._group = group = system.groups[place]
        self.targets = np.array([movable.numbers[group.instances[0]]])
        self._ambient, self._run, self._movable = system.conditions.ambient, run, movable
        self._transient = transient
        target = int(self.targets[0])
        self.step = float(movable.step[target, run % movable.step.shape[1]]) / 4
        """How far the parameter is moved for a difference: laws are smooth in their numbers, but nearly cancel."""
        self._made: dict[float, Memory] = {}

    @property
    def ends(self) -> np.ndarray:
        """The rows (1, paths, 2) from which and to which its flows go."""
        return np.asarray(self._group.paths)

    def at(self, bench: Bench, run: int) -> tuple[np.ndarray, np.ndarray]:
        """d flows, d charges (1, paths) at the unknowns of the run."""
        moved = [weight * self._evaluate(bench, way * self.step) for way, weight in WEIGHTS.items()]
        found = np.add.reduce(moved) / self.step
        paths = self._group.paths.shape[1]
        return found[:, :paths], found[:, paths:]

    def _evaluate(self, bench: Bench, shift: float) -> np.ndarray:
        if shift not in self._made:
            self._made[shift] = self.memory(shift)
        memory = self._made[shift]
        steps = len(memory.rooms[0].code.steps)
        pieces = np.zeros(max(steps, bench.pieces.size), dtype=np.int64)
        pieces[: bench.pieces.size] = bench.pieces
        bench.row[kinds.STATES] = pieces.ctypes.data
        return bench.evaluate(memory.words.view(float)[0])

    def memory(self, shift: float) -> Memory:
        """The law with its parameter moved; its delays are at rest."""
        moved = self._movable.moved(int(self.targets[0]), np.array([shift]))
        assert moved.device.laws is not None
        settings = settings_of(moved, self._run)
        law = moved.device.laws(settings, self._ambient)[self._group.number]
        found = Memory([encode(law.term)], bool(law.branch), self._ambient, 1.0)
        found.rest(0, self._transient)
        return found


def law_slopes(system: System, movable: Movable, run: int, transient: bool) -> Iterator[tuple[int, LawSlopes]]:
    """The laws of the instances that the parameter belongs to, by the number of their group."""
    for place, group in enumerate(system.groups):
        if group.loops.follow and group.instances[0] in movable.numbers:
            yield place, LawSlopes(system, place, movable, run, transient)
