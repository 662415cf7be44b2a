"""The netlists that come with the package, and figures that several of their tests need."""

from importlib import resources
from pathlib import Path

import numpy as np

import tdsim
from tdsim.units import C0

ROOT = Path(str(resources.files("tdsim.netlists")))
NETLISTS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.cir"))

CARRIER = C0 / 1550e-9
NEFF, NG, LOSS = 2.35, 4.2, 200.0
"""The silicon guide of the netlists; the loss is in dB/m."""


def load(name, **parameters):
    """A shipped photonic netlist, with top-level parameters set to other values."""
    return tdsim.load(ROOT / "photonic" / f"{name}.cir", {key: repr(value) for key, value in parameters.items()})


def amplitude(decibels):
    return 10 ** (-np.asarray(decibels) / 20)


def guide(length, offset=0.0, ng=NG, loss=LOSS, phase=0.0):
    """Transmission of a guide at this offset (Hz) from the carrier."""
    turn = 2 * np.pi * (NEFF * length / 1550e-9 + offset * ng * length / C0) + phase
    return amplitude(loss * length) * np.exp(1j * turn)


def coupler(power):
    """Amplitudes that stay and cross, the phase of crossing included."""
    return np.sqrt(1 - power), 1j * np.sqrt(power)
