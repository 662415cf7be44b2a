"""One ring, two ways to know it: its answer to an impulse, transformed, against its S-parameters.

    S(f) = sum over n of h(n dt) exp(+i 2 pi f n dt),   f the offset from the carrier

The netlist is the shipped ring.cir. Draws ring_response.png and prints how far the two are apart.
"""

from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.units import C0

STEP, STOP, SPAN = 0.2e-12, 6e-9, 20e9

circuit = tdsim.load(files("tdsim.netlists") / "photonic" / "ring.cir")

# The source `xlaser` sends one sample of 1 sqrt(W), then nothing.
response = tdsim.transient(circuit, stop=STOP, step=STEP, inputs={"xlaser": [1.0, 0.0]}, save=["e(out)"])
scattering = tdsim.sparam(circuit, points=201, span=SPAN)

offset = scattering["frequency"].values - C0 / circuit.carriers[0]
from_frequency = scattering["s(out,in)"].values
from_time = np.exp(2j * np.pi * np.outer(offset, response["time"])) @ response["e(out)"].values

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(offset / 1e9, 20 * np.log10(np.abs(from_frequency)), label=".sparam")
axes.plot(offset[::4] / 1e9, 20 * np.log10(np.abs(from_time[::4])), "o", ms=4, label="impulse, transformed")
axes.set(xlabel="frequency - 193.414 THz (GHz)", ylabel="transmission (dB)", ylim=(-40, 3))
axes.legend()
figure.savefig("ring_response.png", dpi=150)

print(f"largest difference: {np.abs(from_time - from_frequency).max():.1e}")
