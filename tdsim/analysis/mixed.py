"""Light and electronics side by side, in the place of the optical engine alone.

A change of a voltage comes back to the electronics as light after a delay, the program's `latency`. Within a window
no longer than that, the light that arrives at the detectors does not depend on the voltages of the window: the optics
run with voltages that are guessed, the electronics with the light that arrives, and the optics again with the voltages
that are now known. That is exact. Where light comes back without a delay, the window is one sample, and both halves
are solved together by iteration within the step: nothing is delayed that the circuit does not delay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.engine import Engine
from ..engine.feeds import Feed
from ..engine.outlets import Targets, kept
from ..engine.state import State
from ..errors import SimulationError
from ..schedule.program import Program
from ..units import engineering
from .bridges import Follower
from .lit_electronics import LitElectronics
from .recorder import Block
from .secant import Secant

PASSES = 60
"""Most passes within one step before the circuit is said to have no solution there."""

CLOSE = 1e-12
"""Voltages that change less than this between two passes, relative to 1 V or to their size, have converged."""


class MixedEngine:
    """What `Engine` does, for a circuit of light and electronics.

    engine     the optical half, `watched`
    probes     the waves that `electronics` and the result are read from
    followers  the parameters that follow voltages, in the order in which `electronics` gives these
    stretch    most samples that the engine may be asked for at once
    """

    resumable = False

    def __init__(
        self,
        engine: Engine,
        probes: Sequence[int],
        electronics: LitElectronics,
        followers: Sequence[Follower],
        stretch: int,
    ):
        self.engine, self.electronics, self.followers = engine, electronics, followers
        self.chunk = min(engine.chunk, stretch)
        latency = engine.program.latency
        self._window = self.chunk if latency is None else min(self.chunk, max(latency, 1))
        self._instant = latency == 0
        self._last = electronics.at_rest()
        names = {f.instance for f in followers}
        made = (m for m in engine.program.modulations if m.group.instances[0].name in names)
        self._following = [wave for modulation in made for wave in modulation.waves.values()]
        self._unknowns = np.zeros((engine.program.runs, 0, 0))
        self._first = engine.tick
        self._place = {wave: k for k, wave in enumerate(probes)}
        self._block = Block(engine.program, probes, self._window)

    @property
    def tick(self) -> int:
        return self.engine.tick

    @property
    def program(self) -> Program:
        return self.engine.program

    def run(self, count: int, targets: Targets | None = None, place: int = 0) -> bool:
        """Advance by `count` samples, as `Engine.run`."""
        self._first, unknowns, finite = self.tick, [], True
        for done in range(0, count, self._window):
            size = min(count - done, self._window)
            finite &= self._solve_window(size)
            for outlet in targets.outlets if targets else ():
                samples = self._block.samples[self._place[outlet.wave]]
                outlet.target[..., place + done : place + done + size] = kept(outlet.kind, samples)
            unknowns.append(self.electronics.unknowns)
        self._unknowns = np.concatenate(unknowns, axis=1)
        return finite

    def unknowns(self, tick: int, count: int) -> np.ndarray:
        """The electrical unknowns (runs, count, unknowns + 1) from a tick of the last run on."""
        return self._unknowns[:, tick - self._first : tick - self._first + count]

    def _solve_window(self, count: int) -> bool:
        """One window: pass after pass until light and voltages agree; whether all is finite."""
        optics, electronics = self.engine.bookmark(), self.electronics.bookmark()
        guess = np.repeat(self._last[:, :, None], count, axis=2)
        secant = Secant() if self._instant else None
        seen: np.ndarray | None = None
        for _ in range(PASSES):
            self._let_follow(guess)
            finite = self.engine.run(count, *self._block.targets(self.tick, count))
            light = self.electronics.light(self._block.samples)
            if seen is not None and np.array_equal(light, seen):
                break
            if seen is not None:
                self.electronics.go_back(electronics)
            seen = light
            answer = self.electronics.go_on(light)
            if np.all(np.abs(answer - guess) <= CLOSE * np.maximum(1.0, np.abs(answer))):
                break
            guess = answer if secant is None else secant.next(guess, answer)
            self.engine.go_back(optics)
        else:
            raise SimulationError(self._disagreement())
        self._last = guess[:, :, -1]
        return finite

    def _let_follow(self, voltages: np.ndarray) -> None:
        """Let the optics of the next window follow these voltages (followers, runs, samples)."""
        for follower, samples in zip(self.followers, voltages, strict=True):
            follower.shape.show(self.tick, samples)
        self.engine.forget(self._following)

    def _disagreement(self) -> str:
        names = ", ".join(sorted({f.instance for f in self.followers})[:6])
        when = engineering(self.tick * self.program.step, "s")
        return (
            f"light and electronics do not agree at t = {when}: the loop without delay through {names} has no solution "
            "that could be found; a delay, or a capacitor that slows the electronics, would give it one"
        )

    # -- as the optical engine --------------------------------------------------------------------------------

    def bookmark(self) -> tuple[Any, ...]:
        """Where both halves are, to come back to by `go_back`, from up to a chunk later."""
        return self.engine.bookmark(), self.electronics.bookmark(), self._last

    def go_back(self, bookmark: tuple[Any, ...]) -> None:
        """Be again where the bookmark was made."""
        optics, electronics, self._last = bookmark
        self.engine.go_back(optics)
        self.electronics.go_back(electronics)

    def latest(self, name: str, count: int = 1) -> np.ndarray:
        """The last samples of a wave, as `Engine.latest`."""
        return self.engine.latest(name, count)

    def use(self, program: Program, feeds: dict[int, Feed]) -> None:
        """Go on with other coefficients of the optics."""
        self.engine.use(program, feeds)

    def state(self) -> State:
        raise SimulationError("the state of a circuit with light and electronics cannot be taken yet")
