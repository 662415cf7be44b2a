"""What pn junctions have in common: current, charge, laws of temperature, and steps that Newton's method may take.

References: G. Massobrio and P. Antognetti, Semiconductor Device Modeling with SPICE (1993), chapters 1 and 2;
L. W. Nagel, SPICE2 (1975), ERL-M520, section 4.3 (limiting). Constants and laws of temperature are those of ngspice 39,
so that decks give the same numbers.
"""

from __future__ import annotations

import math
from typing import Any

from ..device import exp, kernel, log

BOLTZMANN, ELECTRON = 1.38064852e-23, 1.6021766208e-19
"""CODATA 2014, as in ngspice 39: those of the SI move kT/q by 3e-7, and a forward current by 1e-5."""

ZERO = 273.15
"""0 degC in kelvin."""

REFERENCE = 27.0 + ZERO
"""The temperature at which the gap of silicon is taken in the law of the built-in voltage (K)."""

MOST = 300.0
"""Exponents are bounded by this."""

STEEPEST_FC = 0.95
"""ngspice bounds the forward-bias coefficient FC."""


def thermal_voltage(kelvin: float) -> float:
    """kT/q (V)."""
    return BOLTZMANN * kelvin / ELECTRON


def silicon_gap(kelvin: float) -> float:
    """Band gap of silicon (eV), Varshni's law."""
    return 1.16 - 7.02e-4 * kelvin**2 / (kelvin + 1108)


def _potential_shift(kelvin: float) -> float:
    """What the built-in voltage loses between the reference and this temperature, apart from its proportional part."""
    share = -silicon_gap(kelvin) / (2 * BOLTZMANN * kelvin) + 1.1150877 / (2 * BOLTZMANN * REFERENCE)
    return -2 * thermal_voltage(kelvin) * (1.5 * math.log(kelvin / REFERENCE) + ELECTRON * share)


def _at_reference(nominal: float, potential: float) -> float:
    """A built-in voltage measured at `nominal` (K), at the reference temperature (V)."""
    return (potential - _potential_shift(nominal)) * REFERENCE / nominal


def potential_at(kelvin: float, nominal: float, potential: float) -> float:
    """A built-in voltage (V), or the surface potential of a MOS transistor, measured at `nominal` (K)."""
    return _potential_shift(kelvin) + _at_reference(nominal, potential) * kelvin / REFERENCE


def junction_at(kelvin: float, nominal: float, vj: float, cjo: float, m: float) -> tuple[float, float]:
    """Built-in voltage (V) and capacitance without bias (F) of a junction measured at `nominal` (K)."""
    at_reference, here = _at_reference(nominal, vj), potential_at(kelvin, nominal, vj)

    def growth(temperature: float, potential: float) -> float:
        return 1 + m * (4e-4 * (temperature - REFERENCE) - (potential - at_reference) / at_reference)

    return here, cjo / growth(nominal, vj) * growth(kelvin, here)


def saturation_at(kelvin: float, nominal: float, is_: float, n: float, eg: float, xti: float) -> float:
    """Saturation current (A) of a junction measured at `nominal` (K).

    IS (T/Tnom)^(XTI/N) exp(EG (T/Tnom - 1) / (N Vt))
    """
    power = eg / (n * thermal_voltage(kelvin)) * (kelvin / nominal - 1) + xti / n * math.log(kelvin / nominal)
    return is_ * math.exp(power)


def critical_voltage(vte: float, is_: float) -> float:
    """Where the exponential bends most sharply (V): beyond it Newton's steps are limited."""
    return vte * math.log(vte / (math.sqrt(2) * is_))


@kernel
def junction_flow(saturation: float, vte: float, v: float) -> Any:
    """Current (A) and conductance (S) of a junction: Shockley's law, and what it has for the reverse side in SPICE.

    saturation (exp(v / vte) - 1)  above -3 vte, and  -saturation (1 + (3 vte / (e v))^3)  below.

    Beyond MOST times vte, where no solution lies, the exponential goes on as a line, which keeps it finite.
    """
    if v >= -3 * vte:
        x = min(v / vte, MOST)
        growth = exp(x)
        return saturation * (growth * (1 + v / vte - x) - 1), saturation * growth / vte
    part = 3 * vte / (v * math.e)
    share = part * part * part
    return -saturation * (1 + share), 3 * saturation * share / v


def beyond_knee(m: float, fc: float) -> tuple[float, float]:
    """f1 and f2 of `depletion_charge`: (1 - (1 - fc)^(1-m)) / (1 - m), and (1 - fc)^(1+m)."""
    return (1 - (1 - fc) ** (1 - m)) / (1 - m), (1 - fc) ** (1 + m)


@kernel
def depletion_charge(c: float, vj: float, m: float, fc: float, f1: float, f2: float, v: float) -> Any:
    """Charge (C) and capacitance (F) of a depletion layer at v; beyond fc vj the capacitance goes on as a line.

    C = c (1 - v/vj)^-m  below, and  c (1 - fc)^-(1+m) (1 - fc (1+m) + m v/vj)  above; f1 and f2: see `beyond_knee`.
    """
    knee = fc * vj
    if v < knee:
        share = 1 - v / vj
        power = exp(-m * log(share))
        return c * vj * (1 - share * power) / (1 - m), c * power
    f3 = 1 - fc * (1 + m)
    charge = c * vj * f1 + c / f2 * (f3 * (v - knee) + m / (2 * vj) * (v * v - knee * knee))
    return charge, c / f2 * (f3 + m * v / vj)


@kernel
def limit_junction(new: float, old: float, vte: float, critical: float) -> float:
    """The voltage that Newton's method may go to: beyond the critical voltage its steps grow as a logarithm."""
    if new > critical and abs(new - old) > 2 * vte:
        if old <= 0:
            return vte * log(new / vte)
        step = (new - old) / vte
        return old + vte * (2 + log(step - 2)) if step > 0 else old - vte * (2 + log(2 - step))
    if new < 0:
        return max(new, -old - 1 if old > 0 else 2 * old - 1)
    return new
