"""What the processes of a circuit leave behind: their memories, where their waits began, and what they have set."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..digest import digest
from ..packing import packed, unpacked

_SAVED = "steering"


@dataclass(frozen=True)
class Steering:
    """All that it takes to start the processes of a circuit again, beside its State.

    processes  for each its `name`, its `memory`, whether it has `ended`, and since when it waits (`due`, s)
    settings   (instance.parameter, value) in the order in which they were set
    latest     the last sample (1, carriers, runs) of each wave, for those that read before there is a next one
    """

    processes: Sequence[Mapping[str, Any]]
    settings: Sequence[Sequence[Any]]
    latest: Mapping[str, np.ndarray]

    def parts(self) -> dict[str, Any]:
        """Its fields by name."""
        return {"processes": self.processes, "settings": self.settings, "latest": self.latest}

    def copy(self) -> Steering:
        """An independent copy. Raises UsageError when a process keeps in its memory what a file cannot hold."""
        arrays: dict[str, np.ndarray] = {}
        content = packed(self.parts(), arrays, "")
        return Steering(**unpacked(content, {name: array.copy() for name, array in arrays.items()}))

    def earlier(self, seconds: float) -> Steering:
        """The same where time counts from so much later on."""
        processes = [{**process, "due": process["due"] - seconds} for process in self.processes]
        return Steering(processes, self.settings, self.latest)

    def saved(self) -> dict[str, Any]:
        """What a file has to hold of it: a text and arrays by name. Raises UsageError as `copy`."""
        arrays: dict[str, np.ndarray] = {}
        text = json.dumps(packed(self.parts(), arrays, ""))
        return {_SAVED: np.array(text), **{f"{_SAVED}/{name}": array for name, array in arrays.items()}}

    @staticmethod
    def loaded(data: Any) -> Steering | None:
        """The one in a saved state; None where there is none."""
        if _SAVED not in data:
            return None
        prefix = f"{_SAVED}/"
        arrays = {name.removeprefix(prefix): data[name] for name in data.files if name.startswith(prefix)}
        return Steering(**unpacked(json.loads(str(data[_SAVED])), arrays))

    def equals(self, other: Steering) -> bool:
        """Whether both hold the same bits."""
        return digest(self.copy().parts()) == digest(other.copy().parts())

    def take(self, chosen: np.ndarray, runs: int) -> Steering:
        """Those of these runs. Of the processes' memories, the arrays of which the first axis is `runs` long."""
        arrays: dict[str, np.ndarray] = {}
        content = packed({"processes": self.processes, "settings": self.settings}, arrays, "")
        taken = {n: a[chosen] if a.ndim and len(a) == runs else a for n, a in arrays.items()}
        return Steering(**unpacked(content, taken), latest={n: a[..., chosen] for n, a in self.latest.items()})
