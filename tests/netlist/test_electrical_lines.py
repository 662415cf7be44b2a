"""Electrical element lines: what each letter makes of nodes, values and keywords. Numbers as in ngspice 39."""

from __future__ import annotations

import numpy as np
import pytest

MODELS = """.param big=2k
.model rm r(rsh=100 narrow=0.1u short=0.05u tc1=1m)
.model rr r r=3k
.model cm c(cap=5p)
.model cs c cj=1m, cjsw=1n narrow=0.1u short=0.05u
.model lm l (ind=1m)
.model 1n4148 d(is=2n rs=0.5 n=1.7 cjo=4p m=0.35 tt=6n bv=100 ibv=100u)
.model sm sw(vt=0.5 vh=0.1 ron=100 roff=1g)
.model wm csw(it=1m ih=0.1m)
.model qn npn(is=1f va=50 ccs=1p level=1)
.model qp pnp bf=50, re=1
.model mn nmos(vt0=0.7 u0=500 level=1)
.model mp pmos
.model jn njf(vto=-1)
.model jp pjf
vx x 0 1
"""

LINES = [
    ("r1 a b 1k", "r", {"r": 1e3}),
    ("r1 (a,b) 1k", "r", {"r": 1e3}),
    ("r1 a,b, 1k", "r", {"r": 1e3}),
    ("r1 a b r=1k", "r", {"r": 1e3}),
    ("r1 a b resistance = {big*2}", "r", {"r": 4e3}),
    ("r1 a b '2*1k'", "r", {"r": 2e3}),
    ("r1 a b big", "r", {"r": 2e3}),
    ("r1 a b 2k tc=1m,2u m=3", "r", {"r": 2e3, "tc1": 1e-3, "tc2": 2e-6, "m": 3}),
    ("r1 a b 2k ac=5k tc1=1m temp=50 dtemp=1", "r", {"r": 2e3, "ac": 5e3, "tc1": 1e-3, "temp": 50, "dtemp": 1}),
    ("r1 a b rm l=10u w=2u", "r", {"rsh": 100, "narrow": 1e-7, "short": 5e-8, "tc1": 1e-3, "l": 1e-5, "w": 2e-6}),
    ("r1 a b 2k rm", "r", {"rsh": 100, "narrow": 1e-7, "short": 5e-8, "tc1": 1e-3, "r": 2e3}),
    ("r1 a b rr", "r", {"r": 3e3}),
    ("r1 a b -1k", "r", {"r": -1e3}),
    ("c1 a b 1n ic=2", "c", {"c": 1e-9, "ic": 2}),
    ("c1 a b c={1u*2} m=2", "c", {"c": 2e-6, "m": 2}),
    ("c1 a b cm", "c", {"cap": 5e-12}),
    ("c1 a b cs l=10u", "c", {"cj": 1e-3, "cjsw": 1e-9, "narrow": 1e-7, "short": 5e-8, "l": 1e-5}),
    ("l1 a b 1m ic=1m", "l", {"l": 1e-3, "ic": 1e-3}),
    ("l1 a b lm", "l", {"ind": 1e-3}),
    ("v1 a b 5", "v", {"dc": 5}),
    ("v1 a b", "v", {"dc": 0}),
    ("v1 (a,b) dc=2", "v", {"dc": 2}),
    ("v1 a b dc 2 ac 1 90", "v", {"dc": 2, "ac": 1, "acphase": 90}),
    ("v1 a b ac 1 0 dc 5", "v", {"dc": 5, "ac": 1, "acphase": 0}),
    ("v1 a b ac", "v", {"dc": 0, "ac": 1}),
    ("v1 a b dc='big*2'", "v", {"dc": 4e3}),
    ("i1 a b 1m m=3", "i", {"dc": 1e-3, "m": 3}),
    ("e1 a b c d 10", "e", {"gain": 10}),
    ("e1 a b (c,d) 10", "e", {"gain": 10}),
    ("g1 a b c d 1m m=2", "g", {"gain": 1e-3, "m": 2}),
    ("f1 a b vx 5", "f", {"gain": 5}),
    ("h1 a b vx {big}", "h", {"gain": 2e3}),
    ("d1 a b 1n4148 3 off", "d", {"is": 2e-9, "rs": 0.5, "n": 1.7, "cjo": 4e-12, "mj": 0.35, "tt": 6e-9, "bv": 100,
                                 "ibv": 1e-4, "area": 3, "off": 1}),
    ("d1 a b 1n4148 area=2 m=4 temp=50 ic=0.6", "d", {"is": 2e-9, "rs": 0.5, "n": 1.7, "cjo": 4e-12, "mj": 0.35,
                                                    "tt": 6e-9, "bv": 100, "ibv": 1e-4, "area": 2, "m": 4, "temp": 50,
                                                    "ic": 0.6}),
    ("q1 a b c qn", "q", {"is": 1e-15, "vaf": 50, "cjs": 1e-12, "polarity": "npn"}),
    ("q1 a b c qn 2 off", "q", {"is": 1e-15, "vaf": 50, "cjs": 1e-12, "polarity": "npn", "area": 2, "off": 1}),
    ("q1 a b c d qp area=2 m=3 ic=0.6,5", "q", {"bf": 50, "re": 1, "polarity": "pnp", "area": 2, "m": 3, "icvbe": 0.6,
                                                "icvce": 5}),
    ("q1 a b c qp big", "q", {"bf": 50, "re": 1, "polarity": "pnp", "area": 2e3}),
    ("m1 a b c d mn w=2u l=0.6u ad=3p as=4p pd=7u ps=8u nrd=2 nrs=3 m=2", "m",
     {"vto": 0.7, "uo": 500, "polarity": "n", "w": 2e-6, "l": 0.6e-6, "ad": 3e-12, "as": 4e-12, "pd": 7e-6, "ps": 8e-6,
      "nrd": 2, "nrs": 3, "m": 2}),
    ("m1 a b c d mp ic=1, 2 off temp=50", "m", {"polarity": "p", "icvds": 1, "icvgs": 2, "off": 1, "temp": 50}),
    ("j1 a b c jn", "j", {"vto": -1, "polarity": "n"}),
    ("j1 a b c jp off area={big/1k} ic=5", "j", {"polarity": "p", "off": 1, "area": 2, "icvds": 5}),
    ("s1 a b c d sm", "s", {"vt": 0.5, "vh": 0.1, "ron": 100, "roff": 1e9}),
    ("s1 a b c d sm on", "s", {"vt": 0.5, "vh": 0.1, "ron": 100, "roff": 1e9, "state": "on"}),
    ("w1 a b vx wm off", "w", {"it": 1e-3, "ih": 1e-4, "state": "off"}),
    ("t1 a b c d z0=50 td=1n", "t", {"z0": 50, "td": 1e-9}),
    ("t1 a b c d zo=50 f=1g", "t", {"z0": 50, "td": 0.25e-9}),
    ("t1 a b c d z0=50 f=1g nl=0.5 ic=1,2,3,4", "t", {"z0": 50, "td": 0.5e-9, "ic": (1, 2, 3, 4)}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "device", "values"), LINES)
