"""Ordinary ngspice decks of any size, to be run by ngspice and by tdsim as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

MODELS = """.model nch nmos(level=1 vto=0.7 kp=110u gamma=0.45 phi=0.7 lambda=0.05 tox=12n
+ cgso=0.3n cgdo=0.3n cgbo=0.2n cj=0.45m mj=0.5 cjsw=0.35n mjsw=0.35 pb=0.9)
.model pch pmos(level=1 vto=-0.8 kp=42u gamma=0.5 phi=0.7 lambda=0.06 tox=12n
+ cgso=0.3n cgdo=0.3n cgbo=0.2n cj=0.6m mj=0.5 cjsw=0.4n mjsw=0.35 pb=0.9)"""
DIODE = ".model dm d(is=1e-14 n=1.1 rs=5 cjo=50f vj=0.8 tt=10p)"


class Deck(NamedTuple):
    """A netlist, the analysis that it asks for, and the signals by which results are compared."""

    text: str
    analysis: str
    signals: tuple[str, ...]


def deck(title: str, elements: list[str], analysis: str, *signals: str) -> Deck:
    """Cards put together; what is compared is all that is kept."""
    cards = [title, *elements, f".{analysis}", f".save {' '.join(signals)}", ".end", ""]
    return Deck("\n".join(cards), analysis.split(maxsplit=1)[0], signals)


def scattered(count: int, middle: float, seed: int = 1) -> list[str]:
    """Values within 20 % of one."""
    return [f"{v:.6g}" for v in middle * np.random.default_rng(seed).uniform(0.8, 1.2, count)]


def ladder(sections: int) -> Deck:
    """An RC line, driven by a step."""
    elements = ["v1 n0 0 pwl(0 0 0.1n 0 0.2n 1)"]
    for k, (r, c) in enumerate(zip(scattered(sections, 10.0), scattered(sections, 1e-12, 2), strict=True)):
        elements += [f"r{k} n{k} n{k + 1} {r}", f"c{k} n{k + 1} 0 {c}"]
    stop = 1e-8 if sections < 5000 else 4e-9
    middle = f"v(n{min(100, max(1, sections // 10))})"
    return deck(f"RC ladder of {sections}", elements, f"tran {stop / 1000:g} {stop:g}", "v(n1)", middle)


def mesh(side: int) -> Deck:
    """A square sheet of resistors, a capacitor at every node, fed at one corner."""
    elements = ["vs in 0 pulse(0 1 1n 0.2n 0.2n 40n 100n)", "rs in n0_0 50", f"rt n{side - 1}_{side - 1} 0 500"]
    values = iter(scattered(3 * side * side, 1.0))
    for i, j in product(range(side), repeat=2):
        right, down, store = (float(next(values)) for _ in range(3))
        elements.append(f"c{i}_{j} n{i}_{j} 0 {0.25e-12 * store:.6g}")
        elements += [f"rh{i}_{j} n{i}_{j} n{i}_{j + 1} {100 * right:.6g}"] if j + 1 < side else []
        elements += [f"rv{i}_{j} n{i}_{j} n{i + 1}_{j} {100 * down:.6g}"] if i + 1 < side else []
    step, stop = (2e-10, 1e-7) if side <= 50 else (2e-9, 1e-7)
    signals = ("v(n0_0)", f"v(n{side // 2}_{side // 2})", f"v(n{side - 1}_{side - 1})")
    return deck(f"RC mesh of {side} by {side}", elements, f"tran {step:g} {stop:g}", *signals)


def diode_grid(side: int) -> Deck:
    """A square sheet of resistors with a diode and a capacitor at every node."""
    elements = ["vs in 0 sin(0 5 10meg)", "rs in n0_0 50", DIODE]
    values = iter(scattered(2 * side * side, 200.0, 3))
    for i, j in product(range(side), repeat=2):
        elements += [f"d{i}_{j} n{i}_{j} 0 dm", f"c{i}_{j} n{i}_{j} 0 0.1p"]
        elements += [f"rh{i}_{j} n{i}_{j} n{i}_{j + 1} {next(values)}"] if j + 1 < side else []
        elements += [f"rv{i}_{j} n{i}_{j} n{i + 1}_{j} {next(values)}"] if i + 1 < side else []
    signals = ("v(n0_0)", f"v(n{side // 2}_{side // 2})", f"v(n{side - 1}_{side - 1})")
    return deck(f"diode grid of {side} by {side}", elements, "tran 0.5n 200n", *signals)


def ring(stages: int) -> Deck:
    """A ring oscillator of CMOS inverters, in which one edge goes round."""
    elements = ["vdd vdd 0 3.3", MODELS]
    elements += [f".ic v(r{k})={3.3 if k % 2 == 0 else 0}" for k in range(stages)]
    for k in range(stages):
        after = (k + 1) % stages
        elements += [
            f"mn{k} r{after} r{k} 0 0 nch w=2u l=0.6u",
            f"mp{k} r{after} r{k} vdd vdd pch w=5u l=0.6u",
            f"c{k} r{after} 0 10f",
        ]
    return deck(f"MOS ring of {stages}", elements, "tran 10p 10n uic", "v(r0)", f"v(r{stages // 2})")


def bridge() -> Deck:
    """A full-wave rectifier with a smoothing capacitor, five turns of the mains."""
    elements = ["v1 a b sin(0 10 50)", "rb b 0 1meg", "d1 a p dr", "d2 b p dr", "d3 q a dr", "d4 q b dr"]
    elements += ["c1 p q 100u", "rl p q 1k", "rq q 0 1k", ".model dr d(is=1e-12 rs=0.1 cjo=10p tt=1u)"]
    return deck("bridge rectifier", elements, "tran 100u 100m", "v(p)", "v(q)")


def crossbar(side: int) -> Deck:
    """A memory array: wires with resistance, a diode and a resistor at every crossing, at rest."""
    elements = [".model dx d(is=1e-12 n=1.2 rs=20)"]
    inputs, cells = np.random.default_rng(4).uniform(0.5, 1.5, side), iter(scattered(side * side, 20e3, 5))
    for i in range(side):
        elements += [f"v{i} in{i} 0 {inputs[i]:.6g}", f"rd{i} in{i} r{i}_0 25", f"vs{i} c{side - 1}_{i} 0 0"]
    for i, j in product(range(side), repeat=2):
        elements += [f"d{i}_{j} r{i}_{j} m{i}_{j} dx", f"x{i}_{j} m{i}_{j} c{i}_{j} cell r={next(cells)}"]
        elements += [f"rr{i}_{j} r{i}_{j} r{i}_{j + 1} 2"] if j + 1 < side else []
        elements += [f"rc{i}_{j} c{i}_{j} c{i + 1}_{j} 2"] if i + 1 < side else []
    elements += [".subckt cell a b r=1k", "r1 a b {r}", ".ends"]
    return deck(f"crossbar of {side} by {side}", elements, "op", *(f"i(vs{j})" for j in range(side)))


DECKS: dict[str, Callable[[], Deck]] = {
    **{f"ladder-{n}": partial(ladder, n) for n in (100, 1000, 10000)},
    **{f"mesh-{n}": partial(mesh, n) for n in (30, 100)},
    **{f"diodes-{n}": partial(diode_grid, n) for n in (10, 20, 30, 50)},
    **{f"ring-{n}": partial(ring, n) for n in (11, 51, 201)},
    "bridge": bridge,
    "crossbar-64": partial(crossbar, 64),
}
