"""Methods of integration: one step as a sequence of stages, each an equation for one instant.

A stage solves  C z + q(z) = base + gamma h [s - G z - i(z)]  at t + c h, where base is made of charges and of slopes
d(C z + q)/dt at earlier stages. Slopes are read off as (charge - base) / (gamma h), which keeps them consistent with
the charges to round-off, also where there is no capacitance at all.

"esdirk", the one that is taken unless `.options method=` names another, has six stages, order 4, an error estimate of
order 3, and damps what is stiff at once (L-stable); each stage has the same gamma, so that one factorisation serves a
whole step. It does not look back, so that it starts again at full order after every breakpoint.
"trap" is the trapezoidal rule, "gear" the second-order backward difference formula with variable steps. `.options xmu=`
is how much of the slope at the start of a step the trapezoidal rule takes, 1/2 if not said: less damps what rings, 0 is
the backward Euler formula, which is also what `maxord=1` means.

References: C. A. Kennedy and M. H. Carpenter, Appl. Numer. Math. 44, 139 (2003), ARK4(3)6L[2]SA, implicit part;
L. W. Nagel, SPICE2, Memorandum ERL-M520, University of California, Berkeley (1975).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

ESDIRK, TRAPEZOIDAL, GEAR = 0, 1, 2
METHODS = {"": ESDIRK, "esdirk": ESDIRK, "trap": TRAPEZOIDAL, "trapezoidal": TRAPEZOIDAL, "gear": GEAR}


def method_of(options: Mapping[str, Any]) -> tuple[int, float]:
    """The method that a circuit's options ask for, and its xmu; `xmu` or `maxord=1` alone mean the trapezoidal rule."""
    if options.get("maxord", 2) == 1:
        return TRAPEZOIDAL, 0.0
    named = "trap" if "xmu" in options else ""
    return METHODS[str(options.get("method") or named)], float(options.get("xmu", 0.5))


STAGES = 6
GAMMA = 0.25

WHEN = np.array([0, 1 / 2, 83 / 250, 31 / 50, 17 / 20, 1])
"""The instants of the stages, in steps."""

TAKEN = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [1 / 4, 0, 0, 0, 0, 0],
        [8611 / 62500, -1743 / 31250, 0, 0, 0, 0],
        [5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 0, 0, 0],
        [15267082809 / 155376265600, -71443401 / 120774400, 730878875 / 902184768, 2285395 / 8070912, 0, 0],
        [82889 / 524892, 0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 0],
    ]
)
"""How much of the slopes at earlier stages goes into each; its own part is GAMMA."""

_COMPARED = np.array(
    [4586570599 / 29645900160, 0, 178811875 / 945068544, 814220225 / 1159782912, -3700637 / 11593932, 61727 / 225920]
)
ERROR = TAKEN[5] + GAMMA * np.eye(STAGES)[5] - _COMPARED
"""The slopes weighted with these are the difference from the result of order 3."""


BETWEEN = np.array([0, 2, 3, 4, 5])
"""The stages whose slopes go into values between the ends of a step."""

QUADRATURE = np.linalg.inv(np.vander(WHEN[BETWEEN], increasing=True).T)
"""Weights (stages in BETWEEN, moments): slopes weighted so have the moments that they are multiplied with.

A value at x steps is one more stage: its own slope counts GAMMA, the others such that powers of x up to the fourth are
integrated exactly. It obeys the equations of that instant, and needs no other factors than the step.
"""
