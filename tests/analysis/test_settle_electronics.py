"""Equilibria of electronics, and of light with electronics: right when found, never too early, honest when not."""

import numpy as np
import pytest
from scipy.optimize import brentq

import tdsim
from tests.delay_loop import LOOP
from tests.oracles.test_feedback import hopfield, reference

NS = 1e-9
pytestmark = pytest.mark.filterwarnings("ignore:.*did not settle:UserWarning")

# -- the opto-electronic delay loop: tau x' = -x + beta cos^2(x(t - T) - pi/4), tau = 1 ns, T = 20 ns -----------------


def rest(beta):
    return brentq(lambda x: x - beta * np.cos(x - np.pi / 4) ** 2, 0, 2)


def hopf():
    """Where exp(i w t) neither grows nor decays: 1 + i w = beta cos(2 x) exp(-20 i w), w in 1/ns; and its period."""
    w = brentq(lambda w: 20 * w + np.arctan(w) - np.pi, 1e-6, 1)
    beta = brentq(lambda b: b * np.cos(2 * rest(b)) + np.hypot(1, w), 0.5, 2.5)
    return beta, 2 * np.pi / w * NS


@pytest.fixture(scope="module")
def swept():
    """The loop up to one per cent below its Hopf point, and from there on beyond it."""
    beta = np.array([0.5, 0.8, 1.0, 1.1, 1.2, 1.3, 1.35, 1.38, 1.39, 1.404, 1.41, 1.43, 1.5])
    found = tdsim.settle(tdsim.loads(LOOP), tmax=40000 * NS, step=0.1 * NS, params={"eamp.gain": beta})
    return beta, found


def test_the_loop_never_fires_early_up_to_its_edge(swept):
    beta, found = swept
    critical, _ = hopf()
    assert critical == pytest.approx(1.403, abs=1e-3)
    below = beta < critical
    np.testing.assert_array_equal(found.attrs["settled"], below.astype(int))
    error = np.abs(found["v(x)"].values[below, -1] - [rest(b) for b in beta[below]])
    at = np.rint(found.attrs["settle_time"][below] / (0.1 * NS)).astype(int)
    early = np.abs(found["v(x)"].values[below] - np.array([rest(b) for b in beta[below]])[:, None])
    assert error.max() < 1e-6
    assert max(e[k:].max() for e, k in zip(early, at, strict=True)) < 1e-5, "ten times the tolerance, from then on"


def test_beyond_the_edge_it_oscillates_with_its_period(swept):
    beta, found = swept
    critical, period = hopf()
    near = (beta > critical) & (beta < 1.44)
    assert set(np.array(found.attrs["verdict"].split())[beta > critical]) == {"oscillates"}
    np.testing.assert_allclose(found.attrs["period"][near], period, rtol=0.01)


def test_a_transient_goes_on_from_the_equilibrium_of_both():
    text = LOOP + ".settle tol=1e-8 tmax=20u tstep=0.1n\n.tran 0.1n 60n from=settle\n"
    found = tdsim.simulate(tdsim.loads(text))["tran"]
    assert found.sizes["time"] == 601
    np.testing.assert_allclose(found["v(x)"], rest(1.3), atol=1e-7)


def test_branches_off_one_equilibrium():
    _, state = tdsim.settle(tdsim.loads(LOOP), tmax=20000 * NS, step=0.1 * NS, tol=1e-9, return_state=True)
    changed = np.array([1.3, 1.25])
    stop = state.time + 3000 * NS
    found = tdsim.transient(tdsim.loads(LOOP), stop=stop, step=0.1 * NS, state=state, params={"eamp.gain": changed})
    np.testing.assert_allclose(found["v(x)"][0], rest(1.3), atol=1e-8)
    np.testing.assert_allclose(found["v(x)"][1, -1], rest(1.25), atol=1e-6)


# -- electronics alone ----------------------------------------------------------------------------------------------


def network():
    ref = reference("hopfield_tanh")
    start = (0.1 * np.cos(2 * np.arange(8))).tolist()
    cards = "".join(f".ic v(x{i})={start[i]!r}\n" for i in range(8))
    return hopfield(ref["W"], ref["b"].tolist(), start).replace(".tran 0.05 60 uic\n", cards), ref["x"][-1]


def test_hopfield_network_reaches_its_equilibrium():
    text, expected = network()
    found, state = tdsim.settle(tdsim.loads(text), tmax=200, step=0.05, return_state=True)
    assert found.attrs["settled"] == 1
    last = np.array([float(found[f"v(x{i})"][-1]) for i in range(8)])
    assert np.abs(last - expected).max() < 1e-6
    onward = tdsim.transient(tdsim.loads(text), stop=state.time + 5, step=0.05, state=state)
    assert np.abs(onward["v(x3)"] - expected[3]).max() < 1e-6


