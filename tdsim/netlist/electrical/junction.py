"""Elements with a .model of a semiconductor:

dname anode cathode model [area] [off] [parameter=value ...]
qname collector base emitter [substrate] model [area] [off] [parameter=value ...]
jname drain gate source model [area] [off] [parameter=value ...]
mname drain gate source bulk model [off] [parameter=value ...]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..keywords import Keyword, plain_words, split
from ..problems import Problem
from ..scan import Card, Place
from ..values import read_text, read_word, render
from .line import Line, Site, is_number, read_one, refuse_more, take_keywords, take_nodes
from .models import ModelType, find_model, model_values


@dataclass(frozen=True)
class Semiconductor:
    """The elements of a letter that takes nodes and a model.

    nodes      how many; one more may follow where there is a `substrate`, which is ground where it does not
    instance   parameters that the line may give
    model      the model types and their parameters
    polarity   what the type of the model says, where there are two
    starts     the parameters that the values of ic= are
    has_area   whether a number after the model is the area
    options    parameters that .options sets where the line does not, by the name of the option
    """

    device: str
    nodes: int
    instance: tuple[str, ...]
    model: ModelType
    polarity: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[str, ...] = ("ic",)
    has_area: bool = True
    substrate: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def form(self) -> str:
        optional = "[node] " * self.substrate
        area = "[area] " * self.has_area
        return f"the form is {self.device}name {'node ' * self.nodes}{optional}model {area}[off] [parameter=value ...]"

    def read(self, card: Card) -> Line:
        positional, keywords = split(card, 1)
        nodes, rest = take_nodes(card, positional, self.nodes, self.form)
        words = [i for i in rest if card.words[i] != "off"]
        if not words:
            raise Problem(f"{card.words[0]}: the model is missing; {self.form}", Place(card, len(card.words)))
        trimmed = [_without_off(card, keyword) for keyword in keywords]
        taken = take_keywords(card, trimmed, (*self.instance, "ic"), self.form)
        extra = _Words(words, len(words) < len(rest) or trimmed != keywords)
        line = Line(card, self, card.words[0], nodes, {}, {}, extra, tuple(positional[: self.nodes]))
        for key, keyword in taken.items():
            if key == "ic":
                self._read_starts(line, keyword)
            else:
                line.given[key], line.where[key] = read_one(card, keyword), keyword.first
        return line

    def _read_starts(self, line: Line, keyword: Keyword) -> None:
        """ic=value[,value ...]"""
        words = plain_words(line.card, keyword.first, keyword.last)
        refuse_more(line.card, words[len(self.starts) :], f"ic= takes {', '.join(self.starts)} at most")
        for key, word in zip(self.starts, words, strict=False):
            line.given[key], line.where[key] = read_word(line.card, word), word

    def place(self, site: Site) -> None:
        card, words = site.line.card, list(site.line.extra.words)
        nets = site.nets
        if self.substrate:
            nets = (*nets, self._substrate(site, words))
        word = words.pop(0)
        site.line.where["model"] = word
        model = find_model(site, render(read_text(card, word), site.scope), word)
        values: dict[str, object] = {**model_values(site, model, self.model, word)}
        if self.polarity:
            values["polarity"] = self.polarity[model.source.kind]
        values |= site.numbers(site.line.given)
        if self.has_area and words and "area" not in site.line.given:
            values["area"] = site.resolved(read_word(card, words[0]), words[0])
            words = words[1:]
        refuse_more(card, words, self.form)
        if site.line.extra.off:
            values["off"] = 1.0
        if site.multiplier != 1.0:
            values["m"] = float(values.get("m", 1.0)) * site.multiplier  # type: ignore[arg-type]
        instance = site.add(self.device, values, nets)
        open_options = {option: key for option, key in self.options.items() if key not in values}

        def complete() -> None:
            for option, key in open_options.items():
                if option in site.circuit.options:
                    instance.values[key] = site.circuit.options[option]

        if open_options:
            site.links.later(complete, site.context)

    def _substrate(self, site: Site, words: list[int]) -> str:
        """The net of the substrate: of the word after the other nodes if the next one is a model, else ground."""
        card = site.line.card
        if len(words) > 1 and not is_number(card.words[words[1]]):
            text = render(read_text(card, words[1]), site.scope)
            if site.scope.find_model(text) is not None:
                return site.context.net(read_text(card, words.pop(0)))
        return site.context.net("0")


@dataclass(frozen=True)
class _Words:
    """The words after the nodes, and whether the search for the operating point starts with the element off."""

    words: list[int]
    off: bool


def _without_off(card: Card, keyword: Keyword) -> Keyword:
    """The keyword without the word `off` after its value."""
    is_behind = keyword.last - keyword.first > 1 and card.words[keyword.last - 1] == "off"
    return keyword._replace(last=keyword.last - 1) if is_behind else keyword


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _numbered(*names: str) -> list[str]:
    """Linear and quadratic temperature coefficients."""
    return [f"t{name}{k}" for name in names for k in (1, 2)]


DIODE = Semiconductor(
    "d",
    2,
    ("area", "m", "temp", "dtemp"),
    ModelType(
        ("d",),
        {
            **_same("is", "n", "rs", "cjo", "vj", "tt", "bv", "ibv", "eg", "xti", "fc", "tnom"),
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


BIPOLAR = Semiconductor(
    "q",
    3,
    ("area", "m", "temp", "dtemp", "icvbe", "icvce"),
    ModelType(
        ("npn", "pnp"),
        {
            **_same("is", "bf", "nf", "vaf", "ikf", "ise", "ne", "br", "nr", "var", "ikr", "isc", "nc", "rb", "irb"),
            **_same("rbm", "re", "rc", "cje", "vje", "mje", "tf", "xtf", "vtf", "itf", "cjc", "vjc", "mjc", "xcjc"),
            **_same("tr", "cjs", "vjs", "mjs", "iss", "ns", "subs", "xtb", "eg", "xti", "fc", "tnom"),
            **{"va": "vaf", "ik": "ikf", "c2": "ise", "vb": "var", "c4": "isc", "pe": "vje", "me": "mje"},
            **{"pc": "vjc", "mc": "mjc", "csub": "cjs", "ccs": "cjs", "ps": "vjs", "ms": "mjs", "tref": "tnom"},
        },
        frozenset(("kf", "af", "vbe_max", "vbc_max", "vce_max", "pd_max", "ic_max", "ib_max", "te_max", "rth0")),
        frozenset(
            (
                *("ibe", "ibc", "rco", "vo", "gamma", "qco", "quasimod", "vg", "cn", "d"),
                *_numbered("bf", "br", "ikf", "ikr", "irb", "nc", "ne", "nf", "nr", "rb", "rc", "re", "rm", "vaf"),
                *_numbered("var", "itf", "tf", "tr", "mje", "mjc", "mjs", "ns", "is", "ise", "isc", "iss"),
                *("trb", "trc", "tre", "ctc", "cte", "cts", "tvjc", "tvje", "tvjs"),
            )
        ),
        {"level": 1.0, "ptf": 0.0, "tlev": 0.0, "tlevc": 0.0, "nkf": 0.5, "nk": 0.5},
    ),
    {"npn": "npn", "pnp": "pnp"},
    ("icvbe", "icvce"),
    substrate=True,
)
JUNCTION_FET = Semiconductor(
    "j",
    3,
    ("area", "m", "temp", "dtemp", "icvds", "icvgs"),
    ModelType(
        ("njf", "pjf"),
        {
            **_same("vto", "beta", "lambda", "rd", "rs", "cgs", "cgd", "pb", "is", "fc", "eg", "xti", "tnom"),
            **{**_same("tcv", "vtotc", "bex", "betatce"), "vt0": "vto"},
        },
        frozenset(("kf", "af", "nlev", "gdsnoi")),
        fixed={"level": 1.0, "b": 1.0},
    ),
    {"njf": "n", "pjf": "p"},
    ("icvds", "icvgs"),
)
MOS_FET = Semiconductor(
    "m",
    4,
    (
        *("l", "w", "ad", "as", "pd", "ps", "nrd", "nrs", "m", "temp", "dtemp"),
        *("icvds", "icvgs", "icvbs"),
    ),
    ModelType(
        ("nmos", "pmos"),
        {
            **_same("vto", "kp", "gamma", "phi", "lambda", "rd", "rs", "rsh", "cbd", "cbs", "is", "js", "pb", "cgso"),
            **_same("cgdo", "cgbo", "cj", "mj", "cjsw", "mjsw", "fc", "tox", "ld", "uo", "nsub", "nss", "tpg", "tnom"),
            **{"vt0": "vto", "u0": "uo"},
        },
        frozenset(("kf", "af", "nlev", "gdsnoi")),
        fixed={"level": 1.0},
    ),
    {"nmos": "n", "pmos": "p"},
    ("icvds", "icvgs", "icvbs"),
    has_area=False,
    options={"defl": "l", "defw": "w", "defad": "ad", "defas": "as"},
)
