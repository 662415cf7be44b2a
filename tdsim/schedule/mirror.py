"""How a circuit runs backwards: what becomes of every remembered wave when time is reversed, and what cannot be.

Time turned round at the last sample, tilde(a)(t0 + t) = conj(a(t0 - t)), makes of each wave its complex conjugate,
travelling the other way: where b left a port, its conjugate arrives. A device obeys the same equations backwards when

    D Q conj(D) = Q,   D Q conj(C) = -C R,   B Q conj(D) = -R conj(B),   B Q conj(C) = -R conj(M) - M R

with y = D u + C x, dx/dt = M x + B u its linear equations (u: incident waves and line outputs, y: waves that leave and
line inputs), Q the exchange of each line with the one that takes its light back, times a phase, and R the same for
states. Lossless reciprocal devices do; every other one is named. A state turns by its energy alike in both directions.

What lies in a delay line leaves in the opposite order by the line that goes back, times that phase. A fractional delay
is an orthogonal filter between energies; the line that goes back has its transpose, on the other side of the whole
delay, so that its inner states are those of the other one, conjugated.

Reference: H. A. Haus, Waves and Fields in Optoelectronics (1984), section 3.1 (time reversal and reciprocity).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..circuit import Circuit
from .groups import Entries, Group, fields, group_instances, matrix_entries
from .simplify import sources_of
from .system import Delay, Line, System, longest

EXACT = 1e-9
"""A device whose equations, run backwards, differ by less than this part is reversed exactly."""


class Swap(NamedTuple):
    """`wave` takes what `other` (-1: darkness) holds of its last `span` + 1 samples (one number a lane), reversed.

    factor  (lanes,) what the conjugate is multiplied by
    """

    wave: int
    other: int
    span: np.ndarray
    factor: np.ndarray


class Carry(NamedTuple):
    """A state: `output` is its carry, `other` the carry whose conjugate it takes, times `sign`."""

    output: int
    other: int
    sign: int


class Filter(NamedTuple):
    """An all-pass filter: its memory comes from that of `other`, of reflections k, after one more sample of `drive`.

    The filters are counted in the order of the system.
    """

    own: int
    other: int
    k: np.ndarray
    transposed: bool
    drive: int
    factor: np.ndarray


@dataclass
class Mirror:
    """The plan of a reversal, in the numbers of the system's waves.

    reasons  why the circuit does not run backwards exactly, a sentence each
    depth    for each wave how many samples of it a State must hold for this
    """

    swaps: list[Swap]
    carries: list[Carry]
    filters: list[Filter]
    reasons: list[str]

    @property
    def depth(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for swap in self.swaps:
            for wave in (swap.wave, swap.other):
                found[wave] = max(found.get(wave, 0), int(swap.span.max()) + 1)
        found.pop(-1, None)
        return found


def plan_mirror(circuit: Circuit, system: System) -> Mirror:
    """The plan for a system whose delays have been realised and whose states have been discretised."""
    mirror = Mirror([], [], [], [])
    runs = system.lanes // len(circuit.carriers)
    phases: dict[int, np.ndarray] = {}
    for group in group_instances(circuit):
        _examine(circuit, group, system, runs, phases, mirror)
    _add_ports(circuit, system, mirror)
    lines = {line.entry: line for line in system.lines}
    allpasses = {allpass.output: n for n, allpass in enumerate(system.allpasses)}
    for line in system.lines:
        if line.entry in phases:
            _add_line(line, lines, phases[line.entry], system, allpasses, mirror)
    _add_states(circuit, system, mirror)
    _leaks(circuit, system, mirror)
    mirror.reasons = list(dict.fromkeys(mirror.reasons))
    lit = {*sources_of(system), *system.emitters, *system.external.values()}
    mirror.swaps = [s._replace(other=s.other if s.other in lit else -1) for s in mirror.swaps if s.wave in lit]
    return mirror


# -- devices --------------------------------------------------------------------------------------------------------


def _examine(
    circuit: Circuit, group: Group, system: System, runs: int, phases: dict[int, np.ndarray], mirror: Mirror
) -> None:
    """Find the phases of a group's lines, and say which of its instances cannot be reversed."""
    device = group.device
    if device.emit is not None and not device.adds:
        mirror.reasons += [f"{i.name} ({device.name}) absorbs what comes back to it" for i in group.instances]
        return
    if device.conjugate is not None:
        mirror.reasons += [f"{i.name} ({device.name}) is a mirror for time itself" for i in group.instances]
        return
    if device.adds:
        on = [i for i in group.instances if any(np.any(i.settings[name] != 0) for name in ("field", "quadrature"))]
        mirror.reasons += [f"{i.name} ({device.name}) adds light" for i in on]
    elif group.driven:
        mirror.reasons += [f"{i.name} ({device.name}) is driven, and does not go back in time" for i in group.instances]
    p = fields(group, circuit.carriers)
    entries = matrix_entries(group, p)
    missing = [name for name, line in device.lines.items() if line.reverse not in device.lines]
    if missing:
        mirror.reasons += [
            f"{i.name} ({device.name}): nothing takes back the light of its {missing[0]}" for i in group.instances
        ]
        return
    full = _dense(group, entries)
    exchange, turn = _exchange(group, full, p)
    for i, instance in enumerate(group.instances):
        for k, name in enumerate(device.lines):
            entry = system.index[f"{instance.name}.{name}"]
            phase = turn[i, ..., k]
            phases[entry] = np.broadcast_to(phase, (len(circuit.carriers), runs)).reshape(-1)
    reversible = _error(group, full, exchange)
    for i in map(int, np.flatnonzero(reversible > EXACT)):
        mirror.reasons.append(f"{group.instances[i].name} ({device.name}) {_fault(group, full[i])}")


