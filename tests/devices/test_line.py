"""Laws of lines and behavioural sources: the terms that they hand to the solver."""

import pytest

from tdsim.behaviour import Behaviour, Constant, Operation, Signal
from tdsim.devices.behavioural import Behavioural
from tdsim.devices.line import LosslessLine

X = Signal("v", ("x",))


def laws(kind, ambient=27.0, **values):
    return kind.laws({**{k: p.default for k, p in kind.params.items()}, **values}, ambient)


def test_a_line_is_two_sources_of_the_wave_that_left_the_other_end():
    first, second = laws(LosslessLine, z0=75.0, td=2e-9)
    assert (first.positive, first.negative, first.branch) == ("p1", "n1", "i1")
    assert (second.positive, second.negative, second.branch) == ("p2", "n2", "i2")
    own, arriving = first.term.operands
    assert own == Operation("mul", (Constant(75.0), Signal("i", ("i1",))))
    leaving, delay = arriving.operands
    assert delay == Constant(2e-9)
    assert leaving.operands[0] == Signal("v", ("p2", "n2"))


def test_initial_waves_of_a_line():
    values = {"z0": 50.0, "td": 1e-9}
    assert LosslessLine.histories({**values, "ic": ()}) == (0.0, 0.0)
    assert LosslessLine.histories({**values, "ic": (1.0, 0.01, 2.0, -0.02)}) == (2 - 1.0, 1 + 0.5)
    assert "four numbers" in LosslessLine.validate({**values, "ic": (1.0,)})


def test_a_behavioural_source_is_of_voltage_or_of_current():
    both = {k: p.default for k, p in Behavioural.params.items()}
    assert "one expression" in Behavioural.validate(both)
    assert list(Behavioural.variant({**both, "v": Behaviour(X)}).branches) == ["current"]
    assert list(Behavioural.variant({**both, "i": Behaviour(X)}).branches) == []
    assert laws(Behavioural, v=Behaviour(X))[0].branch == "current"


@pytest.mark.parametrize(
    ("values", "ambient", "factor"),
    [
        ({"v": Behaviour(X), "tc1": 1e-2}, 37.0, 1.1),
        ({"i": Behaviour(X), "tc1": 1e-2, "tc2": 1e-3, "m": 2.0}, 37.0, 2.4),
        ({"i": Behaviour(X), "tc1": 1e-2, "reciproctc": 1.0}, 52.0, 0.8),
        ({"i": Behaviour(X), "tc1": 1e-2, "dtemp": 5.0}, 27.0, 1.05),
        ({"i": Behaviour(X), "tc1": 1e-2, "temp": 47.0}, 27.0, 1.2),
        ({"v": Behaviour(X), "m": 3.0}, 27.0, None),
    ],
)
def test_temperature_and_multiplicity(values, ambient, factor):
    (law,) = laws(Behavioural, ambient, **values)
    if factor is None:
        assert law.term == X
    else:
        assert law.term.operands[0].value == pytest.approx(factor)
