"""What electronics add to scattering parameters: light that they see moves voltages, which move light.

A wave at the offset f from its carrier beats, on a detector, with the light that is there at the operating point, at
w = 2 pi (f - turning). In phasors of exp(-i w t), as those of light, the current is the detector's slope times the
wave, the voltages are the impedance of the electronics (light that comes back among it) times the currents, and light
at f is what the optics make of the voltages:

    S(f) = S_optics(f) + H(f) Z(f - turning) slope R(f).

The other sideband, at 2 turning - f, is the conjugate of what enters: it is no part of S.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cards import OperatingPoint
from ..circuit import Circuit
from ..errors import UsageError
from ..schedule.system import System
from .bridges import detectors, follow, following
from .electronics import Electronics
from .joint_rest import JointRest, Rest
from .response import feedback, linearised, respond
from .small_signal import Access, Response, with_open_ends


def lit(circuit: Circuit) -> tuple[Circuit, Lit | None]:
    """The circuit with its optics as they are at the operating point, and what electronics add to its scattering.

    Raises UsageError where light and electronics have no operating point.
    """
    followers = follow(circuit, 1.0)[1]
    if not followers:
        return circuit, None
    electronics = Electronics(circuit, OperatingPoint())
    if not detectors(circuit):  # whatever the light does
        solver = electronics.solver(electronics.system)
        z = solver.find_rest(solver.words["LEVEL"], electronics.held(), electronics.nudged())
        places = [electronics.system.unknowns.terminal(circuit.instances[f.instance], f.unknown) for f in followers]
        return following(circuit, followers, [float(v) for v in z[places]]), None
    rest = Rest(with_open_ends(circuit), OperatingPoint(), [], lambda sentence: None)
    assert rest.joint is not None
    if rest.joint.steady.turned:
        raise UsageError(
            ".sparam is for linear optics: a Kerr resonator that is lit mixes each wave with its mirror image about "
            "the carrier; run .tran with a weak input instead"
        )
    solver = linearised(rest)
    return rest.joint.biased(circuit), Lit(rest.joint, solver)


class Lit:
    """Electronics at an operating point with light, as light of small amplitude sees them."""

    def __init__(self, joint: JointRest, solver: Any):
        self._joint, self._solver = joint, solver
        self._slopes = joint.steady.slopes(joint.voltages)
        self._seen = joint.steady.wave_slopes(joint.waves)

    def added(
        self,
        system: System,
        response: Response,
        ports: list[Access],
        waves: np.ndarray,
        carrier: int,
        offsets: np.ndarray,
    ) -> np.ndarray:
        """What is added to S, (offsets, ports, ports).

        waves  (offsets, waves, ports) for a unit wave that enters each port, without electronics
        """
        steady = self._joint.steady
        currents = np.zeros((offsets.size, len(self._seen), len(ports)), dtype=complex)
        for k, (detector, slopes) in enumerate(zip(self._joint.detectors, self._seen, strict=True)):
            for slope, name in zip(slopes, detector.waves, strict=True):
                if name in system.index:
                    currents[:, k] += slope[carrier] * waves[:, system.index[name]]
        voltages = self._impedance(offsets - steady.turning[carrier]) @ currents
        drive = np.zeros((len(system.names), voltages.shape[1]), dtype=complex)
        for name, number in steady.index.items():
            drive[system.index[name]] = self._slopes[number, carrier]
        moved = response.waves(carrier, drive, offsets)
        found = np.zeros((offsets.size, len(ports), len(ports)), dtype=complex)
        for i, port in enumerate(ports):
            if port.leaving is not None:
                found[:, i] = (moved[:, port.leaving, None] @ voltages)[:, 0]
        return found

    def _impedance(self, frequencies: np.ndarray) -> np.ndarray:
        """Voltages that optics follow by light at detectors: (frequencies, voltages, detectors).

        They are in phasors of exp(-i w t); electronics reckon in exp(+j w t), whose answers are the conjugates.
        """
        joint, solver = self._joint, self._solver
        positive = np.abs(frequencies)
        light = feedback(joint, solver, joint.steady.sidebands(joint.voltages, positive))
        heard = joint.heard(solver.system)
        found = np.stack(
            [respond(solver, positive, light, source)[:, heard] for source in joint.lit(solver.system)], axis=-1
        )
        return np.where(frequencies[:, None, None] < 0, found, found.conj())
