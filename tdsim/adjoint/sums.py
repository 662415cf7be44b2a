"""What derivatives are made of, summed over time: products of waves and adjoint waves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..analysis.recorder import Block
from ..engine.products import Products
from ..schedule.products import Product
from ..schedule.program import Program
from ..schedule.system import Delay


class Sums:
    """The sums of products over time, lane by lane.

    products  of a wave in `waves`, which a block holds, and of a wave that the `backward` program computes
    """

    def __init__(self, products: Sequence[Product], waves: Sequence[str], backward: Program):
        self._products, self._shape = products, (len(backward.carriers), backward.runs)
        place = {name: k for k, name in enumerate(waves)}
        pairs: dict[tuple[int, int, Delay], int] = {}
        self._pair = [
            pairs.setdefault((place[p.wave], backward.index[p.adjoint], p.delay), len(pairs)) for p in products
        ]
        lanes = backward.lanes
        self._waves, self._adjoints = np.array([key[:2] for key in pairs], dtype=np.int64).reshape(-1, 2).T.copy()
        self._delays = np.array([np.broadcast_to(key[2], lanes) for key in pairs], dtype=np.int64).reshape(-1, lanes)
        self._sums = np.zeros((len(pairs), lanes), dtype=complex)

    @property
    def adjoints(self) -> np.ndarray:
        """The numbers of the waves that must be computed backwards."""
        return np.unique(self._adjoints)

    def products(self, waves: Block, count: int) -> Products:
        """The same for the engine, when it goes back through `count` samples of a block."""
        wave, _, run, time = waves.room.strides
        first = waves.room.ctypes.data + self._waves[:, None] * wave
        last = waves.before + count - 1 - self._delays
        return Products(self._adjoints, first + np.arange(last.shape[1]) * run + last * time, self._sums)

    def totals(self) -> dict[str, np.ndarray]:
        """dL/dparameter (runs,) by name."""
        found: dict[str, np.ndarray] = {}
        for p, pair in zip(self._products, self._pair, strict=True):
            part = (p.slope * self._sums[pair].reshape(self._shape)).real.sum(axis=0)
            found[p.parameter] = found.get(p.parameter, 0) + part
        return found
