"""The circuits of single runs, and circuits that hold several runs side by side."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...circuit import Circuit
from ...digest import digest
from ...errors import Diagnostic, NetlistError, UsageError
from ...options import option_problem
from ...sweeps import DRAW, Plan, SideBySide, Stepped
from ..parameters import set_parameters

MOST_DRAWN = 1000
"""Drawn parameters that are coordinates of the result; the others can be drawn again from the seed."""


@dataclass(frozen=True)
class Variant:
    """The circuit of one run, and what distinguishes it: the swept values and the drawn ones, by name."""

    circuit: Circuit
    values: Mapping[str, float]


class Variants:
    """Makes the circuits of the runs of a sweep."""

    def __init__(self, circuit: Circuit, plan: Plan, seed: int):
        self.circuit, self.plan, self.seed = circuit, plan, seed
        known = circuit.recipe.parameters if circuit.recipe else set()
        self._options = {axis.name for axis in plan.axes if isinstance(axis, Stepped) and axis.option}
        self._own = ({axis.name for axis in plan.axes} & known) - self._options
        """The swept names that are parameters of the netlist; the others are those of instances."""

    @property
    def elaborates(self) -> bool:
        """Whether the netlist is elaborated anew for each run."""
        return bool(self._own) or self.plan.draws is not None

    @property
    def alike(self) -> bool:
        """Whether nothing but numbers of instances changes between the runs."""
        return not (self.elaborates or self._options)

    def is_own(self, name: str) -> bool:
        """Whether a swept name is a parameter of the netlist."""
        return name in self._own

    def alone(self, values: Mapping[str, float]) -> Circuit:
        """The circuit with these values of the netlist's parameters, and all others as in the first run."""
        assert self.circuit.recipe is not None
        return self.circuit.recipe.variant(values, self.seed, self.plan.point(0).draw)[0]

    def make(self, run: int) -> Variant:
        """The circuit of one run. Raises UsageError or NetlistError, which names the run."""
        point = self.plan.point(run)
        own = {name: value for name, value in point.values.items() if name in self._own}
        options = {name: value for name, value in point.values.items() if name in self._options}
        others = {n: v for n, v in point.values.items() if n not in self._own and n not in self._options}
        drawn: Mapping[str, float] = {}
        circuit = self.circuit
        try:
            if self.elaborates:
                assert circuit.recipe is not None
                circuit, drawn = circuit.recipe.variant(own, self.seed, point.draw)
                circuit.options = {**circuit.options, "seed": self.circuit.options.get("seed", 0)}
                circuit.processes = self.circuit.processes
            circuit, _ = set_parameters(circuit, dict(others))
            circuit = _with_options(circuit, options)
        except NetlistError as error:
            step = f"run {run}: {point}"
            raise NetlistError([replace(d, expansion=(step, *d.expansion)) for d in error.diagnostics]) from None
        except UsageError as error:
            raise UsageError(f"run {run} ({point}): {error}") from None
        if point.draw is None:
            return Variant(circuit, point.values)
        draw = {DRAW: float(point.draw)} if len(self.plan.axes) > 1 else {}
        return Variant(circuit, {**point.values, **draw, **_results(circuit, drawn)})


def _with_options(circuit: Circuit, options: Mapping[str, float]) -> Circuit:
    """The circuit with other values of options. Raises UsageError for values that make no sense."""
    for name, value in options.items():
        if problem := option_problem(name, value):
            raise UsageError(problem)
    changed = copy.copy(circuit)
    changed.options = {**circuit.options, **options}
    return changed


def _results(circuit: Circuit, drawn: Mapping[str, float]) -> dict[str, float]:
    """The value that each random parameter has got; of models, the number that was drawn."""
    found: dict[str, float] = {}
    for path, number in list(drawn.items())[:MOST_DRAWN]:
        owner, _, parameter = path.rpartition(".")
        instance = circuit.instances.get(owner)
        value = circuit.parameters.get(path, number)
        if instance is not None and isinstance(instance.values.get(parameter), float):
            value = instance.values[parameter]
        found[path] = value
    return found


# -- structure --------------------------------------------------------------------------------------------------


