"""What a transient analysis is asked for, and what every result says about where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..cards import count_problem
from ..circuit import Circuit
from ..engine.state import State
from ..errors import UsageError
from ..version import __version__


@dataclass(frozen=True)
class Branch:
    """What a branch, seen from within a run, takes over from that run.

    sets      "inst.parameter" to what is set at the first sample
    horizon   the end (s) of the run, which the shapes of sources know
    complete  whether the run keeps all that a run from its last state could need
    """

    sets: Mapping[str, Any]
    horizon: float
    complete: bool


@dataclass
class Request:
    """One transient: times in s, what to put in, what to change, what to keep (`extra` on top of `save`).

    Of electrical circuits also: the longest step (s), whether to leave out the operating point (`uic`), and the times
    (s) at which values are wanted instead of at the accepted points.
    """

    step: float
    stop: float
    start: float = 0.0
    inputs: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    save: Sequence[str] | None = None
    state: State | None = None
    return_state: bool = False
    extra: Sequence[str] = ()
    name: str = "tran"
    longest: float | None = None
    uic: bool = False
    times: Any = None
    branch: Branch | None = None

    def check(self) -> None:
        """Raise UsageError when the times make no sense."""
        if not (self.step > 0 and np.isfinite(self.step)):
            raise UsageError(f"the step must be above zero, not {self.step:g} s")
        if not (np.isfinite(self.stop) and self.stop >= 0):
            raise UsageError(f"the stop time must be zero or more, not {self.stop:g} s")
        too_many = count_problem(self.step, self.stop)
        if too_many:
            raise UsageError(too_many)
        if not 0 <= self.start <= self.stop:
            raise UsageError(f"the start of the output, {self.start:g} s, must lie between 0 and stop")

    @property
    def horizon(self) -> float:
        """The end (s) that the shapes of sources know, some of whose defaults depend on it."""
        return self.stop if self.branch is None else self.branch.horizon

    @property
    def sets(self) -> Mapping[str, Any]:
        """What is set at the first sample, as a process would."""
        return {} if self.branch is None else self.branch.sets

    @property
    def complete(self) -> bool:
        """Whether all is kept that a run from its last state could need."""
        if self.branch is not None:
            return self.branch.complete
        return self.return_state or self.state is not None

    @property
    def last(self) -> int:
        """Number of the last sample: the last grid point at or before stop."""
        steps = self.stop / self.step
        whole = round(steps)
        return whole if abs(steps - whole) < 1e-9 + 1e-15 * steps else int(steps)

    def grid(self) -> np.ndarray:
        """The times (s) of the samples that are kept."""
        first = int(np.ceil(self.start / self.step - 1e-9))
        return np.arange(first, self.last + 1) * self.step


def attributes(circuit: Circuit) -> dict[str, Any]:
    """What every result says about where it comes from."""
    return {
        "title": circuit.title,
        "tdsim_version": __version__,
        "netlist": circuit.text,
        "parameters": json.dumps(circuit.parameters, sort_keys=True),
        "seed": seed_of(circuit),
    }


def seed_of(circuit: Circuit) -> int:
    """The seed of all random numbers, `.options seed=`; 0 when none is given."""
    return int(circuit.options.get("seed", 0))


def describe(circuit: Circuit, name: str) -> tuple[str, str]:
    """Unit and meaning of "inst.parameter"."""
    instance, _, parameter = name.rpartition(".")
    found = circuit.instances.get(instance)
    if found is None or parameter not in found.device.params:
        return "1", name
    param = found.device.params[parameter]
    return param.unit or "1", param.doc
