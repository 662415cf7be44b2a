"""Circuits whose equations have no unique solution are found in the netlist, and named, before anything is solved.

A loop of voltage sources fixes one voltage twice. Nodes that no current can leave have no voltage of their own: where
only capacitors lead to them, their charge at rest is taken as 0; where nothing does, one of them is taken as ground;
and where a source sends a current into them there is no solution. At rest inductors are wires: loops of nothing else
start without a current, loops with a voltage source have no solution.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ..errors import SimulationError
from .groups import Group
from .linear import Kin, answers
from .system import System, shunts
from .unknowns import electrodes

TIE = 1e-9
"""The conductance (S) that ties an island to ground; no current flows through it."""

WEAKEST = 1e-12
"""The largest conductance (S), or 1000 times the largest resistance (ohm), that stands for a capacitance or inductance
where nothing else decides what is at rest."""


@dataclass
class Edges:
    """Pairs of nodes (ground is the last one), and the instance behind each."""

    first: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, first: Iterable[int], second: Iterable[int], names: Iterable[str]) -> None:
        self.first += map(int, first)
        self.second += map(int, second)
        self.names += names


@dataclass
class Structure:
    """What joins the nodes of a circuit.

    conducting  resistors and the like, junctions, branches;  storing  capacitors
    fixed, wound  branches that keep a voltage: sources, and inductors at rest
    feeding  for each instance that sends a current from somewhere to somewhere: its nodes
    """

    conducting: Edges = field(default_factory=Edges)
    storing: Edges = field(default_factory=Edges)
    fixed: Edges = field(default_factory=Edges)
    wound: Edges = field(default_factory=Edges)
    wound_rows: dict[str, int] = field(default_factory=dict)
    feeding: dict[str, set[int]] = field(default_factory=dict)


def examine(system: System, at_rest: bool, held: Iterable[int] = ()) -> list[str]:
    """Refuse a circuit without a solution; mend what has too many, and say so.

    at_rest  whether an operating point will be sought;  held  nodes that `.ic` holds in it
    Returns sentences for the user. Raises SimulationError that names the instances or nodes.
    """
    structure = _structure(system)
    _check_loops(structure)
    if at_rest:
        _check_windings(system, structure)
    said = _check_islands(system, structure)
    if at_rest:
        said += _check_rest(system, structure, held)
    return said


# -- loops ----------------------------------------------------------------------------------------------------------


class _Forest:
    """Branches without a loop, and the way between two nodes along them."""

    def __init__(self) -> None:
        self._next: dict[int, list[tuple[int, str]]] = {}

    def join(self, a: int, b: int, name: str) -> list[str]:
        """Add a branch; the names of those that it closes a loop with, itself last, if it does."""
        way = self._way(a, b)
        if way is not None:
            return [*way, name]
        self._next.setdefault(a, []).append((b, name))
        self._next.setdefault(b, []).append((a, name))
        return []

    def _way(self, a: int, b: int) -> list[str] | None:
        came: dict[int, tuple[int, str]] = {a: (a, "")}
        waiting = [a]
        while waiting:
            node = waiting.pop()
            if node == b:
                names = []
                while node != a:
                    node, name = came[node]
                    names.append(name)
                return names[::-1]
            for other, name in self._next.get(node, ()):
                if other not in came:
                    came[other] = (node, name)
                    waiting.append(other)
        return None


def _check_loops(structure: Structure) -> None:
    forest = _Forest()
    edges = structure.fixed
    for a, b, name in zip(edges.first, edges.second, edges.names, strict=True):
        loop = forest.join(a, b, name)
        if loop:
            raise SimulationError(
                f"voltage loop: {', '.join(loop)}: each of them fixes a voltage, and together they fix one twice; put "
                "a resistance in series with one",
                loop,
            )


def _check_windings(system: System, structure: Structure) -> None:
    forest = _Forest()
    for edges in (structure.fixed, structure.wound):
        for a, b, name in zip(edges.first, edges.second, edges.names, strict=True):
            loop = forest.join(a, b, name)
            if not loop:
                continue
            if any(n not in structure.wound_rows for n in loop):
                raise SimulationError(
                    f"voltage loop: {', '.join(loop)}: inductors are wires at rest, and a source across them has no "
                    "operating point; put a resistance in series, or start with uic",
                    loop,
                )
            _weaken(system, np.array([structure.wound_rows[n] for n in loop]), -1e-3 * WEAKEST)


def _weaken(system: System, rows: np.ndarray, largest: float) -> bool:
    """At rest, let capacitances or inductances in these rows act as conductances or resistances of their ratio.

    Returns whether there are any.
    """
    at_rows, columns, values = system.capacitance.joined()
    chosen = np.isin(at_rows, rows)
    if chosen.any():
        factor = largest / np.abs(values[chosen]).max()
        if largest < 0:
            values = -values
        system.resting.add(at_rows[chosen], columns[chosen], factor * values[chosen], system.size)
    return bool(chosen.any())


# -- nodes without a voltage of their own -----------------------------------------------------------------------------


def _components(count: int, edges: Iterable[Edges], tied: Iterable[int] = ()) -> np.ndarray:
    """The number of the component of each node, ground last."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    every = list(edges)
    tied = list(tied)
    first = np.array([*(n for e in every for n in e.first), *tied], dtype=np.int64)
    second = np.array([*(n for e in every for n in e.second), *([count] * len(tied))], dtype=np.int64)
    matrix = coo_array((np.ones(first.size), (first, second)), shape=(count + 1, count + 1))
    found: np.ndarray = connected_components(matrix, directed=False)[1]
    return found


