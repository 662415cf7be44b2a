"""Run the analyses of a circuit of light."""

from __future__ import annotations

from collections.abc import Callable

from ..cards import Analysis, Scattering, Settle
from ..cards import Transient as TransientCard
from ..circuit import Circuit
from ..engine.state import State
from ..errors import SimulationError, UsageError
from ..outputs import requested
from ..results.schema import NullSink
from .advice import jumps
from .cost import cost_advice
from .measuring import MeasuringSink
from .request import Request
from .settle import SettleRequest, Settling
from .small_signal import run_scattering
from .transient import Transient

Progress = Callable[[float, float], None]


class OpticalAnalyses:
    """The analyses of a circuit of light that run one after another, and what one leaves for the next."""

    def __init__(self, circuit: Circuit, tell: Callable[[str], None]):
        self.circuit, self.tell = circuit, tell
        self.problems: list[str] = []
        self.skipped: dict[str, Analysis] = {}
        """What an earlier run has finished."""
        self._rest: State | None = None
        self._params = {} if circuit.runs is None else dict(circuit.runs.params)

    def run(self, name: str, analysis: Analysis, sink: MeasuringSink, progress: Progress | None) -> None:
        """Run one analysis into the sink."""
        if isinstance(analysis, Scattering):
            run_scattering(self.circuit, analysis, sink, name)
        elif isinstance(analysis, Settle):
            self._settle(name, analysis, sink, progress)
        elif isinstance(analysis, TransientCard):
            self._transient(name, analysis, sink, progress)
        else:
            raise UsageError(f".{analysis.kind} belongs to electrical circuits, and this one has no electrical device")

    def _settle(self, name: str, card: Settle, sink: MeasuringSink, progress: Progress | None) -> None:
        step = self.circuit.settle_step(card)
        if step is None:
            raise UsageError(".settle needs a step: tstep=, a transient whose step it takes, or option dt")
        extra = sink.unseen(name, [o.name for o in requested(self.circuit)])
        request = SettleRequest(card.tol, card.tmax, step, params=self._params, extra=extra, name=name)
        outcome = Settling(self.circuit, request).settle(sink, progress)
        problem = outcome.problem(request, self._named)
        self.problems += [f"{name}: {problem}"] if problem else []
        self._rest = None if problem else outcome.state

    def _named(self, run: int) -> str:
        return f"run {run}" if self.circuit.runs is None else self.circuit.runs.named(run)

    def _equilibrium(self) -> State | None:
        """Where the last search for an equilibrium ended; one that an earlier run has finished is run once more."""
        for name, card in list(self.skipped.items()):
            if isinstance(card, Settle):
                del self.skipped[name]
                self._settle(name, card, MeasuringSink(NullSink(), self.circuit, self.tell), None)
        return self._rest

    def _transient(self, name: str, card: TransientCard, sink: MeasuringSink, progress: Progress | None) -> None:
        rest = self._equilibrium() if card.settled else None
        if card.settled and rest is None:
            missing = f"{name} cannot start from an equilibrium: there is none"
            raise SimulationError(". ".join([*self.problems, missing]))
        state = rest and rest.at_time_zero()
        if state is not None:
            for sentence in jumps(self.circuit, card.step, card.stop):
                self.tell(sentence)
        extra = sink.unseen(name, [o.name for o in requested(self.circuit)])
        request = Request(card.step, card.stop, card.start, {}, self._params, state=state, extra=extra, name=name)
        transient = Transient(self.circuit, request)
        for sentence in cost_advice(transient):
            self.tell(sentence)
        transient.run(sink, progress)
