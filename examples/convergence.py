"""How errors fall with the step, for each kind of circuit that has a closed form.

    open path    y(t) = x(t - D), D not a whole number of steps: a windowed sinc
    loop         y = t x(t) - k^2 sum over n >= 1 of t^(n-1) g^n x(t - n D): an all-pass
    cavity       dA/dt = -c A + i sqrt(kappa) x, c = kappa/2 + 2 pi i f: the exact exponential, x linear in between
    detuned      the same cavity, driven by a laser 20 GHz beside its carrier from t = 0 on

with x a Gaussian pulse of 2.5 ps; and the first three again with a pulse that rises and falls in straight edges of
8 ps, whose corners lie between samples. Prints the largest error, relative to the largest value, the order of each
halving and the order that is promised, and draws convergence.png. A delay that falls on a whole number of steps is
exact: these do not. At a corner no filter can be better than the light's own sampling, so that there a fractional delay
is of order 1; a cavity, which adds light up, is of order 2.
"""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import erfc

import tdsim

PS = 1e-12
STEPS = [2.0, 1.0, 0.5, 0.25]
WIDTH, CENTRE, STOP = 2.5 * PS, 30 * PS, 150 * PS
KAPPA, OFFSET, DETUNING = 1e11, 15e9, 20e9
RATE = KAPPA / 2 + 2j * np.pi * OFFSET
DELAY, ROUND, COUPLING, GAIN = 95.37 * PS, 17.3 * PS, 0.3, 10 ** (-0.5 / 20) * np.exp(0.4j)


def pulse(t):
    return np.exp(-(((t - CENTRE) / WIDTH) ** 2) / 2)


CORNERS = (np.array([20, 28, 44, 52]) + 4 / 3) * PS
"""A third of a step behind a sample, or before one, at every step."""


def edged(t):
    """0, up to 1 between the first two corners, down to 0 between the last two."""
    return np.interp(t, CORNERS, [0, 1, 1, 0])


def run(circuit, step, signal, inputs=None, shape=pulse):
    """Times and samples of one signal, a pulse entering where nothing else does."""
    times = np.arange(int(STOP / step) + 1) * step
    inputs = {"in": shape(times).astype(complex)} if inputs is None else inputs
    result = tdsim.transient(circuit, stop=STOP, step=step, inputs=inputs, save=[signal])
    return result["time"].values, result[signal].values


def open_path(step, shape=pulse):
    circuit = tdsim.Circuit().add("w", "delay", "i", "o", time=DELAY).port("in", "i").port("out", "o")
    t, found = run(circuit, step, "e(out)", shape=shape)
    return found, shape(t - DELAY)


def loop(step, shape=pulse):
    circuit = tdsim.Circuit().add("c", "coupler", "i", "end", "start", "o", coupling=COUPLING)
    circuit.add("w", "delay", "start", "end", time=ROUND, phase=0.4, loss=0.5).port("in", "i").port("out", "o")
    t, found = run(circuit, step, "e(out)", shape=shape)
    through = np.sqrt(1 - COUPLING)
    trips = range(1, int(STOP / ROUND) + 1)
    echoes = sum(through ** (n - 1) * GAIN**n * shape(t - n * ROUND) for n in trips)
    return found, through * shape(t) - COUPLING * echoes


def resonator():
    return tdsim.Circuit().add("r", "resonator", "i", kappa=(KAPPA,), detuning=OFFSET)


def cavity(step):
    t, found = run(resonator().port("in", "i"), step, "x(r.cavity)")
    late = t - CENTRE
    tail = erfc((RATE * WIDTH**2 - late) / (WIDTH * np.sqrt(2)))
    return found, 1j * np.sqrt(KAPPA * np.pi / 2) * WIDTH * np.exp(RATE**2 * WIDTH**2 / 2 - RATE * late) * tail


def edged_cavity(step):
    """The answer to a ramp is known: the pulse is a sum of four."""
    t, found = run(resonator().port("in", "i"), step, "x(r.cavity)", shape=edged)
    slopes = np.array([1, -1, -1, 1]) / (8 * PS)
    since = [np.maximum(t - corner, 0) for corner in CORNERS]
    ramps = [slope * (s / RATE - (1 - np.exp(-RATE * s)) / RATE**2) for slope, s in zip(slopes, since, strict=True)]
    return found, 1j * np.sqrt(KAPPA) * sum(ramps)


def detuned(step):
    circuit = resonator().add("l", "laser", "i", power=1.0, detuning=DETUNING)
    t, found = run(circuit, step, "x(r.cavity)", inputs={})
    turning = 2j * np.pi * DETUNING
    return found, 1j * np.sqrt(KAPPA) * (np.exp(-turning * t) - np.exp(-RATE * t)) / (RATE - turning)


CASES = {
    "open path": (open_path, None),
    "loop": (loop, 6),
    "cavity": (cavity, 2),
    "detuned": (detuned, 2),
    "open path, edged": (partial(open_path, shape=edged), 1),
    "loop, edged": (partial(loop, shape=edged), 1),
    "cavity, edged": (edged_cavity, 2),
}
"""Each with the order that is promised; a windowed sinc is exact to 1e-7 for all that is slow enough, and has none."""


def error(name, step):
    """The largest error of a case, relative to the largest value."""
    found, exact = CASES[name][0](step)
    return np.abs(found - exact).max() / np.abs(exact).max()


def table():
    """The errors, (cases, steps)."""
    return np.array([[error(case, step * PS) for step in STEPS] for case in CASES])


def show(errors):
    """Print the errors and, for each halving of the step, the order: how many bits it gains."""
    print(f"{'error at':16}" + "".join(f"{f'{s:g} ps':>10}" for s in STEPS) + f"{'orders':>12}{'promised':>15}")
    for name, row in zip(CASES, errors, strict=True):
        orders = np.log2(row[:-1] / row[1:])
        measured = "".join(f"{e:10.1e}" for e in row) + "".join(f"{order:6.1f}" for order in orders)
        promised = CASES[name][1]
        print(f"{name:16}{measured}" + ("        -" if promised is None else f"{promised:9.1f}"))


def draw(errors):
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, row in zip(CASES, errors, strict=True):
        axes.loglog(STEPS, row, "o-", label=name)
    axes.loglog(STEPS, 1e-2 * np.array(STEPS) ** 2, "k:", label="order 2")
    axes.set(xlabel="step (ps)", ylabel="largest relative error")
    axes.legend()
    figure.savefig("convergence.png", dpi=150)


if __name__ == "__main__":
    found = table()
    show(found)
    draw(found)
