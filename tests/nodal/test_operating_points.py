"""Circuits whose operating points are hard to find: feedback of high gain, long chains, several solutions.

The answers are those of ngspice 39 with reltol 1e-6. It gives none for the long ring (there the balance of one inverter
is the answer).
"""

import numpy as np
import pytest

import tdsim
from tdsim.cli import main
from tdsim.netlist import loads

MOS = """.model nch nmos(level=1 vto=0.7 kp=110u gamma=0.45 phi=0.7 lambda=0.05)
.model pch pmos(level=1 vto=-0.8 kp=42u gamma=0.5 phi=0.7 lambda=0.06)
"""
BIPOLAR = """.model npn npn(is=1e-16 bf=150 vaf=80 ikf=20m ise=1e-14 ne=1.6 br=4 rb=100 re=1 rc=20)
.model pnp pnp(is=2e-16 bf=60 vaf=50 ikf=10m ise=1e-14 ne=1.6 br=3 rb=150 re=2 rc=30)
"""

CIRCUITS = {
    "cascode_mirror": (
        """cascoded mirror of five outputs
vdd vdd 0 3.3
i1 vdd a 50u
m1 a a b 0 nch w=10u l=1u
m2 b b 0 0 nch w=10u l=1u
.for k 1 5
mc{k} o{k} a c{k} 0 nch w={10u*k} l=1u
md{k} c{k} b 0 0 nch w={10u*k} l=1u
r{k} vdd o{k} {10000/k}
.endfor
"""
        + MOS,
        {"v(a)": 2.19636844, "v(b)": 0.994284977, "v(o1)": 2.79991806, "v(o5)": 2.7999181, "v(c5)": 0.997725288},
    ),
    "nand_latch": (
        """set-reset latch of nand gates, told which way
vdd vdd 0 3.3
vs s 0 3.3
vr r 0 3.3
.subckt nand a b y vdd
m1 y a x 0 nch w=4u l=0.6u
m2 x b 0 0 nch w=4u l=0.6u
m3 y a vdd vdd pch w=5u l=0.6u
m4 y b vdd vdd pch w=5u l=0.6u
.ends
x1 s qb q vdd nand
x2 r q qb vdd nand
.nodeset v(q)=3.3 v(qb)=0
"""
        + MOS,
        {"v(q)": 3.29999999, "v(qb)": 6.94405591e-09},
    ),
    "cmos_opamp": (
        """two-stage CMOS amplifier as a follower
vdd vdd 0 1.65
vss vss 0 -1.65
ib vdd n1 20u
m8 n1 n1 vss vss nch w=10u l=1u
m5 t n1 vss vss nch w=20u l=1u
m1 a out t vss nch w=50u l=1u
m2 b in t vss nch w=50u l=1u
m3 a a vdd vdd pch w=20u l=1u
m4 b a vdd vdd pch w=20u l=1u
m6 out b vdd vdd pch w=100u l=1u
m7 out n1 vss vss nch w=50u l=1u
vin in 0 0.3
rl out 0 100k
"""
        + MOS,
        {"v(out)": 0.299974494, "v(a)": 0.637750367, "v(b)": 0.631791435, "v(t)": -0.686634615},
    ),
    "high_gain_loop": (
        """a gain of a million in a loop with clamping diodes
v1 in 0 0.2
r1 in m 1k
r2 m out 100k
e1 x 0 0 m 1meg
r3 x out 100
d1 out p dm
v2 p 0 5
d2 n out dm
v3 n 0 -5
d3 m 0 dm
d4 0 m dm
.model dm d(is=1e-14 n=1)
""",
        {"v(out)": -6.0208607, "i(v3)": -1384.0129},
    ),
    "diode_chain": (
        """two hundred diodes in a row
v1 in 0 150
r1 in n0 100
.for k 0 199
d{k} n{k} n{k+1} dm
.endfor
r2 n200 0 1
.model dm d(is=1e-14 n=1 rs=0.1)
""",
        {"v(n0)": 147.707635, "v(n100)": 73.8652793, "v(n200)": 0.0229236509},
    ),
    "starved_ring": (
        """a ring of seven starved inverters, at its balance
vdd vdd 0 3.3
ib vdd nb 5u
mb1 nb nb 0 0 nch w=5u l=1u
mb2 pb nb 0 0 nch w=5u l=1u
mb3 pb pb vdd vdd pch w=10u l=1u
.for k 0 6
mt{k} s{k} nb 0 0 nch w=5u l=1u
mn{k} r{(k+1)%7} r{k} s{k} 0 nch w=2u l=0.6u
mp{k} r{(k+1)%7} r{k} u{k} vdd pch w=5u l=0.6u
mu{k} u{k} pb vdd vdd pch w=10u l=1u
.endfor
"""
        + MOS,
        {"v(r0)": 2.15623628, "v(r3)": 2.15623626, "v(s0)": 1.07195185, "v(u0)": 3.16099091, "v(pb)": 2.34458584},
    ),
    "mos_schmitt": (
        """CMOS Schmitt trigger near its threshold
vdd vdd 0 5
vin in 0 2.4
m1 x in 0 0 nch w=5u l=1u
m2 out in x 0 nch w=5u l=1u
m3 vdd out x 0 nch w=15u l=1u
m4 y in vdd vdd pch w=12u l=1u
m5 out in y vdd pch w=12u l=1u
m6 0 out y vdd pch w=36u l=1u
.nodeset v(out)=5
"""
        + MOS,
        {"v(out)": 4.99999999, "v(x)": 2.83431779, "v(y)": 4.99999999},
    ),
    "bjt_schmitt": (
        """emitter-coupled Schmitt trigger
vcc vcc 0 12
vin in 0 3.0
rb in b1 1k
q1 c1 b1 e npn
rc1 vcc c1 4.7k
ra c1 b2 10k
rbb b2 0 10k
q2 c2 b2 e npn
rc2 vcc c2 2.2k
re e 0 1k
.nodeset v(c1)=12
"""
        + BIPOLAR,
        {"v(c1)": 9.6180986, "v(c2)": 3.91196365, "v(e)": 3.72814533},
    ),
    "bandgap": (
        """bandgap reference with start-up current
vcc vcc 0 5
q3 a a vcc pnp
q4 b a vcc pnp
q1 a ref e1 npn 8
q2 b ref e2 npn
r1 e1 e2 540
r2 e2 0 2.7k
q5 vcc b ref npn
rl ref 0 20k
rs vcc b 500k
"""
        + BIPOLAR,
        {"v(ref)": 1.2959322, "v(b)": 1.99933224, "v(e1)": 0.635201662, "v(e2)": 0.578886166},
    ),
    "bipolar_opamp": (
        """bipolar amplifier with class-B output as a follower
vcc vcc 0 15
vee vee 0 -15
vin in 0 2
q1 a out t npn
q2 b in t npn
rt t vee 15k
q3 a a vcc pnp
q4 b a vcc pnp
q5 g b vcc pnp
d1 g h dm
d2 h f dm
rf f vee 10k
q6 vcc g out npn
q7 vee f out pnp
rl out 0 1k
.model dm d(is=1e-15)
"""
        + BIPOLAR,
        {"v(out)": 1.99960335, "v(a)": 14.2570964, "v(b)": 14.2254978, "v(g)": 2.79406001, "v(t)": 1.24377307},
    ),
    "ttl_gate": (
        """TTL inverter, input between its levels
vcc vcc 0 5
vin in 0 1.3
r1 vcc b1 4k
q1 c1 b1 in npn
r2 vcc c2 1.6k
q2 c2 c1 e2 npn
r3 e2 0 1k
q3 out e2 0 npn
r4 vcc c4 130
q4 c4 c2 e4 npn
d1 e4 out dm
rl out 0 10k
.model dm d(is=1e-15)
"""
        + BIPOLAR,
        {"v(out)": 2.70501337, "v(c1)": 1.30717699, "v(c2)": 4.12666651, "v(e2)": 0.54794415},
    ),
    "thyristor": (
        """two transistors that latch
vcc vcc 0 10
r1 vcc a 1k
q1 b c a pnp
q2 c b 0 npn
rg b 0 10k
ig 0 b 200u
"""
        + BIPOLAR,
        {"v(a)": 1.53098091, "v(b)": 1.34707215, "v(c)": 0.100953929},
    ),
    "wilson_stack": (
        """Wilson mirrors one upon the other
vcc vcc 0 30
r1 vcc a 100k
q1 a b e1 npn
q2 b b 0 npn
q3 e1 b 0 npn
q4 o a b npn
q5 p p vcc pnp
q6 o2 p q pnp
q7 q q vcc pnp
q8 p q vcc pnp
rl o2 0 50k
rx o p 1k
"""
        + BIPOLAR,
        {"v(a)": 1.53465599, "v(b)": 0.769961713, "v(o2)": 3.23691538e-05, "v(p)": 29.2422851},
    ),
    "breakdown_stack": (
        """breakdown diodes, resistors of twelve decades
v1 in 0 100
r1 in a 1k
d1 0 a dz
r2 a b 1g
d2 0 b dz
r3 b c 1m
d3 c 0 dz
d4 d a dz
r4 d 0 1meg
.model dz d(is=1e-14 bv=6.2 ibv=1m rs=2)
""",
        {"v(a)": 6.50436291, "v(b)": 0.344800711, "v(c)": 0.344800711, "v(d)": 0.500911804},
    ),
    "comparator_loop": (
        """steep expressions that oppose each other
v1 in 0 0.37
b1 a 0 v=5*tanh(1e4*(v(in)-v(c)))
r1 a b 1k
c1 b 0 1n
b2 c 0 v=v(b)/10+0.01*sinh(v(b))
rc c 0 1k
""",
        {"v(a)": 2.84348748, "v(c)": 0.36993544},
    ),
    "long_ring": (
        """a ring of 101 inverters, at its balance
vdd vdd 0 3.3
.for k 0 100
mn{k} r{(k+1)%101} r{k} 0 0 nch w=2u l=0.6u
mp{k} r{(k+1)%101} r{k} vdd vdd pch w=5u l=0.6u
.endfor
"""
        + MOS,
        {"v(r0)": 1.59420178, "v(r50)": 1.59420178},
    ),
    "buffer_chain": (
        """forty inverters in a row, at the threshold of the first
vdd vdd 0 3.3
vin r0 0 1.5
.for k 0 39
mn{k} r{k+1} r{k} 0 0 nch w=2u l=0.6u
mp{k} r{k+1} r{k} vdd vdd pch w=5u l=0.6u
.endfor
"""
        + MOS,
        {"v(r1)": 2.80731179, "v(r3)": 3.3, "v(r40)": 3.47202797e-09},
    ),
}

