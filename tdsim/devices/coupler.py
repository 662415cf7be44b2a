"""Couplers of two waveguides, without delay: directional coupler and multimode interference coupler.

    o2 ---\\___/--- o3        b3 = t a2 + i k a1      b1 = t a4 + i k a3
    o1 ---/   \\--- o4        b4 = t a1 + i k a2      b2 = t a3 + i k a4

with t^2 + k^2 = 1, times the excess loss.

References: A. Yariv, Electron. Lett. 36, 321 (2000), for the coupler; L. B. Soldano and E. C. M. Pennings, J.
Lightwave Technol. 13, 615 (1995), for multimode interference.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class _TwoByTwo(Device):
    """Two guides that exchange light over a length too short to delay it."""

    o1, o2 = optical("left, bottom"), optical("left, top")
    o3, o4 = optical("right, top"), optical("right, bottom")
    t, k = Derived("1", "through amplitude"), Derived("1", "cross amplitude")

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        ik = 1j * p.k
        return p.t * a.o4 + ik * a.o3, p.t * a.o3 + ik * a.o4, p.t * a.o2 + ik * a.o1, p.t * a.o1 + ik * a.o2


class Coupler(_TwoByTwo, name="coupler"):
    """Directional coupler."""

    coupling = Param(0.5, "1", "power that crosses", bounds=(0, 1), trainable=True, drivable=True)
    loss = Param(0.0, "dB", "excess loss", bounds=(0, inf))

    netlist = """Three tenths of the light cross
Xl in                    laser power=1m
Xc in nc cross through   coupler coupling=0.3
.tran 0.1p 5p
.save p(cross) p(through)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        amplitude = 10.0 ** (-p.loss / 20)
        p.t, p.k = amplitude * np.sqrt(1 - p.coupling), amplitude * np.sqrt(p.coupling)


class MultimodeCoupler(_TwoByTwo, name="mmi"):
    """2 x 2 multimode interference coupler, half of the power each way."""

    imbalance = Param(0.0, "dB", "power that stays on its side relative to power that crosses")
    loss = Param(0.0, "dB", "excess loss", bounds=(0, inf))

    netlist = """A multimode coupler that is 0.2 dB out of balance
Xl in                    laser power=1m
Xm in nc cross through   mmi imbalance=0.2 loss=0.3
.tran 0.1p 5p
.save p(cross) p(through)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        amplitude = 10.0 ** (-p.loss / 20)
        p.t = amplitude / np.sqrt(1 + 10.0 ** (-p.imbalance / 10))
        p.k = amplitude / np.sqrt(1 + 10.0 ** (p.imbalance / 10))
