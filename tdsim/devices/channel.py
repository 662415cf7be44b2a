"""What field-effect transistors have in common: steps of gate and drain voltages that Newton's method may take.

The drain current is zero below the threshold and grows as a square above it: a step across the threshold stops near it
on the other side, and steps far above it are bounded by what was known there.

Reference: L. W. Nagel, SPICE2, Memorandum ERL-M520, University of California, Berkeley (1975), section 4.3.
"""

from __future__ import annotations

from typing import Any

from ..device import kernel

FAR = 3.5
"""Above the threshold, or above a drain voltage of zero, by which steps are bounded more loosely (V)."""


@kernel
def limit_gate(new: float, old: float, threshold: float) -> float:
    """The voltage from gate to source that Newton's method may go to."""
    above, step = old - threshold, new - old
    widest = 2 * abs(above) + 2
    if above < 0:
        if step <= 0:
            return max(new, old - widest)
        just_on = threshold + 0.5
        return min(new, old + abs(above) + 1) if new <= just_on else just_on
    if above < FAR:
        return max(new, threshold - 0.5) if step <= 0 else min(new, threshold + 4)
    if step > 0:
        return min(new, old + widest)
    return max(new, old - abs(above) - 1) if new >= threshold + FAR else max(new, threshold + 2)


@kernel
def limit_drain(new: float, old: float) -> float:
    """The voltage from drain to source that Newton's method may go to, for an `old` one of 0 or more."""
    if old >= FAR:
        if new > old:
            return min(new, 3 * old + 2)
        return max(new, 2.0) if new < FAR else new
    return min(new, 4.0) if new > old else max(new, -0.5)


@kernel
def limit_channel(vgs: float, vds: float, old_vgs: float, old_vds: float, threshold: float) -> Any:
    """Both of them; drain and source have changed places where the old vds is below 0."""
    if old_vds >= 0:
        vgd = vgs - vds
        vgs = limit_gate(vgs, old_vgs, threshold)
        return vgs, limit_drain(vgs - vgd, old_vds)
    vgd = limit_gate(vgs - vds, old_vgs - old_vds, threshold)
    vds = -limit_drain(vgd - vgs, -old_vds)
    return vgd + vds, vds


@kernel
def reversed_slopes(by_gate: float, by_drain: float, by_bulk: float) -> Any:
    """Derivatives by (vgs, vds, vbs) of what has these by (vgd, vsd, vbd)."""
    return by_gate, -by_gate - by_drain - by_bulk, by_bulk


def working_slopes(p: Any, u: Any, slopes: Any) -> tuple[float, float, float]:
    """Transconductance, conductance, and transconductance of the bulk (S), with the end that works as the source.

    u       vgs, vds, ... of the transistor as it is wired
    slopes  of the current into its drain, by vgs, vds and vbs (0 without a bulk)
    """
    gm, gds, gmbs = slopes[0], slopes[1], slopes[2]
    if p.sign * u[1] >= 0:
        return gm, gds, gmbs
    gm, gds, gmbs = reversed_slopes(gm, gds, gmbs)
    return -gm, -gds, -gmbs
