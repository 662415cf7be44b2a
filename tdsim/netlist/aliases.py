"""Other tools' names for devices, parameters and ports."""

from __future__ import annotations

DEVICES = {
    "straight": "waveguide",
    "wg": "waveguide",
    "bend": "waveguide",
    "bend_euler": "waveguide",
    "bend_circular": "waveguide",
    "dc": "coupler",
    "directional_coupler": "coupler",
    "coupler2x2": "coupler",
    "mmi2x2": "mmi",
    "mmi1x2": "splitter",
    "y_branch": "splitter",
    "phaseshifter": "phase_shifter",
    "straight_heater_metal": "phase_shifter",
}
"""Component of gdsfactory or SAX to device."""

PARAMETERS = {
    "r": ("reflectivity", 1.0),
    "loss_db_m": ("loss", 1.0),
    "loss_db_cm": ("loss", 100.0),
    "loss_db": ("loss", 1.0),
    "wavelength": ("wl0", 1.0),
}
"""Setting (lower case) to the parameter and the factor that makes it SI."""

IGNORED = frozenset({"wl", "cross_section", "layer", "layers", "bend", "straight", "coupler"})
"""Settings that describe masks, not light; `wl` is set by the circuit's carriers."""
