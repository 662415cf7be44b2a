"""Junction field-effect transistor, level 1 (Shichman and Hodges).

             d
             |
            [RD]
             |(di)
        g -->|               vgs and vds from the inner source;
             |(si)           drain and source change places where vds < 0
            [RS]
             |
             s

    off        i = 0                                         o = vgs - VTO <= 0
    saturated  i = BETA o^2 (1 + LAMBDA vds)                 0 < o <= vds
    triode     i = BETA vds (2 o - vds) (1 + LAMBDA vds)     vds < o

From the gate to drain and source lie junctions with IS, gmin and the depletion charges CGD and CGS (PB, grading 1/2,
FC). A p-channel transistor is the same with all signs turned but that of VTO, which is negative for both.

References: H. Shichman and D. A. Hodges, IEEE J. Solid-State Circuits 3, 285 (1968); G. Massobrio and P. Antognetti,
Semiconductor Device Modeling with SPICE (1993), chapter 3; numbers, defaults and laws of temperature as in ngspice 39.
"""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any, ClassVar, NamedTuple

from ..device import Device, Inner, Param, Quantity, electrical, kernel
from .channel import limit_channel, reversed_slopes, working_slopes
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

GRADING = 0.5
"""Of both junctions."""


class Numbers(NamedTuple):
    """A transistor at its temperature; voltages and currents times `sign` are those of an n-channel one."""

    sign: float
    beta: float
    vto: float
    lambda_: float
    saturation: float
    vt: float
    critical: float
    cgd: float
    cgs: float
    pb: float
    fc: float
    f1: float
    f2: float
    drain_series: float
    source_series: float
    copies: float
    gmin: float


