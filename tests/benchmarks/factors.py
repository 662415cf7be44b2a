"""Time the factorisation of small circuits as it is done, next to a flat tape of operations and to a dense matrix.

python -m tests.benchmarks factors                     a rectifier, rings, a ladder and a grid of diodes
python -m tests.benchmarks factors ring-11
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tdsim
from tdsim.cards import Transient
from tdsim.engine.kernel import compiled
from tdsim.netlist import loads
from tdsim.nodal.equations import evaluate_devices_of, factorise_for
from tdsim.nodal.lu import factorise, substitute
from tdsim.nodal.memory import floats
from tdsim.nodal.words import DELTA

from ..nodal.circuits import integrator
from .decks import DECKS

NAMES = ("bridge", "ring-11", "ring-51", "ladder-100", "diodes-10")
HEADER = (
    f"{'deck':11} {'unknowns':>8} {'entries':>8} {'factorise, us':^26} {'solve, us':^17} {'iteration':>9}\n"
    f"{'':11} {'':8} {'of LU':>8} {'rows':>8} {'tape':>8} {'dense':>8} {'rows':>8} {'dense':>8} {'us':>9}"
)
NOTES = """rows: what tdsim does, row by row through a known pattern, with the checks of pivots and their growth.
tape: the same operations as a list of places, without any check. dense: no pattern, no pivoting, no check.
iteration: time of a whole transient by its iterations of Newton's method, each of which has one solution and at most
one factorisation."""
MANY = 2000


def tape_of(words: Any) -> tuple[np.ndarray, ...]:
    """Where numbers of the matrix go; for each entry of L its place, its pivot and where its products begin; these."""
    start, place, lu_place = words["START"], words["PLACE"], words["LU_PLACE"]
    lu_start, diagonal = words["LU_START"], words["DIAGONAL"]
    first, lower, products = [], [], []
    for i in range(diagonal.size):
        at = {int(column): p for p, column in enumerate(lu_place[lu_start[i] : lu_start[i + 1]], int(lu_start[i]))}
        first += [at[int(column)] for column in place[start[i] : start[i + 1]]]
        for p in range(lu_start[i], diagonal[i]):
            k = int(lu_place[p])
            lower.append((p, k, len(products)))
            products += [(at[int(lu_place[q])], q) for q in range(diagonal[k] + 1, lu_start[k + 1])]
        lower.append((-1, i, len(products)))
    lower.append((0, 0, len(products)))
    return (
        np.array(first, dtype=np.int32),
        np.array(lower, dtype=np.int32),
        np.array(products, dtype=np.int32).reshape(-1, 2),
        diagonal,
    )


@compiled
def by_tape(first: Any, lower: Any, products: Any, diagonal: Any, matrix: Any, lu: Any, inverse: Any) -> None:
    """L and U by a list of operations."""
    lu[:] = 0.0
    for j in range(first.size):
        lu[first[j]] = matrix[j]
    for j in range(len(lower) - 1):
        p, k = lower[j, 0], lower[j, 1]
        if p < 0:
            inverse[k] = 1.0 / lu[diagonal[k]]
            continue
        factor = lu[p] * inverse[k]
        lu[p] = factor
        for q in range(lower[j, 2], lower[j + 1, 2]):
            lu[products[q, 0]] -= factor * lu[products[q, 1]]


@compiled
def dense_factors(matrix: Any, lu: Any, inverse: Any) -> None:
    """L and U of a dense matrix."""
    n = len(matrix)
    lu[:] = matrix
    for k in range(n):
        inverse[k] = 1.0 / lu[k, k]
        for i in range(k + 1, n):
            factor = lu[i, k] * inverse[k]
            lu[i, k] = factor
            for j in range(k + 1, n):
                lu[i, j] -= factor * lu[k, j]


@compiled
def dense_solution(lu: Any, inverse: Any, right: Any, found: Any) -> None:
    """The solution by dense factors."""
    n = len(lu)
    for i in range(n):
        total = right[i]
        for j in range(i):
            total -= lu[i, j] * found[j]
        found[i] = total
    for i in range(n - 1, -1, -1):
        total = found[i]
        for j in range(i + 1, n):
            total -= lu[i, j] * found[j]
        found[i] = total * inverse[i]


@compiled
def repeat_rows(m: int, count: int) -> None:
    for _ in range(count):
        factorise(m)


@compiled
def repeat_solutions(m: int, count: int) -> None:
    for _ in range(count):
        substitute(m, floats(m, DELTA))


@compiled
def repeat_tape(tape: Any, matrix: Any, lu: Any, inverse: Any, count: int) -> None:
    for _ in range(count):
        by_tape(tape[0], tape[1], tape[2], tape[3], matrix, lu, inverse)


@compiled
def repeat_dense(matrix: Any, lu: Any, inverse: Any, count: int) -> None:
    for _ in range(count):
        dense_factors(matrix, lu, inverse)


@compiled
def repeat_dense_solutions(lu: Any, inverse: Any, right: Any, found: Any, count: int) -> None:
    for _ in range(count):
        dense_solution(lu, inverse, right, found)


def microseconds(function: Callable[..., None], *arguments: Any) -> float:
    """The least processor time of one call of many, of several turns."""
    count = MANY
    function(*arguments, 1)
    found = []
    for _ in range(9):
        began = time.process_time()
        function(*arguments, count)
        found.append(time.process_time() - began)
    return min(found) / count * 1e6


def row(name: str) -> str:
    """One line of the table."""
    deck = DECKS[name]()
    circuit = loads(deck.text)
    card = next(card for card in circuit.analyses if isinstance(card, Transient))
    run = integrator(circuit, card.step, card.stop)
    words, n = run.words, run.words["DIAGONAL"].size
    evaluate_devices_of(words.address)
    assert factorise_for(words.address, 1.0, card.step / 4)
    matrix, lu, inverse = words["MATRIX"][:-1].copy(), np.zeros(words["LU"].size), np.zeros(n)
    tape = tape_of(words)
    by_tape(*tape, matrix, lu, inverse)
    np.testing.assert_allclose(lu, words["LU"], rtol=1e-9, atol=1e-12 * np.abs(lu).max())
    square, room = np.zeros((n, n)), np.zeros((n, n))
    rows = np.repeat(np.arange(n), np.diff(words["START"]))
    square[rows, words["PLACE"]] = matrix
    dense_factors(square, room, inverse)
    right, found = np.ones(n), np.zeros(n)
    times = [
        microseconds(repeat_rows, words.address),
        microseconds(repeat_tape, tape, matrix, lu, inverse),
        microseconds(repeat_dense, square, room, inverse),
        microseconds(repeat_solutions, words.address),
        microseconds(repeat_dense_solutions, room, inverse, right, found),
    ]
    whole = []
    for _ in range(4):
        began = time.thread_time()
        result = tdsim.simulate(circuit, deck.analysis)
        whole.append((time.thread_time() - began) / result.attrs["iterations"] * 1e6)
    cells = " ".join(f"{t:8.3f}" for t in times)
    return f"{name:11} {n:8} {words['LU'].size:8} {cells} {min(whole):9.2f}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks factors", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="DECK", help=f"a transient; {', '.join(NAMES)} by default")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(DECKS))
    if unknown:
        parser.error(f"unknown deck {', '.join(unknown)}; there are {', '.join(DECKS)}")
    print(HEADER)
    for name in chosen.names or NAMES:
        print(row(name), flush=True)
    print(NOTES)
    return 0
