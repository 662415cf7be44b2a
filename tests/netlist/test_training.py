"""`.train`: which parameters are marked, within which bounds, and what is wrong with a card."""

import pytest

import tdsim
from tdsim.adjoint.costs import Mean
from tdsim.trainable import trainable

MESH = """Two couplers
.param k=0.5
Xc1 in b a out coupler coupling={k}
Xc2 out u v w coupler coupling=0.4
Xw a b delay time=2p loss=1 phase=0.2
Xl in laser power=1m
.port w w
"""

CHAIN = """Chain
.subckt cell a b
Xps a b phase_shifter phase=1
.ends
.for i 0 2
Xn{i} n{i} n{i+1} cell
.endfor
Xl n0 laser
.port out n3
"""


def test_patterns_mark_parameters_with_the_bounds_of_card_and_device():
    circuit = tdsim.loads(MESH + ".train xc*.coupling xw.phase max=0.8\n.train xw.phase min=0.1 max=0.3\n")
    assert trainable(circuit) == {"xc1.coupling": (0, 0.8), "xc2.coupling": (0, 0.8), "xw.phase": (0.1, 0.3)}


def test_names_within_subcircuits_and_loops():
    circuit = tdsim.loads(CHAIN + ".train xn*.xps.phase min=0 max={2*pi}\n")
    assert list(trainable(circuit)) == ["xn0.xps.phase", "xn1.xps.phase", "xn2.xps.phase"]
    assert trainable(circuit)["xn1.xps.phase"] == pytest.approx((0, 6.283185307179586))


def test_the_gradient_is_with_respect_to_what_is_marked():
    asked = {"stop": 20e-12, "step": 0.1e-12, "save": ["p(w)"]}
    _, slopes = tdsim.gradient(tdsim.loads(MESH + ".train xc2.coupling xw.phase\n"), Mean("p(w)"), **asked)
    _, named = tdsim.gradient(tdsim.loads(MESH), Mean("p(w)"), ["xc2.coupling", "xw.phase"], **asked)
    assert list(slopes) == ["xc2.coupling", "xw.phase"]
    assert slopes.equals(named)
    with pytest.raises(tdsim.UsageError, match=r"mark parameters by \.train"):
        tdsim.gradient(tdsim.loads(MESH), Mean("p(w)"), **asked)


@pytest.mark.parametrize(
    ("card", "column", "said"),
    [
        (".train", 1, "the form is .train"),
        (".train xq.phase", 8, "no parameter matches xq.phase"),
        (".train xw.phas", 8, "did you mean 'xw.phase'"),
        (".train xw.loss", 8, "xw.loss cannot be trained; of delay these can: time, phase"),
        (".train xw.phase low=0", 17, ".train has no option 'low'"),
        (".train xw.phase min=1 max=0", 17, "min must be below max"),
        (".train xw.phase min=1 max=2", 8, "xw.phase is 0.2, outside of 1 to 2"),
        (".train xc*.coupling max=0.45", 8, "xc1.coupling is 0.5, outside of 0 to 0.45"),
    ],
)
def test_wrong_cards_are_told_where(card, column, said):
    with pytest.raises(tdsim.NetlistError) as caught:
        tdsim.loads(MESH + card + "\n")
    (error,) = caught.value.diagnostics
    assert said in error.message
    assert (error.position.line, error.position.column) == (8, column)
