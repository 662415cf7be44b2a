"""Instance parameters changed from outside the netlist: `params={"xps.phase": values}`."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ..circuit import Circuit, Instance, check_values
from ..engine.state import State
from ..errors import Diagnostics, UsageError, nearest
from ..results.schema import Coordinate
from .followers import following, own_parameters
from .request import describe

_PLACE = re.compile(r"(.*)\[(\d+)\]$")
"""One number of a list: xr.kappa[1]."""


def set_parameters(circuit: Circuit, values: dict[str, Any]) -> tuple[Circuit, int | None]:
    """A circuit with other parameter values, and the number of runs they are for (None when all are numbers).

    values  "inst.parameter" (`*` matches any text) to a number, a source shape, or an array (runs,); where the
            parameter is a list, to one or to an array (runs, numbers); "inst.parameter[k]" is one number of a list.
            A parameter of the netlist, by its name alone, to a number or an array (runs,): all that follow it.
    Raises UsageError for unknown names, bad values, and arrays of different lengths.
    """
    if not values:
        return circuit, None
    own = _own(circuit, values)
    values = _with_followers(circuit, values)
    changed = copy.copy(circuit)
    changed.instances, changed.chosen = dict(circuit.instances), {**circuit.chosen, **own}
    runs = next((count for name, value in own.items() if (count := _number(name, value)[1]) is not None), None)
    for name, value in values.items():
        found = _PLACE.match(name)
        place = int(found[2]) if found else None
        for instance, parameter in _targets(circuit, found[1] if found else name):
            param = changed.instances[instance].device.params.get(parameter)
            if param is not None and param.kind == "list":
                new, count = _list(changed.instances[instance], parameter, place, value)
            elif place is not None:
                raise UsageError(f"{instance}.{parameter} is not a list, so there is no {name}")
            else:
                new, count = _number(name, value)
            if None not in (runs, count) and runs != count:
                raise UsageError(f"parameters do not agree on the number of runs: {runs} and {count} ({name})")
            runs = count if runs is None else runs
            _set(changed, instance, parameter, new)
    return changed, runs


def _with_followers(circuit: Circuit, values: dict[str, Any]) -> dict[str, Any]:
    """The values with what follows parameters of the netlist in their place; values of instances come after them."""
    given = _own(circuit, values)
    if not given:
        return values
    chosen = {**circuit.chosen, **given}
    counts = {name: _number(name, value)[1] for name, value in chosen.items()}
    runs = max((count for count in counts.values() if count is not None), default=None)
    for name, count in counts.items():
        if count not in (None, runs):
            raise UsageError(f"parameters do not agree on the number of runs: {count} ({name}) and {runs}")
    every = range(1 if runs is None else runs)
    found = [following(circuit, _at(given, run), _at(circuit.chosen, run)) for run in every]
    followers: dict[str, Any] = {}
    for instance, parameter in dict.fromkeys(key for numbers in found for key in numbers):
        present = circuit.instances[instance].settings[parameter]
        each = [numbers.get((instance, parameter), _in_run(present, run)) for run, numbers in enumerate(found)]
        followers[f"{instance}.{parameter}"] = each[0] if runs is None else np.array(each)
    return {**followers, **{name: value for name, value in values.items() if name.lower() not in given}}


def _own(circuit: Circuit, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are for parameters of the netlist."""
    own = own_parameters(circuit)
    return {name.lower(): value for name, value in values.items() if name.lower() in own}


def _at(values: Mapping[str, Any], run: int) -> dict[str, float]:
    """Values of parameters of the netlist in one run."""
    return {name: float(_in_run(value, run)) for name, value in values.items()}


def _in_run(value: Any, run: int) -> Any:
    """A value, or that of one run where runs differ; of a list its numbers."""
    if isinstance(value, tuple):
        return tuple(_in_run(number, run) for number in value)
    return value[run] if np.ndim(value) else value


def has_runs(circuit: Circuit, name: str, value: Any) -> bool:
    """Whether a value for "inst.parameter" differs between runs; a list of numbers for a list does not."""
    if name.lower() in own_parameters(circuit):
        return np.ndim(value) > 0
    found = _PLACE.match(name)
    pairs = _targets(circuit, found[1] if found else name)
    lists = [circuit.instances[i].device.params[p].kind == "list" for i, p in pairs]
    return np.ndim(value) > (0 if found or not all(lists) else 1)


