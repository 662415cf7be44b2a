"""A netlist as gdsfactory and SAX write it: instances, connections, ports. Layout in, waveform out.

The dictionary has the form of `component.get_netlist()`, in SI units; `tdsim.load` also takes it as JSON, and
gdsfactory's YAML, whose lengths are in um. Names of components of other tools are understood (straight, mmi1x2, ...).
"""

import numpy as np

import tdsim
from tdsim.units import C0

NETLIST = {
    "name": "unbalanced_mzi",
    "instances": {
        "split": "mmi1x2",
        "join": "mmi1x2",
        "short": {"component": "straight", "settings": {"length": 100e-6, "neff": 2.35, "ng": 4.2}},
        "long": {"component": "straight", "settings": {"length": 400e-6, "neff": 2.35, "ng": 4.2}},
    },
    "connections": {
        "split,o2": "short,o1",
        "split,o3": "long,o1",
        "short,o2": "join,o2",
        "long,o2": "join,o3",
    },
    "ports": {"in": "split,o1", "out": "join,o1"},
}

circuit = tdsim.load(NETLIST)
print(f"ports {', '.join(circuit.external)}; warnings: {circuit.warnings or 'none'}")

# At a port, the input samples are the wave that enters and e(port) is the wave that leaves.
pulse = np.exp(-(((np.arange(400) - 100) / 20) ** 2))
result = tdsim.transient(circuit, stop=40e-12, step=0.05e-12, inputs={"in": pulse}, save=["p(out)"])
power = result["p(out)"].values
first, second = (int(np.argmax(power[part])) + part.start for part in (slice(0, 180), slice(180, 400)))
print(f"two pulses leave, {(second - first) * 0.05:.2f} ps apart; the arms differ by {4.2 * 300e-6 / C0 * 1e12:.2f} ps")

scattering = tdsim.sparam(circuit, points=2001, span=1e12)
transmitted = np.abs(scattering["s(out,in)"].values) ** 2
inner = transmitted[1:-1]
peaks = scattering["frequency"].values[1:-1][(inner > transmitted[:-2]) & (inner > transmitted[2:])]
print(f"free spectral range {np.diff(peaks).mean() / 1e9:.1f} GHz, expected {C0 / (4.2 * 300e-6) / 1e9:.1f} GHz")
