"""What is wrong with electrical lines and cards: where, what, and the nearest valid choice."""

from __future__ import annotations

import pytest

BAD = [
    ("r1 a", 4, "it has 1 node where it needs 2; the form is rname node node value"),
    ("r1", 1, "it has 0 nodes where it needs 2"),
    ("r1 a b", 7, "the value is missing"),
    ("r1 a b 1k 2k", 11, "the value is given twice"),
    ("r1 a b 1k r=2k", 13, "the value is given twice"),
    ("r1 a b 4k7", 8, "write 4.7k"),
    ("r1 a b {1}k", 8, "write it inside the braces"),
    ("r1 a b bigg\n.param big=1", 8, "unknown model 'bigg'"),
    ("r1 a b 1k tc3=1", 11, "r1 has no parameter 'tc3'; did you mean"),
    ("r1 a b 1k noisy=0", 11, "noisy= is not part of tdsim"),
    ("r1 a b 1k tc1=1 tc1=2", 17, "tc1= is given twice"),
    ("r1 a b 1k m=-1", 13, "m = -1 is out of bounds"),
    ("r1 a b 1k rm 3", 14, "'3' does not fit here"),
    ("r1 a b dm\n.model dm d", 8, "model 'dm' has type 'd'; 'r' is needed here"),
    ("r1 a b rm\n.model rm r(rsh=5)", 10, "the value is missing"),
    ("r1 a b 1k rm\n.model rm r(tce=5)", 13, "does not have the parameter 'tce' of ngspice", 3),
    ("r1 a b r='v(a' m=2", 13, "is not complete"),
    ("c1 a b q='1n*v(a)'", 8, "q= is not part of tdsim: give the capacitance"),
    ("e1 a 0 laplace {v(b)} {1/(1+s)}", 8, "laplace= is not part of tdsim: write the filter with R, L and C"),
    ("c1 a b c='v(a)*1n' ic=1", 23, "ic= does not fit a value that is an expression"),
    ("v1 a 0 1 2", 10, "'2' does not fit here"),
    ("v1 a 0 dc", 8, "dc has no value"),
    ("v1 a 0 pulse(0 1", 13, "pulse( does not close"),
    ("v1 a 0 pulse(0)", 8, "takes at least 2"),
    ("v1 a 0 puls(0 1)", 8, "unknown source shape 'puls'; did you mean 'pulse'"),
    ("v1 a 0 sin(0 1) sin(0 2)", 17, "a second shape does not fit here"),
    ("v1 a 0 ac 1 ac 2", 13, "ac is given twice"),
    ("v1 a 0 pwl(0 0 2u 1 1u 0)", 8, "times must increase"),
    ("v1 a 0 external", 8, "which is not part of tdsim"),
    ("e1 a b c", 9, "the control is missing"),
    ("e1 a b c d", 11, "the gain is missing"),
    ("e1 a b c d 1 2", 14, "'2' does not fit here"),
    ("e1 a b c d 1 max=2", 14, "e1 has no parameter 'max'"),
    ("e1 a b laplace={v(a)}", 8, "laplace= is not part of tdsim"),
    ("e1 a 0 value={v(q)}", 14, "e1: unknown node 'q'"),
    ("e1 a 0 poly(x) a 0 1", 13, "a number is needed here"),
    ("e1 a 0 poly(0) a 0 1", 13, "1 to 100 dimensions, not 0"),
    ("e1 a 0 poly(2) a 0 1", 13, "poly(2) needs 4 nodes and coefficients, but 3 words follow it"),
    ("e1 a 0 table v(a) = (0,0)", 14, "an expression in braces is needed here"),
    ("e1 a 0 table {v(a)} = (0,0) (1)", 30, "a table takes pairs of numbers, but 3 follow"),
    ("e1 a 0 table {v(a)} = (1,0) (0,1)", 24, "must increase"),
    ("f1 a 0 r1 2\nr1 a 0 1", 8, "r1 is a r, whose current cannot control; name a voltage source"),
    ("f1 a 0 v7 2\nv1 a 0 1", 8, "f1: unknown instance 'v7'; did you mean 'v1'"),
    ("h1 a 0 v1", 10, "the gain is missing"),
    ("b1 a 0", 7, "the expression is missing"),
    ("b1 a 0 5", 8, "'5' does not fit here"),
    ("b1 a 0 v=1 i=2", 12, "b1 takes one of v= and i="),
    ("b1 a 0 v=", 8, "v= has no value"),
    ("b1 a 0 v=v(a)+", 14, "is not complete"),
    ("b1 a 0 v=v(aa)\nr1 ab 0 1", 10, "b1: unknown node 'aa'"),
    ("b1 a 0 v=i(v7)", 10, "b1: unknown instance 'v7'"),
    ("b1 a 0 v=i(x1)\nx1 nc1 nc2 mirror", 10, "x1 is a mirror, which has no electrical current"),
    ("b1 a 0 v=v(o)\nx1 o nc2 mirror", 10, "net 'o' is optical: it has no voltage"),
    ("b1 a 0 v=7%4", 11, "% is known in parameters only"),
    ("b1 a 0 v=atan2(1,2)", 10, "atan2() is known in parameters only"),
    ("b1 a 0 v=foo(1)", 10, "unknown function 'foo'"),
    ("b1 a 0 v=limit(v(a),0,3)*limit(5,1)", 26, "limit() draws a random number in ngspice"),
    ("b1 a 0 v=v()", 10, "is written v(node)"),
    ("b1 a 0 v=v(a)+c", 15, "unknown parameter 'c'"),
    ("b1 a 0 v=sin(1,v(a))", 10, "takes 1 argument"),
    ("b1 a 0 v=delay(v(a), v(a))", 10, "must be numbers that do not change"),
    ("b1 a 0 v=pwl(v(a),0,0,0,1)", 10, "must increase"),
    ("b1 a 0 v={1+{q}}", 14, "unknown parameter 'q'"),
    ("b1 a 0 v=f(v(a))\n.func f(x) {f(x)}", 10, "calls itself"),
    ("d1 a 0", 7, "the model is missing"),
    ("d1 a 0 dn\n.model dm d", 8, "unknown model 'dn'; did you mean 'dm'"),
    ("d1 a 0 dm 1 2\n.model dm d", 13, "'2' does not fit here"),
    ("d1 a 0 dm foo=1\n.model dm d", 11, "d1 has no parameter 'foo'"),
    ("d1 a 0 dm\n.model dm d(is=1f ikf=1)", 19, "does not have the parameter 'ikf' of ngspice", 3),
    ("d1 a 0 dm\n.model dm d(level=3)", 13, "level=3 is not part of tdsim, only level=1 is", 3),
    ("d1 a 0 dm\n.model dm ako:d2 is=1", 8, "model 'dm' has type 'ako:d2'; 'd' is needed here"),
    ("d1 a 0 dm\n.model dm d(is=-1)", 1, "is = -1 A is out of bounds"),
    ("s1 a b c sm\n.model sm sw", 12, "the model is missing"),
    ("s1 a b c d sm maybe\n.model sm sw", 15, "'maybe' does not fit here"),
    ("s1 a b c d wm\n.model wm csw", 12, "model 'wm' has type 'csw'; 'sw' is needed here"),
    ("w1 a b v1", 10, "the model is missing"),
    ("w1 a b r1 wm\n.model wm csw\nr1 a b 1", 8, "whose current cannot control"),
    ("t1 a 0 b 0 td=1n", 17, "the impedance z0= is missing"),
    ("t1 a 0 b 0 z0=50", 17, "the delay td= (or f=) is missing"),
    ("t1 a 0 b 0 z0=50 td=1n f=1g", 26, "not both"),
    ("t1 a 0 b z0=50 td=1n", 8, "it has 3 nodes where it needs 4"),
    ("t1 a 0 b 0 z0=50 f=0", 20, "must be above zero"),
    ("t1 a 0 b 0 z0=-50 td=1n", 15, "out of bounds"),
    ("k1 l1 l9 0.5\nl1 a 0 1", 7, "unknown instance 'l9'; did you mean 'l1'"),
    ("k1 l1 l2\nl1 a 0 1\nl2 b 0 1", 9, "the coefficient is missing"),
    ("k1 l1 l2 l3 0.5", 10, "every pair needs a line of its own"),
    ("k1 l1 l2 1.2\nl1 a 0 1\nl2 b 0 1", 10, "it must lie in -1 to 1"),
    ("k1 l1 r1 0.5\nl1 a 0 1\nr1 b 0 1", 7, "are not of one kind"),
    ("r1 a 0 1\nxm a nc mirror", 4, "joins electrical port r1.p and optical port xm.o1", 3),
    ("a1 a b mod", 1, "XSPICE code models"),
    ("q1 a b", 6, "it has 2 nodes where it needs 3; the form is qname node node node [node] model [area] [off]"),
    ("q1 a b c", 9, "q1: the model is missing"),
    ("q1 a b c qn d\n.model qn npn", 13, "unknown parameter 'd'"),
    ("q1 a b c d e f\n.model e npn", 14, "unknown parameter 'f'"),
    ("q1 a b c mm\n.model mm nmos", 10, "model 'mm' has type 'nmos'; 'npn' is needed here"),
    ("q1 a b c qn\n.model qn npn(ptf=30)", 15, "ptf=30 is not part of tdsim, only ptf=0 is", 3),
    ("m1 a b c mm\n.model mm nmos", 12, "m1: the model is missing; the form is mname node node node node model [off]"),
    ("m1 a b c d mm 2\n.model mm nmos", 15, "'2' does not fit here"),
    ("m1 a b c d mm l=1u\n.model mm nmos(ld=0.6u)", 17, "l must be above 2 ld = 1.2e-06 m"),
    ("m1 a b c d mm area=2\n.model mm nmos", 15, "m1 has no parameter 'area'"),
    ("m1 a b c d mm ic=1,2,3,4\n.model mm nmos", 24, "ic= takes icvds, icvgs, icvbs at most"),
    ("m1 a b c d mm\n.model mm nmos(level=3)", 16, "level=3 is not part of tdsim, only level=1 is", 3),
    ("r1 a 0 1\nx1 a 0 dm\n.model dm sw", 11, "type sw belong to electrical elements", 4),
    (".op now", 5, ".op stands alone"),
    (".dc v1 0 1", 10, "the form is .dc source start stop step"),
    (".dc v9 0 1 0.1\nv1 a 0 1", 5, ".dc: unknown source 'v9'; did you mean 'v1'"),
    (".dc c1 0 1 0.1\nc1 a 0 1", 5, "a sweep changes a source, a resistor or temp"),
    (".dc v1 0 1 -0.1\nv1 a 0 1", 12, "the step -0.1 leads away from the stop value"),
    (".dc v1 0 1 0\nv1 a 0 1", 12, "the step must not be zero"),
    (".dc v1 0 1 1 v1 0 1 1\nv1 a 0 1", 14, "v1 is swept twice"),
    (".dc v1 0 1 1n\nv1 a 0 1", 12, "1e+09 points"),
    (".ac dec 10 1", 1, "the form is .ac dec points start stop"),
    (".ac log 10 1 10", 5, "'log' is not a spacing"),
    (".ac dec 0 1 10", 9, "the number of points must lie in 1 to"),
    (".ac dec 1.5 1 10", 9, "an integer is needed here"),
    (".ac dec 10 0 10", 12, "the start frequency must be above zero"),
    (".ac dec 10 10 1", 15, "the stop frequency 1 is below the start frequency 10"),
    (".ic v(q)=1\nr1 a 0 1", 5, ".ic v(q): unknown node 'q'"),
    (".ic v(a)", 5, "the form is .ic v(node)=value"),
    (".ic v(a)=", 5, "the value is missing"),
    (".nodeset x(a)=1", 10, "the form is .nodeset v(node)=value"),
    (".nodeset v(q)=1\nr1 a 0 1", 10, ".nodeset v(q): unknown node 'q'"),
    (".ic v(0)=1\nr1 a 0 1", 5, ".ic v(0): ground is 0 V, whatever is given"),
    (".temp -280", 7, "temp must be above -273.15, not -280"),
    (".dc temp -300 0 50", 10, "temperatures lie above -273.15 degC"),
    (".dc temp 0 -300 -50", 12, "temperatures lie above -273.15 degC"),
    (".options tnom=-300", 10, "option tnom must be above -273.15, not -300"),
    (".options reltol=0", 10, "option reltol must be above 0, not 0"),
    (".options reltol=1", 10, "option reltol is a part of what is solved for, below 1, not 1"),
    (".options abstol=-1p", 10, "option abstol must be above 0"),
    (".options trtol=0", 10, "option trtol must be above 0, not 0"),
    (".options gmin=-1p", 10, "option gmin must be 0 or more"),
    (".options itl1=0", 10, "option itl1 must be 1 or more, not 0"),
    (".options threads=0", 10, "option threads must be 1 or more, not 0"),
    (".options block=0", 10, "option block must be 1 or more, not 0"),
    (".options seed=-3", 10, "option seed must be 0 or more, not -3"),
    (".options method=euler", 10, "option method is esdirk or trap or trapezoidal or gear, not 'euler'"),
    (".save v(q)\nr1 qq 0 1", 7, "unknown node 'q'; did you mean 'qq'"),
    (".save i(r9)\nr1 qq 0 1", 7, "unknown signal i(r9)"),
    (".save @r1[rr]\nr1 a 0 1", 7, "r has no parameter 'rr'"),
    (".save vdb(a)\nr1 a 0 1", 7, "the netlist has no .ac"),
    (".meas ac x max v(a)\nr1 a 0 1", 16, "v(a) is complex in .ac: measure one of vm(a), vdb(a)"),
    (".meas tran x max vdb(a)\nr1 a 0 1", 18, "measure v(a)"),
    (".meas op x max v(a)\nr1 a 0 1", 12, "takes find and param, not max"),
    (".control\nalter r1 5\n.endc", 1, "alter in .control: a script that changes the circuit is not part of tdsim", 3),
    (".control\nforeach x 1 2\nrun\nend\n.endc", 1, "a script with loops or conditions", 3),
    (".control\nplott v(1)\n.endc", 1, "unknown command 'plott' in .control; did you mean 'plot'", 3),
    (".control\nrun", 1, "its .endc is missing"),
]  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=[c[0].splitlines()[0] for c in BAD])
def test_bad_lines_say_where_and_what(errors, case) -> None:
    text, column, message, *line = case
    (error,) = errors(text + "\n")
    assert message in error.message
    assert (error.position.line, error.position.column) == (line[0] if line else 2, column)


def test_all_electrical_errors_come_at_once(errors) -> None:
    text = """v1 in 0 1 2
r1 in out
r2 out 0 4k7
c1 out 0 cm
d1 out 0 dm
f1 out 0 v9 2
b1 q 0 v=v(nowhere)+sine(1)
k1 l1 l2 0.5
l1 q 0 1m
l2 p 0 1m
k2 l1 l2 0.5
.model dm sw
.dc v7 0 1 0.1
.ic v(zz)=1
.save v(yy) i(r2)
.ac dec 10 1
"""
    places = [(e.position.line, e.position.column) for e in errors(text)]
    assert places == [(2, 11), (3, 10), (4, 10), (5, 10), (6, 10), (7, 10), (8, 21), (12, 7), (14, 5), (15, 5), (16, 7),
                      (17, 1)]  # fmt: skip


def test_duplicate_names(errors) -> None:
    assert "duplicate name 'r1' (first at t.cir:2:1)" in errors("r1 a 0 1\nr1 b 0 1\n")[0].message
    assert "duplicate name" in errors("k1 l1 l2 1\nk1 l1 l2 1\nl1 a 0 1\nl2 b 0 1\n")[0].message
