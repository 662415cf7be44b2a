"""Sparse LU with a fixed pattern: ordered once, factorised again whenever the numbers change.

Rows and columns are permuted once so that the pivots stand on the diagonal and little fills in. The numeric part goes
row by row: row i of L and U comes from row i of the matrix by subtracting multiples of the rows of U above it. It walks
through places that are known beforehand and searches for none, which does for small systems too: a flat tape
of operations, without checks of pivots, takes 0.6 to 1.3 of the time (0.1 us at 9 unknowns, where an iteration of
Newton's method takes 1 us), and a dense matrix 1.5 times the time at 9 unknowns, 20 times at 53. This is printed by
`python -m tests.benchmarks factors`.

Reference: I. S. Duff, A. M. Erisman and J. K. Reid, Direct Methods for Sparse Matrices, 2nd ed. (2017), chapters 5, 9.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.kernel import compiled
from . import words as w
from .memory import floats, integer_at, longs, shorts

Array = NDArray[Any]

WEAK = 1e-11
"""A pivot this much smaller than the rest of its row asks for another order of pivots."""

GROWTH = 1e14
"""So does a row of U with numbers so much larger than those of the matrix in its row: what it was made of is lost."""


class Pattern(NamedTuple):
    """Where the numbers of a matrix and of its factors stand, in pivot order.

    row, column  (n,) the equation and the unknown of each pivot
    start        (n + 1,) where each row begins in `place`;  place  (entries,) its columns
    lu_start, lu_place  the same for L and U in one array, columns rising;  diagonal  (n,) where the pivots are in it
    """

    row: np.ndarray
    column: np.ndarray
    start: np.ndarray
    place: np.ndarray
    lu_start: np.ndarray
    lu_place: np.ndarray
    diagonal: np.ndarray


@compiled
def count_fill(start: Array, place: Array, lu_start: Array, lu_place: Array, diagonal: Array) -> int:
    """Write the pattern of L and U; returns how many entries it has, or -1 when `lu_place` is too short."""
    n = start.size - 1
    filled = 0
    following = np.empty(n + 1, dtype=np.int64)
    for i in range(n):
        lu_start[i] = filled
        following[n] = n
        for p in range(start[i], start[i + 1]):
            insert(following, n, place[p])
        insert(following, n, i)
        k = following[n]
        while k < i:
            at = k
            for q in range(diagonal[k] + 1, lu_start[k + 1]):
                at = insert(following, at, lu_place[q])
            k = following[k]
        k = following[n]
        while k < n:
            if k == i:
                diagonal[i] = filled
            if filled >= lu_place.size:
                return -1
            lu_place[filled] = k
            filled += 1
            k = following[k]
        lu_start[i + 1] = filled
    return filled


@compiled
def insert(following: Array, after: int, k: int) -> int:
    """Put k into a rising linked list that holds something below it at `after`; returns k, from where to go on."""
    at = after
    while following[at] < k:
        at = following[at]
    if following[at] != k:
        following[k] = following[at]
        following[at] = k
    return k


@compiled
def factorise(m: int) -> int:
    """L and U of MATRIX, and one over each pivot; returns the first weak pivot, -1 if none.

    L has ones on its diagonal. A pivot of exactly 0 stops the factorisation. Weak is also one that is not above the
    option pivtol (S): the matrix is beta times conductances.
    """
    start, place = shorts(m, w.START), shorts(m, w.PLACE)
    lu_start, lu_place, diagonal = shorts(m, w.LU_START), shorts(m, w.LU_PLACE), shorts(m, w.DIAGONAL)
    matrix, lu, inverse, work = floats(m, w.MATRIX), floats(m, w.LU), floats(m, w.INVERSE), floats(m, w.PIVOTS)
    least, weak = floats(m, w.RULES)[w.PIVTOL] * floats(m, w.KEY)[1], -1
    for i in range(integer_at(m, w.UNKNOWNS_COUNT)):
        first, middle, end = lu_start[i], diagonal[i], lu_start[i + 1]
        for p in range(first, end):
            work[lu_place[p]] = 0.0
        given = 0.0
        for p in range(start[i], start[i + 1]):
            work[place[p]] = matrix[p]
            given = max(given, abs(matrix[p]))
        for p in range(first, middle):
            k = lu_place[p]
            factor = work[k]
            if factor != 0.0:
                factor *= inverse[k]
                for q in range(diagonal[k] + 1, lu_start[k + 1]):
                    work[lu_place[q]] -= factor * lu[q]
            lu[p] = factor
        largest = 0.0
        for p in range(middle, end):
            value = work[lu_place[p]]
            lu[p] = value
            largest = max(largest, abs(value))
        pivot = work[i]
        if (not abs(pivot) > max(WEAK * largest, least) or largest > GROWTH * given) and weak < 0:
            weak = i
        if pivot == 0.0 or pivot != pivot:
            return i
        inverse[i] = 1.0 / pivot
    return weak


@compiled
def substitute(m: int, solution: Any) -> None:
    """The solution (unknowns,) for the right side in RIGHT."""
    lu_start, lu_place, diagonal = shorts(m, w.LU_START), shorts(m, w.LU_PLACE), shorts(m, w.DIAGONAL)
    lu, inverse, work, right = floats(m, w.LU), floats(m, w.INVERSE), floats(m, w.PIVOTS), floats(m, w.RIGHT)
    row, column = longs(m, w.ROW), longs(m, w.COLUMN)
    n = integer_at(m, w.UNKNOWNS_COUNT)
    for i in range(n):
        total = right[row[i]]
        for p in range(lu_start[i], diagonal[i]):
            total -= lu[p] * work[lu_place[p]]
        work[i] = total
    for i in range(n - 1, -1, -1):
        total = work[i]
        for p in range(diagonal[i] + 1, lu_start[i + 1]):
            total -= lu[p] * work[lu_place[p]]
        work[i] = total * inverse[i]
        solution[column[i]] = work[i]
