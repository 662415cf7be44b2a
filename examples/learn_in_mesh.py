"""A mesh of interferometers learns to tell two circles apart by the power at two detectors: backpropagation in time.

The features are amplitudes of light; the angles of six interferometers are trained by the exact gradient of the mesh,
delays and all. Draws learn_in_mesh.png: the cost, and the regions of the plane before and after. Prints the accuracy on
points that it has not seen, and on 20 devices whose angles are 5 % off.
"""

from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.training import Adam, Backpropagation, Hardware, Task, circles, split

circuit = tdsim.load(files("tdsim.netlists") / "neuromorphic" / "photonic_classifier.cir")
train, test = split(circles(200, seed=0), 0.5, seed=0)
task = Task(
    "circles",
    train,
    test,
    sources=["xx.field", "xy.field"],
    targets=[],
    monitors=["p(o0)", "p(o1)"],
    levels=(0.1e-3, 0.4e-3),  # W
    gain=np.sqrt(1e-3),  # 1 mW for a feature of 1
)
method = Backpropagation(circuit, task, stop=20e-12, step=1e-12, begin=16e-12)
axis = np.linspace(-1.5, 1.5, 41)
plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def regions():
    """How much more power class 1 gets than class 0 at each point of the plane (mW)."""
    read = np.concatenate([method.respond(plane[k : k + 512]) for k in range(0, len(plane), 512)])
    return 1e3 * (read[:, 1] - read[:, 0]).reshape(41, 41)


before = regions()
history = method.fit(Adam(0.06), epochs=8, batch=20).dataset()
scores = method.scores(Hardware(variation=0.05, seed=seed) for seed in range(20))
print(f"accuracy on {len(test)} new points: {method.score():.2f}")
print(f"on 20 devices with angles that are 5 % off: median {np.median(scores):.2f}, worst {scores.min():.2f}")

figure, (left, *both) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
left.semilogy(history["epoch"], history["cost"], "o-")
left.set(xlabel="epoch", ylabel="cost (W²)")
for axes, power, title in zip(both, (before, regions()), ("before", "after"), strict=True):
    filled = axes.contourf(axis, axis, power, levels=np.linspace(-2, 2, 17), cmap="RdBu", extend="both")
    axes.contour(axis, axis, power, levels=[0], colors="black")
    axes.scatter(*test.inputs.T, c=test.labels, s=12, cmap="gray", edgecolors="black", linewidths=0.5)
    axes.set(xlabel="x", ylabel="y", title=title, aspect="equal")
figure.colorbar(filled, ax=both, label="power of class 1 less that of class 0 (mW)")
figure.savefig("learn_in_mesh.png", dpi=120)
