"""The system that runs backwards: what a change of each wave does to a cost.

For a row y[t] = sum of c_k x_k[t - d_k], the adjoint waves (dL/dRe x + i dL/dIm x) obey, in reversed time,

    x~[s] = seed[s] + sum over its readers of conj(c_k) y~[s - d_k]

which is again a system of waves, with every arrow turned round: it is packed and run as any other. Filters have the
same response backwards, because their coefficients are real; the states of a recurrence w[t] = F w[t-1] + G s[t-1-d]
go back by F^H. Driven coefficients are conjugated and read from the end. States that turn go back by the transposed
step from where they were, which enters from outside; y[t] = c conj(x[u]) goes back as x~[u] = c conj(y~[t]).

Reference: M. Hermans, J. Dambre, P. Bienstman, IEEE Trans. Neural Netw. Learn. Syst. 26, 1545 (2015) for delay systems.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .system import Allpass, BackStep, Coefficient, Conjugation, Delay, Driven, Recurrence, System


def seed_name(wave: str) -> str:
    """The name of the wave by which the cost enters at a wave."""
    return f"seed({wave})"


def past_name(wave: str, delay: Delay) -> str:
    """The name by which enters what a wave was, before the sample that is gone back through."""
    return f"past({wave}>{delay})"


def back_name(carry: str, place: int | None = None) -> str:
    """What comes back through a step to a carry; or to an input of the step that begins with this carry."""
    return f"{carry}<" if place is None else f"{carry}<{place}"


def transposed(system: System, seeds: Sequence[str], count: int, first: bool) -> System:
    """The adjoint of a system whose states have been discretised; its waves have the same numbers and names.

    seeds  waves that the cost depends on
    count  samples of the whole run
    first  for the sample at t = 0, which comes last: a state had its initial value, whatever arrived
    """
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
    for conjugation in system.conjugations:
        _add_conjugation(adjoint, conjugation, count, system)
    for recurrence in system.recurrences:
        add = _add_recurrence if recurrence.turning is None else _add_backstep
        add(adjoint, recurrence, system, first)
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


def _add_backstep(adjoint: System, recurrence: Recurrence, system: System, first: bool) -> None:
    """What comes back through the step of states that turn: to the carries themselves, and to what drives them."""
    assert recurrence.ahead is not None
    names = [system.names[wave] for wave in recurrence.outputs]
    reads = []
    for wave, name in zip(recurrence.outputs, names, strict=True):
        reads.append(adjoint.new(f"{name}~"))
        adjoint.rows[reads[-1]] = adjoint.rows.pop(wave, {})
    before = [(wave, 1) for wave in recurrence.outputs] + list(recurrence.inputs)
    past = []
    for source, delay in before:
        name = past_name(system.names[source], delay)
        if name not in adjoint.external:
            adjoint.external[name] = adjoint.new(name)
        past.append(adjoint.external[name])
    carried = [adjoint.new(back_name(name)) for name in names]
    driven = [adjoint.new(back_name(names[0], j)) for j in range(len(recurrence.inputs))]
    adjoint.backsteps.append(BackStep((*carried, *driven), tuple(reads), tuple(past), recurrence))
    for wave, read, back in zip(recurrence.outputs, reads, carried, strict=True):
        adjoint.rows[wave] = {(read, 0): 1 + 0j, (back, 1): 1 + 0j}
    for j, (source, delay) in enumerate(recurrence.inputs):
        _add(adjoint, source, driven[j], delay, 1 + 0j)
        for i, back in enumerate(carried) if delay == 1 else ():
            at_once = -np.conj(recurrence.ahead[i, j]) * float(first)
            _add(adjoint, source, back, 1, at_once if at_once.size > 1 else complex(at_once[0]))


def _add_conjugation(adjoint: System, conjugation: Conjugation, count: int, system: System) -> None:
    """A conjugate comes back as a conjugate; time turns round at the same instants, counted from the end."""
    back = adjoint.new(f"{system.names[conjugation.output]}~")
    turns = tuple(count - n for n in reversed(conjugation.turns) if n < count)
    if conjugation.turns and not turns:
        return
    adjoint.conjugations.append(Conjugation(back, conjugation.output, 1 + 0j, turns))
    _add(adjoint, conjugation.source, back, 0, conjugation.gain)


def _same_lanes(*arrays: np.ndarray) -> list[np.ndarray]:
    lanes = max(a.shape[-1] for a in arrays)
    return [np.broadcast_to(a, (*a.shape[:-1], lanes)) for a in arrays]
