"""A lattice of Kerr resonators that learns by echoes: how exact its kicks are, what loss does, and how well it learns.

python -m tests.benchmarks echo [fidelity | loss | devices | cells | stepping | static] ...     (all by default)

fidelity  1 - fidelity of the echo; 1 - cosine and relative error of each layer next to the exact gradient, raw and as
          the difference of +eta and -eta, of cells also by their own step, and that of heavy ones, where the kick of
          the position counts; medians of seeds 0 to 4
loss      cosine of both by the energy that is lost on the way there, for three strengths of the nudge
cells, stepping, static
          exclusive or, 500 iterations from seeds 0 to 9: what is told right before and after, and from when on; by
          cells whose momenta are read, by cells that step by themselves, by detunings and couplings
devices   what a trained lattice does where parts vary, and where readings are noisy, 20 draws each; one that is trained
          where it is; and the light that it takes
All of exclusive or is what there is to learn: there are no other examples to test with.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np

import tdsim
from tdsim.training import Adam, HamiltonianEcho, Hardware, Optimiser, Task, xor

NETLIST = files("tdsim.netlists") / "neuromorphic" / "kerr_lattice.cir"
NS, FJ = 1e-9, 1e-15
SWING = 0.4 * FJ
DATA = xor()
DRAWS = 20
ITERATIONS = 500


def lattice(cells: bool, seed: int, inside: float = 0.0, **more: Any) -> HamiltonianEcho:
    """The shipped lattice on exclusive or; its cells learn, or its detunings and couplings."""
    circuit = tdsim.load(NETLIST, {"cells": str(int(cells)), "inside": repr(inside)})
    task = Task(
        "xor", DATA, DATA, ["xin1.detuning", "xin2.detuning"], [], ["x(xr3.cavity)", "x(xr5.cavity)"],
        levels=(0.0, SWING), gain=100e6,
    )  # fmt: skip
    spread = {"x(*.position)": 0.3} if cells else {"xr*.detuning": 0.3, "k*.j": 0.3}
    options = {"stop": 10 * NS, "step": 0.1 * NS, "spread": spread, "seed": seed, "reach": 3.0, **more}
    return HamiltonianEcho(circuit, task, **options)


def whole(method: HamiltonianEcho) -> tuple[float, float]:
    """Cosine and relative error of the whole gradient, in units of the layers."""
    found, exact = (ask(DATA.inputs, DATA.labels) for ask in (method.gradient, method.exact))
    cosine = found @ exact / np.linalg.norm(found) / np.linalg.norm(exact)
    return float(cosine), float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def fidelity() -> None:
    """Print how near the kicks are to the exact gradient."""
    for label, (cells, more) in {**KINDS, "heavy": (True, {"mass": FJ})}.items():
        for symmetric in (False, True):
            layers: dict[str, list[tuple[float, float]]] = {}
            lost = []
            for seed in range(5):
                method = lattice(cells, seed, symmetric=symmetric, **more, step=0.05 * NS)
                found = method.fidelity(DATA.inputs, DATA.labels)
                lost.append(method.echo(DATA.inputs, DATA.labels).infidelity)
                for name in found.cosine:
                    layers.setdefault(name, []).append((1 - found.cosine[name], found.error[name]))
            for name, figures in layers.items():
                apart, error = np.median(figures, axis=0)
                print(
                    f"{label:8} {name:14} {'+eta and -eta' if symmetric else 'raw':14} 1 - cos {apart:.1e}, "
                    f"error {error:.1e}; echo: 1 - fidelity at most {max(lost):.1e}",
                    flush=True,
                )


def loss() -> None:
    """Print what loss does to the kicks."""
    for inside in (0.0, 2e5, 2e6, 2e7):
        for turn in (0.005, 0.02, 0.1):
            found = []
            for symmetric in (False, True):
                cosines, biases = [], []
                for seed in range(5):
                    method = lattice(True, seed, inside, symmetric=symmetric, strict=False, eta=turn / SWING)
                    cosines.append(_quietly(method))
                    biases.append(method.echo(DATA.inputs, DATA.labels).bias)
                found.append(np.median(cosines))
            print(
                f"gamma T {inside * 10 * NS:.0e}, nudge {turn} rad: cosine raw {found[0]:.4f}, +eta and -eta "
                f"{found[1]:.6f}; without a nudge the echo leaves {np.median(biases):.1e} of the kick",
                flush=True,
            )


def _quietly(method: HamiltonianEcho) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return whole(method)[0]


KINDS: dict[str, tuple[bool, dict[str, Any]]] = {
    "cells": (True, {}),
    "stepping": (True, {"mass": 0.02 * FJ}),
    "static": (False, {}),
}
"""What learns: cells whose momenta are read, cells that step by themselves, or detunings and couplings."""


def trained(method: HamiltonianEcho, iterations: int) -> int | None:
    """Train, and the iteration from which on all is told right; cells that have a mass step as far as they do."""
    optimiser = Adam(0.03, small=1e-60) if method.mass is None else Optimiser(method.own_rate)
    method.fit(optimiser, iterations, batch=4)
    wrong = np.flatnonzero([r["accuracy"] < 1 for r in method.history.records])
    last = int(wrong[-1]) + 1 if wrong.size else 0
    return last + 1 if last < iterations else None


def learn_xor(label: str) -> None:
    """Print how many of ten seeds learn exclusive or."""
    before, after, firsts, began = [], [], [], time.perf_counter()
    for seed in range(10):
        cells, more = KINDS[label]
        method = lattice(cells, seed, **more)
        before.append(method.score())
        first = trained(method, ITERATIONS)
        after.append(method.score())
        firsts += [] if first is None else [first]
        costs = [method.history.records[k]["cost"] for k in (0, -1)]
        print(
            f"xor, {label}, seed {seed}: told right {before[-1]:.2f} before, {after[-1]:.2f} after; all of it from "
            f"iteration {first} on; cost {costs[0]:.1e} to {costs[1]:.1e} J2",
            flush=True,
        )
    print(
        f"xor, {label}: {after.count(1.0)} of 10 seeds right after {ITERATIONS} iterations, {before.count(1.0)} "
        f"before; from iteration {np.median(firsts) if firsts else np.nan:.0f} on (median); "
        f"{time.perf_counter() - began:.0f} s",
        flush=True,
    )


def devices() -> None:
    """Print what other devices do, with what one has learned and after learning themselves, and the light it takes."""
    for label, cells in (("cells", True), ("static", False)):
        methods = [lattice(cells, seed) for seed in range(5)]
        for method in methods:
            trained(method, 200)
        print(f"{label}: trained for 200 iterations: {_figures([m.score() for m in methods], 'seeds')}", flush=True)
        for name, kind in (
            ("variation", 0.01),
            ("variation", 0.03),
            ("variation", 0.1),
            ("noise", 0.01),
            ("noise", 0.1),
        ):
            scale = SWING if name == "noise" else 1.0
            drawn = [Hardware(**{name: kind * scale, "seed": s}) for s in range(DRAWS)]
            scores = []
            for hardware in drawn:
                other = lattice(cells, 0, hardware=hardware)
                other.numbers = methods[0].numbers
                scores.append(other.score())
            print(f"  {name} {100 * kind:g} %: {_figures(scores, 'draws')}", flush=True)
        _in_place(cells)
        _light(methods[0])


def _in_place(cells: bool) -> None:
    """Lattices with 10 % variation that are trained as they are; and with noisy readings."""
    varied, noisy = [], []
    for seed in range(5):
        method = lattice(cells, 0, hardware=Hardware(variation=0.1, seed=seed))
        trained(method, 100)
        varied.append(method.score())
        method = lattice(cells, 0, hardware=Hardware(noise=0.01 * SWING, seed=seed), eta=0.2 / SWING)
        cosine = whole(method)[0]
        trained(method, 100)
        noisy.append(method.score())
    print(f"  trained in place, 100 iterations: variation 10 %: {_figures(varied, 'devices')}", flush=True)
    print(
        f"  noise 1 %, nudge 0.2 rad: cosine of the first gradient {cosine:.3f}; {_figures(noisy, 'devices')}",
        flush=True,
    )


def _figures(scores: list[float], what: str) -> str:
    return f"told right: median {np.median(scores):.2f}, worst {np.min(scores):.2f} of {len(scores)} {what}"


def _light(method: HamiltonianEcho) -> None:
    """The energy of an inference and of an update: the light that is put in, for each way there."""
    circuit = method.circuit
    light = sum(abs(value) ** 2 for name, value in circuit.initial.items() if name.endswith(".cavity)"))
    cavities = sum(i.device.name == "resonator" for i in circuit.instances.values())
    photon = 6.62607015e-34 * 299792458.0 / circuit.carriers[0]
    inside = 2e5
    print(
        f"  light: {light:.1e} J ({light / photon:.0f} photons) an inference; an update and example takes two ways "
        f"there and back, {2 * light:.1e} J; lossless cavities give it back, with gamma = {inside:.0e}/s an inference "
        f"dissipates {light * -np.expm1(-inside * 10 * NS):.1e} J; a digital split step of order 4 takes "
        f"{100 * 6 * 4 * cavities**2} products",
        flush=True,
    )


def main(arguments: Sequence[str] = ()) -> int:
    """Print what is asked for."""
    known: dict[str, Callable[[], None]] = {"fidelity": fidelity, "loss": loss, "devices": devices}
    known |= {label: partial(learn_xor, label) for label in KINDS}
    if unknown := sorted(set(arguments) - set(known)):
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    for name in arguments or known:
        known[name]()
    return 0