class Jfet(Device, name="j"):
    """Junction field-effect transistor, level 1."""

    letter = "j"
    reciprocal = False
    d, g, s = electrical("drain"), electrical("gate"), electrical("source")
    di = Inner("behind the resistance of the drain", onto="d")
    si = Inner("behind the resistance of the source", onto="s")
    polarity = Param("n", "", "channel", choices=("n", "p"))
    vto = Param(-2.0, "V", "threshold voltage")
    beta = Param(1e-4, "A/V^2", "transconductance", bounds=(0, inf))
    lambda_ = Param(0.0, "1/V", "channel-length modulation", bounds=(0, inf))
    rd = Param(0.0, "ohm", "resistance of the drain", bounds=(0, inf))
    rs = Param(0.0, "ohm", "resistance of the source", bounds=(0, inf))
    cgs = Param(0.0, "F", "capacitance from gate to source without bias", bounds=(0, inf))
    cgd = Param(0.0, "F", "capacitance from gate to drain without bias", bounds=(0, inf))
    pb = Param(1.0, "V", "built-in voltage of the gate", bounds=(1e-3, inf))
    is_ = Param(1e-14, "A", "saturation current of the gate", bounds=(1e-300, inf))
    fc = Param(0.5, "1", "forward-bias coefficient of the depletion capacitances", bounds=(0, 1))
    eg = Param(1.11, "eV", "band gap", bounds=(0, inf))
    xti = Param(0.0, "1", "temperature exponent of the saturation current")
    tcv = Param(0.0, "V/K", "how much the threshold voltage falls with temperature")
    vtotc = Param(0.0, "V/K", "how much the threshold voltage rises with temperature")
    bex = Param(0.0, "1", "temperature exponent of beta")
    betatce = Param(0.0, "1/K", "percents by which beta grows in 1 K: 1.01 to the power of it")
    area = Param(1.0, "1", "area", bounds=(1e-300, inf))
    m = Param(1.0, "1", "number of devices in parallel", bounds=(0, inf))
    temp = Param(nan, "degC", "temperature, when it is not that of the circuit")
    dtemp = Param(0.0, "K", "temperature above that of the circuit")
    tnom = Param(nan, "degC", "temperature at which the parameters were measured")
    icvds = Param(nan, "V", "voltage from source to drain at the start of a transient with `uic`")
    icvgs = Param(nan, "V", "voltage from source to gate at the start of a transient with `uic`")
    off = Param(0.0, "1", "1: taken as off when the search for the operating point starts", bounds=(0, 1))

    controls = (("g", "si"), ("di", "si"), ("d", "di"), ("s", "si"))
    paths = (("di", "si"), ("g", "di"), ("g", "si"), ("d", "di"), ("s", "si"))
    depends = ((0, 1), (0, 1), (0,), (2,), (3,))
    starts = (("icvgs", ("g", "si")), ("icvds", ("di", "si")))

    quantities: ClassVar = {
        "id": Quantity("A", "current into the drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * (i[0] - i[1])),
        "ig": Quantity("A", "current into the gate, of an n-channel", lambda p, u, i, g, q, c: p.sign * (i[1] + i[2])),
        "is": Quantity(
            "A", "current into the source, of an n-channel", lambda p, u, i, g, q, c: -p.sign * (i[0] + i[2])
        ),
        "vgs": Quantity("V", "gate to source, of an n-channel", lambda p, u, i, g, q, c: p.sign * u[0]),
        "vgd": Quantity("V", "gate to drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * (u[0] - u[1])),
        "gm": Quantity("S", "transconductance", lambda p, u, i, g, q, c: working_slopes(p, u, g[0])[0]),
        "gds": Quantity("S", "conductance of the channel", lambda p, u, i, g, q, c: working_slopes(p, u, g[0])[1]),
        "igd": Quantity("A", "current from gate to drain, of an n-channel", lambda p, u, i, g, q, c: p.sign * i[1]),
        "ggs": Quantity("S", "conductance from gate to source", lambda p, u, i, g, q, c: g[2][0]),
        "ggd": Quantity("S", "conductance from gate to drain", lambda p, u, i, g, q, c: g[1][0]),
    }

    netlist = """A source follower
Vdd vdd 0 12
Vin in 0 sin(0 1 10k)
J1 vdd in out jm
R1 out 0 2k
.model jm njf(vto=-2 beta=1m lambda=10m rd=10 rs=10 cgs=4p cgd=3p)
.tran 1u 200u
.save v(in) v(out)
.end
"""

    @classmethod
    def inner_of(cls, values: dict[str, Any]) -> dict[str, Inner]:
        return {name: cls.inner[name] for name, key in (("di", "rd"), ("si", "rs")) if values[key] > 0}

    @staticmethod
    def prepare(values: dict[str, Any], ambient: float, nominal: float) -> Numbers:
        nominal = ZERO + (nominal if math.isnan(values["tnom"]) else values["tnom"])
        own = ambient + values["dtemp"] if math.isnan(values["temp"]) else values["temp"]
        return at_temperature(values, ZERO + own, nominal)

    @staticmethod
    @kernel
    def characteristic(p: Any, u: Any) -> Any:
        vgs, vds = p.sign * u[0], p.sign * u[1]
        vgd = vgs - vds
        if vds >= 0:
            current, by = channel_current(p, vgs, vds)
        else:
            current, back = channel_current(p, vgd, -vds)
            current, by = -current, reversed_slopes(-back[0], -back[1], -back[2])
        to_drain, drain_slope = junction_flow(p.saturation, p.vt, vgd)
        to_source, source_slope = junction_flow(p.saturation, p.vt, vgs)
        drain_charge, cgd = depletion_charge(p.cgd, p.pb, GRADING, p.fc, p.f1, p.f2, vgd)
        source_charge, cgs = depletion_charge(p.cgs, p.pb, GRADING, p.fc, p.f1, p.f2, vgs)
        gmin = p.copies * p.gmin
        flows = (
            p.sign * current,
            p.sign * (to_drain + gmin * vgd),
            p.sign * (to_source + gmin * vgs),
            p.drain_series * u[2],
            p.source_series * u[3],
        )
        slopes = (
            (by[0], by[1], 0.0, 0.0),
            (drain_slope + gmin, -drain_slope - gmin, 0.0, 0.0),
            (source_slope + gmin, 0.0, 0.0, 0.0),
            (0.0, 0.0, p.drain_series, 0.0),
            (0.0, 0.0, 0.0, p.source_series),
        )
        charges = (0.0, p.sign * drain_charge, p.sign * source_charge, 0.0, 0.0)
        capacitances = (
            (0.0, 0.0, 0.0, 0.0),
            (cgd, -cgd, 0.0, 0.0),
            (cgs, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
        )
        return flows, slopes, charges, capacitances

    @staticmethod
    @kernel
    def limit(p: Any, u: Any, before: Any) -> Any:
        old_vgs, old_vds = p.sign * before[0], p.sign * before[1]
        vgs, vgd = p.sign * u[0], p.sign * (u[0] - u[1])
        vgs = limit_junction(vgs, old_vgs, p.vt, p.critical)
        vgd = limit_junction(vgd, old_vgs - old_vds, p.vt, p.critical)
        vgs, vds = limit_channel(vgs, vgs - vgd, old_vgs, old_vds, p.vto)
        return p.sign * vgs, p.sign * vds, u[2], u[3]


@kernel
def channel_current(p: Any, vgs: float, vds: float) -> Any:
    """Current from drain to source (A) for vds >= 0, its derivatives by vgs and vds (S), and 0 for a bulk."""
    overdrive = vgs - p.vto
    if overdrive <= 0:
        return 0.0, (0.0, 0.0, 0.0)
    beta = p.beta * (1 + p.lambda_ * vds)
    if overdrive <= vds:
        shape, gm, gds = overdrive * overdrive, 2 * beta * overdrive, 0.0
    else:
        shape, gm, gds = vds * (2 * overdrive - vds), 2 * beta * vds, 2 * beta * (overdrive - vds)
    return beta * shape, (gm, gds + p.beta * p.lambda_ * shape, 0.0)


def at_temperature(values: dict[str, Any], kelvin: float, nominal: float) -> Numbers:
    """The numbers of a transistor, temperatures in kelvin."""
    size, vt = values["area"] * values["m"], thermal_voltage(kelvin)
    saturation = saturation_at(kelvin, nominal, values["is"], 1.0, values["eg"], values["xti"]) * size
    pb, growth = junction_at(kelvin, nominal, values["pb"], 1.0, GRADING)
    warming = (kelvin / nominal) ** values["bex"] * 1.01 ** (values["betatce"] * (kelvin - nominal))
    fc = min(values["fc"], STEEPEST_FC)
    f1, f2 = beyond_knee(GRADING, fc)
    return Numbers(
        sign=1.0 if values["polarity"] == "n" else -1.0,
        beta=values["beta"] * warming * size,
        vto=values["vto"] + (values["vtotc"] - values["tcv"]) * (kelvin - nominal),
        lambda_=values["lambda"],
        saturation=saturation,
        vt=vt,
        critical=critical_voltage(vt, saturation),
        cgd=values["cgd"] * growth * size,
        cgs=values["cgs"] * growth * size,
        pb=pb,
        fc=fc,
        f1=f1,
        f2=f2,
        drain_series=size / values["rd"] if values["rd"] > 0 else 0.0,
        source_series=size / values["rs"] if values["rs"] > 0 else 0.0,
        copies=values["m"],
        gmin=1e-12,
    )