def _floating(system: System, labels: np.ndarray) -> Iterator[np.ndarray]:
    """The nodes of each component that does not hold ground."""
    order = np.argsort(labels[:-1], kind="stable")
    cuts = np.flatnonzero(np.diff(labels[:-1][order])) + 1
    for nodes in np.split(order, cuts):
        if nodes.size and labels[nodes[0]] != labels[-1]:
            yield nodes


def _check_islands(system: System, structure: Structure) -> list[str]:
    """Nodes that nothing joins to ground, not even capacitors."""
    labels = _components(system.unknowns.voltages, (structure.conducting, structure.storing))
    said = []
    for nodes in _floating(system, labels):
        feeding = _feeding(structure, nodes)
        if feeding:
            raise SimulationError(
                f"the current of {', '.join(feeding[:6])} has nowhere to go: nothing but current sources leads to "
                f"{_listed(system, nodes)}; add a resistor or a capacitor to ground there",
                feeding,
            )
        node = nodes[:1]
        system.conductance.add(node, node, np.full((1, 1), TIE), system.size)
        said.append(f"nothing joins {_listed(system, nodes)} to ground: {_name(system, node[0])} is taken as 0 V")
        structure.conducting.add(node, [system.unknowns.voltages], ["ground"])
    return said


def _check_rest(system: System, structure: Structure, held: Iterable[int]) -> list[str]:
    """Nodes that only capacitors join to ground."""
    labels = _components(system.unknowns.voltages, (structure.conducting,), held)
    said = []
    for nodes in _floating(system, labels):
        feeding = [n for n in _feeding(structure, nodes) if _is_on(system, n)]
        if feeding:
            raise SimulationError(
                f"no DC path to ground: {_listed(system, nodes)}: the current of {', '.join(feeding[:6])} only charges "
                "capacitors, so that there is no operating point; add a resistor to ground, or start with uic",
                feeding,
            )
        if _weaken(system, nodes, WEAKEST):
            said.append(f"no DC path to ground: {_listed(system, nodes)}: at rest the charge there is taken as 0")
            continue
        node = nodes[:1]
        system.resting.add(node, node, np.full((1, 1), TIE), system.size)
        said.append(
            f"no DC path to ground: {_listed(system, nodes)}: at rest {_name(system, node[0])} is taken as 0 V, as "
            "nothing but gates of transistors is there"
        )
    return said


def _is_on(system: System, name: str) -> bool:
    """Whether an instance that feeds a current does so at rest: an independent source may be 0."""
    for source in system.sources:
        if source.instance.name == name:
            return bool((source.level(False) != 0).any())
    return True


def _feeding(structure: Structure, nodes: np.ndarray) -> list[str]:
    """The instances that send a current into the nodes from without, or out of them."""
    inside = set(nodes.tolist())
    return [name for name, ends in structure.feeding.items() if ends & inside and ends - inside]


def _listed(system: System, nodes: np.ndarray) -> str:
    names = [_name(system, node) for node in nodes[:6]]
    text = ", ".join(names) + (f" and {nodes.size - 6} more" if nodes.size > 6 else "")
    return f"node {text}" if nodes.size == 1 else f"nodes {text}"


def _name(system: System, node: int) -> str:
    return system.unknowns.names()[node][2:-1]


# -- what joins what --------------------------------------------------------------------------------------------------


