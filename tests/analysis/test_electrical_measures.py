"""`.meas` of sweeps, small signals and operating points: values and units."""

import math

import pytest

import tdsim
from tdsim.netlist import loads

DIVIDER = "t\nv1 1 0 dc 1 ac 2\nr1 1 2 1k\nr2 2 0 1k\n"


def measured(text: str):
    return tdsim.simulate(loads(text))


def test_sweep():
    result = measured(DIVIDER + ".dc v1 0 1 0.1\n.meas dc a find v(2) at=0.45\n.meas dc b when v(2)=0.31\n"
                      ".meas dc c integ v(2)\n.meas dc d deriv v(2) at=0.5\n")  # fmt: skip
    assert [float(result[n]) for n in "abcd"] == pytest.approx([0.225, 0.62, 0.25, 0.5])
    assert [result[n].attrs["units"] for n in "abcd"] == ["V", "V", "V V", "V/V"]


def test_sweep_that_falls():
    result = measured(DIVIDER + ".dc v1 1 0 -0.1\n.meas dc a find v(2) at=0.45\n.meas dc b when v(2)=0.31\n")
    assert [float(result[n]) for n in "ab"] == pytest.approx([0.225, 0.62])


def test_nested_sweep_is_measured_line_by_line():
    result = measured(DIVIDER + ".dc v1 0 1 0.1 r2 1k 3k 2k\n.meas dc a find v(2) at=1\n")
    assert result["a"].values == pytest.approx([0.5, 0.75])
    assert result["a"].dims == ("r2",)


def test_small_signal():
    text = "t\nv1 1 0 dc 0 ac 1\nr1 1 2 1k\nc1 2 0 1u\n.ac dec 100 1 10k\n"
    result = measured(
        text + ".meas ac f3 when vdb(2)=-3.0103\n.meas ac ph find vp(2) at=159.155\n.meas ac top max vm(2)\n"
    )
    assert float(result["f3"]) == pytest.approx(159.155, rel=1e-4)
    assert float(result["ph"]) == pytest.approx(-math.pi / 4, abs=1e-4)
    assert float(result["top"]) == pytest.approx(1, abs=1e-4)
    assert [result[n].attrs["units"] for n in ("f3", "ph", "top")] == ["Hz", "rad", "V"]


def test_operating_point():
    result = measured(DIVIDER + ".op\n.meas op a find v(2)\n.meas op b find i(v1)\n.meas op c param='a*b'\n")
    assert [float(result[n]) for n in "abc"] == pytest.approx([0.5, -0.5e-3, -0.25e-3])


def test_a_place_that_is_not_in_the_sweep_is_said(recwarn):
    result = measured(DIVIDER + ".dc v1 0 1 0.1\n.meas dc a find v(2) at=1.5\n")
    assert math.isnan(float(result["a"]))
    assert "measure a has no value: 1.5 is not in the run, 0 to 1" in str(recwarn[0].message)
