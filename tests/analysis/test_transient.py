"""Transients: signals, inputs, shapes, carriers, refusals."""

import warnings

import numpy as np
import pytest

import tdsim
from tdsim.analysis.cost import cost_advice
from tdsim.analysis.request import Request
from tdsim.analysis.run import run as run_analyses
from tdsim.analysis.transient import Transient
from tdsim.errors import SimulationError, UsageError
from tdsim.results.store import NetcdfSink

PS = 1e-12


def run(text, analysis="tran"):
    return tdsim.simulate(tdsim.loads(text), analysis)


def test_a_wave_leaves_and_enters():
    result = run("""Two ends of one link
Xl a laser power=1m
Xw a b delay time=3p loss=3
Xm b o mirror reflectivity=0.25
.tran 1p 20p
.save e(xw.o2) ein(xm.o1) pin(xw.o2) p(b) p(a) p(o) ein(xl.o1) e(xw.o1)
""")
    np.testing.assert_array_equal(result["e(xw.o2)"], result["ein(xm.o1)"])
    np.testing.assert_array_equal(result["p(b)"], np.abs(result["e(xw.o2)"]) ** 2)
    np.testing.assert_array_equal(result["e(xw.o1)"], result["ein(xl.o1)"])
    half = 10**-0.3 * 1e-3
    np.testing.assert_allclose(result["pin(xw.o2)"][3:], 0.25 * half)
    np.testing.assert_allclose(result["p(o)"][3:], 0.75 * half)
    assert result["p(o)"].attrs["units"] == "W"
    assert result["e(xw.o2)"].attrs["units"] == "sqrt(W)"


def test_time_axis_and_start():
    result = run("Late start\nXl a laser\nXw a o delay time=3p\n.tran 1p 20p 5p\n.save p(o)\n")
    np.testing.assert_allclose(result.time, np.arange(5, 21) * PS)
    np.testing.assert_allclose(result["p(o)"], 1e-3)


def test_a_driven_phase_acts_at_once_and_travels_with_the_light():
    result = run("""Driven phase
Xl a laser
Xp a b phase_shifter phase=sin(0 1 10g)
Xw b o delay time=12p
.tran 1p 200p
.save e(b) e(o)
""")
    phase = np.sin(2 * np.pi * 10e9 * result.time.values)
    np.testing.assert_allclose(np.angle(result["e(b)"]), phase, atol=1e-12)
    np.testing.assert_allclose(np.angle(result["e(o)"][12:]), phase[:-12], atol=1e-12)


def test_a_driven_device_in_a_loop_with_delay():
    """A ring whose phase is modulated, against the recursion written out."""
    result = run("""Modulated ring
Xl i laser
Xc i c a o coupler coupling=0.3
Xp a b phase_shifter phase=pulse(0 1 40p 1p 1p 100p)
Xw b c delay time=7p
.tran 1p 300p
.save e(o)
""")
    t, k = np.sqrt(0.7), 1j * np.sqrt(0.3)
    time = np.arange(301)
    phase = np.interp(time, [40, 41, 141, 142], [0, 1, 1, 0])
    stored, out = np.zeros(301, complex), np.zeros(301, complex)
    for n in time:
        back = stored[n - 7] if n >= 7 else 0
        field = np.sqrt(1e-3)
        out[n] = t * field + k * back
        stored[n] = np.exp(1j * phase[n]) * (k * field + t * back)
    np.testing.assert_allclose(result["e(o)"], out, atol=1e-14)


def test_carriers_travel_apart():
    result = run("""Two carriers
.carrier 1550n 1551n
Xl a laser power=1m carrier=1
Xw a o waveguide length=1m neff=2.4 ng=4
.tran 0.1p 20p
.save e(o)
""")
    assert result["e(o)"].dims == ("carrier", "time")
    np.testing.assert_allclose(result.carrier, [1550e-9, 1551e-9])
    assert not result["e(o)"].values[0].any()
    assert abs(result["e(o)"].values[1, -1]) ** 2 == pytest.approx(1e-3)


