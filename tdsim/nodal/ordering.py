"""The order of pivots: each row matched with a column it can be solved for, and little fill."""

from __future__ import annotations

import numpy as np

from .lu import Pattern, count_fill


class Singular(Exception):
    """The matrix has no solution whatever the order of pivots."""


SOUND, SOUNDEST = 0.01, 1.0
"""How large a pivot on the diagonal must be, as part of the largest in its column: at first, and where that failed."""


def order(
    rows: np.ndarray, columns: np.ndarray, values: np.ndarray, n: int, sound: float = SOUND
) -> tuple[Pattern, np.ndarray]:
    """The pattern of a matrix of size n with these entries, and for each entry its place in the pattern.

    rows, columns  (entries,) distinct pairs;  values (entries,) numbers like those that will be factorised: they
    decide which pivots are `sound` (see SOUND).
    Raises Singular when SuperLU finds no pivots.
    """
    row_order, column_order = _pivots(rows, columns, values, n, sound)
    row_place, column_place = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    row_place[row_order], column_place[column_order] = np.arange(n), np.arange(n)
    sorting = np.lexsort((column_place[columns], row_place[rows]))
    place = column_place[columns[sorting]].astype(np.int32)
    start = np.searchsorted(row_place[rows[sorting]], np.arange(n + 1)).astype(np.int32)
    where = np.empty(rows.size, dtype=np.int64)
    where[sorting] = np.arange(rows.size)
    lu_start, diagonal = np.zeros(n + 1, dtype=np.int32), np.zeros(n, dtype=np.int32)
    room = 4 * rows.size + n
    while True:
        lu_place = np.empty(room, dtype=np.int32)
        filled = count_fill(start, place, lu_start, lu_place, diagonal)
        if filled >= 0:
            break
        room *= 2
    pattern = Pattern(row_order, column_order, start, place, lu_start, lu_place[:filled].copy(), diagonal)
    return pattern, where


def _pivots(
    rows: np.ndarray, columns: np.ndarray, values: np.ndarray, n: int, sound: float
) -> tuple[np.ndarray, np.ndarray]:
    """SuperLU's choice: minimum degree, the diagonal where it is sound."""
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import splu

    largest = np.zeros(n)
    np.maximum.at(largest, rows, np.abs(values))
    scaled = csc_matrix((values / np.where(largest > 0, largest, 1)[rows], (rows, columns)), shape=(n, n))
    try:
        found = splu(
            scaled,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=sound,
            options={"SymmetricMode": True, "Equil": False},
        )
    except RuntimeError as problem:
        raise Singular(str(problem)) from None
    row_order, column_order = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    row_order[found.perm_r] = np.arange(n)
    column_order[found.perm_c] = np.arange(n)
    return row_order, column_order
