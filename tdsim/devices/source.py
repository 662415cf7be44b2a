"""Independent sources.

    p ---( V )--- n     v_p - v_n = V(t)         p ---( I )--- n     i = I(t)

The current i flows from p to n through the source: i of a voltage source that feeds a load is below zero.

Reference: A. Vladimirescu, The SPICE Book (1994), chapter 2.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, ClassVar

from ..device import Branch, Device, Param, electrical

_DC = "value in .op and .dc; not given: that of the shape at t = 0"
_WAVE = "value in .tran, most often a source shape; not given: dc"


class VoltageSource(Device, name="v"):
    """Independent voltage source."""

    letter = "v"
    passive = False
    p, n = electrical("positive end"), electrical("negative end")
    current = Branch("A", "current from p to n through the source")
    dc = Param(nan, "V", _DC, trainable=True)
    wave = Param(nan, "V", _WAVE, drivable=True)
    ac = Param(0.0, "V", "amplitude in .ac")
    acphase = Param(0.0, "deg", "phase in .ac")
    shows: ClassVar = {"acmag": "ac"}

    netlist = """A sine on a resistor
V1 in 0 sin(0 1 1meg)
R1 in 0 50
.tran 20n 2u
.save v(in) i(v1)
.end
"""

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return x.current, -x.current, v.p - v.n

    @staticmethod
    def drive(p: Any) -> tuple[Any, ...]:
        return 0, 0, p.wave


class CurrentSource(Device, name="i"):
    """Independent current source: its current leaves p, goes through the source, and enters the circuit at n."""

    letter = "i"
    passive = False
    p, n = electrical("where the current enters the source"), electrical("where it leaves the source")
    dc = Param(nan, "A", _DC, trainable=True)
    wave = Param(nan, "A", _WAVE, drivable=True)
    ac = Param(0.0, "A", "amplitude in .ac")
    acphase = Param(0.0, "deg", "phase in .ac")
    shows: ClassVar = {"acmag": "ac", "c": "dc"}
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))

    netlist = """A current on a resistor
I1 0 out pulse(0 1m 1u 10n 10n 2u 4u)
R1 out 0 1k
.tran 100n 10u
.save v(out)
.end
"""

    @staticmethod
    def drive(p: Any) -> tuple[Any, ...]:
        return -p.m * p.wave, p.m * p.wave
