"""What a gradient through a transient cannot go through: above all events that move with a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...behaviour.code import JUMPS, NUMBER
from ...circuit import GROUND, Circuit
from ...errors import UsageError
from ...nodal.system import System
from .movable import Movable

if TYPE_CHECKING:
    from .course import Course

THRESHOLDS = ("vt", "vh", "it", "ih")


def refuse_moving_parameters(movables: Sequence[Movable]) -> None:
    """Raise UsageError where a parameter moves the instants at which something happens."""
    for movable in movables:
        device = movable.instances[0].device
        if device.name == "t" and movable.parameter == "td":
            raise UsageError(
                f"{movable.labels[0]} moves the instants at which echoes arrive, to which a transient steps: there is "
                "no gradient with respect to it"
            )
        if device.switches and movable.parameter in THRESHOLDS:
            raise UsageError(
                f"{movable.labels[0]} moves the instants at which the switch changes its state: there is no gradient "
                "with respect to it"
            )


def refuse_moving_events(system: System, course: Course) -> None:
    """Raise UsageError where something jumped in the run at an instant that a parameter may move."""
    if not course.turned:
        return
    dictated = _dictated(system.circuit)
    for group in system.groups:
        instance = system.circuit.instances[group.instances[0]]
        if group.keep is not None:
            code = group.keep.rooms[course.run].code
            if not {NUMBER[name] for name in JUMPS} & set(code.steps[:, 0].tolist()):
                continue  # corners alone do no harm
            nets = [n for signal in code.signals for n in (signal.names if signal.kind == "v" else ("",))]
        elif group.switches:
            names = [system.circuit.instances[name] for name in group.instances]
            nets = [i.nets.get(port, "") for i in names for pair in i.device.controls[1:] for port in pair]
        else:
            continue
        if not set(nets) <= dictated:
            raise UsageError(
                f"{instance.name} changes its state at instants that may move with a parameter, and there is no "
                "gradient through those: let it follow sources alone, or make it smooth (tanh in place of a comparison)"
            )


def _dictated(circuit: Circuit) -> set[str]:
    """The nets whose voltage independent sources dictate."""
    found, grew = set(GROUND), True
    pairs = [tuple(i.nets.values()) for i in circuit.instances.values() if i.device.name == "v"]
    while grew:
        new = {net for pair in pairs if found & set(pair) for net in pair} - found
        found, grew = found | new, bool(new)
    return found
