"""What a component costs in circuits of all sizes: `python -m tests.benchmarks.scaling`.

Tori of 16 to 1024 nodes (64 to 4096 components), with one source and one saved output, and with a source and a saved
output at every node; then one ring with delays of 10 to 100,000 samples. The second column of costs is the memory's as
well: a thousand inputs and outputs leave the processor's cache, in a loop written by hand too (`tests.benchmarks`).
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np

import tdsim
from tdsim.analysis.request import Request
from tdsim.analysis.transient import Transient

from .circuits import CASES, STEP, Case
from .measure import Discard, prepared

NODES = (16, 64, 256, 1024)
DELAYS = (10, 100, 1000, 10_000, 100_000)


def least(transient: Transient, turns: int = 8) -> float:
    """Seconds of the fastest of several turns."""
    times = []
    for _ in range(turns):
        began = time.perf_counter()
        transient.run(Discard())
        times.append(time.perf_counter() - began)
    return min(times)


def cost(case: Case, count: int) -> float:
    """Nanoseconds a component and sample."""
    return least(prepared(case, case.samples(1, count))) / count / case.components * 1e9


def narrowed(case: Case) -> Case:
    """The same circuit with one input and one output."""
    return dataclasses.replace(case, inputs=case.inputs[:1], save=case.save[:1])


def ring(samples: int) -> float:
    """Nanoseconds a sample of a ring with a delay of so many samples, lit by noise all the time."""
    text = (
        f"Ring\nXc in b a out coupler coupling=0.2\nXw a b delay time={samples * 0.1}p loss=0.2\n"
        ".port in in\n.port out out\n"
    )
    count = 4_000_000
    rng = np.random.default_rng(0)
    light = rng.normal(size=count) + 1j * rng.normal(size=count)
    circuit = tdsim.loads(text).check()
    return (
        least(Transient(circuit, Request(STEP, (count - 1) * STEP, inputs={"in": light}, save=["e(out)"])), 3)
        / count
        * 1e9
    )


def main() -> None:
    print(f"{'torus':>8}{'components':>12}{'one in and out':>16}{'all in and out':>16}   (ns a component and sample)")
    for nodes in NODES:
        case = CASES[f"torus-{nodes}"]()
        count = max(4096, 1 << 20 >> int(np.log2(nodes)))
        print(f"{nodes:8}{case.components:12}{cost(narrowed(case), count):16.3f}{cost(case, count):16.3f}")
    print(f"{'delay':>8}{'ring':>12}   (samples; ns a sample)")
    for samples in DELAYS:
        print(f"{samples:8}{ring(samples):12.2f}")


if __name__ == "__main__":
    main()
