"""The exact gradient at an equilibrium, by the transposed circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import Circuit, gradient
from ..adjoint.costs import SquaredError
from .layers import Layers
from .task import Task


def equilibrium_gradient(
    circuit: Circuit, task: Task, layers: Layers, numbers: np.ndarray, driven: Mapping[str, Any], labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The costs (runs,), and the derivative of their mean by the numbers.

    driven  values of all parameters that are not those of the netlist, arrays over runs among them
    """
    wanted = task.wanted(labels).T
    cost = SquaredError({m: w[:, None] for m, w in zip(task.monitors, wanted, strict=True)}, 0.5)
    members = layers.members()
    names = [name for some in members for name in some]
    value, slopes = gradient(circuit, cost, names, settled=True, params=dict(driven), save=list(task.monitors))
    by_number = np.array([sum(np.mean(slopes[name].values) for name in some) for some in members])
    return np.atleast_1d(value), layers.pulled_back(by_number, numbers)
