"""Phase shifter: a turn of the wave, the same both ways, without delay.

             p   n             b2 = A exp(i phi) a1,   b1 = A exp(i phi) a2,   A = 10^(-loss/20)
             |   |
    o1 ---[   phi   ]--- o2    phi = phase + pi u / vpi,   tau du/dt + u = v_p - v_n

The electrodes are optional and draw no current. Left out, `voltage` stands for u: a number or a source shape. A thermal
shifter answers slowly (tau of some 10 us), a Pockels one within some ps.

References: N. C. Harris et al., Opt. Express 22, 10487 (2014) (thermal, in silicon); C. Wang et al., Nature 562, 101
(2018) (electro-optic, in lithium niobate).
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import Branch, Derived, Device, Param, electrical, optical


class PhaseShifter(Device, name="phase_shifter"):
    """Phase shifter, static or driven by a source shape (`phase=sin(0 1 1g)`) or by the voltage at its electrodes."""

    o1, o2 = optical("left"), optical("right")
    p, n = electrical("positive electrode", optional=True), electrical("negative electrode", optional=True)
    followed = (("voltage", "acting"),)
    phase = Param(0.0, "rad", "phase without a voltage", trainable=True, drivable=True)
    loss = Param(0.0, "dB", "insertion loss", bounds=(0, inf), drivable=True)
    vpi = Param(5.0, "V", "voltage that turns the wave by pi", bounds=(1e-12, inf))
    tau = Param(0.0, "s", "time in which the phase follows the voltage at the electrodes", bounds=(0, inf))
    voltage = Param(0.0, "V", "voltage u that acts; that of the electrodes where they are wired", drivable=True)
    transmission = Derived("1", "complex transmission")
    acting = Branch("V", "voltage u that acts")

    netlist = """A modulator between two couplers, driven by a voltage
Xl in             laser power=1m
X1 in nc1 a b     coupler
Xp a c drive 0    phase_shifter vpi=3
X2 c b out nc2    coupler
V1 drive 0 sin(0 1.5 10g)
.tran 0.5p 200p
.save p(out) v(drive)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.transmission = 10.0 ** (-p.loss / 20) * np.exp(1j * (p.phase + pi * p.voltage / p.vpi))

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.transmission * a.o2, p.transmission * a.o1

    @staticmethod
    def conduct(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return 0, 0, x.acting - (v.p - v.n)

    @staticmethod
    def store(p: Any, v: Any, x: Any) -> tuple[Any, ...]:
        return 0, 0, p.tau * x.acting
