"""Element lines: devices, ports, parameters, lists, shapes and K elements; and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from tdsim.circuit import Circuit
from tdsim.device import Device, Param, electrical, library, optical
from tdsim.errors import UsageError
from tdsim.netlist.refused import DEVICES
from tdsim.outputs import default_outputs
from tdsim.units import parse_number


class Detector(Device):
    """A device with ports of two domains, for these tests only."""

    name = "test_detector"
    o1 = optical("light")
    anode = electrical("current out")
    cathode = electrical("return", optional=True)
    gain = Param(1.0, "A/W", "responsivity", bounds=(0, 10))


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the detector into the library for one test."""
    from tdsim import device

    device.library()
    monkeypatch.setitem(device._library, "test_detector", Detector)


def test_positional_nodes_and_parameters(read) -> None:
    found = read("XDC A b, (c d) coupler coupling = 0.3\n").instances["xdc"]
    assert found.device.name == "coupler"
    assert found.nets == {"o1": "a", "o2": "b", "o3": "c", "o4": "d"}
    assert found.values == {"coupling": 0.3}


def test_ports_by_name_leave_the_others_open(read) -> None:
    circuit = read("xdc coupler o1=in o4=out coupling=0.3\n")
    assert circuit.instances["xdc"].nets == {"o1": "in", "o4": "out"}
    assert set(circuit.nets) == {"in", "out"}


def test_lists_give_a_device_its_ports(read) -> None:
    found = read("xr a b c resonator kappa=[1g {2*1g} 3g]\n").instances["xr"]
    assert found.values["kappa"] == (1e9, 2e9, 3e9)
    assert list(found.nets) == ["o1", "o2", "o3"]


def test_source_shapes(read) -> None:
    circuit = read(
        """.param p=2m
xa nc1 laser power=pulse(0 {p} 10p, 1p 1p 100p)
xb nc2 laser power=sin 0 1m 1g phase=0.5
xc nc3 laser power=pwl(0 0 1n 1m) td=1n linewidth=0
xd nc4 laser power=prbs(0 1m 10p 7 3)
"""
    )
    waveform = circuit.instances["xa"].values["power"].resolve(1e-13, 1e-9)
    assert waveform(np.array([0.0, 50e-12])) == pytest.approx([0, 2e-3])
    assert circuit.instances["xb"].values["phase"] == 0.5
    shifted = circuit.instances["xc"].values["power"].resolve(1e-13, 1e-8)
    assert shifted(np.array([1.5e-9])) == pytest.approx([0.5e-3])


def test_k_elements_refer_to_instances_of_their_subcircuit(read, errors) -> None:
    pair = "x1 nc1 nc2 resonator\nx2 nc3 nc4 resonator\n"
    circuit = read(f".subckt pair\n{pair}kab x1 x2 j=2g\n.ends\nxp pair\n")
    assert circuit.instances["xp.kab"].references == ("xp.x1", "xp.x2")
    assert circuit.instances["xp.kab"].values == {"j": 2e9}
    assert "unknown instance 'x3'" in errors(pair + "kab x1 x3\n")[0].message
    assert "names 2 instances, not 3" in errors(pair + "kab x1 x2 x1\n")[0].message
    assert "no parameter 'jj'" in errors(pair + "kab x1 x2 jj=1\n")[0].message
    assert "not instantiated with X" in errors(pair + "xk x1 x2 k\n")[0].message


def test_optional_ports_may_be_left_out(read) -> None:
    assert list(read("xd nc1 0 test_detector\n").instances["xd"].nets) == ["o1", "anode"]


BAD = [
    ("xw a b wavegide", 8, "unknown device 'wavegide'; did you mean 'waveguide'"),
    ("xw a b waveguide len=1u", 18, "no parameter or port 'len'"),
    ("xw waveguide o1=a o3=b", 19, "no parameter or port 'o3'"),
    ("xw waveguide o1=a o1=b", 19, "o1= is given twice"),
    ("xw a waveguide o1=b", 16, "port o1 is wired twice"),
    ("xw a b c waveguide", 8, "waveguide has 2 ports (o1 o2), not 3"),
    ("xw a waveguide", 6, "waveguide has 2 ports (o1 o2), not 1"),
    ("xd a test_detector", 6, "has 2 to 3 ports (o1 anode [cathode]), not 1"),
    ("xw a b waveguide length=-1u", 25, "out of bounds: it must be at least 0 m"),
    ("xc a b c d coupler coupling=1.5", 29, "it must lie in 0 to 1"),
    ("xw a b waveguide length=4k7", 25, "write 4.7k"),
    ("xw a b waveguide length={1u}k", 25, "write it inside the braces"),
    ("xw a b waveguide length=2*3", 25, "expressions stand in braces: {2*3}"),
    ("xw a b waveguide length=", 18, "length= has no value"),
    ("xw a b waveguide length=1u 2", 28, "'2' does not fit here"),
    ("xw a b waveguide length=pulse(0 1)", 25, "cannot follow a source shape"),
    ("xw a b waveguide length=[1 2]", 25, "is one number, not a list"),
    ("xw a b waveguide length=[1 2", 25, "does not close with ]"),
    ("xl a laser power=pulse(0 1m", 23, "pulse( does not close"),
    ("xl a laser power=pulse(0 1m) 3", 30, "'3' does not fit here"),
    ("xl a laser power=pulse(0)", 18, "takes at least 2"),
    ("xw a b waveguide 1u", 18, "nodes come before the device"),
    ("xw", 1, "the device is missing"),
    ("xw 0 b waveguide", 4, "cannot be joined to ground"),
    ("xr a b resonator kappa=[-1 1]", 24, "out of bounds"),
    ("xs star n=1e9", 11, "out of bounds"),
    ("a1 a b mod", 1, "XSPICE code models"),
    ("# a comment?", 1, "a comment starts with *"),
    ("9w a b waveguide", 1, "unknown kind of element"),
]