def test_a_transient_of_electronics_starts_from_the_equilibrium():
    text, expected = network()
    cards = ".settle tol=1e-8 tmax=200 tstep=0.05\n.tran 0.05 2 from=settle\n.meas tran most max i(r3)\n.end"
    found = tdsim.simulate(tdsim.loads(text.replace(".end", cards)))
    assert found["tran"]["time"].values[0] == 0.0
    assert np.abs(found["tran"]["v(x3)"] - expected[3]).max() < 1e-7
    assert float(found["most"]) == pytest.approx(expected[3], abs=1e-6)


@pytest.mark.parametrize("r", [100.0, 1e3, 1e5])
def test_a_filter_settles_after_its_last_edge(r):
    text = "A filter\nV1 a 0 pulse(0 1 500n 1n 1n 1)\nR1 a b 1k\nC1 b 0 10p\n.save v(b) i(v1)\n"
    found = tdsim.settle(tdsim.loads(text), tmax=1e-4, step=1e-9, params={"r1.r": r})
    assert found.attrs["settled"] == 1
    assert 500e-9 + 3 * r * 10e-12 < found.attrs["settle_time"] < 2e-6 + 60 * r * 10e-12
    assert abs(float(found["v(b)"][-1]) - 1) < 1e-6


def test_runs_settle_by_themselves():
    text = "A filter\nV1 a 0 pulse(0 1 10n 1n 1n 1)\nR1 a b 1k\nC1 b 0 10p\n.save v(b)\n"
    r = np.array([1e4, 100.0, 3e3, 1e3])
    found = tdsim.settle(tdsim.loads(text), tmax=10e-6, step=1e-9, params={"r1.r": r})
    alone = [tdsim.settle(tdsim.loads(text), tmax=10e-6, step=1e-9, params={"r1.r": v}).attrs["settle_time"] for v in r]
    np.testing.assert_allclose(found.attrs["settle_time"], alone)
    np.testing.assert_allclose(found["v(b)"][:, -1], 1, atol=1e-6)


def test_a_line_that_is_still_filling_does_not_fool_it():
    """A line of 10 ns, badly matched at both ends: each round trip leaves 0.96 * 0.98 of what was wrong."""
    text = (
        "An echo\nV1 in 0 pulse(0 1 1n 0.1n 0.1n 1)\nR0 in a 1\nT1 a 0 b 0 z0=50 td=10n\nR2 b 0 5k\n.save v(b) v(a)\n"
    )
    found = tdsim.settle(tdsim.loads(text), tmax=20e-6, step=0.1e-9)
    assert found.attrs["settled"] == 1
    error = np.abs(found["v(b)"].values - 5e3 / 5001)
    after = found["time"].values >= found.attrs["settle_time"]
    assert error[after].max() < 1e-5
    round_trips = found.attrs["settle_time"] / 20e-9
    assert round_trips > np.log(1e-6) / np.log(49 / 51 * 4950 / 5050)


def test_an_oscillator_oscillates():
    """Van der Pol's: period 2 pi sqrt(LC) (1 + epsilon^2 / 16), epsilon = 0.1."""
    cubic = "B1 x 0 i=-0.1m*v(x)+0.1m*v(x)*v(x)*v(x)"
    text = f"Oscillator\nI1 0 x pulse(0 1m 1u 1n 1n 1u)\nL1 x 0 1m\nC1 x 0 1n\n{cubic}\n.save v(x)\n"
    found = tdsim.settle(tdsim.loads(text), tmax=2e-3, step=0.1e-6)
    assert (found.attrs["settled"], found.attrs["verdict"]) == (0, "oscillates")
    assert found.attrs["period"] == pytest.approx(2e-6 * np.pi * (1 + 0.01 / 16), rel=1e-3)


def test_a_current_into_a_capacitor_drifts():
    text = "Drift\nI1 0 x pulse(0 1u 1n 1n 1n 1)\nC1 x 0 1n\nR1 x 0 1t\n.save v(x)\n"
    assert tdsim.settle(tdsim.loads(text), tmax=1e-6, step=1e-9).attrs["verdict"] == "drifts"


