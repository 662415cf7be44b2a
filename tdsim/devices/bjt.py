"""Bipolar transistor (Gummel and Poon).

               c
               |
              [RC]
               |(ci)
               |/
    b --[RB]---|            s: the substrate, under the collector (npn) or the base (pnp)
           (bi)|\\
               |(ei)
              [RE]
               |
               e

With vbe and vbc from the inner base and I(v, Is, n) = Is (exp(v / (n Vt)) - 1):

    f = I(vbe, IS, NF),  r = I(vbc, IS, NR)
    base charge     qb = q1 / 2 (1 + sqrt(1 + 4 q2))
                    q1 = 1 / (1 - vbc / VAF - vbe / VAR),  q2 = f / IKF + r / IKR
    collector       ic = (f - r) / qb - r / BR - I(vbc, ISC, NC)
    base            ib = f / BF + I(vbe, ISE, NE) + r / BR + I(vbc, ISC, NC)
    base resistance RBM + (RB - RBM) / qb, or with IRB
                    RBM + 3 (RB - RBM) (tan z - z) / (z tan^2 z)
                    z = (sqrt(1 + 14.59025 ib / IRB) - 1) / (2.4317 sqrt(ib / IRB))
    base, emitter   charge TF (1 + g) f / qb; for vbe > 0
                    g = XTF (f / (f + ITF))^2 exp(vbc / (1.44 VTF))
    base, collector charge TR r

Depletion charges lie across all three junctions; the part 1 - XCJC of that of base and collector in front of RB.

gmin lies across all junctions. `area` scales currents, charges and conductances; `m` counts devices in parallel. The
temperature moves IS, ISE, ISC, BF, BR, and voltages and capacitances of the junctions. A pnp transistor is the same
with all signs turned.

References: H. K. Gummel and H. C. Poon, Bell Syst. Tech. J. 49, 827 (1970); G. Massobrio and P. Antognetti,
Semiconductor Device Modeling with SPICE (1993), chapter 2; numbers, defaults and laws of temperature as in ngspice 39.
"""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any, ClassVar, NamedTuple

