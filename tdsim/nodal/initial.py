"""Where a transient with `uic` starts: from the voltages and currents that were given, without an operating point."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from .linear import REFERRED, Kin
from .system import System
from .unknowns import electrodes


def given_unknowns(system: System, voltages: dict[int, float], run: int) -> np.ndarray:
    """Node voltages as given, currents of inductors from their `ic`, all else 0: (unknowns + 1,)."""
    z = np.zeros(system.size + 1)
    for node, value in voltages.items():
        z[node] = value
    for kin in system.kins:
        if "ic" in kin.device.params and kin.device.branches and kin.device.store is not None:
            given = _of_run(kin.p.ic, run)
            branch = kin.columns[:, len(electrodes(kin.device)) + len(kin.device.inner)]
            z[branch] = np.where(np.isnan(given), 0.0, given)
    return z


def given_charges(system: System, z: np.ndarray, run: int) -> np.ndarray:
    """The charges and fluxes C z of the linear devices (rows + 1,); an `ic` of a capacitor wins over its nodes."""
    charge = np.zeros(system.size + 1)
    for kin in system.kins:
        if kin.device.store is not None:
            _add(kin, z, charge, run)
    charge[system.size] = 0.0
    return charge


def _add(kin: Kin, z: np.ndarray, charge: np.ndarray, run: int) -> None:
    device = kin.device
    nodes = [*electrodes(device), *device.inner]
    values = z[kin.columns].T[:, :, None]
    if "ic" in device.params and not device.branches and len(nodes) == 2:
        given = _of_run(kin.p.ic, run)[:, None]
        values[0] = np.where(np.isnan(given), values[0], values[1] + given)
    voltages = namedtuple("Voltages", nodes)(*values[: len(nodes)])
    currents = namedtuple("Currents", [*device.branches, *REFERRED[device.references]])(*values[len(nodes) :])
    assert device.store is not None
    for row, stored in enumerate(device.store(kin.p, voltages, currents)):
        numbers = np.broadcast_to(
            np.asarray(stored, dtype=float),
            (len(kin.instances), max(1, np.shape(stored)[-1] if np.ndim(stored) else 1)),
        )
        np.add.at(charge, kin.rows[:, row], numbers[:, run % numbers.shape[1]])


def _of_run(values: np.ndarray, run: int) -> np.ndarray:
    return np.asarray(values[:, run % values.shape[1]])
