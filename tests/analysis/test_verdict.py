"""The words for what does not settle, on signals made for them."""

import numpy as np
import pytest

from tdsim.analysis.verdict import find_period, judge

T = np.arange(20_000)


@pytest.mark.parametrize("period", [7.3, 61.87, 500.1, 3333.3])
def test_period_of_a_sine(period):
    assert find_period(np.sin(2 * np.pi * T / period)) == pytest.approx(period, rel=1e-3)


def test_period_of_a_pattern_whose_turns_alternate():
    x = np.sin(2 * np.pi * T / 100) + 0.15 * np.sin(np.pi * T / 100)
    assert find_period(x) == pytest.approx(200, rel=1e-3)


def test_period_of_a_square_wave():
    assert find_period(np.sign(np.sin(2 * np.pi * (T + 0.5) / 124.0))) == pytest.approx(124, rel=1e-3)


@pytest.mark.parametrize(
    ("signal", "word"),
    [
        (np.sin(T / 50), "oscillates"),
        (np.sin(T / 50) * np.exp(-T / 1e5), "too slow"),
        (np.sin(T / 50) * np.exp(T / 1e5), "drifts"),
        (2 - np.exp(-T / 1e4), "too slow"),
        (3.0 * T, "drifts"),
        (np.exp(T / 1e4), "drifts"),
        (np.random.default_rng(1).normal(size=T.size), "irregular"),
    ],
)
def test_words(signal, word):
    still = np.ones(T.size)
    assert judge(np.stack([still, signal]), 1.0).word == word


def test_chaos_is_irregular():
    x = [0.3]
    for _ in range(T.size):
        x.append(3.9 * x[-1] * (1 - x[-1]))
    assert judge(np.array([x]), 1.0).word == "irregular"