from ..device import Device, Inner, Param, Quantity, electrical, exp, kernel
from .junction import (
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

LARGEST_FC = 0.9999


class Numbers(NamedTuple):
    """A transistor at its temperature; voltages and currents times `sign` are those of an npn one.

    Early voltages, corner currents and the voltage VTF are inverses: 0 stands for infinity.
    """

    sign: float
    saturation: float
    vtf: float
    vtr: float
    beta_forward: float
    beta_reverse: float
    early_forward: float
    early_reverse: float
    corner_forward: float
    corner_reverse: float
    emitter_leakage: float
    emitter_vt: float
    collector_leakage: float
    collector_vt: float
    substrate_saturation: float
    substrate_vt: float
    critical: float
    substrate_critical: float
    least_base: float
    more_base: float
    base_corner: float
    emitter_series: float
    collector_series: float
    cje: float
    vje: float
    mje: float
    cjc: float
    cjc_outer: float
    vjc: float
    mjc: float
    cjs: float
    vjs: float
    mjs: float
    fc: float
    emitter_f1: float
    emitter_f2: float
    collector_f1: float
    collector_f2: float
    transit: float
    transit_growth: float
    transit_voltage: float
    transit_corner: float
    transit_reverse: float
    copies: float
    gmin: float


class Bjt(Device, name="q"):
    """Bipolar transistor, Gummel-Poon."""

    letter = "q"
    reciprocal = False
    c, b, e = electrical("collector"), electrical("base"), electrical("emitter")
    s = electrical("substrate")
    ci = Inner("behind the resistance of the collector", onto="c")
    bi = Inner("behind the resistance of the base", onto="b")
    ei = Inner("behind the resistance of the emitter", onto="e")
    polarity = Param("npn", "", "what lies on what", choices=("npn", "pnp"))
    is_ = Param(1e-16, "A", "transport saturation current", bounds=(1e-300, inf))
    bf = Param(100.0, "1", "ideal forward current gain", bounds=(1e-12, inf))
    nf = Param(1.0, "1", "forward emission coefficient", bounds=(1e-3, inf))
    vaf = Param(inf, "V", "forward Early voltage; 0 stands for none", bounds=(0, inf))
    ikf = Param(inf, "A", "corner current of the forward gain; 0 stands for none", bounds=(0, inf))
    ise = Param(0.0, "A", "leakage saturation current of base and emitter", bounds=(0, inf))
    ne = Param(1.5, "1", "leakage emission coefficient of base and emitter", bounds=(1e-3, inf))
    br = Param(1.0, "1", "ideal reverse current gain", bounds=(1e-12, inf))
    nr = Param(1.0, "1", "reverse emission coefficient", bounds=(1e-3, inf))
    var = Param(inf, "V", "reverse Early voltage; 0 stands for none", bounds=(0, inf))
    ikr = Param(inf, "A", "corner current of the reverse gain; 0 stands for none", bounds=(0, inf))
    isc = Param(0.0, "A", "leakage saturation current of base and collector", bounds=(0, inf))
    nc = Param(2.0, "1", "leakage emission coefficient of base and collector", bounds=(1e-3, inf))
    rb = Param(0.0, "ohm", "resistance of the base at small currents", bounds=(0, inf))
    irb = Param(inf, "A", "current where the resistance of the base is halfway; 0 stands for none", bounds=(0, inf))
    rbm = Param(nan, "ohm", "least resistance of the base; rb where not given", bounds=(0, inf))
    re = Param(0.0, "ohm", "resistance of the emitter", bounds=(0, inf))
    rc = Param(0.0, "ohm", "resistance of the collector", bounds=(0, inf))
    cje = Param(0.0, "F", "capacitance of base and emitter without bias", bounds=(0, inf))
    vje = Param(0.75, "V", "built-in voltage of base and emitter", bounds=(1e-3, inf))
    mje = Param(0.33, "1", "grading coefficient of base and emitter", bounds=(0, 0.999))
    tf = Param(0.0, "s", "forward transit time", bounds=(0, inf))
    xtf = Param(0.0, "1", "how much the forward transit time grows", bounds=(0, inf))
    vtf = Param(inf, "V", "voltage from base to collector over which it does; 0 stands for none", bounds=(0, inf))
    itf = Param(0.0, "A", "current beyond which it does", bounds=(0, inf))
    cjc = Param(0.0, "F", "capacitance of base and collector without bias", bounds=(0, inf))
    vjc = Param(0.75, "V", "built-in voltage of base and collector", bounds=(1e-3, inf))
    mjc = Param(0.33, "1", "grading coefficient of base and collector", bounds=(0, 0.999))
    xcjc = Param(1.0, "1", "the part of that capacitance at the inner base", bounds=(0, 1))
    tr = Param(0.0, "s", "reverse transit time", bounds=(0, inf))
    cjs = Param(0.0, "F", "capacitance to the substrate without bias", bounds=(0, inf))
    vjs = Param(0.75, "V", "built-in voltage of the substrate", bounds=(1e-3, inf))
    mjs = Param(0.0, "1", "grading coefficient of the substrate", bounds=(0, 0.999))
    iss = Param(0.0, "A", "saturation current to the substrate", bounds=(0, inf))
    ns = Param(1.0, "1", "emission coefficient of the substrate", bounds=(1e-3, inf))
    subs = Param(0.0, "1", "1: over the substrate lies the collector, -1: the base; 0: npn 1, pnp -1", bounds=(-1, 1))
    xtb = Param(0.0, "1", "temperature exponent of the current gains")
    eg = Param(1.11, "eV", "band gap", bounds=(0, inf))
    xti = Param(3.0, "1", "temperature exponent of the saturation current")
    fc = Param(0.5, "1", "forward-bias coefficient of the depletion capacitances", bounds=(0, 1))
    area = Param(
        1.0, "1", "area, for forward and reverse alike (ngspice 39 squares it in reverse)", bounds=(1e-300, inf)
    )
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    icvbe = Param(nan, "V", "voltage from emitter to base at the start of a transient with `uic`")
    icvce = Param(nan, "V", "voltage from emitter to collector at the start of a transient with `uic`")
    off = Param(0.0, "1", "1: taken as off when the search for the operating point starts", bounds=(0, 1))

    controls = (("bi", "ei"), ("bi", "ci"), ("b", "bi"), ("c", "ci"), ("e", "ei"), ("s", "ci"))
    paths = (
        *(("bi", "ei"), ("bi", "ci"), ("ci", "ei"), ("b", "ci")),
        *(("b", "bi"), ("c", "ci"), ("e", "ei"), ("s", "ci")),
    )
    depends = ((0, 1), (1,), (0, 1), (1, 2), (0, 1, 2), (3,), (4,), (5,))
    starts = (("icvbe", ("bi", "ei")), ("icvce", ("ci", "ei")))

    quantities: ClassVar = {
        "ic": Quantity("A", "current into the collector", lambda p, u, i, g, q, c: i[2] - i[1]),
        "ib": Quantity("A", "current into the base", lambda p, u, i, g, q, c: i[0] + i[1]),
        "ie": Quantity("A", "current into the emitter", lambda p, u, i, g, q, c: -i[0] - i[2]),
        "vbe": Quantity("V", "base to emitter, of an npn", lambda p, u, i, g, q, c: p.sign * u[0]),
        "vbc": Quantity("V", "base to collector, of an npn", lambda p, u, i, g, q, c: p.sign * u[1]),
        "gm": Quantity("S", "transconductance", lambda p, u, i, g, q, c: g[2][0] + g[2][1]),
        "gpi": Quantity("S", "conductance of the base to the emitter", lambda p, u, i, g, q, c: g[0][0]),
        "gmu": Quantity("S", "conductance of the base to the collector", lambda p, u, i, g, q, c: g[1][1]),
        "go": Quantity("S", "conductance of the output", lambda p, u, i, g, q, c: -g[2][1]),
        "gx": Quantity("S", "conductance of the resistance of the base", lambda p, u, i, g, q, c: g[4][2]),
        "cpi": Quantity("F", "capacitance of the base to the emitter", lambda p, u, i, g, q, c: c[0][0]),
        "cmu": Quantity("F", "capacitance of the base to the collector", lambda p, u, i, g, q, c: c[1][1]),
        "cbx": Quantity("F", "capacitance of the outer base to the collector", lambda p, u, i, g, q, c: c[3][1]),
        "csub": Quantity("F", "capacitance of the substrate", lambda p, u, i, g, q, c: c[7][5]),
        "qbe": Quantity("C", "charge from base to emitter, of an npn", lambda p, u, i, g, q, c: p.sign * q[0]),
        "qbc": Quantity("C", "charge from base to collector, of an npn", lambda p, u, i, g, q, c: p.sign * q[1]),
        "qbx": Quantity("C", "charge of the outer base, of an npn", lambda p, u, i, g, q, c: p.sign * q[3]),
        "qsub": Quantity("C", "charge of the substrate, of an npn", lambda p, u, i, g, q, c: p.sign * q[7]),
    }

    netlist = """A common-emitter amplifier
Vcc vcc 0 12
Vin in 0 sin(0 10m 20k)
C1 in b 1u
R1 vcc b 82k
R2 b 0 15k
Rc vcc c 4.7k
Re e 0 1k
Ce e 0 10u
Q1 c b e qn
.model qn npn(is=0.4f bf=120 vaf=60 ikf=30m rb=80 rc=12 re=0.8 cje=0.6p cjc=0.4p tf=80p)
.tran 0.5u 200u
.save v(b) v(c)
.end
"""

    @classmethod
    def variant(cls, values: dict[str, Any]) -> type[Device]:
        lateral = values["subs"] < 0 or (values["subs"] == 0 and values["polarity"] == "pnp")
        return Lateral if lateral else Bjt

    @classmethod
    def inner_of(cls, values: dict[str, Any]) -> dict[str, Inner]:
        return {name: cls.inner[name] for name, key in (("ci", "rc"), ("bi", "rb"), ("ei", "re")) if values[key] > 0}

    @staticmethod
    def prepare(values: dict[str, Any], ambient: float, nominal: float) -> Numbers:
        nominal = ZERO + (nominal if math.isnan(values["tnom"]) else values["tnom"])
        own = ambient + values["dtemp"] if math.isnan(values["temp"]) else values["temp"]
        return at_temperature(values, ZERO + own, nominal)

    @staticmethod
    @kernel
    def characteristic(p: Any, u: Any) -> Any:
        vbe, vbc, vbx, vsub = p.sign * u[0], p.sign * u[1], p.sign * (u[1] + u[2]), p.sign * u[5]
        f, df = junction_flow(p.saturation, p.vtf, vbe)
        r, dr = junction_flow(p.saturation, p.vtr, vbc)
        e_leak, e_slope = junction_flow(p.emitter_leakage, p.emitter_vt, vbe)
        c_leak, c_slope = junction_flow(p.collector_leakage, p.collector_vt, vbc)
        sub, sub_slope = junction_flow(p.substrate_saturation, p.substrate_vt, vsub)
        qb, by_vbe, by_vbc = base_charge(p, vbe, vbc, f, df, r, dr)
        to_emitter, gpi = (
            f / p.beta_forward + e_leak + p.copies * p.gmin * vbe,
            df / p.beta_forward + e_slope + p.copies * p.gmin,
        )
        to_collector, gmu = (
            r / p.beta_reverse + c_leak + p.copies * p.gmin * vbc,
            dr / p.beta_reverse + c_slope + p.copies * p.gmin,
        )
        transport = (f - r) / qb
        forward, backward = (df - transport * by_vbe) / qb, (-dr - transport * by_vbc) / qb
        gx, gx_e, gx_c = base_conductance(p, qb, by_vbe, by_vbc, to_emitter + to_collector, gpi, gmu)
        stored, stored_e, stored_c = transit_charge(p, vbe, vbc, f, df, qb, by_vbe, by_vbc)
        qje, cje = depletion_charge(p.cje, p.vje, p.mje, p.fc, p.emitter_f1, p.emitter_f2, vbe)
        f1, f2 = p.collector_f1, p.collector_f2
        qjc, cjc = depletion_charge(p.cjc, p.vjc, p.mjc, p.fc, f1, f2, vbc)
        qjx, cjx = depletion_charge(p.cjc_outer, p.vjc, p.mjc, p.fc, f1, f2, vbx)
        qjs, cjs = depletion_charge(p.cjs, p.vjs, p.mjs, 0.0, 0.0, 1.0, vsub)
        turn, drop = p.sign, u[2]
        flows = (
            turn * to_emitter,
            turn * to_collector,
            turn * transport,
            0.0,
            gx * drop,
            p.collector_series * u[3],
            p.emitter_series * u[4],
            turn * (sub + p.copies * p.gmin * vsub),
        )
        slopes = (
            (gpi, 0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, gmu, 0.0, 0.0, 0.0, 0.0),
            (forward, backward, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (turn * gx_e * drop, turn * gx_c * drop, gx, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, p.collector_series, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, p.emitter_series, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, sub_slope + p.copies * p.gmin),
        )
        to_inner = turn * (p.transit_reverse * r + qjc)
        charges = (turn * (stored + qje), to_inner, 0.0, turn * qjx, 0.0, 0.0, 0.0, turn * qjs)
        capacitances = (
            (stored_e + cje, stored_c, 0.0, 0.0, 0.0, 0.0),
            (0.0, p.transit_reverse * dr + cjc, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, cjx, cjx, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, cjs),
        )
        return flows, slopes, charges, capacitances

    @staticmethod
    @kernel
    def limit(p: Any, u: Any, before: Any) -> Any:
        vbe = limit_junction(p.sign * u[0], p.sign * before[0], p.vtf, p.critical)
        vbc = limit_junction(p.sign * u[1], p.sign * before[1], p.vtr, p.critical)
        vsub = p.sign * u[5]
        if p.substrate_saturation > 0:
            vsub = limit_junction(vsub, p.sign * before[5], p.substrate_vt, p.substrate_critical)
        return p.sign * vbe, p.sign * vbc, u[2], u[3], u[4], p.sign * vsub


class Lateral(Bjt):
    """A transistor whose base lies over the substrate: the junction there has the other polarity."""

    controls = (*Bjt.controls[:5], ("bi", "s"))
    paths = (*Bjt.paths[:7], ("bi", "s"))


@kernel
def base_charge(p: Any, vbe: float, vbc: float, f: float, df: float, r: float, dr: float) -> Any:
    """The charge of the base over that without bias, and its derivatives by vbe and vbc (1/V)."""
    q1 = 1 / (1 - p.early_forward * vbc - p.early_reverse * vbe)
    q2 = p.corner_forward * f + p.corner_reverse * r
    if 1 + 4 * q2 <= 0:
        qb = q1 / 2
        return qb, qb * q1 * p.early_reverse, qb * q1 * p.early_forward
    root = math.sqrt(1 + 4 * q2)
    qb = q1 * (1 + root) / 2
    by_vbe = q1 * (qb * p.early_reverse + p.corner_forward * df / root)
    return qb, by_vbe, q1 * (qb * p.early_forward + p.corner_reverse * dr / root)


@kernel
def base_conductance(p: Any, qb: float, by_vbe: float, by_vbc: float, current: float, gpi: float, gmu: float) -> Any:
    """Conductance of the base (S) at this current into it, and its derivatives by vbe and vbc; 0 without RB."""
    if p.least_base + p.more_base <= 0:
        return 0.0, 0.0, 0.0
    if p.base_corner > 0:
        part, slope = crowding(max(current * p.base_corner, 1e-9))
        if current * p.base_corner <= 1e-9:
            slope = 0.0
        moved = p.more_base * slope * p.base_corner
        by_e, by_c = moved * gpi, moved * gmu
    else:
        part = 1 / qb
        by_e, by_c = -p.more_base * part * part * by_vbe, -p.more_base * part * part * by_vbc
    g = 1 / (p.least_base + p.more_base * part)
    return g, -g * g * by_e, -g * g * by_c


@kernel
def crowding(x: float) -> Any:
    """3 (tan z - z) / (z tan^2 z) for x = ib / IRB, and its derivative by x.

    It is 3 h (1 - z^2 h) with h = (1 / z - cot z) / z, which has a series without cancellation.
    """
    root, width = math.sqrt(1 + 14.59025 * x), math.sqrt(x)
    z = 14.59025 / 2.4317 * width / (root + 1)
    z_slope = z / (2 * x) - z * 14.59025 / (2 * root * (root + 1))
    if z < 0.3:
        y = z * z
        h = 1 / 3 + y * (1 / 45 + y * (2 / 945 + y * (1 / 4725 + y * (2 / 93555 + y * 1382 / 638512875))))
        bend = 1 / 45 + y * (4 / 945 + y * (3 / 4725 + y * (8 / 93555 + y * 5 * 1382 / 638512875)))
        return 3 * h * (1 - y * h), 6 * z * (bend - h * h - 2 * y * h * bend) * z_slope
    t = math.tan(z)
    slope = (z * t * t * t - (t - z) * (t + 2 * z * (1 + t * t))) / (z * z * t * t * t)
    return 3 * (t - z) / (z * t * t), 3 * slope * z_slope


@kernel
def transit_charge(p: Any, vbe: float, vbc: float, f: float, df: float, qb: float, by_vbe: float, by_vbc: float) -> Any:
    """The charge of the carriers that cross the base (C), and its derivatives by vbe and vbc (F)."""
    if vbe <= 0:
        return p.transit * f, p.transit * df, 0.0
    growth, steepness = 0.0, 0.0
    if p.transit_growth > 0:
        growth = p.transit_growth * exp(vbc * p.transit_voltage)
        if p.transit_corner > 0:
            share = f / (f + p.transit_corner)
            growth *= share * share
            steepness = 2 * growth * (1 - share)
    charge = p.transit * (1 + growth) * f / qb
    by_e = (p.transit * (1 + growth + steepness) * df - charge * by_vbe) / qb
    return charge, by_e, (p.transit * growth * p.transit_voltage * f - charge * by_vbc) / qb


def at_temperature(values: dict[str, Any], kelvin: float, nominal: float) -> Numbers:
    """The numbers of a transistor, temperatures in kelvin."""
    size, vt = values["area"] * values["m"], thermal_voltage(kelvin)
    growth = saturation_at(kelvin, nominal, 1.0, 1.0, values["eg"], values["xti"])
    gain = (kelvin / nominal) ** values["xtb"]
    saturation, substrate = values["is"] * growth * size, values["iss"] * growth * size
    vje, cje = junction_at(kelvin, nominal, values["vje"], values["cje"], values["mje"])
    vjc, cjc = junction_at(kelvin, nominal, values["vjc"], values["cjc"], values["mjc"])
    vjs, cjs = junction_at(kelvin, nominal, values["vjs"], values["cjs"], values["mjs"])
    fc = min(values["fc"], LARGEST_FC)
    emitter_f1, emitter_f2 = beyond_knee(values["mje"], fc)
    collector_f1, collector_f2 = beyond_knee(values["mjc"], fc)
    least = values["rb"] if math.isnan(values["rbm"]) else values["rbm"]
    return Numbers(
        sign=1.0 if values["polarity"] == "npn" else -1.0,
        saturation=saturation,
        vtf=values["nf"] * vt,
        vtr=values["nr"] * vt,
        beta_forward=values["bf"] * gain,
        beta_reverse=values["br"] * gain,
        early_forward=inverse(values["vaf"]),
        early_reverse=inverse(values["var"]),
        corner_forward=inverse(values["ikf"] * size),
        corner_reverse=inverse(values["ikr"] * size),
        emitter_leakage=values["ise"] * growth ** (1 / values["ne"]) / gain * size,
        emitter_vt=values["ne"] * vt,
        collector_leakage=values["isc"] * growth ** (1 / values["nc"]) / gain * size,
        collector_vt=values["nc"] * vt,
        substrate_saturation=substrate,
        substrate_vt=values["ns"] * vt,
        critical=critical_voltage(vt, saturation),
        substrate_critical=critical_voltage(values["ns"] * vt, substrate) if substrate > 0 else inf,
        least_base=least / size if values["rb"] > 0 else 0.0,
        more_base=(values["rb"] - least) / size if values["rb"] > 0 else 0.0,
        base_corner=inverse(values["irb"] * size),
        emitter_series=size * inverse(values["re"]),
        collector_series=size * inverse(values["rc"]),
        cje=cje * size,
        vje=vje,
        mje=values["mje"],
        cjc=cjc * size * values["xcjc"],
        cjc_outer=cjc * size * (1 - values["xcjc"]),
        vjc=vjc,
        mjc=values["mjc"],
        cjs=cjs * size,
        vjs=vjs,
        mjs=values["mjs"],
        fc=fc,
        emitter_f1=emitter_f1,
        emitter_f2=emitter_f2,
        collector_f1=collector_f1,
        collector_f2=collector_f2,
        transit=values["tf"],
        transit_growth=values["xtf"],
        transit_voltage=inverse(1.44 * values["vtf"]),
        transit_corner=values["itf"] * size,
        transit_reverse=values["tr"],
        copies=values["m"],
        gmin=1e-12,
    )


def inverse(value: float) -> float:
    """1 / value; 0 for 0, which stands for infinity."""
    return 1 / value if value != 0 else 0.0
