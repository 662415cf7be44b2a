"""Light and electronics side by side, in the place of the optical engine alone.

A change of a voltage comes back to the electronics as light after a delay, the program's `latency`. Within a window
no longer than that, the light that arrives at the detectors does not depend on the voltages of the window: the optics
run with voltages that are guessed, the electronics with the light that arrives, and the optics again with the voltages
that are now known. That is exact. Where light comes back without a delay, both halves are solved together by iteration
within the step: nothing is delayed that the circuit does not delay. Many samples are solved at once where that finds
the one solution (see `agreement`), one by one where it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..engine.engine import Engine
from ..engine.feeds import Feed
from ..engine.outlets import Targets, kept
from ..engine.state import State
from ..errors import SimulationError
from ..schedule.program import Program
from ..units import engineering
from .agreement import CLOSE, Agreed, agree
from .ahead import Ahead
from .bridges import Follower
from .lit_electronics import LitElectronics
from .recorder import Block
from .secant import Secant

PASSES = 60
"""Most passes within one step before the circuit is said to have no solution there."""

WIDTHS = (64, 8)
"""Samples of an instant loop that are solved at once. Windows begin at multiples of their width, wherever a run is cut,
so that the result does not depend on that."""


class MixedEngine:
    """What `Engine` does, for a circuit of light and electronics.

    engine     the optical half, `watched`
    probes     the waves that `electronics` and the result are read from
    followers  the parameters that follow voltages, in the order in which `electronics` gives these
    stretch    most samples that the engine may be asked for at once
    ahead      what a run that was cut off had solved already
    """

    resumable = True

    def __init__(
        self,
        engine: Engine,
        probes: Sequence[int],
        electronics: LitElectronics,
        followers: Sequence[Follower],
        stretch: int,
        ahead: Ahead,
    ):
        self.engine, self.electronics, self.followers = engine, electronics, followers
        self.chunk = min(engine.chunk, stretch)
        latency = engine.program.latency
        self._window = self.chunk if latency is None else min(self.chunk, max(latency, 1))
        self._instant = latency == 0
        if self._instant:
            self._window = max((w for w in WIDTHS if w <= self.chunk), default=1)
        self._last = electronics.voltages
        self._ahead = ahead
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
        self._first, unknowns, finite, done = self.tick, [], True, 0
        while done < count:
            size = min(count - done, self._window)
            if not self._instant:
                finite &= self._solve_window(size)
            else:
                self._solve_ahead()
                size = min(size, int(self._ahead.count.min()))
                finite &= self._go_ahead(size) if size else self._solve_window(1)
                size = max(size, 1)
                self._ahead = self._ahead.later(size)
            for outlet in targets.outlets if targets else ():
                samples = self._block.samples[self._place[outlet.wave]]
                outlet.target[..., place + done : place + done + size] = kept(outlet.kind, samples)
            unknowns.append(self.electronics.unknowns)
            done += size
        self._unknowns = np.concatenate(unknowns, axis=1)
        return finite

    def unknowns(self, tick: int, count: int) -> np.ndarray:
        """The electrical unknowns (runs, count, unknowns + 1) from a tick of the last run on."""
        return self._unknowns[:, tick - self._first : tick - self._first + count]

    def latest_unknowns(self, count: int) -> np.ndarray:
        """The electrical unknowns (runs, count, unknowns + 1) at the last samples; before the first one, at rest."""
        if self._unknowns.shape[1] == 0:
            return np.repeat(self.electronics.now()[:, None], count, axis=1)
        return self._unknowns[:, self._unknowns.shape[1] - count :]

    def change(self, electronics: LitElectronics | None, ahead: Ahead | None = None) -> None:
        """Go on with other electronics, or with the same and other optics: what was solved ahead no longer holds.

        ahead  what holds instead, where a run was cut off
        """
        if electronics is not None:
            self.electronics = electronics
        self._ahead = Ahead(np.zeros(self.program.runs, dtype=np.int64)) if ahead is None else ahead

    def _solve_window(self, count: int) -> bool:
        """One window: pass after pass until light and voltages agree; whether all is finite.

        Runs that are solved ahead, or agree already, keep their voltages: no run knows of the others.
        """
        optics, electronics = self.engine.bookmark(), self.electronics.bookmark()
        ahead, known = self._ahead, self._ahead.count > 0
        guess = np.repeat(self._last[:, :, None], count, axis=2)
        ahead.tell(None, guess)
        secant = Secant() if self._instant else None
        seen: np.ndarray | None = None
        done = known.copy()
        for _ in range(PASSES):
            self._let_follow(guess)
            finite = self.engine.run(count, *self._block.targets(self.tick, count))
            light = self.electronics.light(self._block.samples)
            ahead.tell(light, None)
            if seen is not None and np.array_equal(light, seen):
                break
            if seen is not None:
                self.electronics.go_back(electronics)
            seen = light
            answer = self.electronics.go_on(light)
            done |= (np.abs(answer - guess) <= CLOSE * np.maximum(1.0, np.abs(answer))).all(axis=(0, 2))
            if done.all():
                break
            proposed = answer if secant is None else secant.next(guess, answer)
            guess = np.where(done[:, None], guess, proposed)
            self.engine.go_back(optics)
        else:
            raise SimulationError(self._disagreement())
        self._last = guess[:, :, -1]
        return finite

    def _solve_ahead(self) -> None:
        """Solve the next samples of an instant loop at once, in the runs in which that works and that need it."""
        for width in WIDTHS:
            fits = width <= self._window and self.tick + width <= self.electronics.end
            if fits and self.tick % width == 0 and (self._ahead.count == 0).any():
                self._agree(width)

    def _agree(self, count: int) -> None:
        """Try to solve so many samples at once. Light and voltages stay where they are."""
        optics, electronics, ahead = self.engine.bookmark(), self.electronics.bookmark(), self._ahead

        def voltages(light: np.ndarray) -> np.ndarray:
            found = self.electronics.go_on(light)
            self.electronics.go_back(electronics)
            return found

        def light(voltages: np.ndarray) -> np.ndarray:
            self._let_follow(voltages)
            self.engine.run(count, *self._block.targets(self.tick, count))
            self.engine.go_back(optics)
            return self.electronics.light(self._block.samples)

        known = ahead.count > 0
        waves = np.repeat(self.electronics.latest_light()[:, :, None], count, axis=2)
        volts = np.repeat(self._last[:, :, None], count, axis=2)
        ahead.tell(waves, volts)
        found = agree(voltages, light, Agreed(waves, volts, known))
        self._ahead = ahead.joined(found, found.solved & ~known)

    def _go_ahead(self, count: int) -> bool:
        """Go on through samples that are solved already in all runs; whether all is finite."""
        light, voltages = self._ahead.light[:, :, :count], self._ahead.voltages[:, :, :count]
        self._let_follow(voltages)
        finite = self.engine.run(count, *self._block.targets(self.tick, count))
        self.electronics.go_on(light)
        self._last = voltages[:, :, -1]
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
        return self.engine.bookmark(), self.electronics.bookmark(), self._last, self._ahead

    def go_back(self, bookmark: tuple[Any, ...]) -> None:
        """Be again where the bookmark was made."""
        optics, electronics, self._last, self._ahead = bookmark
        self.engine.go_back(optics)
        self.electronics.go_back(electronics)

    def latest(self, name: str, count: int = 1) -> np.ndarray:
        """The last samples of a wave, as `Engine.latest`."""
        return self.engine.latest(name, count)

    def use(self, program: Program, feeds: dict[int, Feed], again: bool = False) -> None:
        """Go on with other coefficients of the optics, as `Engine.use`."""
        self.engine.use(program, feeds, again)

    def state(self) -> State:
        """A snapshot of both halves."""
        electronics = self.electronics.left_behind(self._last, self._ahead)
        return replace(self.engine.state(), unknowns=self.electronics.unknown_names, electronics=electronics)
