"""The command line: `tdsim run`, `check`, `plot`, `devices`, `train`, `convert`.

Each verb imports what it needs when it runs, so that `tdsim --help` is instant. Exit status: 0 done, 1 the simulation
failed, 2 bad usage or bad netlist, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .arguments import load_circuit, output_path, refuse_same_file, register_devices, use_seed
from .errors import NetlistError, SimulationError, TdsimError, UsageError

if TYPE_CHECKING:
    from .analysis.sweep.sweep import SweepOnDisk
    from .circuit import Circuit
    from .results.store import NetcdfSink

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
CONVERT_TO = (".yaml", ".yml")
_MISPLACED = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (by default the program's own arguments) and return its exit status."""
    try:
        status = cli.main(arguments, prog_name="tdsim", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("tdsim: interrupted", err=True)
        return INTERRUPTED
    except Exception as problem:
        return _failed(problem)


def _failed(problem: Exception) -> int:
    """Say in a sentence what went wrong, and return the exit status."""
    if os.environ.get("TDSIM_DEBUG"):
        traceback.print_exception(problem)
    if isinstance(problem, NetlistError):
        click.echo(str(problem), err=True)
        return problem.exit_status
    if isinstance(problem, TdsimError):
        click.echo(f"tdsim: {problem}", err=True)
        return problem.exit_status
    if isinstance(problem, MemoryError):
        click.echo("tdsim: out of memory: keep fewer signals, or fewer runs at a time", err=True)
        return FAILED
    if isinstance(problem, OSError):
        where = f"{problem.filename}: " if problem.filename else ""
        click.echo(f"tdsim: {where}{problem.strerror or problem}", err=True)
        return MISUSED if isinstance(problem, _MISPLACED) else FAILED
    click.echo(
        f"tdsim: internal error ({type(problem).__name__}: {problem}); please report it, with the netlist and what "
        "TDSIM_DEBUG=1 shows",
        err=True,
    )
    return FAILED


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tdsim")
def cli() -> None:
    """Simulate photonic and electronic circuits in the time domain."""


_netlist = click.argument("netlist", metavar="FILE")
_set = click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="Set a .param; may be repeated.")
_device = click.option("--device", "devices", metavar="MODULE:CLASS", multiple=True, help="Add a device of your own.")


@cli.command()
@_netlist
@click.option("-o", "output", metavar="OUT.nc", help="Where the result goes; by default FILE.nc, in this folder.")
@_set
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all random numbers; goes before .options seed.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, metavar="N", help="Processes that share the runs of a sweep."
)
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="A dask cluster that shares them.")
@_device
@click.option("--plot", is_flag=True, help="Draw OUT.png beside OUT.nc.")
@click.option("--quiet", is_flag=True, help="Print the results of .meas and errors, nothing else.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished result.")
@click.option("--overwrite", is_flag=True, help="Begin an unfinished result again.")
def run(
    netlist: str, output: str | None, settings: tuple[str, ...], seed: int | None, workers: int, scheduler: str | None,
    devices: tuple[str, ...], plot: bool, quiet: bool, resume: bool, overwrite: bool,
) -> None:  # fmt: skip
    """Simulate a netlist.

    Runs the analyses of FILE and writes what it saves to a netCDF file. A finished result of that name is replaced;
    an unfinished one is gone on with by --resume, and replaced only with --overwrite. The results of .meas go to
    standard output.
    """
    from . import terminal
    from .analysis.description import describe
    from .netlist import require_analysis
    from .results.reader import is_finished
    from .results.store import NetcdfSink

    circuit = load_circuit(netlist, settings, devices)
    require_analysis(circuit)
    if seed is not None:
        use_seed(circuit, seed)
    if circuit.sweep is None and (workers > 1 or scheduler):
        raise UsageError("--workers and --scheduler share out the runs of a sweep: the netlist has no .step and no .mc")
    if not quiet:
        _warn(circuit)
    path = output_path(netlist, output)
    if plot and path.suffix == ".png":
        raise UsageError(f"the figure would replace the result {path}: results end in .nc")
    if resume and is_finished(path, circuit.text, circuit.parameters):
        click.echo(f"{terminal.relative(path)} is finished: there is nothing to resume")
        return
    sink: NetcdfSink | SweepOnDisk
    if circuit.sweep is None:
        sink = NetcdfSink(path, overwrite, resume, describe(circuit))
        problems = _simulate(circuit, sink, quiet)
    else:
        sink = _sweep(circuit, path, overwrite, resume, quiet, workers, scheduler)
        problems = sink.problems
    lines = [] if quiet else [*terminal.summary(sink)]
    if plot:
        picture = _draw(sink.path, (), sink.path.with_suffix(".png"))
        lines += [] if quiet else [f"wrote {terminal.relative(picture)}"]
    for line in [*lines, *terminal.measures(sink)]:
        click.echo(line)
    if problems:
        raise SimulationError("\n".join(problems))


def _simulate(circuit: Circuit, sink: NetcdfSink, quiet: bool) -> list[str]:
    """Run all analyses into the sink; whatever stops them, what was computed stays on disk.

    Returns what did not settle.
    """
    from . import terminal
    from .analysis.run import run as run_analyses
    from .stopping import stop_at_checkpoint

    _say_compiling(quiet)
    try:
        with stop_at_checkpoint(sink), terminal.progress(not quiet) as report:
            return run_analyses(circuit, sink, progress=report, tell=None if quiet else _advise)
    except BaseException:
        sink.interrupt()
        for line in terminal.kept(sink):
            click.echo(line, err=True)
        raise


