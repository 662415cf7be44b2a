"""Light that stands still, and its answer to small changes of the voltages that optics follow.

At rest the waves obey y = C(v) y + e, e from the sources, delays left out. A small voltage u exp(j w t) makes a pair of
sidebands: with y exp(-2 pi i f t) for an offset f from the carrier, one at f = -w / 2 pi and one at f = +w / 2 pi, each
by the equations of light at that offset (`small_signal`) with dC/dv y0 u as its source. What a detector sees is linear
in the wave and in its conjugate, so that both sidebands count.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuit import Circuit, is_shape
from ..device import OPTICAL
from ..errors import UsageError
from ..schedule.build import build
from ..schedule.groups import fields, group_instances
from ..schedule.system import System
from .bridges import Detector, Follower, following
from .small_signal import Response, entries
from .turned_light import at_rest, mutual_drive, self_drive

STRIDE = 1e-5
"""Voltages are moved by this, relative to 1 V or to their size, for derivatives of the optics; errors are of its fourth
power."""

MOVE = 1e-4
"""Waves are moved by this part of the largest one for the derivatives of detectors."""

SOON, LATER = 1e-16, 0.6180339887e-9
"""How fast a source's light turns is seen so much after t = 0 (s): roughly, and then exactly."""

SAME = 1e-9
"""By how much of itself the light of sources may turn differently, or be other than turned light, from rounding."""


