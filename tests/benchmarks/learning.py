"""Circuits that learn by equilibrium propagation: how exact the gradient is, and how well they do.

python -m tests.benchmarks learning [fidelity | circles | digits] ...     (fidelity and circles by default)

fidelity  1 - cosine and relative error of every layer next to the exact gradient, and the order of the error in beta
circles   accuracy on 100 test points of the resistive network, seeds 0 to 4, each next to 20 draws of 5 % variation
          and of noise of the monitors, and the energy of an inference
digits    accuracy on 359 test digits of the Hopfield net, next to one whose hidden layer is frozen, and to logistic
          regression, seeds 0 to 4
The test points take no part in the choice of anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np

import tdsim
from tdsim.training import Adam, EquilibriumPropagation, Hardware, Task, circles, digits, split

NETLISTS = files("tdsim.netlists") / "neuromorphic"
SEEDS = range(5)
DRAWS = 20


def resistive(seed: int, beta: float = 0.2, hardware: Hardware | None = None, **more: Any) -> EquilibriumPropagation:
    """The resistive network on circles."""
    rest, test = split(circles(300, 0), 1 / 3, 0)
    train = rest.take(slice(0, 120))
    task = Task(
        "circles", train, test, ["vx0", "vx1"], ["vt0", "vt1"], ["v(o0)", "v(o1)"], levels=(-0.3, 0.3), gain=4.0
    )
    return EquilibriumPropagation(
        tdsim.load(NETLISTS / "resistive.cir"),
        task,
        nudges=["vn0", "vn1"],
        beta=beta,
        amplified={"ra*.r": 16.0},
        spread={"ra*.r": 0.5, "rb*.r": 0.5},
        hardware=hardware,
        seed=seed,
        **more,
    )


def hopfield(
    seed: int,
    beta: float,
    inputs: int,
    hidden: int,
    outputs: int,
    task: Task,
    spread: float,
    couplings: float = 0.03,
    **more: Any,
) -> EquilibriumPropagation:
    """The Hopfield net on a task."""
    sizes = {"inputs": str(inputs), "hidden": str(hidden), "outputs": str(outputs)}
    return EquilibriumPropagation(
        tdsim.load(NETLISTS / "hopfield.cir", sizes),
        task,
        nudges=[f"vn{k}" for k in range(outputs)],
        beta=beta,
        activation={"uh*": "yh*", "uo*": "yo*"},
        tied={"gf*.gain": "gb*.gain"},
        spread={"gi*.gain": spread, "gf*.gain": couplings, "ih*.dc": 0.01, "io*.dc": 0.01},
        seed=seed,
        **more,
    )


def net_on_circles(seed: int, beta: float) -> EquilibriumPropagation:
    """The small Hopfield net."""
    train, test = split(circles(300, 0), 1 / 3, 0)
    task = Task("circles", train, test, ["vx0", "vx1"], ["vt0", "vt1"], ["v(yo0)", "v(yo1)"])
    return hopfield(seed, beta, 2, 6, 2, task, 0.2)


def fidelity() -> None:
    """Print how near the gradients are to the exact ones."""
    betas = (0.1, 0.05, 0.025)
    for label, make in (("resistive", resistive), ("hopfield", net_on_circles)):
        for symmetric in (False, True):
            found = []
            for beta in betas:
                method = make(0, beta=beta)
                method.symmetric = symmetric
                data = method.task.train
                found.append(method.fidelity(data.inputs[:8], data.labels[:8]))
            for layer in found[0].cosine:
                errors = np.array([f.error[layer] for f in found])
                order = np.log2(errors[:-1] / errors[1:])
                print(
                    f"{label:10} {'symmetric' if symmetric else 'one-sided':10} {layer:10} beta {betas[1]}: 1 - cos "
                    f"{1 - found[1].cosine[layer]:.1e}, error {errors[1]:.1e}, order {order[0]:.2f} {order[1]:.2f}",
                    flush=True,
                )


def learn_circles() -> None:
    """Print accuracies of the resistive network."""
    scores = []
    for seed in SEEDS:
        began, method = time.perf_counter(), resistive(seed)
        method.fit(Adam(0.1), epochs=12, batch=12)
        scores.append(method.score())
        print(f"circles, seed {seed}: {scores[-1]:.3f} in {time.perf_counter() - began:.0f} s", flush=True)
        if seed == 0:
            robustness(method)
            energy(method)
    print(f"circles, median: {np.median(scores):.3f}", flush=True)


def robustness(method: EquilibriumPropagation) -> None:
    """Print what a trained network does on other devices, and what an inference takes."""
    for label, kinds in (
        ("variation 5 %", [Hardware(variation=0.05, seed=s) for s in range(DRAWS)]),
        ("variation 20 %", [Hardware(variation=0.2, seed=s) for s in range(DRAWS)]),
        ("noise 10 mV", [Hardware(noise=0.01, seed=s) for s in range(DRAWS)]),
        ("noise 100 mV", [Hardware(noise=0.1, seed=s) for s in range(DRAWS)]),
    ):
        scores = []
        for hardware in kinds:
            other = resistive(0, hardware=hardware)
            other.numbers = method.numbers
            scores.append(other.score())
        low, middle = np.min(scores), np.median(scores)
        print(f"  {label}: median {middle:.3f}, worst {low:.3f} of {DRAWS} draws", flush=True)


def energy(method: EquilibriumPropagation) -> None:
    """Print what an inference and an update take: what resistors and diodes dissipate, until the circuit is at rest."""
    kinds = {"r", "d"}
    names = [f"@{i.name}[p]" for i in method.circuit.instances.values() if i.device.name in kinds]
    inputs = method.task.encode(method.task.test.inputs[:4])
    driven = method.params() | {f"{n}.{end}": value for n, value in inputs.items() for end in ("dc", "wave")}
    driven |= {f"{name}.{end}": 0.0 for name in method.nudges for end in ("dc", "wave")}
    rest = tdsim.fixed_point(method.circuit, step=20e-9, params=driven, save=names)
    power = float(np.mean(sum(rest[name].values for name in names)))
    way = tdsim.settle(method.circuit, tmax=50e-6, step=20e-9, tol=1e-3, params=driven, save=["v(o0)"])
    taken = float(np.mean(way.attrs["settle_time"]))
    products = sum(i.device.name == "r" for i in method.circuit.instances.values())
    print(
        f"  at rest {power:.2g} W, settled to 1e-3 in {taken:.2g} s: {power * taken:.2g} J an inference, "
        f"{3 * power * taken:.2g} J an update and example (three phases); {products} products and sums in digital",
        flush=True,
    )


def net_on_digits(seed: int, **more: Any) -> EquilibriumPropagation:
    """The Hopfield net with 64 hidden neurons."""
    train, test = split(digits(), 0.2, 0)
    names = [[f"{kind}{k}" for k in range(count)] for kind, count in (("vx", 64), ("vt", 10))]
    task = Task("digits", train, test, *names, [f"v(yo{k})" for k in range(10)])
    return hopfield(seed, 0.2, 64, 64, 10, task, 0.02, 0.01, **more)


def learn_digits() -> None:
    """Print accuracies on digits. Rate, beta and spreads were chosen on a part of the digits for training."""
    from sklearn.linear_model import LogisticRegression

    task = net_on_digits(0).task
    logistic = LogisticRegression(max_iter=2000).fit(task.train.inputs, task.train.labels)
    print(f"digits, logistic regression: {logistic.score(task.test.inputs, task.test.labels):.3f}", flush=True)
    hidden = ("gi*.gain", "ih*.dc")
    for label, frozen in (("all layers", ()), ("hidden layer frozen", hidden)):
        scores = []
        for seed in SEEDS:
            began, method = time.perf_counter(), net_on_digits(seed)
            history = method.fit(Adam(0.004, decay=0.9963), epochs=10, batch=24, frozen=frozen)
            scores.append(method.score())
            seconds, remarks = time.perf_counter() - began, len(history.remarks)
            print(f"digits, {label}, seed {seed}: {scores[-1]:.3f} in {seconds:.0f} s, {remarks} remarks", flush=True)
            if seed == 0:
                judge(method)
        print(f"digits, {label}, median: {np.median(scores):.3f}", flush=True)


def judge(method: EquilibriumPropagation, count: int = 4) -> None:
    """Print how near the gradient is to the exact one, and answers to those that are found by settling in time."""
    data = method.task.test.take(slice(0, count))
    found = method.fidelity(data.inputs, data.labels)
    print("  cosine:", *(f"{layer} {cosine:.6f}" for layer, cosine in found.cosine.items()), flush=True)
    timed = net_on_digits(method.seed, tmax=200e-6, step=0.5e-6)
    timed.numbers = method.numbers
    away = np.abs(timed.respond(data.inputs) - method.respond(data.inputs)).max()
    print(f"  settled in time, outputs are at most {away:.1e} V elsewhere", flush=True)


def main(arguments: Sequence[str] = ()) -> int:
    """Print what is asked for."""
    known = {"fidelity": fidelity, "circles": learn_circles, "digits": learn_digits}
    if unknown := sorted(set(arguments) - set(known)):
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    for name in arguments or ("fidelity", "circles"):
        known[name]()
    return 0
