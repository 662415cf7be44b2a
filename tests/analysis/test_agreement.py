"""Loops of light and electronics without a delay, many samples at once."""

import numpy as np
import pytest

import tdsim
from tdsim.analysis import mixed
from tdsim.analysis.agreement import Agreed, agree
from tdsim.netlist import loads

STABILISER = """A stabiliser; its load has a capacitor or none
Xl in laser power=sin(1.5m 0.5m 100meg)
Xs in nc1 a b coupler
Xu a c drive 0 phase_shifter vpi=5 phase={-pi/4}
Xw b d 0 drive phase_shifter vpi=5 phase={pi/4}
Xj c d nc2 out coupler
Xd out seen 0 photodiode
R1 seen 0 1k
C1 seen 0 10f
V1 wanted 0 0.6
E1 drive 0 wanted seen 4
.save v(drive) v(seen) p(in)
.tran 50p 20n
.end
"""


def stabiliser(capacitance="10f", gain="4"):
    return loads(STABILISER.replace("10f", capacitance).replace("wanted seen 4", f"wanted seen {gain}"))


def guess(level, runs):
    return Agreed(np.full((1, runs, 64), level), np.zeros((1, runs, 64)), np.zeros(runs, dtype=bool))


def test_a_window_of_a_loop_with_memory_is_solved():
    """v follows light through a pole, light is made of v at once by a curved law."""
    pole, times = 0.8, np.arange(64)
    drive = 1 + 0.3 * np.sin(0.1 * times)

    def voltages(light):
        found, v = np.zeros((2, light.shape[1], 64)), np.zeros(light.shape[1])
        for n in range(64):
            v = pole * v + (1 - pole) * light[0, :, n]
            found[0, :, n], found[1, :, n] = v, -v
        return found

    def light(volts):
        return (drive * np.cos(3 * (volts[0] - volts[1]) / 2) ** 2)[None]

    solved = agree(voltages, light, guess(0.5, 3))
    assert solved.solved.all()
    np.testing.assert_allclose(light(voltages(solved.light)), solved.light, atol=1e-11)
    np.testing.assert_array_equal(solved.light[:, 0], solved.light[:, 2])


def test_a_window_with_a_fold_is_left_to_smaller_steps():
    """v = 3 tanh(v) + bias jumps where the bias has risen enough: no window may pass over that."""
    bias = np.linspace(-3, 3, 64)
    assert not agree(lambda light: light, lambda volts: 3 * np.tanh(volts) + bias, guess(-5.0, 1)).solved.any()


@pytest.mark.parametrize("capacitance", ["0", "10f", "100f", "1p"])
def test_windows_find_what_single_samples_do(monkeypatch, capacitance):
    whole = tdsim.simulate(stabiliser(capacitance), "tran")
    monkeypatch.setattr(mixed, "WIDTHS", ())
    alone = tdsim.simulate(stabiliser(capacitance), "tran")
    for name in ("v(drive)", "v(seen)"):
        np.testing.assert_allclose(whole[name].values, alone[name].values, atol=1e-10)


def test_most_samples_are_solved_in_windows(monkeypatch):
    singles = []
    original = mixed.MixedEngine._solve_window
    monkeypatch.setattr(mixed.MixedEngine, "_solve_window", lambda self, n: singles.append(n) or original(self, n))
    tdsim.simulate(stabiliser(), "tran")
    assert len(singles) < 30  # of 401


def test_where_a_run_is_cut_makes_no_difference(monkeypatch):
    whole = tdsim.simulate(stabiliser(), "tran")
    monkeypatch.setattr("tdsim.analysis.transient.STRETCH_NUMBERS", 1)
    cut = tdsim.simulate(stabiliser(), "tran")
    for name in ("v(drive)", "v(seen)", "p(in)"):
        np.testing.assert_array_equal(cut[name].values, whole[name].values)


def test_runs_do_not_know_of_each_other():
    vpi = np.array([5.0, 4.5, 6.5])
    cut = {"stop": 10e-9, "step": 50e-12, "save": ["v(drive)"]}
    together = tdsim.transient(stabiliser(), params={"xu.vpi": vpi, "xw.vpi": vpi}, **cut)
    for k, one in enumerate(vpi):
        alone = tdsim.transient(stabiliser(), params={"xu.vpi": float(one), "xw.vpi": float(one)}, **cut)
        np.testing.assert_array_equal(together["v(drive)"].values[k], alone["v(drive)"].values)


@pytest.mark.parametrize("gain", ["4", "-3"])
def test_the_loop_is_closed_at_every_sample(gain):
    found = tdsim.simulate(stabiliser("0", gain), "tran")
    drive, seen, power = (found[n].values for n in ("v(drive)", "v(seen)", "p(in)"))
    np.testing.assert_allclose(drive, float(gain) * (0.6 - seen), atol=1e-10)
    np.testing.assert_allclose(seen, 1e3 * power * np.cos(np.pi * drive / 5 - np.pi / 4) ** 2, atol=1e-10)
