"""Inductor, and two inductors that share flux.

    p ---(((( L ))))--- n       v_p - v_n = L di/dt

    K: v_1 = L1 di1/dt + M di2/dt,  v_2 = M di1/dt + L2 di2/dt,  M = k sqrt(L1 L2)

The current i flows from p to n through the device. The dot of each inductor of a pair is at its first node.

Reference: A. Vladimirescu, The SPICE Book (1994), chapter 2.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, ClassVar

import numpy as np

from ..device import Branch, Derived, Device, Param, electrical
from .resistor import temperature_factor


class Inductor(Device, name="l"):
    """Inductor, linear."""

    letter = "l"
    p, n = electrical("positive end"), electrical("negative end")
    current = Branch("A", "current from p to n")
    l = Param(nan, "H", "inductance", trainable=True)  # noqa: E741
    ic = Param(nan, "A", "current at the start of a transient with `uic`")
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    tc1 = Param(0.0, "1/K", "linear temperature coefficient")
    tc2 = Param(0.0, "1/K^2", "quadratic temperature coefficient")
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    ind = Param(nan, "H", "inductance of the model")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    coil = Derived("H", "inductance at the temperature of the device, of one of those in parallel")
    henries = Derived("H", "inductance of all in parallel")
    shows: ClassVar = {"inductance": "coil", "l": "coil"}

    netlist = """A damped resonance is struck
V1 in 0 pulse(0 1 0 1n 1n 1 2)
R1 in a 10
L1 a out 100u
C1 out 0 10n
.tran 100n 20u
.save v(out) i(l1)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.coil = np.where(np.isnan(p.l), p.ind, p.l) * temperature_factor(p)
        p.henries = p.coil / p.m

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return x.current, -x.current, v.p - v.n

    @staticmethod
    def store(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return 0, 0, -p.henries * x.current


class Mutual(Device, name="mutual"):
    """Coupling of two inductors, named after the two: `K1 l1 l2 0.98`."""

    letter = "k"
    references = 2
    couples = True
    k = Param(1.0, "1", "coupling coefficient", bounds=(-1, 1), trainable=True)
    henries = Derived("H", "mutual inductance")
    shows: ClassVar = {"coefficient": "k"}

    netlist = """A transformer with a load
V1 in 0 sin(0 10 50k)
R1 in a 2
L1 a 0 1m
L2 s 0 250u
K1 l1 l2 0.98
R2 s 0 25
.tran 200n 40u
.save v(s) i(l1)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.henries = p.k * np.sqrt(p.first.henries * p.second.henries)

    @staticmethod
    def store(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return -p.henries * x.second, -p.henries * x.first
