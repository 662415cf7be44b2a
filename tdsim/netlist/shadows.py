"""Warns about subcircuits that hide a device of the library."""

from __future__ import annotations

from .. import device as _device
from ..errors import Diagnostics
from .blocks import Block, Loop, Subcircuit


def warn_shadows(block: Block, found: Diagnostics) -> None:
    """Look through a block and all blocks inside it."""
    for definition in block.definitions:
        if isinstance(definition, Subcircuit):
            hidden = _device.library().get(definition.name)
            if hidden is not None and hidden.letter == "x":  # X never means a device of another letter
                message = f".subckt {definition.name} hides the device {definition.name!r} of the library"
                found.warn(message, definition.card.position)
            warn_shadows(definition.body, found)
    for action in block.actions:
        if isinstance(action, Loop):
            warn_shadows(action.body, found)
    for conditional in block.conditionals:
        for branch in conditional.branches:
            warn_shadows(branch.body, found)
