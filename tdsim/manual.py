"""The manual of devices, made from their declarations: one line for all of them, one page for each."""

from __future__ import annotations

import inspect
import math
import sys
import textwrap
from collections.abc import Iterable, Sequence

from . import device as _device
from .device import Device, Param, Port
from .shapes import shape_summaries
from .units import engineering

WIDTH = 100

Row = tuple[str, ...]


def overview() -> str:
    """A table of all devices (name, ports, what it is), and of the source shapes that may drive them."""
    rows: list[Row] = [("device", "ports", "")]
    rows += [(name, _port_list(kind), _summary(kind)) for name, kind in sorted(_device.library().items())]
    return _table(rows) + "\n\n" + _section("Source shapes", _table(shape_summaries())) + "\n"


def page(name: str) -> str:
    """The manual page of one device. Raises UsageError, naming the nearest ones, when there is none."""
    kind = _device.find(name)
    sections = [
        _filled(f"{kind.name}: {inspect.cleandoc(kind.__doc__ or '')}", WIDTH),
        _section("Equations", _filled(inspect.cleandoc(sys.modules[kind.__module__].__doc__ or ""), WIDTH - 4)),
        _section("Ports", _table(_port_rows(kind)) if kind.ports_of(_defaults(kind)) else _wiring(kind)),
        _section("Parameters", _table([("name", "default", "unit", "bounds", "", ""), *_param_rows(kind)])),
        _section("States", _table([(s.name, s.unit, s.doc) for s in _states(kind)])),
        _section("Properties", _properties(kind)),
        _section("Netlist", kind.netlist.rstrip()),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _defaults(kind: type[Device]) -> dict[str, object]:
    return {name: param.default for name, param in kind.params.items()}


def _summary(kind: type[Device]) -> str:
    return inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]


def _filled(text: str, width: int) -> str:
    """Prose filled to the width; equations and drawings, known by their indentation, as they are."""
    paragraphs = text.split("\n\n")
    drawn = [any(line.startswith(" ") for line in paragraph.splitlines()) for paragraph in paragraphs]
    return "\n\n".join(p if keep else textwrap.fill(p, width) for p, keep in zip(paragraphs, drawn, strict=True))


def _section(title: str, text: str) -> str:
    return f"{title}\n{textwrap.indent(text, '    ')}" if text else ""


def _port_list(kind: type[Device]) -> str:
    """o1 o2 (o3 o4): optional ports in parentheses, long lists shortened."""
    ports = kind.ports_of(_defaults(kind))
    needed = [name for name, port in ports.items() if not port.optional]
    optional = [name for name, port in ports.items() if port.optional]
    if "ports_of" in vars(kind):
        needed = [needed[0], "...", needed[-1]]
    return " ".join(needed) + (f" ({' '.join(optional)})" if optional else "")


def _wiring(kind: type[Device]) -> str:
    """How a device without ports is written."""
    if kind.letter == "x":
        return f"none: the instance names another one, as Xname other {kind.name}"
    return f"none: the instance names {kind.references} other instances, as {kind.letter.upper()}ab first second"


def _port_rows(kind: type[Device]) -> list[Row]:
    def row(name: str, port: Port) -> Row:
        return name, port.domain, port.doc + (" (may be left out)" if port.optional else "")

    return [row(name, port) for name, port in kind.ports_of(_defaults(kind)).items()]


def _param_rows(kind: type[Device]) -> list[Row]:
    return [(p.name, _default(p), p.unit, _bounds(p), _flags(p), p.doc) for p in kind.params.values()]


def _default(param: Param) -> str:
    if isinstance(param.default, tuple):
        return "[" + " ".join(engineering(v) for v in param.default) + "]"
    if isinstance(param.default, str):
        return param.default
    if param.default is None:
        return "-"
    return "-" if math.isnan(param.default) else engineering(param.default).replace(" ", "").replace("M", "meg")


def _bounds(param: Param) -> str:
    if param.choices:
        return " | ".join(param.choices)
    low, high = param.bounds
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f">= {low:g}"
    return f"<= {high:g}" if math.isinf(low) else f"{low:g} .. {high:g}"


def _flags(param: Param) -> str:
    """t: trainable, d: may be driven by a source shape."""
    return ("t" if param.trainable else "") + ("d" if param.drivable else "")


def _states(kind: type[Device]) -> Iterable[_device.State]:
    """The states of the device and of its models."""
    models = [kind, *kind.__subclasses__()]
    return {s.name: s for model in models if model.name == kind.name for s in model.states.values()}.values()


def _properties(kind: type[Device]) -> str:
    if not kind.ports_of(_defaults(kind)):
        return "t: may be trained"
    words = ["reciprocal" if kind.reciprocal else "not reciprocal", "passive" if kind.passive else "not passive"]
    return textwrap.fill(
        ", ".join(words) + "; among the parameters, t: may be trained, d: a source shape may drive it", 96
    )


def _table(rows: Sequence[Row]) -> str:
    """Columns side by side; the last one is wrapped to the width of the page."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    indent = sum(widths) + 2 * len(widths)
    lines = []
    for row in rows:
        start = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + "  "
        wrapped = textwrap.wrap(row[-1], max(24, WIDTH - 4 - indent)) or [""]
        lines.append((start + wrapped[0]).rstrip())
        lines += [" " * indent + more for more in wrapped[1:]]
    return "\n".join(lines)