def _structure(system: System) -> Structure:
    found = Structure()
    for kin in system.kins:
        if kin.device.characteristic is None and kin.device.laws is None:
            _add_linear(system, kin, found)
    for group in system.groups:
        _add_group(system, group, found)
    conductance, capacitance = shunts(system.circuit.options)
    nodes = range(system.unknowns.voltages)
    for value, edges in ((conductance, found.conducting), (capacitance, found.storing)):
        if value > 0:
            edges.add(nodes, [len(nodes)] * len(nodes), ["shunt"] * len(nodes))
    return found


def _add_linear(system: System, kin: Kin, found: Structure) -> None:
    names = [i.name for i in kin.instances]
    nodes = len(electrodes(kin.device)) + len(kin.device.inner)
    ends = np.minimum(kin.columns[:, :nodes], system.unknowns.voltages)
    conduct = {(row, k): (values != 0).any(axis=1) for row, k, values in answers(kin, "conduct")}
    store = {(row, k): (values != 0).any(axis=1) for row, k, values in answers(kin, "store")}
    feeds, driven = np.zeros((len(names), nodes), dtype=bool), kin.device.drive is not None
    if kin.device.drive is not None:
        for row, value in enumerate(kin.device.drive(kin.p)[:nodes]):
            feeds[:, row] = (
                (np.asarray(value, dtype=float) != 0)
                .reshape(-1, np.shape(value)[-1] if np.ndim(value) else 1)
                .any(axis=1)
            )
    for (row, k), where in conduct.items():
        if row < nodes and k < nodes:
            back = conduct.get((k, row), np.zeros_like(where))
            _join(found.conducting, ends[:, row], ends[:, k], names, where & back)
            feeds[:, row] |= where & ~back
        elif row < nodes and k >= nodes + len(kin.device.branches):
            feeds[:, row] |= where
    for (row, k), where in store.items():
        if row < nodes and k < nodes:
            _join(found.storing, ends[:, row], ends[:, k], names, where)
    for branch in range(nodes, nodes + len(kin.device.branches)):
        _add_branch(kin, branch, ends, conduct, store, found)
    for index in np.flatnonzero(feeds.any(axis=1)):
        around = set(ends[index].tolist())
        into = set(ends[index, feeds[index]].tolist())
        if around == into and not driven:  # its own voltage controls it: a resistor in disguise
            found.conducting.add(ends[index, :1], ends[index, 1:2], [names[index]])
        else:
            found.feeding[names[index]] = into


def _add_branch(
    kin: Kin,
    branch: int,
    ends: np.ndarray,
    conduct: dict[tuple[int, int], np.ndarray],
    store: dict[tuple[int, int], np.ndarray],
    found: Structure,
) -> None:
    """The branch of each instance: it conducts, and may keep a voltage."""
    entered = [row for row, k in conduct if k == branch and row < ends.shape[1]][:2]
    if len(entered) != 2:
        return
    names = [i.name for i in kin.instances]
    a, b = ends[:, entered[0]], ends[:, entered[1]]
    found.conducting.add(a, b, names)
    if (branch, branch) in store:
        found.wound.add(a, b, names)
        found.wound_rows |= dict(zip(names, kin.rows[:, branch].tolist(), strict=True))
    elif (branch, branch) not in conduct:
        found.fixed.add(a, b, names)


def _join(edges: Edges, a: np.ndarray, b: np.ndarray, names: list[str], where: np.ndarray) -> None:
    chosen = np.flatnonzero(where & (a != b))
    edges.add(a[chosen], b[chosen], [names[k] for k in chosen])


def _add_group(system: System, group: Group, found: Structure) -> None:
    """Non-linear devices conduct along their paths; a law of a voltage may keep it."""
    voltages, ground = system.unknowns.voltages, system.size
    paths = np.where(group.paths == ground, voltages, group.paths)
    for k in range(paths.shape[1]):
        inside = (paths[:, k] <= voltages).all(axis=1)
        chosen = np.flatnonzero(inside)
        edges = found.storing if k in group.walked else found.conducting
        edges.add(paths[chosen, k, 0], paths[chosen, k, 1], [group.instances[i] for i in chosen])
    is_law = bool(group.loops.follow)
    if is_law and paths.shape[1] > 1 and voltages <= group.paths[0, 1, 0] < voltages + len(system.unknowns.branches):
        own = group.controls[0, :, 0] == group.controls[0, -1, 0]
        if group.typical is not None and not (group.typical[1, own] != 0).any():
            found.fixed.add(paths[:, 0, 0], paths[:, 0, 1], group.instances)
