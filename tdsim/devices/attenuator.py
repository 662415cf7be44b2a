"""What takes light away: attenuator and terminator.

    o1 ---[ ~ ]--- o2       b2 = A a1,  b1 = A a2,  A = 10^(-loss/20)

    o1 ---|                 b1 = 0

Reference: B. E. A. Saleh and M. C. Teich, Fundamentals of Photonics.
"""

from __future__ import annotations

from math import inf
from typing import Any

from ..device import Derived, Device, Param, optical


class Attenuator(Device, name="attenuator"):
    """Loss without delay or phase, the same both ways."""

    o1, o2 = optical("left"), optical("right")
    loss = Param(3.0, "dB", "loss", bounds=(0, inf), trainable=True, drivable=True)
    amplitude = Derived("1", "what the loss leaves of a wave")

    netlist = """A laser, 10 dB weaker
Xl in      laser power=1m
Xa in out  attenuator loss=10
.tran 0.1p 5p
.save p(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.amplitude = 10.0 ** (-p.loss / 20)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.amplitude * a.o2, p.amplitude * a.o1


class Terminator(Device, name="terminator"):
    """The end of a guide, which reflects nothing.

    An open net does the same; this one says that it is meant.
    """

    o1 = optical("input")

    netlist = """The unused output of a coupler is terminated
Xl in              laser power=1m
Xc in nc out rest  coupler
Xt rest            terminator
.tran 0.1p 5p
.save p(out) pin(xt.o1)
.end
"""

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return (0,)
