"""Couplers between waveguides, without delay: directional coupler, multimode interference coupler, star coupler.

    o2 ---\\___/--- o3        b3 = t a2 + i k a1      b1 = t a4 + i k a3
    o1 ---/   \\--- o4        b4 = t a1 + i k a2      b2 = t a3 + i k a4

with t^2 + k^2 = 1 (times the excess loss). The star coupler joins N ports on the left to N ports on the right by the
discrete Fourier matrix, which shares the power of each input equally among all outputs:

    o1 ---|   |--- p1
    ..    | F |    ..         b(p_m) = sum_n F_mn a(o_n),   F_mn = exp(2 pi i m n / N) / sqrt(N),   m, n = 0 .. N-1
    oN ---|   |--- pN

References: A. Yariv, Electron. Lett. 36, 321 (2000), for the coupler; L. B. Soldano and E. C. M. Pennings, J.
Lightwave Technol. 13, 615 (1995), for multimode interference; C. Dragone, IEEE Photon. Technol. Lett. 1, 241 (1989),
for the star.
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import OPTICAL, Derived, Device, Param, Port, numbered, optical


class _TwoByTwo(Device):
    """Two guides that exchange light over a length too short to delay it."""

    o1, o2 = optical("left, bottom"), optical("left, top")
    o3, o4 = optical("right, top"), optical("right, bottom")
    t, k = Derived("1", "through amplitude"), Derived("1", "cross amplitude")

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        ik = 1j * p.k
        return p.t * a.o4 + ik * a.o3, p.t * a.o3 + ik * a.o4, p.t * a.o2 + ik * a.o1, p.t * a.o1 + ik * a.o2


class Coupler(_TwoByTwo, name="coupler"):
    """Directional coupler."""

    coupling = Param(0.5, "1", "power that crosses", bounds=(0, 1), trainable=True, drivable=True)
    loss = Param(0.0, "dB", "excess loss", bounds=(0, inf))

    netlist = """Three tenths of the light cross
Xl in                    laser power=1m
Xc in nc cross through   coupler coupling=0.3
.tran 0.1p 5p
.save p(cross) p(through)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        amplitude = 10.0 ** (-p.loss / 20)
        p.t, p.k = amplitude * np.sqrt(1 - p.coupling), amplitude * np.sqrt(p.coupling)


class MultimodeCoupler(_TwoByTwo, name="mmi"):
    """2 x 2 multimode interference coupler: ports and phases as the coupler, half of the power each way."""

    imbalance = Param(0.0, "dB", "power that stays on its side relative to power that crosses")
    loss = Param(0.0, "dB", "excess loss", bounds=(0, inf))

    netlist = """A multimode coupler that is 0.2 dB out of balance
Xl in                    laser power=1m
Xm in nc cross through   mmi imbalance=0.2 loss=0.3
.tran 0.1p 5p
.save p(cross) p(through)
.end
"""

    @staticmethod
    def derive(p: Any) -> None:
        amplitude = 10.0 ** (-p.loss / 20)
        p.t = amplitude / np.sqrt(1 + 10.0 ** (-p.imbalance / 10))
        p.k = amplitude / np.sqrt(1 + 10.0 ** (p.imbalance / 10))


class Star(Device, name="star"):
    """N x N star coupler."""

    n = Param(4, "1", "ports on each side: a whole number", bounds=(1, 256))
    loss = Param(0.0, "dB", "excess loss", bounds=(0, inf))
    amplitude = Derived("1", "what the loss leaves of a wave")

    netlist = """One input shared among three outputs
Xl in                       laser power=1m
Xs in nc1 nc2 out1 out2 out3  star n=3
.tran 0.1p 5p
.save e(out1) e(out2) e(out3)
.end
"""

    @classmethod
    def ports_of(cls, values: dict[str, Any]) -> dict[str, Port]:
        count = _whole(values["n"], 1, 256)
        left = numbered(OPTICAL, "left", [f"o{i + 1}" for i in range(count)])
        return {**left, **numbered(OPTICAL, "right", [f"p{i + 1}" for i in range(count)])}

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        if np.size(values["n"]) != 1 or values["n"] != _whole(values["n"], 1, 256):
            return f"n = {values['n']} must be one whole number: it says how many ports there are"
        return None

    @staticmethod
    def derive(p: Any) -> None:
        p.amplitude = 10.0 ** (-p.loss / 20)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        count = len(p.ports) // 2
        m = np.arange(count)
        fourier = np.exp(2j * pi * (np.outer(m, m) % count) / count) / np.sqrt(count)
        left, right = a[:count], a[count:]
        to_left = tuple(p.amplitude * sum(f * wave for f, wave in zip(row, right, strict=True)) for row in fourier)
        to_right = tuple(p.amplitude * sum(f * wave for f, wave in zip(row, left, strict=True)) for row in fourier)
        return to_left + to_right


def _whole(value: Any, low: int, high: int) -> int:
    """`value` as a whole number in low..high; `low` when it is none (the checks of values say what is wrong)."""
    try:
        return int(min(max(round(float(value)), low), high))
    except (TypeError, ValueError, OverflowError):
        return low