def _dense(group: Group, entries: Entries) -> np.ndarray:
    """The group's matrix (instances, carriers or 1, runs or 1, width, width)."""
    shape = np.broadcast_shapes((len(group.instances), 1, 1), *(v.shape for v in entries.values()))
    full = np.zeros((*shape, group.width, group.width), dtype=complex)
    for (row, column), value in entries.items():
        full[..., row, column] = value
    return full


def _exchange(group: Group, full: np.ndarray, p: Any) -> tuple[np.ndarray, np.ndarray]:
    """Q (..., waves, waves), and the phases of the lines (..., lines).

    The phase of a line's light on its way back is what a port does to it on the way out and in again.
    """
    ports, lines = len(group.ports), group.lines
    q = np.zeros((*full.shape[:3], ports + len(lines), ports + len(lines)), dtype=complex)
    q[..., range(ports), range(ports)] = 1
    turn = np.ones((*full.shape[:3], len(lines)), dtype=complex)
    for i, name in enumerate(lines):
        back = lines.index(group.device.lines[name].reverse)
        out, into = full[..., :ports, ports + i], full[..., ports + back, :ports]
        product = (into * out.conj()).sum(axis=-1)
        size = np.abs(product)
        turn[..., i] = np.where(size > 0, product / np.where(size > 0, size, 1), 1)
        q[..., ports + back, ports + i] = turn[..., i]
    return q, turn


def _error(group: Group, full: np.ndarray, q: np.ndarray) -> np.ndarray:
    """How far the equations are from those of the reversed device, (instances,), relative to their own size."""
    n = q.shape[-1]
    d, c, b, m = full[..., :n, :n], full[..., :n, n:], full[..., n:, :n], full[..., n:, n:]
    r = _state_exchange(group)
    errors = [_largest(d @ q @ d.conj() - q)]
    if r.size:
        coupling, rates = _largest(c) * _largest(b), _largest(m)
        small = np.finfo(float).tiny
        errors.append(_largest(d @ q @ c.conj() + c @ r) / np.maximum(_largest(c), small))
        errors.append(_largest(b @ q @ d.conj() + r @ b.conj()) / np.maximum(_largest(b), small))
        backwards = _largest(b @ q @ c.conj() + r @ m.conj() + m @ r)
        errors.append(backwards / np.maximum(np.maximum(coupling, rates), small))
    found: np.ndarray = np.max(errors, axis=0)
    return found


def _largest(matrix: np.ndarray) -> np.ndarray:
    """The largest entry of each instance's matrices."""
    found: np.ndarray = np.abs(matrix).reshape(len(matrix), -1).max(axis=1, initial=0.0)
    return found


def _state_exchange(group: Group) -> np.ndarray:
    """R: which state takes the conjugate of which, and with which sign."""
    names = group.states
    r = np.zeros((len(names), len(names)))
    for k, name in enumerate(names):
        reverse = group.device.states[name].reverse
        r[k if reverse in ("", "negate") else names.index(reverse), k] = -1 if reverse == "negate" else 1
    return r


