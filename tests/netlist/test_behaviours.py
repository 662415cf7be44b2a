"""Expressions that have a value while the circuit runs: the trees that they become."""

from __future__ import annotations

import numpy as np
import pytest

from tdsim.behaviour import Constant, Operation, Signal, Term, Variable


def shown(term: Term) -> str:
    """The tree as a formula with all its parentheses."""
    if isinstance(term, Constant):
        return f"{term.value:g}"
    if isinstance(term, Signal):
        return str(term)
    if isinstance(term, Variable):
        return term.name
    assert isinstance(term, Operation)
    return f"{term.name}({' '.join(map(shown, term.operands))})"


CARDS = """.param a=-2 k=0.5 time2=3
.func f(x,y) {x*y+1}
.func lim(x) {max(-k,min(k,x))}
.func fact(n) {n<2 ? 1 : n*fact(n-1)}
va a 0 1
vb in+ 0 1
vc n-1 0 1
r1 a x 1k
c1 x 0 1n
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v(a)", "v(a)"), ("v( a , in+ )", "v(a,in+)"), ("V(n-1)", "v(n-1)"), ("{v(in+,n-1)+1}", "add(v(in+,n-1) 1)"),
        ("'v(in+)*2'", "mul(v(in+) 2)"), ("i(va)", "i(va)"), ("time+temper+hertz", "add(add(time temper) hertz)"),
        ("v(a)+a", "add(v(a) -2)"), ("a*v(a)", "mul(-2 v(a))"), ("2k", "2000"), ("1mil", "0.001"), ("pi", "3.14159"),
        ("-v(a)**2", "neg(power(v(a) 2))"), ("2**3**2", "64"), ("-2^2", "-4"), ("a**3", "8"), ("pow(a,3)", "8"),
        ("pwr(a,3)", "-8"), ("pwr(v(a),3)", "pwr(v(a) 3)"), ("{pow(a,3)}*v(a)", "mul(-8 v(a))"),
        ("v(a)^2^3", "power(power(v(a) 2) 3)"), ("2--3", "5"), ("1 - -2*3", "7"), ("-(2)+ +3", "1"),
        ("v(a) > 0.5 ? 3 : 4", "choose(gt(v(a) 0.5) 3 4)"),
        ("v(a)==1 && !(v(a)<>2)", "and(eq(v(a) 1) not(ne(v(a) 2)))"),
        ("v(a)>=1 || v(a)<=2 || 0", "or(or(ge(v(a) 1) le(v(a) 2)) 0)"), ("1 ? 2 : v(a)", "2"),
        ("f(v(a),2)", "add(mul(v(a) 2) 1)"), ("f(f(2,3),v(a))", "add(mul(7 v(a)) 1)"),
        ("lim(v(a))", "max(-0.5 min(0.5 v(a)))"), ("fact(5)*v(a)", "mul(120 v(a))"),
        ("arctan(v(a))+ln(v(a))", "add(atan(v(a)) log(v(a)))"), ("sqr(v(a))", "mul(v(a) v(a))"),
        ("ternary_fcn(1>2,5,6)", "6"), ("limit(5,0,3)", "5"), ("ddt(v(a))", "ddt(v(a))"),
        ("delay(v(a),1n*2)", "delay(v(a) 2e-09)"), ("delay(v(a),1n,-1)", "delay(v(a) 1e-09 -1)"),
        ("pwl(v(a),0,0,k*2,10)", "pwl(v(a) 0 0 1 10)"), ("table(v(a),-1,0,1,10)", "table(v(a) -1 0 1 10)"),
        ("1/0", "div(1 0)"), ("log(0)", "log(0)"), ("sqrt(-1)", "sqrt(-1)"), ("exp(300)", "exp(300)"),
        ("u(0)+u2(2)+uramp(-1)+sgn(-3)+nint(2.5)", "2.5"), ("{k}*1m*tanh(3*v(a))", "mul(0.0005 tanh(mul(3 v(a))))"),
        ("{1+{k}}*{v(a)}", "mul(1.5 v(a))"), ("v(0)+v(gnd)", "add(v(0) v(0))"), ("v(a)+time2", "add(v(a) 3)"),
    ],
)  # fmt: skip
def test_trees(read, text: str, expected: str) -> None:
    source = read(f"{CARDS}b1 q 0 v={text}\n").instances["b1"]
    assert shown(source.values["v"].root) == expected


def test_nodes_are_those_of_the_subcircuit(read) -> None:
    circuit = read(
        ".global bus\nv9 bus 0 1\n.subckt s in\nr1 in m 1k\nr2 m 0 1k\nb1 q 0 v=v(in)*v(m)+v(bus,0)\n.ends\nx1 p s\n"
    )
    assert shown(circuit.instances["x1.b1"].values["v"].root) == "add(mul(v(p) v(x1.m)) v(bus,0))"


def test_the_current_of_what_has_none_of_its_own_is_measured_in_series(read) -> None:
    circuit = read("v1 1 0 2\nr1 1 0 1k\nb1 2 0 v=i(r1)*1000\nb2 3 0 v=i(r1)+i(v1)\nr2 2 0 1k\n")
    assert shown(circuit.instances["b1"].values["v"].root) == "mul(i(r1#current) 1000)"
    assert circuit.instances["r1#current"].nets == {"p": "1", "n": "r1#current"}
    assert circuit.instances["r1"].nets == {"p": "r1#current", "n": "0"}
    assert [str(t) for t in circuit.nets["1"].terminals] == ["v1.p", "r1#current.p"]
    assert [str(t) for t in circuit.nets["r1#current"].terminals] == ["r1.p", "r1#current.n"]
    assert len(circuit.instances) == 6


def test_copies_share_a_current(read) -> None:
    circuit = read(
        ".subckt s a\nv1 a m 0\nr1 m 0 1k\n.ends\nx1 p s m=4\nv2 p 0 1\nb1 q 0 v=i(x1.v1)\nb2 z 0 v=i(v.x1.v1)\n"
    )
    for name in ("b1", "b2"):
        assert shown(circuit.instances[name].values["v"].root) == "div(i(x1.v1) 4)"


@pytest.mark.parametrize(
    ("line", "kind", "expected", "others"),
    [
        ("r9 a 0 r='v(x)*500'", "i", "div(v(a,0) mul(v(x) 500))", {}),
        ("r9 a 0 {v(x)*k} tc1=1m", "i", "div(v(a,0) mul(v(x) 0.5))", {"tc1": 1e-3, "reciproctc": 1}),
        ("c9 a 0 c='1u*(1+v(a))' m=2", "i", "mul(mul(1e-06 add(1 v(a))) ddt(v(a,0)))", {"m": 2}),
        ("l9 a 0 l='1m*(1+v(a))'", "v", "mul(mul(0.001 add(1 v(a))) ddt(i(l9)))", {}),
        ("e9 q 0 vol='v(a)*3'", "v", "mul(v(a) 3)", {}),
        ("e9 q 0 value={v(a)*v(a)}", "v", "mul(v(a) v(a))", {}),
        ("e9 q 0 value = {v(a)}", "v", "v(a)", {}),
        ("g9 q 0 cur='v(a)/1k' m=2", "i", "div(v(a) 1000)", {"m": 2}),
        ("f9 q 0 cur='i(va)*2'", "i", "mul(i(va) 2)", {}),
        ("h9 q 0 vol='i(va)*2'", "v", "mul(i(va) 2)", {}),
        ("e9 q 0 table {v(a)} = (0,0) (1,10) (3,20)", "v", "table(v(a) 0 0 1 10 3 20)", {}),
        ("g9 q 0 table {v(a)} (0,0) (1,{10*k})", "i", "table(v(a) 0 0 1 5)", {}),
        ("e9 q 0 poly(1) a 0 1 2 3", "v", "add(1 add(mul(2 v(a,0)) mul(mul(3 v(a,0)) v(a,0))))", {}),
        ("e9 q 0 poly(1) (a,0) 0 1", "v", "v(a,0)", {}),
        ("e9 q 0 poly(1) a 0 5", "v", "5", {}),
        ("e9 q 0 poly(2) (a,0) (x,0) 0 0 0 0 1", "v", "mul(v(a,0) v(x,0))", {}),
        ("f9 q 0 poly(2) va vb 0 1 2", "i", "add(i(va) mul(2 i(vb)))", {}),
        ("b9 q 0 i=v(a) tc1=1m m=2", "i", "v(a)", {"tc1": 1e-3, "m": 2}),
        ("b9 q 0 v=v(a)==1 tc2=1", "v", "eq(v(a) 1)", {"tc2": 1}),
    ],
)
def test_other_elements_become_sources_that_follow_an_expression(read, line, kind, expected, others) -> None:
    source = read(f"{CARDS}{line}\n").instances[line.split()[0]]
    assert source.device.name == "b"
    assert shown(source.values[kind].root) == expected
    assert {k: v for k, v in source.values.items() if k != kind} == pytest.approx(others)


def test_the_order_of_a_polynomial(read) -> None:
    """p0 p1 p2 p3 p11 p12 p13 p22 p23 p33 p111, as in SPICE2."""
    variables = {"v(a,0)": 2.0, "v(x,0)": 3.0, "v(y,0)": 5.0}
    text = f"{CARDS}r5 y 0 1\ne9 q 0 poly(3) a 0 x 0 y 0 " + " ".join(str(k) for k in range(1, 12))
    root = read(text + "\n").instances["e9"].values["v"].root

    def value(term: Term) -> float:
        if isinstance(term, Operation):
            left, right = map(value, term.operands)
            return left + right if term.name == "add" else left * right
        return term.value if isinstance(term, Constant) else variables[str(term)]

    a, x, y = variables.values()
    products = [1, a, x, y, a * a, a * x, a * y, x * x, x * y, y * y, a**3]
    assert value(root) == pytest.approx(float(np.dot(np.arange(1, 12), products)))


def test_smooth_switches_of_pspice(read) -> None:
    text = "v1 1 0 1\nvc c 0 1\ns1 1 2 c 0 sm\nr2 2 0 1\n.model sm vswitch(von=1 voff=0 ron=1 roff=1meg)\n"
    term = read(text).instances["s1"].values["i"].root
    assert term.operands[0] == Signal("v", ("1", "2"))

    def resistance(term: Term, control: float) -> float:
        if isinstance(term, Constant | Signal):
            return control if isinstance(term, Signal) else term.value
        a = [resistance(o, control) for o in term.operands]
        plain = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "exp": np.exp,
                 "div": lambda x, y: x / y, "max": max, "min": min}  # fmt: skip
        return plain[term.name](*a)

    for control, expected in ((-1, 1e6), (0, 1e6), (0.5, 1e3), (1, 1), (5, 1)):
        assert resistance(term.operands[1], control) == pytest.approx(expected)


def test_long_sums_stay_flat(read) -> None:
    text = "+".join(["v(a)"] * 3000)
    root = read(f"{CARDS}b1 q 0 v={text}\n").instances["b1"].values["v"].root
    depth, level = 0, [root]
    while level:
        depth, level = depth + 1, [o for t in level if isinstance(t, Operation) for o in t.operands]
    assert depth < 20


def test_functions_that_multiply_end(errors) -> None:
    functions = "".join(f".func f{i}(x) {{f{i + 1}(x)+f{i + 1}(x)}}\n" for i in range(40))
    (error,) = errors(f"{functions}.func f40(x) {{x}}\nva a 0 1\nb1 q 0 v=f0(v(a))\n")
    assert "too large" in error.message


def test_errors_in_expressions_point_at_the_character(errors) -> None:
    (error,) = errors("va a 0 1\nb1 q 0 v = v(a) +\n+ 2*sine(v(a))\n")
    assert "unknown function 'sine'; did you mean 'sin'" in error.message
    assert (error.position.line, error.position.column) == (4, 5)
