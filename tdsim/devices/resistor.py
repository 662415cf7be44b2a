"""Resistor.

    p ---[ R ]--- n       i = (v_p - v_n) / R

    R(T) = R (1 + tc1 dT + tc2 dT^2),  dT = T - tnom
    from its shape  R = rsh (l - 2 short) / (w - 2 narrow)

The current i flows from p to n through the device. A resistance of 0 is taken as 1 milliohm.

Reference: A. Vladimirescu, The SPICE Book (1994), chapter 2.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, ClassVar

import numpy as np

from ..device import Derived, Device, Param, electrical

SHORT = 1e-3
"""What stands for a resistance of 0 (ohm)."""


class Resistor(Device, name="r"):
    """Resistor, linear, with a temperature coefficient."""

    letter = "r"
    p, n = electrical("positive end"), electrical("negative end")
    r = Param(nan, "ohm", "resistance; not given: from the sheet resistance", trainable=True)
    tc1 = Param(0.0, "1/K", "linear temperature coefficient")
    tc2 = Param(0.0, "1/K^2", "quadratic temperature coefficient")
    tc = Param((), "1/K", "tc1 and tc2 in one list", kind="list")
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    ac = Param(nan, "ohm", "resistance in .ac, when it is another one")
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    l = Param(nan, "m", "length")  # noqa: E741
    w = Param(nan, "m", "width")
    rsh = Param(0.0, "ohm", "sheet resistance", bounds=(0, inf))
    defw = Param(1e-5, "m", "width when none is given", bounds=(0, inf))
    narrow = Param(0.0, "m", "narrowing by side etching, on each side")
    short = Param(0.0, "m", "shortening by side etching, on each side")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    ohms = Derived("ohm", "resistance at the nominal temperature, of one of the devices in parallel")
    g = Derived("S", "conductance")
    shows: ClassVar = {"resistance": "ohms", "r": "ohms"}

    netlist = """A voltage divider
V1 in 0 10
R1 in out 1k
R2 out 0 3k
.op
.save v(out) i(v1)
.end
"""

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        given = not np.any(np.isnan(values["r"]))
        shaped = not np.any(np.isnan(values["l"])) and np.all(np.asarray(values["rsh"]) > 0)
        if given or shaped or values["r"] is cls.params["r"].default:
            return None
        return "needs a resistance, or a length and a model with a sheet resistance"

    @staticmethod
    def derive(p: Any) -> None:
        width = np.where(np.isnan(p.w), p.defw, p.w)
        shaped = p.rsh * (p.l - 2 * p.short) / (width - 2 * p.narrow)
        resistance = p.ohms = np.where(np.isnan(p.r), shaped, p.r)
        if p.small_signal:
            resistance = np.where(np.isnan(p.ac), resistance, p.ac)
        resistance = resistance * temperature_factor(p)
        p.g = p.m / np.where(resistance == 0, SHORT, resistance)

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        current = p.g * (v.p - v.n)
        return current, -current


def temperature_factor(p: Any) -> Any:
    """1 + tc1 dT + tc2 dT^2 for p.temp (or p.ambient + p.dtemp) above p.tnom (or p.nominal), all in degC."""
    here = np.where(np.isnan(p.temp), p.ambient + p.dtemp, p.temp)
    rise = here - np.where(np.isnan(p.tnom), p.nominal, p.tnom)
    tc1, tc2 = (*getattr(p, "tc", ()), p.tc1, p.tc2)[:2] if len(getattr(p, "tc", ())) == 2 else (p.tc1, p.tc2)
    if len(getattr(p, "tc", ())) == 1:
        tc1 = p.tc[0]
    return 1 + tc1 * rise + tc2 * rise**2
