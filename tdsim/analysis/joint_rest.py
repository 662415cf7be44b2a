"""Light and electronics at rest together: voltages make light, and light makes voltages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..cards import Analysis
from ..circuit import Circuit
from ..errors import SimulationError, UsageError
from ..nodal.solver import Solver
from ..nodal.system import System
from ..probes import expand
from .bridges import detectors, follow, following
from .electronics import Electronics, Tell, is_optical
from .light_readings import LightReadings
from .secant import Secant
from .steady_light import SteadyLight

QUICK = 10
"""Most passes between light and electronics near a solution."""

PARTS, LOOK, LOOKS = (0.3, 0.1, 0.03), 10, 20
"""Far from one, light moves by such a part of what it should; after so many moves a solution is looked for nearby, so
often."""

CLOSE = 1e-11
"""Light that changes by less between two passes, relative to the largest at any detector, has converged."""

SMALLEST = 1e-4
"""Light is raised by no smaller a part of itself."""


class Rest:
    """The circuit of an analysis made ready to be at rest: electronics, and light where there is some.

    electronics  the electrical half
    joint        what finds light and voltages together; None without light
    light        the optical signals to keep; None without light
    """

    def __init__(self, circuit: Circuit, analysis: Analysis, extra: Sequence[str], tell: Tell):
        optical = is_optical(circuit)
        electrical = [name for name in extra if not optical or expand(circuit, name)]
        self.electronics = Electronics(circuit, analysis, extra=electrical)
        self.joint: JointRest | None = None
        self.light: LightReadings | None = None
        for sentence in self.electronics.said:
            tell(sentence)
        if not optical:
            return
        try:
            self.joint = JointRest(circuit, self.electronics)
        except UsageError as problem:
            if detectors(circuit):
                raise
            tell(f".{analysis.kind} has electronics only: {problem}")
            return
        self.light = LightReadings(circuit, self.joint.steady, [name for name in extra if name not in electrical])

    def find(self, solver: Solver, levels: np.ndarray, held: dict[int, float], nudged: dict[int, float]) -> np.ndarray:
        """The unknowns (unknowns + 1,) with the sources at these levels. Raises SimulationError."""
        if self.joint is None:
            return solver.find_rest(levels, held, nudged)
        return self.joint.find(solver, levels, held, nudged)

    def doubts(self) -> list[str]:
        """What the user should know about the operating point that was found."""
        if self.joint is None or not self.joint.jumped:
            return []
        return ["the operating point lies beyond a jump of light and voltages, and may be one of several"]


class JointRest:
    """The operating point of a circuit with light, the laws of `electronics` among them.

    steady  its optics
    detectors  what light drives
    waves   (waves, carriers) at the operating point that was found last
    jumped  whether it is not the one that comes about when the light is raised slowly
    """

    def __init__(self, circuit: Circuit, electronics: Electronics):
        self._electronics = electronics
        self.detectors = detectors(circuit)
        self._followers = follow(circuit, 1.0)[1]
        self.steady = SteadyLight(circuit, self._followers, self.detectors)
        self.waves = np.zeros((0, 0), dtype=complex)
        self.voltages = np.zeros(len(self._followers))
        self.jumped = False
        self._light = np.zeros(len(self.detectors))

    def heard(self, system: System) -> np.ndarray:
        """The unknowns that optics follow, (followers,)."""
        instances = self._electronics.circuit.instances
        places = [system.unknowns.terminal(instances[f.instance], f.unknown) for f in self._followers]
        return np.array(places, dtype=np.int64)

    def lit(self, system: System) -> np.ndarray:
        """The sources that light drives, (detectors,)."""
        return np.array([system.source(d.instance.name) for d in self.detectors], dtype=np.int64)

    def biased(self, circuit: Circuit) -> Circuit:
        """The circuit with its optics as they are at the operating point."""
        return following(circuit, self._followers, [float(v) for v in self.voltages])

    def find(self, solver: Solver, levels: np.ndarray, held: dict[int, float], nudged: dict[int, float]) -> np.ndarray:
        """The unknowns (unknowns + 1,) with the sources at these levels, from the light that was found last.

        Raises SimulationError where none are found.
        """
        levels, lit, heard = levels.copy(), self.lit(solver.system), self.heard(solver.system)

        def answer(light: np.ndarray) -> np.ndarray:
            levels[lit] = light
            self._z = solver.find_rest(levels, held, nudged).copy()
            self.voltages = self._z[heard]
            self.waves = self.steady.at(self.voltages)
            return self.steady.detected(self.waves)

        self._light = self._agreed(answer, self._light)
        return self._z

    def _agreed(self, answer: Any, start: np.ndarray) -> np.ndarray:
        """Light (detectors,) that makes itself: from the start on, or as it comes about when light is raised."""
        self.jumped = False
        if start.any():
            found = self._repeated(answer, start, 1.0)
            return self._beyond(answer, 1.0, start) if found is None else found
        part, stride, light = 0.0, 0.125, np.zeros(start.size)
        while part < 1.0:
            target = min(1.0, part + stride)
            found = self._repeated(answer, light if part == 0 else light * (target / part), target)
            if found is not None:
                part, light, stride = target, found, 1.5 * stride
            elif stride > SMALLEST:
                stride /= 4
            else:
                return self._beyond(answer, part, light)
        return light

    def _beyond(self, answer: Any, part: float, light: np.ndarray) -> np.ndarray:
        """Light that makes itself, where that which was raised so far ends: it moves on as in a slow circuit."""
        self.jumped = True
        for share in PARTS:
            moving = light
            for _ in range(LOOKS):
                for _ in range(LOOK):
                    moving = moving + share * (answer(moving) - moving)
                found = self._repeated(answer, moving, 1.0)
                if found is not None:
                    return found
        names = ", ".join(d.instance.name for d in self.detectors[:6])
        raise SimulationError(
            f"no operating point of light and electronics was found: with the light at {part:.3g} of its strength, "
            f"what reaches {names} and what comes of it do not agree; the loop may never stand still: run .tran"
        )

    def _repeated(self, answer: Any, light: np.ndarray, part: float) -> np.ndarray | None:
        """Pass after pass from this light, with a part of the light that there is; None where that leads nowhere."""
        secant = Secant()
        for _ in range(QUICK):
            seen = part * answer(light)
            if not np.isfinite(seen).all():
                return None
            if np.abs(seen - light).max(initial=0.0) <= CLOSE * np.abs(seen).max(initial=0.0):
                return light
            light = secant.next(light[:, None], seen[:, None])[:, 0]
        return None
