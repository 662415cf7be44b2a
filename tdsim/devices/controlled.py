"""Linear controlled sources.

    E   v_p - v_n = gain (v_cp - v_cn)           F   i = gain i_other
    G   i = gain (v_cp - v_cn)                   H   v_p - v_n = gain i_other

The current i flows from p to n through the source; i_other is that of the instance which F and H name.

Reference: A. Vladimirescu, The SPICE Book (1994), chapter 2.
"""

from __future__ import annotations

from math import inf
from typing import Any

from ..device import Branch, Device, Param, electrical

_CURRENT = "current from p to n through the source"


class VoltageControlledVoltage(Device, name="e"):
    """Voltage source controlled by a voltage."""

    letter = "e"
    passive = reciprocal = False
    p, n = electrical("positive end"), electrical("negative end")
    cp, cn = electrical("positive control"), electrical("negative control")
    current = Branch("A", _CURRENT)
    gain = Param(1.0, "1", "voltage gain", trainable=True)

    netlist = """An amplifier
V1 in 0 sin(0 1 1k)
R1 in 0 1k
E1 out 0 in 0 10
R2 out 0 1k
.tran 20u 2m
.save v(out)
.end
"""

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return x.current, -x.current, 0, 0, v.p - v.n - p.gain * (v.cp - v.cn)


class VoltageControlledCurrent(Device, name="g"):
    """Current source controlled by a voltage."""

    letter = "g"
    passive = reciprocal = False
    p, n = electrical("where the current enters"), electrical("where it leaves")
    cp, cn = electrical("positive control"), electrical("negative control")
    gain = Param(1.0, "S", "transconductance", trainable=True)
    m = Param(1.0, "1", "devices in parallel", bounds=(0, inf))

    netlist = """A transconductor with its load
V1 in 0 sin(0 1 1k)
R1 in 0 1k
G1 0 out in 0 2m
R2 out 0 1k
.tran 20u 2m
.save v(out)
.end
"""

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        current = p.m * p.gain * (v.cp - v.cn)
        return current, -current, 0, 0


class CurrentControlledCurrent(Device, name="f"):
    """Current source controlled by the current through another instance."""

    letter = "f"
    references = 1
    passive = reciprocal = False
    p, n = electrical("where the current enters"), electrical("where it leaves")
    gain = Param(1.0, "1", "current gain", trainable=True)
    m = Param(1.0, "1", "devices in parallel", bounds=(0, inf))

    netlist = """A current mirror
I1 0 in sin(0 1m 1k)
Vs in 0 0
F1 0 out vs 2
R1 out 0 1k
.tran 20u 2m
.save v(out) i(vs)
.end
"""

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        current = p.m * p.gain * x.other
        return current, -current


class CurrentControlledVoltage(Device, name="h"):
    """Voltage source controlled by the current through another instance."""

    letter = "h"
    references = 1
    passive = reciprocal = False
    p, n = electrical("positive end"), electrical("negative end")
    current = Branch("A", _CURRENT)
    gain = Param(1.0, "ohm", "transresistance", trainable=True)

    netlist = """An ideal transimpedance amplifier
I1 0 in sin(0 1m 1k)
Vs in 0 0
H1 out 0 vs 2k
R1 out 0 1k
.tran 20u 2m
.save v(out)
.end
"""

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return x.current, -x.current, v.p - v.n - p.gain * x.other
