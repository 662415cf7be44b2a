"""What a trained network of neurons is worth on devices that are not as planned: parts that vary, noise, few bits.

A Hopfield net learns which of two circles a point lies on by equilibrium propagation. What it has learned goes to 20
devices for each kind of imperfection; then one of them is trained where it is. Draws imperfect_hardware.png, and prints
the accuracies.
"""

from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.training import Adam, EquilibriumPropagation, Hardware, Task, circles, split

circuit = tdsim.load(files("tdsim.netlists") / "neuromorphic" / "hopfield.cir")
train, test = split(circles(180, seed=0), 1 / 3, seed=0)
task = Task("circles", train, test, ["vx0", "vx1"], ["vt0", "vt1"], ["v(yo0)", "v(yo1)"])
DEVICES = 20


def network(hardware=None):
    return EquilibriumPropagation(
        circuit,
        task,
        nudges=["vn0", "vn1"],
        beta=0.2,
        activation={"uh*": "yh*", "uo*": "yo*"},
        tied={"gf*.gain": "gb*.gain"},
        spread={"gi*.gain": 0.2, "gf*.gain": 0.05},
        hardware=hardware,
    )


method = network()
method.fit(Adam(0.05, decay=0.99), epochs=14, batch=20)
print(f"as planned: {method.score():.2f}")
levels = {
    "variation": ("variation of the couplings (%)", 100, [0.05, 0.1, 0.2, 0.3]),
    "noise": ("noise of the monitors (V)", 1, [0.03, 0.1, 0.3, 1.0]),
    "bits": ("resolution of the monitors (bits)", 1, [1, 2, 3, 4, 6]),
}
figure, all_axes = plt.subplots(1, 3, figsize=(12, 3.6), sharey=True, layout="constrained")
for axes, (kind, (label, scale, values)) in zip(all_axes, levels.items(), strict=True):
    ranged = {"range": 1.0} if kind == "bits" else {}
    found = [method.scores(Hardware(**{kind: v}, **ranged, seed=seed) for seed in range(DEVICES)) for v in values]
    axes.plot(np.array(values) * scale, found, ".", color="tab:blue", alpha=0.3)
    axes.plot(np.array(values) * scale, np.median(found, axis=1), "o-", color="black")
    axes.set(xlabel=label, ylim=(0.3, 1.02))
    print(f"{kind}:", ", ".join(f"{v:g} {np.median(f):.2f}" for v, f in zip(values, found, strict=True)))
all_axes[0].set_ylabel(f"accuracy on {len(test)} new points, {DEVICES} devices")

rough = min((Hardware(variation=0.3, seed=seed) for seed in range(DEVICES)), key=lambda h: method.scores([h])[0])
own = network(rough)
own.numbers = method.numbers.copy()
was = own.score()
own.fit(Adam(0.02), epochs=4, batch=20)
print(f"the worst device with 30 %: {was:.2f}, trained where it is: {own.score():.2f}")
figure.savefig("imperfect_hardware.png", dpi=120)
