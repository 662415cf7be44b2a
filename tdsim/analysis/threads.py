"""Over how many threads runs are shared out."""

from __future__ import annotations

import multiprocessing
import os

from ..circuit import Circuit

WORTH = 1 << 25
"""Samples of waves, in all runs, from which on more than one thread pays."""


def thread_count(circuit: Circuit, lanes: int, work: int) -> int:
    """The option `threads`; without it as many as there are cores, where the work (samples of waves) is worth it.

    A worker of a sweep has one: the others have the other cores. The result is the same to the bit.
    """
    given = circuit.options.get("threads")
    if given is not None:
        return max(1, int(given))
    if lanes < 2 or work < WORTH or multiprocessing.parent_process() is not None:
        return 1
    return min(lanes, cores())


def cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