def test_values(read, line: str, device: str, values: dict[str, float]) -> None:
    found = read(MODELS + line + "\n").instances[line.split()[0]]
    assert found.device.name == device
    assert set(found.values) == set(values)
    for key, value in values.items():
        assert found.values[key] == (pytest.approx(value, rel=1e-15) if not isinstance(value, str) else value), key
    wired = [found.nets[port] for port in found.device.ports if found.nets[port] != "0"]
    assert wired == ["a", "b", "c", "d"][: len(wired)]
    assert len(wired) >= len(found.device.ports) - (device == "q")
    references = {"f": ("vx",), "h": ("vx",), "w": ("vx",)}
    assert found.references == references.get(device, ())


@pytest.mark.parametrize(
    ("text", "times", "expected"),
    [
        ("pulse(0 1 0 1n 1n 1u 2u)", [0.5e-6, 1.5e-6], [1, 0]),
        ("pulse 0 1 0 1n 1n 1u 2u", [0.5e-6, 1.5e-6], [1, 0]),
        ("PULSE(0,1,0,1n,1n,1u,2u)", [0.5e-6, 1.5e-6], [1, 0]),
        ("3 pulse(0 1 0 1n 1n {big*0.5n} 2u)", [0.5e-6, 1.5e-6], [1, 0]),
        ("sin(0.5 1 1k 1m 0 45)", [0.5e-3], [0.5 + np.sin(np.pi / 4)]),
        ("pwl(0 0 1u 1 2u 0) r=0 td=1u", [0.5e-6, 2e-6, 3.5e-6], [0, 1, 0.5]),
        ("pwl(0 0 1u 1 2u 0 r=0 td=1u)", [0.5e-6, 2e-6, 3.5e-6], [0, 1, 0.5]),
        ("pwl 0 0 1u 1 r=0", [1.5e-6], [0.5]),
        ("exp(0 1 0 2u 100u 2u) ac 1", [3e-6], [1 - np.exp(-2.99 / 2)]),
        ("dc 0 am(0.5 1 500 6k 0.2m)", [0.1e-3], [0]),
    ],
)
def test_shapes(read, text: str, times: list[float], expected: list[float]) -> None:
    source = read(f".param big=2k\nv1 a 0 {text}\n").instances["v1"]
    shape = source.values["wave"].resolve(1e-8, 1e-5)
    np.testing.assert_allclose(shape(np.array(times)), expected, atol=1e-9)
    assert source.values.get("dc") == {"3": 3.0, "d": 0.0}.get(text[0])


