"""What the electronics of a circuit leave behind, and how others of the same circuit carry on from it.

A bookmark (`Integrator.save`) is for the integrator that made it. What is here holds besides what the output within the
last step is made of, which pivots were chosen on the way, and a digest of all numbers: where those have changed, what
carries on keeps the voltages and the currents of inductors, takes the charges that belong to them, and starts afresh.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..digest import digest
from ..errors import UsageError
from .equations import take_charges
from .integrator import Integrator
from .laws import shift_history
from .words import POINTS, RESTART, STATE, TIME

PIVOTS, NUMBERS = "PIVOTS_FOR", "NUMBERS"
"""The matrix for which pivots were chosen last (none: the first choice stands), and the digest of the numbers."""

LAST_STEP = ("STAGE_Z", "STAGE_SLOPE")
FACTORS = ("KEY", "LU", "INVERSE")


def left_behind(integrator: Integrator) -> dict[str, np.ndarray]:
    """All that another integrator needs to carry on, arrays by name."""
    words, chosen = integrator.words, integrator.solver.chosen_for
    found = integrator.save() | {name: words[name].copy() for name in LAST_STEP}
    found[PIVOTS] = np.zeros(0) if chosen is None else chosen
    found[NUMBERS] = _numbers(integrator)
    return found


def carry_on(integrator: Integrator, left: Mapping[str, np.ndarray], from_zero: bool) -> None:
    """Put an integrator where another one of the same circuit was; `from_zero`, time counts anew from there.

    Raises UsageError when the circuit is another one.
    """
    words = integrator.words
    sizes = {name: words[name].shape for name in (*STATE, *LAST_STEP) if name not in FACTORS}
    if any(left[name].shape != shape for name, shape in sizes.items() if name in left) or sizes.keys() - left.keys():
        raise UsageError("the state belongs to another circuit: other electrical devices, or other currents are saved")
    if left[PIVOTS].size:
        integrator.solver.choose_for(left[PIVOTS])
    integrator.restore(dict(left))
    for name in LAST_STEP:
        words[name][...] = left[name]
    changed = not np.array_equal(left[NUMBERS], _numbers(integrator))
    if changed:
        words["MODE"][0], words["KEY"][0] = 0.0, np.nan
        take_charges(words.address)
    if from_zero:
        _count_from_zero(integrator)
    if changed or from_zero:
        words["COUNT"][[RESTART, POINTS]] = 1, 0


def _count_from_zero(integrator: Integrator) -> None:
    """Let now be t = 0."""
    time = integrator.time
    for memory in integrator.memories().values():
        shift_history(memory.rooms[integrator.solver.run], time)
    integrator.words["CLOCK"][TIME] = 0.0
    integrator.load()


def _numbers(integrator: Integrator) -> np.ndarray:
    """A digest of the numbers of all devices and sources in this run."""
    system, run, words = integrator.solver.system, integrator.solver.run, integrator.words
    matrices = [entries.joined() for entries in (system.conductance, system.capacitance)]
    linear = [(rows, columns, values[:, run % values.shape[1]]) for rows, columns, values in matrices]
    devices = [g.numbers[run % len(g.numbers)] for g in system.groups if g.keep is None]
    rooms = [g.keep.rooms[run] for g in system.groups if g.keep is not None]
    laws = [(room.code.steps, room.code.points, room.code.constants, room.fresh[:, :2]) for room in rooms]
    shapes = [source.wave for source in system.sources if source.follows_shape]
    drive = (words["LEVEL"], words["DRIVE_VALUE"])
    return np.frombuffer(digest((linear, devices, laws, shapes, drive)).encode(), dtype=np.uint8).copy()
