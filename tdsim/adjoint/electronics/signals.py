"""What a cost sees of electronics, and its slopes by the unknowns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...analysis.readings import Power, Reading, Readings, Shown
from ...circuit import Circuit
from ...errors import UsageError, nearest
from ..costs import Cost


def pulled_back(cost: Cost, readings: Readings, kept: np.ndarray, has_runs: bool) -> np.ndarray:
    """dL/dkept, shaped as the kept unknowns (runs, times, kept)."""
    found = np.zeros_like(kept)
    known = {r.probe.name: r for r in readings.readings}
    signals = seen(readings, kept, has_runs)
    for name, slope in cost.pullback(signals).items():
        if name not in known:
            raise UsageError(f"the cost depends on {name}, which is not saved{nearest(name, known)}")
        array, shape = np.asarray(slope), signals[name].shape
        if array.shape != shape:
            raise UsageError(f"the cost's pullback gives {array.shape} for {name}, whose shape is {shape}")
        if not np.isfinite(array).all():
            raise UsageError(f"the cost's pullback gives a value for {name} that is not finite")
        _pull_back(known[name], array.real.reshape(kept.shape[:-1]), kept, found)
    return found


def seen(readings: Readings, kept: np.ndarray, has_runs: bool) -> dict[str, np.ndarray]:
    """The signals, (runs, times) or (times,), from the kept unknowns (runs, times, kept)."""
    return _Signals(readings.values(kept if has_runs else kept[0]))


class _Signals(dict[str, np.ndarray]):
    """Signals by name; one that is not there is a mistake of the user's."""

    def __missing__(self, name: str) -> np.ndarray:
        raise UsageError(f"the cost depends on {name}, which is not saved{nearest(name, self)}")


def _pull_back(reading: Reading, slope: np.ndarray, kept: np.ndarray, found: np.ndarray) -> None:
    """Add the slope of one signal (runs, times) to those of the kept unknowns that it is read from."""
    if not slope.any():
        return
    if isinstance(reading, Shown) or reading.constant is not None:
        raise UsageError(
            f"there is no gradient of {reading.probe.name}: let the cost depend on voltages, currents, and the power "
            "of elements that are linear"
        )
    across = slope
    if isinstance(reading, Power):
        across = slope * kept[..., reading.third]
        found[..., reading.third] += slope * (kept[..., reading.first] - kept[..., reading.second])
    found[..., reading.first] += across
    found[..., reading.second] -= across


def slopes_dataset(circuit: Circuit, slopes: Mapping[str, np.ndarray], has_runs: bool) -> Any:
    """Derivatives (runs,) by the names of parameters and sources as one Dataset."""
    import xarray as xr

    variables = {}
    for name, values in slopes.items():
        instance, _, parameter = name.partition("[")[0].rpartition(".")
        unit = circuit.instances[instance or parameter].device.params[parameter if instance else "dc"].unit
        units = {"units": f"1/({unit})" if unit not in ("", "1") else "1"}
        variables[name] = xr.Variable(("run",), values, units) if has_runs else xr.Variable((), values[0], units)
    return xr.Dataset(variables)
