"""There and back: a circuit of light runs, time is turned round, its monitors are nudged, and it runs as long again.

All of it is propagation: the echo is what the circuit makes of the conjugated State.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import Circuit, State, UsageError, transient

BORNE = ("loses energy", "light leaves by")
"""What may keep a circuit from running backwards exactly, and a difference of two echoes bears."""

Signals = dict[str, np.ndarray]


class Way(NamedTuple):
    """One way: signals (runs, times), from its first instant to its last, and the State at the end."""

    signals: Signals
    state: State


class Echoes:
    """Runs of a circuit for a time `stop` (s) there, and as long back, with `step` (s) between samples.

    Raises UsageError where the times do not fit, or the circuit cannot run backwards, whatever its loss.
    """

    def __init__(self, circuit: Circuit, stop: float, step: float):
        if not 0 < step <= stop or abs(stop / step - round(stop / step)) > 1e-6:
            raise UsageError(
                f"an echo takes the same steps back as there: stop must be a whole number of steps, not {stop:g} s in "
                f"steps of {step:g} s"
            )
        if len(circuit.carriers) > 1:
            raise UsageError(f"an echo is of light of one carrier, and {circuit.title!r} has {len(circuit.carriers)}")
        self.circuit, self.step, self.steps = copy.copy(circuit), step, round(stop / step)
        if circuit.processes:
            raise UsageError(f"{circuit.title!r} has processes, which do not run backwards")
        _, state = transient(circuit, stop=step, step=step, save=[], return_state=True)
        if state.electronics or state.reversal is None:
            raise UsageError(
                f"{circuit.title!r} has electronics, which do not run backwards: an echo is of light alone"
            )
        self.reasons = [str(reason) for reason in state.reversal.reasons]
        if worse := [r for r in self.reasons if not any(borne in r for borne in BORNE)]:
            raise UsageError(f"{circuit.title!r} does not run backwards, and has no echo: {'; '.join(worse[:4])}")

    def there(self, params: Mapping[str, Any], initial: Mapping[str, float], save: Sequence[str], whole: bool) -> Way:
        """From the start; only the last instant of the signals unless the `whole` way is asked for.

        initial   values of states at t = 0, besides those of the netlist
        """
        self.circuit.initial = {**self.circuit.initial, **initial}
        return self._run(params, save, None, 0 if whole else self.steps, self.steps)

    def back(self, there: Way, params: Mapping[str, Any], nudges: Mapping[str, Any], save: Sequence[str]) -> Way:
        """Turn time round, nudge states x(inst.state), and run; signals are those of conjugated light.

        nudges   what is added to states, (runs,)
        Runs of `there` may come several times over: as often as the nudges have them.
        """
        times = max([len(change) // there.state.runs for change in nudges.values()], default=1)
        turned = State.side_by_side([conjugated(there.state)] * times).displaced(nudges)
        way = self._run(params, save, turned, self.steps, 2 * self.steps)
        begin = {n: np.tile(there.signals[n][:, -1], times).conj() + nudges.get(n, 0) for n in save if "cavity)" in n}
        joined = {
            n: np.concatenate([begin[n][:, None], x], axis=1) if n in begin else x for n, x in way.signals.items()
        }
        return Way(joined, way.state)

    def on(self, state: State, params: Mapping[str, Any], save: Sequence[str]) -> Way:
        """From a State for another `stop`, with other parameters; the last instant of the signals."""
        last = state.tick - 1 + self.steps
        return self._run(params, save, state, last, last)

    def _run(self, params: Mapping[str, Any], save: Sequence[str], state: State | None, first: int, last: int) -> Way:
        found, reached = transient(
            self.circuit,
            stop=last * self.step,
            step=self.step,
            start=first * self.step,
            params=dict(params),
            save=list(save),
            state=state,
            return_state=True,
        )
        return Way({name: np.atleast_2d(found[name].values) for name in save}, reached)


def conjugated(state: State) -> State:
    """The State turned round, without a word: whether that is exact has been looked into."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the echo will not be exact")
        return state.conjugate()