@pytest.mark.parametrize(("line", "column", "message"), BAD)
def test_bad_lines_say_where_and_what(errors, line: str, column: int, message: str) -> None:
    (error,) = errors(line + "\n")
    assert message in error.message
    assert (error.position.line, error.position.column) == (2, column)
    shown = str(error).splitlines()
    assert shown[1].strip() == line
    assert shown[2].index("^") == 4 + column - 1


def test_all_errors_come_at_once(errors) -> None:
    assert [e.position.line for e in errors("\n".join(line for line, *_ in BAD[:10]))] == list(range(2, 12))


def test_duplicate_names(errors) -> None:
    assert "duplicate name 'xw' (first at t.cir:2:1)" in errors("xw a b mirror\nXW c d mirror\n")[0].message
    sub = ".subckt s a\nxm a nc mirror\n.ends\n"
    assert "duplicate name 'x1' (first at t.cir:5:1)" in errors(sub + "x1 nc1 s\nx1 nc2 s\n")[0].message
    assert "duplicate name" in errors(sub + "x1 nc1 s\nx1 nc2 nc3 mirror\n")[0].message


def test_three_ports_on_an_optical_net(errors) -> None:
    (error,) = errors("x1 a nc1 mirror\nx2 a nc2 mirror\nx3 nc3 a mirror\n")
    assert "already joins x1.o1 and x2.o1; x3.o2 is a third port" in error.message
    assert (error.position.line, error.position.column) == (4, 8)


def test_optical_joined_to_electrical(errors) -> None:
    (error,) = errors("x1 a nc1 mirror\nx2 nc2 a test_detector\n")
    assert "joins optical port x1.o1 and electrical port x2.anode" in error.message


def test_a_mistyped_net_is_warned_about(read) -> None:
    circuit = read("xl link1 laser\nx1 link1 link2 waveguide\nx2 lnik2 nc1 waveguide\n.save p(link2)\n")
    (warning,) = circuit.warnings
    assert "'lnik2' has one end only" in warning
    assert "did you mean 'link2'" in warning


def test_nets_that_a_pattern_saves_are_not_warned_about(read) -> None:
    assert not read("x1 out1 out2 waveguide\n.save p(out*)\n").warnings


def test_values_are_exact() -> None:
    assert parse_number("100u") == 1e-4


def test_a_mistyped_shape_names_the_nearest(errors) -> None:
    (error,) = errors("xl nc laser power=puls(0 1m 1p)\n")
    assert "unknown source shape 'puls'; did you mean 'pulse'" in error.message
    assert error.position.column == 19


def test_open_nets_of_one_line_are_one_warning(read) -> None:
    circuit = read(".for i 0 99\nxw{i} a{i} b{i} waveguide\n.endfor\n")
    first, second = circuit.warnings
    assert "optical nets 'a0', 'a1', 'a2' and 97 more have one end only (xw0.o1, ...)" in first
    assert "'b0'" in second
    assert "did you mean" not in first + second


def test_a_carrier_of_arrays_is_checked() -> None:
    circuit = Circuit().add("l", "laser", "a", carrier=np.array([0.0, 2.0]))
    with pytest.raises(UsageError, match="carrier = 2 is not in"):
        circuit.check()


def test_a_device_may_name_another_instance_instead_of_nets(read, errors) -> None:
    resonator = "xr nc1 nc2 resonator\n"
    assert read(resonator + "xc xr learning_cell\n").instances["xc"].references == ("xr",)
    for line, column, message in [
        ("xc xr xr learning_cell", 7, "learning_cell names 1 other instance, not 2"),
        ("xc xq learning_cell", 4, "unknown instance 'xq'"),
        ("xc xr learning_cell speed=1", 21, "no parameter or port 'speed'"),
    ]:
        (error,) = errors(f"{resonator}{line}\n")
        assert message in error.message
        assert error.position.column == column


def test_a_source_whose_net_has_no_other_end_is_an_open_net_as_well(read) -> None:
    circuit = read("Xl a laser power=1m\n.tran 1p 2p\n")
    assert [str(o.name) for o in default_outputs(circuit)] == ["p(a)"]
    [warning] = circuit.warnings
    assert "optical net 'a' has one end only (xl.o1)" in warning


def test_a_device_of_a_later_version_is_refused_by_its_name(errors) -> None:
    (error,) = errors("xs a b soa\n")
    assert error.message == "device 'soa' is not available yet: saturable gain will come with a later version"
    assert (error.position.line, error.position.column) == (2, 8)


def test_what_is_said_to_come_later_is_not_there_yet() -> None:
    assert DEVICES.keys().isdisjoint(library())
