"""NARMA10 by delay reservoirs of 50, 200 and 400 nodes, and bits that differ by the swirl of 16, stepped in time.

Gain, scale and bias were chosen on validation sequences (seeds from 100 on, `--search` does it again); the penalty of
the readout on a part of the training sequence that is set aside; the errors are those of test sequences that took no
part in either. Each seed has its own mask and sequences. `--devices` puts what seed 0 has learned onto other devices.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

import tdsim
from tdsim.training import Reservoir, delayed_xor, narma10
from tdsim.training.readout import normalised_error

from ..training.test_reservoir import swirl

SETTINGS = {50: (0.85, 0.1, 0.0), 200: (0.75, 0.25, 0.1), 400: (0.8, 0.22, 0.08)}
"""Gain, scale (rad for each unit of the input) and bias (rad), by the number of nodes."""

CANDIDATES = [(0.85, 0.1, 0.0), (0.95, 0.06, 0.0), (0.75, 0.25, 0.1), (0.85, 0.19, 0.05)]
ASKED = {50: 0.18, 200: 0.06, 400: 0.04}
DRAWS = 20
TRAINING, TEST, SHORT, WASHOUT = 3200, 1200, 600, 200


def reservoir(nodes: int, seed: int, gain: float, scale: float, bias: float) -> Reservoir:
    """A delay reservoir with a random mask of signs."""
    parameters = {"nodes": str(nodes), "gain": repr(float(gain)), "bias": repr(bias - scale / 2)}
    circuit = tdsim.load(files("tdsim.netlists") / "neuromorphic" / "delay_reservoir.cir", parameters)
    mask = np.random.default_rng(seed).choice([-1.0, 1.0], nodes)
    light = {"scale": scale * 1e-3, "offset": scale * 0.5e-3}
    return Reservoir(
        circuit, sources=["xdata"], signals=["v(x)"], slot=10e-12, mask=mask, washout=WASHOUT, **light
    )  # fmt: skip


def searched(nodes: int) -> tuple[float, float, float]:
    """The candidate with the least error on a validation sequence."""
    training, validation = narma10(TRAINING, 100), narma10(TEST, 101)
    errors = [reservoir(nodes, 100, *c).fit(*training).error(*validation) for c in CANDIDATES]
    for candidate, error in zip(CANDIDATES, errors, strict=True):
        print(f"  validation: gain {candidate[0]}, scale {candidate[1]}, bias {candidate[2]}: {error:.4f}", flush=True)
    return CANDIDATES[int(np.argmin(errors))]


def test_error(nodes: int, seed: int, settings: tuple[float, float, float]) -> float:
    """NMSE of one seed's reservoir on its test sequence."""
    return reservoir(nodes, seed, *settings).fit(*narma10(TRAINING, seed)).error(*narma10(TEST, 1000 + seed))


def devices(nodes: int, settings: tuple[float, float, float]) -> None:
    """Print what the readout of seed 0 is worth on other devices, and the light that an input takes."""
    gain, *others = settings
    inputs, targets = narma10(SHORT, 1000)
    trained = reservoir(nodes, 0, *settings).fit(*narma10(TRAINING, 0))
    for part in (0.005, 0.02):
        errors = []
        for factor in 1 + part * np.random.default_rng(0).standard_normal(DRAWS):
            other = reservoir(nodes, 0, gain * factor, *others)
            other.readout = trained.readout
            errors.append(other.error(inputs, targets))
        print(f"  gain that varies by {100 * part:g} %: {_figures(errors)}", flush=True)
    states, span = trained.respond(inputs), float(np.ptp(trained.respond(inputs)))
    for noise in (0.001, 0.01):
        rngs = [np.random.default_rng(seed) for seed in range(DRAWS)]
        errors = [_error(trained, states + noise * span * r.standard_normal(states.shape), targets) for r in rngs]
        print(f"  noise of {100 * noise:g} % of the range of the nodes: {_figures(errors)}", flush=True)
    for bits in (6, 8, 10):
        level = span / (2**bits - 1)
        print(f"  {bits} bits: NMSE {_error(trained, np.round(states / level) * level, targets):.3f}", flush=True)
    power = 2e-3 + float(np.mean(trained.encode(inputs) ** 2))
    each = power * nodes * 10e-12
    print(f"  light: {power:.2g} W, {each:.2g} J an input; the readout's {nodes} products are digital", flush=True)


def _error(trained: Reservoir, states: np.ndarray, targets: np.ndarray) -> float:
    return normalised_error(trained.readout.predict(states)[WASHOUT:], targets[WASHOUT:])


def _figures(errors: list[float]) -> str:
    return f"NMSE median {np.median(errors):.3f}, worst {max(errors):.3f} of {len(errors)} draws"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks reservoir", description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--devices", action="store_true", help="other devices, noise, few bits, and the light it takes")
    parser.add_argument("--search", action="store_true", help="choose gain, scale and bias anew")
    chosen = parser.parse_args(arguments)
    for nodes in chosen.nodes:
        began = time.perf_counter()
        settings = searched(nodes) if chosen.search else SETTINGS[nodes]
        errors = []
        for seed in range(chosen.seeds):
            errors.append(test_error(nodes, seed, settings))
            print(f"  {nodes} nodes, seed {seed}: {errors[-1]:.4f}", flush=True)
        seconds = time.perf_counter() - began
        print(f"NARMA10, {nodes} nodes: median NMSE {np.median(errors):.4f} (asked: {ASKED[nodes]}), {seconds:.0f} s")
        if chosen.devices:
            devices(nodes, settings)
    bits, wanted = delayed_xor(1020, 1)
    found = swirl(washout=20).fit(*delayed_xor(1020, 0)).predict(bits) > 0.5
    print(f"swirl of 16: {int((found != wanted)[20:].sum())} of 1000 bits wrong")
    return 0
