"""Signals of light at rest, and small signals of its powers, read off the waves of `steady_light`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..circuit import Circuit
from ..outputs import Output, requested, resolve
from ..results.schema import Coordinate, Variable
from ..signals import parse_signal
from .steady_light import SteadyLight

CARRIER = "carrier"


class LightReadings:
    """The optical signals that an analysis keeps: those of the netlist, or the default ones, and extra ones."""

    def __init__(self, circuit: Circuit, steady: SteadyLight, extra: Sequence[str]):
        self._steady, self._several = steady, len(circuit.carriers) > 1
        self.outputs: list[Output] = requested(circuit)
        self.outputs += [resolve(circuit, parse_signal(name)) for name in extra]
        carriers = Coordinate(CARRIER, "m", "carrier wavelength", np.array(circuit.carriers))
        self.coordinates = [carriers] if self._several and self.outputs else []

    def variables(self, dimensions: tuple[str, ...]) -> tuple[Variable, ...]:
        """How the signals stand in a result with these dimensions."""
        return tuple(o.variable(self._dimensions(dimensions)) for o in self.outputs)

    def values(self, waves: np.ndarray) -> dict[str, np.ndarray]:
        """All signals, (carriers, ...) or (...), from waves (..., waves, carriers)."""
        moved = np.moveaxis(waves, (-2, -1), (0, 1))
        found = {o.name: o.values(self._steady.wave(moved, o.wave)) for o in self.outputs}
        return {name: value if self._several else value[0] for name, value in found.items()}

    # -- small signals --------------------------------------------------------------------------------------------

    @property
    def powers(self) -> list[Output]:
        """The outputs that have small signals: powers, which are real numbers that electronics could see."""
        return [o for o in self.outputs if o.is_power]

    def small_variables(self, dimensions: tuple[str, ...]) -> tuple[Variable, ...]:
        """How the small signals stand in a result."""
        whole = [o.variable(self._dimensions(dimensions)) for o in self.powers]
        return tuple(Variable(v.name, v.dimensions, v.units, v.long_name, True) for v in whole)

    def small_values(self, waves: np.ndarray, bands: np.ndarray, voltages: np.ndarray) -> dict[str, np.ndarray]:
        """Small signals of powers, (carriers, frequencies) or (frequencies,).

        waves  (waves, carriers) at rest;  bands  as `SteadyLight.sidebands` gives them
        voltages  (frequencies, followers) small signals
        """
        found = {}
        for output in self.powers:
            rest = self._steady.wave(waves, output.wave)
            lower, upper = (self._steady.wave(np.moveaxis(band, 1, 0), output.wave) for band in bands)
            if not output.wave:
                lower = upper = np.zeros((bands.shape[1], rest.size, voltages.shape[1]), dtype=complex)
            unit = rest.conj()[:, None] * lower + rest[:, None] * upper.conj()
            value = np.einsum("fcv,fv->cf", unit, voltages)
            found[output.name] = value if self._several else value[0]
        return found

    def _dimensions(self, dimensions: tuple[str, ...]) -> tuple[str, ...]:
        return (CARRIER, *dimensions) if self._several else dimensions
