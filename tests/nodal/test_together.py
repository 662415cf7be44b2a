"""Runs that go together are what they are alone, to the bit."""

import numpy as np
import pytest

import tdsim
from tdsim.engine.kernel import compiled
from tdsim.netlist import loads
from tdsim.nodal import block
from tdsim.nodal.curves import tanh
from tdsim.nodal.eights import above, differs, gather, load, size, spread, store, where
from tdsim.nodal.memory import number_at

DIODES = """A rectifier with a filter
v1 in 0 sin(0 5 1meg)
r1 in a 50
d1 a b dm
d2 0 a dm
c1 b 0 1n
r2 b 0 1k
l1 b c 10u
r3 c 0 200
.model dm d(is=1e-14 n=1.1 rs=5 cjo=50f vj=0.8 tt=10p)
.save v(a) v(b) i(l1)
.tran 20n 2u
.end
"""
LAWS = """Expressions of every kind, each neuron joined to the next
v1 in 0 pulse(0 1 0.1u 0.1u 0.1u 0.5u 1u)
r1 in a 1k
c1 a 0 100p
b1 0 a i=1m*(tanh(2*v(b))-v(a)*v(in))
c2 b 0 100p
r2 b 0 1k
b2 0 b i=1m*(v(a)>0.2 ? min(v(a),0.5) : -v(a)/(1+v(b)^2))
b3 c 0 v=sqrt(abs(v(a)))+pwl(v(b),-1,0,0,0.5,1,2)+max(v(a),v(b))*exp(-v(b))
r3 c d 1k
c3 d 0 50p
b4 0 d i=1e-10*ddt(tanh(v(a)))+1u*table(v(b),0,0,1,1)
.save v(a) v(b) v(c) v(d)
.tran 20n 2u
.end
"""
INVERTERS = """Three inverters in a ring
vdd vdd 0 3.3
r1 vdd s 100
mn0 r1 r0 0 0 nch w=2u l=0.6u
mp0 r1 r0 s s pch w=5u l=0.6u
mn1 r2 r1 0 0 nch w=2u l=0.6u
mp1 r2 r1 s s pch w=5u l=0.6u
mn2 r0 r2 0 0 nch w=2u l=0.6u
mp2 r0 r2 s s pch w=5u l=0.6u
c0 r0 0 20f
c1 r1 0 20f
c2 r2 0 20f
.model nch nmos(level=1 vto=0.7 kp=110u gamma=0.4 lambda=0.04 phi=0.7 tox=14n cgso=0.2n cgdo=0.2n cj=0.5m)
.model pch pmos(level=1 vto=-0.8 kp=40u gamma=0.5 lambda=0.05 phi=0.7 tox=14n cgso=0.2n cgdo=0.2n cj=0.6m)
.nodeset v(r0)=3.3 v(r1)=0
.save v(r0) v(r1)
.tran 20p 2n
.end
"""
SWITCHES = """A switch that discharges what a pulse charges, and a line
v1 in 0 pulse(0 1 0.1u 0.1u 0.1u 1u 2u)
r1 in a 1k
c1 a 0 0.3n
s1 a f a 0 sw
r3 f 0 100
t1 a 0 e 0 z0=50 td=100n
r2 e 0 5k
.model sw sw(vt=0.5 vh=0.2 ron=10 roff=1meg)
.save v(a) v(e)
.tran 50n 5u
.end
"""
LINEAR = """A filter
v1 in 0 pulse(0 1 1u 10n 10n 2u 5u)
r1 in a 1k
l1 a b 1m
c1 b 0 1n
r2 b 0 10k
.save v(b) i(l1)
.tran 50n 5u
.end
"""
JUNCTIONS = """Transistors and diodes that break down
v1 in 0 sin(0 8 1meg)
v2 vcc 0 5
r1 in a 1k
d1 a 0 dz
d2 0 e dz
r2 a e 500
q1 c e 0 qn
r3 vcc c 2k
q2 0 c f qp
r4 vcc f 1k
j1 vcc f g jn
r5 g 0 1k
c1 g 0 10p
.model dz d(is=1e-14 rs=10 bv=4 ibv=1m cjo=2p tt=2n)
.model qn npn(is=1e-16 bf=100 vaf=50 ikf=0.1 rb=20 cje=1p cjc=0.5p tf=0.1n xtf=2 vtf=4 itf=0.05)
.model qp pnp(is=1e-16 bf=50 cje=1p cjc=0.5p tf=0.2n)
.model jn njf(vto=-2 beta=1m lambda=0.01 cgs=1p cgd=1p)
.save v(a) v(c) v(g)
.tran 10n 1u
.end
"""
NETLISTS = {
    "diodes": DIODES,
    "junctions": JUNCTIONS,
    "laws": LAWS,
    "inverters": INVERTERS,
    "switches": SWITCHES,
    "linear": LINEAR,
}
RESISTANCES = np.linspace(0.5, 2.0, 11)


def simulate(netlist, runs=11, **params):
    circuit = loads(netlist)
    card, r1 = circuit.analyses[0], float(circuit.instances["r1"].values["r"])
    given = {"r1.r": r1 * RESISTANCES[:runs]} | params
    return tdsim.transient(circuit, step=card.step, stop=card.stop, params=given)


