"""tdsim: a time-domain simulator for photonic and electronic circuits with delays and feedback.

    circuit = tdsim.load("ring.cir")
    result = tdsim.simulate(circuit)

The public names are loaded when they are first used, so that `import tdsim` is instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "load": "netlist",
    "loads": "netlist",
    "Circuit": "circuit",
    "Device": "device",
    "register": "device",
    "simulate": "analysis.simulate",
    "transient": "analysis.simulate",
    "sparam": "analysis.simulate",
    "State": "engine.state",
    "open": "results",
    "TdsimError": "errors",
    "UsageError": "errors",
    "NetlistError": "errors",
    "SimulationError": "errors",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604

if TYPE_CHECKING:
    from .analysis.simulate import simulate, sparam, transient
    from .circuit import Circuit
    from .device import Device, register
    from .engine.state import State
    from .errors import NetlistError, SimulationError, TdsimError, UsageError
    from .netlist import load, loads
    from .results import open


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tdsim' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
