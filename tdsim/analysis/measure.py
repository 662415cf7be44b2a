"""Works out `.meas` cards on the samples of a run; between samples everything is a straight line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..measures import LAST, Event, Measure
from ..netlist.expressions import evaluate as evaluate_expression
from ..netlist.nodes import ExpressionError
from ..netlist.scope import Scope

Lookup = Callable[[str], np.ndarray]
Warn = Callable[[str], None]


class Failed(Exception):
    """The measure has no value; the sentence says why."""


def evaluate_all(measures: Iterable[Measure], time: np.ndarray, lookup: Lookup, warn: Warn) -> dict[str, Any]:
    """The values of all measures, those of other measures (`param=`) last; each a float, or an array over runs.

    time    (samples,) in s; frequencies of .ac, values of the inner axis of .dc, rising
    lookup  signal name to its samples, shape (..., samples); powers are real, envelopes complex
    warn    called with a sentence for every measure that has no value, which is NaN then
    """
    measures = list(measures)
    values = {m.name: evaluate(m, time, lookup, warn) for m in measures if m.kind != "param"}
    for measure in measures:
        if measure.kind == "param":
            values[measure.name] = _param(measure, values, warn)
    return {m.name: values[m.name] for m in measures}


def evaluate(measure: Measure, time: np.ndarray, lookup: Lookup, warn: Warn) -> Any:
    """The value of one measure: a float, or an array over the leading axes of its signals; NaN where there is none."""
    signals = {name: np.asarray(lookup(name)) for name in measure.signals()}
    shape = np.broadcast_shapes(*(s.shape[:-1] for s in signals.values())) if signals else ()
    values = np.empty(shape, dtype=complex)
    for where in np.ndindex(*shape):
        one = {name: np.broadcast_to(s, (*shape, s.shape[-1]))[where] for name, s in signals.items()}
        try:
            values[where] = _single(measure, time, one)
        except Failed as reason:
            run = f" in run {', '.join(map(str, where))}" if where else ""
            warn(f"measure {measure.name}{run} has no value: {reason}")
            values[where] = math.nan
    result = values if np.any(values.imag) else values.real
    return result if shape else result.item()


def _param(measure: Measure, values: dict[str, Any], warn: Warn) -> Any:
    """An expression of other measures, run by run."""
    names = {n: np.asarray(v) for n, v in values.items()}
    shape = np.broadcast_shapes(*(v.shape for v in names.values())) if names else ()
    result = np.full(shape, math.nan)
    for where in np.ndindex(*shape):
        known = {n: np.broadcast_to(v, shape)[where].item() for n, v in names.items()}
        try:
            result[where] = evaluate_expression(measure.expression, Scope(None, {**measure.constants, **known}))
        except (ExpressionError, TypeError, ValueError) as reason:
            warn(f"measure {measure.name} has no value: {reason}")
    return result if shape else result.item()


def _single(measure: Measure, time: np.ndarray, signals: dict[str, np.ndarray]) -> complex:
    """The value for one run. Raises Failed."""
    if measure.kind == "delay" and measure.event is not None and measure.target is not None:
        start = _instant(measure.event, measure, time, signals)
        return _instant(measure.target, measure, time, signals) - start
    if measure.event is not None:
        at = _instant(measure.event, measure, time, signals)
        if measure.kind == "when":
            return at
        y = signals[measure.signal]
        return complex(_slope(time, y, at) if measure.kind == "deriv" else _value(time, y, at))
    if measure.kind == "find":
        return complex(signals[measure.signal][-1])  # of an operating point, which is one point
    t, y = _window(measure, time, signals[measure.signal])
    if measure.kind not in ("avg", "integ") and np.iscomplexobj(y):
        raise Failed(f"{measure.kind} needs a real signal: measure a power, p(..)")
    return complex(_REDUCTIONS[measure.kind](t, y))


def _window(measure: Measure, time: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The samples between start and stop, with interpolated ones at both ends."""
    start = time[0] if math.isnan(measure.start) else max(measure.start, time[0])
    stop = time[-1] if math.isnan(measure.stop) else min(measure.stop, time[-1])
    if not start < stop:
        raise Failed(f"the window from {start:g} to {stop:g} is empty")
    inside = (time > start) & (time < stop)
    t = np.concatenate([[start], time[inside], [stop]])
    return t, np.concatenate([[_value(time, y, start)], y[inside], [_value(time, y, stop)]])


def _integral(t: np.ndarray, y: np.ndarray) -> Any:
    return np.trapezoid(y, t)


def _mean_square(t: np.ndarray, y: np.ndarray) -> Any:
    """Of straight lines between the samples, exactly."""
    return np.sum(np.diff(t) * (y[1:] ** 2 + y[1:] * y[:-1] + y[:-1] ** 2) / 3) / (t[-1] - t[0])


_REDUCTIONS: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
    "avg": lambda t, y: _integral(t, y) / (t[-1] - t[0]),
    "rms": lambda t, y: math.sqrt(_mean_square(t, y)),
    "min": lambda t, y: y.min(),
    "max": lambda t, y: y.max(),
    "pp": lambda t, y: y.max() - y.min(),
    "integ": _integral,
    "min_at": lambda t, y: t[y.argmin()],
    "max_at": lambda t, y: t[y.argmax()],
}


def _value(time: np.ndarray, y: np.ndarray, at: float) -> Any:
    if not time[0] <= at <= time[-1]:
        raise Failed(f"{at:g} is not in the run, {time[0]:g} to {time[-1]:g}")
    return np.interp(at, time, y)


def _slope(time: np.ndarray, y: np.ndarray, at: float) -> Any:
    """The slope of the line that holds `at`; at a sample, the mean of both sides."""
    _value(time, y, at)
    left = min(max(int(np.searchsorted(time, at, "left")) - 1, 0), len(time) - 2)
    right = min(max(int(np.searchsorted(time, at, "right")) - 1, 0), len(time) - 2)
    slopes = [(y[k + 1] - y[k]) / (time[k + 1] - time[k]) for k in (left, right)]
    return sum(slopes) / 2


def _instant(event: Event, measure: Measure, time: np.ndarray, signals: dict[str, np.ndarray]) -> float:
    """When the event happens (s)."""
    if not math.isnan(event.at):
        return event.at
    level = signals[event.level] if isinstance(event.level, str) else event.level
    difference = signals[event.signal] - level
    if np.iscomplexobj(difference):
        raise Failed("crossings need a real signal: measure a power, p(..)")
    crossings = _crossings(time, difference, event.edge)
    start = event.delay if math.isnan(measure.start) else max(event.delay, measure.start)
    crossings = crossings[crossings >= start]
    if not math.isnan(measure.stop):
        crossings = crossings[crossings <= measure.stop]
    if len(crossings) < max(event.count, 1):
        asked = f"{event.edge} {event.count}" if event.count != LAST else f"a {event.edge}"
        raise Failed(f"{event.signal} has {len(crossings)} such crossings of {event.level}, {asked} was asked for")
    return float(crossings[-1 if event.count == LAST else event.count - 1])


def _crossings(time: np.ndarray, y: np.ndarray, edge: str) -> np.ndarray:
    """The times at which y passes zero; touching it from above and going back is none."""
    above = y >= 0
    rising, falling = ~above[:-1] & above[1:], above[:-1] & ~above[1:]
    found = np.flatnonzero({"rise": rising, "fall": falling, "cross": rising | falling}[edge])
    before, after = y[found], y[found + 1]
    return np.asarray(time[found] + (time[found + 1] - time[found]) * before / (before - after))
