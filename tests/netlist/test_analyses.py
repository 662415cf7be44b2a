"""Cards that ask for electrical analyses, and what they start from."""

from __future__ import annotations

import numpy as np
import pytest

from tdsim.cards import OperatingPoint, SmallSignal, Sweep
from tdsim.probes import Probe, default_probes, probes

DIVIDER = "v1 1 0 dc 1 ac 1\nr1 1 2 1k\nc1 2 0 1u\n"


def test_operating_point(read) -> None:
    (analysis,) = read(DIVIDER + ".op\n").analyses
    assert isinstance(analysis, OperatingPoint)


def test_nested_sweeps_know_what_they_change(read) -> None:
    (sweep,) = read(DIVIDER + ".param top=1\n.dc v1 0 {top} 0.25 r1 1k 2k 500\n").analyses
    assert isinstance(sweep, Sweep)
    assert [(a.target, a.parameter) for a in sweep.axes] == [("v1", "dc"), ("r1", "r")]
    np.testing.assert_allclose(sweep.axes[0].values, [0, 0.25, 0.5, 0.75, 1])
    (sweep,) = read(DIVIDER + ".dc temp -40 80 40\n").analyses
    assert sweep.axes[0].target == sweep.axes[0].parameter == "temp"


def test_a_source_in_a_subcircuit_is_swept(read) -> None:
    text = ".subckt s a\nv1 a 0 1\n.ends\nx1 p s\n"
    for name in ("x1.v1", "v.x1.v1"):
        (sweep,) = read(f"{text}.dc {name} 0 1 1\n").analyses
        assert sweep.axes[0].target == "x1.v1"


def test_small_signal(read) -> None:
    (analysis,) = read(DIVIDER + ".ac dec 10 1 {1k}\n").analyses
    assert isinstance(analysis, SmallSignal)
    assert (analysis.spacing, analysis.points, analysis.start, analysis.stop) == ("dec", 10, 1, 1e3)


def test_starts(read) -> None:
    circuit = read(DIVIDER + ".param v0=2\n.ic v(2)={v0}, v(1) = 1\n.nodeset v(1)=0.5 v(2)=0.25\n")
    assert circuit.initial == {"v(2)": 2, "v(1)": 1}
    assert circuit.nodesets == {"v(1)": 0.5, "v(2)": 0.25}


def test_starts_inside_of_subcircuits(read) -> None:
    text = ".subckt s a\nc1 m 0 1n\nr1 m a 1k\n.ic v(m)=2\n.nodeset v(a)=1\n.ends\nx1 p s\n"
    circuit = read(text)
    assert circuit.initial == {"v(x1.m)": 2}
    assert circuit.nodesets == {"v(p)": 1}


def test_a_step_longer_than_the_run_is_allowed_without_optics(read) -> None:
    assert "longer than the stop time" in read(DIVIDER + ".tran 1 1m\n").warnings[0]


def test_options_of_the_solver(read) -> None:
    circuit = read(DIVIDER + ".options reltol=1e-4 noopiter savecurrents\n.options reltol=1e-5 method=gear gmin=1p\n")
    assert circuit.options == {"reltol": 1e-5, "noopiter": True, "method": "gear", "gmin": 1e-12}


# -- signals ----------------------------------------------------------------------------------------------------------


def test_all_nodes_and_the_currents_of_sources_are_kept(read) -> None:
    circuit = read(DIVIDER + "l1 2 0 1m\ne1 q 0 2 0 2\nb1 z 0 v=i(r1)\nt1 2 0 z 0 z0=50 td=1n\n.op\n")
    names = [p.name for p in default_probes(circuit)]
    assert names == ["v(1)", "v(2)", "v(q)", "v(z)", "i(v1)", "i(l1)", "i(e1)", "i(b1)"]


def test_requests(read) -> None:
    text = ".subckt s a\nv1 m 0 1\nr1 m a 1k\n.ends\nx1 q s\nr2 q 0 1k\n"
    cards = ".save v(q) v(x1.m,q) v(*.m) i(v.x1.v1) i(r2) @r2[r]\n.print ac vdb(q) vp(q,x1.m)\n.ac dec 1 1 10\n.op\n"
    circuit = read(text + cards)
    small, point = (probes(circuit, a) for a in circuit.analyses)
    assert point == [
        Probe("v(q)", "v", ("q",)),
        Probe("v(x1.m,q)", "v", ("x1.m", "q")),
        Probe("v(x1.m)", "v", ("x1.m",)),
        Probe("i(v.x1.v1)", "i", ("x1.v1",)),
        Probe("i(r2)", "i", ("r2",)),
        Probe("@r2[r]", "@", ("r2", "r")),
    ]
    assert small[:6] == point
    assert small[6:] == [Probe("vdb(q)", "v", ("q",), "db"), Probe("vp(q,x1.m)", "v", ("q", "x1.m"), "p")]
    assert [p.unit for p in small] == ["V", "V", "V", "A", "A", "", "dB", "rad"]


def test_an_analysis_without_a_signal_of_its_own_keeps_the_default_ones(read) -> None:
    circuit = read(DIVIDER + ".print ac vdb(2)\n.ac dec 1 1 10\n.op\n")
    assert [p.name for p in probes(circuit, circuit.analyses[0])] == ["vdb(2)"]
    assert [p.name for p in probes(circuit, circuit.analyses[1])] == ["v(1)", "v(2)", "i(v1)"]


# -- measures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "kind", "signal"),
    [
        (".meas ac f3 when vdb(2)=-3", "when", ""),
        (".meas ac gain max vm(2) from=1 to=1k", "max", "vm(2)"),
        (".meas ac ph find vp(2) at=159.155", "find", "vp(2)"),
        (".meas dc a find v(2) at=0.45", "find", "v(2)"),
        (".meas dc b when v(2)=0.25", "when", ""),
        (".measure op q find v(2)", "find", "v(2)"),
    ],
)
def test_measures_of_other_analyses(read, card: str, kind: str, signal: str) -> None:
    circuit = read(f"{DIVIDER}.ac dec 10 1 1k\n.dc v1 0 1 0.1\n.op\n{card}\n")
    (measure,) = circuit.measures
    assert (measure.analysis, measure.kind, measure.signal) == (card.split()[1], kind, signal)


# -- scripts ----------------------------------------------------------------------------------------------------------


def test_analyses_of_scripts_are_carried_out(read) -> None:
    circuit = read(
        DIVIDER
        + """.control
set filetype=ascii
run
op
echo "it's done
dc v1 0 1 0.1
ac dec 10 1 1k
tran 1u
+ 1m uic
print v(2)
plot v(1) v(2)
meas tran x max v(2)
quit
.endc
"""
    )
    assert [a.kind for a in circuit.analyses] == ["op", "dc", "ac", "tran"]
    assert circuit.analyses[3].uic
    assert [m.name for m in circuit.measures] == ["x"]
    (note,) = circuit.warnings
    assert "set, print, plot in .control: left out" in note


def test_errors_in_scripts_point_at_the_place(errors) -> None:
    (error,) = errors(DIVIDER + ".control\n  tran 1u\n+ -1m\n.endc\n")
    assert "the stop time must be above zero" in error.message
    assert (error.position.line, error.position.column) == (7, 3)
    (error,) = errors(DIVIDER + ".control\ndc v9 0 1 1\n.endc\n")
    assert (error.position.line, error.position.column) == (6, 4)
