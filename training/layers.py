"""What is trained: the parameters that `.train` cards mark, a layer each card, as one array of numbers.

A resistor is trained by its conductance, which currents are proportional to; anything else by its parameter. Numbers
are in units of their layer, so that one rate serves all. Parameters that are one number of the physics (the two
directions of a coupling) are tied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from .. import Circuit, UsageError
from ..trainable import marked, trainable


@dataclass(frozen=True)
class Layer:
    """Parameters that one card marks.

    name     the card's pattern
    places   which of the numbers are its
    """

    name: str
    places: slice


class Layers:
    """The trained numbers of a circuit.

    tied     pattern -> pattern: what follows what; `*` stands for the same text in both ("gf*.gain": "gb*.gain")
    names    of the parameters, "inst.parameter"
    layers   in the order of the cards
    low, high  bounds of the numbers
    Raises UsageError when the circuit has nothing to train, or no partner for what is tied.
    """

    def __init__(self, circuit: Circuit, tied: Mapping[str, str] | None = None):
        bounds = trainable(circuit)
        if not bounds:
            raise UsageError(
                f"{circuit.title!r} has no trainable parameter: mark some with a card such as "
                ".train r*.r min=100 max=1meg"
            )
        own = [name for name in bounds if "." not in name]
        if own:
            raise UsageError(
                f"{own[0]} is a parameter of the netlist, and methods train those of instances: mark what follows it"
            )
        self._circuit, self.names = circuit, list(bounds)
        self.layers = list(_layers(circuit))
        self._partners = _partners(circuit, self.names, tied or {})
        self.inverse = np.array([circuit.instances[n.rpartition(".")[0]].device.name == "r" for n in self.names])
        ends = np.array([bounds[n] for n in self.names], dtype=float).T
        with np.errstate(divide="ignore"):
            low, high = np.where(self.inverse, 1 / ends[::-1], ends)
        self.unit = np.ones(len(self.names))
        for layer in self.layers:
            reach = np.abs([low[layer.places], high[layer.places]])
            finite = reach[np.isfinite(reach)]
            if not finite.size or not np.isfinite(high[layer.places]).all() or not np.isfinite(low[layer.places]).all():
                raise UsageError(f"{layer.name} needs bounds: .train {layer.name} min=.. max=..")
            self.unit[layer.places] = finite.max()
        self.low, self.high = low / self.unit, high / self.unit

    def params(self, numbers: np.ndarray) -> dict[str, float]:
        """The parameters for these numbers, tied ones included."""
        found: dict[str, float] = {}
        scaled = numbers * self.unit
        for name, value, inverse in zip(self.names, scaled, self.inverse, strict=True):
            found[name] = float(1 / value if inverse else value)
            if name in self._partners:
                found[self._partners[name]] = found[name]
        return found

    def present(self) -> np.ndarray:
        """The numbers of the circuit as it stands, cut off at their bounds: a trained netlist has what was learned."""
        split = [name.rpartition(".") for name in self.names]
        values = np.array([float(self._circuit.instances[owner].settings[name]) for owner, _, name in split])
        with np.errstate(divide="ignore"):
            scaled = np.where(self.inverse, 1 / values, values) / self.unit
        return np.clip(scaled, self.low, self.high)

    def members(self) -> list[list[str]]:
        """The parameters that each number sets."""
        return [[n, self._partners[n]] if n in self._partners else [n] for n in self.names]

    def pulled_back(self, slopes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Derivatives by the numbers, from those by the parameters (numbers, ...); those of tied ones summed."""
        factor = np.where(self.inverse, -1 / (np.where(self.inverse, numbers, 1.0) ** 2 * self.unit), self.unit)
        found: np.ndarray = slopes * factor.reshape(-1, *[1] * (slopes.ndim - 1))
        return found

    def drawn(self, seed: int, spread: Mapping[str, float] | None = None) -> np.ndarray:
        """Numbers to begin with: normal about the middle of a layer's bounds, cut off at these.

        spread  standard deviation by layer, in units of half the distance between the bounds; 0.2 where not given
        """
        rng = np.random.default_rng(seed)
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        width = np.full(middle.size, 0.2)
        known = [layer.name for layer in self.layers]
        for name, value in (spread or {}).items():
            if name not in known:
                raise UsageError(f"no layer is called {name!r}: there are {', '.join(known)}")
            width[self.layers[known.index(name)].places] = value
        drawn = middle + width * half * rng.standard_normal(middle.size)
        return np.asarray(np.clip(drawn, self.low, self.high))


def _layers(circuit: Circuit) -> list[Layer]:
    found, begin = [], 0
    for card in circuit.training:
        count = len(marked(circuit, card))
        found.append(Layer(card.pattern, slice(begin, begin + count)))
        begin += count
    return found


def _partners(circuit: Circuit, names: list[str], tied: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for leader, follower in tied.items():
        before, _, after = leader.partition("*")
        matching = [n for n in names if fnmatchcase(n, leader)]
        if not matching:
            raise UsageError(f"nothing is trained that matches {leader}")
        for name in matching:
            partner = follower.replace("*", name[len(before) : len(name) - len(after)])
            if partner.rpartition(".")[0] not in circuit.instances:
                raise UsageError(f"{name} is tied to {partner}, which does not exist")
            found[name] = partner
    return found
