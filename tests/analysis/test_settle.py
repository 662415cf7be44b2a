"""Searching for equilibria: never too early, right when it fires, honest when it does not."""

import numpy as np
import pytest
from scipy.optimize import brentq, fsolve

import tdsim
from tdsim.cli import main

PS, NS = 1e-12, 1e-9
pytestmark = pytest.mark.filterwarnings("ignore:.*did not settle:UserWarning")

# -- the delay loop with a Kerr resonator: its edge of instability by linear algebra --------------------------------

KAPPA, KERR, DETUNING, ROUND, CROSSING = 1e10, 1e23, 2e10, 1e-9, 0.8


def kerr_loop(power=1.0, delay=ROUND):
    circuit = tdsim.Circuit("Kerr resonator with delayed feedback")
    circuit.add("xl", "laser", "in", power=power)
    circuit.add("xc", "coupler", "in", "b", "out", "a", coupling=CROSSING)
    circuit.add("xi", "isolator", "a", "a2")
    circuit.add("xr", "resonator", "a2", "m", kappa=(KAPPA, KAPPA), kerr=KERR, detuning=DETUNING / (2 * np.pi))
    circuit.add("xd", "delay", "m", "b", time=delay, phase=np.pi)
    return circuit.save("p(out)", "x(xr.cavity)")


def equilibrium(power):
    """A, followed up from low power: 0 = (-i D - K) A + i G|A|^2 A + i sqrt(K) t E + i k K A."""

    def flow(y, field):
        a = (y[0] + 1j * y[1]) * 1e-7
        rate = -1j * DETUNING - KAPPA + 1j * KERR * abs(a) ** 2 + 1j * np.sqrt(CROSSING) * KAPPA
        value = (rate * a + 1j * np.sqrt(KAPPA * (1 - CROSSING)) * field) / (KAPPA * 1e-7)
        return value.real, value.imag

    y = np.zeros(2)
    for part in np.linspace(0.05, 1, 20):
        y = fsolve(flow, y, args=(part * np.sqrt(power),), xtol=1e-12)
    return (y[0] + 1j * y[1]) * 1e-7


def rightmost(power, points=60):
    """The rightmost eigenvalue of the linearised delay equation, by Chebyshev collocation of one delay."""
    a = equilibrium(power)
    now, mixed = -1j * DETUNING - KAPPA + 2j * KERR * abs(a) ** 2, 1j * KERR * a**2
    late = 1j * np.sqrt(CROSSING) * KAPPA

    def real(z):
        return np.array([[z.real, -z.imag], [z.imag, z.real]])

    x = np.cos(np.pi * np.arange(points + 1) / points)
    c = np.array([2, *np.ones(points - 1), 2]) * (-1) ** np.arange(points + 1)
    between = x[:, None] - x + np.eye(points + 1)
    derivative = np.outer(c, 1 / c) / between
    derivative = (derivative - np.diag(derivative.sum(axis=1))) * 2 / ROUND
    matrix = np.kron(derivative, np.eye(2))
    matrix[:2] = 0
    matrix[:2, :2] = real(now) + real(mixed) @ np.diag([1, -1])
    matrix[:2, -2:] = real(late)
    values = np.linalg.eigvals(matrix)
    return values[np.argmax(values.real)]


@pytest.fixture(scope="module")
def hopf():
    return brentq(lambda power: rightmost(power).real, 3e-3, 4.2e-3, xtol=1e-8)


@pytest.fixture(scope="module")
def swept(hopf):
    """Powers up to the edge and beyond, settled side by side."""
    below = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99]
    above = [1.01, 1.02, 1.05, 1.1, 1.2, 1.5]
    powers = hopf * np.array([*below, *above])
    found, state = tdsim.settle(
        kerr_loop(), tmax=4000 * NS, step=10 * PS, params={"xl.power": powers}, return_state=True
    )
    return powers, len(below), found, state


def test_never_early_up_to_one_percent_below_the_instability(swept):
    powers, below, found, state = swept
    assert found.attrs["settled"][:below].all()
    exact = tdsim.fixed_point(kerr_loop(), step=10 * PS, params={"xl.power": powers[:below]}, return_state=True)[1]
    error = np.abs(state.take(range(below)).history - exact.history).max(axis=(0, 1))
    assert (error <= 10 * 1e-6 * np.abs(state.history).max()).all()
    amplitude = [equilibrium(p) for p in powers[:below]]
    cavity = found["x(xr.cavity)"].values[:below, -1]
    np.testing.assert_allclose(cavity, amplitude, rtol=2e-6)


