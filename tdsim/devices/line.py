"""Lossless transmission line.

    p1 ---+=================+--- p2       v1 - z0 i1 = (v2 + z0 i2)(t - td)
          |    z0 , td      |
    n1 ---+=================+--- n2       v2 - z0 i2 = (v1 + z0 i1)(t - td)

i1 and i2 flow into the line at p1 and p2. The two waves are delayed exactly; at rest both ends are joined. With `uic`
the line starts with the voltages and currents of `ic`, and with none where it has no `ic`.

Reference: F. H. Branin, Transient analysis of lossless transmission lines, Proc. IEEE 55, 2012 (1967).
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from ..behaviour import Constant, Law, Operation, Signal
from ..device import Branch, Device, Param, electrical


class LosslessLine(Device, name="t"):
    """Lossless transmission line."""

    letter = "t"
    p1, n1 = electrical("first end"), electrical("its return")
    p2, n2 = electrical("second end"), electrical("its return")
    i1 = Branch("A", "current into the first end")
    i2 = Branch("A", "current into the second end")
    z0 = Param(50.0, "ohm", "impedance", bounds=(1e-300, inf))
    shows: ClassVar = {"zo": "z0"}
    td = Param(1e-9, "s", "delay", bounds=(1e-300, inf))
    ic = Param((), "1", "v1, i1, v2, i2 (V, A) at the start of a transient with `uic`", kind="list")

    netlist = """A mismatched line
V1 s 0 pulse(0 1 1n 50p 50p 1 2)
R1 s a 25
T1 a 0 b 0 z0=50 td=2n
R2 b 0 200
.tran 50p 40n
.save v(a) v(b)
.end
"""

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        return None if len(values["ic"]) in (0, 4) else "ic takes four numbers: v1, i1, v2, i2"

    @staticmethod
    def laws(values: dict[str, Any], ambient: float) -> tuple[Law, ...]:
        z0, td = values["z0"], values["td"]
        return (
            Law("p1", "n1", _arriving("i1", "2", z0, td), "i1", is_local=True),
            Law("p2", "n2", _arriving("i2", "1", z0, td), "i2", is_local=True),
        )

    @staticmethod
    def histories(values: dict[str, Any]) -> tuple[float, ...]:
        """With `uic`, what comes out of each delay before td."""
        v1, i1, v2, i2 = values["ic"] or (0.0,) * 4
        return v2 + values["z0"] * i2, v1 + values["z0"] * i1


def _arriving(own: str, other: str, z0: float, td: float) -> Operation:
    """The voltage of one end: z0 times its own current, and the wave that left the other end."""

    def times(current: str) -> Operation:
        return Operation("mul", (Constant(z0), Signal("i", (current,))))

    leaving = Operation("add", (Signal("v", (f"p{other}", f"n{other}")), times(f"i{other}")))
    return Operation("add", (times(own), Operation("delay", (leaving, Constant(td)))))
