"""One run of a system as words for compiled code: the pattern of the matrix, its numbers, the rows of the groups."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .equations import solver
from .groups import Group
from .kinds import WORDS
from .methods import STAGES
from .ordering import SOUND, SOUNDEST, order
from .system import System
from .wake import Wake, make_wake
from .words import Words


class Common(NamedTuple):
    """What the words of all runs of a system have in common; nothing writes to these arrays.

    matrices  by name: where the numbers of a part of the matrix go, and (numbers, runs or 1)
    drives    (drives, runs or 1)
    arrays    words that do not depend on the order of pivots
    """

    system: System
    matrices: dict[str, tuple[np.ndarray, np.ndarray]]
    node_entry: np.ndarray
    slope_place: np.ndarray
    drives: np.ndarray
    arrays: dict[str, np.ndarray]


class Layout:
    """The pattern of the matrix of a system, and where each of its entries is."""

    def __init__(self, system: System, typical: float):
        """`typical` (s): pivots are chosen for the matrix C + typical G. Raises Singular."""
        self.size = system.size
        self._sound = float(system.circuit.options.get("pivrel", SOUND))
        rows, columns, values = _all_entries(system, typical)
        keys, back = np.unique(rows * self.size + columns, return_inverse=True)
        summed = np.zeros(keys.size)
        np.add.at(summed, back, values)
        self._order(keys, summed, self._sound)

    def _order(self, keys: np.ndarray, values: np.ndarray, sound: float) -> None:
        self.pattern, where = order(keys // self.size, keys % self.size, values, self.size, sound)
        self._keys, self._where = keys, where
        self._common: Common | None = None
        self.rows, self.columns = np.empty(keys.size, dtype=np.int32), np.empty(keys.size, dtype=np.int32)
        self.rows[where], self.columns[where] = keys // self.size, keys % self.size

    def reordered(self, matrix: np.ndarray) -> Layout:
        """The same with other pivots, sound for a matrix in the order of `by_place`. Raises Singular."""
        found = copy.copy(self)
        found._order(self._keys, matrix, SOUNDEST)
        return found

    def by_place(self, matrix: np.ndarray) -> np.ndarray:
        """The entries of a matrix in an order that does not depend on the pivots."""
        found: np.ndarray = matrix[self._where]
        return found

    def common(self, system: System) -> Common:
        """What the words of all runs of a system have in common."""
        if self._common is None or self._common.system is not system:
            self._common = _common(system, self)
        return self._common

    def holds(self, system: System) -> bool:
        """Whether all that the matrix of a system may hold has its place."""
        if system.size != self.size:
            return False
        rows, columns, _ = _all_entries(system, 1.0)
        return bool(np.isin(rows * self.size + columns, self._keys).all())

    @property
    def entries(self) -> int:
        return int(self._keys.size)

    def places(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Where entries are; one past the last for those in ground's row or column."""
        found = np.full(rows.shape, self.entries, dtype=np.int64)
        inside = (rows < self.size) & (columns < self.size)
        found[inside] = self._where[np.searchsorted(self._keys, rows[inside] * self.size + columns[inside])]
        return found


def _all_entries(system: System, typical: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and typical values of everything that the matrix may hold; pairs repeat."""
    n = system.size
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for entries, factor in ((system.conductance, typical), (system.capacitance, 1.0), (system.resting, 0.0)):
        rows, columns, values = entries.joined()
        found.append((rows, columns, factor * values[:, 0]))
    for group in system.groups:
        rows, columns, signs = _jacobian(group)
        inside = (rows < n) & (columns < n)
        found.append((rows[inside], columns[inside], typical * signs[inside]))
    nodes = np.arange(system.unknowns.voltages)
    found.append((nodes, nodes, np.full(nodes.size, 1e-12 * typical)))
    joined = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return joined[0], joined[1], joined[2]


def _jacobian(group: Group) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and typical values of the four entries of each active slope: (4 slopes,)."""
    shape = (group.count, group.paths.shape[1], group.controls.shape[1], 2, 2)
    rows = np.broadcast_to(group.paths[:, :, None, :, None], shape)
    columns = np.broadcast_to(group.controls[:, None, :, None, :], shape)
    signs = np.broadcast_to(group.slopes[None, :, :, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]]), shape)
    return rows[group.active].reshape(-1), columns[group.active].reshape(-1), signs[group.active].reshape(-1)