class SteadyLight:
    """The optics of a circuit, its sources as they are at t = 0.

    index    number of each wave by name
    turned   the states that turn their own phase by their energy (Kerr)
    turning  (carriers,) Hz: the detuning of the light of each carrier, all of which turns as exp(-2 pi i turning t);
             powers stand still, and what is said of waves is said of them at t = 0
    Raises UsageError where light of one carrier turns at several rates, or where light acts on itself.
    """

    def __init__(self, circuit: Circuit, followers: Sequence[Follower], detectors: Sequence[Detector]):
        self._circuit, self._followers, self._detectors = _frozen(circuit), followers, detectors
        system = self._system(np.zeros(len(followers)))
        _refuse(circuit, system)
        self.index = system.index
        self._sources, self.turning = _sources(self._circuit, system)
        carriers = len(circuit.carriers)
        self.turned = list(system.turns)
        gammas = [np.broadcast_to(np.real(np.ravel(gamma)), (carriers,)) for gamma in system.turns.values()]
        self._gamma = np.array(gammas, dtype=float).reshape(len(self.turned), carriers)
        self._inner: list[np.ndarray | None] = [None] * carriers

    def _system(self, voltages: np.ndarray) -> System:
        return build(following(self._circuit, self._followers, [float(v) for v in voltages]), 1, None)

    # -- at rest --------------------------------------------------------------------------------------------------

    def at(self, voltages: np.ndarray) -> np.ndarray:
        """All waves (waves, carriers) at these voltages (followers,). Raises SimulationError where there are none."""
        response = Response(self._system(voltages))
        return np.stack([self._at(response, k) for k in range(self._sources.shape[1])], axis=1)

    def _at(self, response: Response, k: int) -> np.ndarray:
        """The waves (waves,) of one carrier."""
        drive = np.concatenate([self._sources[:, k : k + 1], self._units], axis=1)
        waves = response.waves(k, drive, self.turning[k : k + 1])[0]
        plain, answer = waves[:, 0], waves[:, 1:]
        if not plain[self.turned].any():
            self._inner[k] = None
            return np.asarray(plain)
        w = at_rest(plain[self.turned], answer[self.turned], self._gamma[:, k], self._inner[k])
        self._inner[k] = w
        found: np.ndarray = plain + answer @ self_drive(self._gamma[:, k], w)
        return found

    @property
    def _units(self) -> np.ndarray:
        """A unit added to the rate of each state that turns itself, (waves, states)."""
        found = np.zeros((len(self._sources), len(self.turned)), dtype=complex)
        found[self.turned, range(len(self.turned))] = 1
        return found

    def wave(self, waves: np.ndarray, name: str) -> np.ndarray:
        """One of the waves by its name, (carriers, ...); zero where nothing can arrive."""
        found: np.ndarray = waves[self.index[name]] if name else np.zeros(waves.shape[1:], dtype=complex)
        return found

    def detected(self, waves: np.ndarray) -> np.ndarray:
        """What these waves (waves, carriers) do to every detector, (detectors,)."""
        return np.array([_seen(d, self._arriving(waves, d))[0] for d in self._detectors])

    def _arriving(self, waves: np.ndarray, detector: Detector) -> np.ndarray:
        return np.stack([self.wave(waves, name) for name in detector.waves])

    # -- small signals --------------------------------------------------------------------------------------------

    def sidebands(self, voltages: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
        """What each voltage makes of all waves: (lower or upper, frequencies, waves, carriers, followers).

        Lower means the offset -frequency: the part of the envelope that turns as exp(+j 2 pi frequency t).
        """
        response, sources = Response(self._system(voltages)), self.slopes(voltages)
        lanes = range(self._sources.shape[1])
        return np.stack([self._bands(response, sources[:, k], k, frequencies) for k in lanes], axis=3)

    def _bands(self, response: Response, sources: np.ndarray, k: int, frequencies: np.ndarray) -> np.ndarray:
        """The sidebands of one carrier, (lower or upper, frequencies, waves, followers)."""
        drive, count = np.concatenate([sources, self._units], axis=1), sources.shape[1]
        both = np.stack([response.waves(k, drive, self.turning[k] + f) for f in (-frequencies, frequencies)])
        bands, answers, w = both[..., :count], both[..., count:], self._inner[k]
        if w is None:
            return bands
        (first, second), (lower, upper) = bands[:, :, self.turned], answers[:, :, self.turned]
        driven = np.stack(mutual_drive(lower, upper, self._gamma[:, k], w, first, second))
        found: np.ndarray = bands + answers @ driven
        return found

    def answers(self, waves: np.ndarray, bands: np.ndarray) -> np.ndarray:
        """Small signals at the detectors for each voltage, (frequencies, detectors, followers).

        waves  at rest;  bands  as `sidebands` gives them
        """
        found = np.zeros((bands.shape[1], len(self._detectors), bands.shape[-1]), dtype=complex)
        for k, (detector, slopes) in enumerate(zip(self._detectors, self.wave_slopes(waves), strict=True)):
            for slope, name in zip(slopes, detector.waves, strict=True):
                if name:
                    lower, upper = bands[:, :, self.index[name]]
                    found[:, k] += np.einsum("c,fcv->fv", slope, lower)
                    found[:, k] += np.einsum("c,fcv->fv", slope.conj(), upper.conj())
        return found

    def wave_slopes(self, waves: np.ndarray) -> list[np.ndarray]:
        """For each detector the derivatives (d/dRe - i d/dIm) / 2 of what it sees at these waves, (ports, carriers)."""
        move = MOVE * float(np.abs(waves).max(initial=0.0))
        return [_wave_slopes(d, self._arriving(waves, d), move) for d in self._detectors]

    def slopes(self, voltages: np.ndarray) -> np.ndarray:
        """dC/dv y0, what each voltage adds to the waves, (waves, carriers, followers)."""
        waves = self.at(voltages)
        found = np.zeros((*waves.shape, voltages.size), dtype=complex)
        for k, voltage in enumerate(voltages):
            stride = STRIDE * max(1.0, abs(voltage))
            for weight, steps in ((8.0, 1), (-8.0, -1), (-1.0, 2), (1.0, -2)):
                moved = voltages.copy()
                moved[k] += steps * stride
                found[..., k] += weight / (12 * stride) * _summed(self._system(moved), waves, self.turning)
        return found


def _seen(detector: Detector, arriving: np.ndarray) -> np.ndarray:
    """What light does to a detector, (points,), from what arrives, (ports, carriers) or (ports, carriers, points)."""
    seen: np.ndarray = detector.light([wave.reshape(wave.shape[0], 1, -1) for wave in arriving])[0]
    return seen


def _wave_slopes(detector: Detector, arriving: np.ndarray, move: float) -> np.ndarray:
    """Derivatives (d/dRe - i d/dIm) / 2 of what a detector sees by what arrives, (ports, carriers)."""
    found = np.zeros(arriving.shape, dtype=complex)
    for place in np.ndindex(arriving.shape) if move > 0 else ():
        moved = np.repeat(arriving[..., None], 4, axis=-1)
        moved[place] += move * np.array([1, -1, 1j, -1j])
        east, west, north, south = _seen(detector, moved)
        found[place] = ((east - west) - 1j * (north - south)) / (4 * move)
    return found


def _summed(system: System, waves: np.ndarray, turning: np.ndarray) -> np.ndarray:
    """C y: for each wave the weighted sum of what it is made of (waves, carriers), as it was when that set out."""
    found = np.zeros(waves.shape, dtype=complex)
    for entry in entries(system):
        found[entry.row] += entry.value * np.exp(2j * np.pi * turning * entry.delay) * waves[entry.column]
    return found


def _frozen(circuit: Circuit) -> Circuit:
    """The circuit with every shape of its optics as it is at t = 0."""
    changed = copy.copy(circuit)
    changed.instances = dict(circuit.instances)
    for instance in circuit.instances.values():
        shaped = {k: _at_zero(v) for k, v in instance.values.items() if is_shape(v)}
        if shaped and instance.is_wired(OPTICAL):
            changed.instances[instance.name] = replace(instance, values={**instance.values, **shaped})
    return changed


def _at_zero(shape: Any) -> Any:
    """A shape's value at t = 0, which does not depend on the step of a transient."""
    return np.ravel(shape.resolve(1.0, 1.0)(np.zeros(1)))[0].item()


def _sources(circuit: Circuit, system: System) -> tuple[np.ndarray, np.ndarray]:
    """What the sources send out at t = 0, (waves, carriers), and how fast it turns, (carriers,) Hz."""
    found = np.zeros((len(system.names), len(circuit.carriers)), dtype=complex)
    turning: dict[int, tuple[str, float]] = {}
    for group in group_instances(circuit):
        if group.device.emit is None:
            continue
        p = fields(group, circuit.carriers)
        ports = [f"{port}+" for port in group.device.adds] if group.device.adds else group.ports
        emitted = [group.device.emit(p, t) for t in (0.0, SOON, LATER)]
        for *waves, port in zip(*emitted, ports, strict=True):
            shape = (len(group.instances), len(circuit.carriers), 1)
            moments = [np.broadcast_to(np.asarray(wave, dtype=complex), shape)[..., 0] for wave in waves]
            for k, instance in enumerate(group.instances):
                found[system.index[f"{instance.name}.{port}"]] = moments[0][k]
                for carrier in np.flatnonzero(moments[0][k]):
                    rate = _turning(instance.name, *(moment[k, carrier] for moment in moments))
                    other, before = turning.setdefault(int(carrier), (instance.name, rate))
                    if abs(rate - before) > SAME * abs(before) + 1e-3:
                        raise UsageError(
                            f"{instance.name}: its light turns at {rate:.6g} Hz and that of {other} at {before:.6g} Hz "
                            "(detunings), so that they beat and nothing is at rest: run .tran instead"
                        )
    return found, np.array([turning.get(k, ("", 0.0))[1] for k in range(len(circuit.carriers))])


def _turning(name: str, now: complex, soon: complex, later: complex) -> float:
    """How fast light turns (Hz), from what it is at t = 0, SOON and LATER. Raises UsageError for all other light."""
    rate = -float(np.angle(soon / now)) / (2 * np.pi * SOON)
    rate -= float(np.angle(later / now * np.exp(2j * np.pi * rate * LATER))) / (2 * np.pi * LATER)
    if abs(later - now * np.exp(-2j * np.pi * rate * LATER)) > SAME * abs(now):
        raise UsageError(
            f"{name}: its light is another at every instant, so that nothing is at rest: run .tran instead"
        )
    return rate + 0.0  # never -0


def _refuse(circuit: Circuit, system: System) -> None:
    """Raise UsageError for light that acts on itself."""
    for instance in circuit.instances.values():
        if instance.is_wired(OPTICAL) and instance.device.conjugate is not None:
            raise UsageError(f"{instance.name}: phase conjugators have no operating point here: run .tran instead")
    for cell in system.cells:
        raise UsageError(
            f"{system.owner(cell.resonator)}: a learning cell moves as long as there is light in the resonator, so "
            "that nothing is at rest: run .tran instead"
        )
