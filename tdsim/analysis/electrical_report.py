"""What `tdsim check` says about electrical circuits: nodes, starts, and what each analysis will compute."""

from __future__ import annotations

from collections.abc import Iterator

from ..cards import TEMPERATURE, Analysis, OperatingPoint, SmallSignal, Sweep, Transient
from ..circuit import Circuit
from ..outputs import requested
from ..probes import electrical_nets, probes
from ..units import engineering
from .electronics import is_optical

FEW = 12
"""As many names are listed."""


def electrical_inventory(circuit: Circuit) -> Iterator[str]:
    """Nodes, and where the circuit starts."""
    nodes = electrical_nets(circuit)
    yield f"  nodes         {len(nodes)} and ground: {listed(nodes)}"
    if "0" not in circuit.nets:
        yield "  warning       no element is joined to ground (node 0): voltages have no reference"
    starts = [f"{signal} = {value:g}" for signal, value in circuit.initial.items()]
    if starts:
        yield f"  starts        {listed(starts)}"


def electrical_analysis(circuit: Circuit, name: str, analysis: Analysis) -> Iterator[str]:
    """What an analysis of electrical nodes, and of light at rest, will do, and what it keeps."""
    yield f"{name}: {_purpose(circuit, analysis)}"
    light = requested(circuit) if is_optical(circuit) and not isinstance(analysis, Transient) else []
    kept = [o.name for o in light if o.is_power or not isinstance(analysis, SmallSignal)]
    yield f"  kept          {listed([*(p.name for p in probes(circuit, analysis)), *kept])}"


def _purpose(circuit: Circuit, analysis: Analysis) -> str:
    if isinstance(analysis, Transient):
        return _transient(analysis)
    if isinstance(analysis, SmallSignal):
        ends = f"{engineering(analysis.start, 'Hz', 7)} to {engineering(analysis.stop, 'Hz', 7)}"
        driven = [n for n, i in circuit.instances.items() if i.values.get("ac")]
        return f"small signals at {analysis.count} frequencies, {ends}; driven by {listed(driven) or 'nothing (ac=)'}"
    if isinstance(analysis, Sweep):
        return f"operating points, {' for each '.join(_axis(a.target, a.values) for a in analysis.axes)}"
    assert isinstance(analysis, OperatingPoint)
    return "operating point"


def _transient(analysis: Transient) -> str:
    span = f"{engineering(analysis.start, 's')} to {engineering(analysis.stop, 's')}"
    start = "the initial values (uic)" if analysis.uic else "the operating point"
    longest = analysis.max_step or min(analysis.step, (analysis.stop - analysis.start) / 50)
    return f"{span}, from {start}; steps of {engineering(longest, 's')} at most"


def _axis(target: str, values: object) -> str:
    numbers = [float(v) for v in values]  # type: ignore[attr-defined]
    unit = " degC" if target == TEMPERATURE else ""
    return f"{target} = {numbers[0]:g} to {numbers[-1]:g}{unit} ({len(numbers)} values)"


def listed(names: list[str]) -> str:
    """The first names, and that there are more."""
    return ", ".join(names[:FEW]) + (", ..." if len(names) > FEW else "")
