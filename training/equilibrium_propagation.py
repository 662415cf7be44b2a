"""Equilibrium propagation: a circuit that settles learns from how it settles when its outputs are nudged.

The circuit settles freely, at s0. Then its outputs are nudged towards their targets with strength beta, and it goes on
from there to s(beta). With its energy E the gradient of the cost C is

    dC/dtheta = lim (dE/dtheta at s(beta) - dE/dtheta at s0) / beta           one-sided, error of order beta
              = lim (dE/dtheta at s(beta) - dE/dtheta at s(-beta)) / 2 beta   symmetric, error of order beta^2

and dE/dtheta of a part is known from the voltages at that part (energies.py). It holds where there is an energy, that
is, where the circuit is reciprocal; nothing is differentiated, and equilibria are those that the circuit finds.

Reference: B. Scellier and Y. Bengio, Front. Comput. Neurosci. 11, 24 (2017); A. Laborieux et al., Front. Neurosci. 15,
633674 (2021) (symmetric nudging).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import Circuit, OperatingPoints, SimulationError, State, UsageError, fixed_point, settle
from ..analysis.electronics import is_optical
from .energies import Energies
from .exact import equilibrium_gradient
from .hardware import Hardware
from .method import Method
from .task import Task

WEAKEST_SIGNAL = 3.0
"""A nudge must move the monitors by so many times their noise."""

MOST_CURVED, UNMOVED = 0.3, 1e-9
"""What responses to +-beta may have in common, relative to their difference (and V); more, and it is tried whether the
circuit returns once the nudge is over."""

RETURNED = 1e-3
"""Relative distance that counts as returned."""

LEAST_RECIPROCAL = 0.01
"""Relative difference of responses there and back from which on it is said."""

MOST_CLIPPED = 0.01

Rest = State | np.ndarray
"""Where runs have come to rest: a State, or the unknowns (runs, unknowns + 1) of electronics."""


class EquilibriumPropagation(Method):
    """Training by equilibrium propagation.

    nudges       sources whose value (V) is the strength of the nudge of each output, 0 in the free phase
    conductance  S: a nudge of strength b brings the current b conductance (target - monitor)
    beta         strength; `symmetric` nudges both ways
    activation   node -> node: which node shows the activation of a neuron, `*` for the same text ("uh*": "yh*")
    amplified    layer -> factor: A^2 for what stands before bidirectional amplifiers of gain A that the outputs are
                 behind (voltage times A forwards, current divided by A backwards): their energy counts that much more
    tmax, step   s: settle by a run in time of at most tmax, with samples `step` apart; without tmax, equilibria are
                 solved for as `tdsim.fixed_point` does
    tol          of `tdsim.settle`
    Others: see Method. Raises SimulationError where a free phase does not settle; warns, with figures, where a nudged
    run changes basin, monitors clip, or noise hides the nudge.
    """

    def __init__(
        self,
        circuit: Circuit,
        task: Task,
        *,
        nudges: list[str],
        beta: float = 0.1,
        symmetric: bool = True,
        conductance: float = 1e-3,
        activation: Mapping[str, str] | None = None,
        amplified: Mapping[str, float] | None = None,
        tmax: float | None = None,
        step: float | None = None,
        tol: float = 1e-9,
        tied: Mapping[str, str] | None = None,
        spread: Mapping[str, float] | None = None,
        hardware: Hardware | None = None,
        seed: int = 0,
    ):
        super().__init__(circuit, task, tied=tied, spread=spread, hardware=hardware, seed=seed)
        if not beta > 0:
            raise UsageError(f"beta must be above 0, not {beta}")
        if not task.targets:
            raise UsageError(f"{task.name}: nudging needs targets, one source for each monitor")
        if len(nudges) != len(task.monitors) or any(n not in circuit.instances for n in nudges):
            raise UsageError(f"{len(task.monitors)} monitors need as many nudges that the circuit has, not {nudges}")
        if tmax is not None and step is None:
            raise UsageError("settling in time needs a step (s)")
        self.nudges, self.beta, self.symmetric, self.conductance = nudges, beta, symmetric, conductance
        self._tmax, self._step, self._tol = tmax, step or 1e-9, tol
        members = self.layers.members()
        self._names = [name for some in members for name in some]
        self._owner = np.repeat(np.arange(len(members)), [len(some) for some in members])
        self._energies = Energies(circuit, self._names, _activations(circuit, activation or {}))
        self._save = list(dict.fromkeys([*task.monitors, *(f"v({n})" for n in self._energies.nodes)]))
        self._points = None if tmax is not None or is_optical(circuit) else OperatingPoints(circuit, self._save)
        self._factor = np.ones(len(members))
        known = {layer.name: layer.places for layer in self.layers.layers}
        for name, factor in (amplified or {}).items():
            if name not in known:
                raise UsageError(f"no layer is called {name!r}: there are {', '.join(known)}")
            self._factor[known[name]] = factor

    # -- phases -------------------------------------------------------------------------------------------------

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        signals, _ = self._settle(self._driven(inputs, None, 0.0), None)
        return self._monitored(signals)

    def gradient(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        params = self.layers.params(self.numbers)
        free, rest = self._settle(self._driven(inputs, labels, 0.0), None)
        self.free_reading = self._monitored(free)
        ends = [self.beta, -self.beta] if self.symmetric else [self.beta]
        nudged, ended = self._side_by_side(inputs, labels, ends, _repeated(rest, len(ends)))
        self._doubt(free, nudged)
        if self.symmetric and self._curved(free, nudged):
            for released in self._side_by_side(inputs, labels, [0.0] * len(ends), ended)[0]:
                self._release(free, released)
        here, there = self._slopes(nudged[0], params), self._slopes(nudged[1] if self.symmetric else free, params)
        contrast = (here - there) / (self.conductance * self.beta * (2 if self.symmetric else 1))
        by_number = np.zeros(self.numbers.size)
        np.add.at(by_number, self._owner, contrast.mean(axis=1))
        return self.layers.pulled_back(by_number * self._factor, self.numbers)

    def exact(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        driven = self._driven(inputs, labels, 0.0)
        return equilibrium_gradient(self.circuit, self.task, self.layers, self.numbers, driven, labels)[1]

    def _side_by_side(
        self, inputs: np.ndarray, labels: np.ndarray, betas: list[float], near: Rest
    ) -> tuple[list[dict[str, np.ndarray]], Rest]:
        """Signals (runs,) at rest with each nudge, all found together, and where all ended."""
        count, runs = len(betas), len(inputs)
        driven = self._driven(np.tile(inputs, (count, 1)), np.tile(labels, count), np.repeat(betas, runs))
        found, ended = self._settle(driven, near)
        return [{n: v[k * runs : (k + 1) * runs] for n, v in found.items()} for k in range(count)], ended

    def _driven(self, inputs: np.ndarray, labels: np.ndarray | None, beta: float | np.ndarray) -> dict[str, Any]:
        """The values of all parameters in one phase."""
        sources: dict[str, Any] = dict(self.task.encode(inputs))
        if labels is not None:
            sources |= dict(zip(self.task.targets, self.task.wanted(labels).T, strict=True))
        sources |= dict.fromkeys(self.nudges, beta)
        return self.params() | self.held(sources)

    def _settle(self, driven: dict[str, Any], near: Rest | None) -> tuple[dict[str, np.ndarray], Rest]:
        """Signals (runs,) at rest, and where to go on from."""
        if self._points is not None:
            return self._points.find(driven, near if isinstance(near, np.ndarray) else None)
        start = near if isinstance(near, State) else None
        given: dict[str, Any] = {"step": self._step, "params": driven, "save": self._save, "return_state": True}
        if self._tmax is None:
            found, state = fixed_point(self.circuit, guess=start, **given)
            return {name: found[name].values for name in self._save}, state
        found, state = settle(self.circuit, tmax=self._tmax, tol=self._tol, state=start, **given)
        settled = np.ravel(found.attrs["settled"]).astype(bool)
        if not settled.all():
            residual = float(np.max(found.attrs["residual"]))
            phase = "free" if near is None else "nudged"
            raise SimulationError(
                f"the {phase} phase has not settled in {self._tmax:g} s in {int((~settled).sum())} of {settled.size} "
                f"runs (residual {residual:.1e}, tolerance {self._tol:.1e}): an update now may have the wrong sign; "
                "give it more time (tmax)"
            )
        return {name: found[name].values[..., -1] for name in self._save}, state

    def _monitored(self, signals: Mapping[str, np.ndarray]) -> np.ndarray:
        values = np.stack([signals[m] for m in self.task.monitors], axis=1)
        return self.hardware.read(values, self.noise)

    def _slopes(self, signals: Mapping[str, np.ndarray], params: Mapping[str, float]) -> np.ndarray:
        volts = {n: self.hardware.read(signals[f"v({n})"], self.noise) for n in self._energies.nodes}
        return self._energies.slopes(volts, params)

    # -- what may be wrong --------------------------------------------------------------------------------------

    def _doubt(self, free: Mapping[str, np.ndarray], nudged: list[dict[str, np.ndarray]]) -> None:
        """Warn of what makes an update wrong, with figures."""
        start = np.stack([free[name] for name in self._save])
        moved = [np.stack([end[name] for name in self._save]) - start for end in nudged]
        clipped = self.hardware.clipped(start)
        if clipped > MOST_CLIPPED:
            self._say(
                f"monitors clip: {100 * clipped:.1f} % of the readings are out of their range of "
                f"{self.hardware.range:g} V, and what they would say is lost"
            )
        signal = float(np.sqrt(np.mean(np.square(moved))))
        if self.hardware.noise * WEAKEST_SIGNAL > signal:
            self._say(
                f"beta = {self.beta:g} is too small for the noise: the nudge moves the monitors by {signal:.2g} V rms, "
                f"their noise is {self.hardware.noise:.2g} V; with beta near "
                f"{self.beta * WEAKEST_SIGNAL * self.hardware.noise / max(signal, 1e-300):.2g} it would be heard"
            )

    def _curved(self, free: Mapping[str, np.ndarray], nudged: list[dict[str, np.ndarray]]) -> bool:
        """Whether a response is so far from linear that a run may have changed basin."""
        up, down = (np.stack([end[name] - free[name] for name in self._save]) for end in nudged)
        even, odd = np.linalg.norm(up + down, axis=0), np.linalg.norm(up - down, axis=0)
        return bool((even > MOST_CURVED * odd + UNMOVED).any())

    def _release(self, free: Mapping[str, np.ndarray], released: Mapping[str, np.ndarray]) -> None:
        """Warn of runs that do not return to where they were, once the nudge is over."""
        away = np.max([np.abs(released[name] - free[name]) for name in self._save], axis=0)
        size = max(float(np.abs(free[name]).max()) for name in self._save)
        lost = away > RETURNED * size
        if lost.any():
            self._say(
                f"{int(lost.sum())} of {lost.size} nudged runs have changed basin: without the nudge they come to rest "
                f"up to {float(away.max()):.2g} V from where they were; make beta = {self.beta:g} smaller"
            )

    def _say(self, sentence: str) -> None:
        self.history.remark(sentence)
        warnings.warn(sentence, stacklevel=4)

    def reciprocity(self, inputs: np.ndarray, ports: Mapping[str, tuple[str, float]], probe: float = 1e-7) -> float:
        """How far responses there and back differ between ports, relative to their size; warns above 1 %.

        ports  current source -> (monitor, factor): where a current is injected, what it works on (`v(h0)`), and the
               factor of its energy, as in `amplified`
        probe  A, the current, both ways
        For a circuit that has an energy the matrix factor_a dv_a / di_b is symmetric. A one-way buffer leaves the
        gradient of the last layer right and others without: it is seen here only with ports in front of it.
        """
        if any(name not in self.circuit.instances for name in ports):
            raise UsageError(f"the ports {', '.join(ports)} must be current sources of the circuit")
        monitors, factors = zip(*ports.values(), strict=True)
        runs = 2 * len(ports)
        one = np.repeat(np.asarray(inputs, dtype=float)[:1], runs, axis=0)
        driven = self._driven(one, None, 0.0)
        for k, name in enumerate(ports):
            here = np.zeros(runs)
            here[2 * k : 2 * k + 2] = probe, -probe
            driven[f"{name}.dc"] = driven[f"{name}.wave"] = driven.get(f"{name}.dc", 0.0) + here
        signals, _ = self._settle(driven, None)
        values = np.stack([signals[m] for m in monitors])
        response = (values[:, ::2] - values[:, 1::2]) / (2 * probe) * np.array(factors)[:, None]
        own = np.sqrt(np.abs(np.diag(response)))
        mutual = response / np.outer(own, own)
        np.fill_diagonal(mutual, 0.0)
        size = float(np.linalg.norm(mutual + mutual.T))
        difference = float(np.linalg.norm(mutual - mutual.T)) / size if size > UNMOVED else 0.0
        if difference > LEAST_RECIPROCAL:
            self._say(
                f"the circuit is not reciprocal: responses there and back differ by {100 * difference:.1f} %, and "
                "there is no energy whose gradient equilibrium propagation could follow"
            )
        return difference


def _repeated(rest: Rest, times: int) -> Rest:
    """The same runs several times over."""
    return rest.take(list(range(rest.runs)) * times) if isinstance(rest, State) else np.tile(rest, (times, 1))


def _activations(circuit: Circuit, patterns: Mapping[str, str]) -> dict[str, str]:
    """Node to node, from patterns with `*`. Raises UsageError where nothing matches, or a node has no partner."""
    found: dict[str, str] = {}
    for neuron, shown in patterns.items():
        before, _, after = neuron.partition("*")
        known = len(found)
        for net in circuit.nets:
            if net.startswith(before) and net.endswith(after) and len(net) > len(before) + len(after):
                partner = shown.replace("*", net[len(before) : len(net) - len(after)])
                if partner not in circuit.nets:
                    raise UsageError(f"the node {net} has no {partner} that would show its activation")
                found[net] = partner
        if len(found) == known:
            raise UsageError(f"no node matches {neuron}, whose activation {shown} would be")
    return found
