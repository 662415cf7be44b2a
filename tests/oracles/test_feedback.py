"""Delayed feedback and a network of neurons, written as B sources, against high-order solutions (data/*.npz)."""

from pathlib import Path

import numpy as np
import pytest

import tdsim

DATA = Path(__file__).parent / "data"

MACKEY_GLASS = """Mackey and Glass's equation with tau = 17
C1 x 0 1 ic=1.2
B1 0 x i = 0.2*delay(v(x),17,1.2)/(1 + delay(v(x),17,1.2)**10) - 0.1*v(x)
.options reltol={reltol}
.tran 0.5 1000 uic
.save v(x)
.end
"""


def reference(name):
    with np.load(DATA / f"{name}.npz") as file:
        return {key: file[key] for key in file.files}


@pytest.mark.parametrize(("reltol", "until", "bound"), [(1e-3, 100, 1e-4), (1e-7, 1000, 1e-5)])
def test_mackey_glass_is_followed_into_chaos(reltol, until, bound):
    """Errors grow by a factor e in 180 time units."""
    ref = reference("mackey_glass_tau17")
    times = ref["t"][ref["t"] <= until]
    circuit = tdsim.loads(MACKEY_GLASS.replace("{reltol}", str(reltol)))
    x = np.ravel(tdsim.simulate(circuit, times=times)["v(x)"].values)
    assert np.abs(x - ref["x"][: times.size]).max() < bound


def hopfield(weights, bias, start):
    """x_i' = -x_i + sum of W_ij tanh(x_j) + b_i, on capacitors of 1 F."""
    lines = ["A network of neurons finds its equilibrium", ".options reltol=1e-7"]
    for i, row in enumerate(weights):
        drive = " + ".join(f"({w!r})*tanh(v(x{j}))" for j, w in enumerate(row.tolist()) if w)
        lines += [f"C{i} x{i} 0 1 ic={start[i]!r}", f"R{i} x{i} 0 1"]
        lines += [f"B{i} 0 x{i} i = {drive} + ({bias[i]!r})"]
    return "\n".join([*lines, ".tran 0.05 60 uic", ".save " + " ".join(f"v(x{i})" for i in range(len(bias))), ".end\n"])


def test_hopfield_network():
    ref = reference("hopfield_tanh")
    text = hopfield(ref["W"], ref["b"].tolist(), (0.1 * np.cos(2 * np.arange(8))).tolist())
    found = tdsim.simulate(tdsim.loads(text), times=ref["t"])
    for i in range(8):
        assert np.abs(np.ravel(found[f"v(x{i})"].values) - ref["x"][:, i]).max() < 1e-5
