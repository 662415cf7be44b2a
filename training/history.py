"""What happened during training: one record an epoch, kept as an xarray Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

UNITS = {"time": "s", "energy_inference": "J", "energy_update": "J"}


class History:
    """Records, and remarks: sentences.

    unit  of the cost
    """

    def __init__(self, unit: str = "V2") -> None:
        self._units = {**UNITS, "cost": unit}
        self.records: list[dict[str, float]] = []
        self.remarks: list[str] = []

    def add(self, record: Mapping[str, float]) -> None:
        """Add an epoch."""
        self.records.append({name: float(value) for name, value in record.items()})

    def remark(self, sentence: str) -> None:
        """Add a remark, once."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def dataset(self) -> Any:
        """Everything, along `epoch`; what an epoch did not measure is nan."""
        import xarray as xr

        names = list(dict.fromkeys(name for record in self.records for name in record))
        variables = {
            name: ("epoch", [r.get(name, np.nan) for r in self.records], {"units": self._units.get(name, "1")})
            for name in names
        }
        coordinates = {"epoch": ("epoch", np.arange(1, len(self.records) + 1), {"units": "1"})}
        return xr.Dataset(variables, coordinates, {"remarks": "\n".join(self.remarks)})

    def save(self, path: str | Path) -> None:
        """Write the Dataset as netCDF."""
        self.dataset().to_netcdf(path)
