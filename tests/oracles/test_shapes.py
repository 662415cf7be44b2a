"""Every SPICE source shape, with defaults, delays and phases, against its exact waveform."""

from pathlib import Path

import numpy as np
import pytest

from tdsim.shapes import make_shape

DATA = np.load(Path(__file__).parent / "data" / "sources.npz")
STEP, STOP = 5e-6, 2e-3

SHAPES = {
    "a": ("sin", [0.5, 1, 1e3, 0.3e-3, 500, 30], {}),
    "b": ("exp", [0, 1, 0.2e-3, 0.1e-3, 1e-3, 0.3e-3], {}),
    "c": ("sffm", [0, 1, 5e3, 3, 500], {}),
    "d": ("pwl", [0, 0, 0.1e-3, 1, 0.5e-3, -1, 0.5001e-3, 0.5, 1e-3, 0], {}),
    "e": ("pulse", [0, 1, 0.1e-3, 50e-6, 70e-6, 0.2e-3, 0.6e-3], {}),
    "f": ("pwl", [0, 0, 0.2e-3, 1, 0.4e-3, 0], {"r": 0.0}),
    "g": ("am", [0.5, 1, 500, 6e3, 0.2e-3], {}),
    "h": ("pulse", [0, 1, 0.2e-3, 0, 0, 0, 0.5e-3], {}),
}


@pytest.mark.parametrize("signal", SHAPES)
def test_waveform(signal):
    name, arguments, keywords = SHAPES[signal]
    waveform = make_shape(name, arguments, keywords).resolve(STEP, STOP)
    np.testing.assert_allclose(waveform(DATA["time"]), DATA[signal], rtol=0, atol=1e-14)
