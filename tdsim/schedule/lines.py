"""Delay lines of a system replaced by reads of waves with whole delays, through filters where need be."""

from __future__ import annotations

import numpy as np

from ..errors import SimulationError, UnfitError
from ..units import engineering
from . import delays
from .graph import strong_components
from .system import LINE, Allpass, Delay, Line, Recurrence, System, add_delay, as_delay, least, narrow


def split_lines(system: System, rounded: bool, step: float) -> None:
    """Replace every read of a delay line by reads of waves with whole delays."""
    system.looped = loops(system)
    read = {line.entry: realise(line, line.entry in system.looped, system, rounded, step) for line in system.lines}
    system.outlets = read
    for table in (system.rows, system.flows):
        for wave, row in table.items():
            if any(delay == LINE for _, delay in row):
                table[wave] = {read[s] if d == LINE else (s, d): c for (s, d), c in row.items()}


def loops(system: System) -> set[int]:
    """The waves that come back to themselves."""
    tables = (system.rows, system.flows)
    edges = [(source, wave) for table in tables for wave, row in table.items() for source, _ in row]
    return {w for part in strong_components(len(system.names), edges) if len(part) > 1 for w in part} | {
        a for a, b in edges if a == b
    }


def realise(line: Line, in_loop: bool, system: System, rounded: bool, step: float) -> tuple[int, Delay]:
    """Where to read the output of a line: (wave, whole delay)."""
    samples = np.where(line.samples < delays.WHOLE, 0.0, line.samples)
    if rounded:
        return line.entry, as_delay([round(d) for d in samples])
    too_short = (samples > 0) & (samples < 1 - delays.WHOLE)
    if np.any(too_short):
        short, owner = float(samples[too_short].min()), line.name.rpartition(".")[0]
        raise UnfitError(
            f"{owner}: its delay of {engineering(short * step, 's')} is {short:.3g} of a step; a delay is zero or "
            f"at least one step: use a step of {engineering(short * step, 's')} or less",
            owner,
        )
    parts = [delays.split(d, in_loop or system.lossless) for d in samples]
    if all(not p.allpass.size and not p.taps.size for p in parts):
        return line.entry, as_delay([p.whole for p in parts])
    if np.any(samples == 0):
        owner = line.name.rpartition(".")[0]
        message = f"{owner}: its delay is zero in some runs and not in others; simulate them apart"
        raise SimulationError(message, [owner])
    if in_loop or system.lossless or min(samples) < delays.SINC_TAPS // 2 + 1:
        return _add_allpass(line, samples, system)
    return _add_sinc(line, samples, system)


def _add_allpass(line: Line, samples: np.ndarray, system: System) -> tuple[int, Delay]:
    order = min(delays.allpass_order(d) for d in samples)
    parts = [delays.split(d, True, order) for d in samples]
    k = np.stack([p.allpass for p in parts], axis=1)
    whole = as_delay([p.whole for p in parts])
    output = system.new(f"{line.name}'")
    if least(whole) > 0 and line.transposed:  # the mirror image of the other direction: filter first, then delay
        system.allpasses.append(Allpass(output, line.entry, 0, k, True))
        return output, whole
    if least(whole) > 0:
        system.allpasses.append(Allpass(output, line.entry, whole, k, False))
        return output, 0
    carry = system.new(f"{line.name}''")
    c = np.sqrt(1 - k[0] ** 2)
    once = add_delay(whole, 1)
    system.recurrences.append(
        Recurrence((carry,), ((line.entry, once),), -k[None].astype(complex), c[None, None].astype(complex))
    )
    system.rows[output] = {(line.entry, whole): narrow(k[0]), (carry, 0): narrow(c)}
    return output, 0


def _add_sinc(line: Line, samples: np.ndarray, system: System) -> tuple[int, Delay]:
    floors = [int(np.floor(d)) - delays.SINC_TAPS // 2 + 1 for d in samples]
    taps = np.stack([delays.sinc_taps(d - f) for d, f in zip(samples, floors, strict=True)], axis=1)
    output = system.new(f"{line.name}'")
    first = as_delay(floors)
    system.rows[output] = {(line.entry, add_delay(first, n)): narrow(taps[n]) for n in range(delays.SINC_TAPS)}
    return output, 0
