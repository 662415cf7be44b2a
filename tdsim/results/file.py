"""Whole netCDF-4 files: written under a temporary name, synced, then renamed into place."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from ..errors import SimulationError
from . import layout
from .buffer import leading_shape, sample_type
from .schema import Coordinate, Measured, Schema, Stretch, Variable

CHUNK = 131072
"""Values in a chunk: 1 MB of real ones. Compression works on whole chunks, and a reader takes whole chunks."""
SHORTEST_CHUNK = 64
MOST_UNLIMITED = 64
"""Variables of a group whose streamed dimension is unlimited."""

COMPRESSED = {"compression": "zlib", "complevel": 1, "shuffle": True}
"""Level 1: higher ones take up to twice the time and save 2 %."""


@dataclass(frozen=True)
class Content:
    """One analysis on its way to a file: `length` samples in all, at most `longest` of them in a chunk."""

    schema: Schema
    attributes: Mapping[str, Any]
    stretches: Iterable[Stretch]
    length: int
    longest: int


def write(
    path: Path,
    contents: Sequence[Content],
    measures: Mapping[str, Measured] | None = None,
    compress: bool = True,
    sync: bool = True,
) -> None:
    """Write a complete file, or none: raises SimulationError and leaves nothing when the disk does not take it.

    One content stands at the root of the file, several in a group each. `measures` stand at the root.
    """
    with whole_file(path, sync) as temporary, netCDF4.Dataset(temporary, "w", auto_complex=True) as root:
        _fill(root, contents, measures or {}, COMPRESSED if compress else {})


@contextlib.contextmanager
def whole_file(path: Path, sync: bool = True) -> Iterator[Path]:
    """The name to write a file under, which is then synced and renamed to `path`: there is all of it, or none.

    Without `sync`, which takes milliseconds, that holds as long as the machine does not lose its power.
    Raises SimulationError, and leaves nothing, when the disk does not take it.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        _into_place(temporary, path, sync)
    except (OSError, RuntimeError) as problem:  # HDF5 reports a failed write as RuntimeError
        raise SimulationError(f"could not write {path}: {_reason(problem, path.parent)}") from problem
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _fill(root: Any, contents: Sequence[Content], measures: Mapping[str, Measured], options: dict[str, Any]) -> None:
    if len(contents) == 1:
        _fill_group(root, contents[0], options)
    else:
        root.setncatts(layout.root_attributes(c.attributes for c in contents))
        for content in contents:
            _fill_group(root.createGroup(content.schema.analysis), content, options)
    for name, measured in measures.items():
        values = np.asarray(measured.values)
        for dimension, length in zip(measured.dimensions, values.shape, strict=True):
            if dimension not in root.dimensions:
                root.createDimension(dimension, length)
        for coordinate in measured.coordinates:
            if layout.stored_name(coordinate.name) not in root.variables:
                _write_coordinate(root, coordinate)
        variable = root.createVariable(layout.stored_name(name), values.dtype, measured.dimensions, fill_value=False)
        _label(variable, name, layout.measure_labels(name, measured))
        variable[...] = values


def _fill_group(group: Any, content: Content, options: dict[str, Any]) -> None:
    schema = content.schema
    group.setncatts(dict(content.attributes))
    if schema.single:
        _fill_single(group, content)
        return
    for coordinate in schema.coordinates:
        if not coordinate.dimension:
            group.createDimension(layout.stored_name(coordinate.name), _dimension_length(content, coordinate))
    for coordinate in schema.coordinates:
        if coordinate.values is not None:
            _write_coordinate(group, coordinate)
    streamed = next(c for c in schema.coordinates if c.name == schema.stream)
    along = Variable(schema.stream, (schema.stream,), streamed.units, streamed.long_name)
    stream = _create(group, along, (), content.longest, options)
    variables = {
        v.name: _create(group, v, leading_shape(schema, v), content.longest, options) for v in schema.variables
    }
    end = 0
    for stretch in content.stretches:
        start, end = end, end + len(stretch.stream)
        stream[start:end] = stretch.stream
        for name, variable in variables.items():
            variable[..., start:end] = stretch.values[name]


