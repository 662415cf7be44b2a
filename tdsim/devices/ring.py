"""Microring resonator, all-pass or add-drop.

    o4 <------ o3       second bus; leave o3 and o4 out for an all-pass ring
       /------\\
      |  ring  |        a wave from o1 goes round one way, leaves at o2 (through) and o4 (drop),
       \\------/        as does one from o3 (add); waves from o2 and o4 go round the other way
    o1 ------> o2       first bus

Two models, chosen by `model`. Both take the round-trip time tau = 1/fsr = ng 2 pi radius / c, the power couplings
K1, K2, the loss per round trip and the detuning f_ring - f_0 of the ring from the first carrier.

map: two couplers and two delay lines of half a round trip, exact for any finesse. With t = sqrt(1 - K), k = sqrt(K)
and h = 10^(-loss/40) exp(i phi/2), phi = 2 pi (f - f_0 - detuning) tau at each carrier f, one way round

    b2 = t1 a1 + i k1 h w(t - tau/2)        u = t1 h w(t - tau/2) + i k1 a1     leaves coupler 1
    b4 = t2 a3 + i k2 h u(t - tau/2)        w = t2 h u(t - tau/2) + i k2 a3     leaves coupler 2

cmt: one mode for each way round and carrier, for high finesse; |A|^2 is its energy in J:

    dA/dt = [-2 pi i (f_m - f) - (g1 + g2 + gi)/2] A + i sqrt(g1) a1 + i sqrt(g2) a3
    b2 = a1 + i sqrt(g1) A,   b4 = a3 + i sqrt(g2) A

with g1 = K1/tau, g2 = K2/tau, gi = ln(10)/10 loss/tau, and f_m = f_0 + detuning + m fsr the resonance next to f.

References: A. Yariv, Electron. Lett. 36, 321 (2000) (map); B. E. Little et al., J. Lightwave Technol. 15, 998
(1997) (cmt).
"""

from __future__ import annotations

from math import inf, log, nan, pi
from typing import Any

import numpy as np

from ..device import Derived, Device, Line, Param, State, optical
from ..units import C0


class Ring(Device, name="ring"):
    """Microring beside one or two buses."""

    o1, o2 = optical("first bus, input"), optical("first bus, through")
    o3, o4 = optical("second bus, add", optional=True), optical("second bus, drop", optional=True)
    radius = Param(10e-6, "m", "radius", bounds=(1e-9, inf), trainable=True)
    ng = Param(4.2, "1", "group index", bounds=(1e-3, inf))
    fsr = Param(0.0, "Hz", "free spectral range; 0: c / (2 pi ng radius)", bounds=(0, inf))
    coupling1 = Param(0.1, "1", "power coupling of the first bus", bounds=(0, 1), trainable=True)
    coupling2 = Param(
        nan,
        "1",
        "power coupling of the second bus; not given: as coupling1 where o3 or o4 is wired, 0 otherwise",
        bounds=(0, 1),
        trainable=True,
    )
    loss = Param(0.0, "dB", "loss per round trip", bounds=(0, inf))
    detuning = Param(0.0, "Hz", "frequency of the ring minus that of the first carrier", trainable=True)
    model = Param("map", "", "map: exact round trips; cmt: coupled modes", choices=("map", "cmt"))
    tau = Derived("s", "round-trip time")
    second = Derived("1", "power coupling of the second bus as used")

    netlist = """An add-drop ring answers a pulse
Xl in                   laser power=pulse(0 1m 2p 1p 1p 20p)
Xr in through nc drop   ring radius=10u coupling1=0.1 coupling2=0.1 loss=0.05
.tran 0.05p 100p
.save p(through) p(drop)
.end
"""

    @classmethod
    def variant(cls, values: dict[str, Any]) -> type[Device]:
        return RingCavity if values["model"] == "cmt" else RingMap

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        if np.any(values["fsr"] != 0) and np.any(values["radius"] != cls.params["radius"].default):
            return "give radius (with ng) or fsr, not both: each sets the round-trip time"
        return None

    @staticmethod
    def derive(p: Any) -> None:
        p.tau = np.where(p.fsr > 0, 1 / np.where(p.fsr > 0, p.fsr, 1), 2 * pi * p.radius * p.ng / C0)
        wired = "o3" in p.wired or "o4" in p.wired
        p.second = np.where(np.isnan(p.coupling2), p.coupling1 if wired else 0 * p.coupling1, p.coupling2)


