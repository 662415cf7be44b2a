"""Loops without delay, removed: within such a loop the waves of one moment solve a small linear system.

    b = S b + r   =>   b = (1 - S)^-1 r

where r is what enters the loop. One small dense matrix a loop, never one for the whole circuit.
"""

from __future__ import annotations

import numpy as np

from ..errors import SimulationError
from .graph import strong_components
from .system import Row, System, least, narrow

SINGULAR = 1e-12
GAIN = 1 + 1e-9


def remove_instant_loops(system: System) -> None:
    """Rewrite the rows of every zero-delay loop. Raises SimulationError when a loop has no solution."""
    edges = [(s, w) for w, row in system.rows.items() for s, d in row if least(d) == 0 and s in system.rows]
    _refuse_conjugates(system, edges)
    selfs = {a for a, b in edges if a == b}
    for part in strong_components(len(system.names), edges):
        if len(part) > 1 or part[0] in selfs:
            _solve(system, part)


def _refuse_conjugates(system: System, edges: list[tuple[int, int]]) -> None:
    """A loop without delay through a conjugate at once has no solution by linear algebra."""
    at_once = [c for c in system.conjugations if not c.turns]
    joined = [(c.source, c.output) for c in at_once]
    joined += [(c.output, w) for c in at_once for w, row in system.rows.items() if (c.output, 0) in row]
    for part in strong_components(len(system.names), [*edges, *joined]) if at_once else ():
        if len(part) > 1 and not {c.output for c in at_once}.isdisjoint(part):
            raise SimulationError(
                f"the loop through {_instances(system, part)} has no delay, and a phase conjugator in it reflects at "
                "once; give one of its waveguides a length"
            )


def _solve(system: System, loop: list[int]) -> None:
    place = {wave: i for i, wave in enumerate(loop)}
    s = _inner_matrix(system, loop, place)
    inverse = _invert(system, loop, s)
    outer = [{k: c for k, c in system.rows[w].items() if not _instant(k, place)} for w in loop]
    for i, wave in enumerate(loop):
        row: Row = {}
        for j in range(len(loop)):
            for key, value in outer[j].items():
                row[key] = row.get(key, 0j) + narrow(inverse[i, j]) * value
        system.rows[wave] = row


def _instant(key: tuple[int, object], place: dict[int, int]) -> bool:
    return key[0] in place and key[1] == 0


def _inner_matrix(system: System, loop: list[int], place: dict[int, int]) -> np.ndarray:
    """S (n, n, lanes or 1): how the waves of the loop drive each other at once."""
    values = [c for w in loop for k, c in system.rows[w].items() if _instant(k, place)]
    lanes = max((c.size for c in values if isinstance(c, np.ndarray)), default=1)
    s = np.zeros((len(loop), len(loop), lanes), dtype=complex)
    for i, wave in enumerate(loop):
        for key, value in system.rows[wave].items():
            if _instant(key, place):
                s[i, place[key[0]]] += value
            elif key[0] in place and least(key[1]) == 0:
                who = _instances(system, loop)
                raise SimulationError(
                    f"the loop through {_listed(who)} has no delay in some runs; simulate them apart", who
                )
    return s


def _invert(system: System, loop: list[int], s: np.ndarray) -> np.ndarray:
    """(1 - S)^-1 (n, n, lanes or 1)."""
    matrix = np.moveaxis(s, -1, 0)
    open_loop = np.eye(len(loop)) - matrix
    who = _instances(system, loop)
    if np.linalg.svd(open_loop, compute_uv=False).min() < SINGULAR:
        raise SimulationError(
            f"the loop through {_listed(who)} has no delay and no solution: light comes back to itself at once, "
            "undiminished; give one of its waveguides a length",
            who,
        )
    if any(wave in system.active for wave in loop) and np.abs(np.linalg.eigvals(matrix)).max() > GAIN:
        message = f"the loop through {_listed(who)} has no delay and makes energy; give it a delay or less gain"
        raise SimulationError(message, who)
    return np.moveaxis(np.linalg.inv(open_loop), 0, -1)


def _instances(system: System, loop: list[int]) -> list[str]:
    return sorted({system.owner(w) for w in loop})


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (" and others" if len(names) > 8 else "")
