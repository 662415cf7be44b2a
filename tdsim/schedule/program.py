"""The circuit compiled to flat arrays: what the engine runs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..circuit import Circuit
from .build import build
from .groups import Group
from .islands import Island
from .latency import latency
from .loops import remove_instant_loops
from .mirror import Reversal, number_mirror, plan_mirror
from .pack import Modulation, Packer, Tables
from .simplify import keep_only, pass_through, reach, reversed_edges, sources_of
from .states import discretise
from .system import Recurrence, System, longest


@dataclass(frozen=True)
class Emission:
    """Waves that are filled from outside the engine: `waves[k]` by the k-th port of a source instance."""

    group: Group
    instance: int
    waves: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """What a circuit becomes for one analysis.

    names      of the waves, "instance.port" and the like; what a State is keyed by
    start      tables whose coefficients hold for the sample at t = 0 only, or None when they are the same
    recurrences  with the numbers of the program's waves, to set initial values
    memory     numbers of all-pass memory a lane
    islands    for reports: the waves of each island and its window
    reversal   how its State runs backwards; only in a complete program
    latency    samples in which a change of a device in `Wanted.followed` reaches a wave in `detected`; None: never
    """

    step: float
    carriers: tuple[float, ...]
    runs: int
    names: tuple[str, ...]
    index: dict[str, int]
    tables: Tables
    start: Tables | None
    recurrences: tuple[Recurrence, ...]
    emissions: tuple[Emission, ...]
    modulations: tuple[Modulation, ...]
    inputs: dict[str, int]
    memory: int
    islands: tuple[Island, ...]
    dropped: int
    latency: int | None
    fingerprint: str
    reversal: Reversal | None

    @property
    def waves(self) -> int:
        return len(self.names)

    @property
    def lanes(self) -> int:
        return len(self.carriers) * self.runs


class Wanted(NamedTuple):
    """What a program is compiled for.

    probes    names of waves to keep
    inputs    external ports that something enters by
    initial   states with a nonzero initial value
    complete  keep all that a continued run could need (a State is taken or given)
    mutable   parameters may change while it runs
    detected  names of waves that electronics detect
    followed  instances whose optics follow electronics
    remembered  names of kept waves and how many of their samples a State holds at least
    """

    probes: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    initial: tuple[str, ...] = ()
    complete: bool = False
    mutable: bool = False
    detected: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    remembered: tuple[tuple[str, int], ...] = ()


def compile_circuit(
    circuit: Circuit, step: float, runs: int, wanted: Wanted, rounded: bool = False, prepared: System | None = None
) -> Program:
    """Compile a circuit for samples `step` seconds apart and `runs` runs side by side.

    prepared  its system of waves, where that has been simplified already; it is used up
    Raises SimulationError when a delay does not fit the step or a loop has no solution.
    """
    system = prepared or _prepared(circuit, step, runs, wanted, rounded, starting=False)
    total = len(system.names)
    mirror = plan_mirror(circuit, system) if wanted.complete else None
    depth = mirror.depth if mirror else {}
    kept = kept_waves(system, wanted, depth)
    depth = depth | {system.index[name]: samples for name, samples in wanted.remembered}
    keep_only(system, kept)
    returning = _latency(system, wanted)
    packer = Packer(system, kept, depth)
    tables = packer.tables
    start = None
    if any(r.states for r in system.recurrences):
        first = _prepared(circuit, step, runs, wanted, rounded, starting=True)
        keep_only(first, kept)
        start = Packer(first, kept, depth).tables
    emissions = _emissions(system, packer.number)
    return Program(
        step=step,
        carriers=circuit.carriers,
        runs=runs,
        names=tuple(packer.names),
        index={name: i for i, name in enumerate(packer.names)},
        tables=tables,
        start=start,
        recurrences=tuple(packer.recurrences),
        emissions=emissions,
        modulations=tuple(packer.modulations),
        inputs={port: packer.number[w] for port, w in system.external.items() if w in packer.number},
        memory=packer.memory,
        islands=tuple(packer.islands),
        dropped=total - len(packer.names),
        latency=returning,
        fingerprint=_fingerprint(packer.names, tables),
        reversal=number_mirror(mirror, system, packer.number, tables.depth, len(circuit.carriers)) if mirror else None,
    )


def _prepared(circuit: Circuit, step: float, runs: int, wanted: Wanted, rounded: bool, starting: bool) -> System:
    system = build(circuit, runs, step, wanted.mutable, rounded)
    discretise(system, step, starting)
    remove_instant_loops(system)
    pass_through(system)
    return system


def kept_waves(system: System, wanted: Wanted, mirrored: Collection[int] = ()) -> set[int]:
    """The waves that light can reach and that something needs, those that a reversal exchanges among them."""
    sources = sources_of(system)
    probes = {system.index[name] for name in (*wanted.probes, *wanted.detected)}
    if wanted.mutable:
        everything = {*system.rows, *sources, *_remembered(system), *mirrored, *system.external.values()}
        return reach(everything, sources)
    if wanted.complete:
        return reach({*probes, *_remembered(system), *mirrored}, sources)
    lit = lit_waves(system, wanted)
    needed = reach(probes, sources)
    return (lit & needed) | probes


def _latency(system: System, wanted: Wanted) -> int | None:
    """How many samples pass until what electronics do to light is back at the electronics."""
    made = (driven for driven in system.driven if driven.group.instances[0].name in wanted.followed)
    starts = {wave for driven in made for wave, _ in driven.joins.values()}
    return latency(system, starts, (system.index[name] for name in wanted.detected))


def lit_waves(system: System, wanted: Wanted) -> set[int]:
    """The waves that light can reach."""
    starts = set(system.emitters) | {system.external[port] for port in wanted.inputs}
    for carried in system.recurrences:
        if any(system.names[s] in wanted.initial for s in carried.states):
            starts |= set(carried.outputs)
    return reach(starts, reversed_edges(sources_of(system)))


def _remembered(system: System) -> set[int]:
    """All waves whose past the future depends on."""
    found = {s for row in system.rows.values() for s, d in row if longest(d) > 0}
    for filtered in system.allpasses:
        found |= {filtered.output, filtered.source}
    found |= {conjugate.source for conjugate in system.conjugations}
    for carried in system.recurrences:
        found |= {*carried.outputs, *carried.states, *(s for s, _ in carried.inputs)}
    return found | set(system.emitters)


def _emissions(system: System, number: dict[int, int]) -> tuple[Emission, ...]:
    """The source instances whose waves are in the program."""
    found = {}
    for wave, (group, instance) in system.emitters.items():
        ports = group.device.adds or group.ports
        first = wave - ports.index(system.names[wave].rsplit(".", 1)[1].rstrip("+"))
        found[first] = Emission(group, instance, tuple(number.get(first + k, -1) for k in range(len(ports))))
    return tuple(found.values())


def _fingerprint(names: Sequence[str], tables: Tables) -> str:
    """A digest of the program's structure: equal for programs that can continue each other's states."""
    digest = hashlib.sha256("\n".join(names).encode())
    digest.update(tables.depth.tobytes())
    return digest.hexdigest()[:16]
