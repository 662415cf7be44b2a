"""What a Kerr resonator with delayed feedback comes to: rest, up to the edge of its instability, oscillation beyond.

All powers run side by side; each run is judged by itself, and those at rest cost nothing any more. The equilibria agree
with the direct solution of the settled equations, which also finds the unstable ones.

Draws equilibrium.png and prints how many runs settled, how well they agree with the solution, and the periods beyond.
"""

import warnings
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim

STEP = 10e-12
circuit = tdsim.load(files("tdsim.netlists") / "settling" / "oscillates.cir")
power = np.linspace(0.5e-3, 6e-3, 23)

asked = {"step": STEP, "params": {"xlaser.power": power}, "save": ["p(out)"]}
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", ".*did not settle")  # that some do not is what this example shows
    settled = tdsim.settle(circuit, tmax=2e-6, tol=1e-9, **asked)
solved = tdsim.fixed_point(circuit, **asked)

out = settled["p(out)"].values
rest = settled.attrs["settled"].astype(bool)
error = abs(out[rest, -1] - solved["p(out)"].values[rest]).max() / out[rest, -1].max()
print(f"{rest.sum()} of {power.size} runs settle, up to {power[rest].max() * 1e3:.2f} mW; error {error:.1e}")
period = settled.attrs["period"][~rest]
print(f"the others oscillate with periods of {period.min() * 1e9:.2f} to {period.max() * 1e9:.2f} ns")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
last = out[:, -2000:]
left.fill_between(power * 1e3, last.min(axis=1) * 1e3, last.max(axis=1) * 1e3, alpha=0.3, label="range at the end")
left.plot(power * 1e3, solved["p(out)"] * 1e3, "k--", label="equilibrium, solved for")
left.set(xlabel="laser power (mW)", ylabel="power out (mW)")
left.legend()
for run in (4, 12, 16):
    right.plot(settled["time"][:8000] * 1e9, out[run, :8000] * 1e3, linewidth=0.8, label=f"{power[run] * 1e3:.2f} mW")
right.set(xlabel="time (ns)", ylabel="power out (mW)")
right.legend(loc="upper right")
figure.tight_layout()
figure.savefig("equilibrium.png", dpi=120)
