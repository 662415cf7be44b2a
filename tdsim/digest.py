"""Digests of values, bit for bit: equal for equal values, in every process and on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

PLACES = ("place", "position")
"""Fields that say where in a netlist something stands: not part of what it is."""


def digest(value: Any) -> str:
    """A short digest of numbers, words, arrays, dataclasses, and lists and dictionaries of these."""
    found = hashlib.blake2b(digest_size=8)
    _feed(found, value)
    return f"#{found.hexdigest()}"


def _feed(found: Any, value: Any) -> None:
    found.update(type(value).__name__.encode())
    if isinstance(value, np.ndarray):
        found.update(repr((value.shape, value.dtype)).encode() + value.tobytes())
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in PLACES:
                _feed(found, getattr(value, field.name))
    elif isinstance(value, tuple | list):
        found.update(str(len(value)).encode())
        for item in value:
            _feed(found, item)
    elif isinstance(value, dict):
        _feed(found, sorted(value.items()))
    else:
        found.update(value if isinstance(value, bytes) else repr(value).encode())