def test_a_sweep_of_searches(tmp_path):
    text = "A filter\n.param r=1k\nV1 a 0 pulse(0 1 10n 1n 1n 1)\nR1 a b {r}\nR2 b 0 1k\nC1 b 0 10p\n.save v(b)\n"
    text += ".settle tol=1e-6 tmax=10u tstep=1n\n.step param r list 1k 3k 100\n"
    found = tdsim.sweep(tdsim.loads(text), path=tmp_path / "a.nc")
    np.testing.assert_array_equal(found.attrs["settled"], 1)
    np.testing.assert_allclose(found["v(b)"][:, -1], 1e3 / (1e3 + np.array([1e3, 3e3, 100])), atol=2e-6)


def neurons(seed):
    """A random network x' = -x + W tanh(x(t - d)) + b that leads back into itself, half of it through delays."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 6))
    weights = random.normal(0, random.uniform(0.5, 3) / np.sqrt(count), (count, count))
    lines = ["A random network of neurons"]
    for i, row in enumerate(weights.tolist()):
        delayed = random.random(count) < 0.5
        inputs = [f"delay(v(x{j}),{random.uniform(0.5, 8):.4f})" if d else f"v(x{j})" for j, d in enumerate(delayed)]
        terms = " + ".join(f"({w!r})*tanh({x})" for w, x in zip(row, inputs, strict=True))
        lines += [f"C{i} x{i} 0 {random.uniform(0.3, 2):.4f}", f"R{i} x{i} 0 1", f"B{i} 0 x{i} i = {terms}"]
        lines += [f"I{i} 0 x{i} pulse(0 {random.normal():.4f} 1 0.1 0.1 1e9)"]
    return "\n".join([*lines, ".save " + " ".join(f"v(x{i})" for i in range(count))]) + "\n"


@pytest.mark.parametrize("block", range(4))
def test_error_after_firing_in_random_networks(block):
    """Four dozen of them in all; what has settled is at a fixed point, to ten times the tolerance."""
    tol, verdicts = 1e-6, []
    for seed in range(12 * block, 12 * block + 12):
        circuit = tdsim.loads(neurons(seed))
        found, state = tdsim.settle(circuit, tmax=3000, step=0.1, tol=tol, return_state=True)
        verdicts.append(found.attrs["verdict"])
        if found.attrs["settled"]:
            solved = tdsim.fixed_point(circuit, step=0.1, guess=state, stop=3000)
            largest = max(float(abs(found[name]).max()) for name in found.data_vars)
            for name in found.data_vars:
                assert abs(float(found[name][-1] - solved[name])) < 10 * tol * largest, f"seed {seed}"
    assert verdicts.count("settled") >= 6
    assert set(verdicts) <= {"settled", "oscillates", "too slow", "irregular"}


# -- solved for directly --------------------------------------------------------------------------------------------


def test_the_fixed_point_of_light_and_electronics_is_where_it_settles():
    beta = np.array([0.5, 1.1, 1.3, 1.5])
    found, state = tdsim.fixed_point(
        tdsim.loads(LOOP), step=0.1 * NS, params={"eamp.gain": beta}, save=["v(x)", "p(xfibre.o2)"], return_state=True
    )
    exact = np.array([rest(b) for b in beta])
    np.testing.assert_allclose(found["v(x)"], exact, rtol=1e-9)
    np.testing.assert_allclose(found["p(xfibre.o2)"], 1e-3 * np.cos(exact - np.pi / 4) ** 2, rtol=1e-9)
    onward = tdsim.transient(
        tdsim.loads(LOOP), stop=200 * NS, step=0.1 * NS, state=state, params={"eamp.gain": beta}, save=["v(x)"]
    )
    np.testing.assert_allclose(onward["v(x)"][:3], np.repeat(exact[:3, None], onward.sizes["time"], 1), rtol=1e-8)
    settled = tdsim.settle(tdsim.loads(LOOP), tmax=10000 * NS, step=0.1 * NS, params={"eamp.gain": beta[:3]})
    np.testing.assert_allclose(settled["v(x)"][:, -1], found["v(x)"][:3], atol=1e-6)


def test_fixed_points_of_electronics_side_by_side_are_those_of_each_alone():
    text = """A pump, two diodes and a latch with two equilibria
