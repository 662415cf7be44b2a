"""Fewer rows for the same waves: pass through what only one or two others read, drop what is dark or unused.

Passing through never reaches across a delay: light that is under way when a parameter changes keeps the gain it
had. It is decided before anything is dropped, so that a wave is computed by the same arithmetic whatever is saved.
"""

from __future__ import annotations

from collections.abc import Iterable

from .graph import topological_order
from .system import Delay, Row, System, add_delay, least


def pass_through(system: System) -> set[int]:
    """Substitute short rows into the rows that read them without delay, where that saves work; returns their waves."""
    passed = set()
    blocked = driven_waves(system)
    readers: dict[int, list[int]] = {}
    for wave, row in system.rows.items():
        for source, delay in row:
            if delay == 0 and wave not in blocked:
                readers.setdefault(source, []).append(wave)
    edges = [(s, w) for w, row in system.rows.items() for s, d in row if least(d) == 0 and s in system.rows]
    for wave in topological_order(system.rows, edges) or ():
        row, used = system.rows[wave], len(readers.get(wave, ()))
        if wave in blocked or not used or used * len(row) > len(row) + used + 1:
            continue
        passed.add(wave)
        for reader in readers[wave]:
            _substitute(system.rows[reader], wave, row)
            for source, delay in row:
                if delay == 0 and reader not in readers.setdefault(source, []):
                    readers[source].append(reader)
    return passed


def eliminate(system: System, waves: set[int]) -> None:
    """Substitute the rows of these waves into all that read them, across delays, too.

    That is for systems whose coefficients never change, and for waves that do not come back to themselves.
    """
    chosen = (waves & system.rows.keys()) - driven_waves(system)
    edges = [(s, w) for w in chosen for s, _ in system.rows[w] if s in chosen]
    readers: dict[int, set[tuple[int, Delay]]] = {wave: set() for wave in chosen}
    for reader, row in system.rows.items():
        for source, delay in row:
            if source in chosen:
                readers[source].add((reader, delay))
    for wave in topological_order(chosen, edges) or ():
        for reader, delay in readers[wave]:
            _substitute(system.rows[reader], wave, system.rows[wave], delay)


def _substitute(row: Row, wave: int, by: Row, delay: Delay = 0) -> None:
    gain = row.pop((wave, delay), None)
    if gain is None:
        return
    for (source, before), value in by.items():
        key = source, add_delay(before, delay)
        row[key] = row.get(key, 0j) + gain * value


def driven_waves(system: System) -> set[int]:
    """The waves whose coefficients follow a shape."""
    return {wave for driven in system.driven for wave, _ in driven.joins.values()}


def sources_of(system: System) -> dict[int, set[int]]:
    """For every wave that is computed: the waves that it is computed from."""
    table = {wave: {s for s, _ in row} for wave, row in system.rows.items()}
    for filtered in system.allpasses:
        table[filtered.output] = {filtered.source}
    for conjugate in system.conjugations:
        table[conjugate.output] = {conjugate.source}
    for carried in system.recurrences:
        for output in carried.outputs:
            table[output] = {s for s, _ in carried.inputs} | set(carried.outputs)
    for back in system.backsteps:
        for output in back.outputs:
            table[output] = {*back.reads, *back.past, *back.outputs}
    for driven in system.driven:
        for wave, source in driven.joins.values():
            table.setdefault(wave, set()).add(source)
    return table


def reach(starts: Iterable[int], leads: dict[int, set[int]]) -> set[int]:
    """All that can be reached from `starts`."""
    found = set(starts)
    stack = list(found)
    while stack:
        for other in leads.get(stack.pop(), ()):
            if other not in found:
                found.add(other)
                stack.append(other)
    return found


def reversed_edges(table: dict[int, set[int]]) -> dict[int, set[int]]:
    """The same edges, pointing the other way."""
    back: dict[int, set[int]] = {}
    for wave, sources in table.items():
        for source in sources:
            back.setdefault(source, set()).add(wave)
    return back


def keep_only(system: System, kept: set[int]) -> None:
    """Drop every wave outside `kept`."""
    system.rows = {
        wave: {key: c for key, c in row.items() if key[0] in kept} for wave, row in system.rows.items() if wave in kept
    }
    system.allpasses = [f for f in system.allpasses if f.output in kept]
    system.conjugations = [c for c in system.conjugations if c.output in kept]
    system.recurrences = [r for r in system.recurrences if r.outputs[0] in kept]
    system.backsteps = [b for b in system.backsteps if b.outputs[0] in kept]
    system.driven = [d for d in system.driven if any(w in kept for w, _ in d.joins.values())]
    system.emitters = {w: e for w, e in system.emitters.items() if w in kept}
