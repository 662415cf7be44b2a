"""exp, log and tanh of a number or of eight, the same to the bit: junctions and neurons are made of them.

The hyperbolic tangent: with 2 x = n ln 2 + r, |r| <= ln 2 / 2, exp(2 x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), the series
of exp(r) - 1, and

    tanh x = E / (E + 2),  E = exp(2 x) - 1,

which keeps small values exact to some units in the last place. Each step is one that all lanes take.

The exponential is 2^n exp(r), with x = n ln 2 + r, of the series of exp(r) up to its 13th power. The logarithm is
k ln 2 + log m, with x = 2^k m, sqrt(1/2) <= m < sqrt(2), f = m - 1 and s = f / (2 + f):

    log m = 2 s + 2 s^3/3 + 2 s^5/5 + ... = f - (f^2/2 - s (f^2/2 + R)),  R = 2 s^2/3 + 2 s^4/5 + ... + 2 s^20/21.

Polynomials are summed in pairs, and products added without being rounded in between (Estrin's scheme), so that the
steps of a single number hardly wait for each other.

Reference: J.-M. Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed. (2018), chapter 10.
"""

from __future__ import annotations

import math
from math import factorial, log
from typing import Any

from numba.core import types
from numba.extending import overload

from .. import device
from ..engine.kernel import compiled
from .eights import EIGHT, as_power_of_two, clipped, exponent_of, fused, mantissa_of, where_positive

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


FARTHEST = 708.0
"""exp of more than this is that of this: it is finite, and its inverse no denormal number."""

(S1, S2, S3, S4, S5, S6, S7, S8, S9, S10) = (2 / (2 * k + 1) for k in range(1, 11))
"""The coefficients of R."""


@compiled
def exponential(number: Any) -> Any:
    """e^x of a float64 or an Eight; |x| is taken as FARTHEST at most. Exact to a unit in the last place."""
    x = clipped(number, FARTHEST)
    shifted = fused(x, PER_LN2, SHIFTER)
    n = shifted - SHIFTER
    r = fused(n, -REST, fused(n, -LN2, x))
    r2 = r * r
    r4 = r2 * r2
    low = fused(fused(C5, r, C4), r2, fused(C3, r, C2))
    middle = fused(fused(C9, r, C8), r2, fused(C7, r, C6))
    high = fused(fused(C13, r, C12), r2, fused(C11, r, C10))
    grown = fused(r2, fused(fused(high, r4, middle), r4, low), r)
    power = as_power_of_two(shifted)
    return fused(power, grown, power)


@compiled
def logarithm(number: Any) -> Any:
    """The natural logarithm of a float64 or an Eight, no number where x is not above 0; exact as `exponential` is."""
    k, f = exponent_of(number), mantissa_of(number) - 1.0
    s = f / (f + 2.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    low = fused(fused(S4, z, S3), z2, fused(S2, z, S1))
    high = fused(fused(S8, z, S7), z2, fused(S6, z, S5))
    rest = z * fused(fused(fused(S10, z, S9), z4, high), z4, low)
    square = 0.5 * f * f
    found = k * LN2 + (f - (square - fused(s, square + rest, k * REST)))
    return where_positive(number, found, math.nan)


def _let(function: Any, curve: Any) -> None:
    """Let a law's function be one of these curves in compiled code."""

    def implement(x):  # type: ignore[no-untyped-def]  # numba compares the arguments of the two
        return (lambda x: curve(x)) if x is EIGHT or x is types.float64 else None

    make: Any = overload
    make(function)(implement)


_let(device.exp, exponential)
_let(device.log, logarithm)
