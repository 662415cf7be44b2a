"""MOS transistor, level 1 (Shichman and Hodges), with Meyer's gate capacitances.

             d
             |
            [RD]
             |(di)
        g --||      b          vgs, vds, vbs from the inner drain and source;
             |(si)             drain and source change places where vds < 0
            [RS]
             |
             s

    threshold  vt = VTO + GAMMA (sqrt(PHI - vbs) - sqrt(PHI)); for vbs > 0 the first root is
               taken as sqrt(PHI) - vbs / (2 sqrt(PHI)), and not below 0
    overdrive  o = vgs - vt
    gain       beta = KP W / (L - 2 LD) (1 + LAMBDA vds), in the triode region too
    off        i = 0                          o <= 0
    saturated  i = beta o^2 / 2               0 < o <= vds
    triode     i = beta vds (o - vds / 2)     vds < o

From gate to source, drain and bulk lie Meyer's capacitances (see `meyer`; none without TOX) and the overlaps CGSO W,
CGDO W, CGBO (L - 2 LD). From bulk to drain and source lie junctions with IS (or JS and the areas AD, AS), the charges
of bottom and side wall (CJ AD and CJSW PD, or CBD), and gmin. A p-channel transistor is the same with all signs turned.

Without KP it is UO Cox, if TOX is given. PHI, GAMMA and VTO follow from NSUB, TPG and NSS where these and TOX are
given and they are not.

References: H. Shichman and D. A. Hodges, IEEE J. Solid-State Circuits 3, 285 (1968); G. Massobrio and P. Antognetti,
Semiconductor Device Modeling with SPICE (1993), chapter 4; numbers, defaults and laws of temperature as in ngspice 39.
"""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any, ClassVar, NamedTuple

from ..device import Device, Inner, Param, Quantity, electrical, kernel
from .channel import limit_channel, reversed_slopes, working_slopes
from .junction import (
    BOLTZMANN,
    ELECTRON,
    ZERO,
    beyond_knee,
    critical_voltage,
    depletion_charge,
    junction_at,
    junction_flow,
    limit_junction,
    potential_at,
    silicon_gap,
    thermal_voltage,
)
from .meyer import meyer

VACUUM = 8.854214871e-12
"""Permittivity of vacuum (F/m) as in ngspice; of silicon and its oxide it is 11.7 and 3.9 times that."""

INTRINSIC = 1.45e16
"""Carriers in pure silicon (1/m^3)."""

DEFAULTS = {"vto": 0.0, "kp": 2e-5, "gamma": 0.0, "phi": 0.6, "uo": 600.0}
"""What is taken where a parameter is neither given nor follows from others."""


class Numbers(NamedTuple):
    """A transistor at its temperature; voltages and currents times `sign` are those of an n-channel one."""

    sign: float
    beta: float
    vbi: float
    gamma: float
    phi: float
    lambda_: float
    oxide: float
    gs_overlap: float
    gd_overlap: float
    gb_overlap: float
    drain_saturation: float
    source_saturation: float
    vt: float
    drain_critical: float
    source_critical: float
    drain_bottom: float
    drain_side: float
    source_bottom: float
    source_side: float
    pb: float
    mj: float
    mjsw: float
    fc: float
    bottom_f1: float
    bottom_f2: float
    side_f1: float
    side_f2: float
    drain_series: float
    source_series: float
    gmin: float


