"""The cards of sweeps: `.step` and `.mc`."""

from __future__ import annotations

import math
from collections.abc import Collection

from ..circuit import Circuit
from ..errors import Diagnostics, UsageError, nearest
from ..options import SWEPT, option_problem
from ..sweeps import MOST_RUNS, MonteCarlo, Plan, Stepped
from .card_control import Control
from .keywords import split
from .problems import Problem
from .scan import Place
from .values import integer

STEP = (
    "the form is .step param name start stop increment, or .step param name list v1 v2 ...; "
    "`temp` stands for the temperature, `option reltol` for an option in the place of `param name`"
)


def step(c: Control) -> None:
    """`.step param name start stop increment`, `.step param name list v1 v2 ...`; also of `temp`, `option name`."""
    words, keywords = split(c.card, 1)
    texts = [c.card.words[w] for w in words]
    named = 1 if texts[:1] == ["temp"] else 2
    wrong = not texts or texts[0] not in ("param", "temp", "option")
    listed = texts[named : named + 1] == ["list"]
    if keywords or wrong or len(words) < named + 2 or (not listed and len(words) != named + 3):
        raise Problem(STEP, Place(c.card, words[0] if words and wrong else 0))
    name, where, option = texts[named - 1], Place(c.card, words[named - 1]), texts[0] != "param"
    if option and name not in SWEPT:
        raise Problem(f"there is no option {name!r} that a sweep can change{nearest(name, SWEPT)}", where)
    values = tuple(c.numbers(words[named + 1 :])) if listed else _range(c, words[named:])
    if len(set(values)) < len(values):
        raise Problem(f"{name} takes a value twice", Place(c.card, words[named + 1]))
    problems = [problem for value in values if option and (problem := option_problem(name, value))]
    if problems:
        raise Problem(problems[0], where)
    _add(c, Stepped(name, values, where.position, option))


def _range(c: Control, words: list[int]) -> tuple[float, ...]:
    """start, start + increment, ..., as far as stop."""
    start, stop, increment = c.numbers(words)
    place = Place(c.card, words[2])
    if increment == 0:
        raise Problem("the increment is zero", place)
    if (stop - start) * increment < 0:
        raise Problem(
            f"from {start:g} to {stop:g} the increment must be {'above' if stop > start else 'below'} zero", place
        )
    count = math.floor((stop - start) / increment * (1 + 1e-12) + 1e-9) + 1
    if count > MOST_RUNS:
        raise Problem(f"{count:,} values are more than {MOST_RUNS:,}", place)
    return tuple(start + k * increment for k in range(count))


def monte_carlo(c: Control) -> None:
    """`.mc runs [seed]`."""
    words, keywords = split(c.card, 1)
    if keywords or not 1 <= len(words) <= 2:
        raise Problem("the form is .mc runs [seed]", Place(c.card))
    runs, *seed = [integer(c.number(w), Place(c.card, w)) for w in words]
    if not 1 <= runs <= MOST_RUNS:
        raise Problem(f"the number of runs must lie in 1 to {MOST_RUNS:,}, not {runs}", Place(c.card, words[0]))
    if seed and seed[0] < 0:
        raise Problem("a seed is an integer of zero or more", Place(c.card, words[1]))
    _add(c, MonteCarlo(runs, seed[0] if seed else None, c.card.position))


def _add(c: Control, axis: Stepped | MonteCarlo) -> None:
    axes = c.circuit.sweep.axes if c.circuit.sweep else ()
    plan = Plan((*axes, axis))
    try:
        plan.check()
    except UsageError as error:
        raise Problem(str(error), Place(c.card)) from None
    c.circuit.sweep = plan


def check_plan(circuit: Circuit, parameters: Collection[str], fixed: Collection[str], found: Diagnostics) -> None:
    """Every swept name must be a parameter of the netlist or of an instance.

    parameters  names of the netlist's own
    fixed       those that `--set` gives a value
    """
    for axis in circuit.sweep.axes if circuit.sweep else ():
        if isinstance(axis, MonteCarlo) or axis.option:
            continue
        if axis.name in fixed:
            found.error(f"{axis.name} is swept by .step and set by --set: do one of them", axis.position)
        elif axis.name not in parameters and not _is_instance_parameter(circuit, axis.name):
            found.error(_unknown(circuit, axis.name, parameters), axis.position)


def _is_instance_parameter(circuit: Circuit, name: str) -> bool:
    owner, _, parameter = name.rpartition(".")
    instance = circuit.find_instance(owner) if owner else None
    return instance is not None and parameter in instance.device.params


def _unknown(circuit: Circuit, name: str, parameters: Collection[str]) -> str:
    owner, dot, parameter = name.rpartition(".")
    instance = circuit.find_instance(owner) if owner else None
    if instance is not None:
        return f".step: {owner} is a {instance.device.name}, which has no parameter {parameter!r}" + nearest(
            parameter, instance.device.params
        )
    if dot:
        return f".step: unknown instance {owner!r}{nearest(owner, circuit.instances)}"
    return f".step: the netlist has no parameter {name!r}{nearest(name, parameters)}"


def check_draws(circuit: Circuit, drawn: Collection[str], found: Diagnostics) -> None:
    """Warn of random parameters without `.mc`, and of `.mc` without random parameters."""
    draws = circuit.sweep.draws if circuit.sweep else None
    if draws is not None and not drawn:
        message = ".mc: no parameter is random, so that all runs are the same: write for instance gauss(0.3, 0.01)"
        found.warn(message, draws.position)
    elif draws is None and drawn:
        some = ", ".join(sorted(drawn)[:3]) + (", ..." if len(drawn) > 3 else "")
        found.warn(f"{some}: a random parameter has its nominal value, because there is no .mc card")
