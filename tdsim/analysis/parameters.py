"""Instance parameters changed from outside the netlist: `params={"xps.phase": values}`."""

from __future__ import annotations

import copy
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ..circuit import Circuit, check_values
from ..errors import Diagnostics, UsageError, nearest


def set_parameters(circuit: Circuit, values: dict[str, Any]) -> tuple[Circuit, int | None]:
    """A circuit with other parameter values, and the number of runs they are for (None when all are numbers).

    values  "inst.parameter" (`*` matches any text) to a number, a source shape, or an array (runs,).
    Raises UsageError for unknown names, bad values, and arrays of different lengths.
    """
    if not values:
        return circuit, None
    changed = copy.copy(circuit)
    changed.instances = dict(circuit.instances)
    runs: int | None = None
    for name, value in values.items():
        if np.ndim(value) > 1:
            raise UsageError(f"{name} takes a number or an array (runs,), not an array of {np.ndim(value)} dimensions")
        if np.ndim(value) == 1:
            count = len(value)
            if runs not in (None, count):
                raise UsageError(f"parameters do not agree on the number of runs: {runs} and {count} ({name})")
            runs = count
        for instance, parameter in _targets(circuit, name):
            _set(changed, instance, parameter, np.asarray(value) if np.ndim(value) == 1 else value)
    return changed, runs


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
