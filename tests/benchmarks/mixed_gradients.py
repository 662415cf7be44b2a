"""Gradients of 50 random circuits of light and electronics each way: `python -m tests.benchmarks.mixed_gradients`.

At rest, through loops with a delay and through instant ones: all parameters are moved at once in a random direction,
and the difference (of fixed points, or of transients in the same steps) is told in units of the largest component.
Then what a gradient of such transients costs, in transients.
"""

from __future__ import annotations

import time
import warnings

import numpy as np

import tdsim

from ..adjoint.mixed_circuits import STEP, random_mixed
from ..adjoint.test_mixed_rest import by_one_direction as at_rest
from ..adjoint.test_mixed_rest import cost_of
from ..adjoint.test_mixed_transients import by_one_direction as in_time

CIRCUITS = 50


def worst(way: str) -> tuple[float, int]:
    """The largest error, and of which circuit."""
    errors = []
    for seed in range(CIRCUITS):
        found, expected, largest = at_rest(seed) if way == "rest" else in_time(seed, way)
        errors.append(abs(found - expected) / largest)
    return max(errors), int(np.argmax(errors))


def cost(way: str, count: int) -> tuple[float, float]:
    """Processor time (s) of a transient, and of a gradient by all parameters."""
    text, names, save = random_mixed(1, way)
    circuit, asked = tdsim.loads(text), {"stop": (count - 1) * STEP, "step": STEP, "save": save}
    times = []
    for work in (
        lambda: tdsim.transient(circuit, **asked),
        lambda: tdsim.gradient(circuit, cost_of(save), names, **asked),
    ):
        work()
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return times[0], times[1]


def main() -> None:
    warnings.simplefilter("ignore")
    for way in ("rest", "delayed", "instant"):
        error, seed = worst(way)
        print(f"{way:>8}: {CIRCUITS} circuits, largest error {error:.1e} (number {seed})", flush=True)
    for way in ("delayed", "instant"):
        for count in (1000, 10_000):
            one, other = cost(way, count)
            print(
                f"{way:>8}: {count} samples: transient {one:.2f} s, gradient {other:.2f} s ({other / one:.1f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
