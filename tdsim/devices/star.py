"""Star coupler: the discrete Fourier matrix between N ports on the left and N on the right, without delay.

    o1 ---|   |--- p1       b(p_m) = sum_n F_mn a(o_n)      F_mn = exp(2 pi i m n / N) / sqrt(N)
    ..    | F |    ..       b(o_m) = sum_n F_mn a(p_n)      m, n = 0 .. N - 1
    oN ---|   |--- pN

It shares the power of each input equally among all outputs on the other side.

Reference: C. Dragone, IEEE Photon. Technol. Lett. 1, 241 (1989).
"""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np

from ..device import OPTICAL, Derived, Device, Param, Port, numbered


class Star(Device, name="star"):
    """N x N star coupler."""

    n = Param(4, "1", "ports on each side: a whole number", bounds=(1, 256), smooth=False)
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
