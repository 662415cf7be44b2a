"""Waves and operations laid out as the flat arrays that the compiled engine reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .groups import Group
from .islands import Island, Read, find_islands
from .system import Allpass, BackStep, Coefficient, Conjugation, Delay, Driven, Recurrence, Row, System, least, longest

ROW, DRIVEN, ALLPASS, RECURRENCE, TURNING, CONJUGATE, BACKSTEP = range(7)

TWINS = (2, 3)
"""Sums of so many terms are computed in pairs, where two have the same terms."""


class Tables(NamedTuple):
    """What the engine reads. `lanes` is carriers times runs.

    Operation o makes the wave output[o] (see `outputs_of`: that one and those that follow it) from the terms
    term_start[o] .. term_start[o + 1]; a row may make a second wave twin[o] from the same terms (-1: none). A term
    reads term_wave at term_delay samples ago; a negative delay -1 - n stands for the lanes' own delays
    lane_delay[n:n + lanes]; term_far is the longest of them. Its coefficients in the wave and in the twin are
    value[term_value[k]], and with term_stride[k] 1 the lanes' own coefficients follow each other there.

    kind         what term_value means, and detail (operations, 5):
    ROW          coefficients
    DRIVEN       the number of the wave that holds the coefficient, sample by sample
    ALLPASS      unused; order, first of the sines then cosines of the lattice in value, their stride, first memory,
                 transposed
    RECURRENCE   unused; size, first of F then G in value, their stride
    TURNING      unused; size, first in value, stride, cells: see turning_numbers
    CONJUGATE    unused; first in value of the samples at which time turns round, then of the gains; stride, turns
    BACKSTEP     as TURNING, then first memory, where the slopes of its numbers are summed up
    """

    lanes: int
    island_start: np.ndarray
    island_window: np.ndarray
    kind: np.ndarray
    output: np.ndarray
    twin: np.ndarray
    detail: np.ndarray
    term_start: np.ndarray
    term_wave: np.ndarray
    term_delay: np.ndarray
    term_far: np.ndarray
    term_value: np.ndarray
    term_stride: np.ndarray
    value: np.ndarray
    lane_delay: np.ndarray
    depth: np.ndarray


def outputs_of(kind: int, size: int, terms: int) -> int:
    """How many waves an operation makes; `size` is the first of its details."""
    return size if kind in (RECURRENCE, TURNING) else terms - size if kind == BACKSTEP else 1


def turning_numbers(recurrence: Recurrence) -> np.ndarray:
    """How states turn, (numbers, lanes or 1): B1, gamma, the three places of each cell, chi, the parts of a step."""
    turned, ahead = recurrence.turning, recurrence.ahead
    assert turned is not None
    assert ahead is not None
    tables = [ahead, turned.gamma, np.array(turned.joins).reshape(-1, 1), turned.chi, turned.free, turned.held]
    lanes = max(table.shape[-1] for table in tables)
    return np.concatenate([np.broadcast_to(t, (*t.shape[:-1], lanes)).reshape(-1, lanes) for t in tables])


class _Term(NamedTuple):
    """A term of one operation; `delay` may be one of lane_delay."""

    wave: int
    delay: int
    far: int
    value: int
    stride: int


@dataclass(frozen=True)
class Modulation:
    """Waves that hold the coefficients of a driven device: entry (row, column) of its matrix to wave."""

    group: Group
    waves: dict[tuple[int, int], int]


class Packer:
    """Numbers the waves that are kept and lays the operations out; read `tables` and the other attributes after it."""

    def __init__(self, system: System, kept: set[int], deep: dict[int, int] | None = None):
        """`deep` says for some waves how many samples must be remembered, whatever is read."""
        self.system = system
        order = sorted(kept)
        self.number = {wave: i for i, wave in enumerate(order)}
        self.names = [system.names[wave] for wave in order]
        self.memory = 0
        self.modulations: list[Modulation] = []
        self.sums: dict[str, int] = {}
        self.recurrences = [self._renumber(r) for r in system.recurrences]
        self._operations: list[tuple[int, int, tuple[int, ...]]] = []
        self._terms: list[_Term] = []
        self._term_start = [0]
        self._values: list[np.ndarray] = []
        self._value_count = 0
        self._lane_delay: list[int] = []
        self._reads: list[tuple[int, int, Delay]] = []
        modulated = self._number_modulators()
        self._depth = np.zeros(len(self.names), dtype=np.int64)
        for found, samples in (deep or {}).items():
            self._depth[self.number[found]] = samples
        for wave in sorted(system.rows):
            if wave in modulated:
                self._add_driven(wave, *modulated[wave])
            else:
                self._add_row(wave, system.rows[wave])
        for filtered in system.allpasses:
            self._add_allpass(filtered)
        for conjugate in system.conjugations:
            self._add_conjugate(conjugate)
        for recurrence in self.recurrences:
            self._add_recurrence(recurrence)
        for back in system.backsteps:
            self._add_backstep(back)
        self.islands = self._find_islands()
        self.tables = self._tables()

    def _number_modulators(self) -> dict[int, tuple[Driven, Modulation]]:
        """Give every driven coefficient a wave; returns the waves that driven devices make."""
        made: dict[int, tuple[Driven, Modulation]] = {}
        for driven in self.system.driven:
            waves = {}
            for place, (wave, source) in driven.joins.items():
                if wave in self.number and source in self.number:
                    waves[place] = len(self.names)
                    self.names.append(f"{driven.group.instances[0].name}[{place[0]},{place[1]}]")
            self.modulations.append(Modulation(driven.group, waves))
            made |= {w: (driven, self.modulations[-1]) for w, _ in driven.joins.values()}
        return made

    # -- operations -------------------------------------------------------------------------------------------

    def _operation(self, kind: int, output: int, *detail: int) -> None:
        """Close the terms added since the last operation under a new one."""
        self._operations.append((kind, output, (*detail, 0, 0, 0, 0, 0)[:5]))
        self._term_start.append(len(self._terms))

    def _term(self, wave: int, delay: Delay, value: int = 0, stride: int = 0) -> None:
        self._reads.append((len(self._operations), wave, delay))
        far = longest(delay)
        self._depth[wave] = max(self._depth[wave], far)
        if not isinstance(delay, int):
            self._lane_delay += delay
            delay = -1 - (len(self._lane_delay) - len(delay))
        self._terms.append(_Term(wave, delay, far, value, stride))

    def _store(self, numbers: np.ndarray) -> int:
        """Keep some coefficients; returns where they start."""
        self._values.append(np.ascontiguousarray(numbers, dtype=complex).reshape(-1))
        self._value_count += self._values[-1].size
        return self._value_count - self._values[-1].size

    def _coefficient(self, value: Coefficient) -> tuple[int, int]:
        numbers = np.atleast_1d(np.asarray(value))
        return self._store(numbers), int(numbers.size > 1)

    def _add_row(self, wave: int, row: Row) -> None:
        for (source, delay), value in sorted(row.items(), key=lambda term: (term[0][0], str(term[0][1]))):
            self._term(self.number[source], delay, *self._coefficient(value))
        self._operation(ROW, self.number[wave])

    def _add_driven(self, wave: int, driven: Driven, modulation: Modulation) -> None:
        for place, (target, source) in driven.joins.items():
            if target == wave and place in modulation.waves:
                self._term(self.number[source], 0, modulation.waves[place])
        self._operation(DRIVEN, self.number[wave])

    def _add_allpass(self, filtered: Allpass) -> None:
        order, lanes = filtered.k.shape
        self._term(self.number[filtered.source], filtered.delay)
        first = self._store(filtered.k)
        self._store(np.sqrt(1 - filtered.k**2))
        detail = (order, first, int(lanes > 1), self.memory, int(filtered.transposed))
        self._operation(ALLPASS, self.number[filtered.output], *detail)
        self.memory += order

    def _add_conjugate(self, conjugate: Conjugation) -> None:
        source, reach = self.number[conjugate.source], conjugate.reach
        self._term(source, 1 if conjugate.turns else 0)
        self._depth[source] = max(self._depth[source], reach)
        first = self._store(np.array(conjugate.turns, dtype=complex))
        _, stride = self._coefficient(conjugate.gain)
        self._operation(CONJUGATE, self.number[conjugate.output], first, stride, len(conjugate.turns))

    def _add_recurrence(self, recurrence: Recurrence) -> None:
        for wave, delay in recurrence.inputs:
            self._term(wave, delay)
        self._depth[list(recurrence.outputs)] = np.maximum(self._depth[list(recurrence.outputs)], 1)
        if recurrence.turning is not None:
            self._add_turning(recurrence)
            return
        size, lanes = len(recurrence.outputs), max(recurrence.f.shape[-1], recurrence.g.shape[-1])
        f = np.broadcast_to(recurrence.f, (size, size, lanes))
        g = np.broadcast_to(recurrence.g, (*recurrence.g.shape[:2], lanes))
        first = self._store(f)
        self._store(g)
        self._operation(RECURRENCE, recurrence.outputs[0], size, first, int(lanes > 1))

    def _add_turning(self, recurrence: Recurrence) -> None:
        """A recurrence that turns: value holds its `turning_numbers`."""
        self._operation(TURNING, recurrence.outputs[0], *self._store_turning(recurrence))

    def _store_turning(self, recurrence: Recurrence) -> tuple[int, int, int, int]:
        """Keep the numbers of a recurrence that turns; returns its size, where they start, their stride, its cells."""
        assert recurrence.turning is not None
        numbers = turning_numbers(recurrence)
        size, cells = len(recurrence.outputs), len(recurrence.turning.joins)
        return size, self._store(numbers), int(numbers.shape[-1] > 1), cells

    def _add_backstep(self, back: BackStep) -> None:
        """The way back through a step; `sums` remembers where the slopes of its numbers, joins left out, are summed."""
        for wave in (*back.reads, *back.past):
            self._term(self.number[wave], 0)
        outputs = [self.number[wave] for wave in back.outputs]
        self._depth[outputs] = np.maximum(self._depth[outputs], 1)
        self._operation(BACKSTEP, outputs[0], *self._store_turning(back.step), self.memory)
        self.sums[self.system.names[back.outputs[0]]] = self.memory
        self.memory += back.step.numbers

    def _renumber(self, r: Recurrence) -> Recurrence:
        """A recurrence in the numbers of the program's waves; inputs that are dark are left out."""
        lit = [j for j, (s, _) in enumerate(r.inputs) if s in self.number]
        return Recurrence(
            tuple(self.number[w] for w in r.outputs),
            tuple((self.number[r.inputs[j][0]], r.inputs[j][1]) for j in lit),
            r.f,
            r.g[:, lit],
            tuple(self.number.get(s, -1) for s in r.states),
            None if r.ahead is None else r.ahead[:, lit],
            None if r.turning is None else r.turning.only(lit),
        )

    # -- order ------------------------------------------------------------------------------------------------

    def _find_islands(self) -> list[Island]:
        owner: dict[int, int] = {}
        for i, (kind, output, detail) in enumerate(self._operations):
            for wave in range(output, output + outputs_of(kind, detail[0], len(range(*self._term_start[i : i + 2])))):
                owner[wave] = i
        reads: list[Read] = [(owner[w], o, least(d)) for o, w, d in self._reads if w in owner]
        return find_islands(len(self._operations), reads)

    def _paired(self) -> list[list[tuple[int, int]]]:
        """The operations of each island in order, each with its twin (-1: none), which moves forward to it."""
        alone: dict[tuple[tuple[int, int], ...], tuple[list[tuple[int, int]], int]] = {}
        paired: list[list[tuple[int, int]]] = []
        for island in self.islands:
            pairs: list[tuple[int, int]] = []
            for o in island.operations:
                terms = self._terms[self._term_start[o] : self._term_start[o + 1]]
                twins = self._operations[o][0] == ROW and len(terms) in TWINS
                key = tuple((term.wave, term.delay) for term in terms)
                if twins and key in alone:
                    there, place = alone.pop(key)
                    there[place] = there[place][0], o
                    continue
                if twins:
                    alone[key] = pairs, len(pairs)
                pairs.append((o, -1))
            paired.append(pairs)
        return paired

    def _shared_terms(self, one: int, twin: int) -> list[tuple[int, int]]:
        """The terms of an operation, each with the one of its twin (-1: none)."""
        first, last = self._term_start[one : one + 2]
        return [(k, self._term_start[twin] + k - first if twin >= 0 else -1) for k in range(first, last)]

    def _tables(self) -> Tables:
        paired = self._paired()
        order = [pair for pairs in paired for pair in pairs]
        firsts = [one for one, _ in order]
        terms = [term for pair in order for term in self._shared_terms(*pair)]
        spans = [self._term_start[o + 1] - self._term_start[o] for o in firsts]
        sizes = [len(pairs) for pairs in paired]
        table = np.array([self._terms[k] for k, _ in terms], dtype=np.int64).reshape(-1, len(_Term._fields))
        zero = _Term(0, 0, 0, self._store(np.zeros(1)), 0)
        twins = np.array([self._terms[j] if j >= 0 else zero for _, j in terms], dtype=np.int64).reshape(table.shape)
        value, stride = _Term._fields.index("value"), _Term._fields.index("stride")
        return Tables(
            self.system.lanes,
            np.cumsum([0, *sizes]),
            np.array([island.window for island in self.islands], dtype=np.int64),
            np.array([self._operations[o][0] for o in firsts], dtype=np.int64),
            np.array([self._operations[o][1] for o in firsts], dtype=np.int64),
            np.array([self._operations[o][1] if o >= 0 else -1 for _, o in order], dtype=np.int64),
            np.array([self._operations[o][2] for o in firsts], dtype=np.int64).reshape(-1, 5),
            np.cumsum([0, *spans]),
            np.ascontiguousarray(table[:, 0]),
            np.ascontiguousarray(table[:, 1]),
            np.ascontiguousarray(table[:, 2]),
            np.stack([table[:, value], twins[:, value]], axis=1),
            np.stack([table[:, stride], twins[:, stride]], axis=1),
            np.concatenate(self._values),
            np.array(self._lane_delay, dtype=np.int64),
            self._depth,
        )
