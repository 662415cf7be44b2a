"""A mesh of interferometers fitted to a unitary matrix, by the exact gradient of its light in time.

Light enters at one port after the other, as four runs side by side; the fields that leave at the end of the run are the
columns of the mesh's matrix. All angles start at random. Draws fit_mesh.png and prints how far the mesh is off.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from scipy.stats import unitary_group

import tdsim

N, STEP, STOP = 4, 1e-12, 20e-12

NETLIST = """A mesh for any unitary matrix of four lines
.for l 0 3
.for k 0 {1 - l%2}
Xz{l}_{k}  w{l}_{2*k+l%2} w{l}_{2*k+l%2+1} u{l}_{2*k+l%2+1} u{l}_{2*k+l%2}  mzi theta=1 phi=1
.endfor
.if (l%2 == 1)
Xbottom{l}  w{l}_0 u{l}_0  phase_shifter phase=0
Xtop{l}     w{l}_3 u{l}_3  phase_shifter phase=0
.endif
.for k 0 3
Xline{l}_{k}  u{l}_{k} w{l+1}_{k}  delay time=3p
.endfor
.endfor
.for k 0 3
Xp{k}  w4_{k} o{k}  phase_shifter phase=1
.port in{k} w0_{k}
.port out{k} o{k}
.endfor
"""


class ColumnsOff:
    """How far the fields at the end are from the columns of a matrix: the sum of squares, for each column a run."""

    def __init__(self, matrix):
        self.columns = {f"e(out{k})": matrix[k] for k in range(N)}

    def value(self, signals):
        return sum(np.abs(signals[name][:, -1] - column) ** 2 for name, column in self.columns.items())

    def pullback(self, signals):
        slopes = {name: np.zeros_like(signals[name]) for name in self.columns}
        for name, column in self.columns.items():
            slopes[name][:, -1] = 2 * (signals[name][:, -1] - column)
        return slopes


circuit = tdsim.loads(NETLIST)
target = unitary_group.rvs(N, random_state=1)
angles = [f"{i.name}.{p}" for i in circuit.instances.values() for p in ("theta", "phi") if i.device.name == "mzi"]
angles += [f"xp{k}.phase" for k in range(N)]
inputs = {f"in{k}": np.repeat(np.eye(N)[:, k : k + 1], int(STOP / STEP) + 1, axis=1) for k in range(N)}
history = []


def distance(values):
    """The whole distance, and its slope in every angle."""
    params = dict(zip(angles, values, strict=True))
    off, slopes = tdsim.gradient(
        circuit, ColumnsOff(target), angles, step=STEP, stop=STOP, inputs=inputs, params=params, save=["e(out*)"]
    )
    history.append(off.sum())
    return off.sum(), np.array([slopes[name].sum() for name in angles])


start = np.random.default_rng(0).uniform(0.2, 2.9, len(angles))
fitted = minimize(distance, start, jac=True, method="L-BFGS-B", options={"maxiter": 300, "ftol": 0, "gtol": 1e-9})

figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
axes.semilogy(np.minimum.accumulate(history))
axes.set(xlabel="gradient", ylabel="squared distance from the matrix")
figure.savefig("fit_mesh.png", dpi=150)
print(f"{len(angles)} angles, {len(history)} gradients")
print(f"squared distance {history[0]:.2f} at first, {fitted.fun:.1e} at last")
