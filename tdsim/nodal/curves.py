"""The hyperbolic tangent of a number or of eight, the same to the bit: neurons are made of it.

With 2 x = n ln 2 + r, |r| <= ln 2 / 2: exp(2 x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), the series of exp(r) - 1, and

    tanh x = E / (E + 2),  E = exp(2 x) - 1,

which keeps small values exact to some units in the last place. Each step is one that all lanes take.
"""

from __future__ import annotations

from math import factorial, log
from typing import Any

from ..engine.kernel import compiled
from .eights import as_power_of_two, clipped

MOST = 22.0
"""Beyond this tanh is 1 to the last place."""

PER_LN2 = 1 / log(2)
LN2, REST = 0x162E42FEE / 2**33, 1.9082149292705877e-10
"""ln 2 in two parts; a small whole number times the first is exact."""

SHIFTER = 1.5 * 2.0**52
"""Added to a number and taken away again, it leaves the nearest whole number."""

(C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13) = (1 / factorial(k) for k in range(2, 14))


@compiled
def tanh(number: Any) -> Any:
    """The hyperbolic tangent of a float64 or an Eight."""
    x = clipped(number, MOST)
    x = x + x
    shifted = x * PER_LN2 + SHIFTER
    n = shifted - SHIFTER
    r = x - n * LN2 - n * REST
    high = ((((C13 * r + C12) * r + C11) * r + C10) * r + C9) * r + C8
    low = (((((high * r + C7) * r + C6) * r + C5) * r + C4) * r + C3) * r + C2
    power = as_power_of_two(shifted)
    grown = power * (r + r * r * low) + (power - 1.0)
    return grown / (grown + 2.0)
