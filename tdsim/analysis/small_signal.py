"""Scattering parameters around each carrier, from the same equations as the transient but without a step.

With envelopes proportional to exp(-i 2 pi f t), f the offset from the carrier, a delay line multiplies by
exp(+i 2 pi f tau) and a state obeys (-i 2 pi f - M) A = B s. That gives one sparse linear system a frequency, whose
right-hand sides are unit waves entering the ports:

    S(f) = integral of h(t) exp(+i 2 pi f t) dt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..cards import Scattering
from ..circuit import Circuit, Terminal
from ..errors import SimulationError, UsageError
from ..results.schema import Coordinate, Schema, Sink, Variable
from ..schedule.build import build
from ..schedule.system import LINE, System
from ..units import C0, engineering
from .parameters import set_parameters
from .request import attributes

DENSE = 60
"""Up to this many unknowns all frequencies are solved at once as dense matrices; beyond, sparse ones are faster."""


@dataclass(frozen=True)
class Access:
    """A port of `.sparam`: the wave by which light enters the circuit there, and the one by which it leaves."""

    name: str
    entering: int
    leaving: int | None


@dataclass(frozen=True)
class Entry:
    """Unknown `row` gets value * exp(i 2 pi f delay) times unknown `column`."""

    row: int
    column: int
    value: np.ndarray
    delay: np.ndarray


def accesses(circuit: Circuit, system: System) -> list[Access]:
    """The ports: external ones, other open optical nets, and the nets of sources, in that order."""
    found = [
        _at_open_end(circuit, system, circuit.nets[net].terminals[0], port) for port, net in circuit.external.items()
    ]
    taken = set(circuit.external.values())
    for net in circuit.open_nets():
        terminal = net.terminals[0]
        if net.name not in taken and circuit.instances[terminal.instance].device.emit is None:
            found.append(_at_open_end(circuit, system, terminal, net.name))
    for instance in circuit.instances.values():
        for port, name in (
            instance.nets.items() if instance.device.emit is not None and not instance.device.adds else ()
        ):
            entering = system.index[f"{instance.name}.{port}"]
            found.append(Access(name, entering, system.incident.get((instance.name, port))))
    return found


def _at_open_end(circuit: Circuit, system: System, terminal: Terminal, name: str) -> Access:
    entering = system.incident.get((terminal.instance, terminal.port))
    if entering is None:
        entering = system.new(f"in({name})")
        system.incident[terminal.instance, terminal.port] = entering
    return Access(name, entering, system.index[str(terminal)])


def with_open_ends(circuit: Circuit) -> Circuit:
    """The circuit with an external port on every open optical net, so that light can enter there."""
    import copy

    opened = copy.copy(circuit)
    opened.external = dict(circuit.external)
    taken = set(circuit.external.values())
    for net in circuit.open_nets():
        if net.name not in taken and circuit.instances[net.terminals[0].instance].device.emit is None:
            name = net.name if net.name not in opened.external else f"net {net.name}"
            opened.external[name] = net.name
    return opened


class Electronics(Protocol):
    """What electronics add to scattering parameters (see `lit_scattering`)."""

    def added(
        self,
        system: System,
        response: Response,
        ports: list[Access],
        waves: np.ndarray,
        carrier: int,
        offsets: np.ndarray,
    ) -> np.ndarray: ...


def scatter(
    circuit: Circuit, offsets: np.ndarray, runs: int = 1, electronics: Electronics | None = None
) -> tuple[list[str], np.ndarray]:
    """Port names and S (runs, carriers, points, ports, ports): S[..., a, b] is from port b to port a.

    offsets      (carriers, points) frequencies relative to each carrier, Hz
    electronics  that light drives and that drive light, where there are any; of one run
    """
    opened = with_open_ends(circuit)
    carriers = len(circuit.carriers)
    system = build(opened, runs, None)
    ports = accesses(opened, system)
    if not ports:
        raise UsageError(".sparam needs a port: an open optical net, a source or a .port")
    solve = _solver(system, ports, electronics)
    lanes = np.stack([solve(k * runs + run, offsets[k]) for run in range(runs) for k in range(carriers)])
    return [p.name for p in ports], lanes.reshape(runs, carriers, *lanes.shape[1:])


def entries(system: System) -> list[Entry]:
    """What each wave is made of."""
    delays = {line.entry: line.samples for line in system.lines}
    zero = np.zeros(1)
    return [
        Entry(wave, source, np.atleast_1d(value), delays[source] if delay == LINE else zero)
        for table in (system.rows, system.flows)
        for wave, row in table.items()
        for (source, delay), value in row.items()
    ]


class Response:
    """How the waves of a system answer to waves that enter it, at offsets from the carrier."""

    def __init__(self, system: System):
        self._count = len(system.names)
        self._entries = entries(system)
        self._rows = np.array([e.row for e in self._entries], dtype=np.intp)
        self._columns = np.array([e.column for e in self._entries], dtype=np.intp)
        self._states = np.zeros(self._count, dtype=bool)
        self._states[list(system.flows)] = True

    def waves(self, lane: int, drive: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """All waves (offsets, waves, columns) for what is added to them, drive (waves, columns).

        Raises SimulationError where a lossless loop is on resonance.
        """
        values = np.array([_lane(e.value, lane) for e in self._entries], dtype=complex)
        delays = np.array([_lane(e.delay, lane) for e in self._entries], dtype=float)
        kind = _dense if self._count <= DENSE else _sparse
        return kind(self._rows, self._columns, values, delays, self._states, drive, offsets)


def _solver(
    system: System, ports: list[Access], electronics: Electronics | None
) -> Callable[[int, np.ndarray], np.ndarray]:
    """solve(lane, offsets) gives S (offsets, ports, ports); lanes are carrier by carrier, the runs of each together."""
    response = Response(system)
    drive = np.zeros((len(system.names), len(ports)), dtype=complex)
    for j, port in enumerate(ports):
        drive[port.entering, j] = 1
    leaving = [p.leaving for p in ports]

    def solve(lane: int, offsets: np.ndarray) -> np.ndarray:
        waves = response.waves(lane, drive, offsets)
        found = np.zeros((offsets.size, len(ports), len(ports)), dtype=complex)
        for i, wave in enumerate(leaving):
            if wave is not None:
                found[:, i] = waves[:, wave]
        return (
            found if electronics is None else found + electronics.added(system, response, ports, waves, lane, offsets)
        )

    return solve


def _lane(values: np.ndarray, lane: int) -> Any:
    return values[0] if values.size == 1 else values[lane]


def _dense(
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    delays: np.ndarray,
    states: np.ndarray,
    drive: np.ndarray,
    offsets: np.ndarray,
) -> np.ndarray:
    count = drive.shape[0]
    piece = max(1, (1 << 22) // count**2)
    found = []
    for start in range(0, offsets.size, piece):
        f = offsets[start : start + piece]
        matrix = np.zeros((f.size, count, count), dtype=complex)
        turned = -values * np.exp(2j * np.pi * f[:, None] * delays)
        np.add.at(matrix, (np.arange(f.size)[:, None], rows, columns), turned)
        matrix[:, np.arange(count), np.arange(count)] += np.where(states, -2j * np.pi * f[:, None], 1)
        scale = np.abs(matrix).max(axis=2)
        found.append(_checked(np.linalg.solve, matrix / scale[..., None], drive / scale[..., None]))
    return np.concatenate(found)


def _sparse(
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    delays: np.ndarray,
    states: np.ndarray,
    drive: np.ndarray,
    offsets: np.ndarray,
) -> np.ndarray:
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    count = drive.shape[0]
    own = np.arange(count)
    places = (np.concatenate([rows, own]), np.concatenate([columns, own]))
    found = np.zeros((offsets.size, *drive.shape), dtype=complex)
    for i, f in enumerate(offsets):
        turned = -values * np.exp(2j * np.pi * f * delays)
        diagonal = np.where(states, -2j * np.pi * f, 1)
        matrix = csc_array((np.concatenate([turned, diagonal]), places), shape=(count, count))
        found[i] = _checked(lambda m, b: splu(m).solve(b), matrix, drive)
    return found


def _checked(solve: Callable[[Any, np.ndarray], Any], matrix: Any, drive: np.ndarray) -> np.ndarray:
    try:
        found: np.ndarray = solve(matrix, drive)
        return found
    except (np.linalg.LinAlgError, RuntimeError):
        raise SimulationError(
            "light has no definite answer at some frequency: a lossless loop is exactly on resonance there"
        ) from None


def frequencies(circuit: Circuit, analysis: Scattering) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from each carrier (carriers, points) and the absolute axis (carriers * points,), Hz, rising.

    The offsets are those of the axis as it is rounded to double precision.
    Raises UsageError when the spans of two carriers overlap.
    """
    if analysis.points < 1 or not np.isfinite(analysis.span) or analysis.span < 0:
        raise UsageError(".sparam needs at least one point and a span of zero or more (Hz)")
    offsets = (
        np.linspace(-analysis.span / 2, analysis.span / 2, analysis.points) if analysis.points > 1 else np.zeros(1)
    )
    centres = np.sort([C0 / w for w in circuit.carriers])
    gap = np.diff(centres).min() if centres.size > 1 else np.inf
    if gap <= analysis.span:
        raise UsageError(
            f".sparam: a span of {engineering(analysis.span, 'Hz')} overlaps between carriers "
            f"{engineering(float(gap), 'Hz')} apart; give a smaller span"
        )
    own = np.array([[C0 / w] for w in circuit.carriers])
    return own + offsets - own, (centres[:, None] + offsets).reshape(-1)


