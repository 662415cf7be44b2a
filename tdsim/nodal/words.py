"""Everything that compiled code needs to know about one run of a circuit: words (int64) that are numbers or addresses.

One address stands for all of it. That keeps the compiled functions small: they take what they need, compile in a
fraction of the time that a dozen array arguments cost, and are the same for every circuit.

The arrays of charges, of their base and of their slopes (rows + wake,) end with a wake: unknowns and charges of paths
that devices need the way of, not only the value; they are integrated along with the charges.

Unknowns z have one more entry than there are unknowns: ground, which stays 0. Rows (currents into the devices at each
node, residuals of branches) have one more entry too, which is written and never read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_NAMES = [
    # sizes
    ("UNKNOWNS_COUNT", "unknowns, as many as rows"),
    ("VOLTAGES_COUNT", "voltages among the unknowns, which come first"),
    ("ENTRIES_COUNT", "entries of the matrix"),
    ("SOURCES_COUNT", ""),
    ("DRIVES_COUNT", "entries of the matrix that says which source drives which row"),
    ("GROUPS_COUNT", "groups of non-linear devices"),
    ("PATHS_COUNT", "paths of non-linear currents"),
    ("SLOPES_COUNT", "their derivatives"),
    ("MARGINS_COUNT", "margins of switches"),
    ("HIDDEN_COUNT", "unknowns that stand for ddt() and delay(), which come last"),
    ("FOLLOWED", "1 where some group has a loop `follow`"),
    ("WAKE_COUNT", "unknowns, then charges of paths, that are integrated along (see tables): behind the rows"),
    ("BREAKS_COUNT", ""),
    ("KEPT_COUNT", "unknowns that are put out"),
    ("ROOM", "points that the output has room for"),
    ("ON_GRID", "1 where the times of the output are given, 0 where they are the accepted ones"),
    ("METHOD", "of integration"),
    ("SOLVER", "address of Newton's method"),
    ("SEAT", "address of the seat of a run that goes together with others (see together)"),
    # the pattern, in pivot order (see lu)
    ("ROW", "int64: equation of each pivot"),
    ("COLUMN", "int64: unknown of each pivot"),
    ("START", "int32: where each row begins"),
    ("PLACE", "int32: pivots that the entries belong to"),
    ("LU_START", "int32"),
    ("LU_PLACE", "int32"),
    ("DIAGONAL", "int32: where the pivots are in L and U"),
    # the linear part
    ("UNKNOWN", "int32 (entries,): the unknown that each entry multiplies"),
    ("CONDUCTANCE", "(entries,) G"),
    ("RESTING", "(entries,) what is added to G at rest"),
    ("CAPACITANCE", "(entries,) C"),
    ("NODE_ENTRY", "int64 (unknowns,): the diagonal entry of a node's row; one past the last for branches"),
    ("CHARGED", "int64 (unknowns,): 1 for nodes at which non-linear devices store charge"),
    ("COUNTED", "int64 (unknowns,): 1 where errors count: voltages, and currents of what stores flux"),
    # sources
    ("DRIVE_ROW", "int64 (drives,)"),
    ("DRIVE_SOURCE", "int64 (drives,)"),
    ("DRIVE_VALUE", "(drives,)"),
    ("LEVEL", "(sources,) the constant part"),
    ("SEGMENT_TIMES", "beginnings of the segments of all sources, one source after another"),
    ("SEGMENT_LINES", "(segments, 2)"),
    ("SEGMENT_TERMS", "(terms, 7)"),
    ("SEGMENT_FIRST", "int64 (segments + 1,)"),
    ("SEGMENT_BEGIN", "int64 (sources + 1,): the segments of source k are begin[k] to begin[k + 1]"),
    # non-linear devices
    ("KINDS", "int64 (groups, 4): addresses of their loops"),
    ("GROUP_ROWS", "int64 (groups, WORDS): see kinds"),
    ("PATH", "int64 (paths, 2): rows from which and to which a current goes"),
    ("END_START", "int64 (unknowns + 1,): where the ends of paths at each row begin"),
    ("END_PATH", "int64 (ends,): the path of each, rising within a row"),
    ("END_SIGN", "(ends,): 1 where it goes from the row, -1 where it comes to it"),
    ("SLOPE", "int64 (slopes, 4): path, the two unknowns whose difference it is for, and where it is in FLOW_SLOPES"),
    ("SLOPE_PLACE", "int64 (slopes, 4): entries + - - + of the matrix"),
    ("WAKE_UNKNOWN", "int64 (wake,): the unknown that each is, or -1"),
    ("WAKE_PATH", "int64 (wake,): the path whose charge each is, or -1"),
    ("WAKE_TABLES", "int64: where in the wake each device of the groups looks (see wake)"),
    ("DEVICE_UNKNOWNS", "(unknowns + 1,) what the loops read"),
    ("DEVICE_TIME", "(1,)"),
    ("FLOWS", "(paths,)"),
    ("FLOW_SLOPES", "derivatives of all paths by all controls of their devices"),
    ("CHARGES", "(paths,)"),
    ("CHARGE_SLOPES", "the same of charges"),
    ("LATENT", "what devices had at their last evaluation in full (see kinds)"),
    ("MARGINS", "(margins,) of switches; below zero where one must change its state"),
    ("AHEAD", "(4,): see laws"),
    ("MODE", "(4,): limiting on; something was limited; nodes are held; where tangents do (V, see kinds)"),
    # room to work in
    ("MATRIX", "(entries + 1,)"),
    ("LU", ""),
    ("INVERSE", "(unknowns,) one over each pivot"),
    ("KEY", "(4,): alpha and beta of the factors; first weak pivot or -1; how fast Newton's method went with them"),
    ("PIVOTS", "(unknowns,)"),
    ("RIGHT", "(rows,)"),
    ("DELTA", "(unknowns + 1,)"),
    ("DRIVE", "(rows,) what the sources add"),
    ("CHARGE", "(rows + wake,) C z + q(z)"),
    ("CURRENT", "(rows,) G z + i(z)"),
    ("BASE", "(rows + wake,)"),
    ("WEIGHT", "(unknowns,) how large an error counts as 1"),
    ("HOLD", "(unknowns,) conductances that hold nodes"),
    ("TARGET", "(unknowns,) at these voltages"),
    ("STAGE_Z", "(stages, unknowns + 1 + wake), which stays empty here"),
    ("STAGE_SLOPE", "(stages, rows + wake) d(C z + q)/dt"),
    ("BETWEEN_Z", "(unknowns + 1,) within the last step"),
    # the state
    ("Z", "(unknowns + 1,)"),
    ("HELD_CHARGE", "(rows + wake,) C z + q(z)"),
    ("HELD_SLOPE", "(rows + wake,) its derivative"),
    ("SCALE", "(unknowns,) how large each unknown has lately been"),
    ("CHARGE_SCALE", "(rows,) how large the charge in each row has lately been"),
    ("PAST_Z", "(2, unknowns + 1) unknowns one and two steps ago"),
    ("PAST_CHARGE", "(rows + wake,) one step ago"),
    ("PAST_SLOPE", "(rows + wake,) one step ago"),
    ("CLOCK", "see below"),
    ("COUNT", "int64: see below"),
    ("CURSOR", "int64 (sources,) the segment that each is on, -1 for a constant"),
    ("SWITCHES", "int64: states of switches"),
    ("CONTROLS", "where non-linear devices were last evaluated"),
    # rules and output
    ("RULES", "see below"),
    ("BREAKS", "rising times at which something starts anew"),
    ("KEPT", "int64 (kept,) unknowns"),
    ("OUT_TIMES", "(room,)"),
    ("OUT_VALUES", "(room, kept)"),
    ("FILLED", "int64 (1,)"),
]

(
    UNKNOWNS_COUNT,
    VOLTAGES_COUNT,
    ENTRIES_COUNT,
    SOURCES_COUNT,
    DRIVES_COUNT,
    GROUPS_COUNT,
    PATHS_COUNT,
    SLOPES_COUNT,
    MARGINS_COUNT,
    HIDDEN_COUNT,
    FOLLOWED,
    WAKE_COUNT,
    BREAKS_COUNT,
    KEPT_COUNT,
    ROOM,
    ON_GRID,
    METHOD,
    SOLVER,
    SEAT,
    ROW,
    COLUMN,
    START,
    PLACE,
    LU_START,
    LU_PLACE,
    DIAGONAL,
    UNKNOWN,
    CONDUCTANCE,
    RESTING,
    CAPACITANCE,
    NODE_ENTRY,
    CHARGED,
    COUNTED,
    DRIVE_ROW,
    DRIVE_SOURCE,
    DRIVE_VALUE,
    LEVEL,
    SEGMENT_TIMES,
    SEGMENT_LINES,
    SEGMENT_TERMS,
    SEGMENT_FIRST,
    SEGMENT_BEGIN,
    KINDS,
    GROUP_ROWS,
    PATH,
    END_START,
    END_PATH,
    END_SIGN,
    SLOPE,
    SLOPE_PLACE,
    WAKE_UNKNOWN,
    WAKE_PATH,
    WAKE_TABLES,
    DEVICE_UNKNOWNS,
    DEVICE_TIME,
    FLOWS,
    FLOW_SLOPES,
    CHARGES,
    CHARGE_SLOPES,
    LATENT,
    MARGINS,
    AHEAD,
    MODE,
    MATRIX,
    LU,
    INVERSE,
    KEY,
    PIVOTS,
    RIGHT,
    DELTA,
    DRIVE,
    CHARGE,
    CURRENT,
    BASE,
    WEIGHT,
    HOLD,
    TARGET,
    STAGE_Z,
    STAGE_SLOPE,
    BETWEEN_Z,
    Z,
    HELD_CHARGE,
    HELD_SLOPE,
    SCALE,
    CHARGE_SCALE,
    PAST_Z,
    PAST_CHARGE,
    PAST_SLOPE,
    CLOCK,
    COUNT,
    CURSOR,
    SWITCHES,
    CONTROLS,
    RULES,
    BREAKS,
    KEPT,
    OUT_TIMES,
    OUT_VALUES,
    FILLED,
) = range(99)

INDEX = {name: k for k, (name, _) in enumerate(_NAMES)}

STATE = (
    *(
        "Z",
        "HELD_CHARGE",
        "HELD_SLOPE",
        "SCALE",
        "CHARGE_SCALE",
        "PAST_Z",
        "PAST_CHARGE",
        "PAST_SLOPE",
        "CLOCK",
        "COUNT",
    ),
    *("CURSOR", "SWITCHES", "CONTROLS"),
    *("LATENT", "FLOW_SLOPES", "CHARGE_SLOPES"),
    *("KEY", "LU", "INVERSE"),
)
"""The arrays that a run remembers from one step to the next; factors too, which may be those of an earlier step."""

(TIME, NEXT, LAST, BEFORE_LAST, FACTORED) = range(5)
"""CLOCK: the time; the step to take next; the last two steps; the step that the factors are for."""

(POINTS, RESTART, BREAK, STEPS, REJECTED, ITERATIONS, EVENTS, QUICK, TRUSTED) = range(9)
"""COUNT: past points known; whether to start afresh; the next breakpoint; what has been done; changes of state without
a step between them; whether weak pivots are to be put up with."""

(RELTOL, VNTOL, ABSTOL, LONGEST, MOST_ITERATIONS, ALLOWED, STOP, BEGIN, CHGTOL, SPACING, XMU, PIVTOL) = range(12)
CONTENT = 12
"""RULES: tolerances; longest step; iterations of Newton's method; error allowed; end of the run; first time put out;
how far apart the points that are put out may be; the trapezoidal rule's share of old slopes; the least pivot (S); how
many times too large a change may be that iterations no longer make smaller."""


class Words:
    """The words of one run, and the arrays that they point to, by name."""

    def __init__(self) -> None:
        self.words = np.zeros(len(_NAMES), dtype=np.int64)
        self.arrays: dict[str, np.ndarray] = {}

    @property
    def address(self) -> int:
        """What compiled code takes."""
        return int(self.words.ctypes.data)

    def count(self, **numbers: int) -> None:
        """Set words that are numbers."""
        for name, value in numbers.items():
            self.words[INDEX[name]] = value

    def put(self, **arrays: Any) -> None:
        """Set words that are addresses; the arrays (float64, int64 or int32) are kept."""
        for name, array in arrays.items():
            array = np.ascontiguousarray(array)
            self.arrays[name] = array
            self.words[INDEX[name]] = array.ctypes.data

    def zeros(self, **shapes: Any) -> None:
        """Set words to the addresses of new arrays of zeros."""
        self.put(**{name: np.zeros(shape) for name, shape in shapes.items()})

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def save(self) -> dict[str, np.ndarray]:
        """A copy of the state."""
        return {name: self.arrays[name].copy() for name in STATE}

    def restore(self, saved: dict[str, np.ndarray]) -> None:
        """Put a saved state back."""
        for name in STATE:
            if self.arrays[name].shape == saved[name].shape:
                self.arrays[name][...] = saved[name]
            else:  # factors for other pivots
                self.arrays["KEY"][0] = np.nan
