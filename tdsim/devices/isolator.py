"""One-way parts: isolator and circulator. With the nonreciprocal phase of guides, the only non-reciprocal passives.

    o1 --->--- o2       b2 = F a1,  b1 = B a2,  F = 10^(-loss/20),  B = 10^(-isolation/20)

          o2
          |             b2 = F a1
    o1 --(>)            b3 = F a2
          |             b1 = F a3
          o3

Reference: B. E. A. Saleh and M. C. Teich, Fundamentals of Photonics, chapter 6 (Faraday rotation, optical isolators).
"""

from __future__ import annotations

from math import inf
from typing import Any

from ..device import Derived, Device, Param, optical


class Isolator(Device, name="isolator"):
    """Lets light pass from o1 to o2 only."""

    reciprocal = False
    o1, o2 = optical("input"), optical("output")
    isolation = Param(inf, "dB", "loss from o2 to o1", bounds=(0, inf))
    loss = Param(0.0, "dB", "loss from o1 to o2", bounds=(0, inf))
    forward, backward = Derived("1", "transmission from o1 to o2"), Derived("1", "transmission from o2 to o1")

    netlist = """A laser that sees nothing of what a mirror sends back
Xl in        laser power=1m
Xi in a      isolator isolation=40 loss=0.5
Xm a out     mirror reflectivity=0.3
.tran 0.1p 5p
.save p(out) pin(xl.o1)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.forward, p.backward = 10.0 ** (-p.loss / 20), 10.0 ** (-p.isolation / 20)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.backward * a.o2, p.forward * a.o1


class Circulator(Device, name="circulator"):
    """Lets light go round, from o1 to o2 to o3 to o1."""

    reciprocal = False
    o1, o2, o3 = optical("first"), optical("second"), optical("third")
    loss = Param(0.0, "dB", "loss from each port to the next", bounds=(0, inf))
    amplitude = Derived("1", "what the loss leaves of a wave")

    netlist = """The reflection of a mirror, told apart by a circulator
Xl in          laser power=1m
Xc in a refl   circulator
Xm a out       mirror reflectivity=0.3
.tran 0.1p 5p
.save p(refl) p(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.amplitude = 10.0 ** (-p.loss / 20)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.amplitude * a.o3, p.amplitude * a.o1, p.amplitude * a.o2
