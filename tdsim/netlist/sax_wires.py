"""The wires of a SAX netlist: which net is at which port of which instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Report = Callable[[str], None]


class Wires:
    """Nets by instance and port. Nets are called like the external port on them, or link1, link2, ..."""

    def __init__(self, data: dict[str, Any], error: Report):
        self.data, self.error = data, error
        self.nets: dict[str, dict[str, str]] = {}
        self.external: list[str] = []

    def read(self) -> None:
        """Read connections, nets, routes and ports; what is wrong goes to `error`."""
        ports = mapping(self.data, "ports", self.error)
        taken = {str(p).lower() for p in ports} | set(self._open())
        count = 0
        for ends in self._links():
            count += 1
            while f"link{count}" in taken:
                count += 1
            for end in ends:
                self._join(end, f"link{count}")
        for port, end in ports.items():
            if self._join(end, str(port).lower()):
                self.external.append(str(port).lower())

        for net, end in self._open().items():
            self._join(end, net)

    def _open(self) -> dict[str, Any]:
        """Nets with one end, which `write_gdsfactory` notes under `info`."""
        info = self.data.get("info")
        opened = mapping(info, "open", self.error) if isinstance(info, dict) else {}
        return {str(net).lower(): end for net, end in opened.items()}

    def _links(self) -> Iterator[tuple[Any, Any]]:
        """All pairs of ends."""
        yield from mapping(self.data, "connections", self.error).items()
        for route in mapping(self.data, "routes", self.error).values():
            links = route.get("links") if isinstance(route, dict) else None
            yield from links.items() if isinstance(links, dict) else ()
        nets = self.data.get("nets") or []
        for net in nets if isinstance(nets, list | tuple) else [nets]:
            if isinstance(net, dict) and "p1" in net and "p2" in net:
                yield net["p1"], net["p2"]
            else:
                self.error(f"a net is written {{p1: 'a,o1', p2: 'b,o2'}}, not {net!r}"[:200])

    def _join(self, end: Any, net: str) -> bool:
        """Note the net at an end "instance,port"; False when that is not possible."""
        parts = [p.strip().lower() for p in end.split(",")] if isinstance(end, str) else []
        if len(parts) != 2 or not all(parts):
            self.error(f"an end is written 'instance,port', not {end!r}"[:200])
            return False
        ports = self.nets.setdefault(parts[0], {})
        if parts[1] in ports:
            self.error(f"port {parts[1]} of {parts[0]} is wired twice: to {ports[parts[1]]} and {net}")
            return False
        ports[parts[1]] = net
        return True


def mapping(data: dict[str, Any], key: str, error: Report) -> dict[Any, Any]:
    """The mapping under a key, empty when there is none."""
    value = data.get(key) or {}
    if isinstance(value, dict):
        return value
    error(f"{key!r} must be a mapping")
    return {}
