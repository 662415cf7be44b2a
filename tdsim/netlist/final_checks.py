"""Checks that need the whole circuit."""

from __future__ import annotations

import itertools
from dataclasses import replace

from ..cards import TEMPERATURE, Axis, Scattering, Settle, Sweep, Transient, count_problem
from ..circuit import GROUND, Circuit
from ..device import OPTICAL
from ..errors import PLACED, Diagnostics, about_file, nearest
from ..probes import node_problem
from ..signals import PARTS
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


def check_steps(circuit: Circuit, found: Diagnostics) -> None:
    """With optics the step is the sample interval and must fit into the run; without, any will do, as in ngspice."""
    optics = any(net.domain == OPTICAL for net in circuit.nets.values())
    for analysis in (a for a in circuit.analyses if isinstance(a, Transient)):
        too_many = count_problem(analysis.step, analysis.stop)
        if optics and too_many:
            found.error(too_many, analysis.position)
        if analysis.step > analysis.stop:
            message = f"the step {analysis.step:g} is longer than the stop time {analysis.stop:g}: .tran step stop"
            (found.error if optics else found.warn)(message, analysis.position)


def check_parts(circuit: Circuit, found: Diagnostics) -> None:
    """Parts of small signals (vdb, vp, ...) need an analysis that has small signals."""
    if any(analysis.kind == "ac" for analysis in circuit.analyses):
        return
    for request in circuit.requests:
        if request.signal.partition("(")[0] in PARTS:
            message = f"{request.signal} is part of a small signal: the netlist has no .ac, which would compute it"
            found.error(message, request.position)


def check_settles(circuit: Circuit, found: Diagnostics) -> None:
    """A search for an equilibrium needs a step; a transient that starts from one needs the search, at its own step."""
    searches = [a for a in circuit.analyses if isinstance(a, Settle)]
    for search in searches:
        if circuit.settle_step(search) is None:
            found.error(
                ".settle needs a step: give tstep=, a .tran card whose step it takes, or .options dt=", search.position
            )
    for analysis in circuit.analyses:
        if isinstance(analysis, Transient) and analysis.settled:
            if not searches:
                found.error(".tran from=settle needs a .settle card, which finds the equilibrium", analysis.position)
            elif circuit.settle_step(searches[-1]) != analysis.step:
                found.error(
                    f".tran from=settle needs the step of .settle, {circuit.settle_step(searches[-1]):g} s",
                    analysis.position,
                )


def settle_sweeps(circuit: Circuit, found: Diagnostics) -> None:
    """Look up what the sweeps change: the value of a source, a resistance, or the temperature."""
    for index, analysis in enumerate(circuit.analyses):
        if isinstance(analysis, Sweep):
            circuit.analyses[index] = replace(analysis, axes=tuple(_settled(a, circuit, found) for a in analysis.axes))


def _settled(axis: Axis, circuit: Circuit, found: Diagnostics) -> Axis:
    if axis.parameter == TEMPERATURE:
        return axis
    instance = circuit.find_instance(axis.target)
    if instance is None and found.doubtful(PLACED, axis.target):
        return axis
    if instance is None:
        known = [n for n, i in circuit.instances.items() if i.device.letter in SWEPT]
        found.error(f".dc: unknown source {axis.target!r}{nearest(axis.target, [*known, TEMPERATURE])}", axis.position)
        return axis
    parameter = SWEPT.get(instance.device.letter)
    if parameter is None:
        message = f".dc: {axis.target} is a {instance.device.name}; a sweep changes a source, a resistor or temp"
        found.error(message, axis.position)
        return axis
    return replace(axis, target=instance.name, parameter=parameter)


SWEPT = {"v": "dc", "i": "dc", "r": "r"}
"""Letters of elements that .dc can sweep, and which of their parameters."""


def check_initial(circuit: Circuit, found: Diagnostics) -> None:
    """Every `.ic x(instance.state)` must name a state that is there, every v(node) of .ic and .nodeset a node."""
    for card, places in ((".ic", circuit.initial_positions), (".nodeset", circuit.nodeset_positions)):
        for signal, place in places.items():
            problem = node_problem(circuit, signal[2:-1]) if signal.startswith("v(") else None
            if signal.startswith("v(") and signal[2:-1] in GROUND:
                problem = "ground is 0 V, whatever is given"
            if problem and not found.doubtful(PLACED, signal[2:-1]):
                found.error(f"{card} {signal}: {problem}", place)
    for signal in (s for s in circuit.initial if s.startswith("x(")):
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
        message = "the netlist asks for no analysis: add a card such as .tran 1p 1n, .op, or .sparam 101 span=1t"
        raise about_file(circuit.source, message)
