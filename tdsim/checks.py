"""Checks of parameter values against what a device declares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import device as _device
from .behaviour import Behaviour
from .errors import Diagnostics, nearest

if TYPE_CHECKING:
    from .circuit import Instance


def is_shape(value: Any) -> bool:
    """Whether a parameter value is a source shape, to be followed in time."""
    return hasattr(value, "resolve")


def check_values(instance: Instance, found: Diagnostics) -> bool:
    """Check each given parameter against its declaration, then how they fit together; whether all is well."""
    sound = True
    params = instance.device.params
    for name, value in instance.values.items():
        param = params.get(name)
        if param is None:
            problem: str | None = f"{instance.device.name} has no parameter {name!r}{nearest(name, params)}"
        elif type(value) is float and param.kind == "number" and param.bounds[0] <= value <= param.bounds[1]:
            continue  # nearly all of them: large circuits load in seconds because this is quick
        else:
            problem = value_problem(param, value)
            problem = f"{name} {problem}" if problem else None
        if problem:
            sound = False
            found.error(f"{instance.name}: {problem}", instance.place_of(name), instance.expansion)
    problem = instance.device.validate(instance.settings) if sound else None
    if problem:
        place = instance.place_of(problem.split()[0])
        found.error(f"{instance.name}: {problem}", place, instance.expansion)
    return sound and not problem


def value_problem(param: _device.Param, value: Any) -> str | None:
    """What is wrong with a value, as the end of a sentence that starts with the parameter's name."""
    if param.kind == "expression":
        return None if isinstance(value, Behaviour) else f"must be an expression, not {value!r}"
    if param.kind == "text":
        if not isinstance(value, str):
            return f"must be a word, not {value!r}"
        if param.choices and value not in param.choices:
            return f"must be {' or '.join(param.choices)}, not {value!r}"
        return None
    if is_shape(value):
        return None if param.drivable else "cannot follow a source shape in time: it must be a number"
    if isinstance(value, str):
        return f"must be a number, not the word {value!r}"
    if param.kind == "list":
        value = np.concatenate([np.empty(0), *map(np.ravel, value)]) if isinstance(value, tuple | list) else value
    elif isinstance(value, tuple | list):
        return "is one number, not a list"
    numbers = np.asarray(value)
    if not np.issubdtype(numbers.dtype, np.number):
        return f"must be a number, not {value!r}"
    if np.isnan(numbers).any() and not (isinstance(param.default, float) and math.isnan(param.default)):
        return "is not a number (NaN)"
    low, high = param.bounds
    if np.iscomplexobj(numbers):
        return None
    if (numbers < low).any() or (numbers > high).any():
        worst = float(np.min(numbers)) if (numbers < low).any() else float(np.max(numbers))
        unit = "" if param.unit in ("1", "") else f" {param.unit}"
        return f"= {worst:g}{unit} is out of bounds: {_interval(low, high)}{unit}"
    return None


def _interval(low: float, high: float) -> str:
    if low > -math.inf and high < math.inf:
        return f"it must lie in {low:g} to {high:g}"
    return f"it must be at least {low:g}" if low > -math.inf else f"it must be at most {high:g}"