V1 in 0 1
R1 in a 1k
D1 a b dm
R2 b 0 2k
C1 b 0 1u
.model dm d(is=1n)
B1 y 0 v=tanh(4*v(x))
R3 y x 1k
R4 b x 100k
C2 x 0 1u
.options reltol=1e-9
.end
"""
    circuit, save = tdsim.loads(text), ["v(b)", "v(x)"]
    params = {"v1.dc": np.array([-1.0, 0.5, 2.0]), "r2.r": np.array([1e3, 2e3, 3e3])}
    side = [{k: float(v[run]) for k, v in params.items()} for run in range(3)]
    found, state = tdsim.fixed_point(circuit, step=1e-5, params=params, save=save, return_state=True)
    alone = [tdsim.fixed_point(circuit, step=1e-5, params=p, save=save) for p in side]
    for name in save:
        np.testing.assert_allclose(found[name], [float(one[name]) for one in alone], rtol=1e-9, atol=1e-12)
    latch = tdsim.settle(circuit, tmax=1.0, step=1e-5, params={"v1.dc": 5.0, "r4.r": 1e3}, save=save, return_state=True)
    near = tdsim.fixed_point(circuit, step=1e-5, params=params, save=save, guess=latch[1])
    assert (near["v(x)"] > 0.9).all()
    stays = tdsim.transient(circuit, stop=state.time + 1e-3, step=1e-5, params=params, save=save, state=state)
    np.testing.assert_allclose(stays["v(b)"][:, -1], found["v(b)"], rtol=1e-6, atol=1e-9)


def test_the_fixed_point_of_electronics():
    text, expected = network()
    found, state = tdsim.fixed_point(tdsim.loads(text), step=0.05, return_state=True, guess=settled_state(text))
    assert max(abs(float(found[f"v(x{i})"]) - expected[i]) for i in range(8)) < 1e-9
    onward = tdsim.transient(tdsim.loads(text), stop=state.time + 5, step=0.05, state=state)
    assert np.abs(onward["v(x3)"] - expected[3]).max() < 1e-8


def settled_state(text):
    return tdsim.settle(tdsim.loads(text), tmax=200, step=0.05, return_state=True)[1]


def test_sources_are_as_they_are_at_their_end():
    text = "A filter\nV1 a 0 pulse(0 1 10n 1n 1n 1)\nR1 a b 1k\nR2 b 0 3k\nC1 b 0 10p\n.save v(b)\n"
    assert float(tdsim.fixed_point(tdsim.loads(text), step=1e-9)["v(b)"]) == pytest.approx(0.75, rel=1e-9)
    with pytest.raises(tdsim.UsageError, match=r"v1\.wave never stands still: there is no fixed point"):
        tdsim.fixed_point(tdsim.loads(text.replace("pulse(0 1 10n 1n 1n 1)", "sin(0 1 1meg)")), step=1e-9)


# -- processes ------------------------------------------------------------------------------------------------------


def test_a_process_waits_for_rest_again_and_again():
    """In the loop of light and electronics: at every gain it is at rest when it says so, and not long before."""
    seen = []

    def climb(sim, memory):
        for gain in (0.8, 1.1, 1.25):
            sim.set("eamp.gain", gain)
            yield sim.wait_settled(1e-7)
            seen.append((gain, sim.now, float(sim.read("v(x)")[0])))

    tdsim.transient(tdsim.loads(LOOP).process(climb, {}), stop=12000 * NS, step=0.1 * NS)
    assert [gain for gain, _, _ in seen] == [0.8, 1.1, 1.25]
    for gain, _, x in seen:
        assert abs(x - rest(gain)) < 1e-6
    times = np.diff([0.0, *(now for _, now, _ in seen)])
    assert (times > 6 * 20 * NS).all()
    assert times[2] > times[0], "nearer to the edge it takes longer"


def test_a_process_waits_for_a_line_to_fill():
    text = "An echo\nV1 in 0 pulse(0 1 1n 0.1n 0.1n 1)\nR0 in a 1\nT1 a 0 b 0 z0=50 td=10n\nR2 b 0 5k\n.save v(b)\n"
    seen = []

    def wait(sim, memory):
        yield sim.wait_settled()
        seen.append((sim.now, float(sim.read("v(b)")[0])))

    tdsim.transient(tdsim.loads(text).process(wait, {}), stop=15e-6, step=0.1e-9)
    ((now, v),) = seen
    assert abs(v - 5e3 / 5001) < 1e-5
    assert now > 20e-9 * np.log(1e-6) / np.log(49 / 51 * 4950 / 5050)


def test_a_run_of_a_sweep_that_has_no_rest_to_start_from_is_named():
    text = LOOP.replace("1.3", "{beta}").replace("Xlaser  in", ".param beta=1.3\nXlaser  in", 1)
    text += ".settle tol=1e-6 tmax=5u tstep=0.1n\n.tran 0.1n 10n from=settle\n.op\n.step param beta list 1.0 1.5\n"
    with pytest.raises(tdsim.SimulationError, match=r"settle: run 1 \(beta = 1\.5\) did not settle .*: it oscillates"):
        tdsim.simulate(tdsim.loads(text))