def _fill_single(group: Any, content: Content) -> None:
    """One point: a number for each signal, or for each of its runs, without a dimension for the point."""
    schema = content.schema
    kept = [c for c in schema.coordinates if c.values is not None and c.name != schema.stream]
    for coordinate in kept:
        if not coordinate.dimension:
            group.createDimension(layout.stored_name(coordinate.name), int(np.asarray(coordinate.values).size))
    for coordinate in kept:
        _write_coordinate(group, coordinate)
    for stretch in content.stretches:
        for item in schema.variables:
            name, dimensions = layout.stored_name(item.name), tuple(map(layout.stored_name, item.dimensions[:-1]))
            variable = group.createVariable(name, sample_type(item), dimensions, fill_value=False)
            _label(variable, item.name, layout.labels(item))
            variable[...] = stretch.values[item.name][..., 0]


def _dimension_length(content: Content, coordinate: Coordinate) -> int | None:
    """None for the streamed dimension: it is unlimited, as long as there are not too many variables.

    NOTE: whenever netCDF writes along an unlimited dimension it asks every variable of the group for its length. That
    is quadratic in the number of variables: 4096 of them take minutes, against a second with a fixed length.
    """
    if coordinate.name != content.schema.stream:
        return int(np.asarray(coordinate.values).size)
    return None if len(content.schema.variables) <= MOST_UNLIMITED else content.length


def _write_coordinate(group: Any, coordinate: Coordinate) -> None:
    values = np.asarray(coordinate.values)
    dimension = layout.stored_name(coordinate.dimension or coordinate.name)
    variable = group.createVariable(
        layout.stored_name(coordinate.name), values.dtype if values.dtype.kind != "U" else str, (dimension,)
    )
    _label(variable, coordinate.name, layout.labels(coordinate))
    if coordinate.dimension:  # the CF way to say that it is a coordinate of others
        names = [*getattr(group, "coordinates", "").split(), variable.name]
        group.setncattr("coordinates", " ".join(names))
    variable[:] = values


def _create(group: Any, item: Variable, leading: tuple[int, ...], longest: int, options: dict[str, Any]) -> Any:
    """A variable along the streamed dimension, with a cache of one chunk: many variables must not fill memory."""
    chunk = chunk_shape(leading, longest)
    dtype = sample_type(item)
    dimensions = tuple(layout.stored_name(d) for d in item.dimensions)
    variable = group.createVariable(
        layout.stored_name(item.name), dtype, dimensions, chunksizes=chunk, fill_value=False, **options
    )
    variable.set_var_chunk_cache(size=math.prod(chunk) * dtype.itemsize)
    _label(variable, item.name, layout.labels(item))
    return variable


def _label(variable: Any, name: str, attributes: dict[str, str]) -> None:
    variable.setncatts(attributes)
    if variable.name != name:
        variable.setncattr("name", name)


def chunk_shape(leading: tuple[int, ...], longest: int) -> tuple[int, ...]:
    """About CHUNK values, long in time; runs are split among chunks only when there are very many."""
    rows = math.prod(leading)
    along = max(1, min(longest, max(SHORTEST_CHUNK, CHUNK // max(1, rows))))
    if not leading:
        return (along,)
    first = max(1, min(leading[0], CHUNK * leading[0] // max(1, rows * along)))
    return (first, *(max(1, n) for n in leading[1:]), along)


def read_stretch(path: Path, schema: Schema, start: int = 0, stop: int | None = None) -> Stretch:
    """Samples start to stop, by default all, of a file that holds one analysis."""
    with netCDF4.Dataset(path, auto_complex=True) as root:
        root.set_auto_maskandscale(False)
        if schema.single:
            values = {v.name: np.asarray(root[layout.stored_name(v.name)][...])[..., None] for v in schema.variables}
            return Stretch(np.zeros(1), values)
        values = {v.name: root[layout.stored_name(v.name)][..., start:stop] for v in schema.variables}
        return Stretch(root[layout.stored_name(schema.stream)][start:stop], values)


def _into_place(temporary: Path, path: Path, sync: bool) -> None:
    """Rename, so that `path` holds all or nothing even, with `sync`, when the power fails."""
    if not sync:
        os.replace(temporary, path)
        return
    with _descriptor(temporary) as file:
        os.fsync(file)
    os.replace(temporary, path)
    with _descriptor(path.parent) as folder, contextlib.suppress(OSError):  # some file systems refuse it for folders
        os.fsync(folder)


@contextlib.contextmanager
def _descriptor(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY)
    try:
        yield number
    finally:
        os.close(number)


def _reason(problem: Exception, folder: Path) -> str:
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < 2**20:
            return "the disk is full"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return f"the disk did not take it ({problem})"
