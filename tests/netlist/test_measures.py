"""`.meas`: the cards and what they come to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tdsim.analysis.measure import evaluate_all

T = np.linspace(0.0, 4.0, 401)
SIGNALS = {
    "p(tri)": np.interp(T, [0, 1, 2, 3, 4], [0, 1, 0, 1, 0]),
    "p(ramp)": 2 * T,
    "e(out)": np.exp(1j * T),
    "p(runs)": np.stack([T, 2 * T]),
}


NETS = "xt tri nc1 waveguide\nxr ramp nc2 waveguide\nxo out nc3 waveguide\nxn runs nc4 waveguide\n"


def measured(read, card: str, warnings: list[str] | None = None):
    circuit = read(f"{NETS}.param g=2\n{card}\n")
    sink = [] if warnings is None else warnings
    return evaluate_all(circuit.measures, T, SIGNALS.__getitem__, sink.append)


@pytest.mark.parametrize(
    ("card", "value"),
    [
        ("avg p(tri)", 0.5), ("avg p(ramp) from=1 to={1+g/2}", 3.0), ("rms p(tri)", math.sqrt(1 / 3)),
        ("min p(ramp) from=0.503", 1.006), ("max p(ramp) to=1", 2.0), ("pp p(tri)", 1.0), ("integ p(ramp)", 16.0),
        ("max_at p(tri) to=1.5", 1.0), ("min_at p(tri) from=0.5 to=3.5", 2.0),
        ("find p(ramp) at=1.234", 2.468), ("find p(ramp) when p(tri)=0.5 fall=1", 3.0),
        ("find p(ramp) when p(tri)=0.5 cross=3", 5.0), ("when p(tri)=0.25 rise=2", 2.25),
        ("when p(tri)=0.25 fall=last", 3.75), ("when p(tri)=0.5 td=1", 1.5), ("when p(tri)=p(ramp) fall=1", 0.0),
        ("deriv p(ramp) at=1.5", 2.0), ("deriv p(tri) when p(tri)=0.505 fall=1", -1.0),
        ("trig p(tri) val=0.5 rise=1 targ p(tri) val=0.5 fall=2", 3.0), ("trig at=1 targ p(tri) val=0.5 rise=2", 1.5),
    ],
)  # fmt: skip
def test_values(read, card: str, value: float) -> None:
    assert measured(read, f".meas tran m {card}")["m"] == pytest.approx(value)


def test_runs_are_measured_one_by_one(read) -> None:
    assert measured(read, ".meas tran m max p(runs)")["m"] == pytest.approx([4, 8])


def test_envelopes_can_be_looked_up(read) -> None:
    assert measured(read, ".meas tran m find e(out) at=1")["m"] == pytest.approx(np.exp(1j))


def test_expressions_of_measures_come_last(read) -> None:
    values = measured(read, ".meas tran q param='a/b+g'\n.meas tran a max p(ramp)\n.meas tran b avg p(tri)")
    assert list(values) == ["q", "a", "b"]
    assert values["q"] == pytest.approx(18)


def test_expressions_of_runs(read) -> None:
    values = measured(read, ".meas tran a max p(runs)\n.meas tran q param='2*a'")
    assert values["q"] == pytest.approx([8, 16])


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("when p(tri)=2", "has 0 such crossings"), ("when p(tri)=0.5 rise=3", "rise 3 was asked for"),
        ("find p(tri) at=9", "not in the run"), ("max e(out)", "needs a real signal"),
        ("avg p(tri) from=5 to=6", "window"), ("param='1/0'", "division by zero"),
    ],
)  # fmt: skip
def test_a_measure_without_a_value_is_nan_and_a_warning(read, card: str, reason: str) -> None:
    warnings: list[str] = []
    assert math.isnan(measured(read, f".meas tran m {card}", warnings)["m"])
    assert len(warnings) == 1
    assert reason in warnings[0]
    assert "m has no value" in warnings[0]


def test_measures_name_their_signals(read) -> None:
    (measure,) = read(f"{NETS}.meas tran d trig p(tri) val=1 targ p(out) val=2\n").measures
    assert measure.signals() == ("p(tri)", "p(out)")


def test_unknown_names_are_found_before_the_run(errors) -> None:
    first, second, third = errors(
        f"{NETS}.param g=2\n.meas tran a max p(rmap)\n.meas tran b when p(tri)=p(xq.o1)\n"
        ".meas tran c param='a + bb*g*pi'\n"
    )
    assert "unknown signal p(rmap); did you mean 'ramp'" in first.message
    assert first.position.column == 18
    assert "unknown signal p(xq.o1)" in second.message
    assert second.position.column == 26
    assert "unknown measure or parameter 'bb'; did you mean 'b'" in third.message
    assert third.position.column == 25


@pytest.mark.parametrize(
    ("card", "column"),
    [
        (".meas tran", 11), (".meas tran m", 13), (".meas tran m avg", 17), (".meas tran m avg p(a) from", 27),
        (".meas tran m avg p(a) form=1", 23), (".meas tran m find p(a)", 23), (".meas tran m when p(a)", 23),
        (".meas tran m when p(a)=1 rise=0", 31), (".meas tran m param=1+1", 20), (".meas tran m param='1+'", 22),
        (".meas sp m avg p(a)", 7), (".meas tran m trig at=1", 23), (".meas tran m avg q(a)", 18),
    ],
)  # fmt: skip
def test_bad_cards(errors, card: str, column: int) -> None:
    (error,) = errors(card + "\n")
    assert error.position.column == column, error
