"""Operating points for one set of values after another, against `fixed_point`, which begins anew each time."""

from importlib.resources import files

import numpy as np
import pytest

import tdsim
from tdsim.analysis.operating_points import OperatingPoints

NETLISTS = files("tdsim.netlists") / "neuromorphic"

LATCH = """A latch
Vx x 0 0
Gx 0 u x 0 1m
Gs 0 u y 0 2m
R1 u 0 1k
B1 y 0 v=tanh(v(u))
S1 u q y 0 at
Rq q 0 10k
.model at sw(vt=0.5 vh=0.1 ron=1 roff=1g)
.options reltol=1e-9
.op
.end
"""


def expected(circuit, params, save, guess=None):
    found = tdsim.fixed_point(circuit, step=1e-9, params=params, save=save, guess=guess)
    return {name: np.atleast_1d(found[name].values) for name in save}


def assert_alike(found, wanted, **tolerance):
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, **tolerance)


def test_they_are_those_of_fixed_point_again_and_again():
    circuit = tdsim.load(NETLISTS / "resistive.cir")
    save = ["v(o0)", "v(o1)", "v(h3)", "i(vb)"]
    points = OperatingPoints(circuit, save)
    rng = np.random.default_rng(0)
    for k in range(3):
        params = {f"vx0.{end}": rng.normal(size=4) for end in ("dc", "wave")}
        params |= {"ra0p_1.r": 1e3 * (k + 1), "rbp2_0.r": 5e3}
        assert_alike(points.find(params)[0], expected(circuit, params, save), rtol=1e-9, atol=1e-12)


def test_levels_alone_change_nothing_else():
    circuit, save = tdsim.load(NETLISTS / "hopfield.cir"), ["v(yo0)", "v(yh2)"]
    points = OperatingPoints(circuit, save)
    for level in (0.3, -0.8):
        params = {"gi0_2.gain": 1e-3, "vx1.dc": level, "vx1.wave": level, "vn0.dc": np.array([0.0, 0.1, 0.2])}
        params["vn0.wave"] = params["vn0.dc"]
        assert_alike(points.find(params)[0], expected(circuit, params, save), rtol=1e-9, atol=1e-12)


def test_runs_may_differ_in_any_parameter():
    circuit, save = tdsim.loads(LATCH), ["v(u)", "v(y)", "v(q)"]
    points = OperatingPoints(circuit, save)
    params = {"r1.r": np.array([200.0, 400.0, 600.0]), "vx.dc": np.array([1.0, -1.0, 0.5])}
    assert_alike(points.find(params)[0], expected(circuit, params, save), rtol=1e-9, atol=1e-12)
    params = {"r1.r": 300.0, "vx.dc": 1.0}
    assert_alike(points.find(params)[0], expected(circuit, params, save), rtol=1e-9, atol=1e-12)


def test_each_begins_near_what_it_is_given_and_else_from_nothing():
    circuit, save = tdsim.loads(LATCH), ["v(u)", "v(q)"]
    points = OperatingPoints(circuit, save)
    pushed, where = points.find({"vx.dc": np.array([3.0, -3.0, 3.0])})
    held, _ = points.find({"vx.dc": np.zeros(3)}, where)
    assert (np.sign(held["v(u)"]) == [1, -1, 1]).all()
    assert (np.abs(held["v(u)"]) > 0.5).all()
    assert pushed["v(q)"][0] == pytest.approx(pushed["v(u)"][0], rel=1e-3)  # the switch is on in this run alone
    assert abs(pushed["v(q)"][1]) < 1e-3


def test_wrong_use_is_a_sentence():
    with pytest.raises(tdsim.UsageError, match="with light, ask fixed_point"):
        OperatingPoints(tdsim.load(NETLISTS / "photonic_classifier.cir"), [])
    points = OperatingPoints(tdsim.loads(LATCH), ["v(u)"])
    with pytest.raises(tdsim.UsageError, match="do not agree on the number of runs: 2 and 3"):
        points.find({"r1.r": np.ones(2), "vx.dc": np.ones(3)})
    with pytest.raises(tdsim.UsageError, match=r"unknown parameter 'r9.r'"):
        points.find({"r9.r": 1.0})
    before = points.find({"vx.dc": 1.0})[0]["v(u)"]
    assert points.find({"vx.dc": 1.0})[0]["v(u)"] == before  # what was refused has left nothing behind
