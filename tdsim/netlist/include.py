"""One flat list of cards from a netlist and all the files that it includes."""

from __future__ import annotations

from pathlib import Path

from ..errors import Diagnostics, NetlistError, UsageError, nearest
from .problems import Problem, report
from .scan import Card, Place, scan
from .script import script_cards
from .source import Source, read_text

MAX_DEPTH = 50
MAX_CARDS = 5_000_000
MAX_INCLUDES = 20_000


class Reader:
    """Follows `.include` and `.lib`. What follows `.end` is read as well, as ngspice does, but not without a warning.

    `included` lists the files that were read besides the first. Errors go to `found`.
    """

    def __init__(self, found: Diagnostics):
        self.found = found
        self.cards: list[Card] = []
        self.included: list[str] = []
        self._files: dict[Path, list[Card]] = {}
        self._open: list[tuple[Path, str]] = []
        self._count = 0

    def read(self, source: Source) -> list[Card]:
        """All cards of a netlist, those of included files in place."""
        self._open.append(((source.folder / Path(source.name).name).resolve(), ""))
        self._take(scan(source, True, self.found))
        return self.cards

    def _take(self, cards: list[Card]) -> None:
        """Append the cards; an `.include` is replaced by what it names."""
        index = 0
        while index < len(cards):
            card, head = cards[index], cards[index].words[0]
            if len(self.cards) > MAX_CARDS:
                raise UsageError(f"the netlist has more than {MAX_CARDS} lines with all that it includes")
            index += 1
            if head == ".end":
                if index < len(cards):
                    self.found.warn("what follows .end is read as well, as ngspice does", cards[index].position)
                continue
            if head in (".include", ".inc", ".lib") or head in (".endl", ".control"):
                index = self._special(card, head, cards, index)
            else:
                self.cards.append(card)

    def _special(self, card: Card, head: str, cards: list[Card], index: int) -> int:
        """Handle a card that is about other cards; returns the index of the next card to look at."""
        if not card.sound:
            return index
        try:
            if head == ".endl":
                raise Problem(".endl without .lib", Place(card))
            if head == ".control":
                return self._script(card, cards, index)
            if head == ".lib" and len(card.words) == 2:
                return self._skip_section(card, cards, index)
            self._include(card, head)
        except Problem as problem:
            report(problem, self.found)
        return index

    def _script(self, card: Card, cards: list[Card], index: int) -> int:
        """The analyses of a command script count as cards."""
        after = _after(".endc", cards, index)
        if not index < after <= len(cards) or cards[after - 1].words[0] != ".endc":
            self.found.error(".control is not closed: its .endc is missing", card.position)
        else:
            self.cards += script_cards(cards[index : after - 1], self.found)
        return after

    def _skip_section(self, card: Card, cards: list[Card], index: int) -> int:
        """A section of a library is read only where a `.lib "file" section` names it."""
        after = _after(".endl", cards, index)
        if after == len(cards) and (not cards or cards[-1].words[0] != ".endl"):
            raise Problem(f'.lib {card.words[1]} has no .endl (to read a section: .lib "file" section)', Place(card))
        return after

    def _include(self, card: Card, head: str) -> None:
        if len(card.words) != (3 if head == ".lib" else 2):
            form = '.lib "file" section' if head == ".lib" else f'{head} "file"'
            raise Problem(f"the form is {form}; quote a name that has blanks", Place(card))
        self._count += 1
        if self._count > MAX_INCLUDES:
            raise UsageError(f"{card.position}: files are included more than {MAX_INCLUDES:,} times")
        path = self._find(card)
        section = card.words[2].strip("'\"") if head == ".lib" else ""
        self._guard(card, path, section)
        cards = self._load(card, path)
        if section:
            cards = self._section(card, path, section, cards)
        self._open.append((path, section))
        self._take(cards)
        self._open.pop()

    def _find(self, card: Card) -> Path:
        name = card.raw(1)
        try:
            path = (card.source.folder / Path(name).expanduser()).resolve()
            there = path.exists()
        except (OSError, RuntimeError, ValueError) as error:  # a name too long, links in a ring, no such home
            reason = getattr(error, "strerror", None) or error
            raise Problem(f"{name[:80]!r} cannot be the name of a file: {reason}", Place(card, 1)) from None
        if not there:
            raise Problem(f"there is no file {name!r} (looked in {card.source.folder})", Place(card, 1))
        return path

    def _guard(self, card: Card, path: Path, section: str) -> None:
        if (path, section) in self._open:
            chain = [str(p) + (f" section {s}" if s else "") for p, s in self._open]
            raise Problem(f"{path} includes itself: {' -> '.join([*chain, str(path)])}", Place(card, 1))
        if len(self._open) >= MAX_DEPTH:
            raise Problem(f"files are included more than {MAX_DEPTH} deep", Place(card, 1))

    def _load(self, card: Card, path: Path) -> list[Card]:
        if path not in self._files:
            try:
                text = read_text(path)
            except NetlistError as error:
                raise Problem(
                    "; ".join(f"{d.position}: {d.message}" for d in error.diagnostics), Place(card, 1)
                ) from None
            except UsageError as error:
                raise Problem(str(error), Place(card, 1)) from None
            self._files[path] = scan(Source(str(path), text, path.parent), False, self.found)
            self.included.append(str(path))
        return self._files[path]

    def _section(self, card: Card, path: Path, section: str, cards: list[Card]) -> list[Card]:
        """The cards of one section of a library file."""
        starts = {c.words[1]: i + 1 for i, c in enumerate(cards) if c.words[0] == ".lib" and len(c.words) == 2}
        if section not in starts:
            raise Problem(f"{path} has no section {section!r}{nearest(section, starts)}", Place(card, 2))
        first = starts[section]
        end = next((i for i in range(first, len(cards)) if cards[i].words[0] == ".endl"), None)
        if end is None:
            raise Problem(f"section {section!r} of {path} has no .endl", Place(cards[first - 1]))
        return cards[first:end]


def _after(end: str, cards: list[Card], index: int) -> int:
    """The index after the next card `end`; that after the last card when there is none."""
    return next((i + 1 for i in range(index, len(cards)) if cards[i].words[0] == end), len(cards))
