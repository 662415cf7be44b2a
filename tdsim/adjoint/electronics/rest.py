"""The equilibrium of one run to round-off, and its transposed equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from ...analysis.electronics import Electronics
from ...errors import SimulationError
from ...nodal.equations import load_matrix, take_charges
from ...nodal.solver import Solver

STEPS = 12

EXACT, GOOD = 1e-14, 1e-7
"""Changes of the unknowns, relative to themselves, at which Newton's method ends, and that it has to reach."""

SMALL = 1e-6
"""Unknowns (V, A) below this part of the largest of their kind are not asked to be exact relative to themselves."""


def settled(electronics: Electronics, solver: Solver, guess: np.ndarray | None) -> Rest:
    """The equilibrium with all sources at their levels; `guess` (unknowns + 1,) or `.ic` say which, of several."""
    if guess is not None:
        solver.words["Z"][:] = guess
    elif electronics.held():
        solver.find_rest(solver.words["LEVEL"], electronics.held(), electronics.nudged())
    solver.find_rest(solver.words["LEVEL"], {}, electronics.nudged())
    return Rest(solver)


class Rest:
    """The equilibrium of a run: `unknowns` (unknowns + 1,), ground last."""

    def __init__(self, solver: Solver):
        """The solver has found it; nodes that are held stay so."""
        self._solver, self.words = solver, solver.words
        self._polish()
        self.unknowns = np.array(self.words["Z"])

    def _polish(self) -> None:
        """Newton's method down to round-off."""
        z, before = self.words["Z"], np.inf
        for _ in range(STEPS):
            missing = self._linearise()
            change = self._solve(missing, False)
            z[:-1] += change
            size = self._relative(change)
            if size <= EXACT or size > 0.5 * before:
                break
            before = size
        if not min(size, before) <= GOOD:
            raise SimulationError(self._solver.failure("the operating point is not sharp enough for a gradient"))
        self._linearise()

    def _relative(self, change: np.ndarray) -> float:
        z, voltages = np.abs(self.words["Z"][:-1]), self._solver.system.unknowns.voltages
        size = 0.0
        for part in (slice(0, voltages), slice(voltages, None)):
            if z[part].size:
                size = max(size, float((np.abs(change[part]) / (z[part] + SMALL * z[part].max() + 1e-300)).max()))
        return size

    def _linearise(self) -> np.ndarray:
        """Factorise the equations about the unknowns; returns what is missing in each row."""
        words, layout = self.words, self._solver.layout
        words["MODE"][[0, 3]] = 0.0
        take_charges(words.address)
        load_matrix(words.address, 0.0, 1.0)
        values, resting, z = words["MATRIX"][:-1].copy(), words["RESTING"], words["Z"]
        values += resting
        tied = np.zeros(z.size)
        np.add.at(tied, layout.rows, resting * z[layout.columns])
        if words["MODE"][2] != 0.0:
            tied[:-1] += words["HOLD"] * (z[:-1] - words["TARGET"])
        largest = np.zeros(layout.size)
        np.maximum.at(largest, layout.rows, np.abs(values))
        self._scale = 1.0 / np.where(largest > 0, largest, 1.0)
        entries = (values * self._scale[layout.rows], (layout.rows, layout.columns))
        scaled = csc_matrix(entries, shape=(layout.size, layout.size))
        try:
            self._factors: Any = splu(scaled)
        except RuntimeError:
            raise SimulationError(
                "the equilibrium is at a fold: it has no derivative, because the equations about it are singular"
            ) from None
        return np.asarray((words["DRIVE"] - words["CURRENT"] - tied)[:-1])

    def _solve(self, right: np.ndarray, transposed: bool) -> np.ndarray:
        if transposed:
            return np.asarray(self._scale * self._factors.solve(right, trans="T"))
        return np.asarray(self._factors.solve(self._scale * right))

    def adjoint(self, slope: np.ndarray) -> np.ndarray:
        """The rows' multipliers (rows + 1,), ground's 0, for dL/dunknowns (unknowns + 1,)."""
        return np.append(self._solve(slope[:-1], True), 0.0)

    def stored(self, against: np.ndarray) -> np.ndarray:
        """What multipliers (rows + 1,) of the charges come to by the unknowns (unknowns + 1,)."""
        words, layout = self.words, self._solver.layout
        words["Z"][:] = self.unknowns
        words["MODE"][[0, 3]] = 0.0
        take_charges(words.address)
        first = 0
        for group in self._solver.system.groups:  # walked charges are none at rest, whatever the voltages
            shape = (group.count, group.paths.shape[1], group.controls.shape[1])
            slopes = words["CHARGE_SLOPES"][first : first + np.prod(shape, dtype=int)].reshape(shape)
            slopes[:, list(group.walked)] = 0.0
            first += slopes.size
        load_matrix(words.address, 1.0, 0.0)
        found = np.zeros(against.size)
        np.add.at(found, layout.columns, words["MATRIX"][:-1] * against[layout.rows])
        return found