METHODS = ("Newton's method", "gmin stepping", "source stepping", "pseudo-transient analysis")


def rest(text, *signals):
    return tdsim.simulate(loads(f"{text}.op\n.save {' '.join(signals)}\n.end\n"), "op")


@pytest.mark.parametrize("name", CIRCUITS)
def test_operating_point_is_found_and_told_how(name):
    text, answers = CIRCUITS[name]
    found = rest(text, *answers)
    for signal, answer in answers.items():
        assert float(found[signal]) == pytest.approx(answer, rel=2e-6, abs=1e-9), signal
    assert found.attrs["found_by"] in [f"the operating point was found by {method}" for method in METHODS]


@pytest.mark.filterwarnings("error")
def test_another_way_than_newtons_is_no_reason_to_warn():
    assert "gmin stepping" in rest(CIRCUITS["cmos_opamp"][0], "v(out)").attrs["found_by"]


@pytest.mark.parametrize(
    ("text", "said"), [(CIRCUITS["cmos_opamp"][0], ["gmin stepping"]), ("t\nv1 1 0 1\nr1 1 0 1\n", [])]
)
def test_the_command_line_says_when_newtons_method_did_not_do(tmp_path, capsys, text, said):
    (tmp_path / "deck.cir").write_text(f"{text}.op\n.end\n")
    assert main(["run", str(tmp_path / "deck.cir"), "-o", str(tmp_path / "deck.nc")]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "operating point" in line]
    assert told == [f"    the operating point was found by {method}" for method in said]


