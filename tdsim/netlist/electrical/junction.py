"""D: `dname anode cathode model [area] [off] [parameter=value ...]`."""

from __future__ import annotations

from dataclasses import dataclass

from ..keywords import split
from ..problems import Problem
from ..scan import Card, Place
from ..values import Text, read_text, read_word, render
from .line import Line, Site, read_one, refuse_more, take_keywords, take_nodes
from .models import ModelType, find_model, model_values


@dataclass(frozen=True)
class Semiconductor:
    """The elements of a letter that takes nodes, a model and an area.

    nodes      how many
    instance   parameters that the line may give
    model      the model types and their parameters
    """

    device: str
    nodes: int
    instance: tuple[str, ...]
    model: ModelType

    @property
    def form(self) -> str:
        return f"the form is {self.device}name {'node ' * self.nodes}model [area] [off] [parameter=value ...]"

    def read(self, card: Card) -> Line:
        positional, keywords = split(card, 1)
        nodes, rest = take_nodes(card, positional, self.nodes, self.form)
        if not rest:
            raise Problem(f"{card.words[0]}: the model is missing; {self.form}", Place(card, len(card.words)))
        taken = take_keywords(card, keywords, self.instance, self.form)
        extra = _Model(read_text(card, rest[0]), any(card.words[i] == "off" for i in rest[1:]))
        line = Line(card, self, card.words[0], nodes, {}, {"model": rest[0]}, extra, tuple(positional[: self.nodes]))
        for key, keyword in taken.items():
            line.given[key], line.where[key] = read_one(card, keyword), keyword.first
        more = [i for i in rest[1:] if card.words[i] != "off"]
        if more and "area" not in line.given:
            line.given["area"], line.where["area"] = read_word(card, more[0]), more[0]
            more = more[1:]
        refuse_more(card, more, self.form)
        return line

    def place(self, site: Site) -> None:
        what, word = site.line.extra, site.line.where["model"]
        model = find_model(site, render(what.model, site.scope), word)
        values: dict[str, object] = {**model_values(site, model, self.model, word)}
        values |= site.numbers(site.line.given)
        if what.off:
            values["off"] = 1.0
        if site.multiplier != 1.0:
            values["m"] = float(values.get("m", 1.0)) * site.multiplier  # type: ignore[arg-type]
        site.add(self.device, values)


@dataclass(frozen=True)
class _Model:
    """The name of the model, and whether the search for the operating point starts with the element off."""

    model: str | Text
    off: bool


_DIODE = ("is", "n", "rs", "cjo", "vj", "tt", "bv", "ibv", "eg", "xti", "fc", "tnom")

DIODE = Semiconductor(
    "d",
    2,
    ("area", "m", "temp", "dtemp", "ic"),
    ModelType(
        ("d",),
        {
            **{name: name for name in _DIODE},
            **{"cj0": "cjo", "cj": "cjo", "pb": "vj", "m": "mj", "mj": "mj", "js": "is", "tref": "tnom"},
        },
        frozenset(("kf", "af", "fv_max", "bv_max", "id_max", "pd_max", "te_max")),
        frozenset(
            (
                *("jsw", "cjsw", "cjp", "mjsw", "vjsw", "php", "ns", "ik", "ikf", "ikr", "nbv", "nz", "area", "pj"),
                *("isr", "nr", "tlev", "tlevc", "trs", "trs1", "trs2", "tm1", "tm2", "ttt1", "ttt2", "cta", "ctc"),
                *("ctp", "tpb", "tvj", "tphp", "tcv", "jtun", "jtunsw", "ntun", "xtitun", "keg", "rth0", "cth0"),
                *("lm", "lp", "wm", "wp", "xom", "xoi", "xm", "xp", "xw", "l", "w", "perim", "vp", "qp"),
            )
        ),
        {"level": 1.0},
    ),
)  # fmt: skip
