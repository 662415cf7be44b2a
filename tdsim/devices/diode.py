"""Junction diode.

    a ---[ RS ]---(b)---|>|--- k

    forward    i = IS (exp(v / (N Vt)) - 1)                      v > -3 N Vt
    reverse    i = -IS (1 + (3 N Vt / (e v))^3)
    breakdown  i = -IS exp(-(BV' + v) / (N Vt))                  v < -BV'
    charge     q = TT i + depletion charge (CJO, VJ, M, FC)

v is the voltage from b to k, and BV' such that i(-BV) = -IBV; a conductance gmin lies across the junction. `area`
scales currents, charges and conductances; `m` counts devices in parallel. The temperature of the device moves IS, VJ
and CJO. The grading coefficient, M of a `.model`, is called mj here, because m is taken.

References: G. Massobrio and P. Antognetti, Semiconductor Device Modeling with SPICE (1993), chapter 1; numbers and
defaults as in ngspice 39 (level 1, tlev = tlevc = 0).
"""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any, ClassVar, NamedTuple

from ..device import Device, Inner, Param, Quantity, electrical, exp, kernel
from .junction import (
    STEEPEST_FC,
    ZERO,
    beyond_knee,
    critical_voltage,
    depletion_charge,
    junction_at,
    junction_flow,
    limit_junction,
    saturation_at,
    thermal_voltage,
)


class Numbers(NamedTuple):
    """A diode at its temperature."""

    saturation: float
    vte: float
    breakdown: float
    critical: float
    series: float
    transit: float
    cjo: float
    vj: float
    grading: float
    fc: float
    f1: float
    f2: float
    gmin: float


class Diode(Device, name="d"):
    """Junction diode."""

    letter = "d"
    reciprocal = False
    a, k = electrical("anode"), electrical("cathode")
    b = Inner("behind the series resistance", onto="a")
    is_ = Param(1e-14, "A", "saturation current", bounds=(1e-300, inf))
    n = Param(1.0, "1", "emission coefficient", bounds=(1e-3, inf))
    rs = Param(0.0, "ohm", "series resistance", bounds=(0, inf))
    cjo = Param(0.0, "F", "junction capacitance without bias", bounds=(0, inf))
    vj = Param(1.0, "V", "built-in voltage", bounds=(1e-3, inf))
    mj = Param(0.5, "1", "grading coefficient", bounds=(0, 0.999))
    tt = Param(0.0, "s", "transit time", bounds=(0, inf))
    bv = Param(inf, "V", "breakdown voltage", bounds=(0, inf))
    ibv = Param(1e-3, "A", "current at breakdown", bounds=(1e-300, inf))
    eg = Param(1.11, "eV", "band gap", bounds=(0, inf))
    xti = Param(3.0, "1", "temperature exponent of the saturation current")
    fc = Param(0.5, "1", "forward-bias coefficient of the depletion capacitance", bounds=(0, 1))
    area = Param(1.0, "1", "area", bounds=(1e-300, inf))
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    ic = Param(nan, "V", "voltage at the start of a transient with `uic`")
    off = Param(0.0, "1", "1: taken as off when the search for the operating point starts", bounds=(0, 1))

    controls = (("a", "b"), ("b", "k"))
    paths = (("a", "b"), ("b", "k"))
    depends = ((0,), (1,))
    starts = (("ic", ("b", "k")),)

    quantities: ClassVar = {
        "id": Quantity("A", "current of the junction, without that of its charge", lambda p, u, i, g, q, c: i[1]),
        "c": Quantity("A", "current of the junction, without that of its charge", lambda p, u, i, g, q, c: i[1]),
        "vd": Quantity("V", "voltage across the junction", lambda p, u, i, g, q, c: u[1]),
        "gd": Quantity("S", "conductance of the junction", lambda p, u, i, g, q, c: g[1][1]),
        "cd": Quantity("F", "capacitance of the junction", lambda p, u, i, g, q, c: c[1][1]),
        "charge": Quantity("C", "charge of the junction", lambda p, u, i, g, q, c: q[1]),
        "qd": Quantity("C", "charge of the junction", lambda p, u, i, g, q, c: q[1]),
    }

    netlist = """A half-wave rectifier
V1 in 0 sin(0 5 1k)
D1 in out dm
R1 out 0 1k
.model dm d(is=1n rs=1 cjo=4p tt=5n)
.tran 10u 2m
.save v(out)
.end
"""

    @classmethod
    def inner_of(cls, values: dict[str, Any]) -> dict[str, Inner]:
        return cls.inner if values["rs"] > 0 else {}

    @staticmethod
    def prepare(values: dict[str, Any], ambient: float, nominal: float) -> Numbers:
        nominal = ZERO + (nominal if math.isnan(values["tnom"]) else values["tnom"])
        own = ambient + values["dtemp"] if math.isnan(values["temp"]) else values["temp"]
        return at_temperature(values, ZERO + own, nominal)

    @staticmethod
    @kernel
    def characteristic(p: Any, u: Any) -> Any:
        current, slope = junction_current(p, u[1])
        charge, capacitance = depletion_charge(p.cjo, p.vj, p.grading, p.fc, p.f1, p.f2, u[1])
        flows = (p.series * u[0], current + p.gmin * u[1])
        slopes = ((p.series, 0.0), (0.0, slope + p.gmin))
        charges = (0.0, p.transit * current + charge)
        capacitances = ((0.0, 0.0), (0.0, p.transit * slope + capacitance))
        return flows, slopes, charges, capacitances

    @staticmethod
    @kernel
    def limit(p: Any, u: Any, before: Any) -> Any:
        v = u[1]
        if v < min(0.0, 10 * p.vte - p.breakdown):
            return u[0], -p.breakdown - limit_junction(-v - p.breakdown, -before[1] - p.breakdown, p.vte, p.critical)
        return u[0], limit_junction(v, before[1], p.vte, p.critical)