@pytest.mark.parametrize("high", ["q", "qb"])
def test_nodeset_chooses_the_state_of_a_latch(high):
    low = {"q": "qb", "qb": "q"}[high]
    text = CIRCUITS["nand_latch"][0].replace(".nodeset v(q)=3.3 v(qb)=0", f".nodeset v({high})=3.3 v({low})=0")
    found = rest(text, "v(q)", "v(qb)")
    assert float(found[f"v({high})"]) == pytest.approx(3.3, abs=1e-6)
    assert float(found[f"v({low})"]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("dark", ["1", "2"])
def test_off_chooses_the_state_of_a_latch(dark):
    """A bistable pair of transistors, told that one is off: ngspice answers the same."""
    lines = ["pair", "vcc vcc 0 5", "r1 vcc c1 1k", "r2 vcc c2 1k", "rb1 c2 b1 10k", "rb2 c1 b2 10k"]
    lines += [f"q{k} c{k} b{k} 0 npn{' off' if dark == str(k) else ''}" for k in (1, 2)]
    found = rest("\n".join([*lines, BIPOLAR]), "v(c1)", "v(c2)")
    assert float(found[f"v(c{dark})"]) > 4.5
    assert float(found[f"v(c{3 - int(dark)})"]) < 0.2


def test_errors_of_pivots_do_not_grow_along_a_ring():
    """The gains of all inverters of a ring multiply in an order of pivots that goes along it."""
    found = rest(CIRCUITS["long_ring"][0], *(f"v(r{k})" for k in range(101)))
    voltages = np.array([float(found[f"v(r{k})"]) for k in range(101)])
    assert np.ptp(voltages) < 1e-9


UNDECIDED = """A comparison that has no solution, beside others that have
v1 1 0 pulse(0 1 1u 1n 1n 10u)
r0 1 3 1k
r3 3 0 1k
b3 4 0 v=v(3)>0.2?1:0
b1 2 0 v=v(2)>0.5?0:{value}
r1 2 0 1k
"""


@pytest.mark.parametrize(
    ("value", "analysis", "said"),
    [
        ("1", "op", r"no operating point was found: b1 \(which watches v\(2\)\) goes back and forth"),
        ("3*v(3)", "tran", r"at t = 1 us b1 \(which watches v\(2\), v\(3\)\) goes back and forth"),
    ],
)
def test_a_comparison_without_a_solution_is_named(value, analysis, said):
    """Newton's method converges on either side of it: what switches is told, not some node that settled."""
    circuit = loads(UNDECIDED.replace("{value}", value) + ".op\n.tran 1u 5u\n")
    with pytest.raises(tdsim.TdsimError, match=f"{said}.*hysteresis.*capacitor.*tanh"):
        tdsim.simulate(circuit, analysis)


def test_a_switch_without_a_solution_is_named():
    lines = [
        "t",
        "v1 1 0 1",
        "r1 1 2 1k",
        "s7 2 0 2 0 sm",
        ".model sm sw(vt=0.5)",
        "r9 1 9 1k",
        "d9 9 0 dm",
        ".model dm d",
    ]
    with pytest.raises(tdsim.TdsimError, match=r"s7 \(which watches v\(2\)\) goes back and forth"):
        rest("\n".join([*lines, ""]), "v(2)")
