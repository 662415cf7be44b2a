"""Loops, conditionals, and how blocks close."""

from __future__ import annotations

import pytest


def test_loops_replicate_with_inclusive_bounds(read) -> None:
    circuit = read(".param n=3\n.for i 0 {n-1}\nXw{i} a{i} a{(i+1)%n} waveguide length={1+i}\n.endfor\n")
    assert [i.nets for i in circuit.instances.values()] == [
        {"o1": "a0", "o2": "a1"}, {"o1": "a1", "o2": "a2"}, {"o1": "a2", "o2": "a0"},
    ]  # fmt: skip
    assert [i.values["length"] for i in circuit.instances.values()] == [1, 2, 3]


def test_loops_nest_and_see_each_other(read) -> None:
    circuit = read(".for i 1 2\n.for j i 2\nXw{i}_{j} nc{i}{j} ncx{i}{j} waveguide\n.endfor\n.endfor\n")
    assert list(circuit.instances) == ["xw1_1", "xw1_2", "xw2_2"]


def test_controls_in_loops(read) -> None:
    circuit = read(".for i 1 2\nXw{i} p{i} q{i} waveguide\n.port in{i} p{i}\n.save p(q{i})\n.endfor\n")
    assert circuit.external == {"in1": "p1", "in2": "p2"}
    assert [r.signal for r in circuit.requests] == ["p(q1)", "p(q2)"]


def test_an_empty_range_is_no_iteration(read) -> None:
    assert not read(".for i 3 2\nXw{i} a b waveguide\n.endfor\n").instances


def test_names_need_integers(errors) -> None:
    (error,) = errors(".for i 1 1\nXw{i/2} a b waveguide\n.endfor\n")
    assert "integer is needed here, not 0.5" in error.message
    assert error.expansion == ("iteration i=1 of .for at t.cir:2",)


def test_an_error_in_a_subcircuit_in_a_loop_shows_how_it_came_there(errors) -> None:
    (error,) = errors(
        """.subckt ring a b k=0.1
Xdc a nc1 nc2 b coupler coupling={k}
.ends
.for i 1 3
Xr{i} n{i} n{i+1} ring k={i/2}
.endfor
"""
    )
    assert "out of bounds" in error.message
    assert (error.position.line, error.position.column) == (3, 34)
    assert error.expansion == ("iteration i=3 of .for at t.cir:5", "xr3 of .subckt ring at t.cir:2")
    assert "xr3.xdc" in str(error)


@pytest.mark.parametrize(("x", "kept"), [(1, "xa"), (2, "xb"), (3, "xc")])
def test_conditionals_choose_one_branch(read, x: int, kept: str) -> None:
    circuit = read(
        f""".param x={x}
.if (x == 1)
Xa nc1 nc2 mirror
.elseif (x == 2)
Xb nc1 nc2 mirror
.else
.if (1)
Xc nc1 nc2 mirror
.endif
.endif
"""
    )
    assert list(circuit.instances) == [kept]


def test_conditionals_define_parameters(read) -> None:
    assert read(".param x=1 y=0\n.if (x)\n.param y=5\n.endif\n.param z={y}\n").parameters["z"] == 5


def test_branches_not_taken_are_not_evaluated(read) -> None:
    assert not read(".if (0)\nXa nc1 nc2 nosuchdevice\n.endif\n").instances


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (".subckt a x\nXw x nc waveguide\n", 2, ".subckt is not closed: its .ends is missing"),
        (".if (1)\n.for i 1 2\n", 2, ".if is not closed"),
        (".for i 1 2\n.endif\n.endfor\n", 3, ".endif where .endfor is expected"),
        (".ends\n", 2, ".ends without .subckt"),
        (".else\n", 2, ".else without .if"),
        (".if (1)\n.else\n.else\n.endif\n", 4, ".else after .else"),
        (".subckt a x\n.ends b\n.ends\n", 3, "is an .ends missing?"),
        (".for i 1\n.endfor\n", 2, "the form is .for i first last"),
        (".for i 1 {1/0}\n.endfor\n", 2, "division by zero"),
        (".subckt a 0\n.ends\n", 2, "is ground everywhere"),
        (".subckt a x x\n.ends\n", 2, "listed twice"),
        (".subckt a x\nx1 x a\n.ends\nx1 nc a\n", 3, "subcircuit 'a' contains itself: a -> a"),
        (".subckt a x\nx1 x b\n.ends\n.subckt b x\nx1 x a\n.ends\nx1 nc a\n", 6, "a -> b -> a"),
        (".for i 1 1\n" * 51 + ".endfor\n" * 51, 52, "nested more than 50 deep"),
    ],
)
def test_how_blocks_go_wrong(errors, text: str, line: int, message: str) -> None:
    found = errors(text)
    assert any(message in e.message and e.position.line == line for e in found), found


def test_huge_loops_are_refused(errors) -> None:
    (error,) = errors(".for i 1 1000000\n.for j 1 1e9\n.endfor\n.endfor\n")
    assert "expands to more than" in error.message
    assert error.position.line == 3


def test_deep_nesting_of_everything_is_a_sentence(errors) -> None:
    loops, ends = ".for i 1 1\n" * 40, ".endfor\n" * 40
    subs = "".join(f".subckt s{n} a\n{loops}x1 a s{n + 1}\n{ends}.ends\n" for n in range(40))
    found = errors(subs + ".subckt s40 a\nxm a nc mirror\n.ends\nx1 nc1 s0\n")
    assert any("nested too deeply" in e.message for e in found)