def test_never_beyond_the_instability(swept):
    powers, below, found, _ = swept
    assert not found.attrs["settled"][below:].any()
    assert found.attrs["verdict"].split()[below:] == ["oscillates"] * (len(powers) - below)


def test_period_to_one_percent(swept):
    """Against the crossings of a level, counted over the last microsecond."""
    powers, below, found, _ = swept
    for run in range(below, len(powers)):
        series = found["p(out)"].values[run, -100_000:]
        period = crossings(series) * 10 * PS
        assert found.attrs["period"][run] == pytest.approx(period, rel=0.01), powers[run]


def crossings(series):
    """Samples between upward crossings of the mean, over as many of them as make the pattern repeat."""
    z = series - series.mean()
    up = np.flatnonzero((z[:-1] < 0) & (z[1:] >= 0))
    exact = up + z[up] / (z[up] - z[up + 1])
    for many in range(1, 40):
        spans = exact[many:] - exact[:-many]
        if np.ptp(spans) < 0.01 * spans.mean():
            return spans.mean()
    raise AssertionError("not periodic")


def test_first_oscillation_turns_as_the_linearised_equation_says(hopf):
    frequency = rightmost(hopf).imag / (2 * np.pi)
    found = tdsim.settle(kerr_loop(1.003 * hopf), tmax=8000 * NS, step=10 * PS)
    assert found.attrs["settled"] == 0
    assert 1 / found.attrs["period"] == pytest.approx(frequency, rel=0.1)


# -- echoes and lines that fill -------------------------------------------------------------------------------------


@pytest.mark.parametrize("survives", [0.65, 0.9, 0.98])
def test_an_echo_in_a_loop_is_not_rest(survives):
    """One short pulse goes round a long loop; between its passages nothing happens anywhere else."""
    circuit = tdsim.loads(f"""echo
Xl in        laser power=pulse(0 1m 0 1p 1p 5p)
Xc in b a out coupler coupling=0.02
Xd a b       delay time=200p loss={-20 * np.log10(survives / np.sqrt(0.98))}
.save e(out)
""")
    found, state = tdsim.settle(circuit, tmax=2000 * NS, step=1 * PS, tol=1e-6, return_state=True)
    assert found.attrs["settled"] == 1
    rounds = np.log(1e-6) / np.log(survives)
    assert found.attrs["settle_time"] > 0.9 * rounds * 200 * PS
    assert np.abs(state.history).max() < 1e-5 * np.sqrt(1e-3)


def test_a_line_that_fills_is_not_rest():
    circuit = tdsim.Circuit()
    circuit.add("xl", "laser", "in", power=1e-3).add("xd", "delay", "in", "out", time=10 * NS)
    found = tdsim.settle(circuit, tmax=100 * NS, step=10 * PS)
    assert found.attrs["settled"] == 1
    assert 10 * NS <= found.attrs["settle_time"] < 20 * NS
    assert float(found["p(out)"][-1]) == pytest.approx(1e-3)


@pytest.mark.parametrize("block", range(5))
def test_error_after_firing_in_random_recurrent_circuits(block):
    """20 random meshes each, 100 in all: couplers and lossy delays that lead back into one another."""
    for seed in range(20 * block, 20 * block + 20):
        circuit = mesh(np.random.default_rng(seed))
        found, state = tdsim.settle(circuit, tmax=20_000 * PS, step=0.5 * PS, tol=1e-6, return_state=True)
        assert found.attrs["settled"] == 1, seed
        exact = tdsim.fixed_point(circuit, step=0.5 * PS, return_state=True)[1]
        error = np.abs(state.history - exact.history).max() / np.abs(state.history).max()
        assert error <= 1e-5, seed


def mesh(rng):
    """Couplers in a row whose outputs lead back to inputs drawn at random, through delays of any length."""
    count = int(rng.integers(2, 7))
    circuit = tdsim.Circuit()
    for n in range(count):
        ports = {f"o{k}": f"n{n}_{k}" for k in (1, 2, 3, 4)}
        circuit.add(f"xc{n}", "coupler", **ports, coupling=rng.uniform(0.05, 0.95))
    outs = [f"n{n}_{k}" for n in range(count) for k in (3, 4)]
    ins = [f"n{n}_{k}" for n in range(count) for k in (1, 2)]
    rng.shuffle(ins)
    for i, (a, b) in enumerate(zip(outs[1:], ins[1:], strict=True)):
        delay = rng.uniform(3, 30) * PS
        circuit.add(f"xd{i}", "delay", a, b, time=delay, phase=rng.uniform(0, 6), loss=rng.uniform(0.1, 1))
    circuit.add("xl", "laser", ins[0], power=1e-3)
    return circuit.save(f"p({outs[0]})")


