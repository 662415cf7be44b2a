"""Derivatives with respect to parameters of the netlist (`.param`), by the chain rule through those of instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..analysis.followers import moved, own_parameters
from ..circuit import Circuit
from .slopes import WEIGHTS
from .targets import Parameter

NEAR = 1e-3
"""How far a parameter is moved to see what follows it, relative to itself."""

Chain = dict[str, np.ndarray]
"""How parameters of instances change with one of the netlist's, (runs or 1,) by their labels."""


def chains(circuit: Circuit, names: Sequence[str], params: Mapping[str, Any]) -> dict[str, Chain]:
    """The chains of those of the names that are parameters of the netlist; `params` as in `gradient`."""
    own = own_parameters(circuit)
    return {name: _chain(circuit, name.lower(), params) for name in names if name.lower() in own}


def _chain(circuit: Circuit, name: str, params: Mapping[str, Any]) -> Chain:
    given = {key.lower(): np.atleast_1d(value) for key, value in params.items() if "." not in key}
    given.setdefault(name, np.atleast_1d(circuit.parameters[name]))
    runs = max(values.size for values in given.values())
    parts: dict[str, np.ndarray] = {}
    for run in range(runs):
        values = {key: float(value[run % value.size]) for key, value in given.items()}
        near = NEAR * (abs(values[name]) or 1.0)
        for way, weight in WEIGHTS.items():
            changes = moved(circuit, {name: values[name] + way * near}, values)
            for (instance, parameter), (old, new) in changes.items():
                listed = isinstance(new, tuple | list)
                pairs = enumerate(zip(old, new, strict=True)) if listed else [(None, (old, new))]
                for place, (before, after) in pairs:
                    label = Parameter(instance, parameter, place).label
                    if label not in params and f"{instance}.{parameter}" not in params:
                        parts.setdefault(label, np.zeros(runs))[run] += weight / near * (after - before)
    return {label: slope for label, slope in parts.items() if np.any(slope)}


def joined(slopes: Any, chained: Mapping[str, Chain], wanted: Sequence[str]) -> Any:
    """The derivatives by the names that are wanted, from those by parameters of instances."""
    found = {}
    for name in wanted:
        if name not in chained:
            continue
        total: Any = 0.0
        for label, slope in chained[name].items():
            total = total + slopes[label] * (slope if slopes[label].dims else float(slope[0]))
        found[name] = total if chained[name] else 0.0
    kept = slopes.drop_vars([v for v in slopes.data_vars if v in _hidden(chained, wanted)])
    return kept.assign(found)


def _hidden(chained: Mapping[str, Chain], wanted: Sequence[str]) -> set[str]:
    """Labels that were differentiated by for the sake of a chain alone."""
    return {label for chain in chained.values() for label in chain} - set(wanted)
