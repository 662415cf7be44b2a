"""ngspice's command scripts, `.control` to `.endc`: what asks for an analysis counts as a card, once each."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Diagnostics, nearest
from .problems import Problem, report
from .scan import Card, Piece, Place, is_sound

CARDS = {
    **{word: f".{word}" for word in ("op", "dc", "ac", "tran", "save")},
    **{"meas": ".meas", "measure": ".meas", "option": ".options", "options": ".options"},
}
"""Commands that are cards without their dot."""

DONE_ANYWAY = ("run", "quit", "exit", "echo", "destroy", "reset", "rusage", "status", "listing", "display", "setplot")
"""Commands that nothing is lost without: the analyses of the netlist run all by themselves."""

IGNORED = frozenset(
    (
        *("print", "plot", "write", "wrdata", "set", "unset", "let", "unlet", "show", "showmod", "asciiplot"),
        *("gnuplot", "hardcopy", "linearize", "fft", "psd", "fourier", "four", "spec", "settype", "setscale"),
        *("cd", "shell", "inventory", "wrs2p", "wrnodev", "history", "version", "state", "remcirc", "iplot"),
    )
)
"""Commands that look at results."""

REFUSED = {
    **dict.fromkeys(("alter", "altermod", "alterparam", "mc_source"), "a script that changes the circuit"),
    **dict.fromkeys(("foreach", "while", "dowhile", "repeat", "if", "else", "goto", "label", "break", "continue"),
                    "a script with loops or conditions"),
    **dict.fromkeys(("define", "undefine", "alias", "deftype"), "a script with definitions"),
    **dict.fromkeys(("stop", "step", "resume", "trace", "delete", "where"), "a script that stops and goes on"),
    **dict.fromkeys(("noise", "pz", "sens", "tf", "disto", "sp", "pss"), "this analysis"),
}  # fmt: skip
"""Commands that would change what is computed."""


def script_cards(cards: Sequence[Card], found: Diagnostics) -> list[Card]:
    """The cards that the commands of one script ask for; what is wrong goes to `found`, and what is left out."""
    made: list[Card] = []
    ignored: dict[str, Card] = {}
    for card in cards:
        try:
            command = card.words[0]
            if command in CARDS:
                made.append(_as_card(card, CARDS[command], found))
            elif command in IGNORED:
                ignored.setdefault(command, card)
            elif command not in DONE_ANYWAY:
                _refuse(card)
        except Problem as problem:
            report(problem, found)
    if ignored:
        first = next(iter(ignored.values()))
        listed = ", ".join(ignored)
        found.warn(f"{listed} in .control: left out, tdsim keeps the signals of .save in a file", first.position)
    return made


def _as_card(card: Card, head: str, found: Diagnostics) -> Card:
    """The command as a card: `head` in the place of its first word."""
    end = card.span(0)[1]
    pieces = [Piece(0, *_where(card, 0))]
    starts = [end, *(p.start for p in card.pieces if p.start > end)]
    shift = len(head) - end
    pieces += [Piece(start + shift, *_where(card, start)) for start in starts]
    made = Card(card.source, head + card.text[end:], tuple(pieces))
    made.sound = is_sound(made, found)
    return made


def _where(card: Card, offset: int) -> tuple[int, int]:
    """0-based line and column of a character of the card."""
    position = card.position_at(offset)
    return position.line - 1, position.column - 1


def _refuse(card: Card) -> None:
    command = card.words[0]
    if command in REFUSED:
        message = f"{command} in .control: {REFUSED[command]} is not part of tdsim"
        raise Problem(f"{message}: write .step, .param or a program in Python", Place(card))
    if command == "end":
        return  # of a loop that is refused already
    known = (*CARDS, *DONE_ANYWAY, *IGNORED, *REFUSED)
    raise Problem(f"unknown command {command!r} in .control{nearest(command, known)}", Place(card))