def same(one, other, runs=slice(None)):
    names = [name for name in one.data_vars if "run" in one[name].dims]
    assert names
    return all(np.array_equal(one[name].values, other[name].values[runs], equal_nan=False) for name in names)


@pytest.fixture
def alone(monkeypatch):
    def simulated(*arguments, **params):
        with monkeypatch.context() as patched:
            patched.setattr(block, "FEWEST", 1000)
            return simulate(*arguments, **params)

    return simulated


@pytest.mark.parametrize("name", NETLISTS)
def test_runs_together_are_what_they_are_alone(name, alone):
    together, apart = simulate(NETLISTS[name]), alone(NETLISTS[name])
    assert same(together, apart)
    assert not same(together, apart, slice(None, None, -1))  # the runs differ
    for effort in ("steps", "rejected", "iterations", "events"):
        assert together.attrs[effort] == apart.attrs[effort]


def test_who_else_is_there_does_not_matter():
    assert same(simulate(DIODES, 5), simulate(DIODES), slice(0, 5))


def test_laws_may_differ_from_run_to_run(alone):
    netlist = LAWS.replace("b3 c 0 v=", "r4 a 0 r='1k*(1+v(b)^2)' m=2\nb3 c 0 v=")
    several = {"r4.m": np.where(np.arange(11) % 3, 1.0, 2.0)}
    assert same(simulate(netlist, **several), alone(netlist, **several))


def test_a_run_with_other_pivots_goes_alone(alone):
    netlist = DIODES.replace(".save", ".options pivtol=1e-2\n.save")
    assert same(simulate(netlist), alone(netlist))


def test_without_fibers_the_results_are_the_same(monkeypatch):
    together = simulate(DIODES, 3)
    monkeypatch.setattr(block, "possible", lambda: False)
    assert same(together, simulate(DIODES, 3))


def test_threads_share_out_blocks():
    assert same(simulate(DIODES), simulate(DIODES.replace(".save", ".options threads=3\n.save")))


NEURONS = """Three neurons, the last of which hears the first late
v1 in 0 1
r1 a 0 1k
c1 a 0 1n
b1 0 a i=1m*tanh(2*v(b)-v(c)+0.3*v(in))
r2 b 0 1k
c2 b 0 1n
b2 0 b i=1m*(tanh(v(a))+0.1)
r3 c 0 1k
c3 c 0 1n
b3 0 c i=1m*tanh(delay(v(a),0.4u))
.save v(a) v(b) v(c)
.end
"""


@pytest.mark.parametrize("delay", ["delay(v(a),0.4u)", "v(a)"])
def test_runs_that_settle_together_do_so_as_alone(monkeypatch, delay):
    circuit = loads(NEURONS.replace("delay(v(a),0.4u)", delay))
    found = []
    for fewest in (3, 1000):
        monkeypatch.setattr(block, "FEWEST", fewest)
        found.append(tdsim.settle(circuit, tmax=50e-6, step=50e-9, params={"r1.r": 1e3 * RESISTANCES}))
    assert same(*found)
    assert not same(*found, slice(None, None, -1))


def test_the_run_that_fails_is_told():
    netlist = LAWS.replace("sqrt(abs(v(a)))", "log(0.3-v(a))")
    with pytest.raises(tdsim.SimulationError, match="the expression of b3 is undefined"):
        simulate(netlist)


@compiled
def every_operation(numbers, table, found):
    x, y = load(numbers, 0), load(numbers, 1)
    store(found, 0, x + y)
    store(found, 1, x - y)
    store(found, 2, x * y)
    store(found, 3, x / y)
    store(found, 4, where(above(x, y), x, size(y)))
    store(found, 5, gather(table, 2))
    return above(x, y), differs(x, spread(0.5))


@compiled
def all_tangents(numbers, found, eights):
    for k in range(found.size):
        found[k] = tanh(number_at(numbers, k))
    for k in range(found.size // 8):
        store(eights, k, tanh(load(numbers, k)))


def test_tanh_of_eight_is_that_of_one_and_exact():
    random = np.random.default_rng(2)
    signs = random.choice([-1, 1], 4000)
    numbers = np.concatenate([random.normal(size=4000), signs * 10.0 ** random.uniform(-18, 3, 4000)])
    numbers[:6] = 0.0, np.inf, -np.inf, np.nan, 1e300, -0.0
    found, eights = np.zeros_like(numbers), np.zeros_like(numbers)
    all_tangents(numbers.ctypes.data, found, eights.ctypes.data)
    np.testing.assert_array_equal(found, eights)
    np.testing.assert_allclose(found, np.tanh(numbers), rtol=8e-16)


def test_eights_are_eight_numbers():
    random = np.random.default_rng(1)
    numbers, others, found = random.normal(size=(2, 8)), random.normal(size=(8, 3)), np.zeros((6, 8))
    numbers[0, 2:4] = 0.5, np.nan
    table = np.array([row.ctypes.data for row in others])
    bits, odd = every_operation(numbers.ctypes.data, table.ctypes.data, found.ctypes.data)
    x, y = numbers
    np.testing.assert_array_equal(found, [x + y, x - y, x * y, x / y, np.where(x > y, x, abs(y)), others[:, 2]])
    assert [bits >> k & 1 for k in range(8)] == (x > y).tolist()
    assert [odd >> k & 1 for k in range(8)] == (x != 0.5).tolist()
