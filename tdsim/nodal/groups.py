"""Non-linear devices of one kind side by side: their numbers, and the unknowns that they read and write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..circuit import Circuit, Instance
from .kinds import Kind, Loops, loops, numbers_class
from .linear import Conditions
from .unknowns import Unknowns

Start = tuple[int, int, int, int, np.ndarray]


@dataclass
class Group:
    """Instances that one compiled loop evaluates; `loops` holds its addresses.

    numbers   (runs or 1, instances, fields)
    controls  (instances, controls, 2) unknowns whose differences the devices depend on; ground is the last one
    paths     (instances, paths, 2) from which row to which row their currents and charges go
    gmin      the field that holds the conductance across junctions, -1 for none
    states    the states that its devices begin in, one after another; `switches` is how many margins they have
    stores    whether the devices store charge
    typical   (paths, controls) sizes of the derivatives (S) to choose pivots by, 0 where there is none for good
    off       (instances,) whether each is taken as off while a first guess of the operating point is made
    starts    what `ic` gives: (instance, control, end of it, unknown that it is counted from, values (runs or 1,))
    walked    which of the paths of an instance have charges that depend on the way (see `wake`)
    keep      of laws: their numbers in all runs
    number    of laws: which of those of its instance it is
    kind      what it is; none for laws
    """

    name: str
    instances: list[str]
    loops: Loops
    numbers: np.ndarray
    controls: np.ndarray
    paths: np.ndarray
    gmin: int = -1
    states: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    switches: int = 0
    stores: bool = True
    off: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    starts: Sequence[Start] = ()
    walked: tuple[int, ...] = ()
    typical: np.ndarray | None = None
    keep: Any = None
    number: int = 0
    kind: Kind | None = None

    @property
    def count(self) -> int:
        return len(self.instances)

    @property
    def followed(self) -> bool:
        """Whether the group's devices want to be asked after every step: see `laws.follow`."""
        return bool(self.loops.follow) and self.keep.is_followed

    @property
    def slopes(self) -> np.ndarray:
        """Typical sizes of the derivatives, (paths, controls)."""
        shape = (self.paths.shape[1], self.controls.shape[1])
        return np.full(shape, 1e-3) if self.typical is None else self.typical

    @property
    def active(self) -> np.ndarray:
        """(instances, paths, controls): whether a derivative matters: it is not zero for good, nor within one node."""
        paths, controls = self.paths[:, :, 0] != self.paths[:, :, 1], self.controls[:, :, 0] != self.controls[:, :, 1]
        return np.asarray((self.slopes != 0) & paths[:, :, None] & controls[:, None, :])


def make_groups(
    circuit: Circuit, instances: Sequence[Instance], unknowns: Unknowns, conditions: Conditions, runs: int
) -> list[Group]:
    """The groups of all non-linear devices of a circuit."""
    kinds: dict[Kind, list[Instance]] = {}
    for instance in instances:
        if instance.device.characteristic is not None:
            device = instance.device.variant(instance.settings)
            kinds.setdefault(Kind(device, _is_bare(instance, device, unknowns)), []).append(instance)
    return [_group(kind, members, unknowns, conditions, circuit) for kind, members in kinds.items()]


def _is_bare(instance: Instance, device: Any, unknowns: Unknowns) -> bool:
    """Whether an instance has none of the inner nodes that its device may have."""
    ends = [(name, inner.onto) for name, inner in device.inner.items()]
    return bool(ends) and all(unknowns.terminal(instance, a) == unknowns.terminal(instance, b) for a, b in ends)


def _group(
    kind: Kind, instances: list[Instance], unknowns: Unknowns, conditions: Conditions, circuit: Circuit
) -> Group:
    device: Any = kind.device
    controls, paths = [device.controls[k] for k in kind.controls], [device.paths[k] for k in kind.paths]

    def pairs(table: Sequence[tuple[str, str]]) -> np.ndarray:
        ends = [[[_end(circuit, unknowns, i, n) for n in pair] for pair in table] for i in instances]
        return np.array(ends, dtype=np.int64).reshape(len(instances), len(table), 2)

    states = [[int(i.values.get("state", "off") == "on")] * device.switches for i in instances]
    fields = numbers_class(device)._fields
    return Group(
        device.name,
        [i.name for i in instances],
        loops(kind),
        numbers_of(device, instances, conditions, float(circuit.options.get("gmin", 1e-12))),
        pairs(controls),
        pairs(paths),
        fields.index("gmin") if "gmin" in fields else -1,
        np.array(states, dtype=np.int64).reshape(-1),
        device.switches * len(instances),
        stores=not device.switches,
        typical=_typical(kind),
        walked=kind.walked,
        off=np.array([float(np.ravel(i.settings.get("off", 0.0))[0]) != 0 for i in instances], dtype=bool),
        starts=list(_starts(device, controls, instances, unknowns)),
        kind=kind,
    )


def _typical(kind: Kind) -> np.ndarray:
    """1 mS for each derivative that is not zero for good: (paths, controls)."""
    found = np.zeros((len(kind.paths), len(kind.controls)))
    for path, control in kind.derivatives:
        found[path, control] = 1e-3
    return found


def _starts(device: Any, controls: Sequence[Any], instances: Sequence[Instance], unknowns: Unknowns) -> Iterator[Start]:
    """Every end of a control at which `ic` gives the voltage."""
    for k, instance in enumerate(instances):
        for name, (node, origin) in device.starts:
            given = np.atleast_1d(np.asarray(instance.settings[name], dtype=float))
            if np.isnan(given).all():
                continue
            for j, pair in enumerate(controls):
                for end in (0, 1):
                    if pair[end] == node:
                        yield k, j, end, unknowns.terminal(instance, origin), given


def _end(circuit: Circuit, unknowns: Unknowns, instance: Instance, name: str) -> int:
    """The unknown that a name in `controls` or `paths` means; "other" is the current of the instance referred to."""
    if name == "other":
        other = circuit.instances[instance.references[0]]
        return unknowns.branches[other.name, next(iter(other.device.branches))]
    return unknowns.terminal(instance, name)


def numbers_of(device: Any, instances: list[Instance], conditions: Conditions, gmin: float) -> np.ndarray:
    """What `prepare` makes of the parameters of each instance and run: (runs or 1, instances, fields)."""
    runs = max((np.size(v) for i in instances for v in i.values.values() if isinstance(v, np.ndarray)), default=1)
    found = []
    for run in range(runs):
        row = []
        for instance in instances:
            values = {n: _of_run(v, run) for n, v in instance.settings.items()}
            numbers = device.prepare(values, conditions.ambient, conditions.nominal)
            if "gmin" in numbers._fields:
                numbers = numbers._replace(gmin=gmin)
            row.append(numbers)
        found.append(row)
    return np.array(found, dtype=float)


def _of_run(value: Any, run: int) -> Any:
    return float(value[run % value.size]) if isinstance(value, np.ndarray) and value.ndim else value
