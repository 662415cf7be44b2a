"""Time many runs of an electrical circuit side by side next to one run, and next to each run alone.

python -m tests.benchmarks sidebyside                  64 runs of diode grids and of a network of neurons
python -m tests.benchmarks sidebyside --runs 16
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

import tdsim
from tdsim.netlist import loads
from tdsim.nodal import block

from .decks import diode_grid

HEADER = f"{'circuit':12} {'runs':>4} {'one, ms':>9} {'alone, ms':>9} {'together':>9} {'one to':>8} {'alone to':>9}"
NOTES = """Processor time of whole transients, the least of the turns. one: a single run; alone: a run of those that go
one after the other; together: a run of those that go in blocks of eight. The last two columns are ratios to that."""


def neurons(count: int = 72, inputs: int = 8, seed: int = 3) -> str:
    """Neurons of one resistor, one capacitor and one source each, joined at random to others and to an input."""
    random = np.random.default_rng(seed)
    cards = ["neurons", "vin in 0 1", "rs in 0 1k"]
    for k in range(count):
        others, weights = random.choice(count, inputs, replace=False), random.normal(size=inputs) * 0.3
        terms = "".join(f"{weight:+.6f}*tanh(2*v(n{other}))" for other, weight in zip(others, weights, strict=True))
        cards += [f"c{k} n{k} 0 1n", f"r{k} n{k} 0 1k", f"b{k} 0 n{k} i=1m*({random.normal():.4f}*v(in){terms})"]
    return "\n".join([*cards, ".tran 20n 5u", ".save v(n0) v(n1)", ".end", ""])


CASES: dict[str, tuple[Callable[[], str], str, float]] = {
    "diodes-10": (lambda: diode_grid(10).text, "rs.r", 50.0),
    "diodes-20": (lambda: diode_grid(20).text, "rs.r", 50.0),
    "neurons-72": (neurons, "r0.r", 1e3),
}


def seconds(text: str, parameter: str, values: np.ndarray, fewest: int, turns: int) -> float:
    """The least processor time of some turns, a run; at least so many runs go together."""
    circuit, before = loads(text), block.FEWEST
    card, found = circuit.analyses[0], []
    block.FEWEST = fewest
    try:
        for _ in range(turns):
            began = time.process_time()
            tdsim.transient(circuit, step=card.step, stop=card.stop, params={parameter: values})
            found.append(time.process_time() - began)
    finally:
        block.FEWEST = before
    return min(found) / values.size


def row(name: str, runs: int, turns: int) -> str:
    """One line of the table."""
    make, parameter, middle = CASES[name]
    text, values = make(), middle * np.linspace(0.9, 1.1, runs)
    seconds(text, parameter, values[:8], 3, 1)  # compiled before anything is timed
    one = seconds(text, parameter, values[:1], 3, 3 * turns)
    alone, together = (seconds(text, parameter, values, fewest, turns) for fewest in (runs + 1, 3))
    return (
        f"{name:12} {runs:4} {one * 1e3:9.2f} {alone * 1e3:9.2f} {together * 1e3:9.2f} "
        f"{one / together:8.2f} {alone / together:9.2f}"
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks sidebyside", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="CIRCUIT", help=f"one of {', '.join(CASES)}; all by default")
    parser.add_argument("--runs", type=int, default=64, help="how many")
    parser.add_argument("--turns", type=int, default=2, help="how often each is done")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(CASES))
    if unknown:
        parser.error(f"unknown circuit {', '.join(unknown)}; there are {', '.join(CASES)}")
    print(HEADER)
    for name in chosen.names or CASES:
        print(row(name, chosen.runs, chosen.turns), flush=True)
    print(NOTES)
    return 0
