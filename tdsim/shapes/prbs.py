"""PRBS: the pseudo-random bits of a maximal-length shift register.

Reference: ITU-T Recommendation O.150 (test patterns for digital transmission).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import UsageError
from .protocol import Array, Written, grid_between

TAPS = {
    2: (2, 1), 3: (3, 2), 4: (4, 3), 5: (5, 3), 6: (6, 5), 7: (7, 6), 8: (8, 6, 5, 4), 9: (9, 5), 10: (10, 7),
    11: (11, 9), 12: (12, 6, 4, 1), 13: (13, 4, 3, 1), 14: (14, 5, 3, 1), 15: (15, 14), 16: (16, 15, 13, 4),
    17: (17, 14), 18: (18, 11), 19: (19, 6, 2, 1), 20: (20, 3), 21: (21, 19), 22: (22, 21), 23: (23, 18),
    24: (24, 23, 22, 17), 25: (25, 22), 26: (26, 6, 2, 1), 27: (27, 5, 2, 1), 28: (28, 25), 29: (29, 27),
    30: (30, 6, 4, 1), 31: (31, 28),
}  # fmt: skip
"""Exponents of a primitive polynomial x^n + ... + 1 for each order n; those of ITU-T O.150 where it has one."""


@dataclass(frozen=True)
class PseudoRandomBits(Written):
    """Pseudo-random bits, low or high for `bitperiod` each, of period 2^order - 1.

    Bit k is the XOR of the bits k - n, n in TAPS[order]. `seed` is the state of the shift register before the first
    bit; 0, the default, stands for all ones.
    """

    word: ClassVar[str] = "prbs"
    required: ClassVar[int] = 4
    low: float
    high: float
    bitperiod: float
    order: float
    seed: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bitperiod <= 0:
            raise UsageError(f"{self}: the bit period must be above zero: {self.form()}")
        if self.order not in TAPS:
            raise UsageError(f"{self}: the order must be a whole number from 2 to 31")
        if self.seed != int(self.seed) or self.seed < 0:
            raise UsageError(f"{self}: the seed must be a whole number, 0 or more")

    def __call__(self, t: Array) -> Array:
        index = np.maximum(np.floor((t + self.snap) / self.bitperiod), 0).astype(np.int64)
        return np.where(self.bits(index), self.high, self.low)

    def bits(self, index: Array) -> Array:
        """Bits number `index` of the sequence, 0 or 1."""
        index = index % (2 ** int(self.order) - 1)
        most = int(index.max(initial=0)) + 1
        drawn: Array = _sequence(int(self.order), int(self.seed), 1 << max(10, (most - 1).bit_length()))[index]
        return drawn

    def breakpoints(self, start: float, stop: float) -> Array:
        times = grid_between(0.0, self.bitperiod, start, stop)
        index = np.rint(times / self.bitperiod).astype(np.int64)
        changes: Array = self.bits(index) != self.bits(np.maximum(index - 1, 0))
        return times[changes]


@functools.lru_cache(maxsize=16)
def _sequence(order: int, seed: int, count: int) -> Array:
    """The first `count` bits.

    NOTE: squaring a polynomial over GF(2) doubles its exponents, so bit k is also the XOR of the bits k - n 2^j: each
    doubling of the length doubles how many bits come out of one vector operation.
    """
    state = seed % (2**order - 1) or 2**order - 1
    history = np.array([state >> (order - 1 - i) & 1 for i in range(order)], dtype=np.uint8)
    bits = np.concatenate([history, np.zeros(count, dtype=np.uint8)])
    scale, done = 1, order
    while done < len(bits):
        while 2 * scale * order <= done:
            scale *= 2
        stretch = min(scale * min(TAPS[order]), len(bits) - done)
        for tap in TAPS[order]:
            bits[done : done + stretch] ^= bits[done - tap * scale : done - tap * scale + stretch]
        done += stretch
    return bits[order:]
