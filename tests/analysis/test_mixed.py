"""Light and electronics in one transient."""

import numpy as np
import pytest

import tdsim
from tdsim import Circuit
from tdsim.errors import SimulationError
from tdsim.netlist import loads

PS = 1e-12


def modulator(circuit, drive, light, vpi=4.0, bias=0.0):
    """Two couplers and two phase shifters in push-pull: cos^2(pi v / vpi + bias) of the light leaves at `light`."""
    circuit.add("xs", "coupler", "in", "nc1", "a", "b").add("xj", "coupler", "c", "d", "nc2", light)
    circuit.add("xu", "phase_shifter", "a", "c", drive, "0", vpi=vpi, phase=bias)
    return circuit.add("xv", "phase_shifter", "b", "d", "0", drive, vpi=vpi, phase=-bias)


def link(**laser):
    """Laser, modulator driven by a sine, 7 ps of fibre, photodiode on 1 kohm without a capacitance."""
    circuit = Circuit().add("xl", "laser", "in", **({"power": 1e-3} | laser))
    circuit.add("vd", "v", "drive", "0", wave=tdsim.shapes.make_shape("sin", [0.5, 0.8, 2e10], {}))
    modulator(circuit, "drive", "fibre").add("xf", "delay", "fibre", "far", time=7 * PS)
    circuit.add("xd", "photodiode", "far", "out", "0", responsivity=0.8).add("rl", "r", "out", "0", r=1e3)
    return circuit.save("v(out)", "v(drive)", "p(fibre)")


def seen(t, power=1e-3, vpi=4.0):
    """v(out) of the link."""
    late = t - 7 * PS
    drive = 0.5 + 0.8 * np.sin(2 * np.pi * 2e10 * late)
    return np.where(late > -1e-15, 800 * power * np.cos(np.pi * drive / vpi) ** 2, 0)


def test_voltages_modulate_light_and_light_makes_voltages():
    result = tdsim.transient(link(), stop=300 * PS, step=PS)
    t = result.time.values
    np.testing.assert_allclose(result["v(out)"].values, seen(t), atol=2e-9)
    assert result["v(out)"].units == "V"
    assert result["p(fibre)"].units == "W"


def test_runs_side_by_side_are_the_runs_alone():
    powers, voltages = np.array([1e-3, 2e-3, 0.5e-3]), np.array([4.0, 3.0, 5.0])
    params = {"xl.power": powers, "xu.vpi": voltages, "xv.vpi": voltages}
    together = tdsim.transient(link(), stop=200 * PS, step=PS, params=params)
    assert together["v(out)"].dims == ("run", "time")
    for k in range(3):
        alone = tdsim.transient(link(), stop=200 * PS, step=PS, params={n: float(v[k]) for n, v in params.items()})
        np.testing.assert_array_equal(together["v(out)"].values[k], alone["v(out)"].values)


def test_carriers_add_in_power_on_a_photodiode():
    circuit = Circuit().carrier(1550e-9, 1551e-9)
    circuit.add("x1", "laser", "i1", power=1e-3).add("x2", "laser", "i2", power=2e-3, carrier=1, phase=1.0)
    circuit.add("xc", "coupler", "i1", "i2", "out", "nc1", coupling=0.5)
    circuit.add("xd", "photodiode", "out", "v", "0").add("r", "r", "v", "0", r=1e3).save("v(v)", "p(xc.o3)")
    result = tdsim.transient(circuit, stop=20 * PS, step=PS)
    assert result["v(v)"].dims == ("time",)
    assert result["p(xc.o3)"].dims == ("carrier", "time")
    np.testing.assert_allclose(result["v(v)"].values[1:], 1.5, rtol=1e-9)


def test_a_balanced_pair_subtracts():
    circuit = Circuit().add("xl", "laser", "in", power=1e-3).add("xc", "coupler", "in", "nc", "a", "b", coupling=0.3)
    circuit.add("xd", "balanced_photodiode", "a", "b", "v", "0").add("r", "r", "v", "0", r=1e3).save("v(v)")
    result = tdsim.transient(circuit, stop=5 * PS, step=PS)
    np.testing.assert_allclose(result["v(v)"].values[1:], 0.3 - 0.7, rtol=1e-9)


def test_saturation_and_dark_current():
    circuit = Circuit().add("xl", "laser", "in", power=3e-3)
    circuit.add("xd", "photodiode", "in", "v", "0", saturation=1e-3, dark=1e-5).add("r", "r", "v", "0", r=1e3)
    result = tdsim.transient(circuit.save("v(v)", "i(xd)"), stop=5 * PS, step=PS)
    np.testing.assert_allclose(result["v(v)"].values[1:], 3 / 4 + 0.01, rtol=1e-9)
    np.testing.assert_allclose(result["i(xd)"].values[1:], -(3 / 4 + 0.01) * 1e-3, rtol=1e-9)


def test_a_photodiode_without_light_takes_what_light_is_written():
    circuit = Circuit().add("xd", "photodiode", anode="v", cathode="0", light=2e-3).add("r", "r", "v", "0", r=1e3)
    assert tdsim.transient(circuit.save("v(v)"), stop=5 * PS, step=PS)["v(v)"].values[-1] == pytest.approx(2.0)


