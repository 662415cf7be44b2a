"""What gradients cost, in time and memory: `python -m tests.benchmarks.gradients`.

The torus of 16 nodes, differentiated by the 32 phases of its links and the 32 couplings of its couplers. Time is that
of a gradient next to that of a transient with the same inputs and outputs, in turn; processor time, so that what else
runs on the machine counts for little. Memory is the most that Python and its arrays take at once, inputs set aside.
Then the same of electronics.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import tdsim
from tdsim.adjoint.costs import SquaredError

from .circuits import CASES, STEP
from .decks import DECKS

WRT = ["w*.phase", "x*.coupling", "t*.coupling"]
CASES_TIMED = ((64, 500, True), (1, 1000, False), (1, 10_000, False), (1, 100_000, False), (1, 1_000_000, False))
"""Runs, samples, and whether light enters and is seen at all nodes, or at one."""

ELECTRONIC = {
    "ladder-100": (["r*.r", "c*.c"], 1e-8, 1e-11),
    "mesh-30": (["rh*.r"], 1e-7, 2e-10),
    "diodes-10": (["rh*.r", "c*.c", "rs.r"], 2e-7, 0.5e-9),
    "bridge": (["rl.r", "c1.c", "d1.area"], 0.1, 1e-4),
    "ring-11": (["c*.c", "mn*.w"], 1e-8, 1e-11),
}
"""Decks, what they are differentiated by, how long they run, and the step of the grid (s)."""


def asked(runs: int, count: int, everywhere: bool) -> dict[str, Any]:
    """The arguments of a transient of the torus."""
    case = CASES["torus-16"]()
    ports = len(case.inputs) if everywhere else 1
    samples = case.samples(runs, min(count, 10_000))
    samples = np.concatenate([samples] * -(-count // samples.shape[-1]), axis=-1)[..., :count]
    inputs = {name: samples[k] if runs > 1 else samples[k, 0] for k, name in enumerate(case.inputs[:ports])}
    return {"inputs": inputs, "save": list(case.save[:ports]), "step": STEP, "stop": (count - 1) * STEP}


def least_time(work: Callable[[], Any], turns: int = 3) -> float:
    """Processor time (s), the least of several turns."""
    times = []
    for _ in range(turns):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def peak(work: Callable[[], Any]) -> float:
    """The most that is allocated while it works, MB."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def compare(circuit: tdsim.Circuit, wrt: list[str], arguments: dict[str, Any]) -> str:
    """Milliseconds of a transient and of a gradient, their ratio, and the memory of the gradient."""
    cost = SquaredError(dict.fromkeys(arguments["save"], 0.1))

    def gradient() -> Any:
        return tdsim.gradient(circuit, cost, wrt, **arguments)

    gradient()
    one, other = least_time(lambda: tdsim.transient(circuit, **arguments)), least_time(gradient)
    return f"{one * 1e3:11.1f}{other * 1e3:10.1f}{other / one:7.1f}{peak(gradient):9.1f}"


def main() -> None:
    circuit = CASES["torus-16"]().circuit
    circuit.options["threads"] = 1
    print(f"{'runs':>5}{'samples':>9}{'transient':>11}{'gradient':>10}{'ratio':>7}{'memory':>9}   (ms, ms, -, MB)")
    for runs, count, everywhere in CASES_TIMED:
        print(f"{runs:5}{count:9}{compare(circuit, WRT, asked(runs, count, everywhere))}", flush=True)
    for name, (wrt, stop, step) in ELECTRONIC.items():
        deck = DECKS[name]()
        arguments = {"stop": stop, "step": step, "save": list(deck.signals)}
        print(f"{name:>14}{compare(tdsim.loads(deck.text), wrt, arguments)}", flush=True)


if __name__ == "__main__":
    main()
