"""Reading the samples of a FILE shape: netCDF (a variable over its time coordinate) and columns of numbers (CSV)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError, nearest
from .protocol import Array

Samples = tuple[Array | None, Array]
"""Times (None: equally spaced by the step) and values."""


def read_samples(path: Path, variable: str) -> Samples:
    """The samples of `variable` in a netCDF file, or of a CSV file. Raises UsageError when that cannot be done."""
    is_text = path.suffix.lower() in (".csv", ".txt", ".dat")
    try:
        if not path.is_file():
            raise UsageError(f"there is no file {str(path)!r} to take a waveform from")
        times, values = _read_columns(path) if is_text else _read_netcdf(path, variable)
    except (OSError, ValueError) as failure:
        raise UsageError(f"cannot read a waveform from {str(path)!r}: {failure}") from failure
    _check(path, times, values)
    return times, values


def _check(path: Path, times: Array | None, values: Array) -> None:
    if not values.size:
        raise UsageError(f"{str(path)!r} holds no samples")
    if not np.isfinite(values).all():
        raise UsageError(f"{str(path)!r} holds values that are not finite numbers")
    if times is not None and not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise UsageError(f"the times in {str(path)!r} do not increase from sample to sample")


def _read_columns(path: Path) -> Samples:
    """Columns: value; or time, value; or time, real part, imaginary part. A first line of names is skipped."""
    text = path.read_text(encoding="utf-8").replace(",", " ").replace(";", " ").splitlines()
    rows = [line.split() for line in text if line.strip() and not line.lstrip().startswith("#")]
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]
    table = np.array(rows, dtype=float).reshape(len(rows), -1)
    if table.shape[1] == 1:
        return None, table[:, 0]
    if table.shape[1] == 2:
        return table[:, 0], table[:, 1]
    if table.shape[1] == 3:
        return table[:, 0], table[:, 1] + 1j * table[:, 2]
    raise ValueError(
        f"it has {table.shape[1]} columns; 1 (value), 2 (time, value) or 3 (time, real, imaginary) are known"
    )


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _read_netcdf(path: Path, variable: str) -> Samples:
    import netCDF4

    with netCDF4.Dataset(path, "r", auto_complex=True) as file:
        name = _choose(path, file, variable)
        found = file.variables[name]
        if found.ndim != 1:
            sizes = ", ".join(f"{d} {n}" for d, n in zip(found.dimensions, found.shape, strict=True))
            raise UsageError(f"{name!r} in {str(path)!r} has the dimensions ({sizes}); a waveform has one, time")
        coordinate = file.variables.get(found.dimensions[0])
        times = None if coordinate is None else np.asarray(coordinate[:], dtype=float)
        return times, _plain(found[:])


def _choose(path: Path, file: Any, variable: str) -> str:
    """The variable asked for; the only one when none is."""
    names: list[str] = [name for name in file.variables if name not in file.dimensions]
    folded = {name.lower(): name for name in names}
    if variable:
        if variable not in names and variable.lower() not in folded:
            raise UsageError(f"{str(path)!r} has no variable {variable!r}{nearest(variable, names)}")
        return variable if variable in names else folded[variable.lower()]
    if len(names) != 1:
        raise UsageError(f"{str(path)!r} holds {len(names)} variables: name one of {', '.join(names)}")
    return names[0]


def _plain(values: Any) -> Array:
    """An ordinary real or complex array; compounds of two numbers (r, i) become complex, masked samples NaN."""
    values = np.ma.filled(values, np.nan) if np.ma.isMaskedArray(values) and values.mask.any() else np.asarray(values)
    if values.dtype.names and len(values.dtype.names) == 2:
        real, imaginary = (values[part] for part in values.dtype.names)
        return np.asarray(real + 1j * imaginary)
    return np.asarray(values, dtype=complex if np.iscomplexobj(values) else float)
