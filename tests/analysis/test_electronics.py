"""Analyses of electrical circuits: shapes of results, closed forms, conservation."""

import numpy as np
import pytest

import tdsim
from tdsim.analysis import electronics
from tdsim.errors import SimulationError
from tdsim.nodal.solver import lay_out


def load(lines, *cards):
    return tdsim.loads("\n".join(["title", *lines.split("\n"), *cards, ".end"]))


LOW_PASS = "v1 in 0 dc 2 ac 1 pulse(0 1 1u 10n 10n 10u 20u)\nr1 in out 1k\nc1 out 0 1n"


def test_operating_point_has_no_dimension(tmp_path):
    circuit = load(LOW_PASS, ".op", ".save v(out) i(v1) i(r1) @r1[r]")
    found = tdsim.simulate(circuit)
    assert all(v.dims == () for v in found.data_vars.values())
    assert found["v(out)"].item() == pytest.approx(2)
    assert found["@r1[r]"].item() == 1000
    tdsim.simulate(circuit, path=tmp_path / "op.nc")
    again = tdsim.open(tmp_path / "op.nc")
    assert again["v(out)"].dims == ()
    assert again["v(out)"].item() == found["v(out)"].item()


def test_nested_sweep_is_outer_by_inner():
    circuit = load("v1 1 0 0\ni1 0 2 0\nr1 1 2 1k\nr2 2 0 1k", ".dc v1 0 2 1 i1 0 1m 0.5m", ".save v(2)")
    found = tdsim.simulate(circuit)["v(2)"]
    assert found.dims == ("i1", "v1")
    expected = 0.5 * found["v1"].values[None] + 500 * found["i1"].values[:, None]
    np.testing.assert_allclose(found.values, expected, rtol=1e-9, atol=1e-12)


def test_temperature_is_swept():
    circuit = load("i1 0 1 1m\nr1 1 0 1k tc1=1m tc2=1u", ".dc temp 0 100 50", ".save v(1)")
    found = tdsim.simulate(circuit)["v(1)"]
    rise = found["temp"].values - 27
    np.testing.assert_allclose(found.values, 1 + 1e-3 * rise + 1e-6 * rise**2, rtol=1e-12)


def test_a_sweep_of_parameters_has_one_pattern_and_each_point_is_as_alone(monkeypatch):
    analysed = []
    monkeypatch.setattr(electronics, "lay_out", lambda *given: analysed.append(given) or lay_out(*given))
    lines = "v1 1 0 2\nr1 1 2 {r}\nd1 2 0 dm\nr2 2 3 1k\nl1 3 4 1m\nr3 4 0 1k\n.model dm d(is=1f)"
    cards = [".options reltol=1e-6", ".save v(2) v(4) i(l1)"]
    found = tdsim.simulate(load(lines.format(r=1), ".dc r1 1 1g 499.9999995meg temp -20 80 100", *cards))
    assert len(analysed) == 1
    for j, temperature in enumerate(found["temp"].values):
        for k, r in enumerate(found["r1"].values):
            alone = tdsim.simulate(load(lines.format(r=repr(float(r))), f".temp {temperature}", ".op", *cards))
            for name in alone.data_vars:
                assert found[name].values[j, k] == pytest.approx(alone[name].item(), rel=1e-6, abs=1e-12)


def test_small_signals_of_a_low_pass():
    circuit = load(LOW_PASS, ".ac dec 5 1k 10meg", ".save v(out) vdb(out) vp(out) i(v1)")
    found = tdsim.simulate(circuit)
    s = 2j * np.pi * found["frequency"].values
    exact = 1 / (1 + 1e-6 * s)
    np.testing.assert_allclose(found["v(out)"].values, exact, rtol=1e-10)
    np.testing.assert_allclose(found["i(v1)"].values, (exact - 1) / 1e3, rtol=1e-8)
    np.testing.assert_allclose(found["vdb(out)"].values, 20 * np.log10(np.abs(exact)), rtol=1e-9, atol=1e-9)


def test_small_signals_are_those_of_the_linearised_transient():
    diode = "d1 out 0 dm\n.model dm d(is=1f cjo=2p tt=1n)\nr1 in out 1k\nc1 out 0 1p"
    frequency, size = 20e6, 1e-5
    ac = tdsim.simulate(load(f"v1 in 0 dc 2 ac 1\n{diode}", f".ac lin 1 {frequency} {frequency}", ".save v(out)"))
    circuit = load(f"v1 in 0 sin(2 {size} {frequency})\n{diode}", ".tran 0.25n 500n", ".save v(out)")
    circuit.options.update(reltol=1e-7, vntol=1e-12)
    times = 450e-9 + np.arange(200) * 0.25e-9
    wave = tdsim.simulate(circuit, "tran", times=times)["v(out)"].values
    phasor = 2j * np.mean((wave - wave.mean()) * np.exp(-2j * np.pi * frequency * times)) / size
    assert phasor == pytest.approx(complex(ac["v(out)"].values[0]), rel=1e-4)


def test_current_of_anything_is_measured():
    circuit = load(LOW_PASS, ".tran 50n 15u", ".save i(c1) i(r1) i(v1)")
    found = tdsim.simulate(circuit)
    np.testing.assert_allclose(found["i(c1)"].values, found["i(r1)"].values, atol=1e-9)  # of 1 mA
    np.testing.assert_allclose(found["i(c1)"].values, -found["i(v1)"].values, atol=1e-9)


