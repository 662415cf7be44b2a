"""What of electronics is looked at to tell whether they are at rest (see stillness).

The unknowns say all about capacitors and coils; what delays remember is told by them over as many samples.
"""

from __future__ import annotations

import numpy as np

from ..nodal.laws import delays_of
from ..nodal.system import System
from .stillness import LONGEST

ROOM = 1 << 22
"""Numbers of past unknowns that are compared; of more samples than that are taken every so many."""

WEAK = 1e-6
"""Currents are not measured by less than this times the largest voltage (S): smaller ones are mostly round-off."""


class Trail:
    """The last samples of the unknowns of some runs.

    samples  how many: as many as delays remember, and one
    kinds    of quantities: voltages, currents, then the values of each ddt() and delay()
    """

    def __init__(self, system: System, step: float):
        each = [sum(delays_of(system.groups, run).values()) for run in range(system.runs)]
        self.samples = int(np.clip(np.ceil(max(each, default=0.0) / step), 0, LONGEST)) + 1
        unknowns = system.unknowns
        hidden = range(unknowns.size - len(unknowns.hidden), unknowns.size)
        self._parts = [slice(0, unknowns.voltages), slice(unknowns.voltages, hidden.start)]
        self._parts += [slice(k, k + 1) for k in hidden]
        self.kinds = len(self._parts)
        self._past: np.ndarray | None = None
        self._sizes = np.zeros((self.kinds, system.runs))

    def add(self, unknowns: np.ndarray) -> None:
        """Go on with samples (unknowns, 1, runs, samples)."""
        if not unknowns.shape[-1]:
            return
        if self._past is None:  # until now all was as it is
            self._past = np.repeat(unknowns[..., :1], self.samples, axis=-1)
        self._past = np.concatenate([self._past, unknowns], axis=-1)[..., -self.samples :]
        largest = np.abs(unknowns[:, 0]).max(axis=2)
        found = np.stack([largest[part].max(axis=0, initial=0.0) for part in self._parts])
        self._sizes = np.maximum(self._sizes, found)
        self._sizes[1] = np.maximum(self._sizes[1], WEAK * self._sizes[0])

    def quantities(self) -> list[np.ndarray]:
        """All of it, (rows, 1, runs) kind by kind."""
        if self._past is None:
            return []
        every = max(1, self._past.size // ROOM)
        chosen, runs = self._past[..., ::-1][..., ::every], self._past.shape[2]
        return [np.moveaxis(chosen[part, 0], 2, 1).reshape(-1, 1, runs) for part in self._parts]

    def sizes(self) -> list[np.ndarray]:
        """By what each kind is measured, (runs,)."""
        return list(self._sizes)

    def take(self, runs: np.ndarray) -> None:
        """Go on with these runs only."""
        self._past = None if self._past is None else self._past[:, :, runs]
        self._sizes = self._sizes[:, runs]
