"""Control cards."""

from __future__ import annotations

import pytest

from tdsim.circuit import Circuit
from tdsim.errors import UsageError
from tdsim.netlist import require_analysis

W = "xw a b waveguide\n.save p(a) p(b)\n"


def test_transient(read) -> None:
    (run,) = read(W + ".param t=1n\n.tran 1p {t} 0.1n 0.5p uic\n").analyses
    assert (run.step, run.stop, run.start, run.max_step, run.uic) == (1e-12, 1e-9, 1e-10, 0.5e-12, True)


def test_scattering_and_carriers(read, errors) -> None:
    circuit = read(W + ".carrier 1550n {1550.8*1n}\n.sparam 101 span=50g\n")
    assert circuit.carriers == pytest.approx((1550e-9, 1550.8e-9))
    assert (circuit.analyses[0].points, circuit.analyses[0].span) == (101, 50e9)
    assert "overlaps" in errors(W + ".carrier 1550n 1550.8n\n.sparam 101 span=200g\n")[0].message


def test_ports(read, errors) -> None:
    assert read("xw a b waveguide\n.port in a\n.port out b\n").external == {"in": "a", "out": "b"}
    assert "unknown net 'c'" in errors(W + ".port in c\n")[0].message
    assert "declared twice" in errors(W + ".port in a\n.port in b\n")[0].message
    assert "is not open" in errors(W + "xv b nc waveguide\n.port out b\n")[0].message


def test_requests(read, errors) -> None:
    cavity = "xr nc1 nc2 resonator\n"
    circuit = read(W + cavity + ".probe e(xw.o1), P( xw.o2 )\n.print tran x(*.cavity)\n.save all\n")
    assert [r.signal for r in circuit.requests[2:]] == ["e(xw.o1)", "p(xw.o2)", "x(*.cavity)", "all"]
    first, second = errors(W + ".save e(xw.o3) p(a) @xw[length]\n")
    assert "no optical port 'o3'" in first.message
    assert "not available yet" in second.message
    assert (first.position.column, second.position.column) == (7, 21)
    (error,) = errors(W + ".save q(b)\n")
    assert "not the name of a signal" in error.message
    assert error.position.column == 7
    assert "names no signal" in errors(W + ".save\n")[0].message


def test_initial_states(read, errors) -> None:
    pair = "xr nc1 nc2 resonator\n"
    assert read(pair + ".ic x(xr.cavity)={2*1m} x( xr.cavity ) = 3\n").initial == {"x(xr.cavity)": 3}
    assert "unknown instance 'xq'" in errors(pair + ".ic x(xq.cavity)=1\n")[0].message
    assert "no state 'cavty'; did you mean 'cavity'" in errors(pair + ".ic x(xr.cavty)=1\n")[0].message
    assert "unknown node 'n'" in errors(pair + ".ic v(n)=1 x(xr.cavity)=1\n")[0].message


def test_options(read, errors) -> None:
    circuit = read(W + ".options noise=off seed=3 delay=round dt=1p acct\n.option dt=2p sede=4\n.temp 50\n")
    assert circuit.options == {"noise": "off", "seed": 3, "delay": "round", "dt": 2e-12, "temp": 50}
    assert "unknown option 'sede' is ignored; did you mean 'seed'" in circuit.warnings[0]
    assert "noise is on or off" in errors(W + ".options noise=maybe\n")[0].message


def test_more_samples_than_can_be_computed_are_refused(errors) -> None:
    (error,) = errors(W + ".tran 1f 1\n")
    assert "1e+15 samples, which take years" in error.message
    assert error.position.line == 4


def test_a_second_step_is_said_to_be_unused(read) -> None:
    (warning,) = read(W + ".options dt=2p\n.tran 1p 1n\n").warnings
    assert "t.cir:5:1" in warning
    assert "option dt = 2e-12 s is not used" in warning
    assert not read(W + ".options dt=1p\n.tran 1p 1n\n").warnings


@pytest.mark.parametrize(("name", "value", "message"), [
    ("noise", "on", "not available yet"), ("delay", "about", "exact or round"), ("seed", "x", "takes a number"),
])  # fmt: skip
def test_options_of_a_script_are_checked_as_those_of_a_netlist(name: str, value: object, message: str) -> None:
    circuit = Circuit().add("w", "waveguide", "a", "b").save("p(a)", "p(b)")
    circuit.options["seed"] = 3
    circuit.check()
    circuit.options[name] = value
    with pytest.raises(UsageError, match=message):
        circuit.check()


@pytest.mark.parametrize(
    ("card", "column", "message"),
    [
        (".tran 1p", 1, "the form is .tran step stop"),
        (".tran 0 1n", 7, "the step must be above zero"),
        (".tran 1n 1p\nxw a b waveguide\n.save p(a) p(b)", 1, "longer than the stop time"),
        (".tran 1p 1n 2n", 13, "not between 0 and the stop time"),
        (".tran 1p 1n from=settle", 1, "needs a .settle card"),
        (".sparam 11", 1, "the form is .sparam points span=frequency"),
        (".sparam 1.5 span=1g", 9, "integer"),
        (".carrier 1550", 10, "wavelength in m"),
        (".carrier", 1, "carriers are wavelengths"),
        (".tarn 1p 1n", 1, "unknown card '.tarn'; did you mean '.tran'"),
        (".meas tran m foo p(a)", 14, "unknown measurement 'foo'"),
    ],
)
def test_bad_cards(errors, card: str, column: int, message: str) -> None:
    (error,) = errors(card + "\n")
    assert message in error.message
    assert error.position.column == column


@pytest.mark.parametrize("card", [".noise"])
def test_later_capabilities_are_refused_by_name(errors, card: str) -> None:
    (error,) = errors(card + "\n")
    assert "is not available yet" in error.message
    assert card.split()[0] in error.message


def test_controls_do_not_belong_into_subcircuits(errors) -> None:
    (error,) = errors(".subckt s a\nxm a nc mirror\n.tran 1p 1n\n.ends\nx1 nc1 s\n")
    assert "outside of subcircuits" in error.message


def test_a_netlist_without_analysis_loads_but_does_not_run(read) -> None:
    with pytest.raises(UsageError, match="asks for no analysis"):
        require_analysis(read(W))
    require_analysis(read(W + ".tran 1p 1n\n"))
