"""Learning cells as what is trained: the number of each is its position, which the circuit itself holds and moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import Circuit, UsageError
from .echoes import Echoes, Way
from .layers import Layer, Layers

LAYER = "x(*.position)"
"""The name of the one layer."""


class Cells(Layers):
    """The positions of a circuit's learning cells, in units of `reach`, the largest that they are to have.

    cells    names of the instances
    signals  of their momenta
    Raises UsageError where there are none.
    """

    def __init__(self, circuit: Circuit, reach: float = 1.0):
        if not reach > 0:
            raise UsageError(f"the reach of learning cells must be above 0, not {reach}")
        self.cells = cells_of(circuit)
        if not self.cells:
            raise UsageError(f"{circuit.title!r} has no learning cells: add some, such as Xq1 xr1 learning_cell")
        self.names = [f"x({cell}.position)" for cell in self.cells]
        self.momenta = [f"x({cell}.momentum)" for cell in self.cells]
        self.layers = [Layer(LAYER, slice(0, len(self.names)))]
        self.inverse = np.zeros(len(self.names), dtype=bool)
        self.unit = np.full(len(self.names), float(reach))
        self.low, self.high = np.full(len(self.names), -1.0), np.ones(len(self.names))
        self._partners: dict[str, str] = {}

    def params(self, numbers: np.ndarray) -> dict[str, float]:
        """The positions for these numbers."""
        return {name: float(value) for name, value in zip(self.names, numbers * self.unit, strict=True)}

    def decayed(
        self, echoes: Echoes, way: Way, params: Mapping[str, Any], mass: np.ndarray, constants: float
    ) -> np.ndarray:
        """Positions (cells, runs) after the momenta that an echo has left have decayed.

        way        the echo, its light let out
        mass       J, (runs,)
        constants  how many time constants the decay lasts
        """
        friction = constants / (echoes.step * echoes.steps)
        falling: dict[str, Any] = {f"{cell}.friction": friction for cell in self.cells}
        falling |= {f"{cell}.inverse_mass": friction / mass for cell in self.cells}
        forward = way.state.displaced({p: -2 * way.signals[p][:, -1] for p in self.momenta})
        found = echoes.on(forward, {**params, **falling}, self.names)
        return np.stack([found.signals[name][:, -1] for name in self.names])

    def strengths(self, circuit: Circuit) -> Mapping[str, float]:
        """How strongly the cells shift their resonators: what varies from device to device."""
        return {f"{cell}.coupling": circuit.instances[cell].settings["coupling"] for cell in self.cells}


def cells_of(circuit: Circuit) -> list[str]:
    """The learning cells of a circuit."""
    return [i.name for i in circuit.instances.values() if i.device.name == "learning_cell"]
