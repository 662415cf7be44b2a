"""The delays of expressions and lines in a transient that is run backwards."""

from __future__ import annotations

from math import isnan

import numpy as np

from ...nodal import kinds
from ...nodal.history import BEFORE
from ...nodal.laws import HISTORY_COUNTS, HISTORY_FACTS
from ...nodal.system import System
from ...nodal.words import Words


class Delays:
    """Tables of the delays of one run, see `backward`; `pending` (delays, points) is dL/d of what they remember.

    Each law with delays has a row of its own that takes them to be at rest: its slopes are those of the operands.
    """

    def __init__(self, system: System, words: Words, run: int, steps: np.ndarray):
        table: list[tuple[int, ...]] = []
        laws: list[tuple[np.ndarray, int, int, int, int]] = []
        ends: list[np.ndarray] = []
        ages: list[float] = []
        self._kept: list[np.ndarray] = []
        slopes = 0
        for place, group in enumerate(system.groups):
            code = None if group.keep is None else group.keep.rooms[run].code
            if code is None or not code.delays:
                continue
            controls, paths = group.controls.shape[1], group.paths.shape[1]
            first_path, own = paths - len(code.delays), len(code.signals) + code.rates
            for k, delay in enumerate(code.delays):
                equation = group.paths[0, first_path + k, 0]
                table.append((equation, len(laws), first_path + k, own + k, int(isnan(delay.history))))
                ages.append(delay.time)
            row, numbers = words["GROUP_ROWS"][place].copy(), group.numbers.view(np.int64)[run % len(group.numbers), 0]
            still, facts = numbers.copy(), group.keep.rooms[run].fresh.copy()
            counts = np.zeros_like(group.keep.rooms[run].counts)
            facts[:, BEFORE] = np.nan
            still[HISTORY_COUNTS], still[HISTORY_FACTS] = counts.ctypes.data, facts.ctypes.data
            laws.append((row, group.loops.evaluate, controls, slopes, sum(len(e) for e in ends)))
            ends.append(group.controls[0])
            self._kept += [row, still, counts, facts, room := np.zeros(paths), more := np.zeros((paths, controls))]
            row[kinds.NUMBERS] = still.ctypes.data
            row[kinds.FLOWS] = row[kinds.CHARGES] = room.ctypes.data
            row[kinds.CAPACITANCES] = more.ctypes.data
            slopes += paths * controls
        self.slopes = np.zeros(slopes)
        for row, _, _, place, _ in laws:
            row[kinds.SLOPES] = self.slopes.ctypes.data + 8 * place
        self.table = np.array(table, dtype=np.int64).reshape(-1, 5)
        self.laws = np.array([(row.ctypes.data, *rest) for row, *rest in laws], dtype=np.int64).reshape(-1, 5)
        self.ends = np.concatenate([np.zeros((0, 2), np.int64), *ends])
        self.ages = np.array(ages, dtype=float)
        count = 1 + len(steps) if table else 0
        self.times = np.concatenate([[0.0], steps[:, 3]])[:count]
        self.pending = np.zeros((len(table), count))

    @property
    def count(self) -> int:
        return len(self.table)
