"""Numbers of instances that follow parameters of the netlist: what `{coupling}` stands for when coupling changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..circuit import Circuit, Instance
from ..errors import UsageError

Numbers = dict[tuple[str, str], Any]
"""(instance, parameter) to a number, or to a tuple of them where the parameter is a list."""


def own_parameters(circuit: Circuit) -> set[str]:
    """The names of the netlist's own parameters (`.param`); none for a circuit made in Python."""
    return circuit.recipe.parameters if circuit.recipe else set()


def following(circuit: Circuit, values: Mapping[str, float], before: Mapping[str, float] = {}) -> Numbers:
    """What instances have when parameters of the netlist have these values, where it is not what they have before.

    before  values that parameters have been given already; the others are as the netlist says
    Raises as `moved` does.
    """
    return {key: new for key, (_, new) in moved(circuit, values, before).items()}


def moved(circuit: Circuit, values: Mapping[str, float], before: Mapping[str, float]) -> dict[tuple[str, str], Any]:
    """The numbers of instances that differ between two sets of values of the netlist's parameters: (before, after).

    Raises UsageError when something else follows them, and NetlistError when the netlist cannot be read with them.
    """
    assert circuit.recipe is not None
    (old, _), (new, _) = (circuit.recipe.variant(dict(v)) for v in (before, {**before, **values}))
    which = ", ".join(values)
    for what in ("carriers", "external", "options", "initial", "nodesets"):
        if getattr(old, what) != getattr(new, what):
            raise UsageError(f"{which} changes {what} of the circuit, not only numbers of instances: load it anew")
    if list(old.instances) != list(new.instances):
        raise UsageError(f"{which} changes which instances there are: load the netlist anew")
    found: dict[tuple[str, str], Any] = {}
    for one, other in zip(old.instances.values(), new.instances.values(), strict=True):
        found |= {(one.name, name): pair for name, pair in _changed(one, other, which).items()}
    return found


def _changed(before: Instance, after: Instance, which: str) -> dict[str, Any]:
    """The numbers of an instance that have changed, before and after."""
    same = (before.device, before.nets, before.references) == (after.device, after.nets, after.references)
    if not same or before.values.keys() != after.values.keys():
        raise UsageError(f"{which} changes how {before.name} is wired: load the netlist anew")
    found = {}
    for name, value in after.values.items():
        if value != before.values[name]:
            numbers = value if isinstance(value, tuple | list) else [value]
            if not all(isinstance(n, int | float) for n in numbers):
                raise UsageError(f"{before.name}.{name} follows {which}, and is not a number: load the netlist anew")
            found[name] = (before.values[name], value)
    return found
