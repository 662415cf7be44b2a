"""Devices whose charges depend on the way that voltages took, in a transient that is run backwards."""

from __future__ import annotations

import numpy as np

from ...nodal import kinds
from ...nodal.system import System
from ...nodal.wake import make_wake
from ...nodal.words import Words
from .nonlinear import ALWAYS


class Walks:
    """Tables of the groups with walked paths, see `backward`.

    Each has a row of its own, in which every control of every device has a base of its own: where that is the control
    itself, the derivatives of its charges are C(u).
    """

    def __init__(self, system: System, words: Words):
        self.count = int(words["WAKE_UNKNOWN"].size)
        wake = make_wake(system.groups, system.size)
        rows, tables, first_path = [], [np.zeros(0, np.int64)], 0
        self._kept: list[np.ndarray] = []
        offsets = sum(g.count * g.controls.shape[1] for g in system.groups if g.walked)
        numbers = sum(g.count * g.paths.shape[1] * g.controls.shape[1] for g in system.groups if g.walked)
        self.offsets, self.capacitances = np.zeros(offsets + 1), np.zeros(numbers)
        first_offset = first_number = 0
        for place, (group, table) in enumerate(zip(system.groups, wake.tables, strict=True)):
            count, paths, controls = group.count, group.paths.shape[1], group.controls.shape[1]
            if group.walked:
                own = np.full((count, 2 * controls + paths), offsets, dtype=np.int64)
                own[:, 0 : 2 * controls : 2] = first_offset + np.arange(count * controls).reshape(count, controls)
                row = words["GROUP_ROWS"][place].copy()
                slopes, mode = np.zeros((count, paths, controls)), np.array([0.0, 0.0, 0.0, ALWAYS])
                flows, before = np.zeros((2, count, paths)), np.zeros((count, controls))
                latent = np.full((count, controls + 2 * paths), np.nan)
                found = {
                    kinds.BASE: self.offsets,
                    kinds.WAKE: own,
                    kinds.FLOWS: flows[0],
                    kinds.CHARGES: flows[1],
                    kinds.SLOPES: slopes,
                    kinds.CAPACITANCES: self.capacitances[first_number:],
                    kinds.BEFORE: before,
                    kinds.MODE: mode,
                    kinds.LATENT: latent,
                }
                for word, array in found.items():
                    row[word] = array.ctypes.data
                self._kept += [row, own, slopes, mode, flows, before, latent]
                ends = sum(t.size for t in tables)
                tables += [group.controls.reshape(-1), table.reshape(-1)]
                shape = (count, controls, paths)
                addresses = (group.loops.evaluate, row.ctypes.data)
                rows.append(
                    (*shape, *addresses, first_path, first_offset, first_number, ends, ends + group.controls.size)
                )
                first_offset += count * controls
                first_number += count * paths * controls
            first_path += count * paths
        self.groups = np.array(rows, dtype=np.int64).reshape(-1, 10)
        self.tables = np.concatenate(tables).astype(np.int64)
        self.paths = first_path
