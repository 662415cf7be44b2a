"""A cell that stores what it learns as a position, and shifts a resonator by it.

    dq/dt = p inverse_mass
    dp/dt = -coupling |A|^2 - friction p
    dA/dt = .. - i coupling q A          the resonator that it names: a shift by coupling q

q is the position, p the momentum, |A|^2 the energy in the resonator that the cell names. Without friction the cell
and the resonators are one Hamiltonian system, H = p^2 inverse_mass / 2 + coupling q |A|^2, that an echo runs
backwards; the momentum is what an echo leaves behind, and friction, switched on for a while, turns it into a step of
the position, by (p inverse_mass / friction)(1 - exp(-friction t)). A cell may be the two quadratures of a field; its
mass is below zero where that is detuned the other way, and the step then goes back.

Reference: V. Lopez-Pastor and F. Marquardt, Phys. Rev. X 13, 031020 (2023) (Hamiltonian echo backpropagation).
"""

from __future__ import annotations

from math import inf
from typing import Any

from ..device import Device, Param, State


class LearningCell(Device, name="learning_cell"):
    """Position and momentum that shift a resonator: `Xcell xr1 learning_cell` names the resonator instead of nets."""

    references = 1
    coupling = Param(1e9, "rad/s", "shift of the resonance for each unit of the position")
    inverse_mass = Param(1e15, "1/J/s", "velocity of the position for each unit of momentum")
    friction = Param(0.0, "1/s", "decay rate of the momentum", bounds=(0, inf))
    position = State("1", "position: what the cell has learnt", real=True)
    momentum = State("J", "momentum", real=True, reverse="negate")

    netlist = """A pulse in a resonator pushes a learning cell
Xl in     laser power=pulse(0 1m 50p 10p 10p 50p)
Xr in     resonator kappa=[2e10]
Xcell xr  learning_cell coupling=1e9 inverse_mass=1e15 friction=1e9
.tran 1p 1n
.save p(xr.o1) x(xcell.position) x(xcell.momentum)
.end
"""

    @classmethod
    def refuses(cls, other: type[Device]) -> str | None:
        return None if [s.unit for s in other.states.values()] == ["sqrt(J)"] else "which has no single cavity to shift"

    @staticmethod
    def scatter(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        return ()

    @staticmethod
    def flow(p: Any, a: Any, x: Any) -> tuple[Any, ...]:
        return p.inverse_mass * x.momentum, -p.friction * x.momentum
