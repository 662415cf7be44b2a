"""Hostile netlists raise sentences, and large ones load in seconds."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdsim.errors import NetlistError, TdsimError
from tdsim.netlist import load, loads

SEED = """ring
.param len=100u n={2*3} loss=200 w=[1 2]
.func f(x) {x*2+len}
.subckt ring in out kk=0.1
Xdc in r2 r1 out coupler coupling={kk}
Xwg r1 r2 waveguide length={f(1u)} loss={loss}
.ends
.model bus waveguide(neff=2.35 ng=4.2)
Xl a laser power=pulse(0 1m 10p 1p 1p 100p)
Xr0 a n0 ring kk=0.2
.for i 0 {n-1}
Xr{i+1} n{i} n{i+1} ring kk={0.1+0.01*i}
.endfor
.if (n > 5)
Xb n{n} c bus length=250u
.else
Xb n{n} c bus
.endif
Xm nc1 nc2 nc3 resonator kappa=[1g 2g 3g]
Xk nc4 resonator kappa=[1g]
Kab xm xk j=1e9
.carrier 1550n 1551n
.port out c
.save p(n{n}) e(xr1.xdc.o1)
.options seed=3 delay=round
.ic x(xm.cavity)=1m
.tran 0.1p 100p
.sparam 11 span=10g
.meas tran m1 max p(n6) from=10p to=50p
.meas tran m2 when p(n6)=0.5 rise=1
.end
"""
ELECTRICAL = """an electrical netlist of nearly everything
.param k=2 tau={5u}
.func par(a,b) {a*b/(a+b)}
.subckt two i o k=2
ra i m {par(1k,k)} tc=1m,2u
c1 m 0 1n ic=1
d1 o 0 dl area=2
vs m q 0
f1 0 o vs 2
b1 o 0 i=v(i)*i(vs)/k+ddt(v(m))
.ends two
.model dl d(is={1e-14*k} n=1.2)
.model sm sw(vt=0.5 vh=0.1)
.model wm csw(it=1m)
v1 in 0 dc 1 ac 1 90 pulse(0 {k} 1u 0.1u 0.1u 20u 50u)
i1 0 o1 pwl(0 0 1u 1m) r=0 td=1n
x1 in o1 two m=2
x2 in o2 two k=4
e1 e 0 (o1,0) 3
g1 e 0 poly(2) o1 0 o2 0 0 1 1 1
e2 e2 0 table {v(in)} = (0,0) (1,10)
h1 h 0 v1 1k
s1 in o1 o2 0 sm on
w1 in o2 v1 wm
l1 in h 1m ic=1m
l2 h 0 1m
k1 l1 l2 0.5
t1 in 0 o1 0 z0=50 td=1n
b2 p 0 v = v(in)>0.5 ? i(l1) : i(x1.ra)
.ic v(o1)=1 v(x1.m)={k}
.nodeset v(o2)=0.5
.op
.dc v1 0 1 0.1 temp 0 50 25
.ac dec 10 1 1meg
.tran 0.2u 60u uic
.control
run
plot v(1)
.endc
.save v(o1) i(v.x1.vs) @x1.ra[r]
.print ac vdb(o1)
.meas ac f3 when vdb(o1)=-3
.meas tran m1 max v(o1,o2) from=1u
.options reltol=1e-4 noopiter
.end
"""
TOKENS = list("{}()[]=,'\"+-%!?:*xéİ")
TOKENS += ["1e9", "1e400", "4k7", "{1/0}", "nan", "inf", "-1", "pulse", "file("]
TOKENS += ["\n+", ".for i 0 9\n", ".ends\n", ".subckt q a\n", ".include x\n", ".if (0)\n", "\\\\\n", "\0", "\ud800"]
TOKENS += [
    ".param a=b b=a\n",
    "poly(2)",
    "v(",
    "i(r1)",
    " v=",
    "table {",
    "ac ",
    " m=",
    "\uefff",
    "l1 l2",
    "r=0",
    "\nk9 ",
]


def mutate(text: str, changes: list[tuple[int, int, str]]) -> str:
    for where, length, new in changes:
        at = where % (len(text) + 1)
        text = text[:at] + new + text[at + length :]
    return text


changes = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 12), st.sampled_from(TOKENS)), min_size=1, max_size=6)


@given(changes)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_netlists_raise_nothing_but_our_errors(changed: list[tuple[int, int, str]]) -> None:
    for seed in (SEED, ELECTRICAL):
        with contextlib.suppress(TdsimError):
            loads(mutate(seed, changed))


def test_the_seed_is_good() -> None:
    assert len(loads(SEED).instances) == 19
    assert len(loads(ELECTRICAL).instances) == 26


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.sampled_from(["mirror", "a,o1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["component", "settings", "R", "a", "p1", "p2", "wl", "dt", "links"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["instances", "connections", "nets", "ports", "settings", "meta"]), json_like))
@settings(max_examples=200, deadline=None)
def test_odd_dictionaries_raise_nothing_but_our_errors(data: dict) -> None:
    with contextlib.suppress(TdsimError):
        load(data)


def test_a_hundred_thousand_instances_load_in_seconds() -> None:
    lines = [f"Xw{i} n{i} n{i + 1} waveguide length={i + 1}u neff=2.34 ng=4.2" for i in range(100_000)]
    start = time.process_time()
    circuit = loads("\n".join(["large", *lines, ".tran 1p 1n"]))
    assert len(circuit.instances) == 100_000
    assert time.process_time() - start < 10


def test_a_file_of_nothing_but_errors_is_refused_in_seconds() -> None:
    start = time.process_time()
    for line in ("Xw{0} a{0} b{0} wavegide", "zz", ".foo", "Xw{0} a{0} b{0} waveguide length=-1", "Kab{0} x y"):
        with pytest.raises(NetlistError) as info:
            loads("\n".join(["bad", *(line.format(i) for i in range(20_000))]))
        assert len(info.value.diagnostics) <= 102
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "line",
    [
        "r{0} n{0} n{1} {1}k",
        "v{0} n{0} 0 dc 1 pulse(0 1 0 1n 1n {1}u 2)",
    ],
)
def test_a_hundred_thousand_electrical_lines_load_in_seconds(line: str) -> None:
    lines = [line.format(i, i + 1) for i in range(100_000)]
    start = time.process_time()
    circuit = loads("\n".join(["large", *lines, ".op"]))
    assert len(circuit.instances) == 100_000
    assert time.process_time() - start < 10
