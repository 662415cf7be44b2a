"""The adjoint of a circuit compiled to flat arrays, with what a gradient reads from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..circuit import Circuit
from .build import build
from .loops import remove_instant_loops
from .pack import Packer
from .program import Program
from .simplify import keep_only, pass_through, reach, reversed_edges, sources_of
from .states import discretise
from .system import System
from .transpose import transposed

Reading = Callable[[System, System, bool], list[str]]
"""reading(system, adjoint, first) adds waves to the adjoint of a system and names those to read."""


def compile_adjoint(
    circuit: Circuit, step: float, runs: int, seeds: Sequence[str], reading: Reading, rounded: bool
) -> tuple[Program, Program]:
    """The adjoint program, and the one for the sample at t = 0, which comes last and has the same structure.

    seeds  names of the waves that a cost depends on
    Raises UsageError when the circuit is not linear.
    """
    kept: set[int] | None = None
    found: list[Program] = []
    for first in (False, True):
        system = build(circuit, runs, step, False, rounded)
        discretise(system, step)
        if first and not any(r.states for r in system.recurrences):
            return found[0], found[0]
        adjoint = transposed(system, seeds, first)
        probes = {adjoint.index[name] for name in reading(system, adjoint, first)}
        remove_instant_loops(adjoint)
        pass_through(adjoint)
        if kept is None:
            sources = sources_of(adjoint)
            lit = reach(adjoint.external.values(), reversed_edges(sources))
            kept = (lit & reach(probes, sources)) | probes
        keep_only(adjoint, kept)
        found.append(_program(circuit, step, runs, adjoint, kept))
    return found[0], found[1]


def _program(circuit: Circuit, step: float, runs: int, system: System, kept: set[int]) -> Program:
    packer = Packer(system, kept)
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
