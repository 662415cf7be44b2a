"""A lattice of Kerr resonators learns exclusive or from echoes of its light.

Light runs through the lattice for 10 ns; time is turned round, two cavities are turned in phase by what they had wrong,
and light runs back. How its way back differs from the way there, resonator by resonator, is the gradient: nothing is
differentiated. Loss spoils that, but hardly the difference of two echoes that are nudged in opposite ways.

Draws learn_by_echo.png: how the cost falls, and how the kicks agree with the exact gradient where light is lost. Prints
what the lattice tells right before and after, and how good its echo is.
"""

import warnings
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

import tdsim
from tdsim.training import Adam, HamiltonianEcho, Task, xor

NETLIST = files("tdsim.netlists") / "neuromorphic" / "kerr_lattice.cir"
data = xor()
task = Task(
    "xor",
    data,
    data,
    sources=["xin1.detuning", "xin2.detuning"],
    targets=[],
    monitors=["x(xr3.cavity)", "x(xr5.cavity)"],
    levels=(0.0, 0.4e-15),  # J
    gain=100e6,  # Hz
)


def lattice(inside=0.0, **more):
    """Its detunings and couplings are trained."""
    circuit = tdsim.load(NETLIST, {"cells": "0", "inside": f"{inside:.12g}"})
    spread = {"xr*.detuning": 0.3, "k*.j": 0.3}
    return HamiltonianEcho(circuit, task, stop=10e-9, step=0.1e-9, seed=1, spread=spread, **more)


def cosine(method):
    """How the gradient by an echo agrees with the exact one."""
    found, exact = method.gradient(data.inputs, data.labels), method.exact(data.inputs, data.labels)
    return found @ exact / np.linalg.norm(found) / np.linalg.norm(exact)


method = lattice()
echo, before = method.echo(data.inputs, data.labels), method.score()
print(f"the echo returns all of the light, 1 - fidelity is below 1e-10: {echo.infidelity < 1e-10}")
print(f"1 - cosine to the exact gradient is below 1e-8: {1 - cosine(method) < 1e-8}")
history = method.fit(Adam(0.03, small=1e-60), epochs=60, batch=4).dataset()
print(f"told right before: {before:.2f}, after {history.sizes['epoch']} iterations: {method.score():.2f}")

losses = np.logspace(-5, -1, 9)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # tdsim says that raw kicks are spoilt, and would refuse them
    found = {
        symmetric: [cosine(lattice(loss / 10e-9, symmetric=symmetric, strict=False)) for loss in losses]
        for symmetric in (False, True)
    }

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
left.semilogy(history["epoch"], history["cost"])
left.set(xlabel="iteration", ylabel="cost (J²)", title="exclusive or")
right.semilogx(losses, found[False], "o-", label="raw kick of one echo")
right.semilogx(losses, found[True], "s-", label="difference of two")
right.set(
    xlabel="part of the light that is lost on the way there", ylabel="cosine to the exact gradient", ylim=(0, 1.05)
)
right.legend()
figure.savefig("learn_by_echo.png", dpi=120)
