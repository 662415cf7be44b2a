"""Settings of a SAX netlist as parameters of a device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..device import Device
from ..errors import Diagnostics, nearest
from ..units import shifted
from .aliases import IGNORED, PARAMETERS
from .nodes import ExpressionError
from .problems import Problem
from .scan import Card, Piece, fold, is_sound
from .scope import Scope
from .source import Source
from .values import Word, read_value

Report = Callable[[str], None]


def device_values(
    device: type[Device], settings: dict[Any, Any], length_power: int, folder: Path, error: Report
) -> dict[str, Any]:
    """SI values of a device's parameters; `length_power` is -6 where the source writes lengths in um, else 0.

    Names of other tools are translated. Unknown settings go to `error`, which adds the instance.
    """
    values: dict[str, Any] = {}
    for key, value in settings.items():
        name, factor = _parameter(device, str(key).lower())
        if name is None:
            if str(key).lower() not in IGNORED:
                error(f"{device.name} has no parameter {key!r}{nearest(str(key).lower(), device.params)}")
            continue
        power = length_power if device.params[name].unit == "m" else 0
        try:
            values[name] = _value(value, factor, power, folder)
        except (Problem, ExpressionError, OverflowError) as problem:
            error(f"{key}: {problem}")
    return values


def _parameter(device: type[Device], key: str) -> tuple[str | None, float]:
    """The parameter that a setting means, and the factor to SI."""
    if key in device.params:
        return key, 1.0
    name, factor = PARAMETERS.get(key, ("", 1.0))
    return (name if name in device.params else None), factor


def _value(value: Any, factor: float, power: int, folder: Path) -> Any:
    """Numbers, lists of numbers, and text, which is a value of the netlist language; others are left as they are."""
    if isinstance(value, bool) or value is None:
        raise Problem(f"a number is expected, not {value!r}")
    if isinstance(value, int | float):
        return shifted(value * factor, power)
    if isinstance(value, list | tuple):
        return tuple(_value(v, factor, power, folder) for v in value)
    return text_value(value, folder) if isinstance(value, str) else value


def text_value(text: str, folder: Path) -> Any:
    """A value written in the netlist language: "10u", "pulse(0 1m 10p)", "cmt". Raises Problem."""
    card = Card(Source("", text, folder), fold(text), (Piece(0, 0, 0),))
    found = Diagnostics()
    if not card.words or not is_sound(card, found):
        raise Problem(found.errors[0].message if found.errors else "the value is empty")
    given = read_value(card, 0, len(card.words))
    return given.text if isinstance(given, Word) else given.resolve(Scope())
