"""tdsim: a time-domain simulator for photonic and electronic circuits with delays and feedback.

    circuit = tdsim.load("ring.cir")
    result = tdsim.simulate(circuit)

The public names are loaded when they are first used, so that `import tdsim` is instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

_HOME = {
    "load": "netlist",
    "loads": "netlist",
    "Circuit": "circuit",
    "Device": "device",
    "register": "device",
    "simulate": "analysis.simulate",
    "transient": "analysis.simulate",
    "settle": "analysis.simulate",
    "fixed_point": "analysis.simulate",
    "sparam": "analysis.simulate",
    "OperatingPoints": "analysis.operating_points",
    "sweep": "analysis.sweeping",
    "gradient": "adjoint.gradient",
    "sensitivity": "adjoint.sensitivity",
    "State": "engine.state",
    "open": "results",
    "TdsimError": "errors",
    "UsageError": "errors",
    "NetlistError": "errors",
    "SimulationError": "errors",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from .adjoint.gradient import gradient as gradient
    from .adjoint.sensitivity import sensitivity as sensitivity
    from .analysis.operating_points import OperatingPoints as OperatingPoints
    from .analysis.simulate import fixed_point as fixed_point
    from .analysis.simulate import settle as settle
    from .analysis.simulate import simulate as simulate
    from .analysis.simulate import sparam as sparam
    from .analysis.simulate import transient as transient
    from .analysis.sweeping import sweep as sweep
    from .circuit import Circuit as Circuit
    from .device import Device as Device
    from .device import register as register
    from .engine.state import State as State
    from .errors import NetlistError as NetlistError
    from .errors import SimulationError as SimulationError
    from .errors import TdsimError as TdsimError
    from .errors import UsageError as UsageError
    from .netlist import load as load
    from .netlist import loads as loads
    from .results import open as open


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tdsim' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
