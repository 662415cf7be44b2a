"""What `tdsim check` says about a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...circuit import Circuit
from ...sweeps import MonteCarlo, Stepped
from ..cost import Cost
from ..request import seed_of
from .blocks import block_size, blocks_of, without_effect
from .sweep import plan_of, seeded
from .variants import Variants


def sweep_report(circuit: Circuit, costs: Sequence[Cost]) -> Iterator[str]:
    """Runs, blocks and what they cost; `costs` are those of one run of each transient.

    Raises UsageError or NetlistError for a run that cannot be.
    """
    circuit = seeded(circuit)
    plan = plan_of(circuit)
    yield f"sweep: {plan.count} run{'s' if plan.count > 1 else ''}"
    for axis in plan.axes:
        yield f"  {'drawn' if isinstance(axis, MonteCarlo) else axis.name:14}{_described(axis, seed_of(circuit))}"
    variants = Variants(circuit, plan, seed_of(circuit))
    blocks = blocks_of(variants)
    yield f"  blocks        {len(blocks)} of up to {block_size(circuit)} runs side by side"
    if costs:
        largest = max(len(b.runs) for b in blocks)
        each = [cost.of_runs(plan.count, largest) for cost in costs]
        total = Cost(sum(c.seconds for c in each), max(c.memory for c in each), sum(c.results for c in each))
        yield f"  estimate      {total}, for each worker"
    for name in without_effect(variants):
        yield f"  warning       nothing depends on {name}: runs that differ in it alone are the same"


def _described(axis: Stepped | MonteCarlo, seed: int) -> str:
    if isinstance(axis, MonteCarlo):
        return f"{axis.runs} times, seed {seed}"
    values = " ".join(f"{v:g}" for v in axis.values[:6])
    return values if axis.count <= 6 else f"{axis.count} values from {axis.values[0]:g} to {axis.values[-1]:g}"