def test_a_resistance_of_zero_is_warned_about(read) -> None:
    circuit = read("r1 1 0 0\n")
    assert "a resistance of 0 is taken as 1 milliohm" in circuit.warnings[0]


def test_unknown_model_parameters_are_ignored_with_a_warning(read) -> None:
    circuit = read("d1 1 0 dm\nd2 1 0 dm\n.model dm d(is=1f foo=3 kf=1)\n")
    (warning,) = circuit.warnings
    assert "model dm: unknown parameter 'foo' is ignored" in warning
    assert circuit.instances["d1"].values == {"is": 1e-15}


def test_couplings_are_told_by_what_they_couple(read) -> None:
    circuit = read("k1 l1 l2 -0.9\nl1 a 0 1m\nl2 b 0 1m\nk2 x1 x2 j=1e9\nx1 nc1 nc2 resonator\nx2 nc3 nc4 resonator\n")
    assert circuit.instances["k1"].device.name == "mutual"
    assert circuit.instances["k1"].values == {"k": -0.9}
    assert circuit.instances["k1"].references == ("l1", "l2")
    assert circuit.instances["k2"].device.name == "k"


def test_ground_has_two_names_and_gnd_with_a_mark_is_none_of_them(read) -> None:
    circuit = read(".subckt s a\nr1 a gnd 1k\n.ends\nx1 1 s\nr2 gnd! 0 1\nr3 00 01 1\n")
    assert circuit.instances["x1.r1"].nets == {"p": "1", "n": "0"}
    assert {"gnd!", "00", "01"} < set(circuit.nets)
    assert "x1.gnd" not in circuit.nets


def test_loops_make_electrical_elements(read) -> None:
    circuit = read(".param n=3\n.for i 1 {n}\nr{i} n{i-1} n{i} {i*1k}\nb{i} q{i} 0 v=v(n{i})*{i}\n.endfor\n")
    assert [circuit.instances[f"r{i}"].values["r"] for i in (1, 2, 3)] == [1e3, 2e3, 3e3]
    assert circuit.instances["r2"].nets == {"p": "n1", "n": "n2"}
    assert str(circuit.instances["b3"].values["v"].root.operands[0]) == "v(n3)"


# -- subcircuits ----------------------------------------------------------------------------------------------------


def test_a_controlling_element_is_looked_for_in_the_same_subcircuit_first(read) -> None:
    text = """vs 9 0 5
.subckt s a b
vs a m 0
f1 0 b vs 2
h1 q 0 vs 3
w1 q b vs wm
b1 b 0 i=i(vs)
.ends
x1 1 2 s
f2 0 3 v.x1.vs 1
f3 0 3 x1.vs 1
.model wm csw
"""
    circuit = read(text)
    for name in ("x1.f1", "x1.h1", "x1.w1", "f2", "f3"):
        assert circuit.instances[name].references == ("x1.vs",)
    assert circuit.instances["x1.b1"].values["i"].root.names == ("x1.vs",)


