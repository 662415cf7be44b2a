"""Sweeps from Python."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..circuit import Circuit
from ..errors import UsageError, nearest
from ..options import SWEPT
from ..results import open as open_result
from ..results.reader import is_finished
from ..sweeps import MonteCarlo, Plan, Stepped
from .sweep.sweep import Options, SweepOnDisk, sweep_in_memory


def sweep(
    circuit: Circuit,
    values: Mapping[str, Sequence[float]] | None = None,
    *,
    runs: int | None = None,
    seed: int | None = None,
    paired: bool = False,
    analysis: str | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    path: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> Any:
    """Run the analyses of a circuit for many values of its parameters, side by side; one Dataset along `run`.

    values     what is swept: a parameter of the netlist, "instance.parameter", `temp` (degC) or another option that
               is a number (`reltol`), to its values. Every combination is a run, the first name being the inner loop;
               or, `paired`, the first values of all, the second, ...
    runs seed  Monte Carlo: draw the random parameters (gauss, agauss, unif, aunif) so many times
    analysis   the name of one (tran, sparam); None runs all
    workers    processes; the result is the same, bit for bit, for any number. A script that asks for more than one
               needs `if __name__ == "__main__":` around what it does.
    scheduler  "tcp://host:port" of a dask cluster, instead of processes
    path ...   as for `simulate`
    Without `values` and `runs` the netlist's own `.step` and `.mc` are carried out. Swept and drawn values are
    coordinates along `run`.
    Raises UsageError for what makes no sense, SimulationError when a run fails, which it names.
    """
    planned = with_plan(circuit, values, runs, seed, paired)
    options = Options(None if analysis is None else [analysis], workers, scheduler, tell=_warn)
    if path is None:
        return sweep_in_memory(planned, options)
    if not (resume and is_finished(Path(path), planned.text, planned.parameters)):
        SweepOnDisk(path, planned, options, overwrite, resume).run()
    return open_result(path)


def with_plan(
    circuit: Circuit,
    values: Mapping[str, Sequence[float]] | None,
    runs: int | None,
    seed: int | None,
    paired: bool,
) -> Circuit:
    """The circuit with this sweep in place of its own, if one is given. Raises UsageError."""
    circuit.check()
    if values is None and runs is None:
        if circuit.sweep is None:
            raise UsageError("there is nothing to sweep: give values={name: values}, runs=, or a .step or .mc card")
        return circuit
    axes: list[Stepped | MonteCarlo] = [_stepped(circuit, name, given) for name, given in (values or {}).items()]
    if runs is not None:
        if runs < 1:
            raise UsageError(f"runs is the number of Monte Carlo runs, above zero, not {runs}")
        if circuit.recipe is None:
            raise UsageError("Monte Carlo runs draw the random parameters of a netlist; this circuit has none")
        axes.append(MonteCarlo(runs, seed))
    plan = Plan(tuple(axes), paired)
    plan.check()
    planned = copy.copy(circuit)
    planned.sweep = plan
    return planned


def _stepped(circuit: Circuit, name: str, given: Sequence[float]) -> Stepped:
    numbers = np.atleast_1d(np.asarray(given))
    if numbers.ndim != 1 or not numbers.size or not np.issubdtype(numbers.dtype, np.number) or np.iscomplexobj(numbers):
        raise UsageError(f"{name} takes a list of real numbers, (runs,), not {given!r}")
    if not np.isfinite(numbers).all():
        raise UsageError(f"{name} takes finite numbers")
    own = circuit.recipe.parameters if circuit.recipe else set()
    option = name.lower() not in own and name.lower() in SWEPT
    if name.lower() not in own and "." not in name and not option:
        raise UsageError(f"the netlist has no parameter {name!r}{nearest(name, {*own, *SWEPT})}")
    return Stepped(name.lower(), tuple(float(v) for v in numbers), option=option)


def _warn(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=6)
