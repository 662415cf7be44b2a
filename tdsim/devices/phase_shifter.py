"""Phase shifter, static or driven by a source shape: a turn of the wave, the same both ways, without delay.

    o1 ---[ phi ]--- o2       b2 = A exp(i phi) a1,   b1 = A exp(i phi) a2,   A = 10^(-loss/20)

Reference: N. C. Harris et al., Opt. Express 22, 10487 (2014) (thermal phase shifter in silicon).
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class PhaseShifter(Device, name="phase_shifter"):
    """Phase shifter, static or driven.

    `phase=sin(0 1 1g)` makes a phase modulator of it.
    """

    o1, o2 = optical("left"), optical("right")
    phase = Param(0.0, "rad", "phase", trainable=True, drivable=True)
    loss = Param(0.0, "dB", "insertion loss", bounds=(0, inf), drivable=True)
    transmission = Derived("1", "complex transmission")

    netlist = """Phase modulation at 10 GHz
Xl in      laser power=1m
Xp in out  phase_shifter phase=sin(0 1 10g) loss=0.5
.tran 0.5p 200p
.save e(out)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        p.transmission = 10.0 ** (-p.loss / 20) * np.exp(1j * p.phase)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return p.transmission * a.o2, p.transmission * a.o1
