"""Fixed points by Anderson's method."""

import numpy as np

from tdsim.analysis.secant import Secant


def solved(function, start, most=60):
    x, secant = np.array(start, dtype=float), Secant()
    for passes in range(most):
        g = function(x)
        if np.abs(g - x).max() < 1e-13:
            return x, passes
        x = secant.next(x, g)
    raise AssertionError("no fixed point was found")


def test_one_number_where_repetition_goes_astray():
    x, passes = solved(lambda x: 3 - 40 * np.sin(x), [[0.5]])
    np.testing.assert_allclose(x, 3 - 40 * np.sin(x), atol=1e-12)
    assert passes < 30


def test_a_linear_map_of_several_numbers_takes_one_pass_more_than_they_are():
    matrix = np.random.default_rng(1).normal(size=(4, 4)) * 3
    x, passes = solved(lambda x: matrix @ x + 1, np.zeros((4, 1)))
    np.testing.assert_allclose(x, np.linalg.solve(np.eye(4) - matrix, np.ones((4, 1))), atol=1e-9)
    assert passes <= 8


def test_runs_do_not_know_of_each_other():
    alone = [solved(lambda x, a=a: a * np.cos(x), [[0.3]])[0] for a in (0.5, 5.0)]
    together, _ = solved(lambda x: np.array([[0.5, 5.0]]) * np.cos(x), [[0.3, 0.3]])
    np.testing.assert_allclose(together, np.hstack(alone), atol=1e-12)
