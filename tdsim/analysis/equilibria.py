"""The `.settle` cards of a circuit, and the equilibrium that a transient may start from."""

from __future__ import annotations

from collections.abc import Callable

from ..cards import Analysis, Settle
from ..cards import Transient as TransientCard
from ..circuit import Circuit
from ..engine.state import State
from ..errors import SimulationError, UsageError
from ..outputs import requested
from ..probes import probes
from ..results.schema import NullSink
from .advice import jumps
from .electronics import is_electronic
from .measuring import MeasuringSink
from .settle import SettleRequest
from .transients import make_settling, said_of

Progress = Callable[[float, float], None]


class Equilibria:
    """Searches for equilibria, one after another, and where the last one ended.

    tell      called with what the user should know
    problems  a sentence for each search that found none
    skipped   the analyses that an earlier run has finished
    """

    def __init__(self, circuit: Circuit, tell: Callable[[str], None]):
        self.circuit, self.tell = circuit, tell
        self.problems: list[str] = []
        self.skipped: dict[str, Analysis] = {}
        self._rest: State | None = None
        self._params = {} if circuit.runs is None else dict(circuit.runs.params)

    def settle(self, name: str, card: Settle, sink: MeasuringSink, progress: Progress | None) -> None:
        """Run `.settle` into a sink."""
        step = self.circuit.settle_step(card)
        if step is None:
            raise UsageError(".settle needs a step: tstep=, a transient whose step it takes, or option dt")
        extra = sink.unseen(name, seen(self.circuit, card))
        request = SettleRequest(card.tol, card.tmax, step, params=self._params, extra=extra, name=name)
        settling = make_settling(self.circuit, request)
        for sentence in said_of(settling):
            self.tell(sentence)
        outcome = settling.settle(sink, progress)
        single = "the circuit" if self.circuit.runs is None else self._named(0)
        problem = outcome.problem(request, self._named, single)
        self.problems += [f"{name}: {problem}"] if problem else []
        self._rest = None if problem else outcome.state

    def _named(self, run: int) -> str:
        return f"run {run}" if self.circuit.runs is None else self.circuit.runs.named(run)

    def start(self, name: str, card: TransientCard) -> State | None:
        """Where a transient starts: None for an ordinary one. Raises SimulationError when there is no equilibrium.

        A search that an earlier run has finished is run once more.
        """
        if not card.settled:
            return None
        for other, search in list(self.skipped.items()):
            if isinstance(search, Settle):
                del self.skipped[other]
                self.settle(other, search, MeasuringSink(NullSink(), self.circuit, self.tell), None)
        if self._rest is None:
            raise SimulationError(
                ". ".join([*self.problems, f"{name} cannot start from an equilibrium: there is none"])
            )
        for sentence in jumps(self.circuit, card.step, card.stop):
            self.tell(sentence)
        return self._rest.at_time_zero()


def seen(circuit: Circuit, card: Analysis) -> list[str]:
    """The signals that the result of an analysis holds."""
    electrical = [p.name for p in probes(circuit, card)] if is_electronic(circuit) else []
    return [o.name for o in requested(circuit)] + electrical
