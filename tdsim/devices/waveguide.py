"""Waveguide and pure delay: what comes in at one end leaves at the other, later, weaker and turned in phase.

    o1 ======== o2        b2(t) = A exp(+i phi) a1(t - tau)
                          b1(t) = A exp(+i phi) a2(t - tau)

The propagation constant of the waveguide is expanded around the wavelength wl0:

    beta(w) = 2 pi neff / wl0 + (ng / c)(w - w0) + (beta2 / 2)(w - w0)^2
    beta2 = -D wl0^2 / (2 pi c)

which for D = 0 is beta = 2 pi neff(wl) / wl with neff(wl) = neff - (wl - wl0)(ng - neff) / wl0. Each carrier has the
phase beta L and the group delay (d beta / d w) L at its own wavelength; dispersion within the band of one carrier is
neglected. A nonreciprocal phase (rotation of the circuit: Sagnac) adds half of it forward, from o1 to o2, and takes
half of it away backward.

Reference: G. P. Agrawal, Nonlinear Fiber Optics, chapters 1 and 2.
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import Derived, Device, Line, Param, optical
from ..units import C0


class _Guide(Device):
    """Two ports joined by one delay line in each direction."""

    o1, o2 = optical("left"), optical("right")
    forward = Line("delay", "from o1 to o2", reverse="backward")
    backward = Line("delay", "from o2 to o1", reverse="forward")
    delay = Derived("s", "group delay")
    forth, back = Derived("1", "transmission from o1 to o2"), Derived("1", "transmission from o2 to o1")

    @staticmethod
    def feed(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        return a.o1, a.o2

    @staticmethod
    def scatter(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        return p.back * x.backward, p.forth * x.forward


def _set_transmission(p: Any, decibels: Any, phase: Any) -> None:
    """Both directions from the loss, the common phase and the nonreciprocal one."""
    common = 10.0 ** (-decibels / 20) * np.exp(1j * phase)
    turn = np.exp(0.5j * p.nonreciprocal_phase)  # apart: in 200 m of fibre the common phase is 1e9 rad, rounded to 1e-7
    p.forth, p.back = common * turn, common / turn


class Waveguide(_Guide, name="waveguide"):
    """Length of single-mode waveguide or fibre."""

    length = Param(100e-6, "m", "length", bounds=(0, inf), trainable=True)
    neff = Param(2.35, "1", "effective index at wl0", bounds=(0, inf), trainable=True)
    ng = Param(4.2, "1", "group index at wl0", bounds=(0, inf))
    wl0 = Param(1550e-9, "m", "wavelength at which neff and ng are given", bounds=(1e-9, 1))
    loss = Param(0.0, "dB/m", "propagation loss", bounds=(0, inf))
    phase = Param(0.0, "rad", "phase added to that of the length", trainable=True)
    dispersion = Param(0.0, "s/m^2", "D = (1/c) d ng / d wl (1e-6 s/m^2 is 1 ps/nm/km)")
    nonreciprocal_phase = Param(0.0, "rad", "phase forward minus phase backward")
    n2 = Param(0.0, "m^2/W", "Kerr index")
    beta_tpa = Param(0.0, "m/W", "two-photon absorption", bounds=(0, inf))
    aeff = Param(0.1e-12, "m^2", "effective mode area", bounds=(1e-18, inf))

    netlist = """A pulse through a millimetre of waveguide
Xl in      laser power=pulse(0 1m 1p 0.5p 0.5p 3p)
Xw in out  waveguide length=1m neff=2.35 ng=4.2 loss=200
.tran 0.1p 30p
.save p(xl.o1) p(out)
.end
"""

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        for name in ("n2", "beta_tpa"):
            if np.any(values[name] != 0):
                return f"{name} must be 0: nonlinear waveguides come with a later version"
        return None

    @staticmethod
    def derive(p: Any) -> None:
        beta2 = -p.dispersion * p.wl0**2 / (2 * pi * C0)
        offset = 2 * pi * (p.frequency - C0 / p.wl0)
        neff = p.neff - (p.wavelength - p.wl0) * (p.ng - p.neff) / p.wl0
        beta = 2 * pi * neff / p.wavelength + beta2 * offset**2 / 2
        p.delay = (p.ng / C0 + beta2 * offset) * p.length
        _set_transmission(p, p.loss * p.length, beta * p.length + p.phase)


class Delay(_Guide, name="delay"):
    """Delay given in seconds, with its phase.

    The phase on the first carrier is `phase` exactly; carrier k has the further phase 2 pi (f_k - f_0) time, as one
    delay for all carriers must.
    """

    time = Param(1e-12, "s", "delay", bounds=(0, inf), trainable=True)
    phase = Param(0.0, "rad", "phase on the first carrier", trainable=True)
    loss = Param(0.0, "dB", "loss", bounds=(0, inf))
    nonreciprocal_phase = Param(0.0, "rad", "phase forward minus phase backward")

    netlist = """A pulse, ten picoseconds later
Xl in      laser power=pulse(0 1m 1p 0.5p 0.5p 3p)
Xd in out  delay time=10p phase=0.5 loss=1
.tran 0.1p 30p
.save p(xl.o1) e(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.delay = p.time + 0 * p.phase
        _set_transmission(p, p.loss, p.phase + 2 * pi * (p.frequency - p.frequency0) * p.time)
