"""A network of resistors and diodes learns to tell two circles apart, by equilibrium propagation.

No gradient is computed: the network settles, is nudged towards what it should have said, and settles again; each
resistor is changed by how the voltage across it differs. Draws learn_circles.png: how the cost falls, and which class
the trained network gives every point of the plane. Prints the accuracy on points that it has not seen, and how well its
first updates agree with the exact gradient.
"""

from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.training import Adam, EquilibriumPropagation, Task, circles, split

circuit = tdsim.load(files("tdsim.netlists") / "neuromorphic" / "resistive.cir")
train, test = split(circles(196, seed=0), 0.51, seed=0)
task = Task(
    "circles",
    train,
    test,
    sources=["vx0", "vx1"],
    targets=["vt0", "vt1"],
    monitors=["v(o0)", "v(o1)"],
    levels=(-0.3, 0.3),
    gain=4.0,  # V
)
method = EquilibriumPropagation(
    circuit,
    task,
    nudges=["vn0", "vn1"],
    beta=0.2,
    amplified={"ra*.r": 16.0},  # the first layer stands before amplifiers of gain 4
    spread={"ra*.r": 0.5, "rb*.r": 0.5},
)
fidelity = method.fidelity(train.inputs[:8], train.labels[:8])
history = method.fit(Adam(0.1), epochs=8, batch=16).dataset()
print(f"accuracy on {len(test)} new points: {method.score():.2f}")
print("cosine to the exact gradient:", *(f"{layer} {cosine:.6f}" for layer, cosine in fidelity.cosine.items()))

axis = np.linspace(-1.5, 1.5, 21)
plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.plot(history["epoch"], history["cost"], "o-")
left.set(xlabel="epoch", ylabel="cost (V²)", ylim=(0, None))
right.contourf(axis, axis, method.predict(plane).reshape(21, 21), levels=1, alpha=0.3)
right.scatter(*test.inputs.T, c=test.labels, s=12)
right.set(xlabel="x0", ylabel="x1", aspect="equal")
figure.savefig("learn_circles.png", dpi=120)