def test_default_signals():
    circuit = tdsim.Circuit().add("l", "laser", "i").add("s", "splitter", "i", "a", "b").port("one", "a")
    assert list(tdsim.transient(circuit, stop=PS, step=PS)) == ["e(one)", "p(one)", "p(b)"]


def test_patterns():
    result = run("Patterns\nXl a laser\nXs a b c splitter\n.tran 1p 2p\n.save p(xs.*) e(b)\n")
    assert list(result) == ["p(xs.o1)", "p(xs.o2)", "p(xs.o3)", "e(b)"]


def test_inputs_go_dark_after_their_end():
    circuit = tdsim.Circuit().add("w", "delay", "i", "o", time=2 * PS).port("in", "i").port("out", "o")
    with pytest.warns(UserWarning, match="'in' has 3 samples, the run takes 10: it is dark from 3 ps on"):
        result = tdsim.transient(circuit, stop=9 * PS, step=PS, inputs={"in": [1, 2, 3]})
    np.testing.assert_allclose(result["e(out)"], [0, 0, 1, 2, 3, 0, 0, 0, 0, 0])
    with pytest.warns(UserWarning, match="'in' has 12 samples, the run takes 10: the last 2 are not used"):
        tdsim.transient(circuit, stop=9 * PS, step=PS, inputs={"in": np.ones(12)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tdsim.transient(circuit, stop=9 * PS, step=PS, inputs={"in": np.ones(10)})
        tdsim.transient(circuit, stop=9 * PS, step=PS, inputs={"in": [1.0, 0.0]})


def test_a_long_run_is_told_before_it_starts():
    circuit = tdsim.Circuit().add("l", "laser", "a").add("w", "delay", "a", "o", time=2 * PS)
    hours, size = cost_advice(Transient(circuit, Request(PS, 1.0)))
    assert "1,000,000,000,001 samples, 1 ps apart, will take about" in hours
    assert "hours" in hours
    assert "8 TB of results" in size
    assert not list(cost_advice(Transient(circuit, Request(PS, 1e-6))))
    with pytest.raises(UsageError, match="which take years"):
        Transient(circuit, Request(1e-15, 1.0))


def test_a_loop_without_delay_has_its_place():
    text = "Loop\nXl in laser\nXw in out waveguide\nXm1 x nc1 mirror reflectivity=1\nXm2 x nc2 mirror reflectivity=1\n"
    with pytest.raises(SimulationError, match=r"^<string>:4:1: error: the loop through xm1, xm2 has no delay"):
        run(f"{text}.tran 1p 5p\n.save p(out)\n")


def test_measures_of_several_analyses_know_their_carriers(tmp_path):
    text = (
        "Carriers\n.carrier 1550n 1551n\nXl a laser carrier=1\nXw a b waveguide\n.tran 1p 5p\n.sparam 3 span=1g\n"
        ".save e(a) p(b)\n.meas tran m avg p(a)\n"
    )
    result = run(text, None)
    np.testing.assert_allclose(result["m"].coords["carrier"], [1550e-9, 1551e-9])
    (tmp_path / "c.cir").write_text(text)
    sink = NetcdfSink(tmp_path / "c.nc")
    run_analyses(tdsim.load(tmp_path / "c.cir"), sink)
    stored = tdsim.open(tmp_path / "c.nc")
    np.testing.assert_allclose(stored["m"].coords["carrier"], [1550e-9, 1551e-9])
    np.testing.assert_allclose(stored["m"], [0, 1e-3])
    assert stored["m"].coords["carrier"].attrs["units"] == "m"


def test_an_input_replaces_a_source():
    circuit = tdsim.Circuit().add("l", "laser", "i").add("w", "delay", "i", "o", time=2 * PS)
    result = tdsim.transient(circuit, stop=3 * PS, step=PS, inputs={"l": [1j, 2, 3]}, save=["e(o)"])
    np.testing.assert_allclose(result["e(o)"], [0, 0, 1j, 2])


def simple():
    return tdsim.Circuit().add("l", "laser", "i").add("w", "delay", "i", "o", time=2 * PS).port("out", "o")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"step": 0}, "step must be above zero"),
        ({"stop": -1.0}, "stop time must be zero or more"),
        ({"start": 1.0}, "must lie between 0 and stop"),
        ({"inputs": {"out1": [1]}}, "unknown input 'out1'.*'out'"),
        ({"inputs": {"l": [np.nan]}}, "not finite"),
        ({"inputs": {"l": ["a"]}}, "array of numbers"),
        ({"inputs": {"l": np.zeros((2, 5)), "out": np.zeros((3, 5))}}, r"number of runs: \[2, 3\]"),
        ({"params": {"w.loss": [1, 2], "l.power": [1, 2, 3]}}, "number of runs: 2 and 3"),
        ({"params": {"w.los": 1}}, "delay has no parameter .los.; did you mean .loss."),
        ({"params": {"w.loss": -1}}, "loss = -1 dB is out of bounds"),
        ({"save": ["p(oo)"]}, r"unknown signal p\(oo\)"),
        ({"save": ["q(o)"]}, "not the name of a signal"),
        ({"save": ["v(o)"]}, "is optical: it has no voltage"),
        ({"save": ["x(w.energy)"]}, "unknown state"),
        ({"save": ["e(w.o7)"]}, "no optical port 'o7'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, sentence):
    with pytest.raises(tdsim.UsageError, match=sentence):
        tdsim.transient(simple(), **{"stop": 5 * PS, "step": PS, **arguments})


def test_instants_on_the_grid():
    circuit = tdsim.loads("Grid\nXl i laser\nXw i o delay time=2p\n.tran 1p 9p\n.save e(o)\n")
    result = tdsim.simulate(circuit, "tran", times=[2e-12, 5e-12])
    np.testing.assert_allclose(result.time, [2e-12, 5e-12])
    with pytest.raises(tdsim.UsageError, match="multiples of the step"):
        tdsim.simulate(circuit, "tran", times=[2.5e-12])


def test_dispersive_carriers_have_their_own_delays():
    """Group delay differs between carriers when `dispersion` is given; each carrier equals a run of its own."""

    def circuit(*wavelengths):
        c = tdsim.Circuit().carrier(*wavelengths)
        c.add("w", "waveguide", "i", "o", length=1000.0, neff=1.46, ng=1.468, dispersion=17e-6)
        return c.port("in", "i").port("out", "o")

    x = np.exp(-(((np.arange(200) - 60) / 15) ** 2))
    options = {"stop": 5e-6 + 400 * PS, "start": 4.8e-6, "step": 1 * PS, "save": ["e(out)"]}
    both = tdsim.transient(circuit(1550e-9, 1551e-9), inputs={"in": x}, **options)["e(out)"].values
    alone = tdsim.transient(circuit(1551e-9), inputs={"in": x}, **options)["e(out)"].values
    np.testing.assert_allclose(both[1], alone, atol=1e-12)
    centre = [np.sum(np.arange(row.size) * np.abs(row) ** 2) / np.sum(np.abs(row) ** 2) for row in both]
    assert centre[1] - centre[0] == pytest.approx(17, abs=0.02)


def test_noise_is_refused_while_there_is_none():
    with pytest.raises(tdsim.NetlistError, match="noise of devices is not available yet"):
        run("Noisy\nXl a laser rin=-140\n.options noise=on\n.tran 1p 2p\n.save p(a)\n")


def test_random_sources_differ_and_repeat():
    text = "Random\nXa a laser power=trrandom(1 10p 0 1m 1m)\nXb b laser power=trrandom(1 10p 0 1m 1m)\n"
    text += ".options seed=7\n.tran 1p 200p\n.save p(a) p(b)\n"
    first, second = run(text), run(text)
    assert first["p(a)"].identical(second["p(a)"])
    assert not np.array_equal(first["p(a)"], first["p(b)"])
    assert first.attrs["seed"] == 7
    assert not first["p(a)"].identical(run(text.replace("seed=7", "seed=8"))["p(a)"])


def test_a_measure_has_one_value_for_each_carrier():
    result = run(
        "Carriers\n.carrier 1550n 1551n\nXl a laser carrier=1\n.tran 1p 5p\n.save e(a)\n.meas tran m avg p(a)\n"
    )
    assert result["m"].dims == ("carrier",)
    np.testing.assert_allclose(result["m"], [0, 1e-3])
    assert result["m"].attrs["units"] == "W"


def test_a_driven_parameter_stays_within_its_bounds():
    text = "Driven too far\nXl a laser\nXt a b attenuator loss=pulse(0 -3 1p 1p 1p 5p)\n.tran 1p 9p\n.save p(b)\n"
    with pytest.raises(tdsim.SimulationError, match=r"xt.loss is driven to -3 at t = 2 ps"):
        run(text)


def test_a_delay_below_one_step_has_its_place():
    with pytest.raises(tdsim.NetlistError, match=r"<string>:3:1: error: xw: its delay of 500 fs is 0.5 of a step"):
        run("Short\nXl a laser\nXw a b delay time=0.5p\n.tran 1p 9p\n.save p(b)\n")


def test_a_stop_off_the_grid_is_said():
    with pytest.warns(UserWarning, match="stop = 3.5 ps is not a multiple of the step: the last sample is at 3 ps"):
        tdsim.transient(simple(), stop=3.5 * PS, step=PS)


def test_a_state_of_another_step_is_refused_for_its_step():
    circuit = tdsim.loads("T\nXl a laser power=1m\nXd a out delay time=2p\n.end\n")
    _, state = tdsim.transient(circuit, stop=10e-12, step=1e-12, return_state=True)
    with pytest.raises(UsageError, match=r"taken with a step of 1e-12 s, not 2e-12 s"):
        tdsim.transient(circuit, stop=20e-12, step=2e-12, state=state)
    with pytest.raises(UsageError, match=r"from t = 1.1e-11 s, past the stop at 5e-12 s"):
        tdsim.transient(circuit, stop=5e-12, step=1e-12, state=state)


def test_a_parameter_that_is_a_list():
    """One list for all runs, a list for each run, or one number of it."""
    text = "Two ports\nXr in out resonator kappa=[1g 2g]\n.port in in\n.port out out\n"
    circuit, asked = (
        tdsim.loads(text),
        {"stop": 20e-12, "step": 1e-12, "inputs": {"in": np.ones(21)}, "save": ["e(out)"]},
    )

    def light(**params):
        return tdsim.transient(circuit, params={f"xr.{k}": v for k, v in params.items()}, **asked)

    alone = [light(kappa=k)["e(out)"].values for k in ([1e10, 2e10], (3e10, 4e10))]
    assert alone[0].ndim == 1
    both = light(kappa=np.array([[1e10, 2e10], [3e10, 4e10]]))
    np.testing.assert_array_equal(both["e(out)"].values, alone)
    assert both["xr.kappa[1]"].values.tolist() == [2e10, 4e10]
    one = light(**{"kappa[0]": np.array([1e9, 5e9])})
    np.testing.assert_array_equal(one["e(out)"].values[1], light(kappa=[5e9, 2e9])["e(out)"].values)
    assert one["xr.kappa[0]"].dims == ("run",)
    for params, said in (
        ({"kappa[2]": 1e9}, "has 2 numbers, counted from 0, not 2"),
        ({"detuning[0]": 1e9}, "is not a list"),
        ({"kappa": 1e9}, "takes a list of numbers"),
        ({"detuning": np.ones((2, 2))}, "takes a number or an array"),
    ):
        with pytest.raises(tdsim.UsageError, match=said):
            light(**params)
