"""S and W: switches that a voltage or a current closes.

Models sw and csw have hysteresis. vswitch and iswitch (of PSpice) go smoothly from roff to ron while the control goes
from voff to von: with s from 0 to 1 in between and d = s - 1/2,

    ln R = (ln ron + ln roff)/2 + (ln ron - ln roff) (3 d/2 - 2 d^3)

Reference: PSpice Reference Guide, voltage-controlled switch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...behaviour import Behaviour, Constant, Signal, Term
from ..definitions import Model
from ..keywords import split
from ..problems import Problem
from ..scan import Card, Place
from ..values import read_text, render
from .line import Line, Site, refuse_more, take_keywords, take_nodes
from .models import ModelType, find_model, model_values
from .terms import operation


@dataclass(frozen=True)
class Switch:
    """The switches of one of the letters S and W. `control` is "v" (two nodes) or "i" (an element)."""

    device: str
    control: str
    hysteretic: ModelType
    smooth: ModelType

    @property
    def form(self) -> str:
        control = "node node" if self.control == "v" else "element"
        return f"the form is {self.device}name node node {control} model [on|off]"

    def read(self, card: Card) -> Line:
        positional, keywords = split(card, 1)
        take_keywords(card, keywords, (), self.form)
        count = 4 if self.control == "v" else 2
        nodes, rest = take_nodes(card, positional, count, self.form)
        element = None
        if self.control == "i":
            rest = [positional[2], *rest[1:]] if len(positional) > 2 else []
            element = read_text(card, rest.pop(0)) if rest else None
        if not rest:
            raise Problem(f"{card.words[0]}: the model is missing; {self.form}", Place(card, len(card.words)))
        state = card.words[rest[1]] if len(rest) > 1 else ""
        if state not in ("", "on", "off"):
            raise Problem(f"{card.words[0]}: {state!r} does not fit here; {self.form}", Place(card, rest[1]))
        refuse_more(card, rest[2:], self.form)
        where = {"model": rest[0], "control": positional[2]}
        extra = _Switch(read_text(card, rest[0]), state, element)
        return Line(card, self, card.words[0], nodes, {}, where, extra, tuple(positional[:count]))

    def place(self, site: Site) -> None:
        what, word = site.line.extra, site.line.where["model"]
        model = find_model(site, render(what.model, site.scope), word)
        if model.source.kind in self.smooth.types:
            self._place_smooth(site, model, word)
            return
        values: dict[str, object] = {**model_values(site, model, self.hysteretic, word)}
        if what.state:
            values["state"] = what.state
        for key in ("ron", "roff"):
            if site.multiplier != 1.0:
                values[key] = values.get(key, RESISTANCES[key]) / site.multiplier  # type: ignore[operator]
        instance = site.add(self.device, values)
        if self.control == "v":
            return

        def refer() -> None:
            other, copies = site.controller(what.element, site.line.where["control"])
            instance.references = (other.name,)
            for key in ("it", "ih"):
                instance.values[key] = instance.values.get(key, 0.0) * copies

        site.links.later(refer, site.context)

    def _place_smooth(self, site: Site, model: Model, word: int) -> None:
        given = {**_SMOOTH, **model_values(site, model, self.smooth, word)}
        if given["on"] == given["off"] or min(given["ron"], given["roff"]) <= 0:
            raise site.problem(f"model {model.name}: on and off must differ, and ron and roff be above zero", word)
        control: Term = Signal("v", site.nets[2:])
        if self.control == "i":
            control = Signal("i", (render(site.line.extra.element, site.scope),))
        resistance = smooth_resistance(control, given["on"], given["off"], given["ron"], given["roff"])
        root = operation("div", (Signal("v", site.nets[:2]), resistance))
        behaviour = Behaviour(root, f"model {model.name}", site.line.locate("model"))
        site.behave("i", behaviour, {}, "model", site.nets[:2])


@dataclass(frozen=True)
class _Switch:
    """What a line says besides its nodes."""

    model: object
    state: str
    element: object


def smooth_resistance(control: Term, on: float, off: float, ron: float, roff: float) -> Term:
    """The resistance of a switch of PSpice as a function of its control."""

    def of(name: str, *operands: Term) -> Term:
        return operation(name, operands)

    one, half = Constant(1.0), Constant(0.5)
    way = of("div", of("sub", control, Constant(off)), Constant(on - off))
    d = of("sub", of("max", Constant(0.0), of("min", one, way)), half)
    bend = of("sub", of("mul", Constant(1.5), d), of("mul", Constant(2.0), of("mul", d, of("mul", d, d))))
    middle, reach = math.log(ron * roff) / 2, math.log(ron / roff)
    return of("exp", of("add", Constant(middle), of("mul", Constant(reach), bend)))


RESISTANCES = {"ron": 1.0, "roff": 1e12}
"""ngspice's defaults."""
_SMOOTH = {"on": 1.0, "off": 0.0, "ron": 1.0, "roff": 1e6}
"""PSpice's defaults."""

S = Switch(
    "s",
    "v",
    ModelType(("sw",), {k: k for k in ("vt", "vh", "ron", "roff")}),
    ModelType(("vswitch",), {"von": "on", "voff": "off", "ron": "ron", "roff": "roff"}),
)
W = Switch(
    "w",
    "i",
    ModelType(("csw",), {k: k for k in ("it", "ih", "ron", "roff")}),
    ModelType(("iswitch",), {"ion": "on", "ioff": "off", "ron": "ron", "roff": "roff"}),
)
