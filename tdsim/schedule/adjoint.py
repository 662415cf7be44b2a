"""The adjoint of a circuit compiled to flat arrays, with what a gradient reads from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..circuit import Circuit
from .build import build
from .loops import remove_instant_loops
from .pack import Packer
from .products import Product, parts_of_adjoints, parts_of_waves, taken_apart
from .program import Program, Wanted, kept_waves
from .simplify import eliminate, keep_only, pass_through, reach, reversed_edges, sources_of
from .states import discretise
from .system import Delay, System
from .transpose import past_name, transposed


class Reading(Protocol):
    """Finds the products that a gradient is made of in the adjoint of a system, and adds what else it reads of it.

    A call returns the names of these other waves; `turned` are states whose turning counts.
    """

    turned: Sequence[str]
    products: list[Product]

    def __call__(self, system: System, adjoint: System, first: bool) -> list[str]: ...


@dataclass(frozen=True)
class Adjoint:
    """What runs backwards.

    program   the adjoint program
    first     the one for the sample at t = 0, which comes last and has the same structure
    products  what is to be summed up, of waves that it computes
    past      (wave, delay) of what enters by each external wave that is not a seed
    sums      where in the program's memory the slopes of each step back are summed, by the first wave that it makes
    forward   the circuit's own system, simplified; None if it has states, which begin in another way
    """

    program: Program
    first: Program
    products: list[Product]
    past: dict[str, tuple[str, Delay]]
    sums: dict[str, int]
    forward: System | None


def compile_adjoint(
    circuit: Circuit, step: float, runs: int, seeds: Sequence[str], count: int, reading: Reading, wanted: Wanted
) -> Adjoint:
    """The adjoint of a circuit for a run of `count` samples.

    seeds   names of the waves that a cost depends on
    wanted  what the circuit is compiled for on its way forward
    """
    adjoints: list[System] = []
    system = _discrete(circuit, step, runs, reading)
    variants = (False, True) if any(r.states for r in system.recurrences) else (False,)
    for first in variants:
        system = _discrete(circuit, step, runs, reading) if first else system
        adjoints.append(transposed(system, seeds, count, first))
        others = reading(system, adjoints[-1], first)
    past = _past(system)
    products, kept = _products(reading.products, others, system, wanted, adjoints, len(circuit.carriers))
    found = []
    for adjoint in adjoints:
        keep_only(adjoint, kept)
        packer = Packer(adjoint, kept)
        found.append(_program(circuit, step, runs, adjoint, packer))
    return Adjoint(found[0], found[-1], products, past, packer.sums, system if len(adjoints) == 1 else None)


def _discrete(circuit: Circuit, step: float, runs: int, reading: Reading) -> System:
    rounded = circuit.options.get("delay", "exact") == "round"
    system = build(circuit, runs, step, False, rounded)
    discretise(system, step, turned=[system.index[name] for name in reading.turned])
    return system


def _products(
    products: list[Product],
    others: Sequence[str],
    system: System,
    wanted: Wanted,
    adjoints: Sequence[System],
    carriers: int,
) -> tuple[list[Product], set[int]]:
    """The products of waves that are computed anyway, and the adjoint waves that are: what light reaches, and counts.

    others  names of adjoint waves to read besides
    """
    remove_instant_loops(system)
    passed, kept = pass_through(system), kept_waves(system, wanted)
    waves = parts_of_waves(system, products, kept)
    for adjoint in adjoints:
        remove_instant_loops(adjoint)
        if len(adjoints) == 1:
            eliminate(adjoint, passed - kept)
        pass_through(adjoint)
    adjoint = adjoints[0]
    sources = sources_of(adjoint)
    lit = reach(adjoint.external.values(), reversed_edges(sources))
    products = [p for p in products if adjoint.index[p.adjoint] in lit]
    backs = parts_of_adjoints(adjoints, {p.adjoint for p in products})

    def needed(names: Iterable[str], waves: Iterable[str]) -> set[int]:
        read = {adjoint.index[name] for name in names} | (lit & {adjoint.index[wave] for wave in waves})
        found = (lit & reach(read, sources)) | read
        return found | {w for b in adjoint.backsteps if b.outputs[0] in found for w in (*b.reads, *b.past)}

    parts = [wave for found in backs.values() for wave, _, _ in found]
    kept = needed(others, [*parts, *(p.adjoint for p in products if p.adjoint not in backs)])
    backs = {name: found for name, found in backs.items() if adjoint.index[name] not in kept}
    found = taken_apart(products, waves, backs, carriers)
    return [p for p in found if adjoint.index[p.adjoint] in lit], kept


def _past(system: System) -> dict[str, tuple[str, Delay]]:
    """What enters an adjoint besides seeds."""
    turning = [r for r in system.recurrences if r.turning is not None]
    read = [(wave, delay) for r in turning for wave, delay in (*((w, 1) for w in r.outputs), *r.inputs)]
    return {past_name(system.names[wave], delay): (system.names[wave], delay) for wave, delay in read}


def _program(circuit: Circuit, step: float, runs: int, system: System, packer: Packer) -> Program:
    return Program(
        step=step,
        carriers=circuit.carriers,
        runs=runs,
        names=tuple(packer.names),
        index={name: i for i, name in enumerate(packer.names)},
        tables=packer.tables,
        start=None,
        recurrences=tuple(packer.recurrences),
        emissions=(),
        modulations=tuple(packer.modulations),
        inputs={wave: packer.number[w] for wave, w in system.external.items() if w in packer.number},
        memory=packer.memory,
        islands=tuple(packer.islands),
        dropped=0,
        latency=None,
        fingerprint="",
        reversal=None,
    )
