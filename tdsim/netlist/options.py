"""Sets what `.options` says."""

from __future__ import annotations

from ..circuit import Circuit
from ..errors import Diagnostics
from ..options import FLAGS, IGNORED, option_problem, unknown_option
from .nodes import Value
from .problems import Problem
from .scan import Place


def set_option(name: str, value: Value, place: Place, circuit: Circuit, found: Diagnostics) -> None:
    """Set one option of the circuit. Unknown ones are warned about; raises Problem for impossible values."""
    problem, unknown = option_problem(name, value), unknown_option(name)
    if problem:
        raise Problem(problem, place)
    if unknown:
        found.warn(unknown, place.position)
    elif name not in IGNORED:
        circuit.options[name] = bool(value) if name in FLAGS else value