def structure(circuit: Circuit) -> str:
    """A digest of all that must be the same for two runs to go side by side: everything but plain numbers."""
    instances = [
        (
            i.name,
            i.device.name,
            i.device.variant(i.settings).__qualname__,
            i.nets,
            i.references,
            tuple(i.ports),
            {name: "number" if _is_number(value) else value for name, value in i.values.items()},
        )
        for i in circuit.instances.values()
    ]
    rest = (circuit.carriers, circuit.external, circuit.options, circuit.initial, circuit.nodesets)
    return digest((instances, *rest))


def content(circuit: Circuit) -> str:
    """A digest of all that a circuit is."""
    instances = [(i.name, i.device.name, i.nets, i.references, i.values) for i in circuit.instances.values()]
    cards = (circuit.analyses, circuit.measures, circuit.options, circuit.initial, circuit.nodesets, circuit.carriers)
    return digest((instances, *cards))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex | np.number) and not isinstance(value, bool)


def asked(circuit: Circuit) -> tuple[str, ...]:
    """What must be the same in all runs of a sweep, so that their results fit into one."""
    analyses = [replace(a, position=None) for a in circuit.analyses]
    grid = circuit.carriers if len(circuit.carriers) > 1 or any(a.kind == "sparam" for a in analyses) else ()
    return (
        f"its analyses, {analyses}",
        f"its carriers, {grid}",
        f"its saved signals, {[r.signal for r in circuit.requests]}",
        f"its measures, {[m.name for m in circuit.measures]}",
    )


# -- side by side -----------------------------------------------------------------------------------------------


def side_by_side(nominal: Circuit, variants: Sequence[Variant], numbers: Sequence[int]) -> Circuit:
    """One circuit that stands for runs of the same structure.

    numbers  of the runs, in the sweep
    """
    first = variants[0].circuit
    merged = copy.copy(first)
    merged.parameters = nominal.parameters
    merged.sweep, merged.recipe = None, None
    params = {
        f"{name}.{key}": np.array(each)
        for name, instance in first.instances.items()
        for key in instance.values
        if _is_number(instance.values[key])
        and _differ(each := [v.circuit.instances[name].values[key] for v in variants])
    }
    merged.runs = SideBySide(np.array(numbers), *_coordinates(nominal, variants), params, _measures(variants))
    return merged


def _differ(values: list[Any]) -> bool:
    return any(value != values[0] and not (value != value and values[0] != values[0]) for value in values)


def _measures(variants: Sequence[Variant]) -> tuple[tuple[Any, ...], ...]:
    each = tuple(tuple(v.circuit.measures) for v in variants)
    return () if all(one == each[0] for one in each) else each


def _coordinates(
    nominal: Circuit, variants: Sequence[Variant]
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, str]]]:
    """What distinguishes the runs, and its units and descriptions."""
    names = dict.fromkeys(name for v in variants for name in v.values)
    values = {name: np.array([v.values.get(name, np.nan) for v in variants]) for name in names}
    return values, {name: label(nominal, name) for name in names}


def label(circuit: Circuit, name: str) -> tuple[str, str]:
    """Unit and description of a swept or drawn name."""
    if name == DRAW:
        return "1", "Monte Carlo draw"
    if name in ("temp", "tnom") and name not in circuit.parameters:
        return "degC", "temperature" if name == "temp" else "temperature that parameters are for"
    owner, _, parameter = name.rpartition(".")
    instance = circuit.find_instance(owner) if owner else None
    if instance is None or parameter not in instance.device.params:
        return "1", f"parameter {name}"
    declared = instance.device.params[parameter]
    return declared.unit or "1", f"{declared.doc}, of {owner}"


def refuse_different(first: Variant, other: Variant, run: int, place: Any) -> None:
    """Raise when two runs ask for different things: their results would not fit into one."""
    for one, two in zip(asked(first.circuit), asked(other.circuit), strict=True):
        if one != two:
            topic = one.partition(",")[0]
            message = f"the sweep changes {topic.removeprefix('its ')}: run {run} has {two}, and the first run {one}"
            raise NetlistError([Diagnostic(message, place)]) if place else UsageError(message)
