"""Loops without delay."""

import numpy as np
import pytest

import tdsim


def interferometer(**extra):
    """A coupler closed on itself through a phase shifter, without delay."""
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=0.3)
    circuit.add("ps", "phase_shifter", "a", "b", phase=0.7, **extra)
    return circuit.port("in", "i").port("out", "o")


def test_an_instant_loop_has_its_closed_form():
    result = tdsim.transient(interferometer(), stop=5e-12, step=1e-12, inputs={"in": np.ones(6)}, save=["e(out)"])
    t, g = np.sqrt(0.7), np.exp(0.7j)
    np.testing.assert_allclose(result["e(out)"], (t - g) / (1 - t * g), atol=1e-14)


def test_a_loop_without_solution_names_its_instances():
    circuit = tdsim.Circuit()
    circuit.add("m1", "mirror", "i", "a", reflectivity=1.0).add("m2", "mirror", "a", "o", reflectivity=1.0)
    with pytest.raises(tdsim.SimulationError, match="m1, m2 has no delay and no solution"):
        tdsim.transient(circuit, stop=1e-12, step=1e-12, save=["p(o)"])


def test_an_instant_loop_with_gain_is_an_error():
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="b", coupling=0.3)
    circuit.add("g", "amplifier", "a", "b", gain=10.0).port("in", "i")
    with pytest.raises(tdsim.SimulationError, match="dc, g has no delay and makes energy"):
        tdsim.transient(circuit, stop=1e-12, step=1e-12, inputs={"in": [1.0]}, save=["p(o)"])


def echo_loop(gain):
    circuit = tdsim.Circuit()
    circuit.add("dc", "coupler", o1="i", o4="o", o3="a", o2="c", coupling=0.5)
    circuit.add("g", "amplifier", "a", "b", gain=gain).add("w", "delay", "b", "c", time=10e-12)
    return circuit.port("in", "i").port("out", "o")


def test_a_delayed_loop_that_makes_energy_is_named():
    with pytest.warns(UserWarning, match=r"loop through dc, g, w makes energy.* grows by 1\.122 "):
        tdsim.transient(echo_loop(20 * np.log10(1.122 * np.sqrt(2))), stop=100e-12, step=1e-12, inputs={"in": [1.0]})


def test_a_delayed_loop_below_threshold_is_not(recwarn):
    tdsim.transient(echo_loop(3.0), stop=100e-12, step=1e-12, inputs={"in": [1.0, 0.0]})
    assert not recwarn.list


def test_growth_without_limit_stops_and_names_the_wave():
    with (
        pytest.warns(UserWarning, match="makes energy"),
        pytest.raises(tdsim.SimulationError, match=r"wave at .* is no longer a finite number at t = "),
    ):
        tdsim.transient(echo_loop(60), stop=10e-9, step=1e-12, inputs={"in": np.ones(10000)})


def test_what_was_computed_before_is_kept():
    """The samples before the first that is not finite reach the sink, and growth is as large as doubles can tell."""
    from tdsim.analysis.request import Request
    from tdsim.analysis.transient import Transient
    from tdsim.results.dataset import MemorySink

    sink = MemorySink()
    run = Transient(echo_loop(60), Request(1e-12, 10e-9, inputs={"in": np.ones(10000)}))
    with pytest.raises(tdsim.SimulationError, match="no longer a finite number"):
        run.run(sink)
    sink.close({})
    kept = np.abs(sink.result()["e(out)"].values)
    assert np.isfinite(sink.result()["p(out)"]).all()
    assert 1e145 < kept.max() < 1e150
