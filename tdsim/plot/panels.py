"""What a figure shows: one panel for each quantity of each analysis, with its lines."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UsageError, nearest
from ..units import engineering
from .reduce import envelope, wrapped
from .scale import PLAIN

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = {"W": "power", "V": "voltage", "A": "current", "rad": "phase", "K": "temperature", "Hz": "frequency"}
MOST_LINES = 48
DARK = 1e-4
"""Below this part of its largest magnitude, a phasor's phase is noise and not shown."""
FLOOR_DB = -200.0
ABSENT = 1e-9
"""S-parameters that never exceed this are not drawn, unless asked for."""


@dataclass(frozen=True)
class Line:
    """One trace; `source` is the same for all traces of one port (e(out), p(out)), which share a colour."""

    label: str
    source: str
    x: np.ndarray
    y: np.ndarray


@dataclass
class Panel:
    """Lines of one quantity over one axis; what did not fit is counted in `left_out`."""

    analysis: str
    quantity: str
    unit: str
    axis: str
    axis_unit: str
    lines: list[Line] = field(default_factory=list)
    left_out: int = 0


View = tuple[str, str, Callable[[np.ndarray], np.ndarray]]
"""Quantity, unit, and the function that gives it."""


def panels(result: xr.Dataset | xr.DataTree, signals: Sequence[str] = ()) -> list[Panel]:
    """The panels of a result, or of the signals named (`*` stands for any text).

    Raises UsageError for unknown signals, and when there is nothing to draw.
    """
    groups = datasets(result)
    wanted = _matching([str(n) for g in groups for n in g.data_vars], signals)
    found: dict[tuple[str, str, str], Panel] = {}
    for group in groups:
        for name, variable in group.data_vars.items():
            if str(name) in wanted and variable.size and _axis(variable):
                _add(found, group, variable, asked=bool(signals))
    if not found:
        raise UsageError("there is nothing to draw: no signal of this result has an axis")
    return list(found.values())


def datasets(result: xr.Dataset | xr.DataTree) -> list[xr.Dataset]:
    """The Dataset of each analysis."""
    import xarray as xr

    if isinstance(result, xr.DataTree):
        return [node.to_dataset() for node in result.children.values()]
    return [result]


def _matching(names: list[str], signals: Sequence[str]) -> set[str]:
    """The names that are asked for. Brackets, as in @xps[phase], mean themselves."""
    if not signals:
        return set(names)
    found: set[str] = set()
    for signal in signals:
        pattern = signal.lower().replace(" ", "")
        matched = {n for n in names if n == pattern or fnmatchcase(n, pattern.replace("[", "[[]"))}
        if not matched:
            raise UsageError(f"the result has no signal {signal!r}{nearest(pattern, names)}")
        found |= matched
    return found


def _axis(variable: xr.DataArray) -> str:
    """The dimension along which a signal is drawn: its last, when it has a coordinate of its own; "" for scalars."""
    last = str(variable.dims[-1]) if variable.dims else ""
    return last if last in variable.coords and last not in ("run", "carrier") else ""


def _add(found: dict[tuple[str, str, str], Panel], group: xr.Dataset, variable: xr.DataArray, asked: bool) -> None:
    if _is_scattering(variable) and not asked and float(np.abs(variable).max()) < ABSENT:
        return
    analysis, axis = str(group.attrs.get("analysis", "")), _axis(variable)
    x = np.asarray(variable[axis], float)
    for quantity, unit, view in _views(variable):
        key = (analysis, quantity, unit)
        panel = found.setdefault(key, Panel(analysis, quantity, unit, axis, str(variable[axis].attrs.get("units", ""))))
        for label, trace in _traces(variable):
            if len(panel.lines) < MOST_LINES:
                source = label.partition("(")[2] or label
                drawn = envelope(x, view(np.asarray(trace)))
                panel.lines.append(Line(label, source, *(wrapped(*drawn) if view is _phase else drawn)))
            else:
                panel.left_out += 1


def _is_scattering(variable: xr.DataArray) -> bool:
    return str(variable.name).startswith("s(") and _axis(variable) == "frequency"


def _views(variable: xr.DataArray) -> list[View]:
    """How a signal is shown: real ones as they are, complex ones as magnitude and phase, s-parameters in dB."""
    unit = str(variable.attrs.get("units", ""))
    if _is_scattering(variable):
        return [("transmission", "dB", _decibel)]
    if np.iscomplexobj(variable):
        letter = "|e|" if str(variable.name).startswith("e") else f"|{str(variable.name).partition('(')[0]}|"
        return [(letter, unit, np.abs), (f"phase of {letter[1:-1]}", "rad", _phase)]
    return [(QUANTITIES.get(unit, str(variable.attrs.get("long_name", variable.name))), unit, np.asarray)]


def _decibel(values: np.ndarray) -> np.ndarray:
    magnitude: np.ndarray = np.maximum(np.abs(values), 10 ** (FLOOR_DB / 20))
    return np.asarray(20 * np.log10(magnitude))


def _phase(values: np.ndarray) -> np.ndarray:
    """The phase without jumps of 2 pi, with gaps in the dark."""
    magnitude = np.abs(values)
    phase: np.ndarray = np.unwrap(np.angle(values))
    phase[magnitude <= DARK * np.max(magnitude, initial=0.0)] = np.nan
    return phase


def _traces(variable: xr.DataArray) -> Iterator[tuple[str, xr.DataArray]]:
    """One labelled trace for each run and carrier."""
    leading = [str(d) for d in variable.dims[:-1]]
    for places in itertools.product(*(range(variable.sizes[d]) for d in leading)):
        trace = variable.isel(dict(zip(leading, places, strict=True)))
        marks = [_mark(variable, d, place) for d, place in zip(leading, places, strict=True)]
        yield " ".join([str(variable.name), *marks]), trace


def _mark(variable: xr.DataArray, dimension: str, place: int) -> str:
    """What tells one run or carrier from the others."""
    along = [c for n, c in variable.coords.items() if c.dims == (dimension,) and str(n) != dimension]
    if dimension == "run" and len(along) == 1:
        value, unit = float(along[0][place]), str(along[0].attrs.get("units", ""))
        return f"{along[0].name}={value:.4g}" if unit in PLAIN else f"{along[0].name}={engineering(value, unit)}"
    if dimension == "carrier" and dimension in variable.coords:
        return f"{float(variable[dimension][place]) * 1e9:.7g} nm"
    return f"{dimension} {place}"
