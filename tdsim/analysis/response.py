"""`.ac`: small sinusoidal signals around the operating point, exp(+j 2 pi f t) as in SPICE."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from ..cards import SmallSignal
from ..circuit import Circuit
from ..errors import SimulationError
from ..nodal.equations import evaluate_devices_of, load_matrix
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
    solver = linearised(electronics)
    frequencies = np.asarray(analysis.frequencies)
    readings = electronics.readings
    found = respond(solver, frequencies)[:, readings.kept]
    values = {r.probe.name: np.asarray(_PARTS[r.probe.part](r.values(found))) for r in readings.readings}
    coordinate = Coordinate("frequency", "Hz", "frequency")
    variables = tuple(r.variable(("frequency",), r.probe.kind != "@") for r in readings.readings)
    sink.begin(Schema(name, "frequency", (coordinate,), variables, frequencies.size, attributes(circuit)))
    sink.append(frequencies, values)
    sink.finish({"wall_time": time.perf_counter() - began, "steps": frequencies.size})
    for sentence in solver.report:
        tell(sentence)


def linearised(electronics: Electronics) -> Solver:
    """The equations for small signals, at the operating point."""
    resting = electronics.solver(electronics.system)
    z = resting.find_rest(resting.words["LEVEL"], electronics.held(), electronics.nudged())
    solver = electronics.solver(electronics.at(small_signal=True))
    solver.words["Z"][:] = z
    solver.words["SWITCHES"][:] = resting.words["SWITCHES"]
    solver.report = resting.report
    return solver


def respond(solver: Solver, frequencies: np.ndarray) -> np.ndarray:
    """The small signals of all unknowns, ground last: (frequencies, unknowns + 1)."""
    words, n = solver.words, solver.system.size
    evaluate_devices_of(words.address)
    matrices = []
    for alpha, beta in ((1.0, 0.0), (0.0, 1.0)):
        load_matrix(words.address, alpha, beta)
        matrices.append(words["MATRIX"][:-1].copy())
    amplitudes = np.array([s.amplitude for s in solver.system.sources], dtype=complex)
    drive = np.zeros(n + 1, dtype=complex)
    np.add.at(drive, words["DRIVE_ROW"], words["DRIVE_VALUE"] * amplitudes[words["DRIVE_SOURCE"]])
    rows = solver.layout.rows
    found = np.zeros((frequencies.size, n + 1), dtype=complex)
    solve = _dense if n <= DENSE else _sparse
    found[:, :n] = solve(rows, solver.layout.columns, matrices[0], matrices[1], drive[:n], 2j * np.pi * frequencies)
    return found


def _dense(
    rows: np.ndarray, columns: np.ndarray, c: np.ndarray, g: np.ndarray, drive: np.ndarray, s: np.ndarray
) -> np.ndarray:
    matrix = np.zeros((s.size, drive.size, drive.size), dtype=complex)
    matrix[:, rows, columns] = g + s[:, None] * c
    right = np.broadcast_to(drive[:, None], (s.size, drive.size, 1))
    try:
        found: np.ndarray = np.linalg.solve(matrix, right)[..., 0]
    except np.linalg.LinAlgError:
        raise SimulationError(_SINGULAR) from None
    return found


def _sparse(
    rows: np.ndarray, columns: np.ndarray, c: np.ndarray, g: np.ndarray, drive: np.ndarray, s: np.ndarray
) -> np.ndarray:
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    found = np.empty((s.size, drive.size), dtype=complex)
    for k, value in enumerate(s):
        matrix = csc_array((g + value * c, (rows, columns)), shape=(drive.size, drive.size))
        try:
            found[k] = splu(matrix).solve(drive)
        except RuntimeError:
            raise SimulationError(_SINGULAR) from None
    return found


_SINGULAR = "the small signals have no unique solution at some frequency: a lossless resonance lies exactly on it"
