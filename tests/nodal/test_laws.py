"""Laws of expressions: what their compiled loops give, evaluated alone."""

import numpy as np
import pytest

import tdsim
from tdsim.behaviour import Behaviour, Constant, Operation, Signal, Variable
from tdsim.nodal import laws
from tdsim.nodal.kinds import (
    AHEAD,
    CAPACITANCES,
    CHARGES,
    CONTROLS,
    COUNT,
    FLOWS,
    MARGINS,
    NUMBERS,
    SLOPES,
    STATES,
    TIME,
    UNKNOWNS,
    WORDS,
)
from tdsim.nodal.linear import Conditions
from tdsim.nodal.unknowns import electrical_instances, number_unknowns

X, Y = Signal("v", ("x",)), Signal("v", ("y",))


def op(name, *operands):
    return Operation(name, tuple(Constant(o) if isinstance(o, int | float) else o for o in operands))


class Bench:
    """The groups of a circuit's laws, with the arrays that the solver would hand to them."""

    def __init__(self, *elements):
        circuit = tdsim.Circuit()
        for name, device, nets, values in elements:
            circuit.add(name, device, *nets, **values)
        instances = electrical_instances(circuit)
        self.unknowns = number_unknowns(circuit, instances)
        self.groups = laws.law_groups(instances, self.unknowns, Conditions(), 1, 1e-3)
        self.z, self.time, self.ahead = np.zeros(self.unknowns.size + 1), np.zeros(1), np.zeros(4)
        self.rows = [self._row(group) for group in self.groups]

    def _row(self, group):
        paths, controls = group.paths.shape[1], group.controls.shape[1]
        group.arrays = {
            NUMBERS: group.numbers,
            CONTROLS: group.controls,
            UNKNOWNS: self.z,
            TIME: self.time,
            FLOWS: np.zeros(paths),
            SLOPES: np.zeros((paths, controls)),
            CHARGES: np.zeros(paths),
            CAPACITANCES: np.zeros((paths, controls)),
            STATES: group.states,
            MARGINS: np.zeros(1),
            AHEAD: self.ahead,
        }
        row = np.zeros(WORDS, dtype=np.int64)
        row[COUNT] = 1
        for word, array in group.arrays.items():
            row[word] = array.ctypes.data
        return row

    def call(self, name):
        index = ("evaluate", "margin", "turn", "follow").index(name)
        for row in self.rows:
            laws.compiled_loops()[index].ctypes(row.ctypes.data)

    def evaluate(self, z, t=0.0):
        """Currents and charges in every row, and their derivatives: (rows,), (rows, unknowns), twice."""
        self.z[:-1], self.time[0] = z, t
        self.call("evaluate")
        n = self.z.size
        found = [np.zeros(n), np.zeros((n, n)), np.zeros(n), np.zeros((n, n))]
        for group in self.groups:
            for k, (a, b) in enumerate(group.paths[0]):
                for row, sign in ((a, 1), (b, -1)):
                    found[0][row] += sign * group.arrays[FLOWS][k]
                    found[2][row] += sign * group.arrays[CHARGES][k]
                    for j, (c, d) in enumerate(group.controls[0]):
                        for column, side in ((c, 1), (d, -1)):
                            found[1][row, column] += sign * side * group.arrays[SLOPES][k, j]
                            found[3][row, column] += sign * side * group.arrays[CAPACITANCES][k, j]
        return [part[tuple(slice(-1) for _ in part.shape)] for part in found]

    def follow(self, asked, t):
        self.time[0], self.ahead[:] = t, (asked, np.inf, np.inf, 0)
        self.call("follow")
        return self.ahead[1:]


PRODUCT = op("mul", X, op("sin", op("add", Y, Variable("time"))))
BUSY = op("add", op("mul", X, op("ddt", op("mul", X, Y))), op("delay", op("tanh", Y), 2.0))


def source(kind, term, **more):
    return ("b1", "b", ("x", "y"), {kind: Behaviour(term), **more})


@pytest.mark.parametrize("element", [source("i", PRODUCT), source("v", PRODUCT), source("i", BUSY), source("v", BUSY)])
def test_derivatives_equal_differences(element):
    bench = Bench(element)
    z, h = np.random.default_rng(1).normal(size=bench.unknowns.size), 1e-6
    _, slopes, _, capacitances = bench.evaluate(z, 0.7)
    for k in range(z.size):
        ends = [bench.evaluate(z + side * h * np.eye(z.size)[k], 0.7) for side in (1, -1)]
        np.testing.assert_allclose(slopes[:, k], (ends[0][0] - ends[1][0]) / (2 * h), atol=1e-8)
        np.testing.assert_allclose(capacitances[:, k], (ends[0][2] - ends[1][2]) / (2 * h), atol=1e-8)


