"""Devices that are looked at elsewhere than where their nodes are: those said to be `off`, those with an `ic`.

For a while the row of their group points to other tables, in which the ends of their controls are other unknowns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np

from .groups import Group
from .kinds import CONTROLS, UNKNOWNS
from .words import Words


@contextmanager
def turned_off(words: Words, groups: Sequence[Group]) -> Iterator[None]:
    """No voltage across the devices that are said to be off."""
    ground = words["Z"].size - 1
    with ExitStack() as stack:
        for row, group in zip(words["GROUP_ROWS"], groups, strict=True):
            if group.off.any():
                controls = group.controls.copy()
                controls[group.off] = ground
                stack.enter_context(_pointed(row, CONTROLS, controls))
        yield


@contextmanager
def given_starts(words: Words, groups: Sequence[Group], run: int) -> Iterator[None]:
    """The voltages that `ic` gives; where it gives none, those of Z."""
    z = words["Z"]
    with ExitStack() as stack:
        for row, group in zip(words["GROUP_ROWS"], groups, strict=True):
            if group.starts:
                controls, longer = group.controls.copy(), list(z)
                for instance, control, end, origin, values in group.starts:
                    value = values[run % values.size]
                    if not np.isnan(value):
                        controls[instance, control, end] = len(longer)
                        longer.append(z[origin] + value)
                stack.enter_context(_pointed(row, CONTROLS, controls))
                stack.enter_context(_pointed(row, UNKNOWNS, np.array(longer)))
        yield


@contextmanager
def _pointed(row: np.ndarray, word: int, array: np.ndarray) -> Iterator[None]:
    before = row[word]
    row[word] = array.ctypes.data
    try:
        yield
    finally:
        row[word] = before
