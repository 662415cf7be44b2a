"""Waveguide crossing: two guides that cross in one plane.

            o2
            |               b3 = s a1 + i c (a2 + a4)
      o1 ---+--- o3         b4 = s a2 + i c (a1 + a3)      and the same from the other ends
            |
            o4

c^2 is the crosstalk, the power that turns into one side arm. What turns is scattered, and so is as much again: the
crossing stays passive for every wave with s^2 = 1 - 4 c^2, times the loss.

Reference: Y. Ma et al., Opt. Express 21, 29374 (2013).
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class Crossing(Device, name="crossing"):
    """Crossing of two waveguides, o1 with o3 and o2 with o4."""

    o1, o2, o3, o4 = optical("left"), optical("top"), optical("right"), optical("bottom")
    loss = Param(0.0, "dB", "loss of the straight path", bounds=(0, inf))
    crosstalk = Param(-inf, "dB", "power in each side arm relative to the input", bounds=(-inf, -6.1))
    straight, side = Derived("1", "straight amplitude"), Derived("1", "amplitude into a side arm")

    netlist = """A crossing that leaks a little
Xl in                 laser power=1m
Xc in side1 out side2 crossing loss=0.02 crosstalk=-40
.tran 0.1p 5p
.save p(out) p(side1) p(side2)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        amplitude, leak = 10.0 ** (-p.loss / 20), 10.0 ** (p.crosstalk / 10)
        p.straight, p.side = amplitude * np.sqrt(1 - 4 * leak), amplitude * np.sqrt(leak)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        s, ic = p.straight, 1j * p.side
        across, along = ic * (a.o2 + a.o4), ic * (a.o1 + a.o3)
        return s * a.o3 + across, s * a.o4 + along, s * a.o1 + across, s * a.o2 + along