def run_scattering(
    circuit: Circuit, electronics: Electronics | None, analysis: Scattering, sink: Sink, name: str
) -> None:
    """Run `.sparam` into a sink: variables s(a,b) along `frequency`. `electronics` as for `scatter`."""
    began = time.perf_counter()
    offsets, axis = frequencies(circuit, analysis)
    circuit, runs = set_parameters(circuit, {} if circuit.runs is None else dict(circuit.runs.params))
    ports, s = scatter(circuit, offsets, runs or 1, electronics)
    rising = np.argsort([C0 / w for w in circuit.carriers])
    s = s[:, rising].reshape(len(s), -1, len(ports), len(ports))
    dimensions = ("frequency",) if runs is None else ("run", "frequency")
    s = s[0] if runs is None else s
    pairs = [(i, j) for i in range(len(ports)) for j in range(len(ports))]
    names = {f"s({ports[i]},{ports[j]})": (i, j) for i, j in pairs}
    variables = tuple(
        Variable(key, dimensions, "1", f"scattering from {ports[j]} to {ports[i]}", True)
        for key, (i, j) in names.items()
    )
    coordinates = [Coordinate("frequency", "Hz", "optical frequency")]
    coordinates += [] if runs is None else [Coordinate("run", "1", "run", np.arange(runs))]
    extra = {"carriers": np.array(circuit.carriers), "span": analysis.span}
    sink.begin(Schema(name, "frequency", tuple(coordinates), variables, axis.size, attributes(circuit) | extra))
    sink.append(axis, {key: s[..., i, j] for key, (i, j) in names.items()})
    sink.finish({"wall_time": time.perf_counter() - began, "steps": axis.size})
