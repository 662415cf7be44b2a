"""The gradient at an equilibrium of light and electronics, by implicit differentiation of both together.

At rest light P at the detectors makes voltages u, and these make light: P = O(u, theta), u = Z(P, theta). With
g = dL/dP and h = dL/du of a cost L, all that follows from each included,

    g = g0 + Z' h,   h = h0 + O' g

where g0 and h0 are what the cost asks of one half alone. Z' and O' are found by solving the transposed equations of a
half once for each voltage that optics follow, and once for each detector; the derivatives by parameters are linear in
what enters a half, as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...analysis.electronic_fixed_point import equilibria, standing
from ...analysis.electronics import RESTING
from ...analysis.fixed_point import solve
from ...analysis.mixed_settle import MixedSettling
from ...analysis.parameters import set_parameters
from ...analysis.settle import SettleRequest
from ...circuit import Circuit
from ...errors import SimulationError, UsageError
from ...nodal.solver import lay_out
from ..costs import Cost, value_of
from ..electronics.changes import Changes
from ..electronics.equilibrium import held_sources
from ..electronics.movable import make_movables
from ..electronics.rest import settled
from ..electronics.signals import pulled_back, seen, slopes_dataset
from ..seen import Seen
from ..settled_light import Back
from ..targets import Parameter, Targets
from .detection import Detection
from .halves import Part, Whole, halves, parted

Slopes = dict[str, np.ndarray]
"""dL/dparameter by label: (runs,), or (runs, cases)."""


def settled_mixed_gradient(circuit: Circuit, cost: Cost, wrt: Targets, request: SettleRequest) -> tuple[Any, Any]:
    """What `tdsim.gradient` returns for an equilibrium, for a checked circuit with light and electronics."""
    if wrt.states:
        raise UsageError(f"{next(iter(wrt.states))} is what a state was at t = 0, which an equilibrium does not know")
    request = replace(request, params={**request.params, **held_sources(circuit, request.inputs)}, inputs={})
    circuit = standing(set_parameters(circuit, request.params)[0], request.step, request.tmax)
    whole = MixedSettling(circuit, replace(request, state=None))
    parts = halves(circuit, wrt.parameters, whole.detectors, whole.followers)
    found = equilibria(circuit, whole.runs, request)
    light = _Light(whole, np.stack([p.voltages for p in found], axis=1), parts.light)
    held = [Parameter(name.lower(), "dc") for name in wrt.inputs]
    guesses = [p.unknowns for p in found]
    electronics = _Electronics(whole, light.seen(), guesses, [*parts.electronics, *held])
    signals = Whole(light.signals | electronics.signals)
    value = value_of(cost, signals, whole.runs, whole.has_runs)
    of_light, of_electronics = parted(cost, signals, list(light.signals), list(electronics.signals))
    slopes = _joined(light, electronics, of_light, of_electronics, parts.lit)
    names = {f"{p.instance}.dc": name for p, name in zip(held, wrt.inputs, strict=True)}
    ordered = {p.label: slopes[p.label] for p in wrt.parameters}
    ordered |= {name: slopes[label] for label, name in names.items()}
    return value, slopes_dataset(circuit, ordered, whole.has_runs)


class _Light:
    """The optics at rest at voltages (followers, runs), and their adjoint; `by` are labels of what they follow."""

    def __init__(self, whole: MixedSettling, voltages: np.ndarray, parameters: Sequence[Parameter]):
        self._whole = whole
        followed = [Parameter(f.instance, f.parameter) for f in whole.followers]
        self.by = [p.label for p in followed]
        values = {label: _of_runs(u) for label, u in zip(self.by, voltages, strict=True)}
        circuit, _ = set_parameters(whole.circuit, values)
        self._solution = solve(circuit, whole.program, whole.inputs, whole.asked.tmax, None)
        self.detection = Detection.of(circuit, whole.detectors)
        self._shape = len(circuit.carriers), whole.runs, 1
        self._arriving = {name: self._solution.of(name)[..., None] for name in self.detection.waves}
        self._detected = self.detection.slopes(self._arriving, self._shape)
        self._samples = {o.wave: self._solution.of(o.wave)[..., None] for o in whole.outputs if o.wave}
        self._seen = Seen(whole.outputs, circuit, whole.runs, whole.has_runs, 1)
        self.signals = self._seen.signals(self._samples)
        self._labels = [p.label for p in (*parameters, *followed)]
        seeded = sorted({*self._samples, *self.detection.waves})
        self._back = Back(whole, circuit, self._solution, [*parameters, *followed], seeded)

    def seen(self) -> np.ndarray:
        """The light (detectors, runs) at detectors."""
        return self.detection.light(self._arriving, self._shape)[..., 0]

    def of_cost(self, part: Part) -> Slopes:
        """What a cost of the optical signals asks of this half alone."""
        return self._turned(self._seen.seeds(self._samples, part.pullback(self.signals)))

    def of_light(self, detector: int) -> Slopes:
        """The same of the light at a detector."""
        unit = np.zeros((len(self.detection.detectors), *self._shape[1:]))
        unit[detector] = 1.0
        return self._turned(self.detection.seeds(unit, self._detected))

    def by_own(self, p: Parameter) -> np.ndarray:
        """dlight/dparameter (runs,) of a detector."""
        return self.detection.derivative(p, self._arriving, self._shape)[:, 0]

    def _turned(self, seeds: Mapping[str, np.ndarray]) -> Slopes:
        found = self._back.turned({name: values[..., 0] for name, values in seeds.items()})
        return {label: found.derivative(label) for label in self._labels}


class _Electronics:
    """The electronics at rest with light (detectors, runs), and their adjoint; `by` are labels of that light."""

    def __init__(
        self, whole: MixedSettling, light: np.ndarray, guesses: Sequence[np.ndarray], parameters: Sequence[Parameter]
    ):
        lit = [Parameter(d.instance.name, d.instance.device.detected[0]) for d in whole.detectors]
        self.by = [p.label for p in lit]
        values = {label: _of_runs(x) for label, x in zip(self.by, light, strict=True)}
        circuit, _ = set_parameters(whole.circuit, values)
        electronics = whole.make_electronics(circuit)
        system, self.readings = electronics.system, electronics.readings
        movables = make_movables(electronics.circuit, [*parameters, *lit])
        self._labels = [label for movable in movables for label in movable.labels]
        self._changes, layout = Changes(system, movables, False), lay_out(system, RESTING)
        solvers = [electronics.solver(system, run, layout=layout) for run in range(whole.runs)]
        self._rests = [settled(electronics, s, guess) for s, guess in zip(solvers, guesses, strict=True)]
        self._kept = np.stack([rest.unknowns[self.readings.kept] for rest in self._rests])[:, None, :]
        self._has_runs = whole.has_runs
        instances = electronics.circuit.instances
        self._heard = [system.unknowns.terminal(instances[f.instance], f.unknown) for f in whole.followers]
        self.signals = seen(self.readings, self._kept, whole.has_runs)

    def of_cost(self, part: Part) -> Slopes:
        """What a cost of the electrical signals asks of this half alone."""
        slopes = pulled_back(part, self.readings, self._kept, self._has_runs)[:, 0]
        return self._turned(self.readings.kept, slopes)

    def of_voltage(self, follower: int) -> Slopes:
        """The same of the voltage that one parameter of the optics follows."""
        return self._turned(np.array([self._heard[follower]]), np.ones((len(self._rests), 1)))

    def _turned(self, unknowns: np.ndarray, slopes: np.ndarray) -> Slopes:
        """From dL/dunknowns (runs, unknowns)."""
        sums = np.zeros((self._changes.count, len(self._rests)))
        for run, rest in enumerate(self._rests):
            seed = np.zeros(rest.unknowns.size)
            np.add.at(seed, unknowns, slopes[run])
            self._changes.add_rest(rest, run, np.zeros(seed.size), -rest.adjoint(seed), sums[:, run])
        return dict(zip(self._labels, sums, strict=True))


def _of_runs(values: np.ndarray) -> Any:
    """A parameter's value from one for each run."""
    return float(values[0]) if values.size == 1 else values