def test_m_of_a_subcircuit_makes_copies_of_all_inside(read) -> None:
    text = """.subckt s a b
r1 a m 1k
c1 m 0 1n m=2
l1 m q 1m
v1 q 0 1
i1 a 0 1m
g1 a 0 m 0 1m
f1 a 0 v1 5
h1 h 0 v1 5
e1 e 0 a 0 2
b1 a 0 i=i(v1)*v(a)
b2 z 0 v=i(v1)
d1 a 0 dm 2
s1 a b m 0 sm
w1 a b v1 wm
t1 a 0 b 0 z0=50 td=1n
.ends
.model dm d
.model sm sw(ron=10)
.model wm csw(it=1m)
x1 p q s m=4
"""
    values = {n.removeprefix("x1."): i.values for n, i in read(text).instances.items()}
    assert [values[n]["m"] for n in ("r1", "c1", "l1", "i1", "g1", "b1", "d1")] == [4, 8, 4, 4, 4, 4, 4]
    assert values["v1"] == {"dc": 1}
    assert values["e1"] == {"gain": 2}
    # The current of v1 is that of all copies: F and H take a share of it each.
    assert values["f1"] == {"gain": 5 / 4, "m": 4}
    assert values["h1"] == {"gain": 5 / 4}
    assert "div" in str(values["b2"]["v"].root)
    assert values["s1"] == {"ron": 2.5, "roff": 0.25e12}
    assert values["w1"] == {"it": 4e-3, "ih": 0.0, "ron": 0.25, "roff": 0.25e12}
    assert values["t1"]["z0"] == 12.5


def test_m_of_nested_subcircuits_multiplies(read, errors) -> None:
    nested = ".subckt in a\nr1 a 0 1k\n.ends\n.subckt out a\nx1 a in m=2\n.ends\n"
    assert read(nested + "x1 p out m=3\n").instances["x1.x1.r1"].values["m"] == 6
    assert "must be above zero" in errors(nested + "x1 p out m=0\n")[0].message
    optical = ".subckt s a\nxw a nc waveguide\n.ends\nx1 b s m=2\n"
    assert "multiplies electrical elements" in errors(optical)[0].message


def test_models_and_parameters_are_scoped(read) -> None:
    text = """.param k=1
.model dm d(is={k*1f})
.subckt s a k=2
.model dm d(is={k*1f})
d1 a 0 dm
.ends
x1 p s
x2 p s k=3
d1 p 0 dm
"""
    found = read(text).instances
    assert [found[n].values["is"] for n in ("x1.d1", "x2.d1", "d1")] == pytest.approx([2e-15, 3e-15, 1e-15])


def test_substrate_is_the_node_before_a_model(read) -> None:
    models = ".model qn npn\n.model s npn\n"
    assert read(models + "q1 c b e qn\n").instances["q1"].nets == {"c": "c", "b": "b", "e": "e", "s": "0"}
    assert read(models + "q1 c b e s qn\n").instances["q1"].nets["s"] == "s"
    inside = ".subckt x c b e\nq1 c b e s qn 2\nr1 s 0 1\n.ends\nx1 c b e x\n"
    found = read(models + inside).instances["x1.q1"]
    assert found.nets["s"] == "x1.s"
    assert found.values["area"] == 2


def test_options_size_transistors_that_give_no_size(read) -> None:
    text = "m1 d g 0 0 mm\nm2 d g 0 0 mm w=5u as=1p\n.model mm nmos\n.options defw=20u defl=2u defad=3p defas=4p\n"
    circuit = read(text)
    sizes = {"w": 2e-5, "l": 2e-6, "ad": 3e-12, "as": 4e-12}
    assert {k: circuit.instances["m1"].values[k] for k in sizes} == sizes
    assert {k: circuit.instances["m2"].values[k] for k in sizes} == {**sizes, "w": 5e-6, "as": 1e-12}


def test_copies_of_a_subcircuit_multiply_its_transistors(read) -> None:
    circuit = read(".subckt s d\nm1 d d 0 0 mm m=2\nq1 d d 0 qm\n.ends\nx1 d s m=3\n.model mm nmos\n.model qm npn\n")
    assert [circuit.instances[name].values["m"] for name in ("x1.m1", "x1.q1")] == [6, 3]