def test_a_slow_phase_shifter_follows_with_its_time_constant():
    circuit = Circuit().add("xl", "laser", "in", power=1.0).add("v1", "v", "h", "0", dc=0.0, wave=step_shape())
    circuit.add("xp", "phase_shifter", "in", "out", "h", "0", vpi=2.0, tau=30 * PS).save("e(out)")
    result = tdsim.transient(circuit, stop=300 * PS, step=PS)
    late = np.maximum(result.time.values - 50 * PS, 0)
    expected = np.pi * 0.5 * (1 - np.exp(-late / (30 * PS)))
    np.testing.assert_allclose(np.angle(result["e(out)"].values), expected, atol=2e-4)


def step_shape():
    return tdsim.shapes.make_shape("pwl", [0.0, 0.0, 50e-12, 0.0, 50.001e-12, 1.0], {})


@pytest.mark.parametrize("gain", [0.5, 4.0, -3.0])
def test_a_loop_without_delay_is_solved_at_every_sample(gain):
    """drive = gain (0.3 - seen) and seen = cos^2(pi drive / 4 - pi / 4), whatever the gain of the loop."""
    circuit = Circuit().add("xl", "laser", "in", power=tdsim.shapes.make_shape("sin", [1e-3, 2e-4, 1e9], {}))
    modulator(circuit, "drive", "light", bias=-np.pi / 4).add("xd", "photodiode", "light", "seen", "0")
    circuit.add("r", "r", "seen", "0", r=1e3).add("vw", "v", "wanted", "0", dc=0.3)
    circuit.add("e", "e", "drive", "0", "wanted", "seen", gain=gain).save("v(drive)", "v(seen)", "p(in)")
    result = tdsim.transient(circuit, stop=2e-9, step=2e-11)
    drive, light, power = (result[n].values for n in ("v(drive)", "v(seen)", "p(in)"))
    np.testing.assert_allclose(drive, gain * (0.3 - light), atol=1e-8)
    np.testing.assert_allclose(light, 1e3 * power * np.cos(np.pi * drive / 4 - np.pi / 4) ** 2, atol=1e-8)


def test_a_loop_of_one_sample_is_a_map():
    """v[n] = cos^2(v[n - 1]) with nothing that takes time but one sample of delay."""
    circuit = Circuit().add("xl", "laser", "in", power=1e-3)
    modulator(circuit, "x", "light", vpi=np.pi).add("xf", "delay", "light", "far", time=PS)
    circuit.add("xd", "photodiode", "far", "load", "0").add("r", "r", "load", "0", r=1e3)
    circuit.add("e", "e", "x", "0", "load", "0", gain=2.0).save("v(x)")
    found = tdsim.transient(circuit, stop=40 * PS, step=PS)["v(x)"].values
    expected = [0.0]
    for _ in range(40):
        expected.append(2 * np.cos(expected[-1]) ** 2)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_pieces_in_which_it_runs_make_no_difference(monkeypatch):
    whole = tdsim.transient(link(), stop=300 * PS, step=PS)
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    np.testing.assert_array_equal(tdsim.transient(link(), stop=300 * PS, step=PS)["v(out)"], whole["v(out)"])


def test_sparam_sees_modulators_at_the_operating_point():
    circuit = Circuit().add("vd", "v", "drive", "0", dc=1.0)
    modulator(circuit, "drive", "out").port("i", "in").port("o", "out")
    found = tdsim.sparam(circuit, points=3, span=1e9)["s(o,i)"].values
    np.testing.assert_allclose(np.abs(found) ** 2, np.cos(np.pi / 4) ** 2, rtol=1e-9)


def test_a_run_to_disk_passes_its_checkpoints(tmp_path, monkeypatch):
    monkeypatch.setattr("tdsim.results.store.HELD_BYTES", 1)
    circuit = loads("Both\nXl in laser\nXd in out 0 photodiode\nR1 out 0 1k\n.tran 1p 10p\n.save v(out)\n.end\n")
    result = tdsim.simulate(circuit, path=tmp_path / "both.nc")
    assert result["v(out)"].values[-1] == pytest.approx(1.0)


def test_a_netlist_of_both():
    text = """Both
Xl in laser power=1m
Xd in out 0 photodiode
R1 out 0 1k
.tran 1p 10p
.meas tran top max v(out)
.end
"""
    result = tdsim.simulate(loads(text), "tran")
    assert set(result.data_vars) >= {"v(out)", "i(xd)"}
    assert tdsim.simulate(loads(text))["top"].item() == pytest.approx(1.0)


def test_light_and_voltages_that_never_agree_are_named():
    """A comparator that switches the light off when it sees it has no solution without a delay."""
    text = """t
Xl in laser power=1m
Xs in nc1 a b coupler
Xp a c drive 0 phase_shifter vpi=1
Xw b d waveguide length=0
Xj c d nc2 light coupler
Xd light seen 0 photodiode
R1 seen 0 1k
B1 drive 0 v=v(seen)>0.5 ? 1 : 0
.tran 1p 10p
.save v(seen)
.end
"""
    with pytest.raises(SimulationError, match=r"light and electronics do not agree at t = .* through xp has no"):
        tdsim.simulate(loads(text))
