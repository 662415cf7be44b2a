"""What `tdsim check` says about a circuit: ports, islands, dropped waves, cost, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..cards import Analysis, Scattering, Settle, Transient
from ..circuit import Circuit
from ..device import ELECTRICAL, OPTICAL
from ..schedule.graph import shortest_loop
from ..schedule.islands import Read
from ..schedule.pack import ALLPASS, RECURRENCE, TURNING
from ..schedule.program import Program
from ..trainable import trainable
from ..units import engineering
from .advice import advice
from .cost import Cost, cost_advice, estimate
from .electrical_report import electrical_analysis, electrical_inventory, listed
from .mixed_transient import MixedTransient
from .request import Request
from .small_signal import frequencies, with_open_ends
from .sweep.report import sweep_report
from .transient import Transient as Run
from .transients import make_transient


def report(circuit: Circuit) -> str:
    """The text for a terminal. Raises what the analyses would raise before they start."""
    lines = [f"{circuit.title or '(no title)'}", *_inventory(circuit)]
    for name, analysis in circuit.analysis_names():
        lines.append("")
        lines += _analysis(circuit, name, analysis)
    if circuit.sweep is not None:
        lines += ["", *sweep_report(circuit, _costs(circuit))]
    return "\n".join(lines)


def _costs(circuit: Circuit) -> list[Cost]:
    """The cost of one run of each transient of light."""
    if all(net.domain != OPTICAL for net in circuit.nets.values()):
        return []
    asked = [a for a in circuit.analyses if isinstance(a, Transient)]
    runs = [make_transient(circuit, Request(a.step, a.stop, a.start)) for a in asked]
    return [estimate(run) for run in runs if isinstance(run, Run)]


def _analysis(circuit: Circuit, name: str, analysis: Analysis) -> Iterator[str]:
    domains = {net.domain for net in circuit.nets.values()}
    if isinstance(analysis, Scattering):
        yield from _scattering(circuit, analysis)
    elif isinstance(analysis, Settle):
        yield f"{name}: until the whole state is at rest to {analysis.tol:g}, or to {engineering(analysis.tmax, 's')}"
    elif isinstance(analysis, Transient) and OPTICAL in domains:
        yield from _transient(circuit, name, analysis)
    else:
        yield from electrical_analysis(circuit, name, analysis)


def _inventory(circuit: Circuit) -> Iterator[str]:
    kinds: dict[str, int] = {}
    for instance in circuit.instances.values():
        kinds[instance.device.name] = kinds.get(instance.device.name, 0) + 1
    listed = ", ".join(f"{n} {k}" for k, n in sorted(kinds.items()))
    yield f"  instances     {len(circuit.instances)}: {listed}"
    domains = {net.domain for net in circuit.nets.values()}
    if ELECTRICAL in domains:
        yield from electrical_inventory(circuit)
    if OPTICAL in domains or not domains:
        yield from _optical_inventory(circuit)
    names = list(trainable(circuit))
    if names:
        yield f"  trainable     {len(names)}: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"
    for path in circuit.included:
        yield f"  includes      {path}{_elsewhere(circuit, path)}"


def _optical_inventory(circuit: Circuit) -> Iterator[str]:
    carriers = ", ".join(engineering(w, "m", 7) for w in circuit.carriers)
    yield f"  carriers      {carriers}"
    yield f"  ports         {', '.join(f'{p} (net {n})' for p, n in circuit.external.items()) or 'none declared'}"
    open_nets = [n.name for n in circuit.open_nets()]
    yield f"  open nets     {', '.join(open_nets[:12]) or 'none'}{', ...' if len(open_nets) > 12 else ''}"


def _elsewhere(circuit: Circuit, path: str) -> str:
    """A note on a file that is not in the folder of the netlist."""
    inside = Path(path).is_relative_to(Path(circuit.source).resolve().parent)
    return "" if inside else " (outside of the netlist's folder)"


def _transient(circuit: Circuit, name: str, analysis: Transient) -> Iterator[str]:
    run = make_transient(circuit, Request(analysis.step, analysis.stop, analysis.start, name=name))
    assert isinstance(run, Run)  # as there is light
    samples = run.request.last + 1
    yield f"{name}: {samples} samples, {engineering(analysis.step, 's')} apart"
    yield from _islands(run.program)
    yield f"  waves         {run.program.waves} computed, {run.program.dropped} dropped (dark, unused, passed through)"
    kept = [o.name for o in run.outputs]
    if isinstance(run, MixedTransient):
        yield f"  electronics   {_electronics(run)}"
        kept = [r.probe.name for r in run.electronics.readings.readings] + kept
    yield f"  kept          {listed(kept)}"
    yield f"  estimate      {estimate(run)}"
    for sentence in (*advice(circuit, analysis.step), *cost_advice(run)):
        yield f"  warning       {sentence}"


def _electronics(run: MixedTransient) -> str:
    """Its unknowns, and how it is joined to light."""
    lit, followed = [d.instance.name for d in run.detectors], sorted({f.instance for f in run.followers})
    joints = [f"light drives {listed(lit)}"] * bool(lit) + [f"voltages drive {listed(followed)}"] * bool(followed)
    latency = run.program.latency
    if lit and followed and latency is not None:
        later = f"{engineering(latency * run.step, 's')} later" if latency else "at once, solved within each step"
        joints.append(f"light tells of these {later}")
    return "; ".join([f"{run.electronics.system.size} unknowns", *joints])


def _islands(program: Program) -> Iterator[str]:
    feedback = [island for island in program.islands if island.window]
    forward = len(program.islands) - len(feedback)
    yield f"  islands       {len(feedback)} with feedback, {forward} feed-forward stretches"
    for island in feedback[:10]:
        waves = [program.names[program.tables.output[o]] for o in _positions(program, island)]
        names = sorted({w.rsplit(".", 1)[0] for w in waves})
        who = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        shortest = shortest_loop(range(len(program.tables.kind)), _reads(program, _positions(program, island)))
        yield (
            f"                {len(island.operations)} waves of {who}: shortest loop "
            f"{engineering(shortest * program.step, 's')}, windows of {island.window} samples"
        )


def _positions(program: Program, island: object) -> range:
    index = next(i for i, other in enumerate(program.islands) if other is island)
    start = program.tables.island_start
    return range(int(start[index]), int(start[index + 1]))


def _reads(program: Program, operations: range) -> list[Read]:
    """Which operation reads which, after how many samples; an all-pass delays by about its order."""
    tables = program.tables
    owner = {int(tables.output[o]): o for o in operations}
    found = []
    for o in operations:
        if tables.twin[o] >= 0:
            owner[int(tables.twin[o])] = o
        if tables.kind[o] in (RECURRENCE, TURNING):
            owner |= {int(tables.output[o]) + k: o for k in range(tables.detail[o, 0])}
    for o in operations:
        for term in range(tables.term_start[o], tables.term_start[o + 1]):
            delay = int(tables.term_delay[term])
            if delay < 0:
                delay = int(tables.lane_delay[-1 - delay : -1 - delay + tables.lanes].min())
            if tables.kind[o] == ALLPASS:
                delay += int(tables.detail[o, 0])
            if int(tables.term_wave[term]) in owner:
                found.append((owner[int(tables.term_wave[term])], o, delay))
    return found


def _scattering(circuit: Circuit, analysis: Scattering) -> Iterator[str]:
    _, axis = frequencies(circuit, analysis)
    ports = list(with_open_ends(circuit).external)
    sources = [i.name for i in circuit.instances.values() if i.device.emit is not None]
    yield f"sparam: {axis.size} frequencies, {engineering(axis[0], 'Hz', 7)} to {engineering(axis[-1], 'Hz', 7)}"
    yield f"  between       {', '.join([*ports, *sources])}"
