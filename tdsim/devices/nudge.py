"""Nudge: a field added to the light that passes, and nothing at all when it is zero.

    o1 ---(+)--- o2       b2 = a1 + (field + i quadrature) exp(i phase)
                          b1 = a2

It stands between a source and a circuit, or between any two parts, and pushes the circuit a little: towards a target,
or with the error of its outputs (scattering backpropagation turns that by 90 degrees: phase=-pi/2). As the field is
zero by default, a circuit is settled with its nudges in place, and its branches differ in what these are set to.

Reference: B. Scellier and Y. Bengio, Front. Comput. Neurosci. 11, 24 (2017) (nudging).
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..device import Device, Param, optical


class Nudge(Device, name="nudge"):
    """Adds a field to what goes from o1 to o2; lets light pass both ways."""

    passive = False
    adds = ("o2",)
    o1, o2 = optical("from the source"), optical("to the circuit")
    field = Param(0.0, "sqrt(W)", "field that is added, real part", drivable=True)
    quadrature = Param(0.0, "sqrt(W)", "imaginary part", drivable=True)
    phase = Param(0.0, "rad", "phase of it", drivable=True)
    carrier = Param(0.0, "1", "which carrier: its index in the .carrier list", bounds=(0, inf), smooth=False)

    netlist = """A resonator at rest is nudged for a while
Xl in      laser power=1m
Xn in b    nudge field=pulse(0 1m 1n 10p 10p 200p)
Xr b       resonator kappa=[2e10] kappa_i=1e10
.tran 1p 2n
.save p(xr.o1) x(xr.cavity)
.end
"""

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return a.o2, a.o1

    @staticmethod
    def emit(p: Any, t: Any) -> tuple[Any, ...]:
        lit = p.carrier_index == p.carrier
        return (lit * (p.field + 1j * p.quadrature) * np.exp(1j * p.phase),)
