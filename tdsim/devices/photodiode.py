"""Photodiodes: light in, current out.

    o1 ~~~> |>|        i = R P / (1 + P / P_sat) + i_dark, behind a pole at the bandwidth,
          a     c      flows inside from cathode to anode, and leaves through the anode;
                       the junction's capacitance lies between the two

P is the power of all carriers together: beats between them are faster than the step. Nothing is reflected. The
balanced pair subtracts: its current is that of o1 minus that of o2.

Reference: B. E. A. Saleh and M. C. Teich, Fundamentals of Photonics (2007), chapter 18; saturation as in K. J.
Williams, R. D. Esman and M. Dagenais, J. Lightwave Technol. 14, 84 (1996).
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import Branch, Derived, Device, Param, electrical, optical


class _Detector(Device):
    """What all photodiodes share: a current behind one pole, and a capacitance."""

    reciprocal = False
    detected = ("light",)
    responsivity = Param(1.0, "A/W", "current per power", bounds=(0, inf))
    dark = Param(0.0, "A", "current without light", bounds=(0, inf))
    bandwidth = Param(0.0, "Hz", "where the response has fallen by 3 dB; 0: unlimited", bounds=(0, inf))
    capacitance = Param(0.0, "F", "capacitance between the electrodes", bounds=(0, inf))
    saturation = Param(0.0, "W", "power at which the response has halved; 0: none", bounds=(0, inf))
    light = Param(0.0, "W", "power that counts; what arrives takes its place", drivable=True)
    current = Branch("A", "current into the first electrode: below zero under light")
    tau = Derived("s", "time constant of the current")

    @staticmethod
    def derive(p: Any) -> None:
        limited = p.bandwidth > 0
        p.tau = np.where(limited, 1 / (2 * pi * np.where(limited, p.bandwidth, 1.0)), 0.0)


class Photodiode(_Detector, name="photodiode"):
    """Photodiode: a resistor from its anode to ground sees a positive voltage."""

    o1 = optical("light")
    anode, cathode = electrical("anode, where the current leaves"), electrical("cathode")

    netlist = """A receiver: a pulse of light on a photodiode with a load of 1 kohm
Xl in         laser power=pulse(0 1m 50p 20p 20p 200p)
Xp in out 0   photodiode responsivity=0.9 capacitance=50f
R1 out 0 1k
.tran 1p 600p
.save p(in) v(out)
.end
"""

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return (0,)

    @staticmethod
    def detect(p: Any, a: Any) -> tuple[Any, ...]:
        return (saturated(power(a.o1), p.saturation),)

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return x.current, -x.current, x.current

    @staticmethod
    def store(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        charge = p.capacitance * (v.anode - v.cathode)
        return charge, -charge, p.tau * x.current

    @staticmethod
    def drive(p: Any) -> tuple[Any, ...]:
        return 0, 0, -(p.responsivity * p.light + p.dark)


class BalancedPhotodiode(_Detector, name="balanced_photodiode"):
    """Two photodiodes in series, read between them: their currents subtract, and so do their dark currents."""

    o1, o2 = optical("light that counts up"), optical("light that counts down")
    p, n = electrical("where the difference of the currents leaves"), electrical("return")

    netlist = """The two outputs of an interferometer, subtracted
Xl in               laser power=pulse(0 1m 50p 20p 20p 200p)
Xc in nc1 a b       coupler coupling=0.3
Xd a b out 0        balanced_photodiode
R1 out 0 1k
.tran 1p 600p
.save v(out)
.end
"""

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return 0, 0

    @staticmethod
    def detect(p: Any, a: Any) -> tuple[Any, ...]:
        return (saturated(power(a.o1), p.saturation) - saturated(power(a.o2), p.saturation),)

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return x.current, -x.current, x.current

    @staticmethod
    def store(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        charge = p.capacitance * (v.p - v.n)
        return charge, -charge, p.tau * x.current

    @staticmethod
    def drive(p: Any) -> tuple[Any, ...]:
        return 0, 0, -p.responsivity * p.light


def power(wave: Any) -> Any:
    """Power (W), carriers added, of a wave (carriers, runs, times)."""
    return (wave.real**2 + wave.imag**2).sum(axis=0, keepdims=True)


def saturated(light: Any, saturation: Any) -> Any:
    """The power that counts: halved at `saturation`, which is 0 for none."""
    limited = saturation > 0
    return np.where(limited, light / (1 + light / np.where(limited, saturation, 1.0)), light)
