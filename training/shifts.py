"""What light in a lattice feels of its numbers: how the Hamiltonian of resonators depends on what is trained.

    H = sum 2 pi detuning |A|^2 - kerr |A|^4 / 2  +  sum J (A_1* A_2 + A_2* A_1)  +  sum coupling q |A|^2

    detuning of a resonator    dH/ddetuning = 2 pi |A|^2
    coupling of two            dH/dJ = 2 Re(A_1* A_2)
    position of a cell         dH/dq = coupling |A|^2

What an echo leaves behind by a number is the time integral of its dH, which a learning cell takes by its momentum;
for numbers that no cell holds it is measured.

Reference: V. Lopez-Pastor and F. Marquardt, Phys. Rev. X 13, 031020 (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.integrate import simpson

from .. import Circuit, UsageError

Energy = Callable[..., np.ndarray]
Reader = Callable[[np.ndarray], np.ndarray]


class Shifts:
    """The time integrals of dH by parameters "inst.parameter".

    cavities   signals of the amplitudes that they are made of
    Raises UsageError for a parameter that shifts no resonator and joins no two.
    """

    def __init__(self, circuit: Circuit, names: Sequence[str]):
        self._rules = [_rule(circuit, name) for name in names]
        self.cavities = list(dict.fromkeys(cavity for used, _, _ in self._rules for cavity in used))

    def integrals(self, amplitudes: Mapping[str, np.ndarray], step: float, read: Reader) -> np.ndarray:
        """(parameters, runs), J for each unit of the parameter, from amplitudes (runs, times) `step` apart.

        read   what is read of an energy (J)
        """
        found = [
            factor * simpson(read(energy(*(amplitudes[c] for c in used))), dx=step)
            for used, factor, energy in self._rules
        ]
        return np.array(found)


def _rule(circuit: Circuit, name: str) -> tuple[list[str], float, Energy]:
    """dH/dparameter: the amplitudes that it is made of, a factor, and the energy that is read."""
    instance, _, parameter = name.rpartition(".")
    found = circuit.instances[instance]
    if (found.device.name, parameter) == ("resonator", "detuning"):
        return [cavity(instance)], 2 * np.pi, lambda a: np.abs(a) ** 2
    if (found.device.name, parameter) == ("k", "j"):
        return [cavity(other) for other in found.references], 2.0, lambda a, b: np.real(a.conj() * b)
    raise UsageError(f"{name} cannot be trained by an echo, which knows how resonator.detuning and k.j shift the light")


def cavity(instance: str) -> str:
    """The signal of the amplitude in a resonator."""
    return f"x({instance}.cavity)"


class EnergyCost:
    """The cost of a task whose monitors are cavities, as `tdsim.gradient` wants it: of energies at the last sample."""

    def __init__(self, task: Any, labels: np.ndarray):
        self._task, self._labels = task, labels

    def value(self, signals: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.asarray(self._task.cost(energies(self._task.monitors, signals), self._labels))

    def pullback(self, signals: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        missed = energies(self._task.monitors, signals) - self._task.wanted(self._labels)
        slopes = {name: np.zeros_like(signals[name]) for name in self._task.monitors}
        for name, off in zip(self._task.monitors, missed.T, strict=True):
            slopes[name][..., -1] = 2 * off * signals[name][..., -1]
        return slopes


def energies(monitors: Sequence[str], signals: Mapping[str, np.ndarray]) -> np.ndarray:
    """What is in the monitors' cavities (J) at the last sample, (runs, classes)."""
    return np.stack([np.abs(np.atleast_2d(signals[m])[..., -1]) ** 2 for m in monitors], axis=1)
