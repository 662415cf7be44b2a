"""The equilibrium of a circuit, solved for directly: no run, no delays to wait for.

In an equilibrium every wave is what it was a step ago, so that delays and fractional delays (gain 1 at the carrier)
drop out and what remains is one sparse linear system a lane, y = C y + e. States that turn their own phase
(schedule/splitting.py) obey w = N(w, s) instead, with s = s0 + H w by that linear system: Newton's method, from the
guess, or with the sources raised step by step where that fails. It is the equilibrium of the sampled circuit, the one
that a transient stays in; a stable one or not. Where there are several, the guess decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..engine.mirror import lattice
from ..engine.sources import emitted, input_waves
from ..engine.state import State, remembered
from ..errors import SimulationError, UsageError
from ..schedule.build import build
from ..schedule.groups import fields, matrix_entries, resolve_waveforms
from ..schedule.program import Program
from ..schedule.splitting import after_a_step
from ..schedule.states import discretise
from ..schedule.system import Recurrence, System
from .request import seed_of
from .stillness import last_change

ITERATIONS = 60
CONVERGED = 1e-13
SMALLEST_STEP = 1e-4
"""The sources are raised by no smaller a part of themselves."""

DIFFERENCE = 1e-7
"""Steps of the numerical derivative, in units of the largest value."""


@dataclass
class Solution:
    """The waves of the settled circuit, (waves, carriers, runs), numbered as in `system`."""

    system: System
    waves: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """One wave by its name, (carriers, runs); zero where nothing arrives."""
        number = self.system.index.get(name)
        found: np.ndarray = self.waves[number] if number is not None else np.zeros(self.waves.shape[1:], dtype=complex)
        return found


def solve(
    circuit: Circuit, program: Program, held: dict[str, np.ndarray], stop: float, guess: State | None
) -> Solution:
    """The equilibrium of a circuit.

    program  of the same circuit, which says step, runs, sources
    held     constant inputs, as `arrange_input` returns them
    stop     s, sets the defaults of source shapes
    guess    a state to start Newton's method from
    Raises UsageError where a source never stands still, SimulationError where there is no equilibrium, or none found.
    """
    system = build(circuit, program.runs, program.step, mutable=False)
    for conjugation in system.conjugations:
        raise UsageError(f"{system.owner(conjugation.output)}: settle follows phase conjugators, fixed_point does not")
    discretise(system, program.step)
    when = late(circuit, program.step, stop)
    sources = _sources(program, system, held, stop, seed_of(circuit), when)
    driven = driven_at_rest(system, circuit, program, stop)
    lanes = system.lanes
    waves = np.zeros((len(system.names), lanes), dtype=complex)
    first = _guessed(system, guess, program)
    for lane in range(lanes):
        start = None if first is None else first[:, lane]
        waves[:, lane] = Lane(system, lane, driven).solve(sources[:, lane], start)
    return Solution(system, waves.reshape(len(system.names), len(program.carriers), program.runs))


def settled_state(solution: Solution, program: Program) -> State:
    """The state of a circuit that has been in that equilibrium for ever."""
    names, depth = remembered(program)
    shape = (len(program.carriers), program.runs)
    parts = [np.broadcast_to(solution.of(name), (int(d), *shape)) for name, d in zip(names, depth, strict=True)]
    history = np.concatenate(parts) if parts else np.zeros((0, *shape), dtype=complex)
    memory = np.zeros((program.memory, *shape), dtype=complex)
    filled = 0
    for allpass in solution.system.allpasses:
        if solution.system.names[allpass.output] in program.index:
            order = allpass.k.shape[0]
            source = solution.waves[allpass.source].reshape(-1)
            memory[filled : filled + order] = allpass_at_rest(allpass.k, allpass.transposed, source).reshape(-1, *shape)
            filled += order
    return State(1, program.step, names, depth, history, memory, reversal=program.reversal)


def allpass_at_rest(k: np.ndarray, transposed: bool, wave: np.ndarray) -> np.ndarray:
    """The memory (order, lanes) of a normalised lattice k (order, lanes or 1) that a constant wave (lanes,) has filled.

    Each section turns (wave, memory) by an angle; at rest the memory is what it was a sample ago.
    """
    k = np.broadcast_to(k, (len(k), wave.size))
    found = np.zeros(k.shape, dtype=complex)
    for lane in range(wave.size):
        unit = np.eye(len(k) + 1, dtype=complex)
        answers = np.array([lattice(k[:, lane], transposed, u[:-1], u[-1]) for u in unit]).T
        inner, drive = answers[:, :-1], answers[:, -1]
        found[:, lane] = np.linalg.solve(np.eye(len(k)) - inner, drive * wave[lane])
    return found


# -- what drives the circuit ----------------------------------------------------------------------------------------


def late(circuit: Circuit, step: float, stop: float) -> np.ndarray:
    """Instants (s) after the last kink of every source, at which the sources must agree."""
    change = last_change(circuit, step, stop)
    return change + (stop - change) * np.array([0.38196601, 0.54321, 0.87654])


def _standing(name: str, values: np.ndarray) -> np.ndarray:
    """Values (..., instants) as one; raises UsageError where they differ."""
    spread = np.abs(values - values[..., :1]).max(initial=0.0)
    if spread > 1e-9 * np.abs(values).max(initial=0.0):
        raise UsageError(
            f"{name} never stands still, so that the circuit has no fixed point; settle follows it in time, and knows "
            "equilibria that rotate"
        )
    return values[..., 0]


def _sources(
    program: Program, system: System, held: dict[str, np.ndarray], stop: float, seed: int, when: np.ndarray
) -> np.ndarray:
    """What enters, (waves, lanes)."""
    found = np.zeros((len(system.names), system.lanes), dtype=complex)
    shape = (len(program.carriers), program.runs)
    for wave, name, values in emitted(program, stop, seed, when):
        if name not in held:
            found[system.index[program.names[wave]]] = np.broadcast_to(_standing(name, values), shape).reshape(-1)
    for wave, name in input_waves(program):
        if name in held:
            found[system.index[program.names[wave]]] = np.broadcast_to(held[name][..., 0], shape).reshape(-1)
    return found


def driven_at_rest(
    system: System, circuit: Circuit, program: Program, stop: float
) -> dict[tuple[int, int], np.ndarray]:
    """Coefficients (lanes,) of driven devices, by (wave that leaves, wave that enters)."""
    shape, when = (len(program.carriers), program.runs), late(circuit, program.step, stop)
    found = {}
    for driven in system.driven:
        name = driven.group.instances[0].name
        waveforms = resolve_waveforms(driven.group, program.step, stop, seed_of(circuit))
        values = {key: waveform(when)[None, None, None] for key, waveform in waveforms.items()}
        entries = matrix_entries(driven.group, fields(driven.group, program.carriers, values))
        for place, joined in driven.joins.items():
            if place in entries:
                found[joined] = np.broadcast_to(_standing(name, entries[place][0]), shape).reshape(-1)
            else:
                found[joined] = np.zeros(system.lanes, dtype=complex)
    return found


def _guessed(system: System, guess: State | None, program: Program) -> np.ndarray | None:
    """The waves that a state remembers, as they were last, (waves, lanes)."""
    if guess is None:
        return None
    found = np.zeros((len(system.names), system.lanes), dtype=complex)
    shape = (len(program.carriers), program.runs)
    for name, end in zip(guess.names, np.cumsum(guess.depth), strict=True):
        if name in system.index:
            found[system.index[name]] = np.broadcast_to(guess.history[end - 1], shape).reshape(-1)
    return found


# -- one lane -------------------------------------------------------------------------------------------------------


class Lane:
    """The settled equations of one carrier and run; what comes back through steps of states that turn is left out."""

    def __init__(self, system: System, lane: int, driven: dict[tuple[int, int], np.ndarray]):
        self.lane, self.count = lane, len(system.names)
        self.turning = [r for r in system.recurrences if r.turning is not None]
        self.inner = [w for r in self.turning for w in r.outputs]
        self.linear = self._factorised(list(self._entries(system, driven)))
        """Gives all waves when these enter: (waves,), or (waves, cases)."""

    def _of(self, value: Any) -> complex:
        numbers = np.ravel(value)
        return complex(numbers[self.lane] if numbers.size > 1 else numbers[0])

    def _entries(self, system: System, driven: dict[tuple[int, int], np.ndarray]) -> Iterator[tuple[int, int, complex]]:
        """(row, column, coefficient): a wave is the sum of coefficients times other waves."""
        follows = {wave for wave, _ in driven}
        for wave, row in system.rows.items():
            if wave not in follows:
                for (source, _), value in row.items():
                    yield wave, source, self._of(value)
        for (wave, source), value in driven.items():
            yield wave, source, complex(value[self.lane])
        for allpass in system.allpasses:
            yield allpass.output, allpass.source, 1 + 0j
        for recurrence in system.recurrences:
            if recurrence.turning is None:
                yield from self._carried(recurrence)

    def _carried(self, recurrence: Recurrence) -> Iterator[tuple[int, int, complex]]:
        for i, wave in enumerate(recurrence.outputs):
            for j, other in enumerate(recurrence.outputs):
                yield wave, other, self._of(recurrence.f[i, j])
            for j, (source, _) in enumerate(recurrence.inputs):
                yield wave, source, self._of(recurrence.g[i, j])

    def _factorised(self, entries: list[tuple[int, int, complex]]) -> Callable[[np.ndarray], np.ndarray]:
        """A function that solves (1 - C) y = e."""
        from scipy.sparse import csc_array, identity
        from scipy.sparse.linalg import splu

        rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        matrix = csc_array((np.array(values, dtype=complex), (rows, columns)), shape=(self.count, self.count))
        try:
            factors = splu((identity(self.count, dtype=complex, format="csc") - matrix).tocsc())
        except RuntimeError:
            raise SimulationError(
                "the circuit has no equilibrium: a loop without loss is exactly on resonance, or its gain is 1"
            ) from None
        found: Callable[[np.ndarray], np.ndarray] = factors.solve
        return found

    def solve(self, sources: np.ndarray, guess: np.ndarray | None) -> np.ndarray:
        """All waves (waves,)."""
        plain = self.linear(sources)
        if not self.turning:
            return plain
        unit = np.zeros((self.count, len(self.inner)), dtype=complex)
        unit[self.inner, range(len(self.inner))] = 1
        answer = self.linear(unit)
        w = np.zeros(len(self.inner), dtype=complex) if guess is None else guess[self.inner]
        found = self._newton(w, plain, answer)
        if found is None:
            found = self._raised(plain, answer)
        waves: np.ndarray = plain + answer @ found
        return waves

    def _raised(self, plain: np.ndarray, answer: np.ndarray) -> np.ndarray:
        """From darkness, with the sources raised as fast as Newton's method follows."""
        w, level, step = np.zeros(len(self.inner), dtype=complex), 0.0, 0.1
        while level < 1:
            target = min(1.0, level + step)
            found = self._newton(w, target * plain, answer)
            if found is not None:
                w, level, step = found, target, 2 * step
            elif step < SMALLEST_STEP:
                names = "the resonators" if len(self.inner) > 1 else "the resonator"
                raise SimulationError(
                    f"no equilibrium was found: with the sources at {level:.4g} of their strength {names} jump; settle "
                    "follows the jump, and its state is a good guess"
                )
            else:
                step /= 4
        return w

    def _newton(self, w: np.ndarray, plain: np.ndarray, answer: np.ndarray) -> np.ndarray | None:
        """w = N(w, s0 + H w); None where the iteration does not converge."""
        for _ in range(ITERATIONS):
            scale = max(float(np.abs(w).max()), float(np.abs(answer[self.inner] @ w + plain[self.inner]).max()))
            residual, slope = self._linearised(w, plain, answer, DIFFERENCE * (scale or 1.0))
            try:
                move = np.linalg.solve(slope, -residual)
            except np.linalg.LinAlgError:
                return None
            w = w + move[: w.size] + 1j * move[w.size :]
            if not np.isfinite(w).all():
                return None
            if np.abs(move).max() <= CONVERGED * max(float(np.abs(w).max()), np.finfo(float).tiny):
                return w
        return None

    def _linearised(
        self, w: np.ndarray, plain: np.ndarray, answer: np.ndarray, step: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """N(w) - w and its derivative, both of real and imaginary parts."""
        n = w.size
        moved = np.concatenate([np.zeros((n, 1)), step * np.eye(n), 1j * step * np.eye(n)], axis=1)
        points = w[:, None] + moved
        values = self._step(points, plain[:, None] + answer @ points) - points
        parts = np.concatenate([values.real, values.imag])
        return parts[:, 0], (parts[:, 1:] - parts[:, :1]) / step

    def _step(self, w: np.ndarray, waves: np.ndarray) -> np.ndarray:
        """N of many points (states, points) at once."""
        found, first = np.empty_like(w), 0
        for recurrence in self.turning:
            size = len(recurrence.outputs)
            inputs = waves[[source for source, _ in recurrence.inputs]]
            found[first : first + size] = after_a_step(recurrence, self.lane, w[first : first + size], inputs)
            first += size
        return found
