"""Source that follows an expression of voltages, currents and time.

    p ---( V or I )--- n       v_p - v_n = V(v, i, t)    or    i = I(v, i, t), from p to n

The expression may hold `ddt(x)` and `delay(x, td)`. B elements, expressions in E, G, F and H, and behavioural resistors
(i = v / R), capacitors (i = C dv/dt) and inductors (v = L di/dt) are all made of it.

Temperature multiplies the value by 1 + tc1 dT + tc2 dT^2, dT above 27 degC, or divides it where reciproctc is 1.

Reference: ngspice 39 manual, section 5.1 (B source).
"""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any

from ..behaviour import Constant, Law, Operation
from ..device import Branch, Device, Param, electrical

ROOM = 27.0
"""The temperature at which the value is as written (degC)."""


class Behavioural(Device, name="b"):
    """Source of voltage or current that follows an expression."""

    letter = "b"
    passive = reciprocal = False
    p, n = electrical("positive end"), electrical("negative end")
    v = Param(None, "V", "voltage from p to n", kind="expression")
    i = Param(None, "A", "current from p to n through the source", kind="expression")
    tc1 = Param(0.0, "1/K", "linear temperature coefficient")
    tc2 = Param(0.0, "1/K^2", "quadratic temperature coefficient")
    reciproctc = Param(0.0, "1", "1: temperature divides the value", bounds=(0, 1))
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    m = Param(1.0, "1", "number of current sources in parallel", bounds=(0, inf))

    netlist = """A multiplier
V1 x 0 sin(0 1 1k)
B1 y 0 v=v(x)*v(x)
R1 y 0 1k
.tran 10u 2m
.save v(y)
.end
"""

    @classmethod
    def variant(cls, values: dict[str, Any]) -> type[Device]:
        return cls if values["v"] is None else _Voltage

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        if (values["v"] is None) == (values["i"] is None):
            return "a behavioural source takes one expression: v= or i="
        return None

    @staticmethod
    def laws(values: dict[str, Any], ambient: float) -> tuple[Law, ...]:
        rise = (ambient + values["dtemp"] if math.isnan(values["temp"]) else values["temp"]) - ROOM
        factor = 1 + values["tc1"] * rise + values["tc2"] * rise**2
        factor = 1 / factor if values["reciproctc"] else factor
        is_voltage = values["v"] is not None
        factor *= 1.0 if is_voltage else values["m"]
        term = (values["v"] if is_voltage else values["i"]).root
        scaled = term if factor == 1 else Operation("mul", (Constant(factor), term))
        return (Law("p", "n", scaled, "current" if is_voltage else ""),)


class _Voltage(Behavioural):
    """The sources of voltage: they have a current of their own."""

    current = Branch("A", "current from p to n through the source")
