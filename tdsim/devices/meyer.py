"""Meyer's capacitances of the gate of a MOS transistor.

They are capacitances, not derivatives of one charge: the currents are i = C(v) dv/dt. The three of them add up to that
of the gate; between drain and source charge is not conserved, which is a known defect of the model.

With K = 2/3 Cox, overdrive o = vgs - vt, s = vdsat = max(o, 25 mV):

    o <= -phi            Cgb = Cox
    -phi < o <= 0        Cgb = -Cox o / phi
    -phi/2 < o <= 0      K is multiplied by 1 + 2 o / phi
    vds < s              Cgs = K (1 - ((s - vds) / (2 s - vds))^2),  Cgd = K (1 - (s / (2 s - vds))^2)
    vds >= s             Cgs = K,  Cgd = 0

References: J. E. Meyer, RCA Review 32, 42 (1971); G. Massobrio and P. Antognetti, Semiconductor Device Modeling with
SPICE (1993), section 4.2; the least vdsat is ngspice's.
"""

from __future__ import annotations

from typing import Any

from ..device import kernel

LEAST_SATURATION = 0.025
"""vdsat is never taken smaller than this (V), so that Cgs and Cgd do not jump where the channel vanishes."""


@kernel
def meyer(oxide: float, phi: float, overdrive: float, vds: float) -> Any:
    """(Cgs, Cgd, Cgb) in F for vds >= 0, then their derivatives by overdrive, then those by vds (F/V)."""
    full, growth, bulk, shrinking = 2 * oxide / 3, 0.0, 0.0, 0.0
    if overdrive <= 0:
        if overdrive <= -phi:
            return (0.0, 0.0, oxide), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        bulk, shrinking = -oxide * overdrive / phi, -oxide / phi
        if overdrive <= -phi / 2:
            return (0.0, 0.0, bulk), (0.0, 0.0, shrinking), (0.0, 0.0, 0.0)
        growth = 2 * full / phi
        full += growth * overdrive
    s, moves = LEAST_SATURATION, 0.0
    if overdrive > s:
        s, moves = overdrive, 1.0
    if vds >= s:
        return (full, 0.0, bulk), (growth, 0.0, shrinking), (0.0, 0.0, 0.0)
    whole = 2 * s - vds
    near, far = (s - vds) / whole, s / whole
    source, drain = 1 - near * near, 1 - far * far
    by_saturation = moves * 2 * full * vds / (whole * whole)
    by_overdrive = (growth * source - by_saturation * near, growth * drain + by_saturation * far, shrinking)
    by_drain = (2 * full * near * far / whole, -2 * full * far * far / whole, 0.0)
    return (full * source, full * drain, bulk), by_overdrive, by_drain
