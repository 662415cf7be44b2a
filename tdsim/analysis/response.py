"""`.ac`: small sinusoidal signals around the operating point, exp(+j 2 pi f t) as in SPICE."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..cards import SmallSignal
from ..circuit import Circuit
from ..errors import SimulationError
from ..nodal.equations import evaluate_devices_of, load_matrix
from ..nodal.laws import delays_of
from ..nodal.solver import Solver
from ..results.schema import Coordinate, Schema, Sink
from .electronics import Tell
from .joint_rest import JointRest, Rest
from .request import attributes

DENSE = 40
"""Up to this many unknowns all frequencies are solved at once as dense matrices."""

_PARTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "": lambda x: x,
    "m": np.abs,
    "p": np.angle,
    "db": lambda x: 20 * np.log10(np.maximum(np.abs(x), 1e-300)),
    "r": np.real,
    "i": np.imag,
}
"""What vm(..), vp(..), vdb(..), vr(..), vi(..) are of a complex number; phases in radians."""


def run_small_signal(
    circuit: Circuit, analysis: SmallSignal, sink: Sink, name: str, tell: Tell, extra: Sequence[str] = ()
) -> None:
    """Run `.ac` into a sink: complex variables along `frequency` (Hz)."""
    began = time.perf_counter()
    rest = Rest(circuit, analysis, extra, tell)
    solver = linearised(rest)
    frequencies, light, joint = np.asarray(analysis.frequencies), rest.light, rest.joint
    readings = rest.electronics.readings
    bands = None if joint is None else joint.steady.sidebands(joint.voltages, frequencies)
    unknowns = respond(solver, frequencies, None if joint is None or bands is None else feedback(joint, solver, bands))
    found = unknowns[:, readings.kept]
    values = {r.probe.name: np.asarray(_PARTS[r.probe.part](r.values(found))) for r in readings.readings}
    coordinates = [Coordinate("frequency", "Hz", "frequency")]
    variables = tuple(r.variable(("frequency",), r.probe.kind != "@") for r in readings.readings)
    if joint is not None and light is not None and bands is not None:
        values |= light.small_values(joint.waves, bands, unknowns[:, joint.heard(solver.system)])
        variables += light.small_variables(("frequency",))
        left_out = [o.name for o in light.outputs if not o.is_power]
        if left_out and circuit.requests:
            tell(f".ac has small signals of powers, p(..), of light: {', '.join(left_out[:6])} left out")
        coordinates += light.coordinates
    known = attributes(circuit)
    sink.begin(Schema(name, "frequency", tuple(coordinates), variables, frequencies.size, known))
    sink.append(frequencies, values)
    sink.finish({"wall_time": time.perf_counter() - began, "steps": frequencies.size, "found_by": solver.found_by})
    for sentence in rest.doubts():
        tell(sentence)


def linearised(rest: Rest) -> Solver:
    """The equations for small signals, at the operating point."""
    electronics = rest.electronics
    resting = electronics.solver(electronics.system)
    z = rest.find(resting, resting.words["LEVEL"], electronics.held(), electronics.nudged())
    solver = electronics.solver(electronics.at(small_signal=True))
    solver.words["Z"][:] = z
    solver.words["SWITCHES"][:] = resting.words["SWITCHES"]
    solver.found_by = resting.found_by
    return solver


@dataclass(frozen=True)
class Feedback:
    """What light adds to the matrix: rows, columns (entries,), and values (frequencies, entries)."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray


def feedback(joint: JointRest, solver: Solver, bands: np.ndarray) -> Feedback:
    """Light makes currents of voltages: a source's column times the answer of the optics to what they follow."""
    words, lit, heard = solver.words, joint.lit(solver.system), joint.heard(solver.system)
    answers = joint.steady.answers(joint.waves, bands)
    rows, columns, values = [], [], []
    for row, source, value in zip(words["DRIVE_ROW"], words["DRIVE_SOURCE"], words["DRIVE_VALUE"], strict=True):
        for k in np.flatnonzero(lit == source):
            for j, column in enumerate(heard):
                rows.append(row)
                columns.append(column)
                values.append(-value * answers[:, k, j])
    table = np.array(values, dtype=complex).reshape(len(rows), bands.shape[1]).T
    return Feedback(np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), table)