def test_a_current_goes_from_p_to_n():
    found = Bench(source("i", op("mul", X, X), m=3.0)).evaluate([2.0, 5.0])
    np.testing.assert_allclose(found[0], [12, -12])


def test_a_voltage_has_a_branch():
    bench = Bench(source("v", op("mul", X, X)))
    assert bench.unknowns.branches == {("b1", "current"): 2}
    np.testing.assert_allclose(bench.evaluate([2.0, 5.0, 0.1])[0], [0.1, -0.1, 2 - 5 - 4])


def test_ddt_is_an_unknown_whose_row_holds_the_charge():
    bench = Bench(source("i", op("mul", 1e-6, op("ddt", X))))
    assert list(bench.unknowns.hidden) == [("b1", "ddt0.0")]
    flows, _, charges, _ = bench.evaluate([2.0, 0.0, 300.0])
    np.testing.assert_allclose(flows, [3e-4, -3e-4, 300])
    np.testing.assert_allclose(charges, [0, 0, -2])


def test_a_delay_is_its_operand_at_rest_and_the_past_later():
    bench = Bench(source("i", op("delay", op("mul", 2, X), 1.5)))
    np.testing.assert_allclose(bench.evaluate([3.0, 0.0, 4.0])[0], [4, -4, 4 - 6])
    bench.groups[0].keep.begin(0)
    for t in np.linspace(0, 2, 21):
        bench.z[0] = 3 + t
        bench.follow(laws.REMEMBER, t)
    next_break, longest, trouble = bench.follow(laws.LOOK, 1.0)
    assert (next_break, longest, trouble) == (1.5, 1.5, 0)  # from 6 V at rest to a slope
    assert bench.evaluate([9.0, 0.0, 0.0], 1.0)[0][2] == -6
    bench.follow(laws.ANEW, 1.5)
    assert bench.evaluate([9.0, 0.0, 0.0], 1.75)[0][2] == pytest.approx(-2 * 3.25)
    assert not bench.evaluate([9.0, 0.0, 0.0], 1.75)[1][2, 0]


def test_a_given_history_comes_out_first():
    bench = Bench(source("i", op("delay", X, 1.5, 0.25)))
    assert bench.evaluate([3.0, 0.0, 0.0])[0][2] == -0.25
    bench.groups[0].keep.begin(0)
    bench.follow(laws.REMEMBER, 0.0)
    assert bench.evaluate([3.0, 0.0, 0.0], 0.5)[0][2] == -0.25


def test_a_line_at_rest_joins_its_ends():
    bench = Bench(("t1", "t", ("a", "0", "b", "0"), {"z0": 50.0, "td": 1e-9}))
    equations = bench.evaluate(np.zeros(6))[1]
    resistor = np.zeros((6, 6))
    resistor[0, 0], resistor[1, 1] = 1 / 50, 1 / 150
    v = np.linalg.solve(equations + resistor, np.array([1 / 50, 0, 0, 0, 0, 0]))
    np.testing.assert_allclose(v[:4], [0.75, 0.75, 0.005, -0.005], rtol=1e-12)


def test_waves_of_a_line_that_starts_charged():
    bench = Bench(("t1", "t", ("a", "0", "b", "0"), {"z0": 50.0, "td": 1e-9}))
    for group, histories in zip(bench.groups, ((7.0,), (11.0,)), strict=True):
        group.keep.begin(0, histories)
    found = bench.evaluate([1.0, 2.0, 0.1, 0.2, 0, 0])[0]
    np.testing.assert_allclose(found, [0.1, 0.2, 1 - 50 * 0.1 - 0, 2 - 50 * 0.2 - 0, -7, -11])


def test_pieces_are_held_and_turned():
    bench = Bench(source("i", op("choose", op("gt", X, 0.5), 3, 4)))
    bench.evaluate([0.0, 0.0])
    bench.call("margin")
    margin = bench.groups[0].arrays[MARGINS]
    assert margin[0] == 0.5
    assert bench.evaluate([0.8, 0.0])[0][0] == 4
    bench.call("margin")
    assert margin[0] == pytest.approx(-0.3)
    bench.call("turn")
    assert bench.evaluate([0.8, 0.0])[0][0] == 3
    bench.call("margin")
    assert margin[0] > 0


def test_what_is_undefined_is_told():
    bench = Bench(source("i", op("sqrt", X)))
    assert np.isfinite(bench.evaluate([-1.0, 0.0])[0]).all()
    assert bench.follow(laws.REMEMBER, 0.0)[2] == 1
