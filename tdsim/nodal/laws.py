"""Laws of expressions in the equations: behavioural sources and lossless lines.

Each law is a group of its own, evaluated by the three loops below, which are the same for all laws. Its controls are

    signals | values of ddt() | values of delay() | for a law of a voltage: that voltage, and the current of its branch

and its paths: the current between the ports; for a law of a voltage, the row of its branch, in which voltage minus term
is 0; for each ddt(g) the row y - dg/dt = 0; for each delay(g, td) the row d - g(t - td) = 0, at rest d - g = 0.

Numbers of a law are words (int64) that are numbers or addresses, as in the rows of `kinds`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numba.core import types

from ..behaviour import Law, Signal
from ..behaviour.code import JUMPS, NUMBER, Code, encode
from ..circuit import Instance
from ..engine.kernel import compiled
from ..errors import UsageError
from .groups import Group
from .history import (
    BEFORE,
    BREAKS,
    DELAY,
    FULL,
    NEXT,
    PASSED,
    POINTS,
    begin_stretch,
    look_ahead,
    needed,
    pass_breaks,
    read,
    remember,
)
from .interpreter import backward, excess, forward
from .kinds import (
    AHEAD,
    CAPACITANCES,
    CHARGES,
    CONTROLS,
    FLOWS,
    MARGINS,
    NUMBERS,
    SLOPES,
    STATES,
    TIME,
    UNKNOWNS,
    Loops,
)
from .linear import Conditions
from .memory import behind, floats, integer_at, longs, number_at, put_number, shorts
from .unknowns import Unknowns, hidden_of, is_varying, settings_of
from .words import Words

carray: Any = getattr(numba, "carray")  # noqa: B009  numba does not say that it exports it

(
    HAS_BRANCH,  # 1 for a law of a voltage
    SIGNALS,  # how many
    RATES,
    DELAYS,
    INPUTS,
    PLACES,  # how long the row of numbers is
    STEPS,
    STEP_TABLE,  # int32 (steps, 4)
    POINTS_COUNT,
    POINT_TABLE,  # (points, 2)
    OUTPUTS,  # int32 (1 + rates + delays,)
    W,  # (places,)
    SHARE,  # (places,)
    GRADIENT,  # (inputs,)
    CAPACITY,  # of the histories
    BREAK_CAPACITY,
    HISTORY_POINTS,  # (delays, capacity, 2)
    HISTORY_BREAKS,  # (delays, break capacity, 2)
    HISTORY_COUNTS,  # int64 (delays, 4)
    HISTORY_FACTS,  # (delays, 5)
    WORD_COUNT,
) = range(21)

REMEMBER, ANEW, LOOK, CHECK = range(4)
"""What `follow` is asked for: store what goes into the delays; begin a new smooth stretch and pass the breaks that have
come out; say when the next break comes out, and how long a step may be; only look for trouble."""

ASKED, NEXT_BREAK, LONGEST, TROUBLE = range(4)
"""The numbers at word AHEAD. TROUBLE is set to 1 where an expression is undefined, 2 where a history overflowed."""

_UNDEFINED = {"div": "division", "power": "power", "pwr": "power"}
PARTIAL = {
    NUMBER[n]: _UNDEFINED.get(n, f"{n}()")
    for n in ("div", "power", "pwr", "sqrt", "log", "log10", "asin", "acos", "acosh", "atanh", "tan")
}
"""Operations whose result may be no number, or infinite, and what they are called."""

CAPACITY_POINTS, CAPACITY_BREAKS = 1 << 18, 1 << 14


@compiled
def parts(row: int) -> Any:
    """The row of numbers, the steps, points and first result of the code, and its pieces."""
    own = integer_at(row, NUMBERS)
    w = carray(floats(own, W), (integer_at(own, PLACES),))
    steps = carray(shorts(own, STEP_TABLE), (integer_at(own, STEPS), 4))
    points = carray(floats(own, POINT_TABLE), (integer_at(own, POINTS_COUNT), 2))
    return w, steps, points, w.size - len(steps), carray(longs(row, STATES), (len(steps),))


@compiled
def set_inputs(row: int, w: Any) -> Any:
    """Put the unknowns and the time into the inputs; returns how many of the inputs are unknowns."""
    own = integer_at(row, NUMBERS)
    inputs = integer_at(own, INPUTS)
    z, ends = floats(row, UNKNOWNS), longs(row, CONTROLS)
    for j in range(inputs - 3):
        w[j] = z[ends[2 * j]] - z[ends[2 * j + 1]]
    w[inputs - 3] = number_at(integer_at(row, TIME), 0)
    return inputs - 3


@compiled
def history(row: int, k: int) -> Any:
    """The arrays of the history of the k-th delay."""
    own = integer_at(row, NUMBERS)
    capacity, breaks = integer_at(own, CAPACITY), integer_at(own, BREAK_CAPACITY)
    return (
        carray(behind(floats(own, HISTORY_POINTS), 2 * capacity * k), (capacity, 2)),
        carray(behind(floats(own, HISTORY_BREAKS), 2 * breaks * k), (breaks, 2)),
        carray(behind(longs(own, HISTORY_COUNTS), 4 * k), (4,)),
        carray(behind(floats(own, HISTORY_FACTS), 5 * k), (5,)),
    )


@compiled
def descend(row: int, output: int, gradient: Any) -> None:
    """The derivatives of an output with respect to the inputs."""
    own = integer_at(row, NUMBERS)
    w, steps, points, first, _ = parts(row)
    backward(steps, points, first, w, shorts(own, OUTPUTS)[output], carray(floats(own, SHARE), (w.size,)), gradient)


def evaluate(row: int) -> None:
    """Flows, charges and derivatives of one law."""
    own = integer_at(row, NUMBERS)
    w, steps, points, first, pieces = parts(row)
    n, branch = set_inputs(row, w), integer_at(own, HAS_BRANCH)
    forward(steps, points, first, w, pieces, True, False)
    signals, rates, delays = integer_at(own, SIGNALS), integer_at(own, RATES), integer_at(own, DELAYS)
    paths, columns = 1 + branch + rates + delays, n + 2 * branch
    flows, charges = carray(floats(row, FLOWS), (paths,)), carray(floats(row, CHARGES), (paths,))
    slopes = carray(floats(row, SLOPES), (paths, columns))
    capacitances = carray(floats(row, CAPACITANCES), (paths, columns))
    outputs, gradient = shorts(own, OUTPUTS), carray(floats(own, GRADIENT), (integer_at(own, INPUTS),))
    z, ends = floats(row, UNKNOWNS), longs(row, CONTROLS)
    slopes[:], charges[:], capacitances[:] = 0.0, 0.0, 0.0
    descend(row, 0, gradient)
    if branch == 1:
        flows[0] = z[ends[2 * n + 2]] - z[ends[2 * n + 3]]
        slopes[0, n + 1] = 1.0
        flows[1] = z[ends[2 * n]] - z[ends[2 * n + 1]] - w[outputs[0]]
        slopes[1, n] = 1.0
        slopes[1, :n] = -gradient[:n]
    else:
        flows[0] = w[outputs[0]]
        slopes[0, :n] = gradient[:n]
    for k in range(rates + delays):
        path = 1 + branch + k
        flows[path] = w[signals + k]
        slopes[path, signals + k] = 1.0
        if k < rates:
            descend(row, 1 + k, gradient)
            charges[path] = -w[outputs[1 + k]]
            capacitances[path, :n] = -gradient[:n]
            continue
        stored, breaks, counts, facts = history(row, k - rates)
        if counts[POINTS] > 0:
            flows[path] -= read(stored, breaks, counts, facts, w[n])
        elif facts[BEFORE] == facts[BEFORE]:
            flows[path] -= facts[BEFORE]
        else:
            descend(row, 1 + k, gradient)
            flows[path] -= w[outputs[1 + k]]
            slopes[path, :n] -= gradient[:n]


def margin(row: int) -> None:
    """How far the law is from changing a piece, at the unknowns that it was last evaluated at."""
    w, steps, points, first, pieces = parts(row)
    put_number(integer_at(row, MARGINS), 0, -excess(steps, points, first, w, pieces))


def turn(row: int) -> None:
    """Choose the pieces anew, at the unknowns that the law was last evaluated at."""
    if number_at(integer_at(row, MARGINS), 0) < 0.0:
        w, steps, points, first, pieces = parts(row)
        forward(steps, points, first, w, pieces, False, False)


def follow(row: int) -> None:
    """Do what is asked for in word AHEAD, at the accepted unknowns and time."""
    own, ahead = integer_at(row, NUMBERS), floats(row, AHEAD)
    w, steps, points, first, pieces = parts(row)
    rates, delays, outputs = integer_at(own, RATES), integer_at(own, DELAYS), shorts(own, OUTPUTS)
    asked, t = int(ahead[ASKED]), w[set_inputs(row, w)]
    if asked in (REMEMBER, CHECK):
        forward(steps, points, first, w, pieces, True, True)
        if excess(steps, points, first, w, pieces) > 0.0:  # a comparison is about to change, by round-off too late
            forward(steps, points, first, w, pieces, True, False)
        for k in range(1 + rates + delays):
            if w[outputs[k]] != w[outputs[k]]:
                ahead[TROUBLE] = 1.0
                return
    for k in range(delays):
        stored, breaks, counts, facts = history(row, k)
        if asked == REMEMBER:
            remember(stored, breaks, counts, facts, t, w[outputs[1 + rates + k]])
        elif asked == ANEW:
            begin_stretch(breaks, counts, t)
            pass_breaks(breaks, counts, facts, t)
        elif asked == LOOK:
            ahead[NEXT_BREAK] = min(ahead[NEXT_BREAK], look_ahead(stored, breaks, counts, facts))
            ahead[LONGEST] = min(ahead[LONGEST], facts[DELAY])
        if counts[FULL] != 0:
            ahead[TROUBLE] = 2.0


# -- made ready, in Python --------------------------------------------------------------------------------------


@functools.cache
def compiled_loops() -> tuple[Any, ...]:
    """evaluate, margin, turn and follow, compiled at first use and kept on disk."""
    signature = types.void(types.int64)
    make = numba.cfunc(signature, cache=True, error_model="numpy")
    return tuple(make(function) for function in (evaluate, margin, turn, follow))


class Memory:
    """The numbers of one law in each run: `words` (runs, 1, WORD_COUNT) and the arrays whose addresses they hold."""

    def __init__(self, codes: Sequence[Code], has_branch: bool, ambient: float, tolerance: float):
        self.words = np.zeros((len(codes), 1, WORD_COUNT), dtype=np.int64)
        different = {id(code): code for code in codes}.values()
        self.partial = sorted({PARTIAL[op] for code in different for op in code.steps[:, 0].tolist() if op in PARTIAL})
        """What in the law may be undefined where the unknowns are numbers."""
        self.is_followed = bool(self.partial) or any(code.delays for code in different)
        """Whether the law remembers something, or may be undefined where the unknowns are numbers."""
        self.rooms = [_Room(code, ambient, tolerance) for code in codes]
        for words, room in zip(self.words[:, 0], self.rooms, strict=True):
            words[HAS_BRANCH] = has_branch
            for word, number in room.sizes().items():
                words[word] = number
            for word, array in room.arrays().items():
                words[word] = array.ctypes.data

    def rest(self, run: int, transient: bool) -> None:
        """Delays are at rest: they give their operands, or, where a transient is to begin, what came before it."""
        room = self.rooms[run]
        room.counts[:] = 0
        room.facts[:] = room.fresh
        if not transient:
            room.facts[:, BEFORE] = np.nan

    def set_frequency(self, run: int, frequency: float) -> None:
        """Set `hertz` (Hz); it is 0 outside .ac."""
        room = self.rooms[run]
        room.w[room.code.inputs - 1] = frequency

    def begin(self, run: int, histories: Sequence[float] = ()) -> None:
        """Delays, at rest until now, remember from now on; what comes out first may be given."""
        room = self.rooms[run]
        room.counts[:] = 0
        room.facts[:] = room.fresh
        for k, value in enumerate(histories):
            room.facts[k, BEFORE] = value

    def save(self, run: int) -> list[np.ndarray]:
        """What the delays remember and still need: counts and facts, then each one's points and breaks."""
        room = self.rooms[run]
        found = [room.counts.copy(), room.facts.copy()]
        for points, breaks, counts, facts in zip(room.points, room.breaks, room.counts, room.facts, strict=True):
            kept = needed(points, counts, facts)
            found.append(points[kept % len(points)])
            found.append(breaks[np.arange(max(0, counts[PASSED] - 1), counts[BREAKS]) % len(breaks)])
        return found

    def restore(self, run: int, saved: Sequence[np.ndarray]) -> None:
        """Put back what `save` gave."""
        room = self.rooms[run]
        room.counts[:], room.facts[:] = saved[0], saved[1]
        for k, (points, breaks, counts) in enumerate(zip(room.points, room.breaks, room.counts, strict=True)):
            some, others = saved[2 + 2 * k], saved[3 + 2 * k]
            points[np.arange(counts[POINTS] - len(some), counts[POINTS]) % len(points)] = some
            breaks[np.arange(counts[BREAKS] - len(others), counts[BREAKS]) % len(breaks)] = others