def respond(
    solver: Solver, frequencies: np.ndarray, light: Feedback | None = None, source: int | None = None
) -> np.ndarray:
    """The small signals of all unknowns, ground last: (frequencies, unknowns + 1).

    light   what it adds to the equations
    source  the one that has an amplitude, of 1; None: all have their own, of `ac=`
    """
    words, n = solver.words, solver.system.size
    amplitudes = np.array([s.amplitude for s in solver.system.sources], dtype=complex)
    if source is not None:
        amplitudes = np.eye(amplitudes.size, dtype=complex)[source]
    drive = np.zeros(n + 1, dtype=complex)
    np.add.at(drive, words["DRIVE_ROW"], words["DRIVE_VALUE"] * amplitudes[words["DRIVE_SOURCE"]])
    found = np.zeros((frequencies.size, n + 1), dtype=complex)
    solve = _dense if n <= DENSE else _sparse
    for piece in _pieces(solver, frequencies):
        equations = _equations(solver, frequencies[piece][0])
        if light is not None:
            equations = equations.fed_back(light, piece)
        found[piece, :n] = solve(equations, drive[:n], 2j * np.pi * frequencies[piece])
    return found


@dataclass(frozen=True)
class _Equations:
    """Entries of the matrix: g + s c, those of an operand of delay() times exp(-s delay)."""

    rows: np.ndarray
    columns: np.ndarray
    c: np.ndarray
    g: np.ndarray
    delay: np.ndarray
    added: np.ndarray | None = None
    """(frequencies, entries) for each of the frequencies that these are for; pairs of row and column may repeat."""

    def at(self, s: np.ndarray, which: slice = slice(None)) -> np.ndarray:
        """(frequencies, entries) for `which` of the frequencies, s = 2 pi i f."""
        s = s[which, None]
        found: np.ndarray = (self.g + s * self.c) * np.exp(-s * self.delay)
        return found if self.added is None else found + self.added[which]

    def fed_back(self, light: Feedback, piece: slice) -> _Equations:
        """With what light adds."""
        values, old = light.values[piece], self.rows.size
        none = np.zeros(light.rows.size)
        added = np.concatenate([np.zeros((len(values), old)), values], axis=1)
        rows, columns = np.append(self.rows, light.rows), np.append(self.columns, light.columns)
        c, g, delay = (np.append(x, none) for x in (self.c, self.g, self.delay))
        return _Equations(rows, columns, c, g, delay, added)


def _pieces(solver: Solver, frequencies: np.ndarray) -> list[slice]:
    """Frequencies that share their equations: all, unless an expression holds `hertz`."""
    laws = [g.keep.rooms[solver.run].code for g in solver.system.groups if g.keep is not None]
    if any(code.depends[:, -1].any() for code in laws):
        return [slice(k, k + 1) for k in range(frequencies.size)]
    return [slice(0, frequencies.size)] if frequencies.size else []


def _equations(solver: Solver, frequency: float) -> _Equations:
    words, layout = solver.words, solver.layout
    for group in solver.system.groups:
        if group.keep is not None:
            group.keep.set_frequency(solver.run, frequency)
    evaluate_devices_of(words.address)
    matrices = []
    for alpha, beta in ((1.0, 0.0), (0.0, 1.0)):
        load_matrix(words.address, alpha, beta)
        matrices.append(words["MATRIX"][:-1].copy())
    delays = np.zeros(solver.system.size)
    for row, late in delays_of(solver.system.groups, solver.run).items():
        delays[row] = late
    delay = np.where(layout.rows != layout.columns, delays[layout.rows], 0.0)
    return _Equations(layout.rows, layout.columns, matrices[0], matrices[1], delay)


def _dense(equations: _Equations, drive: np.ndarray, s: np.ndarray) -> np.ndarray:
    matrix = np.zeros((s.size, drive.size, drive.size), dtype=complex)
    np.add.at(matrix, (np.arange(s.size)[:, None], equations.rows, equations.columns), equations.at(s))
    right = np.broadcast_to(drive[:, None], (s.size, drive.size, 1))
    try:
        found: np.ndarray = np.linalg.solve(matrix, right)[..., 0]
    except np.linalg.LinAlgError:
        raise SimulationError(_SINGULAR) from None
    return found


def _sparse(equations: _Equations, drive: np.ndarray, s: np.ndarray) -> np.ndarray:
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    found, places = np.empty((s.size, drive.size), dtype=complex), (equations.rows, equations.columns)
    for k in range(s.size):
        matrix = csc_array((equations.at(s, slice(k, k + 1))[0], places), shape=(drive.size, drive.size))
        try:
            found[k] = splu(matrix).solve(drive)
        except RuntimeError:
            raise SimulationError(_SINGULAR) from None
    return found


_SINGULAR = "the small signals have no unique solution at some frequency: a lossless resonance lies exactly on it"
