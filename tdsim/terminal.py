"""What the command line shows while a simulation runs, and after it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .units import engineering

if TYPE_CHECKING:
    from .analysis.sweep.sweep import SweepOnDisk
    from .results.store import NetcdfSink

Report = Callable[[float, float], None]
RunReport = Callable[[float, float, str], None]
REPORT_SECONDS = 0.1
"""Between two reports of progress: drawing costs time that the simulation needs."""

EASY = "the operating point was found by Newton's method"
"""How most operating points are found, of which nothing is said."""


@contextlib.contextmanager
def progress(wanted: bool = True) -> Iterator[Report | None]:
    """A function of (time reached, stop), in s, that draws a bar on standard error; None where nobody sees one."""
    with _bar(wanted) as draw:
        clock = _Clock()

        def report(now: float, stop: float) -> None:
            if clock.is_time(now, stop):
                draw(now, stop, clock.state(now, stop))

        yield report if draw is not _nothing else None


@contextlib.contextmanager
def progress_of_runs(wanted: bool = True) -> Iterator[RunReport | None]:
    """A function of (what is done, of how much, of what) that draws a bar on standard error, as `progress` does."""
    with _bar(wanted) as draw:
        clock = _Clock()

        def report(done: float, count: float, what: str) -> None:
            if clock.is_time(done, count):
                draw(done, count, f"{done:.0f} of {count:.0f} {what}")

        yield report if draw is not _nothing else None


@contextlib.contextmanager
def _bar(wanted: bool) -> Iterator[Callable[[float, float, str], None]]:
    """A function of (done, of how much, in words) that draws; `_nothing` where nobody sees it."""
    if not wanted or not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[state]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, state="")
        yield lambda done, total, state: bar.update(task, completed=done, total=total or 1.0, state=state)


def _nothing(done: float, total: float, state: str) -> None:
    """Draws nothing."""


class _Clock:
    """When to report, and how fast simulated time passes."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._reported = 0.0

    def is_time(self, now: float, stop: float) -> bool:
        """Whether the last report is long enough ago, or this is the end."""
        wall = time.monotonic()
        if wall < self._reported + REPORT_SECONDS and now < stop:
            return False
        self._reported = wall
        return True

    def state(self, now: float, stop: float) -> str:
        """Time reached and rate in words."""
        rate = now / max(time.monotonic() - self._began, 1e-9)
        return f"{engineering(now, 's', 3)} of {engineering(stop, 's', 3)}, {engineering(rate, 's', 3)} per second"


def summary(sink: NetcdfSink | SweepOnDisk) -> Iterator[str]:
    """Where a finished result is, and what is in it."""
    yield f"wrote {relative(sink.path)}"
    for analysis, (samples, along, signals) in sink.contents().items():
        yield f"  {analysis}: {samples} {'value' if samples == 1 else 'values'} along {along} of {_some(signals)}"
        how = sink.found_by().get(analysis, EASY)
        if how != EASY:
            yield f"    {how}"


def kept(sink: NetcdfSink | SweepOnDisk) -> Iterator[str]:
    """After a failure: what is on disk of this run."""
    if sink.has_segments:
        yield (
            f"what was computed is kept in {relative(sink.segments)}: --resume goes on from there, "
            f"tdsim.open({relative(sink.path)!r}) reads it"
        )


def measures(sink: NetcdfSink | SweepOnDisk) -> Iterator[str]:
    """The results of `.meas`, one `name = value` a line; one value for each run and carrier where there are several."""
    for name, measured in sink.measures.items():
        yield f"{name} = {' '.join(f'{v:.10g}' for v in np.ravel(measured.values))}"


def relative(path: Path) -> str:
    """A path as it reads best: without the working directory in front."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _some(names: list[str], count: int = 8) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return " ".join(names[:count]) + more
