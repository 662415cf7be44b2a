"""Capacitor.

    p ---| |--- n       i = C d(v_p - v_n)/dt

    C(T) = C (1 + tc1 dT + tc2 dT^2),  dT = T - tnom
    from its shape  C = cj l w + 2 cjsw (l + w), l less `short`, w less `narrow`

Reference: A. Vladimirescu, The SPICE Book (1994), chapter 2.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, ClassVar

import numpy as np

from ..device import Derived, Device, Param, electrical
from .resistor import temperature_factor


class Capacitor(Device, name="c"):
    """Capacitor, linear, with a temperature coefficient."""

    letter = "c"
    p, n = electrical("positive plate"), electrical("negative plate")
    c = Param(nan, "F", "capacitance; not given: from the shape", trainable=True)
    ic = Param(nan, "V", "voltage at the start of a transient with `uic`")
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    tc1 = Param(0.0, "1/K", "linear temperature coefficient")
    tc2 = Param(0.0, "1/K^2", "quadratic temperature coefficient")
    tc = Param((), "1/K", "tc1 and tc2 in one list", kind="list")
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    l = Param(nan, "m", "length")  # noqa: E741
    w = Param(nan, "m", "width")
    cap = Param(nan, "F", "capacitance of the model")
    cj = Param(0.0, "F/m^2", "capacitance per area")
    cjsw = Param(0.0, "F/m", "capacitance per length of the edge")
    defw = Param(1e-5, "m", "width when none is given", bounds=(0, inf))
    narrow = Param(0.0, "m", "narrowing by side etching")
    short = Param(0.0, "m", "shortening by side etching")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    farads = Derived("F", "capacitance at the temperature of the device, of all in parallel")
    shows: ClassVar = {"capacitance": "farads", "cap": "farads", "c": "farads"}

    netlist = """A capacitor is charged through a resistor
V1 in 0 pulse(0 1 1u 10n 10n 10u 20u)
R1 in out 1k
C1 out 0 1n
.tran 100n 20u
.save v(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        width = np.where(np.isnan(p.w), p.defw, p.w) - p.narrow
        length = p.l - p.short
        shaped = np.where(np.isnan(p.cap), p.cj * length * width + 2 * p.cjsw * (length + width), p.cap)
        p.farads = p.m * np.where(np.isnan(p.c), shaped, p.c) * temperature_factor(p)

    @staticmethod
    def store(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        charge = p.farads * (v.p - v.n)
        return charge, -charge