def test_switched_capacitors_conserve_charge():
    """Charge goes from one capacitor to another through switches, over and over; what there is stays."""
    lines = """c1 a 0 1n ic=1
c2 b 0 2n ic=-0.25
c3 c 0 0.5n ic=3
s1 a b ck 0 sm
s2 b c 0 ck sn
v1 ck 0 pulse(-1 1 0 10n 10n 1u 2u)
.model sm sw(vt=0.1 vh=0.05 ron=10 roff=1e15)
.model sn sw(vt=0.1 vh=0.05 ron=20 roff=1e15)"""
    found = tdsim.simulate(load(lines, ".tran 20n 40u uic", ".save v(a) v(b) v(c)"))
    charge = 1e-9 * found["v(a)"] + 2e-9 * found["v(b)"] + 0.5e-9 * found["v(c)"]
    np.testing.assert_allclose(charge.values, 2e-9, rtol=1e-12)
    assert found["v(a)"].values[-1] == pytest.approx(2 / 3.5, rel=1e-3)
    assert found.attrs["events"] > 30


def test_each_run_is_as_it_is_alone():
    resistances = np.array([500.0, 1e3, 4e3])
    together = tdsim.transient(load(LOW_PASS), stop=5e-6, step=50e-9, params={"r1.r": resistances}, save=["v(out)"])
    assert together["v(out)"].dims == ("run", "time")
    for run, resistance in enumerate(resistances):
        alone = tdsim.transient(load(LOW_PASS), stop=5e-6, step=50e-9, params={"r1.r": [resistance]}, save=["v(out)"])
        np.testing.assert_array_equal(together["v(out)"].values[run], alone["v(out)"].values[0])
        t = together["time"].values - 1.005e-6
        tau = resistance * 1e-9
        late = t > 0.1e-6
        rise = 1 - np.exp(-t[late] / tau) * np.sinh(5e-9 / tau) / (5e-9 / tau)
        np.testing.assert_allclose(together["v(out)"].values[run][late], rise, atol=1e-5)


def test_threads_change_nothing():
    resistances = np.linspace(500.0, 4e3, 5)
    lines = "v1 in 0 sin(0 2 1meg)\nr1 in out 1k\nd1 out 0 dm\nc1 out 0 100p\n.model dm d(is=1n cjo=10p tt=1n)"
    found = []
    for threads in (1, 3):
        circuit = load(lines, f".options threads={threads}")
        found.append(tdsim.transient(circuit, stop=3e-6, step=10e-9, params={"r1.r": resistances}, save=["v(out)"]))
    np.testing.assert_array_equal(found[0]["v(out)"].values, found[1]["v(out)"].values)


def test_times_are_met_with_right_limits_at_jumps():
    circuit = load("v1 in 0 pwl(0 0 1u 1 2u 1)\nc1 in 0 1n", ".tran 100n 2u", ".save i(v1)")
    found = tdsim.simulate(circuit, "tran", times=[0.0, 0.5e-6, 1e-6, 1.5e-6])
    np.testing.assert_allclose(found["i(v1)"].values, [-1e-3, -1e-3, 0, 0], atol=1e-8)


def test_operating_point_of_a_chain_of_diodes():
    lines = (
        "v1 1 0 25\n" + "\n".join(f"d{k} {k} {k + 1} dm" for k in range(1, 40)) + "\nr1 40 0 1\n.model dm d(is=1e-16)"
    )
    found = tdsim.simulate(load(lines, ".op", ".save v(40) i(v1)"))
    drop = (25 - found["v(40)"].item()) / 39
    current = -found["i(v1)"].item()
    vt = 1.380649e-23 * 300.15 / 1.602176634e-19
    assert current == pytest.approx(1e-16 * np.expm1(drop / vt) + 1e-12 * drop, rel=1e-4)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("b1 2 0 v=log(v(1))\nr1 2 0 1k\n.op", "b1"),
        ("b1 2 0 v=ln(v(1))\nd1 2 3 dm\nc3 3 0 1n\n.model dm d\n.tran 10u 2m", "b1"),
        ("r1 1 2 r='sqrt(v(1))'\nc1 2 0 1n\n.tran 1u 2m", "r1"),
        ("r1 1 2 1k\nc1 2 0 c='1n*sqrt(v(2))'\n.tran 1u 2m", "c1"),
    ],
)
def test_an_undefined_expression_is_named(lines, name):
    """Not the source that drives it out of its range, nor the node at which the step fails."""
    with pytest.raises(SimulationError, match=rf"the expression of {name} is undefined"):
        tdsim.simulate(load(f"v1 1 0 dc -1 sin(1 2 1k)\n{lines}"))


@pytest.mark.parametrize("source", ["pwl(0 0 1m 1)", "pulse(0 1 0.2m 1u 1u 0.799m 2m)", "sin(0 1 1k)", "pwl(0 0 2m 2)"])
def test_the_last_point_is_at_the_stop_also_where_a_source_has_a_corner_there(source):
    found = tdsim.simulate(load(f"v1 1 0 {source}\nr1 1 0 1k", ".tran 10u 1m"))
    times = found["time"].values
    assert times[-1] == 1e-3
    assert (np.diff(times) > 0).all()
    if source.startswith("pwl"):
        assert found["v(1)"].values[-1] == pytest.approx(1.0, rel=1e-12)