def _fault(group: Group, full: np.ndarray) -> str:
    """Why an instance cannot be reversed."""
    n = len(group.ports) + len(group.lines)
    d = full[..., :n, :n]
    lossless = np.abs(np.swapaxes(d, -1, -2).conj() @ d - np.eye(n)).max(initial=0.0) < EXACT
    if n and np.linalg.norm(d, 2, axis=(-2, -1)).max() > 1 + EXACT:
        return "makes light"
    if lossless and not group.states:
        return "is not reciprocal: light finds another way back"
    if not group.device.reciprocal:
        return "lets light pass one way only"
    return "loses energy"


# -- waves ----------------------------------------------------------------------------------------------------------


def _add_ports(circuit: Circuit, system: System, mirror: Mirror) -> None:
    """Waves at ports that the states remember: the reversed one is the conjugate of the one that meets it."""
    read = {s for r in system.recurrences if r.states for s, _ in r.inputs}
    meets = {system.index[f"{instance}.{port}"]: wave for (instance, port), wave in system.incident.items()}
    leaves = {wave: leaving for leaving, wave in meets.items()}
    one = np.ones(system.lanes, dtype=complex)
    none = np.zeros(system.lanes, dtype=int)
    done = set()
    for wave in sorted(read):
        other = meets.get(wave, leaves.get(wave, -1))
        for a, b in ((wave, other), (other, wave)):
            if a >= 0 and a not in done:
                done.add(a)
                mirror.swaps.append(Swap(a, b, none, one))


def _add_line(
    line: Line,
    lines: dict[int, Line],
    phase: np.ndarray,
    system: System,
    allpasses: dict[int, int],
    mirror: Mirror,
) -> None:
    """What the line that goes back takes from a line."""
    owner, _, _ = line.name.rpartition(".")
    back = lines[system.index[f"{owner}.{line.reverse}"]]
    mine, others = system.outlets[line.entry], system.outlets[back.entry]
    if (mine[0] == line.entry) != (others[0] == back.entry):
        mirror.reasons.append(f"{owner}: its delay is whole one way and not the other")
        return
    if mine[0] == line.entry:
        mirror.swaps.append(Swap(back.entry, line.entry, _each(mine[1], system), phase))
        return
    if mine[0] not in allpasses:
        mirror.reasons.append(
            f"{owner}: its delay of {line.samples[0]:.6g} steps is not whole; in an open path the filter for the rest "
            "cannot be reversed"
        )
        mirror.swaps.append(Swap(back.entry, line.entry, np.rint(_each_samples(line, system)).astype(int), phase))
        return
    number = allpasses[mine[0]]
    allpass = system.allpasses[number]
    back_number = allpasses[others[0]]
    whole = _each(mine[1] if line.transposed else allpass.delay, system)
    none = np.zeros(system.lanes, dtype=int)
    if line.transposed:
        mirror.swaps.append(Swap(back.entry, mine[0], whole, phase))
        mirror.swaps.append(Swap(others[0], line.entry, none, phase))
    else:
        mirror.swaps.append(Swap(others[0], line.entry, whole, phase))
        mirror.swaps.append(Swap(back.entry, mine[0], none, phase))
    mirror.filters.append(Filter(back_number, number, allpass.k, not line.transposed, mine[0], phase))


def _each(delay: Delay, system: System) -> np.ndarray:
    return np.broadcast_to(np.asarray(delay, dtype=int), (system.lanes,))


def _each_samples(line: Line, system: System) -> np.ndarray:
    return np.broadcast_to(line.samples, (system.lanes,))


def _add_states(circuit: Circuit, system: System, mirror: Mirror) -> None:
    """The carries of states."""
    carry = {s: w for r in system.recurrences for s, w in zip(r.states, r.outputs, strict=False)}
    for state, output in sorted(carry.items()):
        name, _, own = system.names[state].rpartition(".")
        instance = circuit.instances[name]
        reverse = instance.device.variant(instance.settings).states[own].reverse
        other = state if reverse in ("", "negate") else system.index[f"{name}.{reverse}"]
        mirror.carries.append(Carry(output, carry[other], -1 if reverse == "negate" else 1))


def _leaks(circuit: Circuit, system: System, mirror: Mirror) -> None:
    """Open ends by which light leaves for good."""
    for net in circuit.open_nets():
        wave = system.index.get(str(net.terminals[0]), -1)
        leaving = any(np.any(value != 0) for value in system.rows.get(wave, {}).values())
        if leaving and circuit.instances[net.terminals[0].instance].device.emit is None:
            where = next(
                (f"port {p}" for p, n in circuit.external.items() if n == net.name), f"the open net {net.name}"
            )
            mirror.reasons.append(f"light leaves by {where}")


