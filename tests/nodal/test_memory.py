"""Tuples to and from memory."""

import numba
import numpy as np
import pytest

from tdsim.nodal.memory import (
    add_products,
    all_within,
    filled,
    kept,
    kept_entries,
    minus,
    put_tuple,
    put_used,
    tuple_at,
)


def test_tuples_of_tuples_are_written_one_number_after_another():
    @numba.njit
    def write(address):
        put_tuple(address, 1, ((1.0, 2.0), (3.0, 4.0)))
        put_tuple(address, 5, (5.0, 6))

    room = np.zeros(8)
    write(room.ctypes.data)
    np.testing.assert_array_equal(room, [0, 1, 2, 3, 4, 5, 6, 0])


def test_differences_of_tuples():
    @numba.njit
    def found(address):
        return minus((5.0, 7.0), tuple_at((0.0, 0.0), address, 1))

    assert found(np.array([1.0, 2.0, 3.0]).ctypes.data) == (3.0, 4.0)


@pytest.mark.parametrize(
    ("values", "bound", "within"),
    [
        ((1.0, -1.0), 1.0, True),
        ((1.0, -1.1), 1.0, False),
        ((0.0, 0.0), 0.0, True),
        ((0.0, np.nan), 1.0, False),
        ((np.nan, 0.0), 1.0, False),
        ((0.0, 0.0), -1.0, False),
    ],
)
def test_numbers_within_a_bound(values, bound, within):
    assert numba.njit(lambda v, b: all_within(v, b))(values, bound) == within


def test_products_with_a_matrix_are_added():
    @numba.njit
    def add(target, matrix):
        add_products(target, 1, matrix, 2, (10.0, 100.0, 1000.0), (0.0, 0.0), (0.0, 0.0, 0.0, 0.0, None, 0.0))

    target, matrix = np.array([0.0, 1.0, 2.0]), np.arange(8.0)
    add(target.ctypes.data, matrix.ctypes.data)
    np.testing.assert_array_equal(target, [0, 1 + 20 + 300 + 4000, 2 + 50 + 7000])


def test_what_is_left_out_of_tuples():
    gaps, rows = (0.0, None, 0.0), (None, 0.0)

    @numba.njit
    def found(address):
        put_used(address, 0, ((1.0, 2.0), (3.0, 4.0)), (0.0, None, None, 0.0))
        return (
            filled((1.0, 2.0), gaps),
            kept((1.0, (2.0, 3.0), 4.0), gaps),
            kept_entries(((1.0,) * 3, (2, 3.0, 4.0)), rows, gaps),
        )

    room = np.zeros(4)
    assert found(room.ctypes.data) == ((1.0, 0.0, 2.0), (1.0, 4.0), ((2.0, 4.0),))
    np.testing.assert_array_equal(room, [1, 0, 0, 4])
