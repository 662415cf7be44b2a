"""Ideal linear amplifier: the same gain for any power, at once, and both ways.

    o1 ---|>--- o2       b2 = sqrt(G) a1,   b1 = sqrt(G) a2,   G = 10^(gain/10)

A fibre or semiconductor amplifier has no sense of direction of its own, so neither has this one; put an isolator
behind it where a one-way amplifier is meant. Its spontaneous emission acts only where noise is switched on
(`.options noise=on`).

Reference: E. Desurvire, Erbium-Doped Fiber Amplifiers (1994).
"""

from __future__ import annotations

from math import inf
from typing import Any

from ..device import Derived, Device, Param, optical


class Amplifier(Device, name="amplifier"):
    """Linear optical amplifier."""

    passive = False
    o1, o2 = optical("left"), optical("right")
    gain = Param(10.0, "dB", "power gain", bounds=(0, 100), trainable=True, drivable=True)
    noise_figure = Param(3.0, "dB", "noise figure; acts only with .options noise=on", bounds=(0, inf))
    amplitude = Derived("1", "amplitude gain")

    netlist = """A weak pulse amplified by 20 dB
Xl in      laser power=pulse(0 1u 1p 0.5p 0.5p 3p)
Xa in out  amplifier gain=20
.tran 0.1p 10p
.save p(in) p(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.amplitude = 10.0 ** (p.gain / 20)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.amplitude * a.o2, p.amplitude * a.o1
