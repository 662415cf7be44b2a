"""Circuits that learn: how exact gradients are, how well they do, on other devices too, and what that takes.

python -m tests.benchmarks learning [fidelity | circles | digits] ...     (fidelity and circles by default)

fidelity  equilibrium propagation next to the exact gradient, layer by layer: cosine, relative error, and the order of
          the error in beta; (a) the network of resistors, diodes and amplifiers, (b) the Hopfield net
circles   accuracy on 100 test points: (a) and (b) by equilibrium propagation and by backpropagation, the mesh by
          backpropagation; of seed 0 also with parts that vary, noise and few bits, 20 draws each, and the energy
digits    accuracy on 359 test digits of (b) with 64 hidden neurons, next to one whose hidden layer is frozen, and to
          logistic regression
Figures are medians of seeds 0 to 4. The test points take no part in the choice of anything. The lattice of Kerr
resonators and reservoirs have benchmarks of their own, echo and reservoir.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence

import numpy as np

import tdsim
from tdsim.training import Adam, EquilibriumPropagation, Fidelity

from .learners import (
    digits_net,
    energy,
    hopfield,
    hopfield_by_model,
    mesh,
    resistive,
    resistive_by_model,
    robustness,
)

SEEDS = range(5)
BETAS = (0.1, 0.05, 0.025)


def fidelity() -> None:
    """Print how near the gradients are to the exact ones."""
    for label, make in (("(a) resistive", resistive), ("(b) hopfield", hopfield)):
        for symmetric in (False, True):
            found = [[_compared(make(seed, beta=beta), symmetric) for beta in BETAS] for seed in SEEDS]
            for layer in found[0][0].cosine:
                angle = np.median([[1 - f.cosine[layer] for f in some] for some in found], axis=0)
                error = np.array([[f.error[layer] for f in some] for some in found])
                orders = np.median(np.log2(error[:, :-1] / error[:, 1:]), axis=0)
                print(
                    f"{label:13} {'symmetric' if symmetric else 'one-sided'} {layer:9} 1 - cos "
                    f"{' '.join(f'{a:.1e}' for a in angle)}, error {' '.join(f'{e:.1e}' for e in np.median(error, 0))} "
                    f"at beta {' '.join(map(str, BETAS))}; order {orders[0]:.2f} {orders[1]:.2f}",
                    flush=True,
                )


def _compared(method: EquilibriumPropagation, symmetric: bool) -> Fidelity:
    method.symmetric = symmetric
    data = method.task.train
    return method.fidelity(data.inputs[:8], data.labels[:8])


def learn_circles() -> None:
    """Print accuracies on circles."""
    learned = {
        "(a) by equilibrium propagation": (resistive, 3, lambda: Adam(0.1), 12),
        "(b) by equilibrium propagation": (hopfield, 3, lambda: Adam(0.05, decay=0.99), 20),
        "(a) by backpropagation": (resistive_by_model, 0, lambda: Adam(0.1), 12),
        "(b) by backpropagation": (hopfield_by_model, 0, lambda: Adam(0.05, decay=0.99), 20),
        "mesh by backpropagation": (mesh, 0, lambda: Adam(0.06), 12),
    }
    for label, (make, phases, optimiser, epochs) in learned.items():
        scores, remarks, first = [], 0, None
        began = time.perf_counter()
        for seed in SEEDS:
            method = make(seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they are counted
                method.fit(optimiser(), epochs=epochs, batch=12)
            remarks += len(method.history.remarks)
            first = first or method
            scores.append(method.score())
        each = (time.perf_counter() - began) / len(SEEDS)
        told = " ".join(f"{s:.3f}" for s in scores)
        print(
            f"circles, {label}: median {np.median(scores):.3f} ({told}), {each:.0f} s each, {remarks} remarks",
            flush=True,
        )
        robustness(first)
        energy(first, phases)


def learn_digits() -> None:
    """Print accuracies on digits. Rate, beta and spreads were chosen on a part of the digits for training."""
    from sklearn.linear_model import LogisticRegression

    task = digits_net(0).task
    logistic = LogisticRegression(max_iter=2000).fit(task.train.inputs, task.train.labels)
    print(f"digits, logistic regression: {logistic.score(task.test.inputs, task.test.labels):.3f}", flush=True)
    for label, frozen in (("all layers", ()), ("hidden layer frozen", ("gi*.gain", "ih*.dc"))):
        scores = []
        for seed in SEEDS:
            began, method = time.perf_counter(), digits_net(seed)
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
    options = {"tmax": 200e-6, "step": 0.2e-6, "tol": 1e-5, "save": list(method.task.monitors), "return_state": True}
    shown, blank = (
        method.params() | method.held(method.task.encode(x) | dict.fromkeys(method.nudges, 0.0))
        for x in (data.inputs, 0 * data.inputs)
    )
    _, state = tdsim.settle(method.circuit, params=blank, **options)
    rest, _ = tdsim.settle(method.circuit, params=shown, state=state, **options)
    read = np.stack([rest[m].values[..., -1] for m in method.task.monitors], axis=1)
    away = np.abs(read - method.respond(data.inputs)).max()
    print(f"  shown a digit after none, it settles to outputs that are {away:.1e} V from these", flush=True)


def main(arguments: Sequence[str] = ()) -> int:
    """Print what is asked for."""
    known = {"fidelity": fidelity, "circles": learn_circles, "digits": learn_digits}
    if unknown := sorted(set(arguments) - set(known)):
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    for name in arguments or ("fidelity", "circles"):
        known[name]()
    return 0
