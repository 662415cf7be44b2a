"""Parameters, subcircuits and models: which name is seen where."""

from __future__ import annotations

import pytest

from tdsim.netlist import load

WG = "waveguide length="


def lengths(circuit) -> dict[str, float]:
    return {n: i.values["length"] for n, i in circuit.instances.items()}


def test_parameters_need_no_order_and_the_last_wins(read) -> None:
    assert read(".param b={a+1} a=1\n.param a = 2 c = 'b * 2' d=a*3\n").parameters == {"a": 2, "b": 3, "c": 6, "d": 6}


def test_lookup_instance_then_default_then_body_then_outside(read) -> None:
    circuit = read(
        f""".param r=1
.subckt s a r=2
Xw a nc {WG}{{r}}
.ends
.subckt s2 a
.param r=4
Xw a nc {WG}{{r}}
.ends
.subckt s3 a
Xw a nc {WG}{{r}}
.ends
xa nc1 s
xb nc2 s r=3
xc nc3 s2
xd nc4 s3
xe nc5 s params: r={{r}}
"""
    )
    assert lengths(circuit) == {"xa.xw": 2, "xb.xw": 3, "xc.xw": 4, "xd.xw": 1, "xe.xw": 1}


def test_defaults_may_use_defaults_and_later_globals(read) -> None:
    circuit = read(f".subckt s a p=1 q={{p*2+g}}\nXw a nc {WG}{{q}}\n.ends\nx1 nc1 s\nx2 nc2 s p=5\n.param g=100\n")
    assert lengths(circuit) == {"x1.xw": 102, "x2.xw": 110}


def test_inner_subcircuits_hide_outer_ones(read) -> None:
    circuit = read(
        f""".subckt outer a
.subckt inner p
Xw p nc {WG}1
.ends
x1 a inner
.ends outer
.subckt inner p
Xw p nc {WG}5
.ends
x1 nc1 outer
x2 nc2 inner
"""
    )
    assert lengths(circuit) == {"x1.x1.xw": 1, "x2.xw": 5}


def test_models_are_scoped_and_see_parameters(read) -> None:
    circuit = read(
        """.param l=3
.model rm waveguide length={l} neff=2
.subckt s a k=1
.model rm waveguide (length={k} neff=2)
Xw a nc rm
.ends
x1 nc1 s k=7
Xw nc2 nc3 rm
Xv nc4 nc5 rm length=9
"""
    )
    assert lengths(circuit) == {"x1.xw": 7, "xw": 3, "xv": 9}
    assert circuit.instances["xv"].values["neff"] == 2


def test_names_of_nets_and_instances_are_hierarchical(read) -> None:
    circuit = read(
        """.global bus
.subckt ring in out
Xdc in l1 l2 out coupler
Xwg l2 l1 waveguide
.ends
Xr1 a b ring
.subckt tap x
Xm bus x mirror
.ends
Xt b tap
"""
    )
    assert list(circuit.instances) == ["xr1.xdc", "xr1.xwg", "xt.xm"]
    assert set(circuit.nets) == {"a", "xr1.l1", "xr1.l2", "b", "bus"}


def test_ports_of_subcircuits_by_name(read, errors) -> None:
    sub = ".subckt s in out k=0.5\nXc in nc1 nc2 out coupler coupling={k}\n.ends\n"
    circuit = read(sub + "x1 s out=b in=a k=0.2\n")
    assert circuit.instances["x1.xc"].nets == {"o1": "a", "o2": "x1.nc1", "o3": "x1.nc2", "o4": "b"}
    assert "wired twice" in errors(sub + "x1 a b s out=c\n")[0].message
    assert "did you mean 'out'" in errors(sub + "x1 s oot=c in=a\n")[0].message


def test_a_bare_word_may_be_a_parameter(read, errors) -> None:
    assert lengths(read(f".param ll=2k\nXw nc1 nc2 {WG}ll\n")) == {"xw": 2000}
    (error,) = errors(f".param ll=2k\nXw nc1 nc2 {WG}lll\n")
    assert "unknown parameter 'lll'; did you mean 'll'" in error.message


def test_a_choice_is_a_word_even_if_a_parameter_has_that_name(read) -> None:
    circuit = read(".param cmt=1\nXr nc1 nc2 ring model=cmt\n")
    assert circuit.instances["xr"].values["model"] == "cmt"


