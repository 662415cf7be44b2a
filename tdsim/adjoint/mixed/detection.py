"""How what detectors see changes with the waves that arrive, and with their own parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...analysis.bridges import Detector
from ...circuit import Circuit
from ...errors import UsageError
from ..slopes import WEIGHTS
from ..targets import Parameter

NEAR = 1e-3
"""By which part of itself what arrives is moved, and a parameter: a fourth-order difference then errs by 1e-12."""

Waves = Mapping[str, np.ndarray]
"""Waves (carriers, runs, times) by name; those that are always dark may be left out."""

Slopes = list[list[np.ndarray]]
"""dlight/dRe + i dlight/dIm (carriers, runs, times) by detector and port."""


@dataclass(frozen=True)
class Detection:
    """All that light does to electronics."""

    detectors: Sequence[Detector]

    @staticmethod
    def of(circuit: Circuit, found: Sequence[Detector]) -> Detection:
        """With the parameters that the detectors have in this circuit."""
        return Detection([Detector(circuit.instances[d.instance.name], d.waves) for d in found])

    @property
    def waves(self) -> list[str]:
        """The names of the waves that reach detectors."""
        return sorted({wave for d in self.detectors for wave in d.waves if wave})

    def light(self, waves: Waves, shape: tuple[int, ...]) -> np.ndarray:
        """What light does to each detector, (detectors, runs, times), for waves of this shape."""
        found = np.zeros((len(self.detectors), *shape[1:]))
        for k, d in enumerate(self.detectors):
            found[k] = d.light(self._arriving(d, waves, shape))
        return found

    def slopes(self, waves: Waves, shape: tuple[int, ...]) -> Slopes:
        """How what each detector sees changes with the wave at each of its ports."""
        return [_slopes(d, self._arriving(d, waves, shape)) for d in self.detectors]

    def seeds(self, by_light: np.ndarray, slopes: Slopes, part: slice = slice(None)) -> dict[str, np.ndarray]:
        """dL/dwave (carriers, runs, times), by name, from dL/dlight (detectors, runs, times) in a part of the times."""
        found: dict[str, np.ndarray] = {}
        for d, by_one, ports in zip(self.detectors, by_light, slopes, strict=True):
            for name, slope in zip(d.waves, ports, strict=True):
                if name:
                    found[name] = found.get(name, 0) + by_one * slope[..., part]
        return found

    def derivative(self, p: Parameter, waves: Waves, shape: tuple[int, ...]) -> np.ndarray:
        """dlight/dparameter (runs, times) of the detector that the parameter belongs to."""
        d = next(d for d in self.detectors if d.instance.name == p.instance)
        value, (low, high) = np.asarray(d.instance.settings[p.name], float), d.instance.device.params[p.name].bounds
        room = min(float(value.min()) - low, high - float(value.max()))
        near = min(NEAR * (float(np.abs(value).max()) or 1.0), room / 2.5)
        if near <= 0:
            raise UsageError(f"{p.label} stands at its bound, where it has no derivative; move it off")
        arriving, total = self._arriving(d, waves, shape), np.zeros(shape[1:])
        for way, weight in WEIGHTS.items():
            values = {**d.instance.values, p.name: value[()] + way * near}
            total = total + weight / near * Detector(replace(d.instance, values=values), d.waves).light(arriving)
        return total

    @staticmethod
    def _arriving(d: Detector, waves: Waves, shape: tuple[int, ...]) -> list[np.ndarray]:
        return [waves[name] if name in waves else np.zeros(shape, dtype=complex) for name in d.waves]


def _slopes(d: Detector, arriving: Sequence[np.ndarray]) -> list[np.ndarray]:
    """dlight/dRe + i dlight/dIm (carriers, runs, times) by the wave at each port."""
    size = np.max([np.abs(wave).max(axis=0) for wave in arriving], axis=0)
    near = NEAR * np.where(size > 0, size, 1.0)
    found = []
    for port, wave in enumerate(arriving):
        slope = np.zeros(wave.shape, dtype=complex)
        for carrier in range(len(wave)):
            for direction in (1, 1j):
                for way, weight in WEIGHTS.items():
                    moved = wave.copy()
                    moved[carrier] += direction * way * near
                    beside = d.light([*arriving[:port], moved, *arriving[port + 1 :]])
                    slope[carrier] += direction * weight * beside / near
        found.append(slope)
    return found
