"""The polynomials of SPICE: `poly(n)` with coefficients in the order of their degree.

    poly(2) p0 p1 p2 p11 p12 p22 ...  =  p0 + p1 x + p2 y + p11 x^2 + p12 x y + p22 y^2 + ...

Reference: L. W. Nagel, SPICE2, UCB/ERL M520 (1975), appendix on nonlinear dependent sources.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from ...behaviour import Constant, Term
from .terms import operation, total


def polynomial(variables: Sequence[Term], coefficients: Sequence[float]) -> Term:
    """The sum of the coefficients times the products of variables that belong to them; 0 without any."""
    products = itertools.islice(_products(len(variables)), len(coefficients))
    terms = [
        _scaled(coefficient, [variables[k] for k in factors])
        for coefficient, factors in zip(coefficients, products, strict=True)
        if coefficient
    ]
    return total(terms) if terms else Constant(0.0)


def _products(count: int) -> Iterator[tuple[int, ...]]:
    """(), (0,), (1,), ..., (0, 0), (0, 1), ...: which variables are multiplied, in SPICE's order."""
    for degree in itertools.count():
        yield from itertools.combinations_with_replacement(range(count), degree)


def _scaled(coefficient: float, factors: Sequence[Term]) -> Term:
    term: Term = Constant(coefficient)
    for factor in factors:
        term = factor if term == Constant(1.0) else operation("mul", (term, factor))
    return term
