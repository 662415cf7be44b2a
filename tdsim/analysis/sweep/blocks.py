"""Which runs of a sweep go side by side: fixed by the sweep alone, so that every run has the same bits in any company.

Runs of one structure are taken in the order of their numbers, so many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...cards import Transient
from ...circuit import Circuit
from ...errors import UsageError
from ...schedule.delays import ALLPASS_ORDER, SINC_TAPS, WHOLE
from ...schedule.groups import Group, fields, group_instances
from ...sweeps import Stepped
from ...units import engineering
from ..electronics import is_electronic
from ..parameters import set_parameters
from .variants import Variant, Variants, content, refuse_different, side_by_side, structure

RUNS = 32
"""Runs in a block, unless `.options block=` says otherwise: enough to fill vector instructions and caches."""

PIECE = 256
"""Runs whose delays are looked at together."""

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Block:
    """Runs that go side by side in one pass; `number` is that of the block."""

    number: int
    runs: tuple[int, ...]


def block_size(circuit: Circuit) -> int:
    """The option `block`, or RUNS. Raises UsageError when it makes no sense."""
    size = circuit.options.get("block", RUNS)
    if size != int(size) or size < 1:
        raise UsageError(f"option block is the number of runs in a block, an integer above zero, not {size:g}")
    return int(size)


def without_effect(variants: Variants) -> list[str]:
    """The swept parameters of the netlist on which nothing depends."""
    found = []
    for axis in variants.plan.axes:
        if variants.is_own(axis.name) and isinstance(axis, Stepped) and axis.count > 1:
            first, other = (variants.alone({axis.name: value}) for value in axis.values[:2])
            if content(first) == content(other):
                found.append(axis.name)
    return found


def blocks_of(variants: Variants, tell: Tell | None = None) -> list[Block]:
    """All blocks, in the order of their first runs.

    tell  called with (runs looked at, runs in all)
    Raises UsageError or NetlistError for a run that cannot be.
    """
    groups: dict[str, list[int]] = {}
    for run, key in _structures(variants, tell):
        groups.setdefault(key, []).append(run)
    circuit = variants.circuit
    alone = is_electronic(circuit) and any(a.kind not in ("tran", "settle") for a in circuit.analyses)
    size = 1 if alone else block_size(circuit)  # other analyses of electronics take one run at a time
    pieces = [tuple(runs[k : k + size]) for runs in groups.values() for k in range(0, len(runs), size)]
    return [Block(number, runs) for number, runs in enumerate(sorted(pieces))]


def _structures(variants: Variants, tell: Tell | None) -> Iterator[tuple[int, str]]:
    """Each run and its structure, delays included."""
    waiting: dict[str, list[tuple[int, Variant]]] = {}
    count, first = variants.plan.count, variants.make(0)
    place = next((axis.position for axis in variants.plan.axes if axis.position), None)
    same = structure(first.circuit) if variants.alike else None
    for run in range(count):
        variant = variants.make(run)
        refuse_different(first, variant, run, place)
        key = same or structure(variant.circuit)
        waiting.setdefault(key, []).append((run, variant))
        if len(waiting[key]) == PIECE:
            yield from _with_delays(variants.circuit, key, waiting.pop(key))
        if tell is not None:
            tell(run + 1, count)
    for key, found in waiting.items():
        yield from _with_delays(variants.circuit, key, found)


def _with_delays(nominal: Circuit, key: str, found: list[tuple[int, Variant]]) -> Iterator[tuple[int, str]]:
    """Runs go side by side only where their delays are made of the same kind of filter."""
    runs = [run for run, _ in found]
    kinds = delay_kinds(side_by_side(nominal, [variant for _, variant in found], runs), len(runs))
    for column, run in enumerate(runs):
        yield run, key + kinds[:, column].tobytes().hex()


def delay_kinds(circuit: Circuit, runs: int) -> np.ndarray:
    """(delays that differ between runs, runs): zero, whole, or the order of the filter that makes each.

    Raises UsageError for a delay that is a part of a step, and names the run.
    """
    steps = sorted({a.step for a in circuit.analyses if isinstance(a, Transient)})
    if circuit.options.get("delay", "exact") == "round" or circuit.runs is None:
        steps = []
    if not steps:
        return np.zeros((0, runs), dtype=np.int8)
    circuit, _ = set_parameters(circuit, dict(circuit.runs.params) if circuit.runs else {})
    rows = [
        _kinds(circuit, group, np.asarray(delay), step)
        for group in group_instances(circuit)
        for delay in _delays(group, circuit)
        for step in steps
        if np.ndim(delay) == 3 and np.shape(delay)[-1] > 1
    ]
    return np.concatenate(rows) if rows else np.zeros((0, runs), dtype=np.int8)


def _delays(group: Group, circuit: Circuit) -> Iterator[np.ndarray]:
    """The delays (s) of a group's lines, (instances, carriers or 1, runs or 1)."""
    if group.lines:
        p = fields(group, circuit.carriers)
        for line in group.device.lines.values():
            yield getattr(p, line.delay)


def _kinds(circuit: Circuit, group: Group, delay: np.ndarray, step: float) -> np.ndarray:
    samples = np.where(delay / step < WHOLE, 0.0, delay / step)
    short = (samples > 0) & (samples < 1 - WHOLE)
    short &= ~short.all(axis=-1, keepdims=True)  # what is too short in all runs is refused with its place, later
    if short.any() and circuit.runs is not None:
        instance, _, run = (int(k[0]) for k in np.nonzero(short))
        who, which = group.instances[instance].name, circuit.runs.named(run)
        shortest = engineering(float(samples[short].min()) * step, "s")
        raise UsageError(
            f"{who}: in {which} its delay is {samples[short][0]:.3g} of a step; a delay is zero or at least one step: "
            f"use a step of {shortest} or less"
        )
    whole = np.abs(samples - np.rint(samples)) <= WHOLE
    order = np.clip(np.rint(samples) - 1, 1, ALLPASS_ORDER)
    kinds = np.where(samples == 0, 0, np.where(whole, 1, np.where(samples < SINC_TAPS // 2 + 1, 2 + order, 100)))
    return kinds.reshape(-1, kinds.shape[-1]).astype(np.int8)
