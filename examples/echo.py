"""An echo: light spreads over a lattice of Kerr resonators, time is turned round, and it returns to where it began.

`state.conjugate()` makes of every wave and every cavity its time-reversed partner. The lattice is lossless, so that the
echo is perfect to round-off, although neighbouring trajectories part; with a little loss it is not, and tdsim says
whose fault that is.

Draws echo.png and prints what is lost of the echo.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

import tdsim

COUNT, RATE, STOP, STEP = 24, 1e9, 12e-9, 20e-12
CAVITIES = [f"x(r{n}.cavity)" for n in range(COUNT)]


def lattice(loss=0.0):
    """Resonators in a row, the energy in the middle ones."""
    circuit = tdsim.Circuit("Kerr lattice")
    for n in range(COUNT):
        circuit.add(
            f"r{n}", "resonator", kappa=(), kappa_i=loss, kerr=1.5 * RATE, detuning=0.1 * RATE * np.sin(2.1 * n)
        )
        circuit.initial[f"x(r{n}.cavity)"] = np.exp(-(((n - 11.5) / 2) ** 2) + 0.4j * n)
    for n in range(COUNT - 1):
        circuit.add(f"k{n}", "k", f"r{n}", f"r{n + 1}", j=RATE)
    return circuit


def there_and_back(circuit):
    """Amplitudes (times, resonators) over twice the time, and the part of the light that is not in the echo."""
    out, state = tdsim.transient(circuit, stop=STOP, step=STEP, save=CAVITIES, return_state=True)
    back = tdsim.transient(circuit, stop=2 * STOP, step=STEP, save=CAVITIES, state=state.conjugate())
    a = np.concatenate([[r[name].values for name in CAVITIES] for r in (out, back)], axis=1).T
    overlap = abs(np.vdot(a[0], a[-1].conj())) ** 2
    return a, 1 - overlap / np.vdot(a[0], a[0]).real / np.vdot(a[-1], a[-1]).real


perfect, lost = there_and_back(lattice())
print(f"lossless: 1 - fidelity is below 1e-13: {lost < 1e-13}")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    faint, lost = there_and_back(lattice(loss=0.02 * RATE))
print(f"with loss: 1 - fidelity = {lost:.3f}; tdsim says: {str(said[0].message).partition(';')[0]}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
for axis, a, title in zip(axes, (perfect, faint), ("lossless", "with loss"), strict=True):
    axis.imshow(abs(a.T) ** 2, aspect="auto", extent=(0, 2 * STOP * 1e9, -0.5, COUNT - 0.5), origin="lower")
    axis.axvline(STOP * 1e9, color="w", linestyle=":")
    axis.set(xlabel="time (ns)", title=title)
axes[0].set_ylabel("resonator")
figure.tight_layout()
figure.savefig("echo.png", dpi=120)