def _sweep(
    circuit: Circuit, path: Path, overwrite: bool, resume: bool, quiet: bool, workers: int, scheduler: str | None
) -> SweepOnDisk:
    """Run a sweep; whatever stops it, the blocks that were computed stay on disk."""
    from . import terminal
    from .analysis.sweep.sweep import Options, SweepOnDisk

    _say_compiling(quiet)
    with terminal.progress_of_runs(not quiet) as report:
        options = Options(None, workers, scheduler, report, None if quiet else _advise)
        sweep = SweepOnDisk(path, circuit, options, overwrite, resume)
        try:
            sweep.run()
        except BaseException:
            for line in terminal.kept(sweep):
                click.echo(line, err=True)
            raise
    return sweep


def _say_compiling(quiet: bool) -> None:
    from .engine.kernel import warm_up_needed

    if not quiet and warm_up_needed():
        click.echo("compiling kernels, once; later starts use them ...", err=True)


@cli.command()
@_netlist
@_set
@_device
def check(netlist: str, settings: tuple[str, ...], devices: tuple[str, ...]) -> None:
    """Check a netlist without simulating it.

    Prints nodes and ports of FILE, what its analyses keep, islands and their delays, estimates of memory and time, and
    warnings.
    """
    from .analysis.report import report
    from .netlist import SPICE, require_analysis

    circuit = load_circuit(netlist, settings, devices)
    click.echo(report(circuit).rstrip())
    _warn(circuit)
    if Path(netlist).suffix.lower() in SPICE:
        require_analysis(circuit)


@cli.command()
@click.argument("result", metavar="OUT.nc")
@click.argument("signals", metavar="[SIGNAL]...", nargs=-1)
@click.option("-o", "output", metavar="FIG.png", help="A .png, .pdf or .svg file; by default OUT.png beside OUT.nc.")
def plot(result: str, signals: tuple[str, ...], output: str | None) -> None:
    """Draw a result.

    All of its signals, unless some are named (`*` stands for any text).
    """
    from . import terminal

    picture = _draw(Path(result), signals, Path(output) if output else Path(result).with_suffix(".png"))
    click.echo(f"wrote {terminal.relative(picture)}")


@cli.command()
@click.argument("name", required=False)
@_device
def devices(name: str | None, devices: tuple[str, ...]) -> None:
    """List the devices, or explain one.

    The page of a device shows its ports, parameters with units and defaults, and equations.
    """
    from . import manual

    register_devices(devices)
    click.echo((manual.page(name) if name else manual.overview()).rstrip())


@cli.command()
@click.argument("experiment", metavar="EXPERIMENT.toml")
@click.option("--quiet", is_flag=True, help="Print errors, nothing else.")
def train(experiment: str, quiet: bool) -> None:
    """Train a circuit.

    EXPERIMENT.toml names circuit, task, method and optimiser. Its folder gets history.nc, trained.cir (the netlist with
    what was learned) and training.png. An interrupted training goes on where it was when it is started again.
    """
    from . import terminal

    # By its name: training stands beside the package, and above it.
    wanted = importlib.import_module("tdsim.training.experiment").Experiment(experiment)
    _say_compiling(quiet)
    with terminal.progress_of_runs(not quiet) as report, _remarks():

        def told(done: int, of: int, record: dict[str, float]) -> None:
            if report is not None:
                report(done, of, "epochs: " + ", ".join(f"{k} {v:.3g}" for k, v in record.items() if k != "time"))

        folder = wanted.run(told)
        score = wanted.method.score()
    if not quiet:
        record = wanted.method.history.records[-1]
        click.echo(f"wrote {terminal.relative(folder)}: history.nc trained.cir training.png")
        click.echo(f"  {wanted.epochs} epochs; cost {record['cost']:.4g} {wanted.method.task.unit}2, "
                   f"accuracy {record['accuracy']:.4f}")  # fmt: skip
        click.echo(f"test accuracy = {score:.4f}")


@cli.command()
@_netlist
@click.argument("target", metavar="TO")
@_set
def convert(netlist: str, target: str, settings: tuple[str, ...]) -> None:
    """Write a netlist in another format.

    TO is a file whose name ends in .yaml (gdsfactory).
    """
    if Path(target).suffix.lower() not in CONVERT_TO:
        raise UsageError(f"cannot convert to {target!r}: the name must end in {' or '.join(CONVERT_TO)} (gdsfactory)")
    from .netlist.write import write_gdsfactory

    text = write_gdsfactory(load_circuit(netlist, settings, ()))
    refuse_same_file(netlist, Path(target))
    Path(target).write_text(text, encoding="utf-8")
    click.echo(f"wrote {target}")


def _draw(result: Path, signals: Sequence[str], picture: Path) -> Path:
    from .plot.figure import save
    from .results import open as open_result

    return save(open_result(result), picture, signals)


def _advise(sentence: str) -> None:
    click.echo(f"warning: {sentence}", err=True)


@contextlib.contextmanager
def _remarks() -> Iterator[None]:
    """Say what is warned of meanwhile, each sentence once."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = lambda message, *_: _advise(str(message))
        yield


def _warn(circuit: Circuit) -> None:
    for warning in circuit.warnings:
        click.echo(warning, err=True)
