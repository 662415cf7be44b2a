"""The gradient of a cost of a transient of an electrical circuit: of the steps as they were taken.

A run chooses its steps and writes them down; they are taken again with Newton's method as exact as round-off allows,
and then gone through backwards with the transposed equations of each stage. Memory grows with the square root of their
number, besides 32 bytes a step: unknowns are kept for one segment at a time, which is computed again when its turn
comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...analysis.electronic_transient import ElectronicTransient
from ...analysis.request import Request
from ...circuit import Circuit
from ..costs import Cost, value_of
from ..targets import Targets
from .changes import Changes
from .course import Course
from .movable import make_movables
from .moving import refuse_moving_events, refuse_moving_parameters
from .signals import pulled_back, seen, slopes_dataset


def electronic_gradient(circuit: Circuit, cost: Cost, wanted: Targets, request: Request) -> tuple[Any, Any]:
    """See `tdsim.gradient`."""
    transient = ElectronicTransient(circuit, request)
    system, readings = transient.electronics.system, transient.electronics.readings
    movables = make_movables(transient.circuit, wanted.parameters)
    refuse_moving_parameters(movables)
    changes = Changes(system, movables, True)
    courses = [Course(transient, run) for run in range(transient.runs)]
    for course in courses:
        course.record()
        refuse_moving_events(system, course)
        course.run_through()
    kept = np.stack([course.outputs for course in courses])
    value = value_of(cost, seen(readings, kept, transient.has_runs), transient.runs, transient.has_runs)
    slopes = pulled_back(cost, readings, kept, transient.has_runs)
    sums = np.zeros((changes.count, transient.runs))
    for course, slope in zip(courses, slopes, strict=True):
        course.run_back(slope, changes, total := np.zeros(changes.count))
        sums[:, course.run] = total
    by_name = dict(zip([label for movable in movables for label in movable.labels], sums, strict=True))
    ordered = {p.label: by_name[p.label] for p in wanted.parameters}
    return value, slopes_dataset(transient.circuit, ordered, transient.has_runs)


def replayed(circuit: Circuit, request: Request, params: Sequence[Mapping[str, Any]]) -> list[dict[str, np.ndarray]]:
    """The signals of a circuit in the steps that it takes as it is, with other parameters each time: for differences.

    params  what is changed besides those of the request, one set after the other
    Raises UsageError where something happens at an instant that may move with a parameter.
    """
    first = ElectronicTransient(circuit, request)
    originals = [Course(first, run) for run in range(first.runs)]
    for course in originals:
        course.record()
        refuse_moving_events(first.electronics.system, course)
    found = []
    for more in params:
        transient = ElectronicTransient(circuit, replace(request, params={**request.params, **more}))
        courses = [Course(transient, run) for run in range(transient.runs)]
        for course, original in zip(courses, originals, strict=True):
            course.follow(original)
            course.run_through()
        kept = np.stack([course.outputs for course in courses])
        found.append(dict(seen(transient.electronics.readings, kept, transient.has_runs)))
    return found