def test_cycles_are_named(errors) -> None:
    (error,) = errors(".param a={b} b={c} c={a}\n")
    assert "a -> b -> c -> a" in error.message


def test_a_broken_parameter_is_reported_once(errors) -> None:
    assert len(errors(f".param a={{1/0}}\nXw nc1 nc2 {WG}{{a}}\nXv nc3 nc4 {WG}{{a*2}}\n")) == 1


def test_errors_in_unused_parameters_are_found(errors) -> None:
    assert "unknown parameter" in errors(".param a={nothing}\n")[0].message


def test_overrides_replace_top_level_parameters() -> None:
    from tdsim.errors import NetlistError
    from tdsim.netlist import loads

    text = "t\n.param a=1 b={2*a}\n.if (b>10)\n.param c=1\n.else\n.param c=2\n.endif\n"
    assert loads(text).parameters == {"a": 1, "b": 2, "c": 2}
    assert loads(text, overrides={"A": "3*2meg"}).parameters == {"a": 6e6, "b": 12e6, "c": 1}
    with pytest.raises(NetlistError, match=r"no parameter 'aa'.*did you mean 'a'"):
        loads(text, overrides={"aa": "1"})
    with pytest.raises(NetlistError, match="--set a:1:4"):
        loads(text, overrides={"a": "1/0+"})


def test_subckt_that_hides_a_device_is_warned_about(read) -> None:
    circuit = read(".subckt coupler a b\nXw a b waveguide\n.ends\nX1 nc1 nc2 coupler\n")
    assert "hides the device 'coupler'" in circuit.warnings[0]
    assert list(circuit.instances) == ["x1.xw"]


def test_a_second_model_or_subcircuit_of_a_name_is_ignored_with_a_warning(read) -> None:
    models = ".model g waveguide(length=1m)\n.model g waveguide(length=2m)\n.model g waveguide(length=1m)\n"
    circuit = read(models + "Xw nc1 nc2 g\n")
    assert lengths(circuit) == {"xw": 1e-3}  # the first one holds, as in ngspice
    assert [w.split("\n")[0] for w in circuit.warnings] == [
        f"t.cir:{line}:1: warning: .model g is defined already, at t.cir:2:1: this one is ignored" for line in (3, 4)
    ]
    body = ".subckt s a\nXw a nc {}{}\n.ends\n"
    circuit = read(body.format(WG, "1m") + body.format(WG, "2m") + "Xa nc1 s\nXb nc2 s\n")
    assert lengths(circuit) == {"xa.xw": 1e-3, "xb.xw": 1e-3}
    [warning] = circuit.warnings
    assert warning.startswith("t.cir:5:1: warning: .subckt s is defined already, at t.cir:2:1")


def test_a_second_function_of_a_name_replaces_the_first_with_a_warning(read) -> None:
    circuit = read(".func f(x) {x}\n.func f(x) {2*x}\n.param a={f(1)}\n")
    assert circuit.parameters == {"a": 2}
    assert ["replaces that at t.cir:2:1" in w for w in circuit.warnings] == [True]


def test_a_library_that_is_included_twice_defines_nothing_anew(tmp_path) -> None:
    (tmp_path / "lib.cir").write_text(
        ".model g waveguide(length=1m)\n.func f(x) {x}\n.subckt cell a\nXw a nc g\n.ends\n", encoding="utf-8"
    )
    deck = tmp_path / "deck.cir"
    deck.write_text("title\n.include lib.cir\n.include lib.cir\nXa nc cell\n", encoding="utf-8")
    assert load(deck).warnings == []


def test_definitions_inside_a_subcircuit_hide_those_outside_without_a_warning(read) -> None:
    circuit = read(f".model g {WG}1m\n.subckt s a\n.model g {WG}2m\nXw a nc g\n.ends\nXa nc1 s\nXb nc2 nc3 g\n")
    assert lengths(circuit) == {"xa.xw": 2e-3, "xb": 1e-3}
    assert circuit.warnings == []


def test_a_subcircuit_may_have_the_name_of_an_element_without_a_warning(read) -> None:
    assert read(".subckt r a\nXw a nc waveguide\n.ends\nXa nc1 r\n").warnings == []
    (warning,) = read(".subckt mirror a\nXw a nc waveguide\n.ends\nXa nc1 mirror\n").warnings
    assert ".subckt mirror hides the device 'mirror'" in warning