# -- other equilibria -----------------------------------------------------------------------------------------------


def test_rotating_equilibrium():
    """A detuned laser: settled in modulus and rate, the field goes on turning; the answer of the ring is known."""
    circuit = tdsim.loads("""ring
Xl in         laser power=1m detuning=3g
Xc in b a out coupler coupling=0.1
Xw a b        delay time=2p loss=0.3
.save e(out)
.port out out
""")
    found = tdsim.settle(circuit, tmax=50 * NS, step=0.1 * PS, tol=1e-8)
    assert found.attrs["settled"] == 1
    assert found.attrs["rotation"] == pytest.approx(3e9, rel=1e-6)
    turn = 10 ** (-0.3 / 20) * np.exp(2j * np.pi * 3e9 * 2 * PS)
    t, k = np.sqrt(0.9), np.sqrt(0.1)
    expected = np.sqrt(1e-3) * abs(t - k**2 * turn / (1 - t * turn))
    assert abs(complex(found["e(out)"][-1])) == pytest.approx(expected, rel=1e-7)


def test_two_colours_beat():
    circuit = tdsim.Circuit()
    circuit.add("x1", "laser", "a", power=1e-3).add("x2", "laser", "b", power=1e-3, detuning=7.3e9)
    circuit.add("xc", "coupler", "a", "b", "o", "nc").add("xw", "waveguide", "o", "out", length=1e-3)
    found = tdsim.settle(circuit, tmax=10 * NS, step=1 * PS, save=["p(out)"])
    assert found.attrs["verdict"] == "oscillates"
    assert found.attrs["period"] == pytest.approx(1 / 7.3e9, rel=1e-3)


def test_runs_that_are_at_rest_are_left_out():
    """Quick and slow rings side by side: the quick ones cost nothing any more, and their result stands still."""
    coupling = np.array([*np.full(15, 0.5), 0.002])
    circuit = tdsim.loads("rings\nXl in laser\nXc in b a out coupler\nXd a b delay time=2p loss=0.01\n.save e(out)\n")
    found, state = tdsim.settle(
        circuit, tmax=100 * NS, step=0.5 * PS, tol=1e-7, params={"xc.coupling": coupling}, return_state=True
    )
    times = found.attrs["settle_time"]
    assert found.attrs["settled"].all()
    assert times[15] > 20 * times[0]
    alone = tdsim.settle(circuit, tmax=100 * NS, step=0.5 * PS, tol=1e-7, params={"xc.coupling": 0.5})
    assert times[0] == alone.attrs["settle_time"]
    kept = found["e(out)"].values[0, alone.sizes["time"] * 3 :]
    assert (kept == kept[0]).all()
    exact = tdsim.fixed_point(circuit, step=0.5 * PS, params={"xc.coupling": coupling}, return_state=True)[1]
    assert np.abs(state.history - exact.history).max() < 1e-6 * np.abs(exact.history).max()


def test_dark_circuit_is_at_rest():
    circuit = tdsim.Circuit().add("xl", "laser", "in", power=0.0).add("xd", "delay", "in", "out", time=NS)
    found = tdsim.settle(circuit, tmax=100 * NS, step=10 * PS)
    assert (found.attrs["settled"], found.attrs["residual"]) == (1, 0)


def test_constant_inputs_hold():
    circuit = tdsim.Circuit().add("xc", "coupler", "i", "b", "a", "o", coupling=0.1)
    circuit.add("xd", "delay", "a", "b", time=2 * PS, loss=0.5).port("in", "i").port("out", "o")
    fields = np.array([1.0, 2.0j])
    found = tdsim.settle(circuit, tmax=10 * NS, step=0.5 * PS, inputs={"in": fields}, tol=1e-9)
    exact = tdsim.fixed_point(circuit, step=0.5 * PS, inputs={"in": fields})
    np.testing.assert_allclose(found["e(out)"].values[:, -1], exact["e(out)"], rtol=1e-8)


# -- netlists, transients that follow, processes --------------------------------------------------------------------

