"""The interpreter: ngspice's values, exact derivatives, pieces; compiled and in Python alike."""

import math

import numpy as np
import pytest

from tdsim.behaviour import Constant, Operation, Signal, Variable
from tdsim.behaviour.code import JUMPS, KINKS, NUMBER, encode
from tdsim.behaviour.tree import OPERATIONS
from tdsim.errors import UsageError
from tdsim.nodal import interpreter

X, Y, Z = (Signal("v", (name,)) for name in "xyz")
POINTS = tuple(Constant(c) for c in (-1.0, 2.0, 0.0, 1.0, 0.5, -3.0, 2.0, 4.0))


def op(name, *operands):
    return Operation(name, tuple(Constant(o) if isinstance(o, int | float) else o for o in operands))


class Machine:
    """An expression ready to run, compiled or in plain Python."""

    def __init__(self, root, plain=False):
        self.code = encode(root)
        self.w = np.zeros(self.code.places)
        self.first = self.code.inputs + len(self.code.constants)
        self.w[self.code.inputs : self.first] = self.code.constants
        self.pieces = np.zeros(len(self.code.steps), dtype=np.int64)
        self.plain = plain

    def call(self, name, *more):
        function = getattr(interpreter, name)
        return (function.py_func if self.plain else function)(self.code.steps, self.code.points, self.first, *more)

    def value(self, *inputs, held=False, strict=True, output=0):
        self.w[: len(inputs)] = inputs
        self.call("forward", self.w, self.pieces, held, strict)
        return self.w[self.code.outputs[output]]

    def excess(self):
        return self.call("excess", self.w, self.pieces)

    def gradient(self, output=0):
        found = np.zeros(self.code.inputs)
        self.call("backward", self.w, self.code.outputs[output], np.zeros_like(self.w), found)
        return found


def value(root, *inputs):
    return Machine(root).value(*inputs)


@pytest.mark.parametrize(
    ("root", "inputs", "expected"),
    [
        (op("power", X, 3), (-2.0,), 8.0),
        (op("power", X, 2.5), (-2.0,), 2**2.5),
        (op("power", X, -1), (0.0,), 1e32),
        (op("pwr", X, 3), (-2.0,), -8.0),
        (op("neg", op("power", X, 2)), (-2.0,), -4.0),
        (op("u", X), (0.0,), 0.5),
        (op("u", X), (0.3,), 1.0),
        (op("u2", X), (0.3,), 0.3),
        (op("u2", X), (1.3,), 1.0),
        (op("uramp", X), (-0.3,), 0.0),
        (op("log", X), (0.3,), math.log(0.3)),
        (op("log", X), (0.0,), -1e99),
        (op("div", 1, X), (0.0,), 1e32),
        (op("exp", X), (300.0,), 1e99),
        (op("sqrt", X), (0.3,), math.sqrt(0.3)),
        (op("pwl", X, 0, 0, 1, 10), (1.5,), 15.0),
        (op("pwl", X, 0, 0, 1, 10), (-1.0,), -10.0),
        (op("table", X, 0, 0, 1, 10, 3, 20), (-1.0,), 0.0),
        (op("table", X, 0, 0, 1, 10, 3, 20), (5.0,), 20.0),
        (op("table", X, 0, 0, 1, 10, 3, 20), (2.0,), 15.0),
        (op("table", X, 2, 7), (2.0,), 7.0),
        (op("nint", X), (2.5,), 2.0),
        (op("nint", X), (1.5,), 2.0),
        (op("floor", X), (-1.1,), -2.0),
        (op("ceil", X), (-1.1,), -1.0),
        (op("sgn", X), (-2.0,), -1.0),
        (op("choose", op("gt", X, 0.5), 3, 4), (1.0,), 3.0),
        (op("choose", op("gt", X, 0.5), 3, 4), (0.5,), 4.0),
        (op("and", op("gt", X, 0.2), op("lt", Y, 1)), (0.3, 0.0), 1.0),
        (op("max", X, Y, 0.25), (0.1, 0.2), 0.25),
        (op("min", X, Y, 0.25), (0.1, 0.2), 0.1),
        (op("not", X), (0.0,), 1.0),
        (op("choose", op("lt", X, 0), 0, op("sqrt", X)), (-1.0,), 0.0),
    ],
)
def test_values_of_ngspice(root, inputs, expected):
    assert value(root, *inputs) == pytest.approx(expected, rel=1e-14)
    assert Machine(root, plain=True).value(*inputs) == pytest.approx(expected, rel=1e-14)


