"""The adjoint of a circuit compiled to flat arrays, with what a gradient reads from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..circuit import Circuit
from .build import build
from .loops import remove_instant_loops
from .pack import Packer
from .program import Program
from .simplify import keep_only, pass_through, reach, reversed_edges, sources_of
from .states import discretise
from .system import Delay, System
from .transpose import past_name, transposed


class Reading(Protocol):
    """Adds waves to the adjoint of a system and names those to read; `turned` are states whose turning counts."""

    turned: Sequence[str]

    def __call__(self, system: System, adjoint: System, first: bool) -> list[str]: ...


@dataclass(frozen=True)
class Adjoint:
    """What runs backwards.

    program  the adjoint program
    first    the one for the sample at t = 0, which comes last and has the same structure
    past     (wave, delay) of what enters by each external wave that is not a seed
    sums     where in the program's memory the slopes of each step back are summed, by the first wave that it makes
    """

    program: Program
    first: Program
    past: dict[str, tuple[str, Delay]]
    sums: dict[str, int]


def compile_adjoint(
    circuit: Circuit, step: float, runs: int, seeds: Sequence[str], count: int, reading: Reading, rounded: bool
) -> Adjoint:
    """The adjoint of a circuit for a run of `count` samples.

    seeds  names of the waves that a cost depends on
    """
    kept: set[int] | None = None
    found: list[Program] = []
    past: dict[str, tuple[str, Delay]] = {}
    sums: dict[str, int] = {}
    for first in (False, True):
        system = build(circuit, runs, step, False, rounded)
        discretise(system, step, turned=[system.index[name] for name in reading.turned])
        if first and not any(r.states for r in system.recurrences):
            return Adjoint(found[0], found[0], past, sums)
        adjoint = transposed(system, seeds, count, first)
        probes = {adjoint.index[name] for name in reading(system, adjoint, first)}
        remove_instant_loops(adjoint)
        pass_through(adjoint)
        if kept is None:
            sources = sources_of(adjoint)
            lit = reach(adjoint.external.values(), reversed_edges(sources))
            kept = (lit & reach(probes, sources)) | probes
            kept |= {w for b in adjoint.backsteps if b.outputs[0] in kept for w in (*b.reads, *b.past)}
            past = _past(system)
        keep_only(adjoint, kept)
        packer = Packer(adjoint, kept)
        sums = packer.sums
        found.append(_program(circuit, step, runs, adjoint, packer))
    return Adjoint(found[0], found[1], past, sums)


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
