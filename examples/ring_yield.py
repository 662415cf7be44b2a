"""How many chips pass? A ring filter as fabrication varies it, and the yield that follows.

Each of 256 chips draws its resonance and its two couplings (`gauss` in the netlist), and that for five spreads of the
resonance: 1280 runs side by side, whose spectra `.sparam` gives. A chip passes that drops at least 80 % of a laser at
the nominal resonance. Prints the yield against the closed form, and draws ring_yield.png.
"""

from math import erf, sqrt

import matplotlib.pyplot as plt
import numpy as np

import tdsim

NETLIST = """A ring filter from a wafer
.param spread=10g
Xlaser  in                     laser power=1m
Xring   in through add drop    ring radius=10u loss=0.0126 detuning={gauss(0, spread)}
+                              coupling1={gauss(0.1, 0.005)} coupling2={gauss(0.1, 0.005)}
Xadd    add                    terminator
.sparam 101 span=200g
.end
"""

PASS = 0.8
"""Least part of the power that a chip must drop."""


def expected(spread):
    """The yield of rings that differ in their resonance only: a Lorentzian line, a normal distribution."""
    t = sqrt(1 - 0.1)
    a = 10 ** (-0.0126 / 20)
    tau = 2 * np.pi * 10e-6 * 4.2 / 299792458
    peak = (0.1**2 * a) / (1 - t * t * a) ** 2
    width = (1 - t * t * a) / (2 * np.pi * tau * sqrt(t * t * a))
    return erf(width * sqrt(peak / PASS - 1) / spread / sqrt(2))


spreads = [2e9, 5e9, 10e9, 20e9, 30e9]
result = tdsim.sweep(tdsim.loads(NETLIST), {"spread": spreads}, runs=256, seed=1)
offset = (result["frequency"].values - float(result["frequency"].mean())) * 1e-9
dropped = np.abs(result["s(drop,in)"].values) ** 2
passes = dropped[:, np.argmin(np.abs(offset))] >= PASS
found = [float(passes[result["spread"] == spread].mean()) for spread in spreads]
for spread, part in zip(spreads, found, strict=True):
    print(f"spread {spread * 1e-9:4.1f} GHz: {part:.3f} of the chips pass, {expected(spread):.3f} expected")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
shown = result["spread"].values == 10e9
for chips, colour, name in ((~passes & shown, "tab:red", "fails"), (passes & shown, "tab:green", "passes")):
    left.plot(offset, dropped[chips].T, color=colour, alpha=0.1, linewidth=0.7)
    left.plot([], [], color=colour, label=f"{name}: {int(chips.sum())} chips")
left.axvline(0, color="black", linewidth=0.8)
left.axhline(PASS, color="black", linewidth=0.8, linestyle=":")
left.set(xlabel="frequency from the laser (GHz)", ylabel="part of the power that is dropped", ylim=(0, 1.05))
left.set_title("a spread of 10 GHz")
left.legend(loc="lower center")

fine = np.linspace(1e9, 32e9, 200)
right.plot(fine * 1e-9, [expected(spread) for spread in fine], color="grey", label="closed form, equal couplings")
right.plot(np.array(spreads) * 1e-9, found, "o", label="256 chips each")
right.set(xlabel="spread of the resonance (GHz)", ylabel="yield", ylim=(0, 1.05))
right.legend()
figure.savefig("ring_yield.png", dpi=150)