# -- numbers --------------------------------------------------------------------------------------------------------


class Reversal(NamedTuple):
    """A Mirror in the places of a State's history: what `State.conjugate` needs, as arrays.

    A wave is known by its place among the remembered ones, -1 standing for darkness. Lanes are (carriers, runs).

    swaps     (n, 2) wave, other          span  (n, carriers, runs)      factor  (n, carriers, runs)
    carries   (m, 3) output, other, sign
    inputs    (q, 3) carry (its number among the m), wave, delay        ahead  (q, carriers, runs)
    filters   (f, 5) first memory, first memory of the other, order, transposed, drive
    k         (f, orders, carriers, runs), zero beyond a filter's order  turn  (f, carriers, runs)
    reasons   (sentences,)
    """

    swaps: np.ndarray
    span: np.ndarray
    factor: np.ndarray
    carries: np.ndarray
    inputs: np.ndarray
    ahead: np.ndarray
    filters: np.ndarray
    k: np.ndarray
    turn: np.ndarray
    reasons: np.ndarray


def number_mirror(mirror: Mirror, system: System, number: dict[int, int], depth: np.ndarray, carriers: int) -> Reversal:
    """The plan in the places of a program's remembered waves: `number` gives a program's number, `depth` its depth."""
    lanes = (carriers, system.lanes // carriers)
    places = np.cumsum(depth > 0) - 1

    def place(wave: int) -> int:
        own = number.get(wave, -1)
        return int(places[own]) if own >= 0 and depth[own] > 0 else -1

    swaps = [s for s in mirror.swaps if place(s.wave) >= 0]
    carries = [c for c in mirror.carries if place(c.output) >= 0]
    inputs, ahead = _ahead(system, carries, place, lanes)
    firsts = np.cumsum([0, *(a.k.shape[0] for a in system.allpasses)])
    orders = max((f.k.shape[0] for f in mirror.filters), default=0)
    k = np.zeros((len(mirror.filters), orders, *lanes))
    for n, found in enumerate(mirror.filters):
        k[n, : len(found.k)] = _wide(found.k, lanes)
    table = [(firsts[f.own], firsts[f.other], len(f.k), f.transposed, place(f.drive)) for f in mirror.filters]
    return Reversal(
        np.array([(place(s.wave), place(s.other)) for s in swaps], dtype=int).reshape(-1, 2),
        _stacked([s.span for s in swaps], lanes, int),
        _stacked([s.factor for s in swaps], lanes, complex),
        np.array([(place(c.output), place(c.other), c.sign) for c in carries], dtype=int).reshape(-1, 3),
        inputs,
        ahead,
        np.array(table, dtype=int).reshape(-1, 5),
        k,
        _stacked([f.factor for f in mirror.filters], lanes, complex),
        np.array(mirror.reasons, dtype=str),
    )


def _ahead(system: System, carries: list[Carry], place: Any, lanes: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """What each carry lacks of its state: B1 times inputs."""
    order = {c.output: n for n, c in enumerate(carries)}
    found: list[tuple[int, int, int]] = []
    values: list[np.ndarray] = []
    for recurrence in system.recurrences:
        for i, output in enumerate(recurrence.outputs):
            if recurrence.ahead is None or output not in order:
                continue
            for j, (wave, delay) in enumerate(recurrence.inputs):
                if place(wave) >= 0:
                    found.append((order[output], place(wave), longest(delay) - 1))
                    values.append(_wide(recurrence.ahead[i, j], lanes))
    return np.array(found, dtype=int).reshape(-1, 3), np.array(values, dtype=complex).reshape(-1, *lanes)


def _wide(values: np.ndarray, lanes: tuple[int, int]) -> np.ndarray:
    """Numbers (..., lanes or 1) as (..., carriers, runs)."""
    flat = np.broadcast_to(values, (*values.shape[:-1], lanes[0] * lanes[1]))
    found: np.ndarray = flat.reshape(*values.shape[:-1], *lanes)
    return found


def _stacked(values: list[np.ndarray], lanes: tuple[int, int], kind: type) -> np.ndarray:
    return np.array(values, dtype=kind).reshape(-1, *lanes)