def _joined(
    light: _Light, electronics: _Electronics, of_light: Part, of_electronics: Part, lit: Sequence[Parameter]
) -> Slopes:
    """dL/dparameter (runs,) by label, of both halves together."""
    optical = [light.of_cost(of_light), *(light.of_light(k) for k in range(len(electronics.by)))]
    electrical = [electronics.of_cost(of_electronics), *(electronics.of_voltage(k) for k in range(len(light.by)))]
    runs = light.seen().shape[1]
    h0, through = _stacked(optical, light.by, runs)
    g0, back = _stacked(electrical, electronics.by, runs)
    loop = np.eye(len(electronics.by)) - back @ through
    try:
        g = np.linalg.solve(loop, (g0 + (back @ h0[..., None])[..., 0])[..., None])[..., 0]
    except np.linalg.LinAlgError:
        raise SimulationError(
            "the equilibrium is at a fold of light and electronics: it has no derivative, because the equations about "
            "it are singular"
        ) from None
    h = h0 + (through @ g[..., None])[..., 0]
    found: Slopes = {}
    for cases, parts in ((g, optical), (h, electrical)):
        for label in parts[0]:
            total = parts[0][label] + sum(case * part[label] for case, part in zip(cases.T, parts[1:], strict=True))
            found[label] = found.get(label, 0) + total
    for p in lit:
        d = next(k for k, label in enumerate(electronics.by) if label.partition(".")[0] == p.instance)
        found[p.label] = found[p.label] + g[:, d] * light.by_own(p)
    return found


def _stacked(parts: Sequence[Slopes], labels: Sequence[str], runs: int) -> tuple[np.ndarray, np.ndarray]:
    """What the cost asks of these labels, (runs, labels), and what each case after it, (runs, labels, cases)."""
    whole = np.zeros((runs, len(labels), len(parts)))
    for case, part in enumerate(parts):
        for k, label in enumerate(labels):
            whole[:, k, case] = part[label]
    return whole[..., 0], whole[..., 1:]
