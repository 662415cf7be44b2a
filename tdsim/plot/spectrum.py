"""Horizontal axes: plain ones in engineering units, and those of optical spectra."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..units import C0
from .panels import Panel
from .scale import prefixed

OPTICAL = 1e12
"""Hz: frequencies above it are those of light."""
BROAD = 0.2
"""An axis that spans more than this part of its frequency is shown as it is."""


@dataclass(frozen=True)
class Axis:
    """A horizontal axis: what is shown is (value - origin) / scale; `gap` breaks lines between bands further apart."""

    label: str
    scale: float = 1.0
    origin: float = 0.0
    gap: float = np.inf
    wavelengths: bool = False

    def place(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A trace as it is drawn, with a hole (NaN) in each gap."""
        holes = np.flatnonzero(np.diff(x) > self.gap) + 1
        return np.insert((x - self.origin) / self.scale, holes, np.nan), np.insert(y, holes, np.nan)

    def finish(self, ax: Any) -> None:
        """A second axis on top, in nm, for offsets from an optical frequency."""
        if not self.wavelengths:
            return
        top = ax.secondary_xaxis("top", functions=(self._wavelength, self._offset))
        top.set_xlabel("wavelength (nm)")
        top.ticklabel_format(useOffset=False)
        top.tick_params(length=3)

    def _wavelength(self, shown: np.ndarray) -> np.ndarray:
        return 1e9 * C0 / (self.origin + np.asarray(shown) * self.scale)

    def _offset(self, wavelength: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):  # matplotlib tries its functions at 0
            return (1e9 * C0 / np.asarray(wavelength) - self.origin) / self.scale


def axis(panel: Panel) -> Axis:
    """The axis of a spectrum: the offset from the middle of a narrow optical band, or else the frequency itself."""
    x = panel.lines[0].x
    steps = np.diff(x)
    gap = 3 * float(np.median(steps)) if steps.size else np.inf
    middle, span = float(x[0] + x[-1]) / 2, float(x[-1] - x[0])
    if middle < OPTICAL or span == 0 or span > BROAD * middle or bool((steps > gap).any()):
        scale, unit = prefixed(panel.axis_unit, [x])
        return Axis(f"{panel.axis} ({unit})", scale, gap=gap)
    scale, unit = prefixed(panel.axis_unit, [np.array([span / 2])])
    return Axis(f"frequency − {middle / 1e12:.3f} THz ({unit})", scale, middle, wavelengths=True)
