"""Hamiltonian echo backpropagation: light runs there and back, and what it leaves behind is the gradient.

Light runs through a lossless circuit for a time T. Time is turned round, each monitor's cavity is turned in phase by
eta times its error, which takes no energy (to first order Psi -> (Psi - i eta dC/dPsi*)* of a cost C of energies), and
light runs back for as long. Without the nudge it would end where it began; with it, it has pushed what it touched:

    a learning cell   dp = -eta dC/dq, dq = +eta dC/dp                          between its start and its end
    a fixed number    dC/dtheta = -(1/eta) (int dH/dtheta of the echo - of the way there) dt           the raw kick
                      dC/dtheta = -(1/2 eta) (int dH/dtheta at +eta - at -eta) dt                      the difference

with H in shifts.py. Loss breaks the raw kick first, as an echo that is weaker pushes less than the way there did; in
the difference of two echoes, +eta and -eta, that cancels to first order. Nothing is differentiated.

A learning cell can turn its kick into a step of its position by itself: light is let out, and its momentum decays,
dq = (p/m)(1 - exp(-G)), a gradient step at the rate eta/m. The kick dq is a bias then; it has the opposite sign with
(-eta, -m), where the step has the same.

Reference: V. Lopez-Pastor and F. Marquardt, Phys. Rev. X 13, 031020 (2023).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import Circuit, SimulationError, UsageError, gradient
from .cells import Cells, cells_of
from .echo_quality import REFUSED, Echo, faithfulness
from .echoes import Echoes, Way
from .hardware import Hardware
from .layers import Layers
from .method import Method
from .shifts import EnergyCost, Reader, Shifts, cavity, energies
from .task import Task

TURN = 0.005
"""rad: by how much a monitor is turned whose error is the distance of the levels, where eta is not given."""

LOOK = 64
"""After so many gradients it is looked again how good the echo is: what is learned changes it."""


class HamiltonianEcho(Method):
    """Training by echoes.

    stop, step   s: length of the way there, from the initial values at t = 0, and its samples
    eta          1/J, strength of the nudge; by default a monitor turns by 0.005 rad for an error as large as the
                 distance of the task's levels
    symmetric    the difference of echoes at +eta and -eta; False: the raw kick, for circuits without loss
    cells        whether learning cells learn (their positions), or what `.train` marks; by default what there is
    reach        of cells: the largest position
    mass         J: cells make their step themselves, by decay with this mass; without it their momenta are read
    decay        how many time constants that lasts, G
    strict       refuse raw kicks that loss spoils, rather than warn
    Monitors are cavities, x(inst.cavity), read by their energy (J) at `stop`; noise and range of the hardware are in J,
    and those of momenta and all samples, too. Its variation is that of the trained numbers, or the cells' strengths.
    Others: see Method. Raises UsageError for a circuit that does not run backwards, or has nothing that an echo moves;
    SimulationError where loss spoils a raw kick.
    """

    def __init__(
        self,
        circuit: Circuit,
        task: Task,
        *,
        stop: float,
        step: float,
        eta: float | None = None,
        symmetric: bool = True,
        cells: bool | None = None,
        reach: float = 1.0,
        mass: float | None = None,
        decay: float = 5.0,
        strict: bool = True,
        tied: Mapping[str, str] | None = None,
        spread: Mapping[str, float] | None = None,
        hardware: Hardware | None = None,
        seed: int = 0,
    ):
        held = bool(cells_of(circuit)) if cells is None else cells
        if held and tied:
            raise UsageError("learning cells cannot be tied: each is a thing of its own")
        _check(circuit, task, held, eta=eta, mass=mass, decay=decay)
        self._cells = Cells(circuit, reach) if held else None
        super().__init__(
            circuit, task, spread=spread, hardware=hardware, seed=seed, layers=self._cells or Layers(circuit, tied)
        )
        self.eta = TURN / abs(task.levels[1] - task.levels[0]) if eta is None else eta
        self.symmetric, self.mass, self._strict, self._decay = symmetric, mass, strict, decay
        self._echoes = Echoes(circuit, stop, step)
        members = self.layers.members()
        self._names = [name for some in members for name in some]
        self._owner = np.repeat(np.arange(len(members)), [len(some) for some in members])
        self._shifts = Shifts(circuit, [] if held else self._names)
        self._light = [cavity(i.name) for i in circuit.instances.values() if i.device.name == "resonator"]
        self._taken = 0

    # -- runs ---------------------------------------------------------------------------------------------------

    def params(self) -> dict[str, Any]:
        if self._cells is not None:
            return self.hardware.varied(self._cells.strengths(self.circuit)) if self.hardware.variation else {}
        return super().params()

    def _driven(self, inputs: np.ndarray) -> dict[str, Any]:
        """The values of all parameters of the runs."""
        return self.params() | self.held(self.task.encode(inputs))

    def _there(self, driven: dict[str, Any], save: list[str], whole: bool = False) -> Way:
        return self._echoes.there(driven, self._positions(), save, whole)

    def _positions(self) -> dict[str, float]:
        return {} if self._cells is None else self._cells.params(self.numbers)

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        return self._read(self._there(self._driven(inputs), list(self.task.monitors)))

    def _read(self, there: Way) -> np.ndarray:
        return self._noisy(energies(self.task.monitors, there.signals))

    def _back(self, there: Way, driven: dict[str, Any], signs: list[float], missed: np.ndarray) -> tuple[Way, Any]:
        """Echoes at these multiples of eta, side by side: (signs x runs), and the parameters of their runs."""
        many = {name: np.tile(value, len(signs)) if np.ndim(value) else value for name, value in driven.items()}
        nudges = {}
        for name, off in zip(self.task.monitors, missed.T, strict=True):
            turn = np.ravel(np.multiply.outer(self.eta * np.array(signs), off))
            nudges[name] = np.tile(there.signals[name][:, -1].conj(), len(signs)) * np.expm1(1j * turn)
        return self._echoes.back(there, many, nudges, self._saved), many

    @property
    def _saved(self) -> list[str]:
        """What an echo is asked for."""
        cells = [] if self._cells is None else [*self._cells.names, *self._cells.momenta]
        return [*dict.fromkeys([*self._light, *self._shifts.cavities]), *cells]

    # -- what an echo leaves behind -------------------------------------------------------------------------------

    def gradient(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        driven = self._driven(inputs)
        raw = not self.symmetric and self._cells is None
        there = self._there(driven, self._saved if raw else self._light, whole=raw)
        self.free_reading = self._read(there)
        missed = self.free_reading - self.task.wanted(labels)
        if self._taken % LOOK == 0:
            self._judge(self.echo(inputs, labels))
        self._taken += 1
        signs = [1.0, -1.0] if self.symmetric else [1.0]
        way, many = self._back(there, driven, signs, missed)
        if self._cells is not None and self.mass is not None:
            slopes = self._by_decay(way, many, signs)
        else:
            left = self._left_behind(way, self._noisy).reshape(len(self._names), len(signs), -1)
            other = left[:, 1] if self.symmetric else self._left_there(there, self._noisy)
            slopes = (left[:, 0] - other).mean(axis=-1)
            slopes = -slopes / (self.eta * len(signs))
        by_number = np.zeros(self.numbers.size)
        np.add.at(by_number, self._owner, slopes)
        return self.layers.pulled_back(by_number, self.numbers)

    def _left_behind(self, way: Way, read: Reader, every: int = 1) -> np.ndarray:
        """The integral of dH by each name over an echo (names, runs), up to what the way there has given.

        every   the signals have one of so many samples
        """
        if self._cells is None:
            amplitudes = {c: way.signals[c] for c in self._shifts.cavities}
            return self._shifts.integrals(amplitudes, every * self._echoes.step, read)
        return read(np.stack([-way.signals[p][:, -1] for p in self._cells.momenta]))

    def _left_there(self, there: Way, read: Reader) -> np.ndarray:
        """The same over the way there; what a cell got there it has lost again but for its momentum at the start."""
        if self._cells is None:
            return self._left_behind(there, read)
        return np.array([[self.circuit.initial.get(p, 0.0)] for p in self._cells.momenta]).real

    def _noisy(self, values: np.ndarray) -> np.ndarray:
        return self.hardware.read(values, self.noise)

    def _by_decay(self, way: Way, many: dict[str, Any], signs: list[float]) -> np.ndarray:
        """The gradient, from how far the cells have moved by themselves once the light is out."""
        assert self._cells is not None
        assert self.mass is not None
        runs = np.repeat(signs, way.state.runs // len(signs))
        dark = way.state.displaced({c: -way.signals[c][:, -1] for c in self._light})
        end = self._cells.decayed(self._echoes, Way(way.signals, dark), many, runs * self.mass, self._decay)
        moved = end - (self.numbers * self._cells.unit)[:, None]
        return np.asarray(-moved.mean(axis=1) / self._rate())

    def _rate(self) -> float:
        """The rate of gradient descent that decay comes to, for the positions."""
        assert self.mass is not None
        return self.eta / self.mass * -math.expm1(-self._decay)

    @property
    def own_rate(self) -> float:
        """The rate of `Optimiser` that leaves the numbers where decay has put the cells after all echoes of a batch."""
        if self._cells is None or self.mass is None:
            raise UsageError("only learning cells that decay (mass=..) have a rate of their own")
        return float(self._rate() * (2 if self.symmetric else 1) / self._cells.unit[0] ** 2)

    def exact(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        echoes, names = self._echoes, self._names
        echoes.circuit.initial = {**echoes.circuit.initial, **self._positions()}
        _, slopes = gradient(
            echoes.circuit,
            EnergyCost(self.task, labels),
            names,
            stop=echoes.step * echoes.steps,
            step=echoes.step,
            params=self._driven(inputs),
            save=list(self.task.monitors),
        )
        by_number = np.zeros(self.numbers.size)
        np.add.at(by_number, self._owner, [float(np.mean(slopes[name].values)) for name in names])
        return self.layers.pulled_back(by_number, self.numbers)

    # -- how good the echo is -----------------------------------------------------------------------------------

    def echo(self, inputs: np.ndarray, labels: np.ndarray) -> Echo:
        """How well light comes back, and what it leaves behind without a nudge, next to the kick of one; no noise."""
        driven = self._driven(inputs)
        there = self._there(driven, self._saved, whole=True)
        missed = energies(self.task.monitors, there.signals) - self.task.wanted(labels)
        way, _ = self._back(there, driven, [0.0, 1.0], missed)
        still, nudged = np.split(self._left_behind(way, np.asarray), 2, axis=1)
        left, kick = still - self._left_there(there, np.asarray), nudged - still
        return faithfulness(there, way, self._light, left, kick, kick - self._coarser_kick(way))

    def _coarser_kick(self, way: Way) -> np.ndarray:
        """The kick from every other sample; that of cells does not depend on samples."""
        every = 2 if self._echoes.steps % 2 == 0 else 1
        seen = {name: values[:, ::every] for name, values in way.signals.items()}
        taken = way.signals if self._cells is not None else seen
        still, nudged = np.split(self._left_behind(Way(taken, way.state), np.asarray, every), 2, axis=1)
        return np.asarray(nudged - still)

    def _judge(self, echo: Echo) -> None:
        """Say which kick is used and what spoils it. Raises SimulationError where loss spoils a raw kick."""
        reasons = self._echoes.reasons
        used = "the difference of echoes at +eta and -eta" if self.symmetric else "the raw kick of one echo"
        if not self._taken:
            self.history.remark(f"{used} is used; {echo.figures(reasons)}")
        if not self.symmetric and self._strict and echo.bias > REFUSED:
            raise SimulationError(echo.spoilt(reasons))
        for sentence in echo.doubts(self.symmetric, self._echoes.step, reasons):
            self.history.remark(sentence)
            warnings.warn(sentence, stacklevel=4)


def _check(circuit: Circuit, task: Task, held: bool, **above: float | None) -> None:
    """Raise UsageError for what no echo can do."""
    cavities = [cavity(i.name) for i in circuit.instances.values() if i.device.name == "resonator"]
    if strange := [m for m in task.monitors if m not in cavities]:
        raise UsageError(
            f"an echo starts from cavities: monitors must be x(inst.cavity) of resonators, not {strange[0]}"
        )
    if rubbed := [cell for cell in cells_of(circuit) if np.any(circuit.instances[cell].settings["friction"] != 0)]:
        raise UsageError(
            f"{rubbed[0]} has friction, and would lose what an echo leaves behind: set it to 0 (mass=.. decays)"
        )
    if task.levels[0] == task.levels[1] and above["eta"] is None:
        raise UsageError(
            f"the levels of the task are one, {task.levels[0]:g} J: give the strength of the nudge, eta (1/J)"
        )
    for name, value in above.items():
        if value is not None and not value > 0:
            raise UsageError(f"{name} must be above 0, not {value}")
    if above["mass"] is not None and not held:
        raise UsageError("a mass is that of learning cells, and what is trained here is held by none")
