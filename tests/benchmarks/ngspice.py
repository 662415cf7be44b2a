"""Run ordinary decks in ngspice and in tdsim, in turn, and compare times and errors.

python -m tests.benchmarks ngspice                     all decks
python -m tests.benchmarks ngspice mesh-30 ring-51     some
python -m tests.benchmarks ngspice --no-errors         times alone (the reference of large decks takes minutes)
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tdsim
from tdsim.cards import Transient

from .decks import DECKS, Deck

HEADER = (
    f"{'deck':12} {'analysis, s':^21} {'ratio':>6} {'process, s':^19} {'ratio':>6} {'points':^13} {'error':^17} "
    f"{'as exact':^14}\n"
    f"{'':12} {'ngspice':>10} {'tdsim':>10} {'':6} {'ngspice':>9} {'tdsim':>9} {'':6} {'ngspice':>6} {'tdsim':>6} "
    f"{'ngspice':>8} {'tdsim':>8} {'reltol':>7} {'ratio':>6}"
)
NOTES = """analysis: what each program says its analysis took, the least of the turns, reading and writing left out.
process: a fresh process from netlist to result file. ratio: tdsim to ngspice; below 1 tdsim is faster.
error: largest difference from a run of tdsim with reltol 1e-6 and a tenth of the step, as part of the signal's span,
at the points that ngspice accepted. Both run as the deck says: reltol 1e-3. as exact: the largest reltol with which
tdsim is no worse than ngspice is with 1e-3, and the ratio of the analysis times then."""
TIGHT = {"reltol": 1e-6, "vntol": 1e-9, "abstol": 1e-15}
LOOSE = (0.1, 0.03, 0.01, 0.003)


class Run(NamedTuple):
    """Seconds of the analysis and of the whole process, points, and the signals by name (of ngspice: with "time")."""

    analysis: float
    process: float
    points: int
    signals: dict[str, np.ndarray]


def by_ngspice(deck: Deck, folder: Path) -> Run:
    """One run of `ngspice -b`."""
    path, raw = folder / "deck.cir", folder / "deck.raw"
    path.write_text(deck.text.replace(".end\n", ".options acct\n.end\n"))
    began = time.perf_counter()
    done = subprocess.run(
        ["ngspice", "-b", "-r", str(raw), str(path)], cwd=folder, capture_output=True, text=True, check=False
    )
    process = time.perf_counter() - began
    told = re.search(r"Total analysis time \(seconds\) = (\S+)", done.stdout)
    if told is None or not raw.exists():
        raise RuntimeError(f"ngspice failed: {done.stdout[-500:]} {done.stderr[-500:]}")
    signals = read_raw(raw)
    return Run(float(told[1]), process, next(iter(signals.values())).size, signals)


def read_raw(path: Path) -> dict[str, np.ndarray]:
    """The real signals of a binary file of ngspice."""
    head, _, body = path.read_bytes().partition(b"Binary:\n")
    text = head.decode()
    names = re.findall(r"^\t\d+\t(\S+)\t", text, re.MULTILINE)
    count = int(re.findall(r"No. Points:\s*(\d+)", text)[0])
    table = np.frombuffer(body, dtype=float, count=count * len(names)).reshape(count, len(names))
    return dict(zip(names, table.T, strict=True))


def by_tdsim(deck: Deck, folder: Path, turns: int) -> Run:
    """Runs in this process, and one in a process of its own."""
    path, out = folder / "deck.cir", folder / "deck.nc"
    path.write_text(deck.text)
    circuit = tdsim.load(path)
    found = [tdsim.simulate(circuit, deck.analysis) for _ in range(turns)]
    analysis = min(float(f.attrs["wall_time"]) for f in found)
    command = [sys.executable, "-m", "tdsim", "run", str(path), "-o", str(out), "--overwrite", "--quiet"]
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    process = time.perf_counter() - began
    return Run(analysis, process, found[0].sizes.get("time", 1), {k: found[0][k].values for k in deck.signals})


class Errors(NamedTuple):
    """Largest errors as part of the span of a signal.

    Also the largest reltol with which tdsim is as good as ngspice, and the seconds that it takes then.
    """

    ngspice: float
    tdsim: float
    reltol: float
    seconds: float


def errors(deck: Deck, folder: Path, spice: Run, turns: int) -> Errors:
    """How exact both are."""
    times = spice.signals.get("time")

    def simulated(at: Any, **options: float) -> Any:
        circuit = tdsim.load(folder / "deck.cir")
        circuit.options.update(options)
        if options == TIGHT:
            circuit.analyses = [finer(a) for a in circuit.analyses]
        return tdsim.simulate(circuit, deck.analysis, at)

    def signals(**options: float) -> dict[str, np.ndarray]:
        found = simulated(times, **options)
        return {name: np.ravel(found[name].values) for name in deck.signals}

    reference = signals(**TIGHT)

    def worst(found: dict[str, np.ndarray]) -> float:
        spans = {k: np.ptp(v) if times is not None else np.abs(v).max() for k, v in reference.items()}
        return max(float(np.abs(found[k] - v).max() / spans[k]) for k, v in reference.items())

    theirs = worst({name: spice.signals[named(name, spice)] for name in deck.signals})
    reltol = next((r for r in LOOSE if worst(signals(reltol=r)) <= theirs), 1e-3)
    seconds = min(float(simulated(None, reltol=reltol).attrs["wall_time"]) for _ in range(turns))
    return Errors(theirs, worst(signals()), reltol, seconds)


def finer(card: Any) -> Any:
    """A transient with a tenth of the step."""
    return replace(card, step=card.step / 10) if isinstance(card, Transient) else card


def named(name: str, spice: Run) -> str:
    """What ngspice calls a signal: the branch of a source where a current is meant."""
    if name in spice.signals:
        return name
    return f"{name[2:-1]}#branch"


def row(name: str, deck: Deck, turns: int, with_errors: bool) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        theirs, ours = [], []
        for _ in range(turns):
            theirs.append(by_ngspice(deck, folder))
            ours.append(by_tdsim(deck, folder, turns))
        wrong = errors(deck, folder, theirs[0], turns) if with_errors else None
    (a, b), (p, q) = [
        (min(getattr(r, what) for r in theirs), min(getattr(r, what) for r in ours)) for what in ("analysis", "process")
    ]
    told = f"{'-':>8} {'-':>8} {'-':>7} {'-':>6}"
    if wrong:
        equal = wrong.seconds / max(a, 1e-3)
        told = f"{wrong.ngspice:8.1e} {wrong.tdsim:8.1e} {wrong.reltol:7g} {equal:6.2f}"
    return (
        f"{name:12} {a:10.4f} {b:10.4f} {b / max(a, 1e-3):6.2f} {p:9.3f} {q:9.3f} {q / p:6.1f} "
        f"{theirs[0].points:6} {ours[0].points:6} {told}"
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks ngspice", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="DECK", help=f"one of {', '.join(DECKS)}; all by default")
    parser.add_argument("--turns", type=int, default=2, help="how often each program runs")
    parser.add_argument("--no-errors", action="store_true", help="do not run the reference")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(DECKS))
    if unknown:
        parser.error(f"unknown deck {', '.join(unknown)}; there are {', '.join(DECKS)}")
    if shutil.which("ngspice") is None:
        print("skipped: there is no ngspice here (Debian and Ubuntu have a package of that name)")
        return 0
    print(HEADER, flush=True)
    for name in chosen.names or DECKS:
        print(row(name, DECKS[name](), chosen.turns, not chosen.no_errors), flush=True)
    print(NOTES)
    return 0
