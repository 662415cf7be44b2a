"""Partially reflecting mirror, without thickness or loss.

    o1 ---|)--- o2        b1 = r a1 + i u a2        r = sqrt(R)
                          b2 = r a2 + i u a1        u = sqrt(1 - R)

Reference: B. E. A. Saleh and M. C. Teich, Fundamentals of Photonics, chapter 7 (lossless symmetric mirror).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class Mirror(Device, name="mirror"):
    """Mirror of power reflectivity R, the same from both sides."""

    o1, o2 = optical("left"), optical("right")
    reflectivity = Param(0.5, "1", "part of the power that is reflected", bounds=(0, 1), trainable=True, drivable=True)
    r, u = Derived("1", "reflected amplitude"), Derived("1", "transmitted amplitude")

    netlist = """Fabry-Perot resonator
Xl in      laser power=pulse(0 1m 1p 0.5p 0.5p 3p)
Xm1 in a   mirror reflectivity=0.6
Xw a b     delay time=2p
Xm2 b out  mirror reflectivity=0.6
.tran 0.1p 60p
.save p(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.r, p.u = np.sqrt(p.reflectivity), np.sqrt(1 - p.reflectivity)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        iu = 1j * p.u
        return p.r * a.o1 + iu * a.o2, p.r * a.o2 + iu * a.o1
