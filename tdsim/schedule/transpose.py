"""The system that runs backwards: what a change of each wave does to a cost.

For a row y[t] = sum of c_k x_k[t - d_k], the adjoint waves (dL/dRe x + i dL/dIm x) obey, in reversed time,

    x~[s] = seed[s] + sum over its readers of conj(c_k) y~[s - d_k]

which is again a system of waves, with every arrow turned round: it is packed and run as any other. Filters have the
same response backwards, because their coefficients are real; the states of a recurrence w[t] = F w[t-1] + G s[t-1-d]
go back by F^H. Driven coefficients are conjugated and read from the end.

Reference: M. Hermans, J. Dambre, P. Bienstman, IEEE Trans. Neural Netw. Learn. Syst. 26, 1545 (2015) for delay systems.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import UsageError
from .system import Allpass, Coefficient, Delay, Driven, Recurrence, System


def seed_name(wave: str) -> str:
    """The name of the wave by which the cost enters at a wave."""
    return f"seed({wave})"


def transposed(system: System, seeds: Sequence[str], first: bool) -> System:
    """The adjoint of a system whose states have been discretised; its waves have the same numbers and names.

    seeds  waves that the cost depends on
    first  for the sample at t = 0, which comes last: a state had its initial value, whatever arrived
    Raises UsageError when something in it is not linear.
    """
    _refuse_what_is_not_linear(system)
    adjoint = System(system.lanes)
    for name in system.names:
        adjoint.new(name)
    driven = {wave for d in system.driven for wave, _ in d.joins.values()}
    held = {state: carry for r in system.recurrences for state, carry in zip(r.states, r.outputs, strict=False)}
    for wave, row in system.rows.items():
        for (source, delay), value in row.items() if wave not in driven else ():
            if not (first and wave in held and source != held[wave]):
                _add(adjoint, source, wave, delay, np.conj(value))
    for filtered in system.allpasses:
        back = adjoint.new(f"{system.names[filtered.output]}~")
        adjoint.allpasses.append(Allpass(back, filtered.output, filtered.delay, filtered.k, filtered.transposed))
        _add(adjoint, filtered.source, back, 0, 1 + 0j)
    for d in system.driven:
        _add_driven(adjoint, d, system)
    for name in seeds:
        adjoint.external[name] = adjoint.new(seed_name(name))
        _add(adjoint, system.index[name], adjoint.external[name], 0, 1 + 0j)
    for recurrence in system.recurrences:
        _add_recurrence(adjoint, recurrence, system, first)
    return adjoint


def _add(adjoint: System, wave: int, source: int, delay: Delay, value: Coefficient) -> None:
    row = adjoint.rows.setdefault(wave, {})
    row[source, delay] = row.get((source, delay), 0j) + value


def _add_driven(adjoint: System, driven: Driven, system: System) -> None:
    """What a driven device sends back, one wave for each that enters it."""
    backs: dict[int, int] = {}
    joins = {}
    for place, (wave, source) in driven.joins.items():
        if source not in backs:
            backs[source] = adjoint.new(f"{system.names[wave]}~{place[1]}")
            adjoint.rows[backs[source]] = {}
            _add(adjoint, source, backs[source], 0, 1 + 0j)
        adjoint.rows[backs[source]][wave, 0] = 1 + 0j
        joins[place] = (backs[source], wave)
    adjoint.driven.append(Driven(driven.group, joins))


def _add_recurrence(adjoint: System, recurrence: Recurrence, system: System, first: bool) -> None:
    """w~[s] = F^H w~[s-1] + what reads w; the inputs of w have G^H of it."""
    size = len(recurrence.outputs)
    read = []
    for wave in recurrence.outputs:
        read.append(adjoint.new(f"{system.names[wave]}~"))
        adjoint.rows[read[-1]] = adjoint.rows.pop(wave, {})
    f, g = recurrence.f, recurrence.g
    back = np.conj(np.swapaxes(f, 0, 1))
    inputs: tuple[tuple[int, Delay], ...] = tuple((wave, 0) for wave in read)
    adjoint.recurrences.append(Recurrence(recurrence.outputs, inputs, back, np.eye(size, dtype=complex)[:, :, None]))
    if first and recurrence.ahead is not None:
        at_once = np.array([delay == 1 for _, delay in recurrence.inputs], dtype=bool)
        g = g - np.einsum("ijl,jkl->ikl", *_same_lanes(f, recurrence.ahead)) * at_once[None, :, None]
    for i, wave in enumerate(recurrence.outputs):
        for j, (source, delay) in enumerate(recurrence.inputs):
            value = np.conj(g[i, j])
            if np.any(value != 0):
                _add(adjoint, source, wave, delay, value if value.size > 1 else complex(value[0]))


def _same_lanes(*arrays: np.ndarray) -> list[np.ndarray]:
    lanes = max(a.shape[-1] for a in arrays)
    return [np.broadcast_to(a, (*a.shape[:-1], lanes)) for a in arrays]


def _refuse_what_is_not_linear(system: System) -> None:
    turning = [system.owner(s) for r in system.recurrences if r.turning is not None for s in r.states]
    conjugating = [system.owner(c.output) for c in system.conjugations]
    for names, why in ((turning, "its phase turns with its own energy"), (conjugating, "it conjugates light")):
        if names:
            raise UsageError(
                f"the gradient cannot go through {', '.join(sorted(set(names))[:6])} yet: {why}, which is not linear"
            )