def test_time_temperature_and_frequency_are_the_last_inputs():
    root = op("add", op("add", Variable("time"), op("mul", 10, Variable("temper"))), op("mul", 100, Variable("hertz")))
    assert Machine(root).value(1.0, 27.0, 3.0) == 1 + 270 + 300


@pytest.mark.parametrize(
    ("name", "x"),
    [("sqrt", -1), ("log", -1), ("log10", -1e-30), ("acosh", 0.5), ("asin", 1.5), ("acos", -2), ("atanh", 1)],
)
def test_undefined_is_nan_when_strict_and_finite_for_newton(name, x):
    machine = Machine(op(name, X))
    assert math.isnan(machine.value(x))
    assert math.isfinite(machine.value(x, strict=False))
    assert np.isfinite(machine.gradient()).all()


SIMPLE = [n for n in OPERATIONS if OPERATIONS[n] == (1, 1) and n != "ddt"]
DOUBLE = [n for n in OPERATIONS if OPERATIONS[n][0] <= 2 <= OPERATIONS[n][1] and n != "delay"]
RANGE = {"acosh": (1.1, 3), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atanh": (-0.9, 0.9)}
RANGE |= dict.fromkeys(("sqrt", "log", "log10"), (0.1, 3))
EVERY = [
    *((name, op(name, X)) for name in SIMPLE),
    *((name, op(name, X, Y)) for name in DOUBLE),
    ("choose", op("choose", op("gt", X, Y), op("mul", X, X), op("mul", Y, Y))),
    ("pwl", Operation("pwl", (X, *POINTS))),
    ("table", Operation("table", (X, *POINTS))),
]


@pytest.mark.parametrize(("name", "root"), EVERY, ids=[name for name, _ in EVERY])
def test_derivatives_equal_central_differences(name, root):
    generator = np.random.default_rng(len(name))
    machine, plain = Machine(root), Machine(root, plain=True)
    for _ in range(20):
        inputs = generator.uniform(*RANGE.get(name, (-3, 3)), size=2)[: len(machine.code.signals)]
        found = machine.value(*inputs)
        gradient = machine.gradient()
        assert plain.value(*inputs) == found
        np.testing.assert_array_equal(plain.gradient(), gradient)
        for k in range(len(inputs)):
            h = 1e-6
            ends = [value(root, *(inputs + side * h * np.eye(len(inputs))[k])) for side in (1, -1)]
            assert gradient[k] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=2e-7, abs=1e-8)


def test_the_derivative_of_a_bare_input_is_its_own():
    machine = Machine(op("add", op("mul", Y, Y), op("ddt", X)))
    machine.value(2.0, 3.0, 4.0)
    gradient, share = np.zeros(machine.code.inputs), np.full(machine.code.places, 7.0)
    machine.call("backward", machine.w, machine.code.outputs[1], share, gradient)
    np.testing.assert_array_equal(gradient, np.eye(machine.code.inputs)[machine.code.outputs[1]])


def random_tree(generator, depth):
    """Some expression, within ranges where everything is defined."""
    if depth == 0:
        return (X, Y, Z, Constant(float(generator.normal())))[generator.integers(4)]
    parts = [random_tree(generator, depth - 1) for _ in range(3)]
    name = ("add", "sub", "mul", "sin", "tanh", "max", "abs", "choose", "atan", "pwl", "safe")[generator.integers(11)]
    if name == "choose":
        return op("choose", op("lt", parts[0], parts[1]), parts[2], parts[0])
    if name == "pwl":
        return Operation("pwl", (parts[0], *POINTS))
    if name == "safe":
        return op("div", parts[0], op("add", 1, op("power", parts[1], 2)))
    return op(name, *parts[: OPERATIONS[name][0] if name != "max" else 2])


