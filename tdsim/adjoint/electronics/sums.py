"""What parameters of non-linear devices change in all stages of a segment, added up: compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.kernel import compiled
from ...nodal.memory import call

Array = np.ndarray[Any, Any]


@compiled
def sum_changes(
    loop: int,
    rows: Array,
    weights: Array,
    flows: Array,
    charges: Array,
    ends: Array,
    unknowns: Array,
    moment: Array,
    pieces: Array,
    points: Array,
    moments: Array,
    states: Array,
    u: Array,
    v: Array,
    origins: Array,
    extra: Array,
    base: Array,
    first_path: int,
    total: Array,
) -> float:
    """Add to total (instances,) what each instance's parameter changes; returns the largest change of a number.

    rows, weights  (ways,) the devices with their numbers moved, and how these count in a difference: the first two by
                   one step ahead and back; flows and charges (ways, instances, paths) are what they write
    ends           (instances, paths, 2) the rows that flows leave and enter
    unknowns, moment, pieces   where the loops look
    points, moments, states, u, v, origins, extra  of each stage, see `backward`
    base           where walked charges start from: room for a stage's own;  first_path  the number of its first path
    """
    worst = 0.0
    for r in range(points.shape[0]):
        for i in range(unknowns.size):
            unknowns[i] = points[r, i]
        moment[0] = moments[r]
        for j in range(origins.shape[1]):
            base[unknowns.size + j] = origins[r, j]
        for j in range(states.shape[1]):
            for b in range(rows.size):
                pieces[b, j] = states[r, j]
        for b in range(rows.size):
            call(loop, rows[b])
        for k in range(ends.shape[0]):
            largest = 1e-300
            for p in range(ends.shape[1]):
                largest = max(largest, abs(flows[0, k, p]), abs(flows[1, k, p]))
            for p in range(ends.shape[1]):
                flow, charge = 0.0, 0.0
                for b in range(rows.size):
                    flow += weights[b] * flows[b, k, p]
                    charge += weights[b] * charges[b, k, p]
                change = abs(flows[0, k, p] - flows[1, k, p])
                size = abs(flows[0, k, p]) + abs(flows[1, k, p])
                worst = max(worst, 2 * change / (size + 1e-6 * largest))
                a, c = ends[k, p, 0], ends[k, p, 1]
                more = extra[r, first_path + k * ends.shape[1] + p] if origins.shape[1] > 0 else 0.0
                total[k] += flow * (v[r, a] - v[r, c]) + charge * (u[r, a] - u[r, c] + more)
    return worst
