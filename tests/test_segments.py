"""Segments of waveforms: the same numbers as the waveform, and right on both sides of a jump."""

import numpy as np
import pytest

from tdsim.shapes import make_shape

STEP, STOP = 1e-8, 20e-6


def shapes(g):
    """Each shape with random numbers."""
    u = g.uniform
    times = np.cumsum(u(0.1e-6, 2e-6, 6))
    points = np.column_stack([times, u(-2, 2, 6)]).ravel()
    return {
        "dc": ("dc", [u(-2, 2)], {}),
        "pulse": ("pulse", [*u(-2, 2, 2), *u(0.1e-6, 0.5e-6, 4), u(2e-6, 4e-6)], {}),
        "pulse-cut": ("pulse", [*u(-2, 2, 2), 1e-6, 0.7e-6, 0.7e-6, 0.7e-6, 1.5e-6, 3], {}),
        "sin": ("sin", [*u(-2, 2, 2), u(1e5, 2e6), u(0, 5e-6), u(0, 2e5), u(0, 360)], {}),
        "exp": ("exp", [*u(-2, 2, 2), u(1e-7, 3e-6), u(1e-7, 2e-6), u(3e-6, 9e-6), u(1e-7, 2e-6)], {}),
        "pwl": ("pwl", points, {"td": u(0, 2e-6)}),
        "pwl-again": ("pwl", points, {"r": times[2]}),
        "sffm": ("sffm", [*u(-2, 2, 2), u(1e5, 2e6), u(0, 4), u(1e4, 2e5), *u(0, 360, 2)], {}),
        "am": ("am", [*u(-2, 2, 2), u(1e4, 2e5), u(1e5, 2e6), u(0, 5e-6)], {}),
        "trnoise": ("trnoise", [u(0.1, 1), u(1e-7, 1e-6), 0, 0], {"seed": 7}),
        "trrandom": ("trrandom", [2, u(1e-7, 1e-6), u(0, 2e-6), 1, u(-1, 1)], {"seed": 7}),
        "prbs": ("prbs", [*u(-2, 2, 2), u(1e-7, 1e-6), 7], {}),
    }


NAMES = list(shapes(np.random.default_rng(0)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_segments_equal_the_waveform(name, seed):
    g = np.random.default_rng(seed)
    word, numbers, keywords = shapes(g)[name]
    wave = make_shape(word, numbers, keywords).resolve(STEP, STOP)
    start, stop = np.sort(g.uniform(0, STOP, 2)) if seed else (0.0, STOP)
    found = wave.segments(start, stop)
    assert found.times[0] == start
    np.testing.assert_array_equal(found.times[1:], wave.breakpoints(start, stop))
    t = g.uniform(start, stop, 2000)
    t = t[np.abs(t[:, None] - found.times).min(axis=1) > 2 * wave.snap]
    scale = np.abs(found.terms[:, 0]).sum() if name == "am" else 4.0
    np.testing.assert_allclose(found(t), wave(t), rtol=0, atol=4e-14 * max(1, scale))


@pytest.mark.parametrize("name", NAMES)
def test_both_limits_at_every_breakpoint(name):
    word, numbers, keywords = shapes(np.random.default_rng(3))[name]
    wave = make_shape(word, numbers, keywords).resolve(STEP, STOP)
    found = wave.segments(0.0, STOP)
    for k, t in enumerate(found.times[1:]):
        left, right = (wave(np.array([t + side * 2e-4 * STEP]))[0] for side in (-1, 1))
        assert found.one(k, t) == pytest.approx(left, abs=2e-3)
        assert found(np.array([t]))[0] == pytest.approx(right, abs=2e-3)


def test_an_edge_far_shorter_than_the_print_step_keeps_its_place():
    """tstep is a print step on the electrical side: it must not round edges away."""
    wave = make_shape("pulse", [0, 1, 1e-9, 1e-12, 1e-12, 1, 10]).resolve(0.1, 5.0)
    found = wave.segments(0.0, 5.0)
    assert found(np.array([1e-9, 1.0005e-9, 1.001e-9])) == pytest.approx([0, 0.5, 1], abs=1e-4)


def test_files(tmp_path):
    path = tmp_path / "wave.csv"
    path.write_text("time,value\n0,1\n1e-6,3\n2e-6,-1\n")
    wave = make_shape("file", [str(path)]).resolve(STEP, STOP)
    assert wave.segments(0.0, STOP)(np.array([0.5e-6, 1.5e-6, 9e-6])) == pytest.approx([2, 1, -1])


def test_a_pulse_that_is_cut_ends_at_a_breakpoint():
    wave = make_shape("pulse", [0, 1, 0, 1e-6, 1e-6, 1e-6, 2e-6, 3]).resolve(STEP, STOP)
    assert wave.breakpoints(0, STOP)[-1] == pytest.approx(6e-6)
