"""A netlist that has been read, ready to become a circuit: as it stands, or with other values of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..circuit import Circuit
from ..errors import DEFINED, Diagnostics, nearest
from ..outputs import check_requests
from ..trainable import check_training
from .blocks import Block
from .context import Context
from .definitions import Parameters, read_definition
from .draws import Draws
from .elaborate import Elaborator, Enough, TooLarge
from .final_checks import (
    check_initial,
    check_measures,
    check_parts,
    check_settles,
    check_spans,
    check_steps,
    settle_sweeps,
)
from .problems import Problem, report
from .scan import Card, Piece, fold, is_sound
from .scope import Scope, Work
from .set_cards import apply_sets
from .source import Source
from .sweep_cards import check_draws, check_plan


@dataclass
class Recipe:
    """The structure of a netlist, and what it takes to make circuits of it.

    shared     the nets of all .global cards: they keep their name inside of subcircuits
    overrides  what `--set` gives: top-level parameters to the texts of expressions
    """

    source: Source
    text: str
    included: list[str]
    block: Block
    shared: set[str]
    overrides: dict[str, str]

    @property
    def parameters(self) -> set[str]:
        """The names of the top-level parameters, those in conditionals included."""
        return _parameter_names(self.block)

    def nominal(self, found: Diagnostics) -> Circuit:
        """The circuit as the netlist stands. Raises NetlistError with everything that is wrong in it."""
        draws = Draws()
        circuit = self._elaborated({}, draws, found)
        check_plan(circuit, self.parameters, self.overrides, found)
        check_draws(circuit, draws.seen, found)
        _finish(circuit, found)
        circuit.recipe = self
        return circuit

    def variant(
        self, values: Mapping[str, float], seed: int = 0, draw: int | None = None
    ) -> tuple[Circuit, dict[str, float]]:
        """The circuit with other values of top-level parameters, and what was drawn, by path.

        draw  which Monte Carlo draw; None for nominal values
        Raises NetlistError.
        """
        draws, found = Draws(seed, draw), Diagnostics()
        circuit = self._elaborated(dict(values), draws, found)
        circuit.sweep = None
        _finish(circuit, found)
        return circuit, draws.seen

    def _elaborated(self, values: dict[str, float], draws: Draws, found: Diagnostics) -> Circuit:
        circuit = Circuit(self.source.lines[0].strip())
        circuit.text, circuit.source, circuit.included = self.text, self.source.name, self.included
        scope = Scope(None, {**values}, partial(found.doubtful, DEFINED), work=Work(draws=draws))
        context = Context(scope, shared=self.shared)
        self._override(scope, found)
        elaborator = Elaborator(circuit, found)
        try:
            elaborator.run(self.block, context)
            elaborator.links.settle()
            elaborator.evaluate_all(context)
        except TooLarge as error:
            found.error(error.message, error.position)
        except RecursionError:
            found.error("subcircuits, loops and conditionals are nested too deeply in each other")
        except Enough:
            pass  # the errors that will be shown are all there
        circuit.parameters = {n: v for n, v in scope.values.items() if isinstance(v, float)}
        return circuit

    def _override(self, scope: Scope, found: Diagnostics) -> None:
        """Let `--set name=value` replace top-level parameters."""
        known = self.parameters
        for name, text in self.overrides.items():
            source = Source(f"--set {name}", text or " ", Path())
            card = Card(source, fold(text), (Piece(0, 0, 0),))
            key = name.lower()
            if key not in known and "." in key:
                found.error(_instance_parameter(name), source.position(0, 0))
            elif key not in known:
                found.error(f"the netlist has no parameter {name!r}{nearest(key, known)}", source.position(0, 0))
            elif not card.words:
                found.error("the value is missing: --set name=value", source.position(0, 0))
            elif is_sound(card, found):
                _fix(scope, key, card, found)


def _finish(circuit: Circuit, found: Diagnostics) -> None:
    """The checks that need the whole circuit. What may come from a card in error is not looked for in vain."""
    apply_sets(circuit, found)
    check_spans(circuit, found)
    check_initial(circuit, found)
    check_requests(circuit, found)
    check_measures(circuit, found)
    check_steps(circuit, found)
    check_parts(circuit, found)
    settle_sweeps(circuit, found)
    check_settles(circuit, found)
    check_training(circuit, found)
    circuit.finish(found)
    found.errors.sort(key=lambda e: (e.position.file, e.position.line, e.position.column) if e.position else ("", 0, 0))
    found.raise_if_errors()
    circuit.diagnostics.warnings += found.warnings


def _instance_parameter(name: str) -> str:
    key = name.rpartition(".")[2]
    return (
        f"{name!r} is a parameter of an instance, and only those of .param can be given here: write "
        f"{key}={{my_{key}}} on its line and .param my_{key}=... in the netlist, or use params= from Python"
    )


def _fix(scope: Scope, name: str, card: Card, found: Diagnostics) -> None:
    try:
        scope.define(name, read_definition(card, 0, len(card.words)))
        scope.fixed.add(name)
    except Problem as problem:
        report(problem, found)


def _parameter_names(block: Block) -> set[str]:
    """The names of the parameters that a block defines, those in its conditionals included."""
    cards = [d for d in block.definitions if isinstance(d, Parameters)]
    names = {name for card in cards for name, _ in card.given if isinstance(name, str)}
    for conditional in block.conditionals:
        names.update(*(_parameter_names(branch.body) for branch in conditional.branches))
    return names
