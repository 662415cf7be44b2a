"""What parameters change in the equations, with multipliers of charges and currents, added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...nodal.system import System
from ...nodal.words import Words
from .bank import DeviceBank, LawBank, Stages
from .behaviour import law_slopes
from .linear import LIT, Entry, linear_entries, sum_linear
from .movable import Movable
from .nonlinear import Bench, DeviceSlopes, device_slopes, sum_flows
from .rest import Rest


class Changes:
    """dL/dparameters = sum of u dQ/dparameter + v d(I - s)/dparameter, for all parameters of a gradient."""

    def __init__(self, system: System, movables: Sequence[Movable], transient: bool):
        self._system, self._movables, self._transient = system, movables, transient
        self.count = sum(len(movable.instances) for movable in movables)
        self._linear = [linear_entries(system, movable, transient) for movable in movables]
        self._devices = [list(device_slopes(system, movable)) for movable in movables]

    def add_rest(self, rest: Rest, run: int, u: np.ndarray, v: np.ndarray, sums: np.ndarray) -> None:
        """Add what counts at an equilibrium, u and v (rows + 1,), to sums (parameters,)."""
        words = rest.words
        words["DEVICE_UNKNOWNS"][:], words["DEVICE_TIME"][:] = rest.unknowns, 0.0
        first = 0
        for movable, entries, devices in zip(self._movables, self._linear, self._devices, strict=True):
            total = sums[first : first + len(movable.instances)]
            first += total.size
            sum_linear(entries, u[None], v[None], rest.unknowns[None], run, total)
            for place, slopes in devices:
                sum_flows(slopes, Bench(self._system, words, place), u, v, run, total)
            for place, law in law_slopes(self._system, movable, run, self._transient):
                sum_flows(law, Bench(self._system, words, place), u, v, run, total)

    def add_lit(self, v: np.ndarray, light: np.ndarray, run: int, sums: np.ndarray) -> None:
        """Add what counts where light falls; v and the light on the device of each row are (stages, rows + 1)."""
        first = 0
        for movable, entries in zip(self._movables, self._linear, strict=True):
            for entry in entries:
                if entry.kind == LIT:
                    products = -(v[:, entry.rows] * light[:, entry.rows]).sum(axis=0)
                    np.add.at(sums[first:], entry.targets, entry.of_run(run) * products)
            first += len(movable.instances)

    def banks(self, words: Words, run: int) -> Banks:
        """Ready for the stages of a transient of one run."""
        return Banks(self._system, self._movables, self._linear, self._devices, words, run)


class Banks:
    """The same along a transient."""

    def __init__(
        self,
        system: System,
        movables: Sequence[Movable],
        linear: Sequence[Sequence[Entry]],
        devices: Sequence[Sequence[tuple[int, DeviceSlopes]]],
        words: Words,
        run: int,
    ):
        self._linear, self._run = linear, run
        self._sizes = [len(movable.instances) for movable in movables]
        self._devices = [[DeviceBank(system, words, place, slopes, run) for place, slopes in some] for some in devices]
        self._laws = [
            [LawBank(system, words, place, law, run) for place, law in law_slopes(system, movable, run, True)]
            for movable in movables
        ]

    def add(self, stages: Stages, sums: np.ndarray) -> None:
        """Add what counts in some stages to sums (parameters,)."""
        first = 0
        for size, entries, devices, laws in zip(self._sizes, self._linear, self._devices, self._laws, strict=True):
            total = sums[first : first + size]
            first += size
            sum_linear(entries, stages.u, stages.v, stages.points, self._run, total)
            banks: tuple[DeviceBank | LawBank, ...] = (*devices, *laws)
            for bank in banks:
                bank.add(stages, total)
