"""Time branches of one settled state: the cost of many of them next to that of a quarter as many.

python -m tests.benchmarks branches            64 and 256 branches
python -m tests.benchmarks branches --most 1024
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

import tdsim
from tests.delay_loop import LOOP

FILTER = """A filter with a diode
.model d1 d is=1e-14 cjo=2p
V1 a 0 1
R1 a b 1k
C1 b 0 10p
D1 b 0 d1
.save v(b)
.end
"""


def _network() -> tdsim.Circuit:
    return tdsim.load(files("tdsim.netlists") / "neuromorphic" / "kerr_network.cir")


CASES: dict[str, tuple[Callable[[], Any], str, float, float, float, float, float]] = {
    "kerr_network": (_network, "xnudge3.field", 0.0, 1e-4, 1e-12, 20e-9, 1e-9),
    "loop": (lambda: tdsim.loads(LOOP.replace("time=20n", "time=2n")), "eamp.gain", 1.2, 0.01, 20e-12, 2e-6, 20e-9),
    "filter": (lambda: tdsim.loads(FILTER), "r1.r", 1e3, 10.0, 1e-9, 10e-6, 1e-6),
}
"""Circuit, what differs between branches and by how much, the step, the time to settle in, that of a branch (s)."""

TURNS = 3


def cost(name: str, count: int) -> float:
    """The seconds that so many branches of a settled state take, the state not included: the best of some turns."""
    make, parameter, nominal, spread, step, tmax, stretch = CASES[name]
    circuit = make()
    _, state = tdsim.settle(circuit, tmax=tmax, step=step, return_state=True)
    values = nominal + spread * np.linspace(-1, 1, count)
    best = np.inf
    for _ in range(TURNS):
        began = time.perf_counter()
        tdsim.transient(circuit, stop=state.time + stretch, step=step, state=state, params={parameter: values})
        best = min(best, time.perf_counter() - began)
    return best


def main(arguments: Sequence[str]) -> int:
    first = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks branches", description=first)
    parser.add_argument("--most", type=int, default=256)
    chosen = parser.parse_args(arguments)
    few = max(1, chosen.most // 4)
    for name in CASES:
        one, many = cost(name, few), cost(name, chosen.most)
        print(f"{name:12} {few} branches {one:.3f} s, {chosen.most} branches {many:.3f} s: {many / one:.2f} times")
    return 0