def of_runs(circuit: Circuit, params: Mapping[str, Any], runs: Any) -> dict[str, Any]:
    """The values for some of the runs: a number, or an array of numbers of runs."""
    return {
        name: np.asarray(value)[runs] if has_runs(circuit, name, value) and len(value) > 1 else value
        for name, value in params.items()
    }


def coordinates(circuit: Circuit, params: Mapping[str, Any]) -> list[Coordinate]:
    """What results say along `run` about parameters that differ between runs; each number of a list by itself."""
    found = []
    for name, value in params.items():
        if has_runs(circuit, name, value):
            unit, doc = describe(circuit, _PLACE.sub(r"\1", name))
            array = np.asarray(value)
            columns = {name: array} if array.ndim == 1 else {f"{name}[{k}]": c for k, c in enumerate(array.T)}
            found += [Coordinate(label, unit, doc, column, "run") for label, column in columns.items()]
    return found


def held(circuit: Circuit, state: State | None) -> Circuit:
    """The circuit with what its processes had set when they were in this state.

    Raises UsageError when the state is that of a circuit with other processes.
    """
    if state is None or state.steering is None:
        return circuit
    found = [process["name"] for process in state.steering.processes]
    known = [name_of(function) for function, _ in circuit.processes]
    if found != known:
        raise UsageError(
            f"the state is that of a circuit with the processes {', '.join(found)}; "
            f"this one has {', '.join(known) or 'none'}: give it the same, in the same order"
        )
    for name, value in state.steering.settings:
        circuit, _ = set_parameters(circuit, {name: value})
    return circuit


def name_of(process: Any) -> str:
    """What a process is called."""
    return str(getattr(process, "__name__", process))


def single(circuit: Circuit, name: str) -> list[str]:
    """The parameters "inst.parameter" that a name with `*` stands for. Raises UsageError when there is none."""
    found = _PLACE.match(name)
    place = f"[{found[2]}]" if found else ""
    return [f"{instance}.{key}{place}" for instance, key in _targets(circuit, found[1] if found else name)]


def given(circuit: Circuit, params: Mapping[str, Any]) -> set[str]:
    """All the "inst.parameter" that parameters change, those that follow the netlist's own among them."""
    return {one for name in _with_followers(circuit, dict(params)) for one in single(circuit, name)}


def _number(name: str, value: Any) -> tuple[Any, int | None]:
    """A value as it is kept, and its runs."""
    if np.ndim(value) > 1:
        raise UsageError(f"{name} takes a number or an array (runs,), not an array of {np.ndim(value)} dimensions")
    return (np.asarray(value), len(value)) if np.ndim(value) == 1 else (value, None)


def _list(instance: Instance, parameter: str, place: int | None, value: Any) -> tuple[tuple[Any, ...], int | None]:
    """A list as it is kept: a tuple of numbers or of arrays (runs,); and its runs."""
    name = f"{instance.name}.{parameter}"
    if place is not None:
        numbers = tuple(instance.settings[parameter])
        if place >= len(numbers):
            raise UsageError(f"{name} has {len(numbers)} numbers, counted from 0, not {place}")
        new, runs = _number(f"{name}[{place}]", value)
        return (*numbers[:place], new, *numbers[place + 1 :]), runs
    array = np.asarray(value)
    if array.ndim not in (1, 2):
        raise UsageError(f"{name} takes a list of numbers or an array (runs, numbers), not {array.ndim} dimensions")
    if array.ndim == 2:
        return tuple(np.ascontiguousarray(column) for column in array.T), len(array)
    return tuple(v.item() for v in array), None


def _targets(circuit: Circuit, name: str) -> list[tuple[str, str]]:
    pattern, _, parameter = name.lower().rpartition(".")
    if "*" in pattern:
        names = [
            i.name for i in circuit.instances.values() if fnmatchcase(i.name, pattern) and parameter in i.device.params
        ]
    else:
        names = [pattern] if pattern in circuit.instances else []
    if not names:
        known = [f"{i.name}.{p}" for i in circuit.instances.values() for p in i.device.params]
        raise UsageError(f"unknown parameter {name!r}{nearest(name, known)}")
    return [(n, parameter) for n in names]


def _set(circuit: Circuit, name: str, parameter: str, value: Any) -> None:
    instance = circuit.instances[name]
    instance = replace(instance, values={**instance.values, parameter: value})
    found = Diagnostics()
    check_values(instance, found)
    if found.errors:
        raise UsageError("\n".join(e.message for e in found.errors))
    circuit.instances[name] = instance
