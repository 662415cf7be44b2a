"""Reads `.meas` cards."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..errors import Position, UsageError, nearest
from ..measures import LAST, Event, Measure
from ..signals import ELECTRICAL_KINDS, Signal, parse_signal
from .expressions import parse
from .nodes import ExpressionError, names_in
from .problems import Problem
from .scan import Card, Place
from .scope import Scope
from .signal_names import signal_name
from .values import integer, read_word, real

REDUCTIONS = {"avg": "avg", "rms": "rms", "min": "min", "max": "max", "pp": "pp", "integ": "integ",
              "integral": "integ", "min_at": "min_at", "max_at": "max_at"}  # fmt: skip
ANALYSES = ("tran", "ac", "dc", "op")
_WINDOW = {"from": "start", "to": "stop"}


def measure_card(card: Card, scope: Scope) -> Measure:
    """The measure that a `.meas analysis name ...` card asks for. Raises Problem."""
    reader = _Reader(card, scope)
    return replace(_measure(card, reader), places=reader.places)


def _measure(card: Card, reader: _Reader) -> Measure:
    analysis, name, kind = reader.word("an analysis"), reader.name(), reader.word("what to measure")
    if analysis not in ANALYSES:
        raise Problem(f".meas {analysis} is not part of tdsim{nearest(analysis, ANALYSES)}", Place(card, 1))
    reader.analysis = analysis
    if analysis == "op" and kind not in ("find", "param"):
        raise Problem(f"an operating point is one point: .meas op takes find and param, not {kind}", Place(card, 3))
    measure = Measure(name, analysis, REDUCTIONS.get(kind, kind), position=card.position)
    if kind in REDUCTIONS:
        return reader.options(replace(measure, signal=reader.signal()))
    if kind in ("find", "deriv", "derivative"):
        measure = replace(measure, kind=kind[:5], signal=reader.signal())
        if analysis == "op" and kind == "find":
            return reader.options(measure)
        return reader.options(replace(measure, event=reader.instant()))
    if kind == "when":
        return reader.options(replace(measure, event=reader.crossing()))
    if kind == "trig":
        trigger = reader.event()
        reader.expect("targ")
        return reader.options(replace(measure, kind="delay", event=trigger, target=reader.event()))
    if kind == "param":
        return reader.param(measure)
    known = [*REDUCTIONS, "find", "deriv", "when", "trig", "param"]
    raise Problem(f"unknown measurement {kind!r}{nearest(kind, known)}", Place(card, 3))


class _Reader:
    """Walks over the words of one card."""

    def __init__(self, card: Card, scope: Scope):
        self.card, self.scope, self.at = card, scope, 1
        self.analysis = ""
        self.places: dict[str, Position] = {}

    @property
    def next(self) -> str:
        return self.card.words[self.at] if self.at < len(self.card.words) else ""

    def fail(self, what: str) -> Problem:
        found = repr(self.next) if self.next else "the end of the card"
        return Problem(f"{what} is expected here, not {found}", Place(self.card, self.at))

    def word(self, what: str) -> str:
        if not self.next:
            raise self.fail(what)
        self.at += 1
        return self.card.words[self.at - 1]

    def name(self) -> str:
        if not self.next:
            raise self.fail("the name of the measure")
        name, self.at = signal_name(self.card, self.at, self.scope)
        return name

    def expect(self, word: str) -> None:
        if self.next != word:
            raise self.fail(repr(word))
        self.at += 1

    def signal(self) -> str:
        """A signal name, checked for its form."""
        start = self.at
        if not self.next:
            raise self.fail("a signal")
        name, self.at = signal_name(self.card, self.at, self.scope)
        try:
            parsed = parse_signal(name)
        except UsageError as error:
            raise Problem(str(error), Place(self.card, start)) from None
        self._check_part(parsed, start)
        signal = str(parsed)
        self.places.setdefault(signal, Place(self.card, start).position)
        return signal

    def _check_part(self, signal: Signal, word: int) -> None:
        """In .ac a voltage is complex, and a part of it is measured; elsewhere it has no parts. Raises Problem."""
        whole = signal.kind in ("v", "i")
        name = str(signal)[len(signal.kind) :]
        if self.analysis == "ac" and whole:
            listed = ", ".join(f"{signal.kind}{part}{name}" for part in ("m", "db", "p", "r", "i"))
            raise Problem(f"{signal} is complex in .ac: measure one of {listed}", Place(self.card, word))
        if self.analysis != "ac" and signal.kind in ELECTRICAL_KINDS and not whole:
            message = f"{signal} is part of a small signal, which only .ac has: measure {signal.kind[0]}{name}"
            raise Problem(message, Place(self.card, word))

    def number(self) -> float:
        place = Place(self.card, self.at)
        self.word("a number")
        return real(read_word(self.card, self.at - 1), self.scope, place)

    def value_of(self, key: str) -> float:
        """`key=number`."""
        self.expect(key)
        self.expect("=")
        return self.number()

    def instant(self) -> Event:
        """`at=time`, or `when signal=level ...`."""
        if self.next == "at":
            return Event(at=self.value_of("at"))
        self.expect("when")
        return self.crossing()

    def crossing(self) -> Event:
        """`signal=level [rise=n] ...`, where the level is a number or another signal."""
        signal = self.signal()
        self.expect("=")
        following = self.card.words[self.at + 1 : self.at + 2]
        return self.edges(Event(signal, self.signal() if following == ["("] else self.number()))

    def event(self) -> Event:
        """`at=time`, or `signal val=level [rise=n] [td=delay]`."""
        if self.next == "at":
            return Event(at=self.value_of("at"))
        signal = self.signal()
        return self.edges(Event(signal, self.value_of("val")))

    def edges(self, event: Event) -> Event:
        """`rise=n`, `fall=n`, `cross=n` (or `last`) and `td=delay`, in any order."""
        while self.next in ("rise", "fall", "cross", "td"):
            key = self.next
            if key == "td":
                event = replace(event, delay=self.value_of("td"))
            else:
                event = replace(event, edge=key, count=self.count(key))
        return event

    def count(self, key: str) -> int:
        self.expect(key)
        self.expect("=")
        if self.next == "last":
            self.at += 1
            return LAST
        place = Place(self.card, self.at)
        count = integer(self.number(), place)
        if count < 1:
            raise Problem(f"{key}= counts from 1", place)
        return count

    def options(self, measure: Measure) -> Measure:
        """`from=`, `to=` and, for events, `td=` until the end of the card."""
        changes: dict[str, Any] = {}
        while self.next:
            if self.next in _WINDOW:
                key = self.next
                changes[_WINDOW[key]] = self.value_of(key)
            elif self.next in ("td", "rise", "fall", "cross") and measure.event is not None and measure.target is None:
                measure = replace(measure, event=self.edges(measure.event))
            else:
                raise self.fail("from=, to= or the end of the card")
        start, stop = changes.get("start", -math.inf), changes.get("stop", math.inf)
        if start >= stop:
            raise Problem(f"from={start:g} is not before to={stop:g}", Place(self.card, 0))
        return replace(measure, **changes)

    def param(self, measure: Measure) -> Measure:
        """`param='expression'` of other measures and of parameters."""
        self.expect("=")
        place = Place(self.card, self.at, 1)
        text = self.word("an expression")
        if text[0] not in "'{" or self.next:
            raise Problem("the form is param='expression of other measures'", Place(self.card, self.at - 1))
        constants = {}
        try:
            for name, at in names_in(parse(text[1:-1])):
                self.places.setdefault(name, Place(self.card, place.word, 1 + at).position)
                if self.scope.knows(name):
                    constants[name] = self.scope.value(name, at)
        except ExpressionError as error:
            raise Problem(error.message, Place(self.card, place.word, 1 + error.at)) from None
        return replace(measure, expression=text[1:-1], constants=constants)
