"""The transient analysis, or search for an equilibrium, that fits a circuit: of light, of electronics, or of both."""

from __future__ import annotations

from ..circuit import Circuit
from .electronic_transient import ElectronicTransient
from .electronics import is_electronic, is_optical
from .mixed_settle import MixedSettling
from .mixed_transient import MixedTransient
from .request import Request
from .settle import SettleRequest, Settles, Settling
from .transient import Transient


def make_transient(circuit: Circuit, request: Request) -> Transient | ElectronicTransient:
    """A transient, ready to `run`. Raises UsageError when the request does not fit the circuit."""
    if not is_electronic(circuit):
        return Transient(circuit, request)
    if not is_optical(circuit) and not circuit.processes:
        return ElectronicTransient(circuit, request)
    return MixedTransient(circuit, request)


def make_settling(circuit: Circuit, request: SettleRequest) -> Settles:
    """A search for an equilibrium. Raises UsageError when the request does not fit the circuit."""
    return MixedSettling(circuit, request) if is_electronic(circuit) else Settling(circuit, request)


def said_of(transient: Transient | ElectronicTransient) -> list[str]:
    """What the user should know about the electronics of a transient."""
    return transient.electronics.said if isinstance(transient, ElectronicTransient | MixedTransient) else []