class _Room:
    """The arrays of one law in one run."""

    def __init__(self, code: Code, ambient: float, tolerance: float):
        self.code = code
        self.w = np.zeros(code.places)
        self.w[code.inputs - 2] = ambient
        self.w[code.inputs : code.inputs + len(code.constants)] = code.constants
        self.share, self.gradient = np.zeros(code.places), np.zeros(code.inputs)
        count = len(code.delays)
        self.points = np.zeros((count, CAPACITY_POINTS, 2))
        self.breaks = np.zeros((count, CAPACITY_BREAKS, 2))
        self.counts = np.zeros((count, 4), dtype=np.int64)
        facts = [(d.time, d.history, np.inf, tolerance, 0.0) for d in code.delays]
        self.fresh = np.array(facts, dtype=float).reshape(count, 5)
        self.facts = self.fresh.copy()

    def sizes(self) -> dict[int, int]:
        """The words that are numbers."""
        code = self.code
        return {
            SIGNALS: len(code.signals),
            RATES: code.rates,
            DELAYS: len(code.delays),
            INPUTS: code.inputs,
            PLACES: code.places,
            STEPS: len(code.steps),
            POINTS_COUNT: len(code.points),
            CAPACITY: CAPACITY_POINTS,
            BREAK_CAPACITY: CAPACITY_BREAKS,
        }

    def arrays(self) -> dict[int, np.ndarray]:
        """The arrays by the word that holds their address."""
        return {
            STEP_TABLE: self.code.steps,
            POINT_TABLE: self.code.points,
            OUTPUTS: self.code.outputs,
            W: self.w,
            SHARE: self.share,
            GRADIENT: self.gradient,
            HISTORY_POINTS: self.points,
            HISTORY_BREAKS: self.breaks,
            HISTORY_COUNTS: self.counts,
            HISTORY_FACTS: self.facts,
        }


