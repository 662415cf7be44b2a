"""Checks that need the whole circuit."""

from __future__ import annotations

import itertools

from ..cards import Scattering
from ..circuit import Circuit
from ..errors import PLACED, Diagnostics, UsageError, nearest
from ..units import C0, engineering
from .functions import CONSTANTS


def check_spans(circuit: Circuit, found: Diagnostics) -> None:
    """The spans around the carriers make one rising frequency axis: they must not overlap."""
    if found.doubtful(PLACED, ".carrier"):
        return
    carriers = sorted(C0 / wavelength for wavelength in circuit.carriers)
    gap = min((b - a for a, b in itertools.pairwise(carriers)), default=float("inf"))
    for analysis in circuit.analyses:
        if isinstance(analysis, Scattering) and analysis.span >= gap:
            found.error(
                f"the span of {engineering(analysis.span, 'Hz')} around each carrier overlaps the next: "
                f"carriers are {engineering(gap, 'Hz')} apart",
                analysis.position,
            )
        elif isinstance(analysis, Scattering) and analysis.span / 2 >= carriers[0]:
            found.error(
                f"half the span must be less than the carrier, {engineering(carriers[0], 'Hz')}", analysis.position
            )


def check_initial(circuit: Circuit, found: Diagnostics) -> None:
    """Every `.ic x(instance.state)` must name a state that is there."""
    for signal in circuit.initial:
        name, _, state = signal[2:-1].rpartition(".")
        place = circuit.initial_positions.get(signal)
        instance = circuit.instances.get(name)
        if instance is None and found.doubtful(PLACED, name):
            continue
        if instance is None:
            found.error(f".ic {signal}: unknown instance {name!r}{nearest(name, circuit.instances)}", place)
            continue
        states = instance.device.variant(instance.settings).states
        if state not in states:
            known = nearest(state, states) or ": it has none"
            found.error(f".ic {signal}: {instance.device.name} has no state {state!r}{known}", place)


def check_measures(circuit: Circuit, found: Diagnostics) -> None:
    """The expressions of `.meas .. param=` may name other measures and parameters only."""
    known = {measure.name for measure in circuit.measures}
    for measure in circuit.measures:
        for name, place in measure.places.items() if measure.kind == "param" else ():
            if not (name in known or name in measure.constants or name in CONSTANTS or found.doubtful(PLACED, name)):
                among = nearest(name, (known | set(measure.constants)) - {measure.name})
                found.error(f"measure {measure.name}: unknown measure or parameter {name!r}{among}", place)


def require_analysis(circuit: Circuit) -> None:
    """Raise UsageError when the circuit asks for no analysis: there is nothing to run."""
    if not circuit.analyses:
        where = f"{circuit.source}: " if circuit.source else ""
        raise UsageError(
            f"{where}the netlist asks for no analysis: add a card such as .tran 1p 1n, or .sparam 101 span=1t"
        )
