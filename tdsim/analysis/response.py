"""`.ac`: small sinusoidal signals around the operating point, exp(+j 2 pi f t) as in SPICE."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..cards import SmallSignal
from ..circuit import Circuit
from ..errors import SimulationError
from ..nodal.equations import evaluate_devices_of, load_matrix
from ..nodal.laws import delays_of
from ..nodal.solver import Solver
from ..results.schema import Coordinate, Schema, Sink
from .electronics import Electronics, Tell
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
    electronics = Electronics(circuit, analysis, extra=extra)
    for sentence in electronics.said:
        tell(sentence)
    solver = linearised(electronics)
    frequencies = np.asarray(analysis.frequencies)
    readings = electronics.readings
    found = respond(solver, frequencies)[:, readings.kept]
    values = {r.probe.name: np.asarray(_PARTS[r.probe.part](r.values(found))) for r in readings.readings}
    coordinate = Coordinate("frequency", "Hz", "frequency")
    variables = tuple(r.variable(("frequency",), r.probe.kind != "@") for r in readings.readings)
    sink.begin(Schema(name, "frequency", (coordinate,), variables, frequencies.size, attributes(circuit)))
    sink.append(frequencies, values)
    sink.finish({"wall_time": time.perf_counter() - began, "steps": frequencies.size, "found_by": solver.found_by})
    for sentence in solver.report:
        tell(sentence)


def linearised(electronics: Electronics) -> Solver:
    """The equations for small signals, at the operating point."""
    resting = electronics.solver(electronics.system)
    z = resting.find_rest(resting.words["LEVEL"], electronics.held(), electronics.nudged())
    solver = electronics.solver(electronics.at(small_signal=True))
    solver.words["Z"][:] = z
    solver.words["SWITCHES"][:] = resting.words["SWITCHES"]
    solver.report, solver.found_by = resting.report, resting.found_by
    return solver


def respond(solver: Solver, frequencies: np.ndarray) -> np.ndarray:
    """The small signals of all unknowns, ground last: (frequencies, unknowns + 1)."""
    words, n = solver.words, solver.system.size
    amplitudes = np.array([s.amplitude for s in solver.system.sources], dtype=complex)
    drive = np.zeros(n + 1, dtype=complex)
    np.add.at(drive, words["DRIVE_ROW"], words["DRIVE_VALUE"] * amplitudes[words["DRIVE_SOURCE"]])
    found = np.zeros((frequencies.size, n + 1), dtype=complex)
    solve = _dense if n <= DENSE else _sparse
    for piece in _pieces(solver, frequencies):
        equations = _equations(solver, frequencies[piece][0])
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

    def at(self, s: Any) -> np.ndarray:
        found: np.ndarray = (self.g + s * self.c) * np.exp(-s * self.delay)
        return found


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
    matrix[:, equations.rows, equations.columns] = equations.at(s[:, None])
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
    for k, value in enumerate(s):
        matrix = csc_array((equations.at(value), places), shape=(drive.size, drive.size))
        try:
            found[k] = splu(matrix).solve(drive)
        except RuntimeError:
            raise SimulationError(_SINGULAR) from None
    return found


_SINGULAR = "the small signals have no unique solution at some frequency: a lossless resonance lies exactly on it"
