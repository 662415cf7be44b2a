"""Time tdsim next to hand-written compiled loops of the same circuits.

python -m tests.benchmarks                        all circuits, 1, 8 and 64 runs
python -m tests.benchmarks torus-64 ring --runs 1 8
python -m tests.benchmarks --quick                few samples, rough figures
python -m tests.benchmarks kills                  kill 50 runs at random instants and resume them
python -m tests.benchmarks branches               the cost of 256 branches of a state next to that of 64
python -m tests.benchmarks cluster                200 runs on a dask cluster that loses a worker
python -m tests.benchmarks sidebyside             runs of electrical circuits side by side next to one
python -m tests.benchmarks learning               circuits that learn: exactness of gradients, accuracies
python -m tests.benchmarks echo                   a lattice of Kerr resonators that learns by echoes
python -m tests.benchmarks factors                factorisations of small circuits in three ways
python -m tests.benchmarks ngspice                run ordinary decks in ngspice and here, in turn
python -m tests.benchmarks reservoir              NARMA10 by delay reservoirs, bits that differ by the swirl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import branches, cluster, echo, factors, kills, learning, ngspice, reservoir, sidebyside
from .circuits import CASES
from .measure import Timing, measure
from .start import peak_memory, start_time

HEADER = (
    f"{'circuit':12} {'comp.':>5} {'runs':>4} {'samples':>8} {'tdsim':>10} {'loop':>10} {'tdsim':>8} {'loop':>8} "
    f"{'ratio':>6} {'compile':>8} {'memory':>7}\n"
    f"{'':12} {'':5} {'':4} {'':8} {'us/sample':>10} {'us/sample':>10} {'ns/comp':>8} {'ns/comp':>8} "
    f"{'':6} {'s':>8} {'MB':>7}"
)
NOTES = """us/sample: one sample of the whole circuit in all runs, from dark to end; ns/comp: per component and run.
ratio: tdsim to the hand-written loop, timed in turn in this process, the best turn of each. compile: circuit to
program, once a transient. memory: the most a fresh process takes, interpreter, libraries and inputs included."""


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(CASES)}; all by default")
    parser.add_argument("--runs", type=int, nargs="+", default=[1, 8, 64], help="how many runs side by side")
    parser.add_argument("--quick", action="store_true", help="few samples, short timings, no memory")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(CASES))
    if unknown:
        parser.error(f"unknown circuit {', '.join(unknown)}; there are {', '.join(CASES)}")
    if min(chosen.runs) < 1:
        parser.error("there is at least one run")
    return chosen


def row(name: str, timing: Timing, memory: float | None) -> str:
    """One line of the table."""
    each = 1e9 / (timing.case.components * timing.runs)
    return (
        f"{name:12} {timing.case.components:5} {timing.runs:4} {timing.count:8} "
        f"{timing.tdsim * 1e6:10.4f} {timing.loop * 1e6:10.4f} {timing.tdsim * each:8.3f} {timing.loop * each:8.3f} "
        f"{timing.ratio:6.2f} {timing.compiling:8.3f} {'-' if memory is None else f'{memory:.0f}':>7}"
    )


def main(arguments: Sequence[str]) -> int:
    others = {
        "kills": kills.main,
        "ngspice": ngspice.main,
        "branches": branches.main,
        "cluster": cluster.main,
        "sidebyside": sidebyside.main,
        "learning": learning.main,
        "echo": echo.main,
        "factors": factors.main,
        "reservoir": reservoir.main,
    }
    if arguments and arguments[0] in others:
        return others[arguments[0]](arguments[1:])
    chosen = parsed(arguments)
    numbers, seconds = (1 << 17, 0.05) if chosen.quick else (1 << 20, 0.4)
    print(HEADER)
    for name in chosen.names or CASES:
        case = CASES[name]()
        for runs in chosen.runs:
            timing = measure(case, runs, numbers, seconds)
            memory = None if chosen.quick else peak_memory(name, runs, numbers)
            print(row(name, timing, memory), flush=True)
    print(NOTES)
    version, run = start_time(1 if chosen.quick else 3)
    print(f"fresh process: tdsim --version {version:.2f} s, tdsim run ring.cir {run:.2f} s (compiled code cached)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
