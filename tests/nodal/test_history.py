"""Histories of delays: the order of the interpolant, both limits at breaks, and which breaks matter."""

import numpy as np
import pytest

from tdsim.nodal import history


class Line:
    def __init__(self, delay, before=0.0, capacity=256):
        self.arrays = (
            np.zeros((capacity, 2)),
            np.zeros((16, 2)),
            np.zeros(4, dtype=np.int64),
            np.array([delay, before, np.inf, 1e-7, 0.0]),
        )

    def push(self, t, value):
        history.remember(*self.arrays, t, value)

    def begin(self, t):
        history.begin_stretch(*self.arrays[1:3], t)

    def read(self, t):
        return history.read(*self.arrays, t)

    def ahead(self):
        return history.look_ahead(*self.arrays)

    def pass_breaks(self, t):
        history.pass_breaks(*self.arrays[1:], t)


def filled(function, times, delay=10.0, **more):
    line = Line(delay, **more)
    for t in times:
        line.push(t, function(t))
    return line


def test_interpolation_has_order_six():
    errors = []
    for count in (40, 80):
        line = filled(np.sin, np.linspace(0, 6, count + 1))
        line.pass_breaks(10.0)
        errors.append(max(abs(line.read(10 + s) - np.sin(s)) for s in np.linspace(0, 6, 1001)))
    assert errors[1] < 2e-8
    assert errors[0] / errors[1] > 2**5.5


def test_polynomials_of_degree_five_are_exact_on_uneven_points():
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.3, 30))
    line = filled(lambda t: t**5 - 2 * t**3 + 1, times)
    line.pass_breaks(times[0] + 10)
    for s in np.linspace(times[0], times[-1], 50):
        assert line.read(10 + s) == pytest.approx(s**5 - 2 * s**3 + 1, rel=1e-12, abs=1e-11)


def test_before_the_start():
    line = filled(np.cos, np.linspace(0, 1, 11), before=0.25)
    assert line.ahead() == 10.0
    assert line.read(3.0) == line.read(10.0) == 0.25  # at 10 s the limit from the left
    line.pass_breaks(10.0)
    assert line.read(10.0) == pytest.approx(1.0)


def test_both_limits_at_a_jump_and_no_points_from_the_other_side():
    line = Line(10.0)
    for t in np.linspace(0, 1, 9):
        line.push(t, t)
    line.begin(1.0)
    for t in np.linspace(1, 2, 9):
        line.push(t, 5 - t)
    line.pass_breaks(10.0)
    assert line.ahead() == 11.0
    assert line.read(10.99) == pytest.approx(0.99, rel=1e-13)
    assert line.read(11.0) == pytest.approx(1.0, rel=1e-13)
    line.pass_breaks(11.0)
    assert line.read(11.0) == pytest.approx(4.0, rel=1e-13)
    assert line.read(11.01) == pytest.approx(3.99, rel=1e-13)
    assert line.ahead() == np.inf


@pytest.mark.parametrize(("after", "does"), [(np.sin, False), (lambda t: np.sin(t) + 1e-3 * (t - 1), True)])
def test_only_what_is_not_smooth_is_an_echo(after, does):
    line = Line(10.0)
    for t in np.linspace(0, 1, 101):
        line.push(t, np.sin(t))
    line.begin(1.0)
    for t in np.linspace(1, 2, 101):
        line.push(t, after(t))
    line.pass_breaks(10.0)
    assert (line.ahead() == 11.0) is does


def test_a_ring_forgets_what_has_come_out_and_says_when_it_is_too_small():
    line = filled(np.sin, np.arange(0, 100, 0.1), delay=10.0)
    assert line.arrays[2][history.FULL] == 0
    line.pass_breaks(10.0)
    assert line.read(99.95) == pytest.approx(np.sin(89.95), abs=1e-8)
    assert filled(np.sin, np.arange(0, 100, 0.02), delay=10.0).arrays[2][history.FULL] == 1