class Mosfet(Device, name="m"):
    """MOS transistor, level 1."""

    letter = "m"
    reciprocal = False
    d, g, s, b = electrical("drain"), electrical("gate"), electrical("source"), electrical("bulk")
    di = Inner("behind the resistance of the drain", onto="d")
    si = Inner("behind the resistance of the source", onto="s")
    polarity = Param("n", "", "channel", choices=("n", "p"))
    l = Param(1e-4, "m", "length", bounds=(1e-300, inf))  # noqa: E741
    w = Param(1e-4, "m", "width", bounds=(1e-300, inf))
    ad = Param(0.0, "m^2", "area of the drain", bounds=(0, inf))
    as_ = Param(0.0, "m^2", "area of the source", bounds=(0, inf))
    pd = Param(0.0, "m", "perimeter of the drain", bounds=(0, inf))
    ps = Param(0.0, "m", "perimeter of the source", bounds=(0, inf))
    nrd = Param(1.0, "1", "squares of the drain", bounds=(0, inf))
    nrs = Param(1.0, "1", "squares of the source", bounds=(0, inf))
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    vto = Param(nan, "V", "threshold voltage without bulk bias; 0 where it does not follow from nsub")
    kp = Param(nan, "A/V^2", "transconductance; uo times the oxide's capacitance, 2e-5 without tox", bounds=(0, inf))
    gamma = Param(nan, "V^0.5", "how the threshold follows the bulk; 0 or from nsub", bounds=(0, inf))
    phi = Param(nan, "V", "surface potential; 0.6 or from nsub", bounds=(1e-3, inf))
    lambda_ = Param(0.0, "1/V", "channel-length modulation", bounds=(0, inf))
    rd = Param(nan, "ohm", "resistance of the drain; rsh nrd where not given", bounds=(0, inf))
    rs = Param(nan, "ohm", "resistance of the source; rsh nrs where not given", bounds=(0, inf))
    rsh = Param(0.0, "ohm", "sheet resistance of drain and source", bounds=(0, inf))
    cbd = Param(nan, "F", "capacitance without bias from bulk to drain; cj ad where not given", bounds=(0, inf))
    cbs = Param(nan, "F", "capacitance without bias from bulk to source; cj as where not given", bounds=(0, inf))
    is_ = Param(1e-14, "A", "saturation current of the bulk junctions", bounds=(1e-300, inf))
    js = Param(0.0, "A/m^2", "saturation current by area, used where ad and as are given too", bounds=(0, inf))
    pb = Param(0.8, "V", "built-in voltage of the bulk junctions", bounds=(1e-3, inf))
    cgso = Param(0.0, "F/m", "overlap from gate to source by width", bounds=(0, inf))
    cgdo = Param(0.0, "F/m", "overlap from gate to drain by width", bounds=(0, inf))
    cgbo = Param(0.0, "F/m", "overlap from gate to bulk by length", bounds=(0, inf))
    cj = Param(0.0, "F/m^2", "capacitance of the bottom of the bulk junctions without bias", bounds=(0, inf))
    mj = Param(0.5, "1", "grading coefficient of the bottom", bounds=(0, 0.999))
    cjsw = Param(0.0, "F/m", "capacitance of the side wall of the bulk junctions without bias", bounds=(0, inf))
    mjsw = Param(0.5, "1", "grading coefficient of the side wall", bounds=(0, 0.999))
    fc = Param(0.5, "1", "forward-bias coefficient of the depletion capacitances", bounds=(0, 0.999))
    tox = Param(nan, "m", "thickness of the oxide; without it the gate has overlaps alone", bounds=(1e-12, inf))
    ld = Param(0.0, "m", "lateral diffusion", bounds=(0, inf))
    uo = Param(nan, "cm^2/V/s", "mobility at the surface", bounds=(0, inf))
    nsub = Param(nan, "cm^-3", "doping of the bulk", bounds=(INTRINSIC * 1e-6, inf))
    nss = Param(0.0, "cm^-2", "density of surface states", bounds=(0, inf))
    tpg = Param(1.0, "1", "gate: 1 doped opposite to the bulk, -1 as the bulk, 0 aluminium", bounds=(-1, 1))
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    icvds = Param(nan, "V", "voltage from source to drain at the start of a transient with `uic`")
    icvgs = Param(nan, "V", "voltage from source to gate at the start of a transient with `uic`")
    icvbs = Param(nan, "V", "voltage from source to bulk at the start of a transient with `uic`")
    off = Param(0.0, "1", "1: taken as off when the search for the operating point starts", bounds=(0, 1))

    controls = (("g", "si"), ("di", "si"), ("b", "si"), ("d", "di"), ("s", "si"))
    paths = (("di", "si"), ("b", "di"), ("b", "si"), ("g", "di"), ("g", "si"), ("g", "b"), ("d", "di"), ("s", "si"))
    depends = ((0, 1, 2), (1, 2), (2,), (0, 1, 2), (0, 1, 2), (0, 1, 2), (3,), (4,))
    walked = (("g", "di"), ("g", "si"), ("g", "b"))
    starts = (("icvgs", ("g", "si")), ("icvds", ("di", "si")), ("icvbs", ("b", "si")))

    quantities: ClassVar = {
        "id": Quantity("A", "current into the drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * (i[0] - i[1])),
        "is": Quantity(
            "A", "current into the source, of an n-channel", lambda p, u, i, g, q, c: -p.sign * (i[0] + i[2])
        ),
        "ib": Quantity("A", "current into the bulk, of an n-channel", lambda p, u, i, g, q, c: p.sign * (i[1] + i[2])),
        "vgs": Quantity("V", "gate to source, of an n-channel", lambda p, u, i, g, q, c: p.sign * u[0]),
        "vds": Quantity("V", "drain to source, of an n-channel", lambda p, u, i, g, q, c: p.sign * u[1]),
        "vbs": Quantity("V", "bulk to source, of an n-channel", lambda p, u, i, g, q, c: p.sign * u[2]),
        "gm": Quantity("S", "transconductance", lambda p, u, i, g, q, c: working_slopes(p, u, g[0])[0]),
        "gds": Quantity("S", "conductance of the channel", lambda p, u, i, g, q, c: working_slopes(p, u, g[0])[1]),
        "gmbs": Quantity("S", "transconductance of the bulk", lambda p, u, i, g, q, c: working_slopes(p, u, g[0])[2]),
        "gmb": Quantity("S", "transconductance of the bulk", lambda p, u, i, g, q, c: working_slopes(p, u, g[0])[2]),
        "ig": Quantity("A", "current into the gate at rest", lambda p, u, i, g, q, c: 0.0),
        "ibd": Quantity("A", "current from bulk to drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * i[1]),
        "ibs": Quantity("A", "current from bulk to source, of an n-channel", lambda p, u, i, g, q, c: p.sign * i[2]),
        "vbd": Quantity("V", "bulk to drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * (u[2] - u[1])),
        "von": Quantity("V", "threshold at this bias", lambda p, u, i, g, q, c: p.sign * overdrive(p, u)[0]),
        "vdsat": Quantity(
            "V", "drain to source where the channel saturates", lambda p, u, i, g, q, c: p.sign * overdrive(p, u)[1]
        ),
        "gbd": Quantity("S", "conductance from bulk to drain", lambda p, u, i, g, q, c: g[1][2]),
        "gbs": Quantity("S", "conductance from bulk to source", lambda p, u, i, g, q, c: g[2][2]),
        "cbd": Quantity("F", "capacitance from bulk to drain", lambda p, u, i, g, q, c: c[1][2]),
        "cbs": Quantity("F", "capacitance from bulk to source", lambda p, u, i, g, q, c: c[2][2]),
        "cgs": Quantity("F", "capacitance from gate to source", lambda p, u, i, g, q, c: c[4][0]),
        "cgd": Quantity("F", "capacitance from gate to drain", lambda p, u, i, g, q, c: c[3][0]),
        "cgb": Quantity("F", "capacitance from gate to bulk", lambda p, u, i, g, q, c: c[5][0]),
        "qbd": Quantity("C", "charge from bulk to drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * q[1]),
        "qbs": Quantity("C", "charge from bulk to source, of an n-channel", lambda p, u, i, g, q, c: p.sign * q[2]),
    }

    netlist = """An inverter
Vdd vdd 0 3.3
Vin in 0 pulse(0 3.3 1n 0.1n 0.1n 4n 10n)
M1 out in 0 0 nch w=2u l=0.6u ad=3p pd=7u
M2 out in vdd vdd pch w=5u l=0.6u ad=7.5p pd=13u
C1 out 0 20f
.model nch nmos(vto=0.7 kp=110u gamma=0.45 phi=0.7 lambda=0.05 tox=12n cgso=0.3n cgdo=0.3n)
.model pch pmos(vto=-0.8 kp=42u gamma=0.5 phi=0.7 lambda=0.06 tox=12n cgso=0.3n cgdo=0.3n)
.tran 10p 20n
.save v(in) v(out)
.end
"""

    @classmethod
    def inner_of(cls, values: dict[str, Any]) -> dict[str, Inner]:
        ends = (("di", series(values, "rd", "nrd")), ("si", series(values, "rs", "nrs")))
        return {name: cls.inner[name] for name, resistance in ends if resistance > 0}

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        if values["l"] <= 2 * values["ld"]:
            return f"l must be above 2 ld = {2 * values['ld']:g} m, or there is no channel"
        return None

    @staticmethod
    def prepare(values: dict[str, Any], ambient: float, nominal: float) -> Numbers:
        nominal = ZERO + (nominal if math.isnan(values["tnom"]) else values["tnom"])
        own = ambient + values["dtemp"] if math.isnan(values["temp"]) else values["temp"]
        return at_temperature(values, ZERO + own, nominal)

    @staticmethod
    @kernel
    def characteristic(p: Any, u: Any, origin: Any) -> Any:
        vgs, vds, vbs = p.sign * u[0], p.sign * u[1], p.sign * u[2]
        vbd = vbs - vds
        if vds >= 0:
            current, by = channel_current(p, vgs, vds, vbs)
            (cgs, cgd, cgb), (ds, dd, db) = gate_capacitances(p, vgs, vds, vbs)
        else:
            current, back = channel_current(p, vgs - vds, -vds, vbd)
            current, by = -current, reversed_slopes(-back[0], -back[1], -back[2])
            (cgd, cgs, cgb), (dd, ds, db) = gate_capacitances(p, vgs - vds, -vds, vbd)
            ds, dd = reversed_slopes(ds[0], ds[1], ds[2]), reversed_slopes(dd[0], dd[1], dd[2])
            db = reversed_slopes(db[0], db[1], db[2])
        cgs, cgd, cgb = cgs + p.gs_overlap, cgd + p.gd_overlap, cgb + p.gb_overlap
        to_drain, drain_slope = junction_flow(p.drain_saturation, p.vt, vbd)
        to_source, source_slope = junction_flow(p.source_saturation, p.vt, vbs)
        drain_charge, cbd = bulk_charge(p, p.drain_bottom, p.drain_side, vbd)
        source_charge, cbs = bulk_charge(p, p.source_bottom, p.source_side, vbs)
        turn, gmin = p.sign, p.gmin
        gs = u[0] - origin[0]
        gd, gb = gs - (u[1] - origin[1]), gs - (u[2] - origin[2])
        to_d, to_s, to_b = turn * gd, turn * gs, turn * gb
        flows = (
            turn * current,
            turn * (to_drain + gmin * vbd),
            turn * (to_source + gmin * vbs),
            0.0,
            0.0,
            0.0,
            p.drain_series * u[3],
            p.source_series * u[4],
        )
        slopes = (
            (by[0], by[1], by[2], 0.0, 0.0),
            (0.0, -drain_slope - gmin, drain_slope + gmin, 0.0, 0.0),
            (0.0, 0.0, source_slope + gmin, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, p.drain_series, 0.0),
            (0.0, 0.0, 0.0, 0.0, p.source_series),
        )
        charges = (0.0, turn * drain_charge, turn * source_charge, cgd * gd, cgs * gs, cgb * gb, 0.0, 0.0)
        capacitances = (
            (0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, -cbd, cbd, 0.0, 0.0),
            (0.0, 0.0, cbs, 0.0, 0.0),
            (cgd + dd[0] * to_d, dd[1] * to_d - cgd, dd[2] * to_d, 0.0, 0.0),
            (cgs + ds[0] * to_s, ds[1] * to_s, ds[2] * to_s, 0.0, 0.0),
            (cgb + db[0] * to_b, db[1] * to_b, db[2] * to_b - cgb, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.0),
        )
        return flows, slopes, charges, capacitances

    @staticmethod
    @kernel
    def limit(p: Any, u: Any, before: Any) -> Any:
        old_vgs, old_vds, old_vbs = p.sign * before[0], p.sign * before[1], p.sign * before[2]
        vbs = p.sign * u[2]
        vt, _ = threshold(p, old_vbs if old_vds >= 0 else old_vbs - old_vds)
        vgs, vds = limit_channel(p.sign * u[0], p.sign * u[1], old_vgs, old_vds, vt)
        if vds >= 0:
            vbs = limit_junction(vbs, old_vbs, p.vt, p.source_critical)
        else:
            vbs = vds + limit_junction(vbs - vds, old_vbs - old_vds, p.vt, p.drain_critical)
        return p.sign * vgs, p.sign * vds, p.sign * vbs, u[3], u[4]


@kernel
def threshold(p: Any, vbs: float) -> Any:
    """Threshold voltage (V), and its derivative by vbs."""
    root = math.sqrt(p.phi)
    if vbs <= 0:
        depth = math.sqrt(p.phi - vbs)
        return p.vbi + p.gamma * depth, -p.gamma / (2 * depth)
    depth = root - vbs / (2 * root)
    if depth <= 0:
        return p.vbi, 0.0
    return p.vbi + p.gamma * depth, -p.gamma / (2 * root)


def overdrive(p: Any, u: Any) -> tuple[float, float]:
    """Threshold voltage of an n-channel transistor at these controls, and what the gate is above it (V; 0: off)."""
    vgs, vds, vbs = (p.sign * v for v in u[:3])
    if vds < 0:
        vgs, vbs = vgs - vds, vbs - vds
    vt = float(threshold(p, vbs)[0])
    return vt, max(vgs - vt, 0.0)


@kernel
def channel_current(p: Any, vgs: float, vds: float, vbs: float) -> Any:
    """Current from drain to source (A) for vds >= 0, and its derivatives by vgs, vds and vbs (S)."""
    vt, by_bulk = threshold(p, vbs)
    overdrive = vgs - vt
    if overdrive <= 0:
        return 0.0, (0.0, 0.0, 0.0)
    beta = p.beta * (1 + p.lambda_ * vds)
    if overdrive <= vds:
        shape, gm, gds = overdrive * overdrive / 2, beta * overdrive, 0.0
    else:
        shape, gm, gds = vds * (overdrive - vds / 2), beta * vds, beta * (overdrive - vds)
    return beta * shape, (gm, gds + p.beta * p.lambda_ * shape, -gm * by_bulk)


@kernel
def gate_capacitances(p: Any, vgs: float, vds: float, vbs: float) -> Any:
    """(Cgs, Cgd, Cgb) for vds >= 0, and of each its derivatives by vgs, vds and vbs."""
    vt, by_bulk = threshold(p, vbs)
    found, by_overdrive, by_drain = meyer(p.oxide, p.phi, vgs - vt, vds)
    return found, (
        (by_overdrive[0], by_drain[0], -by_overdrive[0] * by_bulk),
        (by_overdrive[1], by_drain[1], -by_overdrive[1] * by_bulk),
        (by_overdrive[2], by_drain[2], -by_overdrive[2] * by_bulk),
    )


@kernel
def bulk_charge(p: Any, bottom: float, side: float, v: float) -> Any:
    """Charge (C) and capacitance (F) of a bulk junction."""
    if bottom == 0.0 and side == 0.0:
        return 0.0, 0.0
    charge, capacitance = depletion_charge(bottom, p.pb, p.mj, p.fc, p.bottom_f1, p.bottom_f2, v)
    side_charge, side_capacitance = depletion_charge(side, p.pb, p.mjsw, p.fc, p.side_f1, p.side_f2, v)
    return charge + side_charge, capacitance + side_capacitance


def series(values: dict[str, Any], name: str, squares: str) -> float:
    """The resistance of drain or source (ohm)."""
    given = values[name]
    return float(values["rsh"] * values[squares] if math.isnan(given) else given)


def at_temperature(values: dict[str, Any], kelvin: float, nominal: float) -> Numbers:
    """The numbers of a transistor, temperatures in kelvin."""
    given = with_doping(values, nominal)
    sign = 1.0 if values["polarity"] == "n" else -1.0
    count, width, length = values["m"], values["w"], values["l"] - 2 * values["ld"]
    phi = potential_at(kelvin, nominal, given["phi"])
    vbi = sign * given["vto"] - given["gamma"] * math.sqrt(given["phi"])
    vbi += sign * (silicon_gap(nominal) - silicon_gap(kelvin)) / 2 + (phi - given["phi"]) / 2
    drain, source = (saturation_of(values, kelvin, nominal, area) for area in ("ad", "as"))
    vt = thermal_voltage(kelvin)
    pb, bottom = junction_at(kelvin, nominal, values["pb"], 1.0, values["mj"])
    side = junction_at(kelvin, nominal, values["pb"], 1.0, values["mjsw"])[1] * values["cjsw"] * count
    zero_bias = [values["cj"] * values[area] if math.isnan(values[c]) else values[c] for c, area in BOTTOMS]
    bottom_f1, bottom_f2 = beyond_knee(values["mj"], values["fc"])
    side_f1, side_f2 = beyond_knee(values["mjsw"], values["fc"])
    ends = [series(values, "rd", "nrd"), series(values, "rs", "nrs")]
    return Numbers(
        sign=sign,
        beta=given["kp"] * (nominal / kelvin) ** 1.5 * count * width / length,
        vbi=vbi,
        gamma=given["gamma"],
        phi=phi,
        lambda_=values["lambda"],
        oxide=oxide_capacitance(values) * count * width * length,
        gs_overlap=values["cgso"] * width * count,
        gd_overlap=values["cgdo"] * width * count,
        gb_overlap=values["cgbo"] * length * count,
        drain_saturation=drain * count,
        source_saturation=source * count,
        vt=vt,
        drain_critical=critical_voltage(vt, drain * count),
        source_critical=critical_voltage(vt, source * count),
        drain_bottom=zero_bias[0] * bottom * count,
        drain_side=side * values["pd"],
        source_bottom=zero_bias[1] * bottom * count,
        source_side=side * values["ps"],
        pb=pb,
        mj=values["mj"],
        mjsw=values["mjsw"],
        fc=values["fc"],
        bottom_f1=bottom_f1,
        bottom_f2=bottom_f2,
        side_f1=side_f1,
        side_f2=side_f2,
        drain_series=count / ends[0] if ends[0] > 0 else 0.0,
        source_series=count / ends[1] if ends[1] > 0 else 0.0,
        gmin=1e-12,
    )


BOTTOMS = (("cbd", "ad"), ("cbs", "as"))
"""The capacitance of each junction, and the area that it follows from where it is not given."""


def saturation_of(values: dict[str, Any], kelvin: float, nominal: float, area: str) -> float:
    """Saturation current of the junction of drain or source (A): IS (or JS by area) exp(Eg/kT at nominal - here)."""
    by_area = values["js"] > 0 and values["ad"] > 0 and values["as"] > 0
    at_nominal = values["js"] * values[area] if by_area else values["is"]
    power = silicon_gap(nominal) / thermal_voltage(nominal) - silicon_gap(kelvin) / thermal_voltage(kelvin)
    return float(at_nominal * math.exp(power))


def oxide_capacitance(values: dict[str, Any]) -> float:
    """Capacitance of the oxide by area (F/m^2); 0 without TOX."""
    return 0.0 if math.isnan(values["tox"]) else 3.9 * VACUUM / values["tox"]


def with_doping(values: dict[str, Any], nominal: float) -> dict[str, float]:
    """VTO, KP, GAMMA and PHI at the nominal temperature (K): as given, from TOX, UO, NSUB, NSS and TPG, or defaults."""
    found = {name: DEFAULTS[name] if math.isnan(values[name]) else values[name] for name in DEFAULTS}
    oxide = oxide_capacitance(values)
    if oxide == 0:
        return found
    if math.isnan(values["kp"]):
        found["kp"] = found["uo"] * 1e-4 * oxide
    if math.isnan(values["nsub"]):
        return found
    doping, sign = values["nsub"] * 1e6, 1.0 if values["polarity"] == "n" else -1.0
    if math.isnan(values["phi"]):
        found["phi"] = max(0.1, 2 * BOLTZMANN * nominal / ELECTRON * math.log(doping / INTRINSIC))
    if math.isnan(values["gamma"]):
        found["gamma"] = math.sqrt(2 * 11.7 * VACUUM * ELECTRON * doping) / oxide
    if math.isnan(values["vto"]):
        gap, fermi = silicon_gap(nominal), sign * found["phi"] / 2
        gate = 3.25 + gap / 2 - sign * values["tpg"] * gap / 2 if values["tpg"] else 3.2
        flat = gate - (3.25 + gap / 2 + fermi) - values["nss"] * 1e4 * ELECTRON / oxide
        found["vto"] = flat + sign * (found["gamma"] * math.sqrt(found["phi"]) + found["phi"])
    return found
