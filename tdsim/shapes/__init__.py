"""Source shapes: what may stand in the place of a drivable parameter (PULSE, SIN, ..., PRBS, FILE)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import UsageError, nearest
from .analytic import AmplitudeModulated, Constant, Exponential, FrequencyModulated, Pulse, Sine
from .piecewise import FromFile, Piecewise
from .prbs import PseudoRandomBits
from .protocol import Shape, Waveform, Written
from .random import Noise, RandomSteps, seeded

_SHAPES: dict[str, type[Written]] = {
    shape.word: shape
    for shape in (
        Constant,
        Pulse,
        Sine,
        Exponential,
        Piecewise,
        FrequencyModulated,
        AmplitudeModulated,
        Noise,
        RandomSteps,
        PseudoRandomBits,
        FromFile,
    )
}

SHAPE_NAMES = frozenset(_SHAPES)
"""The words that start a shape, in lower case."""


def make_shape(name: str, args: Iterable[Any], keywords: dict[str, Any] | None = None, folder: str = "") -> Shape:
    """The shape `name(args) keyword=value`, as `make_shape("pulse", [0, 1e-3, 1e-12])`.

    Numbers are in SI units; FILE takes strings, relative to `folder`. Raises UsageError with a sentence that says what
    is wrong and how the shape is written.
    """
    found = _SHAPES.get(name.lower())
    if found is None:
        raise UsageError(f"unknown source shape {name!r}{nearest(name.lower(), _SHAPES)}")
    return found.read(tuple(args), keywords or {}, folder)


def shape_summaries() -> list[tuple[str, str]]:
    """Of each shape how it is written and, in a sentence, what it does."""
    return [(shape.form(), " ".join((shape.__doc__ or "").split("\n\n")[0].split())) for shape in _SHAPES.values()]


__all__ = ["SHAPE_NAMES", "Shape", "Waveform", "make_shape", "seeded", "shape_summaries"]
