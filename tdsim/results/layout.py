"""How a result is labelled, the same in memory and on disk: attributes, and the names that a file can hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

import numpy as np

from .schema import Coordinate, Measured, Schema, Variable

CONVENTIONS = "CF-1.11"
SHARED = ("title", "tdsim_version", "netlist", "parameters", "seed")
"""Attributes that hold for every analysis of a run: the root of a result with several analyses has them too."""


def stored_name(name: str) -> str:
    """The name under which a file holds a variable or dimension: netCDF has no "/" and no "@" in front."""
    safe = name.replace("/", "|")
    return "at_" + safe[1:] if safe.startswith("@") else safe


def tree_name(name: str) -> str:
    """The name inside a DataTree, where "/" separates groups; the attribute `name` keeps the signal's own."""
    return name.replace("/", "|")


def plain(value: Any) -> Any:
    """An attribute as netCDF can hold it: text, a number or an array; a dict becomes JSON, a truth value 0 or 1."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, Mapping):
        return json.dumps(value, default=_jsonable)
    if isinstance(value, tuple | list):
        return json.dumps(value, default=_jsonable) if any(isinstance(v, str) for v in value) else np.asarray(value)
    return value


def _jsonable(value: Any) -> Any:
    """What JSON does not know: arrays and numpy's numbers become lists and numbers, all else its text."""
    if isinstance(value, np.ndarray | np.generic):
        return _jsonable(value.tolist()) if np.iscomplexobj(value) else value.tolist()
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, list):
        return [_jsonable(v) for v in value]
    return str(value)


def analysis_attributes(schema: Schema, final: Mapping[str, Any]) -> dict[str, Any]:
    """All attributes of one analysis; those given as None are left out."""
    known = {"Conventions": CONVENTIONS, "tdsim_version": _version(), "analysis": schema.analysis}
    merged = {**known, **schema.attributes, **final}
    return {name: plain(value) for name, value in merged.items() if value is not None}


def root_attributes(analyses: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The attributes above several analyses: what they share, and their names in the order in which they ran."""
    every = list(analyses)
    shared = {name: every[0][name] for name in ("Conventions", *SHARED) if every and name in every[0]}
    return {**shared, "analysis": " ".join(a["analysis"] for a in every)}


HIDDEN = "hidden"
"""Attribute of the variables in a segment that the result will not hold."""


def labels(item: Coordinate | Variable) -> dict[str, str]:
    """The attributes of one variable or coordinate."""
    mark = {HIDDEN: "1"} if isinstance(item, Variable) and item.hidden else {}
    return {"units": item.units, "long_name": item.long_name, **mark}


def measure_labels(name: str, measured: Measured) -> dict[str, str]:
    """The attributes of one result of `.meas`."""
    return {"units": measured.units, "long_name": f"measured {name}"}


def _version() -> str:
    try:
        return metadata.version("tdsim")
    except metadata.PackageNotFoundError:  # used from a source tree that is not installed
        return "unknown"