@pytest.mark.parametrize("seed", range(30))
def test_derivatives_of_random_expressions(seed):
    generator = np.random.default_rng(seed)
    root = random_tree(generator, 5)
    machine, inputs = Machine(root), generator.normal(size=3)
    names = [s.names[0] for s in machine.code.signals]
    chosen = np.array([inputs["xyz".index(n)] for n in names])
    machine.value(*chosen)
    gradient, h = machine.gradient(), 1e-6
    for k in range(len(chosen)):
        ends = [value(root, *(chosen + side * h * np.eye(len(chosen))[k])) for side in (1, -1)]
        assert gradient[k] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-5, abs=1e-6)


def test_what_an_output_depends_on():
    code = encode(op("add", op("mul", X, op("ddt", Y)), op("delay", op("mul", Z, Variable("time")), 2.0, 0.5)))
    assert [s.names[0] for s in code.signals] == ["x", "y", "z"]
    assert (code.rates, code.delays[0].time, code.delays[0].history) == (1, 2.0, 0.5)
    # inputs: x y z, ddt(y), delayed, time, temper, hertz
    np.testing.assert_array_equal(
        code.depends,
        np.array([[1, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 1, 0, 0]], dtype=bool),
    )


def test_equal_terms_are_computed_once():
    shared = op("sin", X)
    for _ in range(40):  # 2**40 terms when walked as a tree
        shared = op("mul", shared, shared)
    assert len(encode(shared).steps) == 41
    assert len(encode(op("add", op("sin", op("mul", X, 2)), op("sin", op("mul", X, 2)))).steps) == 3


def test_depth_is_no_problem_and_length_is_bounded():
    deep = X
    for _ in range(10_000):
        deep = op("sin", deep)
    assert len(encode(deep).steps) == 10_000
    for _ in range(20_000):
        deep = op("cos", deep)
    with pytest.raises(UsageError, match="more than 20000 different terms"):
        encode(deep)


# -- pieces -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", JUMPS)
def test_jumps_hold_their_piece_until_told(name):
    machine = Machine(op(name, X, 0.25) if OPERATIONS[name] == (2, 2) else op(name, X))
    before = machine.value(-0.1)
    assert machine.excess() <= 0
    assert machine.value(3.3, held=True) == before
    assert machine.excess() > 0
    after = machine.value(3.3)
    assert after == Machine(machine_root(name)).value(3.3)
    assert machine.excess() <= 0


def machine_root(name):
    return op(name, X, 0.25) if OPERATIONS[name] == (2, 2) else op(name, X)


@pytest.mark.parametrize("name", KINKS)
def test_kinks_say_when_they_are_passed_but_hold_nothing(name):
    root = {
        "min": op("min", X, 0.25),
        "max": op("max", X, 0.25),
        "pwl": Operation("pwl", (X, *POINTS)),
        "table": Operation("table", (X, *POINTS)),
    }.get(name, op(name, X) if OPERATIONS[name] == (1, 1) else X)
    machine = Machine(root)
    machine.value(-0.4)
    assert machine.excess() <= 0
    assert machine.value(1.3, held=True) == value(root, 1.3)
    assert machine.excess() > 0


def test_excess_is_zero_where_the_piece_ends():
    machine = Machine(op("add", op("lt", X, 0.3), op("floor", op("mul", 2, X))))
    machine.value(0.1)
    low, high = 0.1, 0.9
    for _ in range(80):
        middle = 0.5 * (low + high)
        machine.value(middle, held=True)
        low, high = (middle, high) if machine.excess() <= 0 else (low, middle)
    assert high == pytest.approx(0.3, rel=1e-11)


def test_round_off_is_no_event():
    machine = Machine(op("lt", X, Y))
    machine.value(0.3, 0.30000000000000004)
    machine.value(0.30000000000000004, 0.3, held=True)
    assert machine.excess() <= 0


def test_numbers_of_operations_are_in_three_ranges():
    assert max(NUMBER.values()) == len(NUMBER) - 1
    assert [n for n in NUMBER if NUMBER[n] >= interpreter.LT] == [*JUMPS, *KINKS]
    assert [n for n in NUMBER if NUMBER[n] >= interpreter.ABS] == list(KINKS)
    assert interpreter.PWL < interpreter.TABLE == max(NUMBER.values())
