"""The circuits that learn in benchmarks, and what all of them are asked: accuracy on other devices, and energy."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

import tdsim
from tdsim.training import Backpropagation, EquilibriumPropagation, Hardware, Method, Task, circles, digits, split

NETLISTS = files("tdsim.netlists") / "neuromorphic"
DRAWS = 20
VARIATIONS, NOISES, BITS = (0.05, 0.1, 0.2), (0.03, 0.1, 0.3), (2, 4, 6)
"""Relative variation of trained parts; noise of a reading, relative to the distance of the levels; resolutions."""

ELECTRIC = {"spread": {"ra*.r": 0.5, "rb*.r": 0.5}}
COUPLED = {"tied": {"gf*.gain": "gb*.gain"}}


def circles_task(sources: list[str], targets: list[str], monitors: list[str], **more: Any) -> Task:
    """120 points to learn from, and 100 others."""
    rest, test = split(circles(300, 0), 1 / 3, 0)
    return Task("circles", rest.take(slice(0, 120)), test, sources, targets, monitors, **more)


def resistors() -> tuple[tdsim.Circuit, Task]:
    """The network of resistors, diodes and bidirectional amplifiers (a)."""
    places = ["vx0", "vx1"], ["vt0", "vt1"], ["v(o0)", "v(o1)"]
    return tdsim.load(NETLISTS / "resistive.cir"), circles_task(*places, levels=(-0.3, 0.3), gain=4.0)


def neurons() -> tuple[tdsim.Circuit, Task]:
    """The small Hopfield net (b)."""
    places = ["vx0", "vx1"], ["vt0", "vt1"], ["v(yo0)", "v(yo1)"]
    return tdsim.load(NETLISTS / "hopfield.cir"), circles_task(*places)


def resistive(seed: int, beta: float = 0.2, **more: Any) -> EquilibriumPropagation:
    """(a) by equilibrium propagation."""
    options = {"nudges": ["vn0", "vn1"], "amplified": {"ra*.r": 16.0}, **ELECTRIC}
    return EquilibriumPropagation(*resistors(), beta=beta, seed=seed, **options, **more)


def hopfield(seed: int, beta: float = 0.2, **more: Any) -> EquilibriumPropagation:
    """(b) by equilibrium propagation."""
    options = {"nudges": ["vn0", "vn1"], "activation": {"uh*": "yh*", "uo*": "yo*"}, **COUPLED}
    spread = {"gi*.gain": 0.2, "gf*.gain": 0.05, "ih*.dc": 0.01, "io*.dc": 0.01}
    return EquilibriumPropagation(*neurons(), beta=beta, seed=seed, spread=spread, **options, **more)


def resistive_by_model(seed: int, **more: Any) -> Backpropagation:
    """(a) by backpropagation."""
    return Backpropagation(*resistors(), seed=seed, **ELECTRIC, **more)


def hopfield_by_model(seed: int, **more: Any) -> Backpropagation:
    """(b) by backpropagation."""
    spread = {"gi*.gain": 0.2, "gf*.gain": 0.05, "ih*.dc": 0.01, "io*.dc": 0.01}
    return Backpropagation(*neurons(), seed=seed, spread=spread, **COUPLED, **more)


def mesh(seed: int, **more: Any) -> Backpropagation:
    """The mesh of interferometers with two detectors, by backpropagation in time."""
    task = circles_task(
        ["xx.field", "xy.field"], [], ["p(o0)", "p(o1)"], levels=(0.1e-3, 0.4e-3), gain=float(np.sqrt(1e-3))
    )
    circuit = tdsim.load(NETLISTS / "photonic_classifier.cir")
    return Backpropagation(circuit, task, stop=20e-12, step=1e-12, begin=16e-12, seed=seed, **more)


def digits_net(seed: int, **more: Any) -> EquilibriumPropagation:
    """The Hopfield net with 64 hidden neurons on digits. Spreads were chosen on a part of the training digits."""
    train, test = split(digits(), 0.2, 0)
    names = [[f"{kind}{k}" for k in range(count)] for kind, count in (("vx", 64), ("vt", 10))]
    task = Task("digits", train, test, *names, [f"v(yo{k})" for k in range(10)])
    return EquilibriumPropagation(
        tdsim.load(NETLISTS / "hopfield.cir", {"inputs": "64", "hidden": "64", "outputs": "10"}),
        task,
        nudges=[f"vn{k}" for k in range(10)],
        beta=0.2,
        activation={"uh*": "yh*", "uo*": "yo*"},
        spread={"gi*.gain": 0.02, "gf*.gain": 0.01, "ih*.dc": 0.01, "io*.dc": 0.01},
        seed=seed,
        **COUPLED,
        **more,
    )


def robustness(method: Method) -> None:
    """Print what a trained circuit does on other devices: parts that vary, noise and resolution of the monitors."""
    low, high = method.task.levels
    reach = float(np.abs(method.respond(method.task.train.inputs)).max())
    kinds = [(f"variation {100 * v:g} %", {"variation": v}) for v in VARIATIONS]
    kinds += [(f"noise {100 * n:g} %", {"noise": n * (high - low)}) for n in NOISES]
    kinds += [(f"{b} bits", {"bits": b, "range": reach}) for b in BITS]
    for label, given in kinds:
        scores = method.scores(Hardware(**given, seed=seed) for seed in range(1 if "bits" in given else DRAWS))
        worst = f", worst {scores.min():.3f} of {DRAWS} draws" if scores.size > 1 else ""
        print(f"  {label}: median {np.median(scores):.3f}{worst}", flush=True)


def energy(method: Method, phases: int) -> None:
    """Print what an inference takes, and the circuit's part in an update (`phases` inferences an example)."""
    inputs = method.task.test.inputs[:8]
    power, taken, what = _lit(method, inputs) if method.task.unit == "W" else _electric(method, inputs)
    each = power * taken
    print(f"  {what}: {power:.2g} W for {taken:.2g} s, {each:.2g} J an inference; {_update(each, phases)}", flush=True)


def _update(each: float, phases: int) -> str:
    if not phases:
        return "an update is computed from a model, and takes nothing of the circuit"
    return f"{phases * each:.2g} J an update and example ({phases} phases)"


def _electric(method: Method, inputs: np.ndarray) -> tuple[float, float, str]:
    """What resistors and diodes dissipate at rest (W), and how long it takes to come there from nothing (s)."""
    names = [f"@{i.name}[p]" for i in method.circuit.instances.values() if i.device.name in ("r", "d")]
    driven = method.params() | method.held(method.task.encode(inputs))
    driven |= method.held(dict.fromkeys(getattr(method, "nudges", ["vn0", "vn1"]), 0.0))
    rest = tdsim.fixed_point(method.circuit, step=20e-9, params=driven, save=names)
    power = float(np.mean(sum(rest[name].values for name in names)))
    way = tdsim.settle(
        method.circuit, tmax=200e-6, step=50e-9, tol=1e-3, params=driven, save=list(method.task.monitors)
    )
    return power, float(np.mean(way.attrs["settle_time"])), "resistors and diodes, until settled to 1e-3"


def _lit(method: Method, inputs: np.ndarray) -> tuple[float, float, str]:
    """The light that a mesh without loss takes (W), and for how long (s)."""
    driven, outputs = method.params() | method.held(method.task.encode(inputs)), [f"p(o{k})" for k in range(4)]
    found = tdsim.transient(method.circuit, stop=20e-12, step=1e-12, params=driven, save=outputs)
    return float(np.mean(sum(found[o].values[..., -1] for o in outputs))), 20e-12, "light"
