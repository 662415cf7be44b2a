"""A filter of three rings, whose couplings are fitted to a response, by the exact gradient of its impulse response.

The drop port shall let a band pass evenly and stop what is beside it. The cost looks at the spectrum of the light that
leaves after an impulse; its slope in the spectrum is brought back to time, where the circuit takes over. Draws
fit_filter.png and prints the ripple within the band and what comes through beside it.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

import tdsim

STEP, SAMPLES = 1e-12, 2000
BAND, BESIDE = 5e9, 12e9

NETLIST = """Three rings in a row, between two buses
Xc0 in l0 r0 through  coupler coupling=0.5
Xa1 r0 x1  delay time=10p loss=0.01
Xb1 y1 l0  delay time=10p loss=0.01
Xc1 x1 l1 r1 y1  coupler coupling=0.3
Xa2 r1 x2  delay time=10p loss=0.01
Xb2 y2 l1  delay time=10p loss=0.01
Xc2 x2 l2 r2 y2  coupler coupling=0.1
Xa3 r2 x3  delay time=10p loss=0.01
Xb3 y3 l2  delay time=10p loss=0.01
Xc3 x3 add drop y3  coupler coupling=0.2
.port in in
.port drop drop
"""

frequency = np.fft.fftfreq(SAMPLES, STEP)
inside, outside = np.abs(frequency) < BAND / 2, (np.abs(frequency) > BESIDE / 2) & (np.abs(frequency) < 25e9)


class BandPass:
    """The mean square of 1 - |H|^2 in the band, and of |H|^2 beside it."""

    def spectrum(self, signals):
        return np.fft.fft(signals["e(drop)"])

    def value(self, signals):
        power = np.abs(self.spectrum(signals)) ** 2
        return ((1 - power[inside]) ** 2).mean() + (power[outside] ** 2).mean()

    def pullback(self, signals):
        h = self.spectrum(signals)
        power = np.abs(h) ** 2
        slope = np.zeros_like(h)
        slope[inside] = -4 * (1 - power[inside]) * h[inside] / inside.sum()
        slope[outside] = 4 * power[outside] * h[outside] / outside.sum()
        return {"e(drop)": np.fft.ifft(slope) * SAMPLES}


circuit = tdsim.loads(NETLIST)
names = [f"xc{k}.coupling" for k in range(4)] + [f"xa{k}.phase" for k in (1, 2, 3)]
impulse = np.zeros(SAMPLES, dtype=complex)
impulse[0] = 1
asked = {"step": STEP, "stop": (SAMPLES - 1) * STEP, "inputs": {"in": impulse}, "save": ["e(drop)"]}


def off(values):
    """How far the filter is off, and the slope of that."""
    value, slopes = tdsim.gradient(circuit, BandPass(), names, params=dict(zip(names, values, strict=True)), **asked)
    return value, np.array([float(slopes[name]) for name in names])


def response(values):
    """The power that reaches the drop port, by frequency."""
    result = tdsim.transient(circuit, params=dict(zip(names, values, strict=True)), **asked)
    return np.abs(np.fft.fft(result["e(drop)"].values)) ** 2


start = np.array([0.5, 0.3, 0.1, 0.2, 0.3, -0.2, 0.1])
limits = [(0.01, 0.99)] * 4 + [(-np.pi, np.pi)] * 3
fitted = minimize(off, start, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 200})

order = np.argsort(frequency)
figure, axes = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
for values, label in ((start, "at first"), (fitted.x, "fitted")):
    axes.plot(frequency[order] / 1e9, 10 * np.log10(response(values)[order]), label=label)
axes.set(xlabel="frequency - carrier (GHz)", ylabel="drop (dB)", xlim=(-25, 25), ylim=(-60, 3))
axes.legend()
figure.savefig("fit_filter.png", dpi=150)

power = response(fitted.x)
print("couplings:", " ".join(f"{x:.3f}" for x in fitted.x[:4]))
print(f"off by {off(start)[0]:.3f} at first, {fitted.fun:.1e} after {fitted.nfev} gradients")
ripple, beside = -10 * np.log10(power[inside].min()), 10 * np.log10(power[outside].max())
print(f"ripple in the band {ripple:.2f} dB, beside it {beside:.1f} dB")