def shift_history(room: _Room, by: float) -> None:
    """Let all that a law's delays remember be earlier by so much (s)."""
    room.points[:, :, 0] -= by
    room.breaks[:, :, 0] -= by
    room.facts[:, NEXT] -= by


def delays_of(groups: Sequence[Group], run: int) -> dict[int, float]:
    """The rows of all delays, and their times (s)."""
    found: dict[int, float] = {}
    for group in groups:
        if group.keep is not None:
            code = group.keep.rooms[run].code
            rows = group.paths[0, group.paths.shape[1] - len(code.delays) :, 0]
            found.update(zip(rows.tolist(), (d.time for d in code.delays), strict=True))
    return found


def ask(group: Group, row: np.ndarray, words: Words, z: np.ndarray) -> int:
    """Look for trouble in one law at unknowns (unknowns + 1,): 1 where it is undefined, 2 where a history overflows."""
    words["DEVICE_UNKNOWNS"][:] = z
    words["AHEAD"][:] = CHECK, np.inf, np.inf, 0.0
    compiled_loops()[3].ctypes(row.ctypes.data)
    return int(words["AHEAD"][TROUBLE])


def law_groups(
    instances: Sequence[Instance],
    unknowns: Unknowns,
    conditions: Conditions,
    runs: int,
    reltol: float,
) -> list[Group]:
    """A group for each law of each instance."""
    found = []
    for instance in instances:
        if instance.device.laws is None:
            continue
        own = runs if any(is_varying(value) for value in instance.settings.values()) else 1
        per_run = [instance.device.laws(settings_of(instance, run), conditions.ambient) for run in range(own)]
        for k, laws in enumerate(zip(*(per_run * (runs // own)), strict=True)):
            found.append(_group(instance, unknowns, k, laws, conditions.ambient, reltol))
    return found


def _group(
    instance: Instance,
    unknowns: Unknowns,
    number: int,
    laws: Sequence[Law],
    ambient: float,
    reltol: float,
) -> Group:
    law, encoded = laws[0], {id(law): encode(law.term) for law in {id(law): law for law in laws}.values()}
    codes = [encoded[id(law)] for law in laws]
    code, ground = codes[0], unknowns.size
    hidden = [(unknowns.hidden[instance.name, name], ground) for name in hidden_of(code, number)]
    signals = [_ends(instance, unknowns, law, signal) for signal in code.signals]
    across = (unknowns.terminal(instance, law.positive), unknowns.terminal(instance, law.negative))
    branch = [(unknowns.branches[instance.name, law.branch], ground)] if law.branch else []
    controls = [*signals, *hidden, *([across, *branch] if branch else [])]
    paths = [across, *branch, *hidden]
    memory = Memory(codes, bool(law.branch), ambient, 1e-2 * reltol)
    loops = [loop.address for loop in compiled_loops()]
    has_pieces = bool((code.steps[:, 0] >= NUMBER[JUMPS[0]]).any())
    return Group(
        instance.device.name,
        [instance.name],
        Loops(loops[0], loops[1] * has_pieces, loops[2] * has_pieces, loops[3]),
        memory.words.view(float),
        np.array(controls, dtype=np.int64).reshape(1, -1, 2),
        np.array(paths, dtype=np.int64).reshape(1, -1, 2),
        states=np.zeros(len(code.steps), dtype=np.int64),
        switches=int(has_pieces),
        typical=_typical(code, bool(law.branch)),
        keep=memory,
        number=number,
    )


def _typical(code: Code, has_branch: bool) -> np.ndarray:
    """Sizes of the derivatives (paths, controls): those of the expression differ, lest the matrix seem singular."""
    n, first = code.inputs - 3, 1 + has_branch
    found = np.zeros((first + code.rates + len(code.delays), n + 2 * has_branch))
    golden = 0.6180339887498949
    guess = 1e-3 * (1 + (golden * np.arange(1, 1 + len(code.outputs) * n)).reshape(len(code.outputs), n) % 1)
    guess[~code.depends[:, :n]] = 0.0
    found[int(has_branch), :n] = guess[0]
    if has_branch:
        found[0, n + 1] = found[1, n] = 1.0
    for k in range(code.rates + len(code.delays)):
        found[first + k, :n] = guess[1 + k]
        found[first + k, len(code.signals) + k] = 1.0
    return found


def _ends(instance: Instance, unknowns: Unknowns, law: Law, signal: Signal) -> tuple[int, int]:
    """The two unknowns whose difference is a signal."""
    if signal.kind == "i":
        if law.is_local:
            return unknowns.branches[instance.name, signal.names[0]], unknowns.size
        current = unknowns.current(signal.names[0])
        if current is None:
            raise UsageError(
                f"{instance.name}: {signal} has no current of its own; put a source of 0 V in series with it"
            )
        return current, unknowns.size
    if law.is_local:
        ends = [unknowns.terminal(instance, name) for name in signal.names]
    else:
        ends = [unknowns.node(name) for name in signal.names]
    return ends[0], ends[1] if len(ends) == 2 else unknowns.size
