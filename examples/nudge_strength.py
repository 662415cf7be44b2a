"""How strong a nudge should be: the error of equilibrium propagation, and what noise does to it.

A Hopfield net settles, is nudged, and settles again. The weaker the nudge, the nearer the gradient is to the exact one,
in proportion if the net is nudged one way, with the square if it is nudged both ways; until the noise of the monitors
hides it. Draws nudge_strength.png, and prints both orders and the best nudge with noise.
"""

import warnings
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.training import EquilibriumPropagation, Hardware, Task, circles, split

circuit = tdsim.load(files("tdsim.netlists") / "neuromorphic" / "hopfield.cir")
train, test = split(circles(40, seed=0), 0.5, seed=0)
task = Task("circles", train, test, ["vx0", "vx1"], ["vt0", "vt1"], ["v(yo0)", "v(yo1)"])
some = train.take(slice(0, 8))
betas = np.geomspace(3e-3, 0.3, 7)
warnings.simplefilter("ignore")  # that the weakest nudges cannot be heard is what this shows


def errors(symmetric, hardware=None):
    """The relative error of the whole gradient for each beta."""
    method = EquilibriumPropagation(
        circuit,
        task,
        nudges=["vn0", "vn1"],
        symmetric=symmetric,
        activation={"uh*": "yh*", "uo*": "yo*"},
        tied={"gf*.gain": "gb*.gain"},
        spread={"gf*.gain": 0.05},
        hardware=hardware,
    )
    exact, found = method.exact(some.inputs, some.labels), []
    for beta in betas:
        method.beta = beta
        found.append(np.linalg.norm(method.gradient(some.inputs, some.labels) - exact) / np.linalg.norm(exact))
    return np.array(found)


curves = {
    "one way": errors(False),
    "both ways": errors(True),
    "both ways, noise of 0.1 mV": errors(True, Hardware(noise=1e-4)),
}
for label in ("one way", "both ways"):
    order = np.polyfit(np.log(betas[2:-1]), np.log(curves[label][2:-1]), 1)[0]
    print(f"nudged {label}: the error falls with beta to the power {order:.2f}")
noisy = curves["both ways, noise of 0.1 mV"]
print(f"with noise of 0.1 mV the best beta of these is {betas[noisy.argmin()]:.2f}, its error {noisy.min():.4f}")

figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for label, found in curves.items():
    axes.loglog(betas, found, "o-", label=label)
axes.set(xlabel="strength of the nudge, beta", ylabel="relative error of the gradient")
axes.legend()
figure.savefig("nudge_strength.png", dpi=120)
