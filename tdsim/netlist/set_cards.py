"""`.set`: numbers that replace what the lines of instances say, once all instances are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..cards import Set
from ..circuit import Circuit, check_values, is_shape
from ..errors import PLACED, Diagnostics, Position, nearest


def apply_sets(circuit: Circuit, found: Diagnostics) -> None:
    """Give instances the numbers of `.set` cards; errors for names that do not exist and numbers out of bounds."""
    for card in circuit.sets:
        owner, _, parameter = card.name.rpartition(".")
        instance = circuit.instances.get(owner)
        param = instance.device.params.get(parameter) if instance is not None else None
        if instance is None or param is None:
            if not found.doubtful(PLACED, card.name):
                known = [f"{i.name}.{p}" for i in circuit.instances.values() for p in i.device.params]
                found.error(f"no parameter is called {card.name}{nearest(card.name, known)}", card.position)
        elif param.kind != "number" or is_shape(instance.settings[parameter]):
            found.error(f"{card.name} is not a number that could be set", card.position)
        else:
            changed = replace(instance, values={**instance.values, parameter: card.value})
            check_values(replace(changed, locate=_at(card)), found)
            circuit.instances[owner] = changed


def _at(card: Set) -> Callable[[str], Position | None]:
    """Where errors about the number stand: at the card."""
    return lambda _: card.position
