"""Single-mode resonator with any number of ports, and the coupling of two resonators.

     o1   o2         dA/dt = [-2 pi i (f_res - f) + i kerr |A|^2 - (sum kappa_n + kappa_i)/2] A
       \\ /                    + i sum sqrt(kappa_n) a_n - i sum J A_other
  ...--(A)--oN       b_n = a_n + i sqrt(kappa_n) A

|A|^2 is the energy in J, kappa_n the rate at which it leaves through port n, kappa_i the rate at which it is lost
inside. The resonance is one, f_res = f_0 + detuning, whatever the carrier f. A K element joins two resonators as it
joins two inductors in SPICE, and adds -i J times the other amplitude to each. Kerr resonators (kerr not zero) keep
their energy and can be run backwards where the circuit is lossless; they need a circuit with one carrier.

References: H. A. Haus, Waves and Fields in Optoelectronics (1984), chapter 7; W. Suh, Z. Wang and S. Fan, IEEE J.
Quantum Electron. 40, 1511 (2004); L. A. Lugiato and R. Lefever, Phys. Rev. Lett. 58, 2209 (1987) (kerr).
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import OPTICAL, Derived, Device, Param, Port, State, numbered


class Resonator(Device, name="resonator"):
    """Resonator whose ports o1 .. oN are as many as its list `kappa` is long."""

    detuning = Param(0.0, "Hz", "resonance frequency minus that of the first carrier", trainable=True)
    kappa = Param((1e10, 1e10), "1/s", "decay rate of the energy into each port", bounds=(0, inf), kind="list")
    kappa_i = Param(0.0, "1/s", "decay rate of the energy inside", bounds=(0, inf))
    kerr = Param(0.0, "rad/s/J", "Kerr shift: positive lowers the resonance")
    rate = Derived("1/s", "complex rate of the free mode")
    roots = Derived("s^-1/2", "coupling to each port")
    cavity = State("sqrt(J)", "amplitude of the mode")

    netlist = """Two coupled resonators pass a band
Xl in        laser power=pulse(0 1m 50p 10p 10p 1n)
Xr1 in nc1   resonator kappa=[2e10 0]
Xr2 out nc2  resonator kappa=[2e10 0]
Kab xr1 xr2  j=1e10
.tran 1p 2n
.save p(in) p(out) x(xr1.cavity)
.end
"""

    @classmethod
    def ports_of(cls, values: dict[str, Any]) -> dict[str, Port]:
        kappa = values["kappa"]
        count = len(kappa) if isinstance(kappa, tuple | list) else np.size(kappa)
        return numbered(OPTICAL, "port of the mode", [f"o{n + 1}" for n in range(count)])

    @staticmethod
    def derive(p: Any) -> None:
        offset = p.detuning + (p.frequency0 - p.frequency)  # in this order: else the detuning is rounded to 0.03 Hz
        p.rate = -2j * pi * offset - (sum(p.kappa) + p.kappa_i) / 2
        p.roots = tuple(np.sqrt(kappa) for kappa in p.kappa)

    @staticmethod
    def self_phase(p: Any) -> tuple[Any, ...]:
        return (p.kerr,)

    @staticmethod
    def scatter(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        return tuple(wave + 1j * root * x.cavity for wave, root in zip(a, p.roots, strict=True))

    @staticmethod
    def flow(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        return (p.rate * x.cavity + sum(1j * root * wave for wave, root in zip(a, p.roots, strict=True)),)


class ResonatorCoupling(Device, name="k"):
    """Coupling of two resonators, named after the two: `Kab xr1 xr2 j=1e9`."""

    letter = "k"
    references = 2
    j = Param(1e9, "1/s", "coupling rate J", trainable=True)

    netlist = Resonator.netlist

    @classmethod
    def refuses(cls, other: type[Device]) -> str | None:
        return None if len(other.states) == 1 else "which has no single cavity to couple to"
