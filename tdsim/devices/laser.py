"""Sources of light: laser and arbitrary field. Both absorb what comes back to them.

    laser --- o1        b1(t) = sqrt(power) exp(i phase - 2 pi i detuning t)

    field --- o1        b1(t) = (field + i quadrature) exp(i phase)

The wave is an envelope around one of the carriers (`carrier` counts them from 0, in the order of the `.carrier` card).
A positive detuning is a higher frequency. A source shape may stand for each drivable parameter.

Reference: A. Yariv and P. Yeh, Photonics: Optical Electronics in Modern Communications (2007).
"""

from __future__ import annotations

from math import inf, nan, pi
from typing import Any

import numpy as np

from ..device import Device, Param, optical


class _Source(Device):
    """One matched port on one carrier."""

    passive = False
    o1 = optical("output")
    carrier = Param(0.0, "1", "which carrier: its index in the .carrier list", bounds=(0, inf), smooth=False)
    phase = Param(0.0, "rad", "phase", drivable=True)

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        if np.any(np.mod(values["carrier"], 1) != 0):
            return "carrier is an index (0, 1, ...), not a wavelength or frequency"
        return None

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return (0,)


class Laser(_Source, name="laser"):
    """Continuous-wave or driven laser.

    Power below zero, as a sine may ask for, counts as zero. `field`, where given, stands for sqrt(power): a real
    amplitude with a sign. Linewidth and intensity noise act only where noise is switched on (`.options noise=on`).
    """

    power = Param(1e-3, "W", "power", bounds=(0, inf), trainable=True, drivable=True)
    field = Param(nan, "sqrt(W)", "amplitude instead of power; not given: sqrt(power)", drivable=True)
    detuning = Param(0.0, "Hz", "frequency above that of the carrier")
    linewidth = Param(0.0, "Hz", "linewidth (full width at half maximum); acts only with noise on", bounds=(0, inf))
    rin = Param(-inf, "dB/Hz", "relative intensity noise; acts only with noise on", bounds=(-inf, 0))

    netlist = """A laser pulsed once, and detuned by 10 GHz
Xl out  laser power=pulse(0 1m 5p 1p 1p 50p) detuning=10g
.tran 0.5p 100p
.save e(out)
.end
"""

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        if _given(values["field"], cls.params["field"]) and _given(values["power"], cls.params["power"]):
            return "give power or field, not both: field stands for sqrt(power)"
        return super().validate(values)

    @staticmethod
    def emit(p: Any, t: Any) -> tuple[Any, ...]:
        amplitude = np.where(np.isnan(p.field), np.sqrt(np.maximum(p.power, 0)), p.field)
        lit = p.carrier_index == p.carrier
        turn = 2 * pi * p.detuning * t if np.any(p.detuning) else 0
        return (lit * amplitude * np.exp(1j * (p.phase - turn)),)


class Field(_Source, name="field"):
    """Any complex envelope: from a file, or from one shape for each quadrature."""

    field = Param(1.0, "sqrt(W)", "envelope: complex where it comes from a file", drivable=True)
    quadrature = Param(0.0, "sqrt(W)", "imaginary part added to it", drivable=True)

    netlist = """A field that turns while it lasts
Xf out  field field=sin(0 1 10g 0 0 90) quadrature=sin(0 1 10g)
.tran 0.5p 200p
.save e(out)
.end
"""

    @staticmethod
    def emit(p: Any, t: Any) -> tuple[Any, ...]:
        lit = p.carrier_index == p.carrier
        return (lit * (p.field + 1j * p.quadrature) * np.exp(1j * p.phase),)


def _given(value: Any, param: Param) -> bool:
    """Whether a user set this parameter to something else than its default (a number or a shape)."""
    if hasattr(value, "resolve"):
        return True
    same = np.isnan(value) if np.isnan(param.default) else value == param.default
    return not np.all(same)
