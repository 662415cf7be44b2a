"""Trees refuse, in a sentence, what no expression means."""

import pytest

from tdsim.behaviour import Behaviour, Constant, Operation, Signal, Variable
from tdsim.errors import UsageError

X, ONE, TWO = Signal("v", ("a",)), Constant(1.0), Constant(2.0)


def test_a_tree_is_built_and_compared_by_value():
    term = Operation("choose", (Operation("gt", (X, ONE)), Operation("delay", (X, TWO, ONE)), Variable("time")))
    again = Operation("choose", (Operation("gt", (X, ONE)), Operation("delay", (X, TWO, ONE)), Variable("time")))
    assert term == again
    assert hash(term) == hash(again)
    assert str(Behaviour(term, "v(a)>1 ? delay(v(a),2,1) : time")) == "v(a)>1 ? delay(v(a),2,1) : time"


@pytest.mark.parametrize(
    ("name", "operands", "says"),
    [
        ("sine", (X,), "did you mean 'sin'"),
        ("sin", (X, X), "takes 1 argument, not 2"),
        ("add", (X,), "takes 2 arguments, not 1"),
        ("delay", (X,), "takes 2 or 3 arguments, not 1"),
        ("max", (), "takes 1 or more arguments, not 0"),
        ("pwl", (X, ONE, ONE, TWO, ONE, TWO), "no partner"),
        ("pwl", (X, TWO, ONE, ONE, ONE), "must increase, but 1 follows 2"),
        ("table", (X, ONE, X), "must be numbers"),
        ("delay", (X, X), "must be numbers"),
        ("delay", (X, Constant(0.0)), "above zero, not 0 s"),
        ("delay", (X, Constant(float("nan"))), "must be numbers"),
    ],
)
def test_what_is_wrong_is_said(name, operands, says):
    with pytest.raises(UsageError) as caught:
        Operation(name, operands)
    assert says in str(caught.value)


@pytest.mark.parametrize(("kind", "names"), [("v", ()), ("v", ("a", "b", "c")), ("i", ("a", "b")), ("p", ("a",))])
def test_signals_are_voltages_and_currents(kind, names):
    with pytest.raises(UsageError, match="is not a signal"):
        Signal(kind, names)


def test_unknown_variable():
    with pytest.raises(UsageError, match="did you mean 'time'"):
        Variable("tim")