@kernel
def junction_current(p: Any, v: float) -> Any:
    """Current (A) and conductance (S) of the junction without gmin."""
    if v >= -max(p.breakdown, 3 * p.vte):
        return junction_flow(p.saturation, p.vte, v)
    growth = exp(-(p.breakdown + v) / p.vte)
    return -p.saturation * growth, p.saturation * growth / p.vte


def at_temperature(values: dict[str, Any], kelvin: float, nominal: float) -> Numbers:
    """The numbers of a diode, temperatures in kelvin."""
    size = values["area"] * values["m"]
    vt = thermal_voltage(kelvin)
    vte = values["n"] * vt
    saturation = saturation_at(kelvin, nominal, values["is"], values["n"], values["eg"], values["xti"]) * values["area"]
    vj, cjo = junction_at(kelvin, nominal, values["vj"], values["cjo"], values["mj"])
    fc = min(values["fc"], STEEPEST_FC)
    f1, f2 = beyond_knee(values["mj"], fc)
    return Numbers(
        saturation=saturation * values["m"],
        vte=vte,
        breakdown=matched_breakdown(values["bv"], values["ibv"], saturation, vt, vte),
        critical=critical_voltage(vte, saturation),
        series=size / values["rs"] if values["rs"] > 0 else 0.0,
        transit=values["tt"],
        cjo=cjo * size,
        vj=vj,
        grading=values["mj"],
        fc=fc,
        f1=f1,
        f2=f2,
        gmin=1e-12,
    )


def matched_breakdown(bv: float, ibv: float, saturation: float, vt: float, vte: float) -> float:
    """Where the exponential of the breakdown begins (V), so that the current at -bv is -ibv.

    An ibv smaller than the reverse current is raised to it, as ngspice does.
    """
    if math.isinf(bv) or ibv < saturation * bv / vt:
        return bv
    found = bv - vte * math.log(1 + ibv / saturation)
    for _ in range(100):
        found = bv - vte * math.log(ibv / saturation + 1 - found / vt)
        if abs(saturation * (math.exp((bv - found) / vte) - 1 + found / vt) - ibv) <= 1e-12 * ibv:
            break
    return found
