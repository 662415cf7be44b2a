"""Results from disk, as they were in memory: complex numbers, and the names of signals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError, nearest
from . import blocks, layout, segments
from .dataset import as_tree
from .place import remove_leftovers

if TYPE_CHECKING:
    import xarray as xr


def open(path: str | Path) -> xr.Dataset | xr.DataTree:
    """The result at `path`: a Dataset, or a DataTree when several analyses ran.

    Data are read when they are used. Of an unfinished result there is what its segments hold, with the attribute
    `unfinished` = 1. Raises UsageError when there is no result, or none that can be read.
    """
    path = Path(path)
    try:
        if path.is_file():
            return _finished(path)
        if segments.listed(path):
            return _unfinished(path)
        if blocks.finished(path):
            return blocks.some(blocks.finished(path))
    except (OSError, ValueError, RuntimeError) as problem:
        raise UsageError(f"{path} cannot be read as a result: {problem}") from problem
    beside = [p.name for p in path.parent.glob("*.nc")] if path.parent.is_dir() else []
    raise UsageError(f"there is no result {path}{nearest(path.name, beside)}")


def is_finished(path: Path, netlist: str, parameters: Mapping[str, float]) -> bool:
    """Whether `path` is the finished result of this netlist; what a kill at its very end has left is removed.

    Raises UsageError when it is one of another netlist, so that nothing is left to resume.
    """
    import netCDF4

    if not path.is_file():
        return False
    with netCDF4.Dataset(path) as file:
        same = getattr(file, "netlist", None) == netlist
        same = same and json.loads(getattr(file, "parameters", "{}")) == parameters
    if not same:
        raise UsageError(
            f"{path} is the finished result of another netlist or other parameters: there is nothing to resume; "
            "without --resume it is replaced"
        )
    remove_leftovers(path)
    return True


def _finished(path: Path) -> xr.Dataset | xr.DataTree:
    import netCDF4

    with netCDF4.Dataset(path) as file:
        groups = list(file.groups)
    root = _dataset(path)
    if not groups:
        return root
    return as_tree(root, {name: _dataset(path, name) for name in groups})


def _dataset(path: Path, group: str | None = None) -> xr.Dataset:
    import xarray as xr

    options: dict[str, Any] = {"auto_complex": True, "decode_times": False}
    return _restored(xr.open_dataset(path, group=group, engine="netcdf4", **options))


def _restored(dataset: xr.Dataset) -> xr.Dataset:
    """With the names that the file could not hold."""
    original = {str(stored): v.attrs.pop("name") for stored, v in dataset.variables.items() if "name" in v.attrs}
    return dataset.rename(original)


def _unfinished(path: Path) -> xr.Dataset | xr.DataTree:
    import xarray as xr

    found = {name: _joined(files) for name, files in segments.listed(path).items()}
    if len(found) == 1:
        return next(iter(found.values()))
    root = xr.Dataset(attrs={**layout.root_attributes(d.attrs for d in found.values()), "unfinished": 1})
    return as_tree(root, found)


def _joined(files: list[Path]) -> xr.Dataset:
    """One analysis from its segments; the last one has the latest attributes."""
    import xarray as xr

    parts = []
    for file in files:
        with _dataset(file) as part:
            parts.append(part.drop_vars([n for n, v in part.items() if layout.HIDDEN in v.attrs]).load())
    if not next(iter(parts[0].data_vars.values())).dims:
        return parts[-1].assign_attrs(unfinished=1)
    stream = str(next(iter(parts[0].data_vars.values())).dims[-1])
    joined = xr.concat(parts, stream, data_vars="minimal", coords="minimal", compat="override", join="override")
    return joined.assign_attrs({**parts[-1].attrs, "unfinished": 1})