def make_words(system: System, layout: Layout, run: int, transient: bool) -> Words:
    """The words of one run."""
    words, wake = Words(), make_wake(system.groups, system.size)
    _count(words, system)
    _make_room(words, system, wake)
    fill(words, system, layout, run)
    common = layout.common(system)
    levels = [s.level(transient) for s in system.sources]
    words.put(
        **common.arrays,
        DRIVE_VALUE=common.drives[:, run % common.drives.shape[1]],
        LEVEL=np.array([level[run % level.size] for level in levels], dtype=float),
        LATENT=np.full(sum(map(_latent, system.groups)), np.nan),
    )
    words.count(DRIVES_COUNT=len(common.drives), SOLVER=solver().address)
    words.put(GROUP_ROWS=_group_rows(system.groups, run, words, wake))
    return words


def fill(words: Words, system: System, layout: Layout, run: int) -> None:
    """What depends on the order of pivots."""

    def spread(name: str) -> np.ndarray:
        places, values = common.matrices[name]
        found = np.zeros(layout.entries)
        np.add.at(found, places, values[:, run % values.shape[1]])
        return found

    pattern, common = layout.pattern, layout.common(system)
    words.put(
        ROW=pattern.row,
        COLUMN=pattern.column,
        START=pattern.start,
        PLACE=pattern.place,
        LU_START=pattern.lu_start,
        LU_PLACE=pattern.lu_place,
        DIAGONAL=pattern.diagonal,
        UNKNOWN=layout.columns,
        CONDUCTANCE=spread("conductance"),
        RESTING=spread("resting"),
        CAPACITANCE=spread("capacitance"),
        NODE_ENTRY=common.node_entry,
        SLOPE_PLACE=common.slope_place,
        KEY=np.full(4, np.nan),
    )
    words.zeros(MATRIX=layout.entries + 1, LU=pattern.lu_place.size, INVERSE=system.size, PIVOTS=system.size)
    words.count(ENTRIES_COUNT=layout.entries)


def _common(system: System, layout: Layout) -> Common:
    nodes = np.arange(system.unknowns.voltages)
    entry = np.full(system.size, layout.entries)
    entry[: nodes.size] = layout.places(nodes, nodes)
    places = [layout.places(rows, columns).reshape(-1, 4) for rows, columns, _ in map(_jacobian, system.groups)]
    matrices = {}
    for name in ("conductance", "resting", "capacitance"):
        rows, columns, values = getattr(system, name).joined()
        matrices[name] = layout.places(rows, columns), values
    drive_row, drive_source, drive_value = system.drive.joined()
    by_source = np.argsort(drive_source, kind="stable")
    unknowns = np.arange(system.size)
    counted = (unknowns < system.unknowns.voltages) | np.isin(unknowns, system.capacitance.joined()[0])
    arrays = {
        "DRIVE_ROW": drive_row[by_source],
        "DRIVE_SOURCE": drive_source[by_source],
        "COUNTED": counted.astype(np.int64),
        "CHARGED": _charged(system),
        "KINDS": np.array([_loops(g) for g in system.groups], dtype=np.int64),
        "PATH": _joined([g.paths.reshape(-1, 2) for g in system.groups], 2),
        "SLOPE": _slopes(system.groups),
        **_ends(system),
    }
    return Common(system, matrices, entry, _joined(places, 4), drive_value[by_source], arrays)


def _ends(system: System) -> dict[str, np.ndarray]:
    """The ends of all paths by the row that they are at, but for ground's and for paths from a row to itself."""
    paths = _joined([g.paths.reshape(-1, 2) for g in system.groups], 2)
    numbers = np.repeat(np.arange(len(paths)), 2)
    rows, signs = paths.reshape(-1), np.tile([1.0, -1.0], len(paths))
    own = (rows < system.size) & np.repeat(paths[:, 0] != paths[:, 1], 2)
    order = np.argsort(rows[own], kind="stable")
    starts = np.searchsorted(rows[own][order], np.arange(system.size + 1))
    return {"END_START": starts.astype(np.int64), "END_PATH": numbers[own][order], "END_SIGN": signs[own][order]}


def _loops(group: Group) -> tuple[int, ...]:
    """The addresses of the loops of a group, 0 for those that there is no need to call."""
    return (*group.loops[:3], group.loops.follow if group.followed else 0)


def _charged(system: System) -> np.ndarray:
    """(unknowns,) 1 for nodes at which non-linear devices other than expressions store charge."""
    found = np.zeros(system.size + 1, dtype=np.int64)
    for group in system.groups:
        if group.stores and not group.loops.follow:
            found[group.paths] = 1
    return found[:-1]


def _joined(arrays: Sequence[np.ndarray], width: int) -> np.ndarray:
    return np.concatenate([np.zeros((0, width), np.int64), *arrays])


