"""Checks that can be made only when all of a circuit is there: what is joined, its ports, carriers and options."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from .cards import Transient
from .device import OPTICAL
from .errors import PLACED, Diagnostics, nearest
from .options import option_problem, unknown_option

if TYPE_CHECKING:
    from .circuit import Circuit, Instance, Net

FEW = 4
"""So many open nets are looked at one by one: more are meant, and differ by their numbers only."""


def check_complete(circuit: Circuit, found: Diagnostics) -> None:
    """Collect what is wrong with the whole; where nothing is, warn about what may be."""
    _check_references(circuit, found)
    _check_external(circuit, found)
    _check_options(circuit, found)
    if not found.doubtful(PLACED, ".carrier"):
        _check_carriers(circuit, found)
    if not found.errors:
        _warn_open_nets(circuit, found)
        _warn_step(circuit, found)


def _check_references(circuit: Circuit, found: Diagnostics) -> None:
    """Elements that name others (K, F, H): these must be there and fit, and a pair is joined once."""
    joined: dict[frozenset[str], Instance] = {}
    for instance in circuit.instances.values():
        if not instance.references or found.full:
            continue
        for k, name in enumerate(instance.references):
            problem = _reference_problem(circuit, instance, name, found)
            if problem:
                found.error(f"{instance.name}: {problem}", instance.place_of(str(k + 1)), instance.expansion)
        pair = frozenset(instance.references)
        problem = None
        if len(pair) < len(instance.references):
            problem = f"{instance.references[0]} is joined to itself; name two instances"
        elif len(pair) > 1 and pair in joined:
            problem = f"{' and '.join(instance.references)} are joined already, by {joined[pair].name}"
        if problem:
            found.error(f"{instance.name}: {problem}", instance.place_of("2"), instance.expansion)
        joined.setdefault(pair, instance)


def _reference_problem(circuit: Circuit, instance: Instance, name: str, found: Diagnostics) -> str | None:
    other = circuit.instances.get(name)
    if other is not None:
        refusal = instance.device.refuses(other.device.variant(other.settings))
        return f"{name} is a {other.device.name}, {refusal}" if refusal else None
    if found.doubtful(PLACED, name):
        return None
    return f"unknown instance {name!r}{nearest(name, circuit.instances.keys() - {instance.name})}"


def _check_external(circuit: Circuit, found: Diagnostics) -> None:
    for name, net in circuit.external.items():
        place = circuit.external_positions.get(name)
        if net not in circuit.nets and found.doubtful(PLACED, net):
            continue
        if net not in circuit.nets:
            found.error(f"port {name!r}: unknown net {net!r}{nearest(net, circuit.nets)}", place)
        elif circuit.nets[net].domain == OPTICAL and len(circuit.nets[net].terminals) > 1:
            first, second = circuit.nets[net].terminals[:2]
            found.error(f"port {name!r}: net {net!r} is not open, it joins {first} and {second}", place)


def _check_options(circuit: Circuit, found: Diagnostics) -> None:
    """Options that a script set, as the netlist's are checked."""
    for name, value in circuit.options.items():
        problem, unknown = option_problem(name, value), unknown_option(name)
        if problem:
            found.error(problem)
        elif unknown:
            found.warn(unknown)
    order = circuit.options.get("maxord", 2)
    if circuit.options.get("method") == "gear" and isinstance(order, int | float) and 2 < order <= 6:
        found.error(
            f"option maxord = {order:g}: Gear's formula has order 1 or 2 here; write maxord=2, or leave `method` out, "
            "which takes a method of order 4"
        )


def _check_carriers(circuit: Circuit, found: Diagnostics) -> None:
    last = len(circuit.carriers) - 1
    for instance in circuit.instances.values():
        if instance.device.emit is None:
            continue
        largest = float(np.max(instance.values.get("carrier", 0.0)))
        if largest > last:
            found.error(
                f"{instance.name}: carrier = {largest:g} is not in the .carrier list, which has "
                f"{'carriers 0 to ' + str(last) if last else 'carrier 0 only'}",
                instance.place_of("carrier"),
                instance.expansion,
            )


def _warn_step(circuit: Circuit, found: Diagnostics) -> None:
    step = circuit.options.get("dt")
    for analysis in circuit.analyses:
        if step is not None and isinstance(analysis, Transient) and analysis.step != step:
            found.warn(
                f"option dt = {step:g} s is not used here: .tran gives its own step, {analysis.step:g} s "
                "(dt is for transients that a script starts without one)",
                analysis.position,
            )


# -- open nets --------------------------------------------------------------------------------------------------


def _warn_open_nets(circuit: Circuit, found: Diagnostics) -> None:
    """Warn about nets with one end that nobody asks for, once for all that one port on one line makes."""
    groups: dict[object, list[Net]] = {}
    for net in _forgotten(circuit):
        terminal = net.terminals[0]
        place = circuit.instances[terminal.instance].place_of(terminal.port)
        groups.setdefault((place, terminal.port) if place else net.name, []).append(net)
    several = sum(len(nets) for nets in groups.values()) > FEW
    for nets in groups.values():
        if len(found.warnings) >= found.limit:
            return
        terminal = nets[0].terminals[0]
        instance = circuit.instances[terminal.instance]
        hint = "" if several else _nearest_open(circuit, nets[0])
        found.warn(_open_sentence(nets) + hint, instance.place_of(terminal.port), instance.expansion)


def _forgotten(circuit: Circuit) -> list[Net]:
    """Open nets that are not saved, measured or declared, are not called nc*."""
    asked = " ".join(r.signal for r in circuit.requests) + " " + " ".join(str(m) for m in circuit.measures)
    meant = {*circuit.external.values(), *re.findall(r"\(([^(),]+)\)", asked)}
    patterns = [m for m in meant if "*" in m]
    found = []
    for net in circuit.open_nets():
        names = (net.name, str(net.terminals[0]))
        if net.name.rsplit(".", 1)[-1].startswith("nc") or not meant.isdisjoint(names):
            continue
        if not any(fnmatchcase(name, pattern) for name in names for pattern in patterns):
            found.append(net)
    return found


def _open_sentence(nets: list[Net]) -> str:
    advice = "save {0}, declare {0} with .port or call {0} nc* to say that this is meant"
    if len(nets) == 1:
        return (
            f"optical net {nets[0].name!r} has one end only ({nets[0].terminals[0]}): it is matched and absorbs what "
            f"reaches it; {advice.format('it')}"
        )
    shown = ", ".join(repr(net.name) for net in nets[:3]) + (f" and {len(nets) - 3} more" if len(nets) > 3 else "")
    return (
        f"optical nets {shown} have one end only ({nets[0].terminals[0]}, ...): they are matched and absorb what "
        f"reaches them; {advice.format('them')}"
    )


def _nearest_open(circuit: Circuit, net: Net) -> str:
    """The open net that this one may be a slip of: a mistyped name leaves two nets with one end each."""
    close = nearest(net.name, (n.name for n in circuit.open_nets() if n is not net), 1)
    return close if close.startswith("; did") else ""
