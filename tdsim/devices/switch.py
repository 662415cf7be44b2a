"""Switches that a voltage or a current closes.

    p ---o/ o--- n        resistance ron when on, roff when off

    turns on   where the control rises above  threshold + hysteresis
    turns off  where the control falls below  threshold - hysteresis

In between a switch keeps its state, so `vh` (`ih`) is half the width of the hysteresis. The instants of change are
located; between them a switch is a constant resistance.

Reference: ngspice 39 manual, section 3.3.15 (switches); its models sw and csw.
"""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

from ..device import Device, Param, electrical, kernel


class Numbers(NamedTuple):
    """A switch: its conductances, and where it changes from either state."""

    on: float
    off: float
    rises: float
    falls: float


class _Switch(Device):
    """What both switches share: control u[1] decides whether u[0] sees one conductance or the other."""

    switches = 1
    reciprocal = False
    p, n = electrical("one end"), electrical("other end")
    paths = (("p", "n"),)
    ron = Param(1.0, "ohm", "resistance when on", bounds=(1e-300, inf))
    roff = Param(1e12, "ohm", "resistance when off", bounds=(1e-300, inf))
    state = Param("off", "", "state at the start, where the control does not decide", choices=("off", "on"))

    @staticmethod
    @kernel
    def characteristic(p: Any, u: Any, state: int) -> Any:
        conductance = p.on if state else p.off
        return (conductance * u[0],), ((conductance, 0.0),), (0.0,), ((0.0, 0.0),)

    @staticmethod
    @kernel
    def margin(p: Any, u: Any, state: int) -> float:
        """How far the control is from where the state changes."""
        return float(u[1] - p.falls if state else p.rises - u[1])


class VoltageSwitch(_Switch, name="s"):
    """Switch controlled by a voltage."""

    letter = "s"
    cp, cn = electrical("positive control"), electrical("negative control")
    controls = (("p", "n"), ("cp", "cn"))
    vt = Param(0.0, "V", "threshold")
    vh = Param(0.0, "V", "half the width of the hysteresis", bounds=(0, inf))

    netlist = """A capacitor is sampled
V1 in 0 sin(1 0.8 20k)
Vc ck 0 pulse(0 1 0 10n 10n 1u 5u)
S1 in h ck 0 sm
C1 h 0 100p
.model sm sw(vt=0.5 vh=0.1 ron=100 roff=1g)
.tran 50n 20u
.save v(h)
.end
"""

    @staticmethod
    def prepare(values: dict[str, Any], ambient: float, nominal: float) -> Numbers:
        return _numbers(values, values["vt"], values["vh"])


class CurrentSwitch(_Switch, name="w"):
    """Switch controlled by the current through another instance."""

    letter = "w"
    references = 1
    controls = (("p", "n"), ("other", ""))
    it = Param(0.0, "A", "threshold")
    ih = Param(0.0, "A", "half the width of the hysteresis", bounds=(0, inf))

    netlist = """A lamp behind a relay
I1 0 coil pulse(0 10m 1m 1u 1u 5m 10m)
Vs coil 0 0
V1 in 0 5
W1 in out vs wm
R1 out 0 100
.model wm csw(it=5m ih=1m ron=0.1)
.tran 50u 20m
.save v(out)
.end
"""

    @staticmethod
    def prepare(values: dict[str, Any], ambient: float, nominal: float) -> Numbers:
        return _numbers(values, values["it"], values["ih"])


def _numbers(values: dict[str, Any], threshold: float, half: float) -> Numbers:
    return Numbers(1 / values["ron"], 1 / values["roff"], threshold + half, threshold - half)