def _slopes(groups: Sequence[Group]) -> np.ndarray:
    """Path, controlling unknowns and place of each active derivative."""
    found, first, place = [], 0, 0
    for group in groups:
        count, paths, controls = group.count, group.paths.shape[1], group.controls.shape[1]
        shape = (count, paths, controls)
        numbers = np.broadcast_to(first + np.arange(count * paths).reshape(count, paths, 1), shape)
        ends = np.broadcast_to(group.controls[:, None], (*shape, 2))
        places = place + np.arange(count * paths * controls).reshape(shape)
        table = np.concatenate([numbers[..., None], ends, places[..., None]], -1)
        found.append(table[group.active])
        first += count * paths
        place += count * paths * controls
    return _joined(found, 4)


def _latent(group: Group) -> int:
    """How many numbers the devices of a group keep of their last evaluation in full."""
    return int(group.count * (group.controls.shape[1] + 2 * group.paths.shape[1]))


def _paths(group: Group) -> int:
    return int(group.paths.shape[0] * group.paths.shape[1])


def _count(words: Words, system: System) -> None:
    words.count(
        UNKNOWNS_COUNT=system.size,
        VOLTAGES_COUNT=system.unknowns.voltages,
        SOURCES_COUNT=len(system.sources),
        GROUPS_COUNT=len(system.groups),
        PATHS_COUNT=sum(map(_paths, system.groups)),
        SLOPES_COUNT=sum(int(g.active.sum()) for g in system.groups),
        MARGINS_COUNT=sum(g.switches for g in system.groups),
        FOLLOWED=int(any(g.followed for g in system.groups)),
        HIDDEN_COUNT=len(system.unknowns.hidden),
    )


def _make_room(words: Words, system: System, wake: Wake) -> None:
    n, row, long = system.size, system.size + 1, system.size + 1 + wake.unknowns.size
    paths = sum(map(_paths, system.groups))
    slopes = sum(_paths(g) * g.controls.shape[1] for g in system.groups)
    words.zeros(DEVICE_UNKNOWNS=row, DEVICE_TIME=1, MODE=4, AHEAD=4)
    words.zeros(FLOWS=paths, CHARGES=paths, FLOW_SLOPES=slopes, CHARGE_SLOPES=slopes)
    words.zeros(MARGINS=sum(g.switches for g in system.groups))
    words.zeros(RIGHT=row, DELTA=row, DRIVE=row, CHARGE=long, CURRENT=row, BASE=long)
    words.zeros(STAGE_Z=(STAGES, long), STAGE_SLOPE=(STAGES, long), BETWEEN_Z=row)
    words.zeros(HOLD=n, TARGET=n, SCALE=n, CHARGE_SCALE=row, RULES=16)
    words.zeros(Z=row, PAST_Z=(2, row))
    words.zeros(HELD_CHARGE=long, HELD_SLOPE=long, PAST_CHARGE=long, PAST_SLOPE=long)
    words.zeros(CLOCK=8, CONTROLS=sum(g.count * g.controls.shape[1] for g in system.groups))
    words.count(WAKE_COUNT=wake.unknowns.size)
    words.put(
        WAKE_UNKNOWN=wake.unknowns,
        WAKE_PATH=wake.paths,
        WAKE_TABLES=np.concatenate([np.zeros(0, np.int64), *(table.reshape(-1) for table in wake.tables)]),
        WEIGHT=np.ones(n),
        COUNT=np.zeros(16, np.int64),
        CURSOR=np.full(len(system.sources), -1),
        SWITCHES=np.concatenate([np.zeros(0, np.int64), *(g.states for g in system.groups)]),
    )


def _group_rows(groups: Sequence[Group], run: int, words: Words, wake: Wake) -> np.ndarray:
    """The row of each group."""

    def address(name: str, place: int) -> int:
        return int(words[name].ctypes.data) + 8 * place

    found = np.zeros((len(groups), WORDS), dtype=np.int64)
    paths = slopes = controls = state = margin = table = latent = 0
    for row, group, places in zip(found, groups, wake.tables, strict=True):
        row[:] = (
            group.count,
            group.numbers[run % group.numbers.shape[0]].ctypes.data,
            group.controls.ctypes.data,
            address("DEVICE_UNKNOWNS", 0),
            address("DEVICE_TIME", 0),
            address("FLOWS", paths),
            address("FLOW_SLOPES", slopes),
            address("CHARGES", paths),
            address("CHARGE_SLOPES", slopes),
            address("CONTROLS", controls),
            address("SWITCHES", state),
            address("MARGINS", margin),
            address("MODE", 0),
            address("AHEAD", 0),
            address("BASE", 0),
            address("WAKE_TABLES", table),
            address("LATENT", latent),
        )
        latent += _latent(group)
        table += places.size
        paths += _paths(group)
        slopes += _paths(group) * group.controls.shape[1]
        controls += group.count * group.controls.shape[1]
        state, margin = state + group.states.size, margin + group.switches
    return found
