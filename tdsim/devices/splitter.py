"""Y branch: one guide that becomes two.

                /--- o2       b2 = sqrt(r) a1          b1 = sqrt(r) a2 + sqrt(1 - r) a3
    o1 --------<
                \\--- o3       b3 = sqrt(1 - r) a1

A lossless three-port cannot be matched at all its ports. This one is matched, so it must be lossy backward: of two
waves that enter o2 and o3 only the even part (in the proportion in which o1 would have fed them) reaches o1; the odd
part goes into radiation modes and is lost.

Reference: B. E. A. Saleh and M. C. Teich, Fundamentals of Photonics, chapter on integrated optics; D. M. Pozar,
Microwave Engineering, chapter 7, for why a three-port cannot be lossless, matched and reciprocal at once.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class YBranch(Device, name="ybranch"):
    """Y branch (also known as `splitter`)."""

    o1, o2, o3 = optical("common"), optical("first branch"), optical("second branch")
    ratio = Param(0.5, "1", "part of the power that goes to o2", bounds=(0, 1), trainable=True, drivable=True)
    loss = Param(0.0, "dB", "excess loss", bounds=(0, inf))
    first, second = Derived("1", "amplitude between o1 and o2"), Derived("1", "amplitude between o1 and o3")

    netlist = """A laser shared between two outputs
Xl in        laser power=1m
Xy in b1 b2  ybranch ratio=0.5 loss=0.28
.tran 0.1p 5p
.save p(b1) p(b2)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        amplitude = 10.0 ** (-p.loss / 20)
        p.first, p.second = amplitude * np.sqrt(p.ratio), amplitude * np.sqrt(1 - p.ratio)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.first * a.o2 + p.second * a.o3, p.first * a.o1, p.second * a.o1


class Splitter(YBranch, name="splitter"):
    """Power splitter: the Y branch under its other name."""

    netlist = YBranch.netlist.replace("ybranch", "splitter")