class RingMap(Ring):
    """The ring as two couplers and two half rings, each a delay line in both directions."""

    up = Line("half", "one way, coupler 1 to 2", reverse="back_down")
    down = Line("half", "one way, coupler 2 to 1", reverse="back_up")
    back_up = Line("half", "other way, coupler 1 to 2", reverse="down")
    back_down = Line("half", "other way, coupler 2 to 1", reverse="up")
    half = Derived("s", "half of the round-trip time")
    h = Derived("1", "transmission of half a round trip")
    t1, k1 = Derived("1", "through amplitude of coupler 1"), Derived("1", "cross amplitude of coupler 1")
    t2, k2 = Derived("1", "through amplitude of coupler 2"), Derived("1", "cross amplitude of coupler 2")

    @staticmethod
    def derive(p: Any) -> None:
        Ring.derive(p)
        p.half = p.tau / 2
        phase = 2 * pi * (p.frequency - p.frequency0 - p.detuning) * p.tau
        p.h = 10.0 ** (-p.loss / 40) * np.exp(0.5j * phase)
        p.t1, p.k1 = np.sqrt(1 - p.coupling1), np.sqrt(p.coupling1)
        p.t2, p.k2 = np.sqrt(1 - p.second), np.sqrt(p.second)

    @staticmethod
    def scatter(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        first, second = 1j * p.k1 * p.h, 1j * p.k2 * p.h
        return (
            p.t1 * a.o2 + first * x.back_down,
            p.t1 * a.o1 + first * x.down,
            p.t2 * a.o4 + second * x.back_up,
            p.t2 * a.o3 + second * x.up,
        )

    @staticmethod
    def feed(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        ik1, ik2 = 1j * p.k1, 1j * p.k2
        return (
            p.t1 * p.h * x.down + ik1 * a.o1,
            p.t2 * p.h * x.up + ik2 * a.o3,
            p.t1 * p.h * x.back_down + ik1 * a.o2,
            p.t2 * p.h * x.back_up + ik2 * a.o4,
        )


class RingCavity(Ring):
    """The ring as a pair of modes, one for each way round."""

    forward = State("sqrt(J)", "amplitude of the mode that o1 and o3 excite", reverse="backward")
    backward = State("sqrt(J)", "amplitude of the mode that o2 and o4 excite", reverse="forward")
    rate = Derived("1/s", "complex rate of the free mode")
    root1, root2 = Derived("s^-1/2", "coupling to the first bus"), Derived("s^-1/2", "coupling to the second bus")

    @staticmethod
    def derive(p: Any) -> None:
        Ring.derive(p)
        offset = (p.detuning + (p.frequency0 - p.frequency)) * p.tau
        offset = (offset - np.rint(offset)) / p.tau
        decay = (p.coupling1 + p.second + log(10) / 10 * p.loss) / p.tau
        p.rate = -2j * pi * offset - decay / 2
        p.root1, p.root2 = np.sqrt(p.coupling1 / p.tau), np.sqrt(p.second / p.tau)

    @staticmethod
    def scatter(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        i1, i2 = 1j * p.root1, 1j * p.root2
        return a.o2 + i1 * x.backward, a.o1 + i1 * x.forward, a.o4 + i2 * x.backward, a.o3 + i2 * x.forward

    @staticmethod
    def flow(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        i1, i2 = 1j * p.root1, 1j * p.root2
        return p.rate * x.forward + i1 * a.o1 + i2 * a.o3, p.rate * x.backward + i1 * a.o2 + i2 * a.o4
