"""The cards that control: analyses, carriers, ports, options, what to keep and what to measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..cards import Request, Scattering, Transient
from ..circuit import Circuit
from ..errors import Diagnostics, UsageError, nearest
from ..signals import parse_signal
from .context import Context
from .keywords import split
from .measure_card import measure_card
from .options import set_option
from .problems import Problem, Together
from .refused import CARDS, refuse_card
from .scan import Card, Place
from .signal_names import signal_names
from .values import integer, read_text, read_word, real, render


@dataclass(frozen=True)
class Control:
    """A control card and where it stands."""

    card: Card
    context: Context
    circuit: Circuit
    found: Diagnostics

    def number(self, word: int) -> float:
        """The number at a word. Raises Problem."""
        return real(read_word(self.card, word), self.context.scope, Place(self.card, word))

    def numbers(self, words: list[int]) -> list[float]:
        return [self.number(w) for w in words]

    def positive(self, word: int, what: str) -> float:
        """The number at a word, which must be above zero."""
        value = self.number(word)
        if value <= 0:
            raise Problem(f"{what} must be above zero, not {value:g}", Place(self.card, word))
        return value


def control(card: Card, context: Context, circuit: Circuit, found: Diagnostics) -> None:
    """Carry out a control card. Raises Problem for unknown cards and those of later capabilities."""
    refuse_card(card)
    head = card.words[0]
    if head not in _CARDS:
        known = {*_CARDS, *CARDS, ".param", ".func", ".subckt", ".model", ".include", ".lib", ".if", ".for", ".end"}
        raise Problem(f"unknown card {head!r}{nearest(head, known)}", Place(card))
    if context.prefix:
        raise Problem(f"{head} belongs outside of subcircuits: there, a signal inside is called xr1.name", Place(card))
    _CARDS[head](Control(card, context, circuit, found))


def _tran(c: Control) -> None:
    form = "the form is .tran step stop [start [max_step]] [uic]"
    words, keywords = split(c.card, 1)
    for keyword in keywords:
        if keyword.key == "from":
            raise Problem(
                ".tran from=settle is not available yet: .settle will come with a later version",
                Place(c.card, keyword.word),
            )
        raise Problem(f".tran has no option {keyword.key!r}; {form}", Place(c.card, keyword.word))
    uic = bool(words) and c.card.words[words[-1]] == "uic"
    words = words[:-1] if uic else words
    if not 2 <= len(words) <= 4:
        raise Problem(form, Place(c.card, words[4] if len(words) > 4 else 0))
    together, step, stop, start, largest = Together(), 0.0, 0.0, 0.0, None
    with together:
        step = c.positive(words[0], "the step")
    with together:
        stop = c.positive(words[1], "the stop time")
    with together:
        start = c.number(words[2]) if len(words) > 2 else 0.0
    with together:
        largest = c.positive(words[3], "the largest step") if len(words) > 3 else None
    together.check()
    if not 0 <= start < stop:
        raise Problem(f"the start time {start:g} is not between 0 and the stop time {stop:g}", Place(c.card, words[2]))
    if step > stop:
        raise Problem(
            f"the step {step:g} is longer than the stop time {stop:g}: .tran step stop", Place(c.card, words[0])
        )
    c.circuit.analyses.append(Transient(step, stop, start, largest, uic, c.card.position))


def _sparam(c: Control) -> None:
    words, keywords = split(c.card, 1)
    if len(words) != 1 or [k.key for k in keywords] != ["span"]:
        raise Problem("the form is .sparam points span=frequency", Place(c.card))
    points = integer(c.number(words[0]), Place(c.card, words[0]))
    if not 1 <= points <= 10_000_000:
        raise Problem(f"the number of points must lie in 1 to 10 million, not {points}", Place(c.card, words[0]))
    span = c.positive(keywords[0].first, "the span")
    c.circuit.analyses.append(Scattering(points, span, c.card.position))


def _carrier(c: Control) -> None:
    words, _ = split(c.card, 1)
    together, wavelengths = Together(), list[float]()
    for word in words:
        with together:
            wavelength = c.number(word)
            if not 1e-9 < wavelength < 1:
                raise Problem(f"a carrier is a wavelength in m such as 1550n, not {wavelength:g}", Place(c.card, word))
            if wavelength in wavelengths:
                raise Problem("the carrier is listed twice", Place(c.card, word))
            wavelengths.append(wavelength)
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


def _ic(c: Control) -> None:
    """`.ic x(instance.state)=value ...`"""
    words, together = c.card.words, Together()
    if len(words) < 7:
        raise Problem("the form is .ic x(instance.state)=value", Place(c.card))
    for index in range(1, len(words), 6):
        with together:
            _initial(c, index)
        if words[index + 1 : index + 2] != ["("] or words[index + 3 : index + 5] != [")", "="]:
            break  # what follows cannot be told apart
    together.check()


def _initial(c: Control, index: int) -> None:
    """One `x(instance.state)=value`."""
    words, place = c.card.words, Place(c.card, index)
    if words[index] == "v":
        raise Problem(".ic v(node) is not available yet: electrical elements will come with a later version", place)
    if words[index] != "x" or words[index + 1 : index + 2] != ["("] or words[index + 3 : index + 5] != [")", "="]:
        raise Problem("the form is .ic x(instance.state)=value", place)
    if index + 5 >= len(words):
        raise Problem("the value is missing: .ic x(instance.state)=value", place)
    target = render(read_text(c.card, index + 2), c.context.scope)
    c.circuit.initial[f"x({target})"] = c.number(index + 5)
    c.circuit.initial_positions[f"x({target})"] = place.position


def _temp(c: Control) -> None:
    words, _ = split(c.card, 1)
    if len(words) != 1:
        raise Problem("the form is .temp degrees", Place(c.card))
    c.circuit.options["temp"] = c.number(words[0])


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


def _measure(c: Control) -> None:
    measure = measure_card(c.card, c.context.scope)
    if any(m.name == measure.name for m in c.circuit.measures):
        raise Problem(f"measure {measure.name!r} is there twice", Place(c.card, 2))
    c.circuit.measures.append(measure)


_CARDS: dict[str, Callable[[Control], None]] = {
    ".tran": _tran,
    ".sparam": _sparam,
    ".carrier": _carrier,
    ".port": _port,
    ".save": _save,
    ".probe": _save,
    ".print": _print,
    ".plot": _print,
    ".ic": _ic,
    ".temp": _temp,
    ".global": _global,
    ".options": _options,
    ".option": _options,
    ".opt": _options,
    ".meas": _measure,
    ".measure": _measure,
}
