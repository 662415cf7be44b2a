"""Linear circuits against traces from independent simulators and closed forms (tests/oracles/data/P*)."""

from pathlib import Path

import numpy as np
import pytest

import tdsim

DATA = Path(__file__).parent / "data"
TOLERANCE = {
    "P01_waveguide": 1e-11,
    "P03_allpass_step": 1e-11,
    "P04_adddrop": 1e-10,
    "P05_fractional_ring": 1e-6,
    "P06_fabry_perot": 1e-10,
    "P11_reservoir16": 1e-10,
}


@pytest.mark.parametrize("name", TOLERANCE)
def test_trace_is_met(name):
    circuit = tdsim.load(DATA / f"{name}.netlist.json")
    data = np.load(DATA / f"{name}.npz")
    step, times = float(data["dt"]), len(data["t"])
    inputs = {str(port): data["x"][:, k] for k, port in enumerate(data["in_ports"])}
    outputs = [f"e({port})" for port in data["out_ports"]]
    result = tdsim.transient(circuit, stop=(times - 1) * step, step=step, inputs=inputs, save=outputs)
    found = np.stack([np.atleast_2d(result[signal].values) for signal in outputs], axis=-1)
    expected = data["y"][None] if "wavelengths" not in data else data["y"].T[..., None]
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= TOLERANCE[name] * np.abs(expected).max()


def test_rounded_delays_are_as_wrong_as_they_are_known_to_be():
    """With `delay=round` the fractional ring is 5.6e-3 off, as a simulator that rounds delays is."""
    circuit = tdsim.load(DATA / "P05_fractional_ring.netlist.json")
    circuit.options["delay"] = "round"
    data = np.load(DATA / "P05_fractional_ring.npz")
    with pytest.warns(UserWarning, match="rounded"):
        result = tdsim.transient(circuit, stop=2999e-13, step=1e-13, inputs={"in": data["x"][:, 0]}, save=["e(out)"])
    reference = data["y_photontorch_rounded"][:, 0]
    assert np.abs(result["e(out)"].values - reference).max() <= 1e-10 * np.abs(reference).max()