RING = """ring
Xl in         laser power=pulse(1m 2m 10p 1p 1p 20p)
Xc in b a out coupler coupling=0.2
Xd a b        delay time=2p loss=0.5
.settle tol=1e-9 tmax=10n
.tran 0.5p 50p from=settle
.save p(out)
.end
"""


def test_transient_from_the_equilibrium():
    tree = tdsim.simulate(tdsim.loads(RING))
    p = tree["tran"]["p(out)"]
    rest = float(tree["settle"]["p(out)"][-1])
    np.testing.assert_allclose(p.sel(time=slice(0, 9.6e-12)), rest, rtol=1e-8)
    assert float(p.max()) > 1.2 * rest
    assert tree["settle"].attrs["settle_time"] > 32e-12, "not before the pulse has gone"
    alone = tdsim.simulate(tdsim.loads(RING), "tran")
    assert np.array_equal(alone["p(out)"], p)


def test_transient_from_no_equilibrium(tmp_path, capsys):
    text = RING.replace("loss=0.5", "loss=0").replace("0.2", "1m").replace("tmax=10n", "tmax=0.1n")
    with pytest.raises(tdsim.SimulationError, match="cannot start from an equilibrium"):
        tdsim.simulate(tdsim.loads(text))


def test_jump_at_the_start_is_told():
    with pytest.warns(UserWarning, match="begins at 0.001 and ends at 0.002"):
        tdsim.simulate(tdsim.loads(RING.replace("pulse(1m 2m 10p 1p 1p 20p)", "pwl(0 1m 10p 2m)")))


def test_exit_status(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rest.cir").write_text(RING)
    assert main(["run", "rest.cir", "--quiet"]) == 0
    (tmp_path / "slow.cir").write_text(
        RING.replace("tmax=10n", "tmax=60p").replace(".tran 0.5p 50p from=settle", ".tran 0.5p 50p")
    )
    assert main(["run", "slow.cir", "--quiet"]) == 1
    assert "did not settle" in capsys.readouterr().err
    assert tdsim.open(tmp_path / "slow.nc")["settle"].attrs["settled"] == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (".settle", "needs tmax"),
        (".settle tmax=1n tol=2", "tol is a part of the largest value"),
        (".settle tmax=1n colour=2", "has no option 'colour'"),
        (".settle 1n", "the form is .settle"),
        (".tran 1p 1n from=dark", "starts dark, or from=settle"),
        (".tran 1p 1n from=settle", "needs a .settle card"),
        (".settle tmax=1n tstep=2p\n.tran 1p 1n from=settle", "needs the step of .settle"),
        (".settle tmax=1n", "needs a step"),
    ],
)
def test_wrong_cards(line, sentence):
    with pytest.raises(tdsim.NetlistError, match=sentence):
        tdsim.loads(f"title\nXl in laser\nXd in out delay time=10p\n{line}\n.save p(out)\n.end\n")


def test_process_waits_for_rest():
    """Settle, change a phase, settle again: the second wait ends at the new equilibrium."""
    circuit = tdsim.loads(RING.replace("pulse(1m 2m 10p 1p 1p 20p)", "1m")).save("p(out)")
    seen = []

    def steer(sim, memory):
        yield sim.wait_settled(1e-8)
        seen.append((sim.now, float(sim.read("p(out)")[0])))
        sim.set("xd.phase", 2.0)
        yield sim.wait_settled(1e-8)
        seen.append((sim.now, float(sim.read("p(out)")[0])))

    circuit.process(steer)
    tdsim.transient(circuit, stop=5 * NS, step=0.5 * PS)
    circuit.processes.clear()
    for (_, power), phase in zip(seen, (0.0, 2.0), strict=True):
        exact = tdsim.fixed_point(circuit, step=0.5 * PS, params={"xd.phase": phase})
        assert power == pytest.approx(float(exact["p(out)"]), rel=1e-7)
    assert 50 * PS < seen[0][0] < seen[1][0] < 4 * NS


def test_refused():
    circuit = tdsim.loads(RING)
    with pytest.raises(tdsim.UsageError, match="tol must lie"):
        tdsim.settle(circuit, tmax=NS, step=PS, tol=0)
    with pytest.raises(tdsim.UsageError, match="tmax must be above zero"):
        tdsim.settle(circuit, tmax=0, step=PS)
    with pytest.raises(tdsim.UsageError, match="give a step"):
        tdsim.settle(circuit, tmax=NS)
