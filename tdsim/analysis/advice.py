"""What a user should be told about a step before trusting a result: once, with the step that would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..circuit import Circuit, is_shape
from ..schedule.build import build
from ..schedule.delays import ALLPASS_ORDER, WHOLE
from ..schedule.gain import growing_loops
from ..schedule.system import System
from ..units import engineering

if TYPE_CHECKING:
    from .transient import Transient

FAINT = 1e-6
"""Of its largest amplitude: an input that ends below this has come to its end."""

TURN = 0.5
"""Radians, or e-folds, that a state or a detuned source may go through in one step."""


def advice(circuit: Circuit, step: float) -> list[str]:
    """Sentences: steps too coarse for a delay, a cavity or a detuning, and loops that make energy."""
    system = build(circuit, 1, None)
    return [
        *_coarse_delays(circuit, system, step),
        *_fast_states(system, step),
        *_detuned_sources(circuit, step),
        *_growing(circuit, step),
    ]


def give_advice(circuit: Circuit, step: float, stop: float, tell: Callable[[str], None]) -> None:
    """Tell the advice for a step, once for each circuit and step."""
    if step not in circuit.advised and abs(stop / step - round(stop / step)) > 1e-6:
        last = np.floor(stop / step) * step
        cut = engineering(stop, "s")
        tell(f"stop = {cut} is not a multiple of the step: the last sample is at {engineering(last, 's')}")
    if step not in circuit.advised:
        circuit.advised.add(step)
        for sentence in advice(circuit, step):
            tell(sentence)


def input_advice(run: Transient) -> Iterator[str]:
    """Sentences about inputs that are longer than the run, or shorter and cut off while there is light."""
    wanted = run.request.last + 1
    for name, samples in run.inputs.items():
        count = samples.shape[-1]
        if count < wanted and np.abs(samples[..., -1:]).max(initial=0) > FAINT * np.abs(samples).max(initial=0):
            dark = engineering(count * run.step, "s")
            yield (
                f"input {name!r} has {count} samples, the run takes {wanted}: it is dark from {dark} on; "
                "let it end in a zero to say that this is meant"
            )
        elif count > wanted:
            yield f"input {name!r} has {count} samples, the run takes {wanted}: the last {count - wanted} are not used"


def jumps(circuit: Circuit, step: float, stop: float) -> Iterator[str]:
    """Sentences about sources that end with another value than they begin with: an equilibrium has the last one."""
    for instance in circuit.instances.values():
        for name, shape in instance.values.items():
            if is_shape(shape):
                first, last = shape.resolve(step, stop)(np.array([0.0, stop]))
                if abs(last - first) > 1e-9 * max(abs(first), abs(last)):
                    yield (
                        f"{instance.name}.{name} begins at {first:g} and ends at {last:g}: the transient starts with "
                        "that jump, because .settle follows sources to their end"
                    )


def _coarse_delays(circuit: Circuit, system: System, step: float) -> Iterator[str]:
    if circuit.options.get("delay", "exact") == "round":
        yield from _rounded(system, step)
        return
    worst: tuple[float, str] | None = None
    for line in system.lines:
        shortest = float(line.samples.min()) / step
        fractional = abs(shortest - round(shortest)) > WHOLE
        if fractional and 1 <= shortest < ALLPASS_ORDER and (not worst or shortest < worst[0]):
            worst = shortest, line.name
    if worst is not None:
        better = worst[0] * step / (ALLPASS_ORDER + 2)
        yield (
            f"the step of {engineering(step, 's')} is coarse for the delay of {worst[1]} ({worst[0]:.3g} "
            f"steps): only slow envelopes are delayed exactly; a step of {engineering(better, 's')} or one that "
            "divides the delay would do"
        )


def _rounded(system: System, step: float) -> Iterator[str]:
    found = [(abs(line.samples.min() / step - round(line.samples.min() / step)), line.name) for line in system.lines]
    worst, name = max(found, default=(0.0, ""))
    if worst > 1e-6:
        yield f"delays are rounded to whole steps; the worst is {name}, off by {worst:.2g} of a step"


def _fast_states(system: System, step: float) -> Iterator[str]:
    """The rate of a state is what its own flow multiplies it by."""
    rates = {w: np.abs(row.get((w, 0), 0j)).max() for w, row in system.flows.items()}
    if rates:
        fastest = max(rates, key=lambda w: rates[w])
        if rates[fastest] * step > TURN:
            yield (
                f"the step of {engineering(step, 's')} is coarse for {system.owner(fastest)}, which changes within "
                f"{engineering(1 / rates[fastest], 's')}; a step of {engineering(0.1 / rates[fastest], 's')} would do"
            )


def _detuned_sources(circuit: Circuit, step: float) -> Iterator[str]:
    for instance in circuit.instances.values():
        if instance.device.emit is None or "detuning" not in instance.settings:
            continue
        detuning = float(np.abs(instance.settings["detuning"]).max())
        if 2 * np.pi * detuning * step > np.pi / 2:
            yield (
                f"the step of {engineering(step, 's')} is coarse for {instance.name}, detuned by "
                f"{engineering(detuning, 'Hz')}; a step of {engineering(0.1 / detuning, 's')} would do"
            )
            return


def _growing(circuit: Circuit, step: float) -> Iterator[str]:
    for gain, names in growing_loops(circuit, step):
        who = ", ".join(names[:6]) + (" and others" if len(names) > 6 else "")
        yield (
            f"the loop through {who} makes energy: light that comes back in phase grows by {gain:.4g} in amplitude "
            "with each delay that it passes, without limit, because nothing saturates"
        )
