"""A result in memory: an xarray Dataset, or a DataTree when there are several analyses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import layout
from .buffer import Buffer
from .schema import Coordinate, Earlier, Measured, Room, Schema, Snapshot

if TYPE_CHECKING:
    import xarray as xr


class MemorySink:
    """Collects all analyses of a run; `result()` gives them.

    analyses  samples, and attributes known at the end
    measures  results of `.meas`
    """

    def __init__(self) -> None:
        self.analyses: list[tuple[Buffer, dict[str, Any]]] = []
        self.measures: Mapping[str, Measured] = {}

    def earlier(self) -> list[Earlier]:
        return []

    def resume(self, analysis: str) -> Snapshot | None:
        return None

    def checkpoint(self, snapshot: Callable[[], Snapshot]) -> None:
        """Nothing: what is in memory does not outlive the run."""

    def begin(self, schema: Schema) -> None:
        self.analyses.append((Buffer(schema, schema.length or 0), {}))

    def room(self, count: int) -> Room | None:
        return self.analyses[-1][0].room(count)

    def append(self, stream: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        self.analyses[-1][0].append(stream, values)

    def finish(self, attributes: dict[str, Any]) -> None:
        self.analyses[-1][1].update(attributes)

    def close(self, measures: Mapping[str, Measured]) -> None:
        self.measures = measures

    def result(self) -> xr.Dataset | xr.DataTree:
        """The Dataset of the only analysis, or a DataTree with one group for each; measures stand at the root."""
        import xarray as xr

        datasets = {buffer.schema.analysis: dataset(buffer, final) for buffer, final in self.analyses}
        measures = self._measure_variables()
        if len(datasets) == 1:
            return next(iter(datasets.values())).assign(measures)
        along = {c.name: _coordinate(c) for m in self.measures.values() for c in m.coordinates}
        root = xr.Dataset(measures, along, layout.root_attributes(d.attrs for d in datasets.values()))
        return as_tree(root, datasets)

    def _measure_variables(self) -> dict[str, xr.Variable]:
        import xarray as xr

        return {
            name: xr.Variable(m.dimensions, m.values, layout.measure_labels(name, m))
            for name, m in self.measures.items()
        }


def as_tree(root: xr.Dataset, groups: Mapping[str, xr.Dataset]) -> xr.DataTree:
    """The groups under one root, their names without the "/" that a tree keeps for itself."""
    import xarray as xr

    return xr.DataTree.from_dict({"/": _without_slashes(root), **{n: _without_slashes(g) for n, g in groups.items()}})


def _without_slashes(group: xr.Dataset) -> xr.Dataset:
    renamed = {str(n): layout.tree_name(str(n)) for n in group.variables if "/" in str(n)}
    group = group.rename(renamed)
    for original, name in renamed.items():
        group[name].attrs["name"] = original
    return group


def _coordinate(coordinate: Coordinate, stream: np.ndarray | None = None) -> xr.Variable:
    """A coordinate; `stream` are the values of the streamed one."""
    import pandas
    import xarray as xr

    if coordinate.values is None:
        index = pandas.Index(stream, copy=False)  # a copy would take as long as all the rest
        return xr.IndexVariable(coordinate.name, index, layout.labels(coordinate))  # type: ignore[no-untyped-call]
    values = np.asarray(coordinate.values)
    return xr.Variable((coordinate.dimension or coordinate.name,), values, layout.labels(coordinate))


def dataset(buffer: Buffer, final: Mapping[str, Any]) -> xr.Dataset:
    """The Dataset of one analysis; it shares memory with the buffer, its streamed coordinate too."""
    import xarray as xr

    schema, held = buffer.schema.shown(), buffer.held()
    coordinates = {c.name: _coordinate(c, held.stream) for c in schema.coordinates}
    variables = {v.name: xr.Variable(v.dimensions, held.values[v.name], layout.labels(v)) for v in schema.variables}
    found = xr.Dataset(variables, coordinates, layout.analysis_attributes(schema, final))
    return found.isel({schema.stream: 0}, drop=True) if schema.single else found
