"""The cards that control: analyses, carriers, ports, options, what to keep and what to measure."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..cards import Request, Set, Train
from ..circuit import Circuit
from ..errors import Diagnostics, UsageError, nearest
from ..options import option_problem
from ..signals import parse_signal
from . import analyses, initial, sweep_cards
from .card_control import Control
from .context import Context
from .keywords import split
from .measure_card import measure_card
from .options import set_option
from .problems import Problem, Together
from .refused import CARDS, refuse_card
from .scan import Card, Place
from .signal_names import signal_names
from .values import read_text, read_word, render


def control(card: Card, context: Context, circuit: Circuit, found: Diagnostics) -> None:
    """Carry out a control card. Raises Problem for unknown cards and those of later capabilities."""
    refuse_card(card)
    head = card.words[0]
    if head not in _CARDS:
        known = {*_CARDS, *CARDS, ".param", ".func", ".subckt", ".model", ".include", ".lib", ".if", ".for", ".end"}
        raise Problem(f"unknown card {head!r}{nearest(head, known)}", Place(card))
    if context.prefix and head not in _INSIDE:
        raise Problem(f"{head} belongs outside of subcircuits: there, a signal inside is called xr1.name", Place(card))
    _CARDS[head](Control(card, context, circuit, found))


def _carrier(c: Control) -> None:
    words, _ = split(c.card, 1)
    together, wavelengths = Together(), dict[float, None]()
    for word in words:
        with together:
            wavelength = c.number(word)
            if not 1e-9 < wavelength < 1:
                raise Problem(f"a carrier is a wavelength in m such as 1550n, not {wavelength:g}", Place(c.card, word))
            if wavelength in wavelengths:
                raise Problem("the carrier is listed twice", Place(c.card, word))
            wavelengths[wavelength] = None
    together.check()
    try:
        c.circuit.carrier(*wavelengths)
    except UsageError as error:
        raise Problem(str(error), Place(c.card)) from None


def _port(c: Control) -> None:
    words, keywords = split(c.card, 1)
    if len(words) != 2 or keywords:
        raise Problem("the form is .port name net", Place(c.card))
    name = render(read_text(c.card, words[0]), c.context.scope)
    net = c.context.net(read_text(c.card, words[1]))
    try:
        c.circuit.port(name, net, Place(c.card, words[1]).position)
    except UsageError as error:
        raise Problem(str(error), Place(c.card, words[0])) from None


def _save(c: Control) -> None:
    _keep(c, 1)


def _print(c: Control) -> None:
    """`.print tran e(a)` keeps e(a); which analysis prints it does not matter here."""
    words = c.card.words
    _keep(c, 2 if len(words) > 1 and words[1] in ("tran", "sparam", "ac", "dc", "op", "settle", "noise") else 1)


def _keep(c: Control, start: int) -> None:
    together = Together()
    for name, word in signal_names(c.card, start, c.context.scope):
        with together:
            try:
                signal = name if name == "all" else str(parse_signal(name))
            except UsageError as error:
                raise Problem(str(error), Place(c.card, word)) from None
            c.circuit.requests.append(Request(signal, Place(c.card, word).position))
    together.check()


def _temp(c: Control) -> None:
    words, _ = split(c.card, 1)
    if len(words) != 1:
        raise Problem("the form is .temp degrees", Place(c.card))
    temperature = c.number(words[0])
    problem = option_problem("temp", temperature)
    if problem:
        raise c.problem(problem.removeprefix("option "), words[0])
    c.circuit.options["temp"] = temperature


def _global(c: Control) -> None:
    """The nets were taken note of before elaboration, see reader.py."""


def _options(c: Control) -> None:
    """`.options name=value flag ...`, in any order."""
    words, index, together = c.card.words, 1, Together()
    while index < len(words):
        name, place, given = words[index], Place(c.card, index), words[index + 1 : index + 2] == ["="]
        with together:
            if given and index + 2 >= len(words):
                raise Problem(f"{name}= has no value", place)
            value = read_word(c.card, index + 2).resolve(c.context.scope) if given else True
            set_option(name, value, place, c.circuit, c.found)
        index += 3 if given else 1
    together.check()


def _train(c: Control) -> None:
    """`.train xa.phase xb*.coupling [min=..] [max=..]`"""
    form = "the form is .train inst.parameter ... [min=..] [max=..]; * stands for any text"
    words, keywords = split(c.card, 1)
    bounds: dict[str, float] = {}
    together = Together()
    for keyword in keywords:
        with together:
            if keyword.key not in ("min", "max"):
                raise Problem(f".train has no option {keyword.key!r}; {form}", Place(c.card, keyword.word))
            bounds[keyword.key] = c.number(keyword.first)
    together.check()
    if not words:
        raise Problem(form, Place(c.card))
    if bounds.get("min", -math.inf) >= bounds.get("max", math.inf):
        raise Problem("min must be below max", Place(c.card, keywords[0].word))
    for word in words:
        pattern = render(read_text(c.card, word), c.context.scope)
        place = Place(c.card, word).position
        c.circuit.training.append(Train(pattern, bounds.get("min"), bounds.get("max"), place))


def _set(c: Control) -> None:
    """`.set xa.phase 0.3`: carried out when all instances are there, see set_cards.py."""
    words, keywords = split(c.card, 1)
    if len(words) != 2 or keywords:
        raise Problem("the form is .set inst.parameter value", Place(c.card))
    name = render(read_text(c.card, words[0]), c.context.scope)
    c.circuit.sets.append(Set(name, c.number(words[1]), Place(c.card, words[0]).position))


def _measure(c: Control) -> None:
    measure = measure_card(c.card, c.context.scope)
    if any(m.name == measure.name for m in c.circuit.measures):
        raise Problem(f"measure {measure.name!r} is there twice", Place(c.card, 2))
    c.circuit.measures.append(measure)


_INSIDE = (".ic", ".nodeset")
"""Cards that may stand in subcircuits."""

_CARDS: dict[str, Callable[[Control], None]] = {
    ".step": sweep_cards.step,
    ".mc": sweep_cards.monte_carlo,
    ".tran": analyses.tran,
    ".sparam": analyses.sparam,
    ".op": analyses.op,
    ".settle": analyses.settle,
    ".dc": analyses.dc,
    ".ac": analyses.ac,
    ".carrier": _carrier,
    ".port": _port,
    ".save": _save,
    ".probe": _save,
    ".print": _print,
    ".plot": _print,
    ".ic": initial.ic,
    ".nodeset": initial.nodeset,
    ".temp": _temp,
    ".global": _global,
    ".options": _options,
    ".option": _options,
    ".opt": _options,
    ".train": _train,
    ".set": _set,
    ".meas": _measure,
    ".measure": _measure,
}
