"""How the energy of a circuit depends on its parts: what equilibrium propagation measures, from voltages alone.

In a circuit of resistors, diodes and sources the equilibrium is where the co-content, sum of int i dv, is stationary
(Millar); in a Hopfield net it is where Hopfield's energy is, which is one of the activations y:

    resistor         v^2 / (2 r)           by r: -v^2 / (2 r^2)
    current source   i (v_p - v_n)         by i: v_p - v_n
    coupling         gain (y_p - y_n) v_c  by gain: the same, half of it where the control is a neuron, too: each of
                                           the two directions has one half of the energy of a coupling

Sources: W. Millar, Phil. Mag. 42, 1150 (1951); J. J. Hopfield, Proc. Natl. Acad. Sci. 81, 3088 (1984); J. Kendall et
al., arXiv:2006.01981 (resistive networks).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import Circuit, UsageError

Volts = Callable[[str], Any]
"""The voltage of a node."""

GROUND = ("0", "gnd")

KNOWN = {("r", "r"), ("i", "dc"), ("g", "gain")}
"""Devices and their parameters whose energy is known."""


class Energies:
    """The derivatives of the energy by parameters "inst.parameter".

    activation   node -> node: whose voltage stands for that of a neuron's node in the energy
    Raises UsageError for a parameter whose energy is not known, and for neurons whose activation is not given.
    """

    def __init__(self, circuit: Circuit, names: list[str], activation: Mapping[str, str]):
        self._seen = activation
        self._neurons = set(activation.values())
        self._rules = [self._rule(circuit, name) for name in names]
        _refuse_hidden_neurons(circuit, [name.rpartition(".")[0] for name in names], activation)
        nodes = {node for _, used, _ in self._rules for node in used}
        self.nodes = sorted(nodes - set(GROUND))

    def slopes(self, volts: Mapping[str, np.ndarray], params: Mapping[str, float]) -> np.ndarray:
        """dE/dparameter, (parameters, runs), from voltages (runs,) by node, and the values of the parameters."""
        some = next(iter(volts.values()))
        at = {**volts, **{ground: np.zeros_like(some) for ground in GROUND}}
        return np.array([rule([at[node] for node in nodes], params[name]) for name, nodes, rule in self._rules])

    def _rule(self, circuit: Circuit, name: str) -> tuple[str, list[str], Callable[[list[Any], float], Any]]:
        """A parameter, the nodes that its slope is made of, and how."""
        instance, _, parameter = name.rpartition(".")
        device, nets = circuit.instances[instance].device.name, circuit.instances[instance].nets
        if (device, parameter) not in KNOWN:
            raise UsageError(
                f"{name} cannot be trained by equilibrium propagation, which knows the energy of r.r, i.dc and g.gain"
            )
        p, n = nets["p"], nets["n"]
        if (device, parameter) == ("r", "r"):
            return name, [p, n], lambda v, r: -((v[0] - v[1]) ** 2) / (2 * r**2)
        seen = [self._seen.get(p, p), self._seen.get(n, n)]
        if (device, parameter) == ("i", "dc"):
            return name, seen, lambda v, _: v[0] - v[1]
        control = [nets["cp"], nets["cn"]]
        part = 0.5 if self._neurons & set(control) else 1.0
        return name, seen + control, lambda v, _: part * (v[0] - v[1]) * (v[2] - v[3])


def _refuse_hidden_neurons(circuit: Circuit, trained: list[str], activation: Mapping[str, str]) -> None:
    """Raise UsageError where a node that couplings lead to is a neuron's, and what it makes controls others."""
    couplings = [circuit.instances[name].nets for name in trained if circuit.instances[name].device.name == "g"]
    reached = {nets[port] for nets in couplings for port in ("p", "n")} - {*GROUND, *activation}
    controls = {nets[port] for nets in couplings for port in ("cp", "cn")} - {*GROUND}
    for instance in circuit.instances.values():
        made = controls & set(instance.nets.values())
        watched = {node for value in instance.settings.values() for node in _nodes_of(getattr(value, "root", None))}
        for node in sorted(watched & reached) if made and instance.device.name == "b" else ():
            seen = min(made)
            raise UsageError(
                f"{node} is the node of a neuron: {instance.name} makes {seen} of it, which couplings are controlled "
                f'by, and the energy is one of {seen}: give activation={{"{node}": "{seen}"}}, * standing for any text'
            )


def _nodes_of(term: Any) -> set[str]:
    """The nodes that an expression reads."""
    own = set(term.names) if getattr(term, "kind", "") == "v" else set()
    return own.union(*(_nodes_of(operand) for operand in getattr(term, "operands", ())))
