"""Circuits built in Python, and one run of them."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from tdsim import Circuit
from tdsim.nodal.drives import Drives
from tdsim.nodal.integrator import Integrator
from tdsim.nodal.linear import Conditions
from tdsim.nodal.methods import method_of
from tdsim.nodal.solver import Solver, Tolerances, lay_out
from tdsim.nodal.system import System, build
from tdsim.shapes import make_shape


def shape(name, *numbers, **keywords):
    return make_shape(name, list(numbers), keywords)


def integrator(
    circuit: Circuit, step: float, stop: float, method="", longest=None, options=MappingProxyType({}), **tolerances
) -> Integrator:
    """One run, not begun."""
    system = build(circuit, Conditions())
    longest = longest or min(step, stop / 50)
    solver = Solver(system, lay_out(system, longest), 0, True, Tolerances(**tolerances))
    return Integrator(solver, Drives(system.sources, step, stop, 0), longest, method_of({"method": method, **options}))


def unknown(system: System, name: str) -> int:
    """The number behind v(node) or i(instance)."""
    inside = name[2:-1]
    if name.startswith("v"):
        return system.unknowns.node(inside)
    return system.unknowns.current(inside)


def sample(run: Integrator, names, times) -> np.ndarray:
    """The values (names, times) of a run that has begun."""
    kept = np.array([unknown(run.solver.system, n) for n in names])
    pieces = [values.T for _, values in run.sampled(kept, np.asarray(times), run.drives.stop)]
    return np.concatenate(pieces, axis=1)
