"""What a file can hold: numbers, words, arrays, lists and dictionaries by words, as JSON and a set of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import UsageError

_ARRAY, _COMPLEX = "#array", "#complex"


def packed(value: Any, arrays: dict[str, np.ndarray], name: str) -> Any:
    """The value as JSON knows it; arrays are put aside under numbers.

    name  of the value, for errors
    Raises UsageError for what a file cannot hold.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, complex):
        return {_COMPLEX: [value.real, value.imag]}
    if isinstance(value, np.ndarray) and value.dtype != object:
        arrays[str(len(arrays))] = value
        return {_ARRAY: str(len(arrays) - 1)}
    if isinstance(value, list | tuple):
        return [packed(v, arrays, f"{name}[{k}]") for k, v in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(k, str) for k in value):
        return {k: packed(v, arrays, f"{name}.{k}" if name else k) for k, v in value.items()}
    raise UsageError(
        f"{name} is of type {type(value).__name__}, which a checkpoint cannot hold: "
        "keep numbers, words, arrays, lists and dictionaries by words"
    )


def unpacked(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The value that `packed` packed; tuples have become lists."""
    if isinstance(value, list):
        return [unpacked(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_ARRAY}:
        return arrays[value[_ARRAY]]
    if value.keys() == {_COMPLEX}:
        return complex(*value[_COMPLEX])
    return {k: unpacked(v, arrays) for k, v in value.items()}
