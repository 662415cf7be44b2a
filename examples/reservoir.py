"""Two reservoirs: circuits that stay as they are, with a linear readout that learns.

A delay reservoir (a modulator and a fibre loop of 30 nodes) learns NARMA10, a sequence that depends on products of
inputs ten steps apart. The swirl of 16 couplers on a chip learns whether a bit differs from the one before.

Draws reservoir.png and prints the errors on sequences that took no part in the training.
"""

from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.training import Reservoir, delayed_xor, narma10

NETLISTS = files("tdsim.netlists")
NODES, SCALE, WASHOUT = 30, 0.1, 30

# An input of 0 to 0.5, times a mask of signs, swings the phase by up to 0.05 rad; the bias takes the mean power off.
loop = tdsim.load(
    NETLISTS / "neuromorphic" / "delay_reservoir.cir", {"nodes": str(NODES), "gain": "0.85", "bias": str(-SCALE / 2)}
)
mask = np.random.default_rng(0).choice([-1.0, 1.0], NODES)
delay = Reservoir(
    loop, sources=["xdata"], signals=["v(x)"], slot=10e-12, mask=mask, scale=SCALE * 1e-3, offset=SCALE * 0.5e-3
)
delay.fit(*narma10(1500, seed=0))
u, y = narma10(600, seed=1)
told = delay.predict(u)
print(f"NARMA10, {NODES} nodes in a fibre: normalised error {delay.error(u, y):.3f}; a linear filter has 0.19")

link = 4.2 * 20e-3 / 299792458.0
chip = Reservoir(
    tdsim.load(NETLISTS / "photonic" / "swirl16.cir"),
    sources=["xlaser", "in0_0", "in3_3", "in2_1"],
    signals=[f"p(read{i}_{j})" for i in range(4) for j in range(4)],
    slot=link, step=link / 8, scale=10e-3, washout=20,
)  # fmt: skip
chip.fit(*delayed_xor(500, seed=0))
bits, differs = delayed_xor(300, seed=1)
output = chip.predict(bits)
wrong = ((output > 0.5) != differs)[chip.washout :]
print(f"swirl of 16: {wrong.sum()} of {wrong.size} bits wrong")

figure, axes = plt.subplots(2, 1, figsize=(8, 5))
axes[0].plot(y[100:200], "k", label="wanted")
axes[0].plot(told[100:200], "C1--", label="read from the loop")
axes[0].set(xlabel="step", ylabel="NARMA10")
axes[1].step(np.arange(60), differs[100:160], "k", where="mid", label="bits differ")
axes[1].plot(output[100:160], "C1o", markersize=4, label="read from the chip")
axes[1].axhline(0.5, color="0.7", linestyle=":")
axes[1].set(xlabel="bit", ylabel="output")
for axis in axes:
    axis.legend(loc="upper right")
figure.tight_layout()
figure.savefig("reservoir.png", dpi=120)
