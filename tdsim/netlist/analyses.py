"""The cards that ask for analyses."""

from __future__ import annotations

from ..cards import TEMPERATURE, Axis, OperatingPoint, Scattering, Settle, SmallSignal, Sweep, Transient
from ..options import ZERO_KELVIN
from .card_control import Control
from .keywords import plain_words, split
from .problems import Problem, Together
from .scan import Place
from .values import integer, read_text, render

MAX_POINTS = 10_000_000


def tran(c: Control) -> None:
    form = "the form is .tran step stop [start [max_step]] [uic] [from=settle]"
    words, keywords = split(c.card, 1)
    for keyword in keywords:
        if keyword.key == "from":
            if c.card.words[keyword.first : keyword.last] != ["settle"]:
                raise Problem("a transient starts dark, or from=settle", Place(c.card, keyword.first))
            continue
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
    c.circuit.analyses.append(Transient(step, stop, start, largest, uic, c.card.position, settled=bool(keywords)))


def settle(c: Control) -> None:
    """`.settle tol=1e-6 tmax=1u [tstep=..]`"""
    form = "the form is .settle tol=1e-6 tmax=1u [tstep=1p]"
    words, keywords = split(c.card, 1)
    if words:
        raise Problem(form, Place(c.card, words[0]))
    found: dict[str, float] = {"tol": 1e-6}
    together = Together()
    for keyword in keywords:
        if keyword.key not in ("tol", "tmax", "tstep"):
            raise Problem(f".settle has no option {keyword.key!r}; {form}", Place(c.card, keyword.word))
        with together:
            found[keyword.key] = c.positive(keyword.first, keyword.key)
    together.check()
    if "tmax" not in found:
        raise Problem(f".settle needs tmax, the time after which it gives up; {form}", Place(c.card))
    if not 1e-12 <= found["tol"] < 1:
        raise Problem("tol is a part of the largest value: 1e-12 to 1", Place(c.card))
    c.circuit.analyses.append(Settle(found["tol"], found["tmax"], found.get("tstep"), c.card.position))


def sparam(c: Control) -> None:
    words, keywords = split(c.card, 1)
    if len(words) != 1 or [k.key for k in keywords] != ["span"]:
        raise Problem("the form is .sparam points span=frequency", Place(c.card))
    points = integer(c.number(words[0]), Place(c.card, words[0]))
    if not 1 <= points <= 10_000_000:
        raise Problem(f"the number of points must lie in 1 to 10 million, not {points}", Place(c.card, words[0]))
    span = c.positive(keywords[0].first, "the span")
    c.circuit.analyses.append(Scattering(points, span, c.card.position))


def op(c: Control) -> None:
    """`.op`"""
    if len(c.card.words) > 1:
        raise c.problem(f"{c.card.words[1]!r} does not fit here: .op stands alone", 1)
    c.circuit.analyses.append(OperatingPoint(c.card.position))


def dc(c: Control) -> None:
    """`.dc source start stop step [source start stop step ...]`; the sources are looked up when all are known."""
    form = "the form is .dc source start stop step [source start stop step]"
    words = plain_words(c.card, 1)
    if not words or len(words) % 4:
        raise c.problem(form, words[-1] if words else 0)
    axes = tuple(_axis(c, words[i : i + 4]) for i in range(0, len(words), 4))
    for later, (axis, word) in enumerate(zip(axes, words[::4], strict=True)):
        if axis.target in [a.target for a in axes[:later]]:
            raise c.problem(f"{axis.target} is swept twice", word)
    points = 1.0
    for axis in axes:
        points *= (axis.stop - axis.start) / axis.step + 1
    if points > MAX_POINTS:
        raise c.problem(f"the sweep has {points:.3g} points, more than {MAX_POINTS:,}", words[3])
    c.circuit.analyses.append(Sweep(axes, c.card.position))


def _axis(c: Control, words: list[int]) -> Axis:
    target = render(read_text(c.card, words[0]), c.context.scope)
    start, stop, step = c.numbers(words[1:])
    if step == 0:
        raise c.problem("the step must not be zero", words[3])
    if (stop - start) * step < 0:
        raise c.problem(f"the step {step:g} leads away from the stop value: from {start:g} to {stop:g}", words[3])
    if target == TEMPERATURE and min(start, stop) <= ZERO_KELVIN:
        raise c.problem(f"temperatures lie above {ZERO_KELVIN:g} degC", words[1] if start < stop else words[2])
    parameter = TEMPERATURE if target == TEMPERATURE else ""
    return Axis(target, parameter, start, stop, step, Place(c.card, words[0]).position)


def ac(c: Control) -> None:
    """`.ac dec|oct|lin points start stop`"""
    form = "the form is .ac dec points start stop, with dec, oct or lin"
    words = plain_words(c.card, 1)
    if len(words) != 4:
        raise c.problem(form, words[4] if len(words) > 4 else 0)
    spacing = c.card.words[words[0]]
    if spacing not in ("dec", "oct", "lin"):
        raise c.problem(f"{spacing!r} is not a spacing; {form}", words[0])
    points, start, stop = c.integer(words[1]), c.number(words[2]), c.number(words[3])
    if not 1 <= points <= MAX_POINTS:
        raise c.problem(f"the number of points must lie in 1 to {MAX_POINTS:,}, not {points}", words[1])
    if start < 0 or (start == 0 and spacing != "lin"):
        least = "at least" if spacing == "lin" else "above"
        raise c.problem(f"the start frequency must be {least} zero, not {start:g}", words[2])
    if stop < start:
        raise c.problem(f"the stop frequency {stop:g} is below the start frequency {start:g}", words[3])
    analysis = SmallSignal(spacing, points, start, stop, c.card.position)
    if analysis.count > MAX_POINTS:
        raise c.problem(f"the analysis has {analysis.count:,} frequencies, more than {MAX_POINTS:,}", words[1])
    c.circuit.analyses.append(analysis)
