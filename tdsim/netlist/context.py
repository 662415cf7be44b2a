"""Where the elaborator stands: scope, prefix of names, ports of the subcircuit, and the path that led here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..circuit import GROUND
from ..errors import Position
from .scope import Scope
from .values import Text, render


@dataclass(frozen=True)
class Context:
    """One body being elaborated.

    prefix     "" at the top, "xr1." in instance xr1
    ports      names of the subcircuit's ports to the nets of its instance
    expansion  what errors show: instances and iterations, innermost last
    path       names of the subcircuits that are open
    multiplier the product of their m=: as many copies of each element are in parallel
    """

    scope: Scope
    prefix: str = ""
    ports: dict[str, str] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    expansion: tuple[str, ...] = ()
    path: tuple[tuple[str, Position], ...] = ()
    multiplier: float = 1.0

    def name(self, text: str | Text) -> str:
        """The full name of an instance."""
        return self.prefix + render(text, self.scope)

    def net(self, text: str | Text) -> str:
        """The full name of a net."""
        name = text if isinstance(text, str) else text.resolve(self.scope)
        if name in GROUND:
            return "0"
        known = self.ports.get(name)
        if known is not None:
            return known
        return name if not self.prefix or name in self.shared else self.prefix + name

    def inside(self, scope: Scope, step: str) -> Context:
        """The same body, one loop iteration deeper."""
        return replace(self, scope=scope, expansion=(*self.expansion, step))
