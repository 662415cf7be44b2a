"""Mach-Zehnder interferometer with two phases: the full-field building block of meshes, without delay.

    o2 ---[phi]--\\___/---[theta]--\\___/--- o3
    o1 ----------/   \\------------/   \\--- o4

The two couplers are 50:50, with the ports and phases of `coupler`. With c = cos(theta/2), s = sin(theta/2) and
g = i exp(i theta/2) A the product of the four elements is

    b4 = g (-s a1 + c exp(i phi) a2)
    b3 = g ( c a1 + s exp(i phi) a2)

so that theta = 0 crosses all the light, theta = pi keeps it on its side, and phi sets the relative phase of the inputs.

Reference: W. R. Clements et al., Optica 3, 1460 (2016).
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class MachZehnder(Device, name="mzi"):
    """Mach-Zehnder interferometer of two ideal couplers and two phase shifters."""

    o1, o2 = optical("left, bottom"), optical("left, top (behind the phase phi)")
    o3, o4 = optical("right, top"), optical("right, bottom")
    theta = Param(pi / 2, "rad", "phase of the upper arm", trainable=True, drivable=True)
    phi = Param(0.0, "rad", "phase at o2", trainable=True, drivable=True)
    loss = Param(0.0, "dB", "loss of the whole interferometer", bounds=(0, inf), drivable=True)
    bar, cross = Derived("1", "transmission from o1 to o4"), Derived("1", "transmission from o1 to o3")
    turn = Derived("1", "exp(i phi)")

    netlist = """An interferometer swept through all its splittings
Xl in                   laser power=1m
Xm in nc1 upper lower   mzi theta=pwl(0 0 100p 6.2832)
.tran 0.5p 100p
.save p(upper) p(lower)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        common = 1j * np.exp(0.5j * p.theta) * 10.0 ** (-p.loss / 20)
        p.bar, p.cross = -common * np.sin(p.theta / 2), common * np.cos(p.theta / 2)
        p.turn = np.exp(1j * p.phi)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        upper = p.turn * a.o2
        return (
            p.cross * a.o3 + p.bar * a.o4,
            p.turn * (p.cross * a.o4 - p.bar * a.o3),
            p.cross * a.o1 - p.bar * upper,
            p.bar * a.o1 + p.cross * upper,
        )
