"""Phase-conjugating mirror: sends light back as if time ran backwards, and so along every way that it came.

    o1 ---(*)     b(t) = r exp(i phase) conj(a(t)) + l a(t)          at once, or
                  b(t) = r exp(i phase) conj(a(2 T - t)) + l a(t)    after T, for T in `at`

with r = sqrt(reflectivity) and l = sqrt(leak). With instants the mirror stores what reaches it, from the instant before
(or the beginning) to T, and sends it out from T on in reverse order, for as long as it has stored, or to the next
instant. T lies halfway between two samples, the last one that is stored and the first one that is sent. The echo is as
good as r, the phase and the leak are; four-wave mixing can give more than it gets (r > 1).

Reference: M. Fink, Phys. Today 50(3), 34 (1997) (time-reversal mirrors); A. Yariv, IEEE J. Quantum Electron. 14, 650
(1978) (phase conjugation).
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..device import Derived, Device, Param, optical


class PhaseConjugator(Device, name="phase_conjugator"):
    """Time-reversal mirror with one port."""

    passive = False
    o1 = optical("the mirror's side")
    reflectivity = Param(1.0, "1", "power of the conjugate wave over that of the incident one", bounds=(0, inf))
    phase = Param(0.0, "rad", "phase of the conjugate wave")
    leak = Param(0.0, "1", "part of the power that is reflected as by a plain mirror", bounds=(0, inf))
    at = Param(
        (), "s", "instants at which time turns round; none: at once, all the time", (0, inf), kind="list", smooth=False
    )
    mirrored, plain = Derived("1", "amplitude of the conjugate wave"), Derived("1", "amplitude of the plain reflection")

    netlist = """A pulse comes back from a time-reversal mirror as it went in
Xl in            laser power=pulse(0 1m 2p 1p 4p 1p)
Xc in back nc a  coupler coupling=0.5
Xw a m           delay time=5p
Xm m             phase_conjugator at=[20p]
.tran 0.1p 50p
.save p(in) p(back)
.end
"""

    @classmethod
    def validate(cls, values: dict[str, Any]) -> str | None:
        at = values["at"]
        if isinstance(at, tuple | list) and any(np.ndim(instant) for instant in at):
            return "the instants in at must be the same in all runs"
        instants = np.ravel(np.asarray(at if isinstance(at, tuple | list | np.ndarray) else [at], dtype=float))
        if np.any(np.diff(instants) <= 0) or np.any(instants <= 0):
            return "the instants in at must be above zero and rise"
        return None

    @staticmethod
    def derive(p: Any) -> None:
        p.mirrored = np.sqrt(p.reflectivity) * np.exp(1j * p.phase)
        p.plain = np.sqrt(p.leak)

    @staticmethod
    def scatter(p: Any, a: Any) -> tuple[Any, ...]:
        return (p.plain * a.o1,)

    @staticmethod
    def conjugate(p: Any) -> tuple[Any, ...]:
        return (p.mirrored,)
